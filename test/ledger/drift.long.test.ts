import type { KhaosClient } from '../../lib/khaos/webServices/client';
import { findDrift } from '../../lib/monitor/drift';
import type { DriftReport, DriftSettings } from '../../lib/monitor/driftSettings';
import { generateCatalogue } from '../../simulators/generate';
import { backends, type Backend } from './story';
import { driftSettings, SyncedShop } from './syncedShop';

/** Khaos dates revisions to the second. Resolves in the next one, as ISO 8601. */
async function nextSecond(): Promise<string> {
	const second = (): number => Math.floor(Date.now() / 1_000);
	for (const before = second(); second() === before; ) await new Promise((resolve) => setTimeout(resolve, 10));
	return new Date(Date.now()).toISOString();
}

/** A shop that is in step before each test, and what a test does with it. */
function inStep(backend: Backend) {
	let shop!: SyncedShop;
	beforeEach(async () => {
		shop = await SyncedShop.open(backend, generateCatalogue({ simple: 55, families: 12, kits: 4 }, 7));
		await shop.sync();
		expect(await shop.ledger.exceptions()).toEqual([]);
	});
	afterEach(async () => {
		await shop.close();
	});
	return {
		shop: () => shop,
		check: async (
			more: Partial<DriftSettings> = {},
			client: KhaosClient = shop.khaos,
		): Promise<Extract<DriftReport, { findings: unknown }>> => {
			const report = await findDrift(
				{ client, port: shop.port, drift: shop.ledger.drift, sleep: async () => undefined, now: Date.now },
				{ ...driftSettings, ...more },
			);
			if (report.status === 'busy') throw new Error('busy');
			return report;
		},
		open: async (): Promise<string[]> =>
			(await shop.ledger.exceptions()).map(({ type, severity, owner, key, field }) =>
				`${severity} ${owner} ${type} ${key} ${field}`.trim(),
			),
		simple: (at: number): string =>
			[...shop.simulators.pimberly.all()].filter(({ attributes }) => attributes['productType'] === 'Simple')[at]!
				.primaryId,
	};
}

// What depends on the store, on both.
describe.each(backends)('a drift check over %s', (backend) => {
	const { shop, check, open, simple } = inStep(backend);

	test('finds nothing in a shop that is in step, in as few calls as it takes', async () => {
		shop().simulators.control.resetLog();
		const report = await check();
		expect(report).toMatchObject({ status: 'finished', findings: [], error: null });
		const { items, kits, prices } = report.run.counts;
		expect(items).toBe(shop().simulators.khaos.count);
		expect(kits).toBeGreaterThan(0);
		expect(prices).toBeGreaterThan(0);
		const calls = shop().callsToKhaos();
		expect(calls.filter((method) => method === 'ExportStock')).toHaveLength(Math.ceil(items / 50));
		expect(calls.filter((method) => method !== 'ExportStock').sort()).toEqual([
			'ExportPriceListEx',
			'ExportPriceListEx',
			'GetHarmonisationCodes',
			'GetPriceLists',
			'GetStockList',
		]);
		expect(report.run.counts.calls).toBe(calls.length);
		expect(await open()).toEqual([]);
	});

	test('a weight that was edited in Khaos is an exception until it is put right, there or by repair', async () => {
		const code = simple(0);
		const before = shop().stockItem(code).fields['WEIGHT']!;
		await shop().control('POST', '/khaos/stock', { code, set: { WEIGHT: '9.99' } });
		await check();
		expect(await open()).toEqual([`high operations attributeDrift ${code} WEIGHT`]);
		await shop().control('POST', '/khaos/stock', { code, set: { WEIGHT: `${before}0` } });
		await check();
		expect(await open()).toEqual([]);

		await shop().control('POST', '/khaos/stock', { code, set: { WEIGHT: '9.99' } });
		const report = await check({ repair: true });
		expect(report.run.counts.requeued).toBe(1);
		shop().simulators.control.resetLog();
		await shop().deliver();
		expect(shop().stockItem(code).fields['WEIGHT']).toBe(before);
		expect(
			shop()
				.callsToKhaos()
				.filter((method) => method === 'ImportStockTSV'),
		).toHaveLength(1);
		expect(await open()).toEqual([]);
		// What is sent again was saved long ago: that is no lag.
		const sql = `SELECT lag FROM trail WHERE event = 'confirmed' AND kind = 'stockItem' AND key = '${code}' ORDER BY event_id DESC LIMIT 1`;
		expect(await shop().story.look(sql)).toEqual([{ lag: null }]);
	});

	test('a check that is cut goes on where it was, and no second one runs beside it', async () => {
		const code = simple(0);
		await shop().control('POST', '/khaos/stock', { code, set: { WEIGHT: '9.99' } });
		shop().simulators.control.resetLog();
		const first = await check({ mostItems: 30 });
		expect(first).toMatchObject({ status: 'cut', error: null });
		await shop().story.reopen();
		const held = await shop().ledger.drift.begin('nightly', { since: null });
		expect(await shop().ledger.drift.begin('nightly', { since: null })).toBeNull();
		await shop().ledger.drift.move(held!, held!.position, held!.counts, true);
		shop().simulators.control.addFaults([{ side: 'khaos', method: 'ExportStock', kind: 'http500', times: 4 }]);
		const second = await check();
		expect(second.status).toBe('cut');
		expect(second.error?.message).toContain('500');
		const third = await check();
		expect(third.status).toBe('finished');
		expect(third.run.resumed).toBe(true);
		expect(third.run.counts.items).toBe(shop().simulators.khaos.count);
		expect(
			shop()
				.callsToKhaos()
				.filter((method) => method === 'GetStockList'),
		).toHaveLength(1);
		expect(await open()).toEqual([`high operations attributeDrift ${code} WEIGHT`]);
	});
});

describe('a drift check', () => {
	const { shop, check, open, simple } = inStep('sqlite');

	test('an item that was deleted in Khaos leaves Live, and is Live again when it is back', async () => {
		const code = simple(1);
		expect(shop().statusOf(code)).toBe('Live');
		await shop().control('POST', '/khaos/stock', { code, delete: true });
		await check();
		expect(await open()).toEqual([`critical operations missingInKhaos ${code}`]);
		await shop().tell();
		expect(shop().statusOf(code)).toBe('Failed');
		// Not Live any more, and still the same exception.
		await check({ repair: true });
		expect((await open()).map((one) => one.split(' ').slice(2).join(' '))).toEqual([`missingInKhaos ${code}`]);
		await shop().sync();
		expect(await open()).toEqual([]);
		expect(shop().statusOf(code)).toBe('Live');
		await check();
		expect(await open()).toEqual([]);
	});

	test('an item that Pimberly has discontinued may be gone from Khaos', async () => {
		const code = simple(1);
		shop().simulators.pimberly.upsert([{ primaryId: code, attributes: { discontinued: 'true' } }]);
		await shop().sync();
		expect(shop().stockItem(code).fields['DISCONTINUED']).toBe('-1');
		await shop().control('POST', '/khaos/stock', { code, delete: true });
		expect((await check()).run.counts).toMatchObject({ missing: 0, different: 0 });
		expect(await open()).toEqual([]);
	});

	test('made again by hand as it was, an item is Live again without a write', async () => {
		const code = simple(1);
		const { fields, udas, harmonisation } = structuredClone(shop().stockItem(code));
		await shop().control('POST', '/khaos/stock', { code, delete: true });
		await check();
		const set = {
			...fields,
			...Object.fromEntries(Object.entries(udas).map(([name, value]) => [`UDA:${name}`, value])),
			...(harmonisation[0]
				? { 'Harmonisation:Code': harmonisation[0].Code, 'Harmonisation:Country': harmonisation[0].Country }
				: {}),
		};
		await shop().control('POST', '/khaos/stock', { code, set });
		await check();
		// Its prices went with it, and nobody made them again.
		expect((await open()).filter((one) => !one.includes('priceMismatch'))).toEqual([]);
		await shop().tell();
		expect(shop().statusOf(code)).toBe('Live');
	});

	test('what was revised since the last check is looked at alone', async () => {
		await check();
		const since = (await shop().ledger.drift.lastFinished('nightly'))!;
		expect(since).not.toBeNull();
		const revisedSince = await nextSecond();
		await shop().control('POST', '/khaos/stock', { code: simple(0), set: { WEIGHT: '9.99' } });
		shop().simulators.control.resetLog();
		const report = await check({ name: 'hourly', since: revisedSince, prices: false, commodityCodes: false });
		expect(report.run.counts.items).toBe(1);
		expect(shop().callsToKhaos()).toEqual(['GetStockList', 'ExportStock']);
		expect(await open()).toEqual([`high operations attributeDrift ${simple(0)} WEIGHT`]);
	});

	test('what goes while the revised items are looked at is not called missing: the next whole check decides', async () => {
		const [gone, edited] = [simple(0), simple(1)];
		const revisedSince = await nextSecond();
		for (const code of [gone, edited]) await shop().control('POST', '/khaos/stock', { code, set: { WEIGHT: '9.99' } });
		const { khaos } = shop();
		const client = Object.create(khaos) as KhaosClient;
		client.call = async (method, parameters) => {
			if (method === 'ExportStock') await shop().control('POST', '/khaos/stock', { code: gone, delete: true });
			return await khaos.call(method, parameters);
		};
		await check({ name: 'hourly', since: revisedSince, prices: false, commodityCodes: false }, client);
		expect(await open()).toEqual([`high operations attributeDrift ${edited} WEIGHT`]);
		await check();
		expect(await open()).toContain(`critical operations missingInKhaos ${gone}`);
	});

	test('a variant that Khaos shows inside its parent only is found there', async () => {
		const [parent, child] = [simple(0), simple(2)];
		await shop().control('POST', '/khaos/stock', { code: child, parentCode: parent, set: {} });
		shop().simulators.control.resetLog();
		expect((await check()).run.counts).toMatchObject({ missing: 0, different: 0, skipped: 0 });
		expect(
			shop()
				.callsToKhaos()
				.filter((method) => method === 'ExportStock'),
		).toHaveLength(Math.ceil(shop().simulators.khaos.count / 50));
		await shop().control('POST', '/khaos/stock', { code: child, set: { WEIGHT: '9.99' } });
		await check();
		expect(await open()).toEqual([`high operations attributeDrift ${child} WEIGHT`]);
	});
});
