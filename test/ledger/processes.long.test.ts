import { startWorker, workTogether } from '../../bench/workers';
import type { WorkDone } from '../../bench/ledgerWorker';
import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import type { LoggedCall } from '../../simulators/callLog';
import { startSimulators } from '../../simulators/start';
import { change, freshStore } from './story';

/** Races between real processes, as between the workers of an n8n in queue mode. */

const environment = 'Live';
const open = async (store: LedgerStore): Promise<Ledger> => await openLedger({ store, environment });
const timesTaken = (done: WorkDone[]): Map<string, number> => {
	const times = new Map<string, number>();
	for (const { key } of done.flatMap(({ taken }) => taken)) times.set(key, (times.get(key) ?? 0) + 1);
	return times;
};

test('four processes with one PostgreSQL ledger never hold the same change', async () => {
	const { store } = freshStore('postgres');
	const ledger = await open(store);
	const count = 600;
	await ledger.add(Array.from({ length: count }, (_, index) => change(`ITEM-${index}`)));
	const options = { store, environment, task: { do: 'take' as const, limit: 7 } };
	const done = await workTogether([options, options, options, options]);
	const times = timesTaken(done);
	expect(times.size).toBe(count);
	expect(Math.max(...times.values())).toBe(1);
	expect(await ledger.stats()).toMatchObject({ confirmed: count, khaos: { leased: 0, queued: 0 } });
	await ledger.close();
}, 60_000);

test('30 adds of one key from three processes at once leave one record with the newest value', async () => {
	const { store } = freshStore('postgres');
	const ledger = await open(store);
	const version = (minute: number) => `2026-11-02T08:${String(minute).padStart(2, '0')}:00.000Z`;
	// In no order: 7 and 30 have no common divisor.
	const minutes = Array.from({ length: 30 }, (_, index) => (index * 7) % 30);
	const tasks = [0, 1, 2].map((process) => ({
		store,
		environment,
		task: {
			do: 'add' as const,
			items: minutes
				.filter((_, index) => index % 3 === process)
				.map((minute) => change('LAMP', { version: version(minute), columns: { SELL_PRICE: `${minute}.00` } })),
		},
	}));
	await workTogether(tasks);
	expect(await ledger.take({ target: 'khaos' })).toMatchObject([
		{ key: 'LAMP', version: version(29), desired: { columns: { SELL_PRICE: '29.00' } } },
	]);
	await ledger.close();
}, 60_000);

test('two processes never have two calls to Khaos in flight, by Khaos’s own log', async () => {
	const simulators = await startSimulators({
		catalogue: { attributeTypes: {}, products: [] },
		latency: { khaosMs: 15, pimberlyMs: 0 },
	});
	const { store } = freshStore('postgres');
	const ledger = await open(store);
	const columns = { STOCK_TYPE1: 'Home', STOCK_TYPE2: 'Lamps', TAX_CODE: '1', CONTROLLED: '-1' };
	await ledger.add(
		Array.from({ length: 20 }, (_, index) => [
			change(`LAMP-${index}`, { columns }),
			change(`LAMP-${index}-RED`, { columns, parent: `LAMP-${index}` }),
		]).flat(),
	);
	const options = { store, environment, task: { do: 'deliver' as const, limit: 4, khaosUrl: simulators.khaosUrl } };
	const done = await workTogether([options, options]);
	const calls = simulators.control.log().filter(({ side }) => side === 'khaos');
	await simulators.stop();

	expect(Math.min(...done.map(({ taken }) => taken.length))).toBeGreaterThan(0);
	expect(calls.filter(({ method }) => method === 'ImportStockTSV').length).toBeGreaterThan(5);
	expect(overlapping(calls)).toEqual([]);
	expect(await ledger.stats()).toMatchObject({ confirmed: 40, khaos: { held: 0, failed: 0 } });
	await ledger.close();
}, 60_000);

/** Calls that arrived before the one before them was answered. */
const overlapping = (calls: LoggedCall[]): string[] =>
	calls.flatMap(({ seq, t }, at) => {
		const before = calls[at - 1];
		return before && Date.parse(t) < Date.parse(before.t) + before.ms ? [`${before.seq} and ${seq}`] : [];
	});

test('what a killed process had in hand is taken by another when its lease is over, and nothing else is taken twice', async () => {
	const { store } = freshStore('postgres');
	const ledger = await open(store);
	const count = 400;
	await ledger.add(Array.from({ length: count }, (_, index) => change(`ITEM-${index}`)));
	const settings = { leaseMs: 1_500 };
	const options = { store, environment, settings, task: { do: 'take' as const, limit: 5 } };
	const [victim, survivor] = [startWorker(options), startWorker(options)];
	await Promise.all([victim.ready, survivor.ready]);
	// The victim works alone at first, so that it surely has something in hand.
	victim.go();
	while ((await ledger.stats()).confirmed < 50) await new Promise((resolve) => setTimeout(resolve, 5));
	victim.kill();
	await expect(victim.done).rejects.toThrow('A worker ended');
	const before = (await ledger.stats()).confirmed;
	survivor.go();
	const done = await survivor.done;
	const times = timesTaken([done]);
	expect(times.size).toBe(count - before);
	expect(Math.max(...times.values())).toBe(1);
	expect(await ledger.stats()).toMatchObject({ confirmed: count, khaos: { leased: 0, queued: 0 } });
	await ledger.close();
}, 60_000);

test('a SQLite ledger is for one process at a time: the next is refused while the first lives, and goes on at once when it is dead', async () => {
	const { store, remove } = freshStore('sqlite');
	const count = 400;
	const items = Array.from({ length: count }, (_, index) => change(`ITEM-${index}`));
	await workTogether([{ store, environment, task: { do: 'add', items } }]);
	const options = { store, environment, task: { do: 'take' as const, limit: 5 } };
	const first = startWorker(options);
	await first.ready;
	await expect(startWorker(options).done).rejects.toThrow('This ledger file belongs to another n8n that is running');

	const ledger = await openLedger({ store, environment, readOnly: true });
	first.go();
	while ((await ledger.stats()).confirmed < 50) await new Promise((resolve) => setTimeout(resolve, 2));
	first.kill();
	await expect(first.done).rejects.toThrow('A worker ended');
	const before = (await ledger.stats()).confirmed;
	// Its leases are over with it, long before their time.
	const [next] = await workTogether([options]);
	expect(timesTaken([next!]).size).toBe(count - before);
	expect(await ledger.stats()).toMatchObject({ confirmed: count, khaos: { leased: 0, queued: 0 } });
	await ledger.close();
	remove();
}, 60_000);
