import fc from 'fast-check';

import { channelPathOf, channelUrls, endpointConfig, noOrders } from '../../../../lib/khaos/channel/endpointConfig';
import type { ProvidedEntry } from '../../../../lib/khaos/channel/channelPort';
import { channelSettingsSchema, type ChannelFormat } from '../../../../lib/khaos/channel/settings';
import { stockChanges } from '../../../../lib/khaos/channel/stockChanges';
import {
	channelDifferences,
	channelProblems,
	channelStockItem,
	notCarried,
} from '../../../../lib/khaos/channel/stockItem';
import { readStockUpload } from '../../../../lib/khaos/channel/uploads';
import { parseXml } from '../../../../lib/khaos/webServices/xml';
import type { DesiredKit, DesiredStockItem, ReadBack } from '../../../../lib/shapes';

const settings = channelSettingsSchema.parse({});
const formats: ChannelFormat[] = ['JSON', 'XML'];

const LAMP: DesiredStockItem = {
	stockCode: 'LAMP-001',
	columns: {
		STOCK_CODE: 'LAMP-001',
		CONTROLLED: '-1',
		SHORT_DESC: 'Oak Desk Lamp',
		STOCK_TYPE1: 'Lighting',
		STOCK_TYPE2: 'Desk Lamps',
		BUY_PRICE: '12.50',
		SELL_PRICE: '29.99',
		TAX_CODE: '1',
		WEIGHT: '1.400',
		BARCODE: '05012345678900',
		MANUFACTURER: 'Oak & Co',
		'UDA:Colour': 'Natural',
		'Harmonisation:Code': '94052000',
		'Harmonisation:Country': 'GB',
	},
};
const entry = (desired: unknown, extra: Partial<ProvidedEntry> = {}): ProvidedEntry => ({
	kind: 'stockItem',
	key: 'LAMP-001',
	desired: desired as Record<string, unknown>,
	known: null,
	parentKey: null,
	...extra,
});

describe('the document that Khaos fetches', () => {
	test('in JSON carries a new stock item by the vendor’s names, its decimals as they are', () => {
		expect(stockChanges([entry(LAMP)], settings, 'JSON')).toBe(
			'{"StockItems":{"Items":[{"StockID":"LAMP-001","StockCode":"LAMP-001","ShortDescription":"Oak Desk Lamp",' +
				'"BuyPrice":{"Net":12.5},"SellPrice":{"Net":29.99},"TaxRate":{"Code":"1"},"StockType1":{"Name":"Lighting"},' +
				'"StockType2":{"Name":"Desk Lamps"},"Options":{"PublishOnWeb":false,"Discontinued":false,"DropShipItem":false,' +
				'"DiscountsDisabled":false,"RunToZero":false,"VatReliefQualified":false,"StockControlled":true,"FreeText":false,' +
				'"NonPhysical":false,"CustomOptions":[]},"Manufacturer":{"Name":"Oak & Co"},"AverageWeight":1.4,' +
				'"Barcodes":[{"Barcode":"05012345678900","Type":{"Name":"GTIN"}}],"SupplierInfo":[],"Images":[]}]},' +
				'"Relationships":{"Relationships":[]}}',
		);
	});

	test('in XML says True and False, puts names into the text and codes into attributes', () => {
		const [item] = parseXml(stockChanges([entry(LAMP)], settings, 'XML')).children[0]!.children[0]!.children;
		const text = (name: string) => item!.children.find((child) => child.name === name)!;
		expect(item!.name).toBe('StockItem');
		expect(text('StockType2').text).toBe('Desk Lamps');
		expect(text('TaxRate').attributes).toEqual({ Code: '1' });
		expect(text('Options').children.map(({ name, text: shown }) => `${name} ${shown}`)).toContain(
			'StockControlled True',
		);
		expect(text('BuyPrice').children[0]).toMatchObject({ name: 'Net', text: '12.5' });
	});

	test('says which side prices are on, and names the tax rate and the barcode type, as the site has them', () => {
		const site = channelSettingsSchema.parse({
			buyPriceIs: 'gross',
			sellPriceIs: 'gross',
			taxRateBy: 'id',
			barcodeType: '',
		});
		expect(channelStockItem(LAMP, null, site)).toMatchObject({
			BuyPrice: { Gross: { text: '12.5' } },
			SellPrice: { Gross: { text: '29.99' } },
			TaxRate: { by: 'ID', value: '1' },
			Barcodes: { values: [{ Barcode: '05012345678900', Type: undefined }] },
		});
	});

	test('never holds null, and of an item that Khaos has leaves out what nobody decides', () => {
		const known: ReadBack = {
			exists: true,
			stockCode: 'LAMP-001',
			stockId: '41',
			parentCode: '',
			columns: { FREE_TEXT: '-1', WEB: '-1', OTHER_REF: 'OLD' },
		};
		const text = stockChanges(
			[entry({ ...LAMP, columns: { ...LAMP.columns, OTHER_REF: null, LONG_DESC: null } }, { known })],
			settings,
			'JSON',
		);
		expect(text).not.toContain('null');
		const item = (JSON.parse(text) as { StockItems: { Items: Array<Record<string, unknown>> } }).StockItems.Items[0]!;
		expect(item['Options']).toMatchObject({ FreeText: true, PublishOnWeb: true });
		// Emptied, because Khaos is known to hold one; the long description isn't known, so nothing is said of it.
		expect(item['OtherRef']).toBe('');
		expect(Object.keys(item)).not.toEqual(expect.arrayContaining(['LongDescription']));
		expect(item).not.toHaveProperty('SupplierInfo');
		expect(item).not.toHaveProperty('Images');
		// Every item has to have them by the vendor's table: empty, where Khaos is known to hold none.
		expect(channelStockItem(LAMP, { ...known, emptyLists: ['Images'] }, settings)).toMatchObject({
			Images: { values: [] },
		});
		expect(channelStockItem(LAMP, { ...known, emptyLists: ['Images'] }, settings)).not.toHaveProperty('SupplierInfo');
	});

	test('sends what Khaos owns as it was last read: a description never revalues stock', () => {
		const desired = { ...LAMP, settings: { BUY_PRICE: { owner: 'khaos' as const } } };
		const known: ReadBack = {
			exists: true,
			stockCode: 'LAMP-001',
			stockId: '41',
			parentCode: '',
			columns: { BUY_PRICE: '11.2345' },
		};
		expect(channelStockItem(desired, known, settings)['BuyPrice']).toMatchObject({ Net: { text: '11.2345' } });
		expect(channelStockItem(desired, null, settings)['BuyPrice']).toMatchObject({ Net: { text: '0' } });
	});

	test.each(formats)('tells families, packs, builds and the end of a kit in %s', (format) => {
		const scs = (values: string[], descriptions: string[]) => ({
			by: 'channel' as const,
			headings: ['Colour', 'Size'],
			parentCode: values.length ? 'TEE' : '',
			parentPrimaryId: '',
			values,
			descriptions,
		});
		const kit = (relation: DesiredKit['relation'], components: DesiredKit['components']) =>
			entry({ stockCode: 'SET-1', relation, components } satisfies DesiredKit, { kind: 'kit', key: 'SET-1' });
		const text = stockChanges(
			[
				entry({ ...LAMP, stockCode: 'TEE', scs: scs([], []) }),
				entry({ ...LAMP, stockCode: 'Tee/Any "Code"', scs: scs(['R', 'L'], ['Red', 'Large']) }),
				kit('pack', [{ stockCode: 'lamp-001', quantity: '2.50' }]),
				kit('build', [{ stockCode: 'TEE', quantity: '1' }]),
				kit('pack', []),
			],
			settings,
			format,
		);
		const told = relationshipsOf(text, format);
		expect(told).toEqual([
			'TEE SCSParent Colour Size',
			'TEE/ANY "CODE" SCSChild TEE R L Red Large',
			'SET-1 Pack LAMP-001 2.5 0',
			'SET-1 Build TEE 1 0',
			'SET-1 None',
		]);
	});

	test('does not mention what it says nothing of, so a relation stays as it is', () => {
		const text = stockChanges([entry(LAMP)], settings, 'JSON');
		expect(text).not.toContain('PackType');
		expect(text).not.toContain('Linked');
	});
});

/** Every relationship as one line: its StockID and all the texts in it. */
function relationshipsOf(text: string, format: ChannelFormat): string[] {
	const words = (value: unknown): string[] =>
		Array.isArray(value)
			? value.flatMap(words)
			: value !== null && typeof value === 'object'
				? Object.entries(value).flatMap(([name, member]) => [
						...(name.startsWith('SCS') && !/^SCS(Values|Desc)/.test(name) ? [name] : []),
						...words(member),
					])
				: [String(value)];
	if (format === 'JSON') {
		const { Relationships } = (JSON.parse(text) as { Relationships: { Relationships: unknown[] } }).Relationships;
		return Relationships.map((one) => words(one).join(' '));
	}
	const walk = (element: ReturnType<typeof parseXml>): string[] => [
		...(['SCSParent', 'SCSChild'].includes(element.name) ? [element.name] : []),
		...(element.children.length ? element.children.flatMap(walk) : element.text === '' ? [] : [element.text]),
	];
	return parseXml(text).children[1]!.children[0]!.children.map((one) => walk(one).join(' ').replace('2.50', '2.5'));
}

describe('a stock item that the channel can’t tell', () => {
	test('says every reason at once', () => {
		const columns = { ...LAMP.columns, SHORT_DESC: '', BUY_PRICE: 'twelve', STOCK_TYPE1: 'x'.repeat(26) };
		expect(channelProblems({ stockCode: 'LAMP-001', columns }, null).map(({ field }) => field)).toEqual([
			'SHORT_DESC',
			'BUY_PRICE',
			'STOCK_TYPE1',
		]);
		expect(channelProblems(LAMP, null)).toEqual([]);
	});

	test('names the columns that there is no place for, and compares only the others', () => {
		expect(notCarried(LAMP).map(({ field }) => field)).toEqual([
			'UDA:Colour',
			'Harmonisation:Code',
			'Harmonisation:Country',
		]);
		const { items } = readStockUpload(
			`{"Items":[${JSON.stringify({ ...JSON.parse(itemOf(LAMP)), StockID: '41' })}]}`,
			settings,
		);
		expect(channelDifferences(LAMP, items[0]!)).toEqual([]);
		expect(channelDifferences({ ...LAMP, columns: { ...LAMP.columns, SELL_PRICE: '30.00' } }, items[0]!)).toEqual([
			{ field: 'SELL_PRICE', expected: '30.00', actual: '29.99' },
		]);
	});
});

const itemOf = (desired: DesiredStockItem, format: ChannelFormat = 'JSON'): string => {
	const text = stockChanges([entry(desired)], settings, format);
	return format === 'JSON'
		? JSON.stringify((JSON.parse(text) as { StockItems: { Items: unknown[] } }).StockItems.Items[0])
		: /<StockItem>.*<\/StockItem>/s.exec(text)![0];
};

// eslint-disable-next-line no-control-regex -- what XML can't carry is taken out long before
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/;

describe.each(formats)('round trips in %s', (format) => {
	const awkward = fc.oneof(
		fc.constantFrom(
			'00123',
			'A,B',
			'say "hi"',
			'R&B <5 mm>',
			'Größe ½ 漢字 😀',
			'50 characters'.padEnd(50, '.'),
			"it's",
			'&amp;',
		),
		fc
			.string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
			.filter((text) => text.trim() !== '' && !UNPRINTABLE.test(text)),
	);
	const amount = fc
		.tuple(fc.nat(9_999_999), fc.nat(9_999))
		.map(([whole, part]) => `${whole}.${String(part).padStart(4, '0')}`);
	const flag = fc.constantFrom('-1', '0');

	test('what Khaos is told and uploads unchanged is equal, whatever it holds', () => {
		fc.assert(
			fc.property(
				awkward,
				awkward,
				amount,
				amount,
				flag,
				fc.option(awkward, { nil: null }),
				(code, words, buy, sell, yes, long) => {
					const stockCode = code.trim();
					const desired: DesiredStockItem = {
						stockCode,
						columns: {
							...LAMP.columns,
							STOCK_CODE: stockCode,
							SHORT_DESC: words,
							BUY_PRICE: buy,
							SELL_PRICE: sell,
							DISCONTINUED: yes,
							LONG_DESC: long,
							MANUFACTURER: words,
						},
					};
					const body =
						format === 'JSON'
							? `{"Items":[${itemOf(desired)}],"Deleted":[]}`
							: `<StockItems><Items>${itemOf(desired, 'XML')}</Items><Deleted/></StockItems>`;
					const [shown] = readStockUpload(body, settings).items;
					expect(shown!.stockCode).toBe(stockCode);
					expect(channelDifferences(desired, shown!)).toEqual([]);
					// Prices survive to the last place.
					expect(Number(shown!.columns['BUY_PRICE'])).toBe(Number(buy));
				},
			),
			{ numRuns: 200 },
		);
	});
});

describe('the configuration', () => {
	const urls = channelUrls('https://n8n.example.com/webhook/4f/stock-upload');

	test('is found from any address of the trigger', () => {
		expect(urls).toMatchObject({
			config: 'https://n8n.example.com/webhook/4f/config',
			stock: 'https://n8n.example.com/webhook/4f/stock',
			pricesUpload: 'https://n8n.example.com/webhook/4f/prices-upload',
		});
		expect(channelPathOf('https://x/webhook/4f/orders?site=1')).toBe('orders');
		expect(() => channelUrls('https://n8n.example.com/webhook/4f')).toThrow(
			'not an address of a Khaos Control Channel Trigger',
		);
		expect(() => channelUrls('ftp://x/config')).toThrow('https://');
	});

	test('is wrapped in EndpointConfig, with a frequency for the orders alone', () => {
		expect(JSON.parse(endpointConfig(urls, { format: 'JSON', orderMinutes: 60 }, 'JSON'))).toEqual({
			EndpointConfig: {
				OrderDownload: { URL: urls.orders, Format: 'JSON', Frequency: 60 },
				StockStatusUpload: { URL: urls.statusUpload, Format: 'JSON' },
				StockUpload: { URL: urls.stockUpload, Format: 'JSON' },
				ProvidedStock: { URL: urls.stock, Format: 'JSON' },
				PriceListUpload: { URL: urls.pricesUpload, Format: 'JSON' },
			},
		});
		const xml = parseXml(endpointConfig(urls, { format: 'XML', orderMinutes: 15 }, 'XML'));
		expect([xml.name, ...xml.children.map(({ name }) => name)]).toEqual([
			'EndpointConfig',
			'OrderDownload',
			'StockStatusUpload',
			'StockUpload',
			'ProvidedStock',
			'PriceListUpload',
		]);
		expect(xml.children[0]!.children.map(({ text }) => text)).toEqual([urls.orders, 'XML', '15']);
	});

	test('asks for orders that there never are', () => {
		expect(noOrders('JSON')).toBe('{"Orders":[],"ApiVersion":1000}');
		expect(parseXml(noOrders('XML'))).toMatchObject({
			name: 'SalesOrderImport',
			children: [{ name: 'Orders' }, { name: 'ApiVersion', text: '1000' }],
		});
	});
});
