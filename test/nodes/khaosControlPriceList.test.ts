import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { batchItemSchema, resultSchema, type BatchItem } from '../../lib/shapes';
import { KhaosControlPriceList } from '../../nodes/KhaosControl/KhaosControlPriceList.node';
import { importPrices } from '../../simulators/khaos/priceLists';
import { startSimulators, type Simulators } from '../../simulators/start';
import { price, priceItem } from '../contract/khaos/records';
import { itemsOf, run } from './harness';

describe('Khaos Control Price List', () => {
	let simulators: Simulators;
	let credentials: Record<string, IDataObject>;

	beforeEach(async () => {
		simulators = await startSimulators();
		credentials = {
			khaosControlWebServicesApi: { url: simulators.khaosUrl, authentication: 'none', timeoutSeconds: 5 },
		};
		for (const code of ['LAMP', 'BULB']) simulators.khaos.edit({ code });
		importPrices(simulators.khaos, 'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\nLAMP\t1\t9\t21.00\nLAMP\t10\t99999\t20.00');
		simulators.control.resetLog();
	});
	afterEach(async () => await simulators.stop());

	const node = new KhaosControlPriceList();
	const execute = async (parameters: INodeParameters, items?: INodeExecutionData[], continueOnFail = false) =>
		await run({ node, parameters, credentials, continueOnFail }, items);
	const batch = (...items: BatchItem[]) => itemsOf(...(items as unknown as IDataObject[]));
	const methods = () => simulators.control.log().map((call) => call.method);
	const contentOf = (item: INodeExecutionData) => Buffer.from(item.binary!['data']!.data, 'base64').toString('utf8');

	test('Get Many lists the price lists in one call', async () => {
		const [all] = await execute({ operation: 'getAll' }, itemsOf({}, {}));
		expect(all!.map(({ json }) => json)).toEqual([{ priceList: 'Trade' }, { priceList: 'Outlet' }]);
		expect(methods()).toEqual(['GetPriceLists']);
		expect((await execute({ operation: 'getAll', returnAll: false, limit: 1 }))[0]).toHaveLength(1);
	});

	describe('Get Prices', () => {
		test('reads each list once, however many items name it', async () => {
			const [rows] = await execute(
				{ operation: 'getPrices', priceList: '={{ $json.list }}', stockCode: '={{ $json.sku }}' },
				itemsOf({ list: 'Trade', sku: '' }, { list: 'Trade', sku: 'lamp' }, { list: 'Trade', sku: 'BULB' }),
			);
			expect(rows!.map(({ pairedItem }) => pairedItem)).toEqual([0, 0, 1, 1].map((item) => ({ item })));
			expect(rows![0]!.json).toMatchObject({
				priceList: 'Trade',
				net: true,
				stockCode: 'LAMP',
				bandLow: 1,
				bandHigh: 9,
				amount: '21.00',
			});
			expect(methods()).toEqual(['ExportPriceListEx']);
		});

		test('of all lists, where none is named', async () => {
			const [rows] = await execute({ operation: 'getPrices' });
			expect(rows).toHaveLength(2);
			expect(methods()).toEqual(['GetPriceLists', 'ExportPriceListEx', 'ExportPriceListEx']);
		});

		test('names a list that is not there, and those that are', async () => {
			await expect(execute({ operation: 'getPrices', priceList: 'Wholesale' })).rejects.toMatchObject({
				message: "Khaos Control has no price list 'Wholesale'",
				description: expect.stringContaining('Trade, Outlet') as unknown,
			});
			const [rows] = await execute(
				{ operation: 'getPrices', priceList: '={{ $json.list }}' },
				itemsOf({ list: 'Wholesale' }, { list: 'Trade' }),
				true,
			);
			expect(rows).toMatchObject([
				{ json: { error: expect.any(String) as unknown } },
				{ json: { stockCode: 'LAMP' } },
				{},
			]);
		});

		test('with the method that the server has, its parameter as set', async () => {
			simulators.control.changeSettings({ khaos: { missingMethods: ['ExportPriceListEx'] } });
			expect((await execute({ operation: 'getPrices', priceList: 'Trade' }))[0]).toHaveLength(2);
			const options = { exportPriceListParameter: 'Name' };
			await expect(execute({ operation: 'getPrices', priceList: 'Trade', options })).resolves.toEqual([[]]);
		});
	});

	describe('Compare', () => {
		test('settles what is equal and passes on what is to be written, with what Khaos holds', async () => {
			const [settled, toWrite] = await execute(
				{ operation: 'compare' },
				batch(
					priceItem(price('LAMP', 'Trade', '21', { bandHigh: 9 })),
					priceItem(price('BULB', 'Outlet', '2.00')),
					priceItem(price('BULB', 'Ghost', '2.00')),
				),
			);
			expect(settled!.map(({ json, pairedItem }) => [resultSchema.parse(json).status, pairedItem])).toEqual([
				['confirmed', { item: 0 }],
				['failed', { item: 2 }],
			]);
			expect(toWrite).toMatchObject([{ pairedItem: { item: 1 } }]);
			expect(batchItemSchema.parse(toWrite![0]!.json)).toMatchObject({
				key: 'BULB | Outlet | 1-99999',
				confirmed: { exists: false },
			});
		});

		test('currencies of lists are settings', async () => {
			const item = batch(priceItem(price('BULB', 'Outlet', '2.00', { currency: 'EUR' })));
			const [settled] = await execute({ operation: 'compare' }, item);
			expect(settled![0]!.json.reason).toBe('The price of BULB is in EUR, and Outlet is in GBP');
			const currencies = { list: [{ priceList: 'Outlet', currency: 'eur' }] };
			expect((await execute({ operation: 'compare', options: { currencies } }, item))[1]).toHaveLength(1);
			expect((await execute({ operation: 'compare', options: { baseCurrency: 'EUR' } }, item))[1]).toHaveLength(1);
		});

		test('prices from the canvas', async () => {
			const parameters = {
				operation: 'compare',
				source: 'fields',
				stockCode: '={{ $json.sku }}',
				priceList: 'Trade',
				amount: '={{ $json.amount }}',
				bandHigh: 9,
			};
			const [equal, different] = await execute(
				parameters,
				itemsOf({ sku: 'LAMP', amount: '21.00' }, { sku: 'LAMP', amount: 22.5 }),
			);
			expect(equal).toMatchObject([{ json: { stockCode: 'LAMP', status: 'equal' } }]);
			expect(different).toMatchObject([
				{
					json: {
						stockCode: 'LAMP',
						status: 'different',
						differences: [{ field: 'Trade 1-9', expected: '22.5', actual: '21' }],
					},
					pairedItem: { item: 1 },
				},
			]);
			await expect(execute(parameters, itemsOf({ sku: 'LAMP', amount: '21,00' }))).rejects.toMatchObject({
				message: "Amount can't be read",
			});
		});
	});

	describe('Create Import File', () => {
		const prices = () =>
			batch(
				priceItem(price('BULB', 'Trade', '2')),
				priceItem(price('BULB', 'Outlet', '1.5')),
				priceItem(price('LAMP', 'Outlet', '18')),
			);

		test('Cloud: a column for each list and no blank cell, which Khaos imports', async () => {
			const [files, results] = await execute({ operation: 'createImportFile' }, prices());
			expect(files!.map(contentOf)).toEqual([
				'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\tOutlet\r\nBULB\t1\t99999\t2.00\t1.50',
				'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tOutlet\r\nLAMP\t1\t99999\t18.00',
			]);
			expect(files!.map(({ json, binary }) => [json.priceLists, binary!['data']!.mimeType])).toEqual([
				[['Trade', 'Outlet'], 'text/tab-separated-values'],
				[['Outlet'], 'text/tab-separated-values'],
			]);
			expect(files![0]!.json.fileName).toMatch(/^prices-\d{4}-\d\d-\d\d-\d{6}-\d{3}-Trade-and-Outlet\.tsv$/);
			expect(results!.map(({ json }) => resultSchema.parse(json))).toMatchObject(
				[0, 1, 2].map(() => ({ status: 'sent', awaiting: 'import', kind: 'price' })),
			);
			for (const file of files!) expect(importPrices(simulators.khaos, contentOf(file), 'clear').refused).toEqual([]);
			const checks = batch(
				...prices().map(({ json }) => ({ ...batchItemSchema.parse(json), purpose: 'check' as const })),
			);
			const [settled] = await execute({ operation: 'compare' }, checks);
			expect(settled!.map(({ json }) => json.status)).toEqual(['confirmed', 'confirmed', 'confirmed']);
		});

		test('one file with blank cells, for those who know what they do', async () => {
			const [files] = await execute({ operation: 'createImportFile', options: { withoutPrice: 'blank' } }, prices());
			expect(files!.map(contentOf)).toEqual([
				'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\tOutlet\r\nBULB\t1\t99999\t2.00\t1.50\r\nLAMP\t1\t99999\t\t18.00',
			]);
		});

		test('desktop XML: a file for each list, which Khaos imports', async () => {
			const [files] = await execute({ operation: 'createImportFile', format: 'desktopXml' }, prices());
			expect(files!.map(({ json, binary }) => [json.priceLists, json.rows, binary!['data']!.mimeType])).toEqual([
				[['Trade'], 1, 'application/xml'],
				[['Outlet'], 2, 'application/xml'],
			]);
			expect(files![1]!.json.fileName).toMatch(/-Outlet\.xml$/);
			for (const file of files!) expect(importPrices(simulators.khaos, contentOf(file)).refused).toEqual([]);
			expect(simulators.khaos.priceLists['Outlet']!.rows).toEqual({
				BULB: { '1-99999': '1.50' },
				LAMP: { '1-99999': '18.00' },
			});
		});

		test('a price that no file can hold is failed with the reason; the others are in the file', async () => {
			const [files, results] = await execute(
				{ operation: 'createImportFile' },
				batch(priceItem(price('BULB', 'Trade', '2.005')), priceItem(price('LAMP', 'Trade', '2'))),
			);
			expect(files!.map(({ json }) => json.stockCodes)).toEqual([['LAMP']]);
			expect(results!.map(({ json }) => json.status)).toEqual(['failed', 'sent']);
			expect(results![0]!.json.reason).toContain('2.005');
		});
	});
});
