import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';

import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import type { BatchItem, Kind, Result } from '../../lib/shapes';
import { backends, change, freshStore, kit, price, readBackOf, result, type Backend } from './story';

/** Kits by parent, with their component; SET and GIFT share one. */
const components: Record<string, string> = { SET: 'SOCKS', GIFT: 'SOCKS' };
const items = ['SOCKS', 'SET', 'GIFT'];

type Step =
	| { do: 'item'; key: string; content: number }
	| { do: 'kit'; key: string; content: number }
	| { do: 'price'; key: string; content: number }
	| { do: 'take'; taker: number; kinds: Kind[] }
	| { do: 'deliver'; taker: number; as: 'well' | 'unavailable' | 'refused' }
	/** A batch from its take to its end, as an execution that nothing happens to. */
	| { do: 'execute'; kinds: Kind[]; as: 'well' | 'unavailable' | 'refused' }
	| { do: 'import' }
	| { do: 'crash'; taker: number }
	| { do: 'restart' }
	| { do: 'wait'; ms: number };

const check = (truth: boolean, otherwise: string): void => {
	if (!truth) throw new Error(otherwise);
};
const nameOf = ({ kind, key }: { kind: Kind; key: string }): string => `${kind} ${key}`;
const contentIn = ({ desired }: Pick<BatchItem, 'desired'>): number => {
	const {
		columns,
		components: parts,
		amount,
	} = desired as {
		columns?: Record<string, string>;
		components?: Array<{ quantity: string }>;
		amount?: string;
	};
	return Number(columns?.['SELL_PRICE'] ?? parts?.[0]?.quantity ?? amount);
};

/**
 * A ledger, a Khaos that holds stock items at once and kits and prices only when a person imports their file, and what has
 * to be true: nothing goes before what it needs, to two takers, to a taker of another kind, or with content that is not the
 * newest; what was handed over is watched until it is there.
 */
class KindsWorld {
	private ledger!: Ledger;
	private now = Date.parse('2026-11-02T09:00:00.000Z');
	private minute = 0;
	private readonly accepted = new Map<string, number>();
	private readonly khaos = new Map<string, number>();
	/** Written, and not imported yet. */
	private readonly files = new Map<string, number>();
	private readonly seen = new Set<string>();
	private readonly failed = new Set<string>();
	private readonly leases = new Map<string, { token: string; until: number }>();
	private readonly hands = new Map<number, BatchItem[]>();

	private constructor(
		private readonly store: LedgerStore,
		private readonly environment: string,
	) {}

	static async open(store: LedgerStore, environment: string): Promise<KindsWorld> {
		const world = new KindsWorld(store, environment);
		await world.connect();
		return world;
	}

	private async connect(): Promise<void> {
		this.ledger = await openLedger({ store: this.store, environment: this.environment, clock: () => this.now });
	}

	async close(): Promise<void> {
		await this.ledger.close();
	}

	async play(step: Step): Promise<void> {
		switch (step.do) {
			case 'item':
			case 'kit':
			case 'price':
				return await this.add(step.do, step.key, step.content);
			case 'take':
				return await this.take(step.taker, step.kinds);
			case 'deliver':
				return await this.deliver(step.taker, step.as);
			case 'execute':
				await this.take(0, step.kinds);
				return await this.deliver(0, step.as);
			case 'import':
				return this.import();
			case 'crash':
				this.hands.delete(step.taker);
				return;
			case 'restart':
				return await this.restart();
			case 'wait':
				this.now += step.ms;
		}
	}

	private async add(what: 'item' | 'kit' | 'price', key: string, content: number): Promise<void> {
		const version = new Date(Date.parse('2026-11-02T08:00:00.000Z') + ++this.minute * 1_000).toISOString();
		const added =
			what === 'item'
				? change(key, { version, columns: { SELL_PRICE: `${content}.00` } })
				: what === 'kit'
					? kit(key, [`${components[key]!}*${content}`], { version })
					: price(key, 'Trade', `${content}.00`, { version });
		const [outcome] = await this.ledger.add([added]);
		check(outcome!.outcome !== 'rejected', `${what} ${key} was rejected`);
		if (outcome!.outcome === 'rejected') return;
		const name = nameOf(outcome!.change);
		this.accepted.set(name, content);
		this.failed.delete(name);
	}

	private async take(taker: number, kinds: Kind[]): Promise<void> {
		for (const [name, lease] of this.leases) if (lease.until <= this.now) this.leases.delete(name);
		this.hands.delete(taker);
		const batch = await this.ledger.take({ target: 'khaos', kinds });
		for (const item of batch) {
			const name = nameOf(item);
			check(kinds.length === 0 || kinds.includes(item.kind), `${name} was given to a taker of ${kinds.join(', ')}`);
			check(!this.leases.has(name), `${name} was given to two takers`);
			this.leases.set(name, { token: item.lease.token, until: Date.parse(item.lease.until) });
			if (item.purpose === 'lookUp') continue;
			check(contentIn(item) === this.accepted.get(name), `${name} was taken with ${contentIn(item)}`);
			if (item.purpose === 'check') continue;
			for (const need of item.needs)
				check(this.seen.has(need.key), `${name} was taken before ${need.key} was read back`);
		}
		this.hands.set(taker, batch);
	}

	private async deliver(taker: number, as: Extract<Step, { do: 'deliver' }>['as']): Promise<void> {
		const batch = this.hands.get(taker) ?? [];
		this.hands.delete(taker);
		const ours = batch.filter((item) => this.leases.get(nameOf(item))?.token === item.lease.token);
		const outcomes = await this.ledger.settle(ours.map((item) => this.resultOf(item, as)));
		for (const [index, item] of ours.entries()) {
			const name = nameOf(item);
			const { outcome } = outcomes[index]!;
			this.leases.delete(name);
			if (item.kind === 'stockItem' && this.khaos.has(name)) this.seen.add(item.key);
			if (outcome === 'failed' && item.purpose !== 'lookUp') this.failed.add(name);
			if (item.purpose === 'check')
				check(outcome === 'confirmed' || outcome === 'sent', `${name} was ${outcome} after a look`);
		}
	}

	private resultOf(item: BatchItem, as: Extract<Step, { do: 'deliver' }>['as']): Result {
		const name = nameOf(item);
		if (as === 'unavailable') return result(item, 'retry', { cause: 'unavailable', reason: 'Khaos does not answer.' });
		if (item.purpose === 'lookUp') {
			const exists = this.khaos.has(name);
			const readBack = { exists, stockCode: item.key, stockId: '', parentCode: '', columns: {} };
			return result(item, exists ? 'confirmed' : 'failed', { readBack, reason: exists ? '' : 'Not in Khaos.' });
		}
		if (item.kind === 'stockItem') {
			if (as === 'refused') return result(item, 'failed', { cause: 'refused', reason: 'Khaos says no.' });
			this.khaos.set(name, contentIn(item));
			return result(item, 'confirmed', { readBack: readBackOf(item) });
		}
		if (this.khaos.get(name) === contentIn(item)) return result(item, 'confirmed');
		if (item.purpose === 'check')
			return result(item, as === 'refused' ? 'retry' : 'sent', {
				cause: 'different',
				awaiting: 'import',
				reason: 'Not there yet.',
			});
		if (as === 'refused') return result(item, 'failed', { cause: 'refused', reason: 'It can not be in a file.' });
		this.files.set(name, contentIn(item));
		return result(item, 'sent', { awaiting: 'import' });
	}

	/** A person imports what lies there, but for files that a newer one has overtaken. */
	private import(): void {
		for (const [name, content] of this.files) {
			if (content === this.accepted.get(name)) this.khaos.set(name, content);
			this.files.delete(name);
		}
	}

	private async restart(): Promise<void> {
		this.hands.clear();
		await this.ledger.close();
		if (this.store.backend === 'sqlite') {
			const file = new DatabaseSync(this.store.file);
			file.exec(`UPDATE owner SET instance = 'the one before'`);
			file.close();
			for (const lease of this.leases.values()) lease.until = 0;
		}
		await this.connect();
	}

	/** A first sync of the stock items that went well. */
	async begin(): Promise<void> {
		for (const key of items) await this.add('item', key, 1);
		await this.take(0, ['stockItem']);
		await this.deliver(0, 'well');
	}

	/** Everybody does what is theirs to do: in the end everything is there, failed with an exception, or waits for what nobody sent. */
	async drain(): Promise<void> {
		this.hands.clear();
		for (let quiet = 0; quiet < 3; ) {
			this.now += 61 * 60_000;
			this.import();
			let taken = 0;
			for (const kinds of [['stockItem'], ['kit'], ['price']] as Kind[][]) {
				await this.take(0, kinds);
				taken += this.hands.get(0)?.length ?? 0;
				await this.deliver(0, 'well');
			}
			quiet = taken === 0 ? quiet + 1 : 0;
		}
		const open = await this.ledger.getMany({ kinds: ['stockItem', 'kit', 'price'], limit: 1_000 });
		const exceptions = await this.ledger.exceptions();
		for (const [name, content] of this.accepted) {
			const left = open.find((one) => nameOf(one) === name);
			if (left === undefined) {
				check(
					this.khaos.get(name) === content,
					`${name}: Khaos holds ${this.khaos.get(name)}, Pimberly says ${content}`,
				);
			} else if (left.state === 'failed') {
				check(this.failed.has(name), `${name} counts as failed and nobody said so`);
				check(
					exceptions.some(({ type, key }) => type === 'failedTransfer' && key === left.key),
					`${name} failed without an exception`,
				);
			} else {
				check(left.state === 'held', `${name} is ${left.state} and nothing moves it`);
				check(
					left.waitsFor.length > 0 && left.waitsFor.every((key) => !this.khaos.has(`stockItem ${key}`)),
					`${name} waits for ${left.waitsFor.join(', ')}`,
				);
			}
		}
	}
}

const taker = fc.integer({ min: 0, max: 2 });
const content = fc.integer({ min: 1, max: 3 });
const kinds = fc.constantFrom<Kind[]>([], ['stockItem'], ['kit'], ['price'], ['kit', 'price']);
const as = fc.constantFrom('well' as const, 'well' as const, 'unavailable' as const, 'refused' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ do: fc.constant('item' as const), key: fc.constantFrom(...items), content }) },
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant('kit' as const),
			key: fc.constantFrom(...Object.keys(components)),
			content,
		}),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constant('price' as const), key: fc.constantFrom(...items), content }) },
	{ weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), taker, kinds }) },
	{ weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), taker, as }) },
	{ weight: 12, arbitrary: fc.record({ do: fc.constant('execute' as const), kinds, as }) },
	{ weight: 2, arbitrary: fc.constant({ do: 'import' as const }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), taker }) },
	{ weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
	{
		weight: 5,
		arbitrary: fc.record({
			do: fc.constant('wait' as const),
			ms: fc.constantFrom(3_000, 11_000, 11 * 60_000, 25 * 3_600_000),
		}),
	},
);

const bounds: Record<Backend, { numRuns: number; maxLength: number }> = {
	sqlite: { numRuns: 120, maxLength: 40 },
	postgres: { numRuns: 15, maxLength: 18 },
};

describe.each(backends)('%s', (backend) => {
	const shared = backend === 'postgres' ? freshStore(backend) : null;
	let scripts = 0;

	test('kits and prices are never lost, sent too early, given to two, or forgotten by the one who waits for a person', async () => {
		const { numRuns, maxLength } = bounds[backend];
		await fc.assert(
			fc.asyncProperty(
				fc.boolean(),
				fc.array(step, { minLength: 8, maxLength, size: 'max' }),
				async (inKhaos, script) => {
					const { store, remove } = shared ?? freshStore(backend);
					const world = await KindsWorld.open(store, `Kinds ${++scripts}`);
					try {
						if (inKhaos) await world.begin();
						for (const one of script) await world.play(one);
						await world.drain();
					} finally {
						await world.close();
						remove();
					}
				},
			),
			{ numRuns, seed: Number(process.env['SEED'] ?? 1) },
		);
	}, 120_000);
});
