import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { instance } from '../../lib/ledger/store/ownership';
import { buildSimulators } from '../../simulators/build';
import { Oracle, type Violation } from '../oracle';
import { readTrail } from '../trailReader';
import { Chance } from './chance';
import { Editors, formerStock, smallCatalogue } from './edits';
import { Lifetime } from './lifetime';
import { newSetup, SyncProcess, type Mishaps } from './syncProcess';
import { seenTransitions, watchTransitions } from './transitions';
import { brewTrouble } from './trouble';
import { VirtualTime } from './virtualTime';
import { wireTo } from './wire';

export interface SimulationOptions {
	seed: number;
	/** A ledger with something wrong in it, to see that it is found. */
	breakLedger?: (ledger: Ledger) => Ledger;
}

export interface SimulationResult {
	seed: number;
	violations: Violation[];
	/** The story of each record that has violations. */
	stories: Map<string, string>;
	/** Of all calls and the whole audit trail: equal for equal runs. */
	hash: string;
	/** Every way that a change went between two states, as `queued --> leased`. */
	transitions: string[];
	figures: {
		products: number;
		edits: number;
		calls: number;
		faults: number;
		crashes: number;
		virtualMinutes: number;
	} & Mishaps['counts'];
}

const START = Date.parse('2026-03-02T08:00:00.000Z');
const MINUTE = 60_000;
/** Longer than any wait of the sync, many times over. */
const DRAIN_WITHIN_MS = 12 * 60 * MINUTE;

/** A folder in memory where there is one: a crash here is of the process, never of the machine. */
const folderInMemory = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

/**
 * One seed: the whole pipeline of lib/ against both simulated systems, in one process and in virtual time. People edit,
 * calls fail, processes die and come back; then faults stop, everything drains, and the oracle judges.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
	const folder = mkdtempSync(join(folderInMemory(), 'simulation-'));
	const formerInstance = instance.id;
	const run = new Run(options, join(folder, 'ledger.sqlite'));
	try {
		return await run.time.runUntilDone(run.whole());
	} finally {
		await run.end();
		instance.id = formerInstance;
		rmSync(folder, { recursive: true });
	}
}

class Run {
	readonly time = new VirtualTime(START);

	private readonly chance: Chance;
	private readonly world: ReturnType<typeof newWorld>;
	private readonly mishaps: Mishaps;
	private readonly errors: Violation[] = [];
	private edits = 0;
	private crashes = 0;
	private life: Lifetime | null = null;
	private ledger: Ledger | null = null;
	private process: SyncProcess | null = null;

	constructor(
		private readonly options: SimulationOptions,
		private readonly file: string,
	) {
		this.chance = new Chance(options.seed);
		this.world = newWorld(this.time, this.chance);
		this.mishaps = {
			share: this.chance.pick([0, 0.5, 1, 2]),
			emissions: [],
			editMeanwhile: (primaryId) => {
				this.edits += 1;
				this.world.editors.editProduct(primaryId);
			},
			counts: { lostAdds: 0, doubleAdds: 0, lateSettles: 0, doubleSettles: 0, failedExecutions: 0, stalls: 0 },
		};
	}

	async whole(): Promise<SimulationResult> {
		await this.start();
		await this.troubledTimes();
		this.calmDown();
		await this.drain();
		await this.touchFailed();
		return await this.judged();
	}

	async end(): Promise<void> {
		this.life?.die();
		await this.ledger?.close();
	}

	/** A process starts, as after a crash: it is another one, its clock may differ, and nothing of the last one is known to it. */
	private async start(): Promise<void> {
		const { chance, time, world } = this;
		instance.id = chance.token() as typeof instance.id;
		this.life = new Lifetime(time, chance.happens(0.3) ? chance.whole(-180, 180) * 1_000 : 0, (error) =>
			this.errors.push({
				rule: 'error',
				record: '',
				what: error instanceof Error ? (error.stack ?? error.message) : String(error),
			}),
		);
		const { now, sleep, every } = this.life;
		const opened = await openLedger({
			environment: 'Simulated',
			store: { backend: 'sqlite', file: this.file },
			clock: now,
			// Who waits for the gate looks again less often than in earnest: it changes nothing but how long a seed takes.
			tools: { newToken: chance.token, sleep: async (ms) => await sleep(ms * 20), every, elapsed: now },
		});
		watchTransitions(this.file);
		this.ledger = this.options.breakLedger?.(opened) ?? opened;
		const { setup, requests } = world;
		const { life, ledger, mishaps } = this;
		this.process = new SyncProcess({ ledger, life, chance, setup, mishaps, requests });
		this.process.start();
	}

	/** Kill it: what it has in memory, and what it waits for, is gone. */
	private async crash(): Promise<void> {
		this.crashes += 1;
		this.life?.die();
		await this.ledger?.close();
		await this.time.wait(this.chance.whole(200, 90_000));
		await this.start();
	}

	private async troubledTimes(): Promise<void> {
		const { chance, time, world } = this;
		const until = time.now + chance.whole(5, 30) * MINUTE;
		const crashShare = chance.pick([0, 0.05, 0.15, 0.4]);
		while (time.now < until) {
			await time.wait(chance.happens(0.5) ? chance.whole(1, 3_000) : chance.whole(1_000, 40_000));
			if (chance.happens(0.3)) brewTrouble(world.built.faults, chance);
			if (chance.happens(crashShare)) await this.crash();
			if (chance.happens(0.6)) {
				world.editors.edit();
				this.edits += 1;
			}
		}
	}

	private calmDown(): void {
		this.world.built.faults.clear();
		this.mishaps.share = 0;
		this.world.editors.finish();
	}

	/** Until two scans have found nothing new and nothing is open but what has failed. */
	private async drain(): Promise<void> {
		const { time } = this;
		const until = time.now + DRAIN_WITHIN_MS;
		this.process!.quietScans = 0;
		for (;;) {
			await time.wait(20_000);
			const { khaos, pimberly, intake } = await this.ledger!.stats();
			const open = [khaos, pimberly].flatMap((states) =>
				Object.entries(states).filter(([state]) => state !== 'failed'),
			);
			const calm = this.process!.quietScans >= 2 && intake.notifications === 0;
			if (calm && open.every(([, count]) => count === 0)) return;
			if (time.now < until) continue;
			for (const { kind, key, state, reason } of await this.ledger!.getMany({ limit: 1_000 }))
				this.errors.push({ rule: 'stuck', record: key, what: `${kind} ${key} is ${state}: ${reason}` });
			this.errors.push({
				rule: 'stuck',
				record: '',
				what: `Not drained: ${JSON.stringify(await this.ledger!.stats())}`,
			});
			return;
		}
	}

	/** Each failure is an exception that somebody sees, who touches the product: then it is tried again. */
	private async touchFailed(): Promise<void> {
		const open = new Set((await this.ledger!.exceptions()).map(({ primaryId }) => primaryId));
		const failed = (await this.ledger!.getMany({ limit: 1_000 })).filter(({ state }) => state === 'failed');
		for (const { primaryId } of failed) {
			if (!open.has(primaryId))
				this.errors.push({ rule: 'accounting', record: primaryId, what: 'It failed without an exception.' });
			this.world.built.pimberly.upsert([{ primaryId }]);
		}
		if (failed.length > 0) await this.drain();
	}

	private async judged(): Promise<SimulationResult> {
		const { built, oracle } = this.world;
		const trail = await readTrail({ backend: 'sqlite', file: this.file });
		const violations = [...this.errors, ...oracle.judge(trail)];
		const calls = built.log.entries();
		const records = [...new Set(violations.map(({ record }) => record))].filter((record) => record !== '');
		const known = new Set(['ok', 'partial', 'refused', 'notFound', 'open']);
		return {
			seed: this.options.seed,
			violations,
			stories: new Map(records.map((record) => [record, oracle.story(record, trail)])),
			hash: createHash('sha256')
				.update(JSON.stringify([calls, trail]))
				.digest('hex'),
			transitions: seenTransitions(this.file),
			figures: {
				products: built.pimberly.count,
				edits: this.edits,
				calls: calls.length,
				faults: calls.filter(({ outcome }) => !known.has(outcome)).length,
				crashes: this.crashes,
				virtualMinutes: Math.round((this.time.now - START) / MINUTE),
				...this.mishaps.counts,
			},
		};
	}
}

function newWorld(time: VirtualTime, chance: Chance) {
	const catalogue = smallCatalogue(chance);
	// Without a Date header nobody can know how far apart the clocks are; then the scan's overlap has to cover it.
	const saysDate = chance.happens(0.7);
	const aheadMs = chance.happens(0.4) ? 0 : chance.whole(-60, 60) * (saysDate ? 20_000 : 1_500);
	const theirs = (): number => time.now + aheadMs;
	const wait = async (ms: number): Promise<void> => await time.wait(ms);
	const latency = { khaosMs: chance.whole(5, 3_000), pimberlyMs: chance.whole(2, 800) };
	const feedToken = `${chance.token()}${chance.token()}${chance.token()}${chance.token()}`.toUpperCase();
	const built = buildSimulators(
		{ catalogue, khaosSeed: formerStock(catalogue, chance), latency, feedToken, now: theirs },
		wait,
	);
	const server = { time, serverClock: () => (saysDate ? theirs() : null) };
	return {
		built,
		setup: newSetup(chance, feedToken),
		editors: new Editors(built.pimberly, chance),
		oracle: new Oracle(built.pimberly, built.khaos, built.log, () => time.now),
		requests: {
			pimberly: wireTo({ ...server, respond: built.respond.pimberly }),
			khaos: wireTo({ ...server, respond: built.respond.khaos }),
		},
	};
}
