import { Chance } from '../simulation/chance';

/** `main`, or a worker by its number from 1. */
export type Victim = 'main' | number;

/** One blow, `afterMs` after the one before it. */
export type Blow = { afterMs: number } & (
	| { kind: 'kill'; process: Victim }
	/** Calls that take effect, and whose answer never comes. */
	| { kind: 'dropAfterWrite'; side: 'khaos' | 'pimberly'; times: number }
	/** In order, or as a power cut would. */
	| { kind: 'restartPostgres'; how: 'stop' | 'kill' }
	/** The SQLite file may not grow. */
	| { kind: 'fullLedger'; forMs: number }
	/** From now on the process sees another time; nought puts its clock right. */
	| { kind: 'skewClock'; process: Victim; seconds: number }
);
export type BlowKind = Blow['kind'];

export interface PlanOptions {
	seed: number;
	kills: number;
	/** Workers beside the main process; nought without queue mode. */
	workers: number;
	ledger: 'sqlite' | 'postgres';
}

/** Of each other kind one for so many kills; each at least twice. */
const KILLS_PER_BLOW = 4;

/** What happens when, from the seed alone: the same options give the same plan. */
export function planOf({ seed, kills, workers, ledger }: PlanOptions): Blow[] {
	const chance = new Chance(seed);
	const victims: Victim[] = ['main', ...Array.from({ length: workers }, (_, index) => index + 1)];
	const others = Math.max(2, Math.round(kills / KILLS_PER_BLOW));
	const kinds: BlowKind[] = [
		...Array.from({ length: kills }, () => 'kill' as const),
		...Array.from({ length: others }, (): BlowKind[] => [
			'dropAfterWrite',
			'skewClock',
			ledger === 'sqlite' ? 'fullLedger' : 'restartPostgres',
		]).flat(),
	];
	return shuffled(kinds, chance).map((kind) => ({ afterMs: chance.whole(200, 6_000), ...blow(kind, victims, chance) }));
}

function blow(kind: BlowKind, victims: Victim[], chance: Chance) {
	switch (kind) {
		case 'kill':
			return { kind, process: chance.pick(victims) };
		case 'dropAfterWrite':
			return {
				kind,
				side: chance.happens(0.75) ? ('khaos' as const) : ('pimberly' as const),
				times: chance.whole(1, 4),
			};
		case 'restartPostgres':
			return { kind, how: chance.happens(0.5) ? ('stop' as const) : ('kill' as const) };
		case 'fullLedger':
			return { kind, forMs: chance.whole(2_000, 12_000) };
		case 'skewClock':
			return { kind, process: chance.pick(victims), seconds: chance.happens(0.2) ? 0 : chance.whole(-180, 180) };
	}
}

function shuffled<T>(values: T[], chance: Chance): T[] {
	const mixed = [...values];
	for (let at = mixed.length - 1; at > 0; at -= 1) {
		const other = chance.whole(0, at);
		[mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
	}
	return mixed;
}
