import { comparePrices, type PriceComparisonOptions } from '../../../lib/khaos/prices/priceComparison';
import type { BatchItem, DesiredPrice, Result } from '../../../lib/shapes';
import { importPrices } from '../../../simulators/khaos/priceLists';
import type { SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { clientOf, Memory } from './kit';
import { price, priceItem } from './records';

const DIALECTS: Array<NonNullable<SettingsInput['dialect']>> = [
	{},
	{ multiRef: 'all', typed: false, resultName: 'Result', envelopePrefix: 'q', methodPrefix: '' },
	{ documentResult: 'inline' },
	{ documentResult: 'complex', multiRef: 'objects' },
];

describe('prices are compared with Khaos', () => {
	let simulators: Simulators;
	let memory: Memory;
	beforeEach(async () => {
		simulators = await startSimulators({
			settings: {
				khaos: {
					priceLists: [
						{ name: 'Trade', net: true },
						{ name: 'Outlet', net: false },
						{ name: 'Europe', net: true },
					],
				},
			},
		});
		memory = new Memory();
		for (const code of ['LAMP', 'BULB']) simulators.khaos.edit({ code });
		importPrices(simulators.khaos, 'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\nLAMP\t1\t9\t21.00\nLAMP\t10\t99999\t20.00');
		simulators.control.resetLog();
	});
	afterEach(async () => await simulators.stop());

	const compare = async (items: BatchItem[], options: Partial<PriceComparisonOptions> = {}) => {
		const client = clientOf(simulators.khaosUrl);
		const sleep = async () => await Promise.resolve();
		const currencies = { base: 'GBP', byList: { Europe: 'EUR' } };
		return await comparePrices({ client, port: memory, sleep, currencies, ...options }, items);
	};
	const resultOf = async (desired: DesiredPrice, more: Partial<BatchItem> = {}): Promise<Result> => {
		const [judged] = await compare([priceItem(desired, more)]);
		if (!('settled' in judged!)) throw new Error(`${desired.stockCode} is to be written`);
		return judged.settled;
	};
	const calls = () => simulators.control.log().map((call) => call.method);
	const upTo9 = { bandHigh: 9 };

	describe.each(DIALECTS)('over a server that speaks %j', (dialect) => {
		beforeEach(() => simulators.control.changeSettings({ dialect }));

		test('equal prices are adopted, different and new ones are to be written', async () => {
			const [equal, different, fresh] = await compare([
				priceItem(price('lamp', 'Trade', '21', upTo9)),
				priceItem(price('LAMP', 'Trade', '19.50', { bandLow: 10 })),
				priceItem(price('BULB', 'Outlet', '2.00', { net: false })),
			]);
			expect(equal).toMatchObject({
				settled: { status: 'confirmed', adopted: true, priceReadBack: { exists: true, amount: '21', net: true } },
			});
			expect(different).toMatchObject({ toWrite: { confirmed: { exists: true, amount: '20' } } });
			expect(fresh).toMatchObject({ toWrite: { confirmed: { exists: false, net: false } } });
		});
	});

	test('each list is read once, most urgent lane first in line', async () => {
		const items = Array.from({ length: 40 }, (_, at) =>
			priceItem(price('LAMP', at % 2 ? 'Trade' : 'Europe', String(at + 1))),
		);
		await compare(items);
		expect(calls().filter((method) => method.startsWith('ExportPriceList'))).toEqual([
			'ExportPriceListEx',
			'ExportPriceListEx',
		]);
		expect(new Set(memory.laneOfCalls)).toEqual(new Set([1]));
	});

	test('a check that reads back equal is confirmed, one that does not stays sent with both amounts', async () => {
		const check = { purpose: 'check' as const };
		expect(await resultOf(price('LAMP', 'Trade', '21.00', upTo9), check)).toMatchObject({ status: 'confirmed' });
		const waiting = await resultOf(price('LAMP', 'Trade', '22.00', upTo9), check);
		expect(waiting).toMatchObject({
			status: 'sent',
			differences: [{ field: 'Trade 1-9', expected: '22', actual: '21' }],
		});
		expect(waiting.remedy).toContain('Import the price file');
	});

	test('of a size/colour/style child that was made since the stock list was read', async () => {
		// The stock list is read and kept.
		await resultOf(price('GHOST', 'Trade', '21.00'));
		simulators.khaos.edit({ code: 'TEE' });
		simulators.khaos.edit({ code: 'TEE-RED', parentCode: 'TEE' });
		const [child] = await compare([priceItem(price('TEE-RED', 'Trade', '5.00'))]);
		expect(child).toMatchObject({ toWrite: { confirmed: { exists: false } } });
		// And of one that isn't there the list is asked once.
		simulators.control.resetLog();
		const ghosts = Array.from({ length: 60 }, (_, at) => priceItem(price(`GHOST-${at}`, 'Trade', '21.00')));
		await compare(ghosts);
		expect(calls().filter((method) => method === 'GetStockList')).toHaveLength(1);
	});

	test('an unknown list is named, with the lists that there are', async () => {
		const result = await resultOf(price('LAMP', 'Wholesale', '21.00'));
		expect(result).toMatchObject({
			status: 'failed',
			differences: [{ field: 'Wholesale 1-99999', expected: '21.00' }],
		});
		expect(result.reason).toContain('There is no price list Wholesale in Khaos');
		expect(result.reason).toContain('LAMP');
		expect(result.remedy).toContain('Trade, Outlet, Europe');
	});

	test('a list that Khaos spells otherwise is unknown, and its spelling is told', async () => {
		const result = await resultOf(price('LAMP', 'trade', '21.00'));
		expect(result).toMatchObject({ status: 'failed', remedy: "Write 'Trade' in the mapping." });
	});

	test('a price in a currency that the list is not in', async () => {
		const inPounds = await resultOf(price('BULB', 'Europe', '2.00', { currency: 'GBP' }));
		expect(inPounds).toMatchObject({ status: 'failed' });
		expect(inPounds.reason).toBe('The price of BULB is in GBP, and Europe is in EUR');
		const inEuros = await resultOf(price('BULB', 'Trade', '2.00', { currency: 'EUR' }));
		expect(inEuros.reason).toBe('The price of BULB is in EUR, and Trade is in GBP');
		expect(inEuros.remedy).toContain("'Currencies of Price Lists'");
		expect(await compare([priceItem(price('BULB', 'Europe', '2.00', { currency: 'eur' }))])).toMatchObject([
			{ toWrite: {} },
		]);
	});

	test('a price with tax for a list without', async () => {
		const result = await resultOf(price('LAMP', 'Trade', '21.00', { ...upTo9, net: false }));
		expect(result).toMatchObject({ status: 'failed' });
		expect(result.reason).toContain('with tax, and the prices of Trade are without tax');
	});

	test('a band that overlaps one that Khaos holds', async () => {
		const result = await resultOf(price('LAMP', 'Trade', '21.00'));
		expect(result).toMatchObject({ status: 'failed' });
		expect(result.reason).toBe(
			'The band 1-99999 of LAMP in Trade overlaps the band 1-9 that Khaos holds: Khaos refuses it',
		);
		expect(result.remedy).toContain('Remove the band 1-9 in Khaos Control');
	});

	test('bands of one batch that overlap, while the rest goes on', async () => {
		const judged = await compare([
			priceItem(price('BULB', 'Trade', '2', { bandHigh: 10 })),
			priceItem(price('BULB', 'Trade', '1', { bandLow: 10 })),
			priceItem(price('BULB', 'Europe', '3', { currency: 'EUR' })),
		]);
		expect(judged).toMatchObject([
			{ settled: { status: 'failed' } },
			{ settled: { status: 'failed' } },
			{ toWrite: {} },
		]);
	});

	test('a price that a person made a discount is different, in words', async () => {
		const rows =
			'<StockItem-CustomerClassifications CompClass="Trade" PricelistNet="-1"><StockItem><StockCode>LAMP</StockCode><QtyStart>1</QtyStart><QtyEnd>99999</QtyEnd><AmountValue>0</AmountValue><DiscountValue>10</DiscountValue><CalculatedPrice>21.00</CalculatedPrice></StockItem></StockItem-CustomerClassifications>';
		const body = `<E:Envelope xmlns:E="u"><E:Body><ExportPriceListExResponse><return>${rows}</return></ExportPriceListExResponse></E:Body></E:Envelope>`;
		const client = clientOf(
			'http://127.0.0.1/K.exe',
			async () => await Promise.resolve({ status: 200, headers: {}, body }),
		);
		const [judged] = await compare([priceItem(price('LAMP', 'Trade', '21.00'), { purpose: 'check' })], { client });
		expect(judged).toMatchObject({
			settled: {
				status: 'sent',
				differences: [{ expected: '21', actual: 'a discount of 10 %' }],
				priceReadBack: { exists: true, amount: '' },
			},
		});
	});

	test('an item that Khaos does not hold: its price would be skipped without a word', async () => {
		const result = await resultOf(price('GHOST', 'Trade', '21.00'));
		expect(result).toMatchObject({ status: 'retry', cause: 'different' });
		expect(result.reason).toContain('GHOST is not in Khaos');
		expect(memory.records.get('GHOST')).toMatchObject({ exists: false });
	});

	test('many new items are looked for in one list of stock', async () => {
		const items = Array.from({ length: 80 }, (_, at) => {
			simulators.khaos.edit({ code: `NEW-${at}` });
			return priceItem(price(`NEW-${at}`, 'Trade', '1.00'));
		});
		expect(await compare(items)).toMatchObject(items.map(() => ({ toWrite: {} })));
		expect(calls()).toEqual(['ExportPriceListEx', 'GetStockList']);
	});

	test('a list that cannot be read does not hold up the others', async () => {
		const body = { side: 'khaos', method: 'ExportPriceListEx', kind: 'http500', times: 3 };
		simulators.control.addFaults([body]);
		const [unread, read] = await compare([
			priceItem(price('BULB', 'Europe', '3', { currency: 'EUR' })),
			priceItem(price('LAMP', 'Trade', '21', upTo9)),
		]);
		expect(unread).toMatchObject({ settled: { status: 'retry', cause: 'unavailable' } });
		expect(read).toMatchObject({ settled: { status: 'confirmed' } });
	});

	test('a look-up says whether there is such a row', async () => {
		const lookUp = { purpose: 'lookUp' as const, desired: {} };
		expect(await resultOf(price('LAMP', 'Trade', '1', upTo9), lookUp)).toMatchObject({ status: 'confirmed' });
		expect(await resultOf(price('LAMP', 'Trade', '1'), lookUp)).toMatchObject({ status: 'failed' });
	});

	test('what is no price is refused', async () => {
		expect(await resultOf(price('LAMP', 'Trade', '1'), { kind: 'kit' })).toMatchObject({ status: 'failed' });
		expect(await resultOf(price('LAMP', 'Trade', '1'), { desired: { stockCode: 'LAMP' } })).toMatchObject({
			status: 'failed',
		});
	});
});
