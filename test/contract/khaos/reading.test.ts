import { getHarmonisationCodes } from '../../../lib/khaos/harmonisation';
import { KhaosUnknownOutcome } from '../../../lib/khaos/fault';
import { exportBatches, exportStock } from '../../../lib/khaos/stockExport';
import { importStock } from '../../../lib/khaos/stockImport';
import { getStockList } from '../../../lib/khaos/stockList';
import { exportStockStatus } from '../../../lib/khaos/stockStatus';
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
});

describe('what a read refuses', () => {
	const answering = (result: string, method: string) => {
		const body = `<s:Envelope><s:Body><${method}Response><return>${result}</return></${method}Response></s:Body></s:Envelope>`;
		return clientOf('http://127.0.0.1/K.exe', async () => await Promise.resolve({ status: 200, headers: {}, body }));
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
});
