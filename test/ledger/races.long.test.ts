import { Client } from 'pg';

import { throughGate, type GateTools } from '../../lib/ledger/delivery/gate';
import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import { migrate } from '../../lib/ledger/store/migrations';
import { makeSchema, openPostgres } from '../../lib/ledger/store/postgres';
import { openSqlite } from '../../lib/ledger/store/sqlite';
import type { Database } from '../../lib/ledger/store/database';
import type { Lane } from '../../lib/shapes';
import { backends, change, confirmed, freshStore, result, type Backend } from './story';

type PostgresStore = Extract<LedgerStore, { backend: 'postgres' }>;
const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

describe('several processes with one PostgreSQL ledger', () => {
	const opened: Ledger[] = [];
	const openAnother = async (store: LedgerStore): Promise<Ledger> => {
		const ledger = await openLedger({ store, environment: 'Live' });
		opened.push(ledger);
		return ledger;
	};
	const postgres = (): PostgresStore => freshStore('postgres').store as PostgresStore;
	afterEach(async () => {
		await Promise.all(opened.splice(0).map(async (ledger) => await ledger.close()));
	});

	test('may race to make it', async () => {
		const store = postgres();
		const ledgers = await Promise.all(Array.from({ length: 6 }, async () => await openAnother(store)));
		await ledgers[0]!.add([change('LAMP')]);
		expect((await ledgers[5]!.stats()).khaos.queued).toBe(1);
	});

	test('30 adds of one key at once leave one change with the newest value', async () => {
		const store = postgres();
		const ledgers = await Promise.all([1, 2, 3].map(async () => await openAnother(store)));
		await Promise.all(
			Array.from({ length: 30 }, async (_, index) => {
				// In no order: 7 and 30 have no common divisor.
				const minute = (index * 7) % 30;
				const version = `2026-11-02T08:${String(minute).padStart(2, '0')}:00.000Z`;
				await ledgers[index % 3]!.add([change('LAMP', { version, columns: { SELL_PRICE: `${minute}.00` } })]);
			}),
		);
		const batch = await ledgers[0]!.take({ target: 'khaos' });
		expect(batch).toMatchObject([
			{ key: 'LAMP', version: '2026-11-02T08:29:00.000Z', desired: { columns: { SELL_PRICE: '29.00' } } },
		]);
	});

	test('two takers never hold the same change', async () => {
		const store = postgres();
		const [one, two] = await Promise.all([openAnother(store), openAnother(store)]);
		const count = 600;
		await one.add(Array.from({ length: count }, (_, index) => change(`ITEM-${index}`)));
		const holders = new Map<string, number>();
		const takeAll = async (ledger: Ledger): Promise<number> => {
			for (let taken = 0; ; ) {
				const batch = await ledger.take({ target: 'khaos', limit: 20 });
				if (batch.length === 0) return taken;
				taken += batch.length;
				for (const item of batch) holders.set(item.changeId, (holders.get(item.changeId) ?? 0) + 1);
				await ledger.settle(batch.map(confirmed));
			}
		};
		const shares = await Promise.all([takeAll(one), takeAll(two)]);
		expect(shares[0] + shares[1]).toBe(count);
		expect(Math.max(...holders.values())).toBe(1);
		expect(holders.size).toBe(count);
		expect(Math.min(...shares)).toBeGreaterThan(0);
	});

	test('a lost connection loses nothing, does nothing twice and stops nobody', async () => {
		const store = postgres();
		const ledger = await openAnother(store);
		const { host, port, database, user, password } = store;
		const operator = new Client({ host, port, database, user, password });
		await operator.connect();
		const count = 150;
		let working = true;
		const cutting = (async (): Promise<number> => {
			for (let cut = 0; ; cut++) {
				if (!working) return cut;
				await operator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
					`ledger ${store.schema}`,
				]);
				// Rarer and rarer: on a busy machine a transaction may need longer than from one cut to the next.
				await sleep(150 + cut * 20);
			}
		})();
		const seen = new Map<string, number>();
		for (let start = 0; start < count; start += 10) {
			await ledger.add(Array.from({ length: 10 }, (_, index) => change(`ITEM-${start + index}`)));
			const batch = await ledger.take({ target: 'khaos', limit: 10 });
			for (const item of batch) seen.set(item.key, (seen.get(item.key) ?? 0) + 1);
			await ledger.settle(batch.map(confirmed));
		}
		working = false;
		expect(await cutting).toBeGreaterThan(0);
		await operator.end();
		expect(seen.size).toBe(count);
		expect(Math.max(...seen.values())).toBe(1);
		expect(await ledger.stats()).toMatchObject({ confirmed: count, khaos: { queued: 0, leased: 0 } });
	});

	test('people who replay and drop while batches are settled lose nothing and bring nothing back twice', async () => {
		const store = postgres();
		const [taker, operations, ecommerce] = await Promise.all([
			openAnother(store),
			openAnother(store),
			openAnother(store),
		]);
		const codes = Array.from({ length: 60 }, (_, index) => `ITEM-${index}`);
		await taker!.add(codes.map((code) => change(code)));
		const deliver = async (): Promise<void> => {
			for (let round = 0; round < 25; round++) {
				const batch = await taker!.take({ target: 'khaos', limit: 7 });
				const results = batch.map((item, at) =>
					at % 3 === 0 ? confirmed(item) : result(item, at % 3 === 1 ? 'failed' : 'retry', { cause: 'unavailable' }),
				);
				await taker!.settle(results);
			}
		};
		const person = async (ledger: Ledger, does: 'replay' | 'drop', start: number): Promise<void> => {
			for (let at = 0; at < 40; at++)
				await ledger[does](
					{ names: [codes[(start + at * 7) % codes.length]!], kinds: ['stockItem'] },
					'A person says so',
				);
		};
		await Promise.all([
			deliver(),
			person(operations!, 'replay', 3),
			person(ecommerce!, 'drop', 11),
			person(operations!, 'replay', 29),
		]);

		// In the end all of it is wanted, and Khaos takes it.
		await operations!.replay({ names: codes, kinds: ['stockItem'] }, 'All of it');
		const seen: string[] = [];
		for (
			let batch = await taker!.take({ target: 'khaos' });
			batch.length > 0;
			batch = await taker!.take({ target: 'khaos' })
		) {
			seen.push(...batch.map((item) => item.key));
			await taker!.settle(batch.map(confirmed));
		}
		expect(new Set(seen).size).toBe(seen.length);
		expect(await taker!.stats()).toMatchObject({
			confirmed: codes.length,
			khaos: { queued: 0, leased: 0, retrying: 0, failed: 0 },
		});
		expect((await taker!.exceptions()).filter((one) => one.type === 'failedTransfer')).toEqual([]);
	});

	test('two processes never have two calls to Khaos in flight', async () => {
		const store = postgres();
		const ledgers = await Promise.all([1, 2, 3].map(async () => await openAnother(store)));
		let inFlight = 0;
		let most = 0;
		let calls = 0;
		await Promise.all(
			ledgers.map(async (ledger) => {
				const port = ledger.deliveryPort('https://erp.example/KhaosKSD.exe');
				for (let call = 0; call < 12; call++) {
					await port.throughGate(3, async () => {
						most = Math.max(most, ++inFlight);
						calls++;
						await sleep(3);
						inFlight--;
					});
				}
			}),
		);
		expect({ calls, most }).toEqual({ calls: 36, most: 1 });
	});
});

describe.each(backends)('the gate, %s', (backend: Backend) => {
	const { store, remove } = freshStore(backend);
	let database: Database;
	beforeAll(async () => {
		if (store.backend === 'postgres') await makeSchema(store);
		database = store.backend === 'postgres' ? openPostgres(store) : openSqlite({ file: store.file });
		await migrate(database);
	});
	afterAll(async () => {
		await database.close();
		remove();
	});

	let token = 0;
	const tools: GateTools = {
		newToken: () => `token-${++token}`,
		sleep: async () => await sleep(5),
		every: () => () => undefined,
		elapsed: () => 0,
	};
	const settings = { holdMs: 5_000, giveUpMs: 4_000, lookAgainMs: 5 };
	const through = async (lane: Lane, call: () => Promise<void>): Promise<void> =>
		await throughGate(database, tools, settings, 'khaos', lane, call);
	const waiting = async (): Promise<number> =>
		await database.read(async (tx) =>
			Number((await tx.get<{ count: number }>('SELECT count(*) AS count FROM gate_waiters'))!.count),
		);

	test('lets the more urgent lane go first, and among equals who came first', async () => {
		const order: string[] = [];
		let open: () => void = () => undefined;
		const closed = new Promise<void>((resolve) => {
			open = resolve;
		});
		const calls = [through(4, async () => await closed)];
		while (!(await database.read(async (tx) => await tx.get(`SELECT 1 AS held FROM gates WHERE holder IS NOT NULL`))))
			await sleep(2);
		for (const [lane, name] of [
			[4, 'words'],
			[3, 'weight'],
			[1, 'price'],
			[1, 'next price'],
			[2, 'launch'],
		] as Array<[Lane, string]>) {
			const before = await waiting();
			calls.push(
				through(lane, async () => {
					order.push(name);
				}),
			);
			while ((await waiting()) === before) await sleep(2);
			await sleep(2);
		}
		open();
		await Promise.all(calls);
		expect(order).toEqual(['price', 'next price', 'launch', 'weight', 'words']);
	});

	test('a call that fails opens it again; so does a holder that died, after its time', async () => {
		await expect(
			through(1, async () => {
				throw new Error('Khaos does not answer.');
			}),
		).rejects.toThrow('Khaos does not answer.');
		await database.write(async (tx) => await tx.run(`UPDATE gates SET holder = 'dead', held_until = ?`, tx.now + 50));
		let entered = false;
		await through(1, async () => {
			entered = true;
		});
		expect(entered).toBe(true);
	});
});
