import { unzipSync } from 'fflate';
import { createClientAsync, type Client } from 'soap';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { row, SHOP, table } from './shop';

/** node-soap gives a value as text, or as an object with its xsi:type beside it. */
const plain = (value: unknown): string => {
	const text = value !== null && typeof value === 'object' ? (value as { $value?: unknown }).$value : value;
	return text === undefined || text === null ? '' : String(text);
};

describe('node-soap calls the simulated Khaos', () => {
	let simulators: Simulators;
	let client: Client;

	const ask = async (method: string, parameters: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
		const [answer] = (await client[`${method}Async`](parameters)) as [{ return: Record<string, unknown> }];
		return answer.return;
	};

	beforeAll(async () => {
		simulators = await startSimulators({ catalogue: SHOP });
	});
	afterAll(async () => await simulators.stop());

	test.each(['/wsdl/IKosWeb', '/wsdl/IKosWeb?wsdl', '?wsdl', '/soap/IKosWeb?wsdl'])(
		'the description is at %s and names every method',
		async (path) => {
			client = await createClientAsync(simulators.khaosUrl + path);
			expect(
				Object.keys(client)
					.filter((name) => /^(Get|Import|Export)\w+Async$/.test(name))
					.sort(),
			).toEqual(
				[
					'ExportPriceList',
					'ExportPriceListEx',
					'ExportStock',
					'ExportStockCompressed',
					'ExportStockStatus',
					'GetHarmonisationCodes',
					'GetManufacturer',
					'GetPriceLists',
					'GetSiteList',
					'GetStockList',
					'GetStockPotential',
					'GetVersion',
					'ImportStockStatus',
					'ImportStockTSV',
				].map((name) => `${name}Async`),
			);
		},
	);

	test('every schema that the description imports is there, without the Internet', async () => {
		const description = await (await fetch(simulators.khaosWsdlUrl)).text();
		const imports = [...description.matchAll(/<xs:import namespace="([^"]*)"(?: schemaLocation="([^"]*)")?/g)];
		expect(imports).toHaveLength(1);
		for (const [, namespace, location] of imports) {
			expect(location).toMatch(new RegExp(`^${new URL(simulators.khaosUrl).origin}/`));
			expect(await (await fetch(location!)).text()).toContain(`targetNamespace="${namespace}"`);
		}
	});

	test('an item is imported and read back', async () => {
		expect(plain(await ask('GetVersion'))).toMatch(/^8\.\d+/);
		const tee = row('TEE', {
			SHORT_DESC: 'Tee <plain> & simple',
			'Harmonisation:Code': '61091000',
			'Harmonisation:Country': 'PT',
			MANUFACTURER: 'Fell & Beck',
		});
		expect(plain(await ask('ImportStockTSV', { StockData: table(tee) }))).toContain(
			'<LINES_IMPORTED>1</LINES_IMPORTED>',
		);
		const exported = plain(
			await ask('ExportStock', { StockCode: 'TEE', MappingType: 1, LastUpdated: '1899-12-31T00:00:00' }),
		);
		expect(exported).toContain('<STOCK_DESC>Tee &lt;plain&gt; &amp; simple</STOCK_DESC>');
	});

	test('a zipped export holds the plain one', async () => {
		const asked = { StockCode: 'TEE', MappingType: 1, LastUpdated: '1899-12-31T00:00:00' };
		const packed = (await ask('ExportStockCompressed', { ...asked, CompressionMethod: 0 })) as { Data: unknown };
		const [document] = Object.values(unzipSync(Buffer.from(plain(packed.Data), 'base64')));
		expect(Buffer.from(document!).toString('utf8')).toBe(plain(await ask('ExportStock', asked)));
	});

	test('lists come as arrays of structures', async () => {
		const list = (await ask('GetStockList', { DateType: 0, DateValue: '1899-12-31T00:00:00', StockItemType: 0 })) as {
			Count: unknown;
			List: { item: Record<string, unknown> };
		};
		expect(plain(list.Count)).toBe('1');
		expect(plain(list.List.item.StockCode)).toBe('TEE');
		const codes = (await ask('GetHarmonisationCodes')) as {
			item: { Code: unknown; StockItems: { item: { StockCode: unknown } } };
		};
		expect(plain(codes.item.Code)).toBe('61091000');
		expect(plain(codes.item.StockItems.item.StockCode)).toBe('TEE');
		const lists = (await ask('GetPriceLists')) as { item: unknown[] };
		expect(lists.item.map(plain)).toEqual(['Trade', 'Outlet']);
		const makers = (await ask('GetManufacturer')) as { item: unknown };
		expect(plain(makers.item)).toBe('Fell & Beck');
		const sites = (await ask('GetSiteList')) as { item: { SiteName: unknown } };
		expect(plain(sites.item.SiteName)).toBe('Main Site');
	});

	test('a call that Khaos refuses is a fault', async () => {
		await expect(ask('ImportStockTSV', { StockData: 'STOCK_CODE\nTEE' })).rejects.toThrow(
			/Mandatory columns are missing/,
		);
	});
});
