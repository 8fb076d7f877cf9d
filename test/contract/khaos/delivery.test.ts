import { startSimulators, type Simulators } from '../../../simulators/start';
import { Delivery, itemOf, lamp, statuses } from './kit';

const lamps = (count: number, more: (index: number) => Record<string, string | null> = () => ({})) =>
	Array.from({ length: count }, (_, index) => itemOf(lamp(`LAMP-${String(index).padStart(3, '0')}`, more(index))));

const commodity = { 'Harmonisation:Code': '94052190', 'Harmonisation:Country': 'GB' };

describe('delivering stock items', () => {
	let simulators: Simulators;
	let delivery: Delivery;
	const held = (code: string) => simulators.khaos.get(code);
	const fresh = () => {
		simulators.control.resetLog();
	};

	beforeEach(async () => {
		simulators = await startSimulators();
		delivery = new Delivery(simulators);
	});
	afterEach(async () => await simulators.stop());

	test('a hundred new items go out 25 a call and are read back 50 a call', async () => {
		const results = await delivery.send(...lamps(100, () => commodity));
		expect(statuses(results)).toEqual({ confirmed: 100 });
		expect(delivery.calls).toEqual([
			'GetStockList',
			...Array<string>(4).fill('ImportStockTSV'),
			...Array<string>(2).fill('ExportStock'),
			'GetHarmonisationCodes',
		]);
		expect(results.map((result) => result.changeId)).toEqual(lamps(100).map((item) => item.changeId));
		expect(results[7]!.readBack).toMatchObject({
			exists: true,
			stockCode: 'LAMP-007',
			columns: { SHORT_DESC: 'Lamp LAMP-007', TAX_CODE: '1', 'Harmonisation:Code': '94052190' },
		});
		expect(results[7]!.readBack!.stockId).not.toBe('');
	});

	test('what Khaos holds already as desired is adopted without a write', async () => {
		const items = lamps(60);
		await delivery.send(...items.slice(0, 30));
		fresh();
		delivery.memory.records.clear();
		const results = await delivery.send(...items);
		expect(statuses(results)).toEqual({ confirmed: 60 });
		expect(results.filter((result) => result.adopted)).toHaveLength(30);
		expect(delivery.count('ImportStockTSV')).toBe(2);
		expect(held('LAMP-000')!.imports).toBe(1);
	});

	test('one changed description is one row of one call, then one read-back', async () => {
		const [item] = lamps(1, () => commodity);
		await delivery.send(item!);
		fresh();
		const [result] = await delivery.send(delivery.again(item!, { SHORT_DESC: 'Oak lamp' }));
		expect(result).toMatchObject({ status: 'confirmed', reason: '' });
		expect(delivery.calls).toEqual(['ImportStockTSV', 'ExportStock']);
		expect(simulators.control.log().find((call) => call.method === 'ImportStockTSV')!.rows).toBe(1);
		expect(held('LAMP-000')!.fields.SHORT_DESC).toBe('Oak lamp');
		expect(held('LAMP-000')!.harmonisation).toEqual([{ Code: '94052190', Country: 'GB' }]);
	});

	test('nothing changed: nothing is called', async () => {
		const items = lamps(3);
		await delivery.send(...items);
		fresh();
		const results = await delivery.send(...items.map((item) => delivery.again(item)));
		expect(results.every((result) => result.adopted)).toBe(true);
		expect(delivery.calls).toEqual([]);
	});

	test('a row that Khaos refuses is tried again with its reason; the others are in', async () => {
		simulators.control.addFaults([
			{ side: 'khaos', kind: 'rejectRow', codes: ['LAMP-003'], message: 'Stock type is barred' },
		]);
		const results = await delivery.send(...lamps(10));
		expect(statuses(results)).toEqual({ confirmed: 9, retry: 1 });
		expect(results[3]).toMatchObject({ status: 'retry', cause: 'refused', readBack: { exists: false } });
		expect(results[3]!.reason).toContain('Stock type is barred');
	});

	test.each(['fault', 'summary'] as const)(
		'a bad row that breaks its whole call (said by %s) ends up alone',
		async (way) => {
			simulators.control.changeSettings({ khaos: { badRow: 'failsCall', wholeCallFailure: way } });
			simulators.control.addFaults([
				{ side: 'khaos', kind: 'rejectRow', codes: ['LAMP-013'], message: 'It is barred' },
			]);
			const results = await delivery.send(...lamps(25));
			expect(statuses(results)).toEqual({ confirmed: 24, retry: 1 });
			expect(results[13]).toMatchObject({ status: 'retry', cause: 'refused' });
			expect(results[13]!.reason).toContain('It is barred');
			expect(results[13]!.remedy).not.toBe('');
		},
	);

	test('a Khaos that refuses every row is not asked a hundred times', async () => {
		simulators.control.addFaults([
			{ side: 'khaos', method: 'ImportStockTSV', kind: 'fault', message: 'Database is read only' },
		]);
		const results = await delivery.send(...lamps(100));
		expect(statuses(results)).toEqual({ retry: 100 });
		expect(delivery.count('ImportStockTSV')).toBeLessThan(25);
		expect(results.every((result) => result.reason.includes('Database is read only'))).toBe(true);
		expect(results.filter((result) => result.cause === 'refused').length).toBeLessThan(10);
	});

	test('six bad rows at the head of a batch do not hide the good ones', async () => {
		simulators.control.changeSettings({ khaos: { badRow: 'failsCall' } });
		const bad = lamps(6).map((item) => item.key);
		simulators.control.addFaults([{ side: 'khaos', kind: 'rejectRow', codes: bad }]);
		const results = await delivery.send(...lamps(25));
		expect(statuses(results)).toEqual({ confirmed: 19, retry: 6 });
	});

	test('one item whose export breaks does not keep the others from being read', async () => {
		const items = lamps(8);
		await delivery.send(...items);
		delivery.memory.records.clear();
		simulators.control.addFaults([{ side: 'khaos', method: 'ExportStock', codes: ['LAMP-005'], kind: 'fault' }]);
		const results = await delivery.send(...items);
		expect(statuses(results)).toEqual({ confirmed: 7, retry: 1 });
		expect(results[5]).toMatchObject({ status: 'retry', cause: 'unavailable', readBack: null });
	});

	test('a row that another execution took over is not sent', async () => {
		const items = lamps(3);
		delivery.memory.lost.add(items[1]!.changeId);
		const results = await delivery.send(...items);
		expect(results).toMatchObject([
			{ status: 'confirmed' },
			{ status: 'retry', cause: 'notOurs' },
			{ status: 'confirmed' },
		]);
		expect(held('LAMP-001')).toBeUndefined();
	});

	test('a Khaos without the import tool says so once, in words a person can act on', async () => {
		simulators.control.changeSettings({ khaos: { missingMethods: ['ImportStockTSV'] } });
		const results = await delivery.send(...lamps(60));
		expect(statuses(results)).toEqual({ retry: 60 });
		expect(delivery.count('ImportStockTSV')).toBe(1);
		expect(results[0]).toMatchObject({ cause: 'unavailable' });
		expect(results[0]!.remedy).toContain('Stock Import Tool');
		expect(results[0]!.retryAfter).toBeGreaterThan(60);
	});

	test('a Khaos that is down is tried a few times, and every item gets the one reason', async () => {
		await simulators.stop();
		const results = await delivery.send(...lamps(100));
		expect(statuses(results)).toEqual({ retry: 100 });
		expect(new Set(results.map((result) => result.reason)).size).toBe(1);
		expect(results[0]!.reason).toContain("can't be reached");
		expect(delivery.slept.length).toBeLessThan(5);
		simulators = await startSimulators();
	});

	describe('the commodity code', () => {
		test('waits for one sweep while more work is ready', async () => {
			delivery.memory.more = true;
			const first = await delivery.send(...lamps(2, () => commodity));
			expect(first).toMatchObject([
				{ status: 'sent', awaiting: 'harmonisation' },
				{ status: 'sent', awaiting: 'harmonisation' },
			]);
			expect(delivery.count('GetHarmonisationCodes')).toBe(0);

			delivery.memory.more = false;
			delivery.memory.awaiting = lamps(2).map((item) => ({ changeId: item.changeId, key: item.key, code: '94052190' }));
			const [other] = await delivery.send(itemOf(lamp('DESK-1', commodity)));
			expect(other!.status).toBe('confirmed');
			expect(delivery.count('GetHarmonisationCodes')).toBe(1);
			expect(delivery.memory.settled!.get('LAMP-000')).toEqual(['94052190']);
		});

		test('of an item that exists and is not written is compared all the same, then corrected', async () => {
			const [item] = lamps(1, () => commodity);
			await delivery.send(item!);
			held('LAMP-000')!.harmonisation = [{ Code: '11111111', Country: 'GB' }];
			delivery.memory.records.clear();
			const [result] = await delivery.send(item!);
			expect(result).toMatchObject({
				status: 'retry',
				cause: 'different',
				differences: [{ field: 'Harmonisation:Code', expected: '94052190', actual: '11111111' }],
			});
			const [second] = await delivery.send({ ...delivery.again(item!), attempt: 2 });
			expect(second!.status).toBe('confirmed');
			expect(held('LAMP-000')!.harmonisation).toEqual([{ Code: '94052190', Country: 'GB' }]);
		});

		test('is written again after a later sweep found another, whether or not the ledger kept what it found', async () => {
			delivery.memory.more = true;
			const [item] = lamps(1, () => commodity);
			await delivery.send(item!);
			held('LAMP-000')!.harmonisation = [];
			delivery.memory.more = false;
			const [second] = await delivery.send({ ...delivery.again(item!), attempt: 2 });
			expect(second!.status).toBe('confirmed');
			expect(held('LAMP-000')!.harmonisation).toEqual([{ Code: '94052190', Country: 'GB' }]);
		});

		test('a change of the country alone is sent, although nothing shows it', async () => {
			const [item] = lamps(1, () => commodity);
			await delivery.send(item!);
			const [result] = await delivery.send(delivery.again(item!, { 'Harmonisation:Country': 'TR' }));
			expect(result!.status).toBe('confirmed');
			expect(held('LAMP-000')!.harmonisation).toEqual([{ Code: '94052190', Country: 'TR' }]);
		});

		test('without a country is left out, and the result says so', async () => {
			const [result] = await delivery.send(itemOf(lamp('LAMP-1', { 'Harmonisation:Code': '94052190' })));
			expect(result!.status).toBe('confirmed');
			expect(result!.warnings![0]!.message).toContain('country');
			expect(held('LAMP-1')!.harmonisation).toEqual([]);
		});

		test('of one row is never cleared by the blank cell of another', async () => {
			const items = lamps(3, (index) => (index === 0 ? commodity : {}));
			await delivery.send(...lamps(3, () => commodity));
			const results = await delivery.send(
				...items.map((item) => delivery.again(item, { SHORT_DESC: `Other ${item.key}` })),
			);
			expect(statuses(results)).toEqual({ confirmed: 3 });
			for (const { key } of items) expect(held(key)!.harmonisation).toEqual([{ Code: '94052190', Country: 'GB' }]);
		});

		test('that is gone in Pimberly is cleared in Khaos', async () => {
			const [item] = lamps(1, () => commodity);
			await delivery.send(item!);
			const [result] = await delivery.send(
				delivery.again(item!, { 'Harmonisation:Code': null, 'Harmonisation:Country': null }),
			);
			expect(result).toMatchObject({ status: 'confirmed', differences: [] });
			expect(held('LAMP-000')!.harmonisation).toEqual([]);
		});

		test('on a server that cannot show it is confirmed with a warning', async () => {
			simulators.control.changeSettings({ khaos: { missingMethods: ['GetHarmonisationCodes'] } });
			const [result] = await delivery.send(...lamps(1, () => commodity));
			expect(result!.status).toBe('confirmed');
			expect(result!.warnings![0]!.message).toContain("can't be read back");
		});
	});

	test('a description never revalues stock: a price that Khaos owns is sent as it is now', async () => {
		const settings = { BUY_PRICE: { owner: 'khaos' as const } };
		const item = itemOf(lamp('LAMP-1'), { settings });
		await delivery.send(item);
		simulators.khaos.edit({ code: 'LAMP-1', set: { BUY_PRICE: '14.75' } });
		const [result] = await delivery.send(delivery.again(item, { SHORT_DESC: 'Oak lamp' }));
		expect(result!.status).toBe('confirmed');
		expect(held('LAMP-1')!.fields).toMatchObject({ BUY_PRICE: '14.75', SHORT_DESC: 'Oak lamp' });
	});

	test('an exempt item stays exempt while Khaos owns its tax', async () => {
		const item = itemOf(lamp('LAMP-1', { TAX_CODE: '3' }));
		await delivery.send(item);
		const owned = { ...delivery.again(item, { SHORT_DESC: 'Oak lamp', TAX_CODE: null }) };
		await delivery.send({ ...owned, desired: { ...owned.desired, settings: { TAX_CODE: { owner: 'khaos' } } } });
		expect(held('LAMP-1')!.fields).toMatchObject({ TAX_CODE: '3', SHORT_DESC: 'Oak lamp' });
	});

	test('from zero-rated to exempt is a change, although both read nought', async () => {
		const item = itemOf(lamp('LAMP-1', { TAX_CODE: '2' }));
		await delivery.send(item);
		await delivery.send(delivery.again(item, { TAX_CODE: '3' }));
		expect(held('LAMP-1')!.fields.TAX_CODE).toBe('3');
	});

	test('a value that Pimberly has no more is cleared; one that Khaos never had is not a column', async () => {
		const item = itemOf(lamp('LAMP-1', { MANUFACTURER: 'Luma', OTHER_REF: null }));
		await delivery.send(item);
		expect(held('LAMP-1')!.fields.MANUFACTURER).toBe('Luma');
		await delivery.send(delivery.again(item, { MANUFACTURER: null }));
		expect(held('LAMP-1')!.fields.MANUFACTURER ?? '').toBe('');
	});

	test.each(['upper', 'lower', 'normal'] as const)(
		'a Khaos that re-cases descriptions (%s) gets each once, and again when its letters change',
		async (descriptionCase) => {
			simulators.control.changeSettings({ khaos: { descriptionCase } });
			const item = itemOf(lamp('LAMP-1', { SHORT_DESC: 'Oak desk LAMP' }));
			expect((await delivery.send(item))[0]!.status).toBe('confirmed');
			fresh();
			expect((await delivery.send(delivery.again(item)))[0]!.adopted).toBe(true);
			delivery.memory.records.clear();
			expect((await delivery.send(item))[0]!.adopted).toBe(true);
			expect(delivery.count('ImportStockTSV')).toBe(0);
			await delivery.send(delivery.again(item, { SHORT_DESC: 'OAK desk lamp' }));
			expect(delivery.count('ImportStockTSV')).toBe(1);
		},
	);

	test('a description in another case is corrected where Khaos keeps it as typed', async () => {
		const item = itemOf(lamp('LAMP-1', { SHORT_DESC: 'Oak Desk Lamp' }));
		await delivery.send(item);
		await delivery.send(delivery.again(item, { SHORT_DESC: 'Oak Desk LAMP' }));
		expect(held('LAMP-1')!.fields.SHORT_DESC).toBe('Oak Desk LAMP');
	});

	test('an SCS child is read back inside its parent', async () => {
		simulators.khaos.edit({ code: 'TEE', set: { ...lamp('TEE'), STOCK_CODE: 'TEE' } as Record<string, string> });
		const child = simulators.khaos.obtain('TEE-R', 'TEE');
		child.fields = { ...(lamp('TEE-R') as Record<string, string>) };
		child.scs = { suffixes: ['R'], descriptions: ['Red'] };
		const results = await delivery.send(itemOf(lamp('TEE-R', { SELL_PRICE: '31.00' })));
		expect(results[0]).toMatchObject({ status: 'confirmed', readBack: { parentCode: 'TEE' } });
	});

	describe('what is not sent at all', () => {
		test.each<[string, Record<string, string | null>, RegExp]>([
			['no selling price', { SELL_PRICE: null }, /SELL_PRICE has no value/],
			['a comma in a price', { SELL_PRICE: '12,50' }, /no plain decimal/],
			['a hash in the name', { SHORT_DESC: 'No #1' }, /holds a #/],
			['a type that is too long', { STOCK_TYPE1: 'x'.repeat(26) }, /26 characters; Khaos takes 25/],
			['a stock level', { STOCK_LEVEL: '5' }, /stock levels/],
			['a tax code that does not exist', { TAX_CODE: '9' }, /none of 1 to 6/],
		])('%s: failed at once with reason and remedy, the others sync', async (_, more, reason) => {
			const results = await delivery.send(itemOf(lamp('BAD', more)), itemOf(lamp('GOOD')));
			expect(results[0]).toMatchObject({ status: 'failed' });
			expect(results[0]!.reason).toMatch(reason);
			expect(results[0]!.remedy).not.toBe('');
			expect(results[1]!.status).toBe('confirmed');
			expect(held('BAD')).toBeUndefined();
		});

		test('the same code twice: the first counts', async () => {
			const results = await delivery.send(itemOf(lamp('LAMP-1')), itemOf(lamp('lamp-1')));
			expect(results).toMatchObject([{ status: 'confirmed' }, { status: 'retry', cause: 'notOurs' }]);
		});

		test('a desired record that is none', async () => {
			const broken = { ...itemOf(lamp('BAD')), desired: { nothing: 1 } };
			const results = await delivery.send(broken, itemOf(lamp('GOOD')));
			expect(results).toMatchObject([{ status: 'failed' }, { status: 'confirmed' }]);
		});
	});

	describe('looking only', () => {
		test('a look-up says whether Khaos holds the key', async () => {
			await delivery.send(itemOf(lamp('LAMP-1')));
			const lookUp = (code: string) => ({ ...itemOf(lamp(code), { purpose: 'lookUp' }), desired: {} });
			fresh();
			expect(await delivery.send(lookUp('LAMP-1'), lookUp('GHOST'))).toMatchObject([
				{ status: 'confirmed', readBack: { exists: true } },
				{ status: 'failed', reason: 'GHOST is not in Khaos' },
			]);
			expect(delivery.count('ImportStockTSV')).toBe(0);
		});

		test('a country that was never sent is not confirmed, although nothing shows it', async () => {
			const item = itemOf(lamp('LAMP-1', commodity));
			await delivery.send(item);
			const moved = delivery.again(item, { 'Harmonisation:Country': 'TR' });
			const difference = { field: 'Harmonisation:Country', expected: 'TR', actual: 'GB' };
			expect(await delivery.confirm(moved)).toMatchObject([{ status: 'retry', differences: [difference] }]);
			await delivery.send(delivery.again(moved));
			expect(held('LAMP-1')!.harmonisation).toEqual([{ Code: '94052190', Country: 'TR' }]);
		});

		test('confirming compares and writes nothing', async () => {
			await delivery.send(...lamps(2));
			simulators.khaos.edit({ code: 'LAMP-001', set: { SELL_PRICE: '1.00' } });
			fresh();
			const results = await delivery.confirm(...lamps(3));
			expect(results).toMatchObject([
				{ status: 'confirmed' },
				{ status: 'retry', differences: [{ field: 'SELL_PRICE', expected: '29.99', actual: '1.00' }] },
				{ status: 'retry', reason: 'LAMP-002 is not in Khaos' },
			]);
			expect(delivery.count('ImportStockTSV')).toBe(0);
		});
	});
});
