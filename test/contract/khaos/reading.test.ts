import { strToU8, zipSync } from 'fflate';

import { fetchRequest } from '../../../lib/fetchRequest';
import { KhaosFault, KhaosUnknownOutcome } from '../../../lib/khaos/webServices/fault';
import { getHarmonisationCodes } from '../../../lib/khaos/stockReading/harmonisation';
import { getPriceLists, PriceListReader } from '../../../lib/khaos/prices/priceLists';
import { getSiteList } from '../../../lib/khaos/stockReading/siteList';
import { exportBatches, exportStock } from '../../../lib/khaos/stockReading/stockExport';
import { importStock } from '../../../lib/khaos/stockImport/stockImport';
import { getStockList } from '../../../lib/khaos/stockReading/stockList';
import { getStockPotential } from '../../../lib/khaos/stockReading/stockPotential';
import { exportStockStatus } from '../../../lib/khaos/stockReading/stockStatus';
import { MOST_UNPACKED_BYTES } from '../../../lib/khaos/webServices/zip';
import { importPrices } from '../../../simulators/khaos/priceLists';
import type { SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { clientOf, lamp } from './kit';

const DIALECTS: Array<NonNullable<SettingsInput['dialect']>> = [
	{},
	{ multiRef: 'all', typed: false, resultName: 'Result' },
	{ documentResult: 'inline', envelopePrefix: '', methodPrefix: 'q' },
	{ documentResult: 'complex', multiRef: 'objects' },
	{ documentResult: 'cdata', byteOrderMark: true, emptyElements: 'selfClosing' },
];

describe.each(DIALECTS)('reading from a server that speaks %j', (dialect) => {
	let simulators: Simulators;
	const client = () => clientOf(simulators.khaosUrl);
	beforeEach(async () => {
		simulators = await startSimulators({ settings: { dialect, khaos: { stockListExtras: true } } });
		const rows = ['LAMP-1', 'LAMP-2'].map((code) => ({
			...(lamp(code) as Record<string, string>),
			'Harmonisation:Code': '9405',
			'Harmonisation:Country': 'GB',
		}));
		await importStock(client(), [...rows, { ...(lamp('LAMP-3') as Record<string, string>) }]);
	});
	afterEach(async () => await simulators.stop());

	test('the stock list holds every code', async () => {
		expect((await getStockList(client())).map((row) => row.stockCode)).toEqual(['LAMP-1', 'LAMP-2', 'LAMP-3']);
		expect(await getStockList(client(), '2099-01-01T00:00:00')).toEqual([]);
	});

	test('an export holds the codes that exist', async () => {
		const records = await exportStock(client(), ['LAMP-2', 'GHOST', 'LAMP-1']);
		expect(records.map((record) => record.stockCode).sort()).toEqual(['LAMP-1', 'LAMP-2']);
		expect(await exportStock(client(), ['GHOST'])).toEqual([]);
	});

	test('the commodity codes are those of the items', async () => {
		expect(Object.fromEntries(await getHarmonisationCodes(client()))).toEqual({
			'LAMP-1': ['9405'],
			'LAMP-2': ['9405'],
		});
	});

	test('levels come by site', async () => {
		expect(await exportStockStatus(client(), ['LAMP-1'])).toMatchObject([{ stockCode: 'LAMP-1', site: 'Main Site' }]);
	});

	test('what is available and could be built comes by item', async () => {
		simulators.khaos.edit({ code: 'LAMP-2', set: { LEVEL: '7' } });
		expect(await getStockPotential(client(), ['LAMP-1', 'LAMP-2', 'GHOST'])).toMatchObject([
			{ stockCode: 'LAMP-1', available: '0' },
			{ stockCode: 'LAMP-2', available: '7', onOrder: '0', backOrder: '0', potential: '7' },
		]);
		expect(await getStockPotential(client(), ['GHOST'])).toEqual([]);
	});

	test('the sites have their ids', async () => {
		expect(await getSiteList(client())).toEqual([{ siteId: '1', name: 'Main Site' }]);
	});

	test('a zipped export holds the same as a plain one', async () => {
		const zipped = clientOf(simulators.khaosUrl, fetchRequest, 5_000, true);
		const codes = ['LAMP-1', 'GHOST', 'LAMP-3'];
		expect(await exportStock(zipped, codes)).toEqual(await exportStock(client(), codes));
		expect(await exportStock(zipped, ['GHOST'])).toEqual([]);
		const methods = simulators.control.log().map((call) => call.method);
		expect(methods.slice(-3)).toEqual(['ExportStockCompressed', 'ExportStock', 'ExportStockCompressed']);
	});

	test('the price lists have their names, prices and bands', async () => {
		importPrices(
			simulators.khaos,
			'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\nLAMP-1\t1\t9\t21.00\nLAMP-1\t10\t99999\t20.00',
		);
		expect(await getPriceLists(client())).toEqual(['Trade', 'Outlet']);
		const reader = new PriceListReader(client());
		expect(await reader.read('Trade')).toMatchObject({
			name: 'Trade',
			net: true,
			rows: [
				{ stockCode: 'LAMP-1', bandLow: 1, bandHigh: 9, amount: '21.00', calculatedPrice: '21.00', taxRate: '20' },
				{ stockCode: 'LAMP-1', bandLow: 10, bandHigh: 99_999, amount: '20.00' },
			],
		});
		expect(await reader.read('Outlet')).toMatchObject({ name: 'Outlet', rows: [] });
		expect(await reader.read('Ghost')).toBeNull();
		expect(await reader.read('trade')).toBeNull();
	});

	test('a server without ExportPriceListEx is asked with ExportPriceList, and not asked twice', async () => {
		simulators.control.changeSettings({ khaos: { missingMethods: ['ExportPriceListEx'] } });
		simulators.control.resetLog();
		const reader = new PriceListReader(client());
		expect(await reader.read('Trade')).toMatchObject({ name: 'Trade', net: true });
		expect(await reader.read('Outlet')).toMatchObject({ name: 'Outlet' });
		expect(simulators.control.log().map((call) => call.method)).toEqual([
			'ExportPriceListEx',
			'ExportPriceList',
			'ExportPriceList',
		]);
	});
});

describe('what a read refuses', () => {
	const answering = (result: string, method: string, compressed = false) => {
		const body = `<s:Envelope><s:Body><${method}Response><return>${result}</return></${method}Response></s:Body></s:Envelope>`;
		const request = async () => await Promise.resolve({ status: 200, headers: {}, body });
		return clientOf('http://127.0.0.1/K.exe', request, 5_000, compressed);
	};

	test('more than 50 codes, and a comma among several', async () => {
		const client = answering('', 'ExportStock');
		await expect(exportStock(client, Array<string>(51).fill('A'))).rejects.toThrow('50 codes a call');
		await expect(exportStock(client, ['A', 'B,C'])).rejects.toThrow('comma');
		expect(exportBatches(['A', 'B,C', 'D'])).toEqual([['A', 'D'], ['B,C']]);
	});

	test('a stock list that is shorter than it says', async () => {
		const list = '<Count>2</Count><List><item><StockCode>A</StockCode></item></List>';
		await expect(getStockList(answering(list, 'GetStockList'))).rejects.toBeInstanceOf(KhaosUnknownOutcome);
		expect(await getStockList(answering('<Count>0</Count><List/>', 'GetStockList'))).toEqual([]);
	});

	test.each([
		'&lt;ITEMS&gt;&lt;ITEM&gt;&lt;STOCK_CODE&gt;A&lt;/STOCK_CODE&gt;&lt;/ITEM&gt;&lt;/ITEMS&gt;',
		'Error: STOCK_CODE',
		'&lt;STOCK_ITEMS&gt;&lt;STOCK_ITEM&gt;',
	])('an export that holds something, but no items that can be read: never taken for none (%s)', async (result) => {
		await expect(exportStock(answering(result, 'ExportStock'), ['A'])).rejects.toBeInstanceOf(KhaosUnknownOutcome);
	});

	test.each([
		'',
		'&lt;STOCK_ITEMS/&gt;',
		'&lt;STOCK_ITEMS COUNT="0"&gt; &lt;/STOCK_ITEMS&gt;',
		'<Size>0</Size><Data></Data>',
	])('an export without items is empty (%s)', async (result) => {
		expect(await exportStock(answering(result, 'ExportStock'), ['A'])).toEqual([]);
	});

	const zipped = (bytes: Uint8Array) => Buffer.from(zipSync({ 'a.xml': bytes })).toString('base64');

	test.each([
		['a zip bomb', `<Data>${zipped(new Uint8Array(MOST_UNPACKED_BYTES + 1))}</Data>`, 'unpacks to more than'],
		['no zip', '<Data>PFNUT0NLLz4=</Data>', 'no entry'],
		['no base 64', '<Data>&lt;STOCK_ITEMS/&gt;</Data>', 'no zip in base 64'],
		['half a document', `<Data>${zipped(strToU8('<STOCK_ITEMS><STOCK_ITEM>'))}</Data>`, 'cut off'],
	])('a zipped export that is %s', async (_what, result, reason) => {
		const reading = exportStock(answering(result, 'ExportStockCompressed', true), ['A']);
		await expect(reading).rejects.toBeInstanceOf(KhaosUnknownOutcome);
		await expect(reading).rejects.toThrow(reason);
	});

	test.each(['', '<Data></Data>', `<Data>${zipped(strToU8('<STOCK_ITEMS/>'))}</Data>`])(
		'a zipped export without items is empty (%#)',
		async (result) => {
			expect(await exportStock(answering(result, 'ExportStockCompressed', true), ['A'])).toEqual([]);
		},
	);

	test('a server without zipped exports says where the setting is', async () => {
		const body =
			'<s:Envelope><s:Body><s:Fault><faultstring>Method ExportStockCompressed is not found in interface IKosWeb</faultstring></s:Fault></s:Body></s:Envelope>';
		const request = async () => await Promise.resolve({ status: 500, headers: {}, body });
		const reading = exportStock(clientOf('http://127.0.0.1/K.exe', request, 5_000, true), ['A']);
		await expect(reading).rejects.toMatchObject({
			kind: 'methodNotFound',
			remedy: expect.stringContaining('Compressed Exports') as unknown,
		});
		await expect(reading).rejects.toBeInstanceOf(KhaosFault);
	});

	test.each([
		'Access denied',
		'&lt;Prices&gt;&lt;StockItem&gt;&lt;StockCode&gt;A&lt;/StockCode&gt;&lt;/StockItem&gt;&lt;/Prices&gt;',
	])('a price list that holds something, but no list: never taken for none (%s)', async (result) => {
		const reader = new PriceListReader(answering(result, 'ExportPriceListEx'));
		await expect(reader.read('Trade')).rejects.toBeInstanceOf(KhaosUnknownOutcome);
	});

	test.each([
		['<item>Trade</item><item>Outlet, 2nd</item>', ['Trade', 'Outlet, 2nd']],
		['<item><Name>Trade</Name><Net>-1</Net></item><item><Name>Outlet</Name><Net>0</Net></item>', ['Trade', 'Outlet']],
		['&lt;PRICE_LISTS&gt;&lt;PRICE_LIST&gt;Trade&lt;/PRICE_LIST&gt;&lt;/PRICE_LISTS&gt;', ['Trade']],
		['Trade', ['Trade']],
		['', []],
	])('names of price lists in any shape (%s)', async (result, names) => {
		expect(await getPriceLists(answering(result, 'GetPriceLists'))).toEqual(names);
	});

	test('levels of more codes than a call takes, and a comma among several', async () => {
		const client = answering('', 'GetStockPotential');
		await expect(getStockPotential(client, Array<string>(501).fill('A'))).rejects.toThrow('500 codes a call');
		await expect(getStockPotential(client, ['A', 'B,C'])).rejects.toThrow('comma');
		await expect(exportStockStatus(client, ['A', 'B,C'])).rejects.toThrow('comma');
	});
});
