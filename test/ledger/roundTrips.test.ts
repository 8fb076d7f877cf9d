import { Client } from 'pg';

import { openLedger } from '../../lib/ledger/ledger';
import type { BatchItem } from '../../lib/shapes';
import { change, confirmed, freshStore } from './story';

/**
 * How often an operation waits for PostgreSQL, and how many statements it sends: every writer of the ledger waits for that
 * long. A statement that goes out while the answer to another is on its way costs no wait of its own.
 */
class Wire {
	private onTheirWay = 0;
	private readonly spy: jest.SpyInstance;
	statements = 0;
	waits = 0;

	constructor() {
		const query = Client.prototype.query as (...given: unknown[]) => Promise<unknown>;
		const sent = (): void => {
			if (this.onTheirWay++ === 0) this.waits++;
			this.statements++;
		};
		const answered = (): void => {
			this.onTheirWay--;
		};
		this.spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...given: unknown[]) {
			sent();
			const answer = query.apply(this, given);
			answer.then(answered, answered);
			return answer;
		} as never);
	}

	close(): void {
		this.spy.mockRestore();
	}
}

interface Cost {
	statements: number;
	waits: number;
}

/** What a batch of this size costs on its way through a ledger of its own, every change with a parent that is confirmed. */
async function costsOf(size: number): Promise<Record<'add' | 'take' | 'settle', Cost>> {
	const ledger = await openLedger({ store: freshStore('postgres').store, environment: 'Live' });
	const wire = new Wire();
	try {
		const of = async (work: () => Promise<unknown>): Promise<Cost> => {
			const { statements, waits } = wire;
			await work();
			return { statements: wire.statements - statements, waits: wire.waits - waits };
		};
		await ledger.add([change('TEE')]);
		await ledger.settle((await ledger.take({ target: 'khaos' })).map(confirmed));
		let batch: BatchItem[] = [];
		const add = await of(
			async () =>
				await ledger.add(Array.from({ length: size }, (_, index) => change(`TEE-${index}`, { parent: 'TEE' }))),
		);
		const take = await of(async () => {
			batch = await ledger.take({ target: 'khaos', quietMs: 1 });
		});
		const settle = await of(async () => await ledger.settle(batch.map(confirmed)));
		expect(batch).toHaveLength(size);
		return { add, take, settle };
	} finally {
		wire.close();
		await ledger.close();
	}
}

test('an operation on PostgreSQL waits as often for a hundred changes as for one, and for little more than what it has to know', async () => {
	const [one, hundred] = [await costsOf(1), await costsOf(100)];
	expect(hundred).toEqual(one);
	// docs/ledger.md names these figures.
	const waits = Object.fromEntries(Object.entries(hundred).map(([operation, cost]) => [operation, cost.waits]));
	expect(waits).toEqual({ add: 12, take: 7, settle: 10 });
});
