import { isLogin, loginWeakness } from '../../../../lib/khaos/channel/basicAuth';
import { channelSettingsSchema } from '../../../../lib/khaos/channel/settings';
import {
	LARGEST_UPLOAD,
	readPriceListUpload,
	readStockStatuses,
	readStockUpload,
	UploadError,
} from '../../../../lib/khaos/channel/uploads';

const settings = channelSettingsSchema.parse({});
const stock = (body: unknown) => readStockUpload(typeof body === 'string' ? body : JSON.stringify(body), settings);

describe('a stock upload', () => {
	test('is read in JSON as the vendor’s samples have it', () => {
		const { items, deleted } = stock({
			Items: [
				{
					StockID: '6027',
					StockCode: '100',
					ShortDescription: 'Hippo Giant Driver',
					BuyPrice: { Net: 10.1 },
					SellPrice: { Net: 140 },
					TaxRate: { Name: 'Standard', Code: '1', ID: '1' },
					StockType1: { Name: 'System & Misc Types', ID: '1' },
					StockType2: { Name: 'System & Miscellaneous' },
					Options: { PublishOnWeb: true, StockControlled: false, CustomOptions: [] },
					Barcodes: [
						{ Barcode: 'PIM-1', Type: { Name: 'Website' } },
						{ Barcode: '002253', Type: { Name: 'GTIN', ID: '9' } },
					],
					WebProperties: { WebTeaser: 'Roars' },
					Height: null,
				},
			],
			Deleted: ['123456'],
		});
		expect(deleted).toEqual(['123456']);
		expect(items).toMatchObject([
			{
				exists: true,
				stockCode: '100',
				stockId: '6027',
				columns: {
					SHORT_DESC: 'Hippo Giant Driver',
					BUY_PRICE: '10.1',
					SELL_PRICE: '140',
					TAX_CODE: '1',
					STOCK_TYPE1: 'System & Misc Types',
					WEB: '-1',
					CONTROLLED: '0',
					DISCONTINUED: '',
					BARCODE: '002253',
					WEB_TEASER: 'Roars',
					HEIGHT: '',
				},
			},
		]);
	});

	test('is read in XML, with names in attributes or in the text', () => {
		const { items, deleted } = stock(
			`<?xml version="1.0"?><StockItems xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Items><StockItem><StockID>55</StockID>
			<StockCode>R&amp;B 1</StockCode><StockDescription>Drum</StockDescription><SellPrice><Gross>12.00</Gross></SellPrice>
			<TaxRate ID="7" Code="1">Standard</TaxRate><StockType1 Name="Drums"/><Options><Discontinued>True</Discontinued></Options>
			<Barcodes><StockBarcode><Barcode>0501</Barcode></StockBarcode></Barcodes></StockItem></Items>
			<Deleted><DeletedItem><StockID>9</StockID></DeletedItem><string>10</string></Deleted></StockItems>`,
		);
		expect(deleted).toEqual(['9', '10']);
		expect(items[0]).toMatchObject({ stockCode: 'R&B 1', stockId: '55' });
		expect(items[0]!.columns).toMatchObject({
			SHORT_DESC: 'Drum',
			// Khaos shows the price with tax: without it, to the penny.
			SELL_PRICE: '10',
			TAX_CODE: '1',
			STOCK_TYPE1: 'Drums',
			DISCONTINUED: '-1',
			BARCODE: '0501',
		});
	});

	test.each([
		['wrapped in the document’s name', { StockItems: { Items: [{ StockCode: 'A' }] } }],
		['made of XML', { Items: { StockItem: [{ StockCode: 'A' }] } }],
		['with a single item', { Items: { StockCode: 'A' } }],
		['in other cases', { items: [{ stockCode: 'A' }] }],
	])('is read %s', (_how, body) => {
		expect(stock(body).items.map(({ stockCode }) => stockCode)).toEqual(['A']);
	});

	test('may be empty, or tell of deletions alone', () => {
		const none = { items: [], deleted: [], unreadable: 0 };
		for (const body of [
			{ Items: [] },
			{},
			{ Items: null, Deleted: null },
			{ StockItems: {} },
			'<StockItems><Items/><Deleted/></StockItems>',
			'<k:StockItems xmlns:k="urn:khaos"/>',
		])
			expect(stock(body)).toEqual(none);
		for (const body of [
			{ Deleted: [41] },
			{ StockUpload: { Deleted: ['41'] } },
			'<StockItems><Deleted>41</Deleted></StockItems>',
			'<StockItems><Deleted><string>41</string></Deleted></StockItems>',
		])
			expect(stock(body)).toEqual({ ...none, deleted: ['41'] });
	});

	test('is read where XML writes each item as an element of the list’s name', () => {
		const item = (code: string) =>
			`<Items><StockID>7</StockID><StockCode>${code}</StockCode><TaxRate Code="1"/></Items>`;
		const read = (xml: string) => stock(`<StockItems>${xml}</StockItems>`).items.map(({ stockCode }) => stockCode);
		expect(read(item('A'))).toEqual(['A']);
		expect(read(item('A') + item('B'))).toEqual(['A', 'B']);
	});

	test('leaves out an item without a code, and says so; the others are read', () => {
		expect(stock({ Items: [{ StockID: '1' }, { StockID: '2', StockCode: 'A' }] })).toMatchObject({
			items: [{ stockCode: 'A' }],
			unreadable: 1,
		});
	});

	test('tells the feed’s own id among barcodes from a barcode, also where its type has no name', () => {
		const barcodes = (Barcodes: object[]) =>
			stock({ Items: [{ StockCode: 'Lamp', Barcodes }] }).items[0]!.columns['BARCODE'];
		expect(
			barcodes([
				{ Barcode: 'LAMP', Type: { ID: '7' } },
				{ Barcode: '501', Type: { ID: '9' } },
			]),
		).toBe('501');
		expect(barcodes([{ Barcode: 'LAMP', Type: { Name: 'GTIN' } }])).toBe('LAMP');
	});

	test('notes the lists that Khaos shows without entries, and no others', () => {
		const item = { StockCode: 'A', SupplierInfo: [], Images: [{ Name: 'Front' }] };
		expect(stock({ Items: [item, { StockCode: 'B' }] }).items.map(({ emptyLists }) => emptyLists)).toEqual([
			['SupplierInfo'],
			[],
		]);
	});

	test('keeps prices that a float would change', () => {
		expect(
			stock('{"Items":[{"StockCode":"A","BuyPrice":{"Net":12345678901234.123456}}]}').items[0]!.columns['BUY_PRICE'],
		).toBe('12345678901234.123456');
	});

	test.each([
		['nothing', ''],
		['half of it', '{"Items":[{"StockCo'],
		['half of it in XML', '<StockItems><Items><StockItem>'],
		['another document', '{"Statuses":[]}'],
		['a single value', '"Items"'],
		['an item without a code', '{"Items":[{"StockID":"1"}]}'],
		['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><StockItems><Items/></StockItems>'],
		['plain text', 'StockCode=A'],
	])('is refused when it is %s', (_what, body) => {
		expect(() => stock(body)).toThrow(UploadError);
	});

	test('is refused when it is too large, or nested without end', () => {
		expect(() => stock(`{"Items":["${'x'.repeat(LARGEST_UPLOAD)}"]}`)).toThrow('too large');
		expect(() => stock('['.repeat(200_000))).toThrow(UploadError);
		expect(() => stock('<a>'.repeat(200) + '</a>'.repeat(200))).toThrow(UploadError);
	});
});

test('stock statuses are read, from none to a hundred', () => {
	const countStockStatuses = (body: string) => readStockStatuses(body).length;
	for (const none of ['{"Statuses":[]}', '{}', '<StockStatuses/>']) expect(countStockStatuses(none)).toBe(0);
	expect(
		readStockStatuses(
			JSON.stringify({
				Statuses: [
					{ StockCode: 'A', StockID: '1', SiteID: 2, Levels: { Available: 7, OnOrder: 1.5 } },
					{ StockCode: 'KIT', StockID: '3', SiteID: 2, RelationshipPotential: { FromChildren: 4, FromParents: 0 } },
					{ StockCode: 'FREE', StockID: '4' },
				],
			}),
		),
	).toEqual([
		{ stockCode: 'A', stockId: '1', siteId: '2', available: '7', onOrder: '1.5' },
		{ stockCode: 'KIT', stockId: '3', siteId: '2', available: '4', onOrder: null },
		{ stockCode: 'FREE', stockId: '4', siteId: '', available: null, onOrder: null },
	]);
	expect(
		countStockStatuses(
			JSON.stringify({ Statuses: Array.from({ length: 100 }, (_, at) => ({ StockID: String(at), SiteID: 1 })) }),
		),
	).toBe(100);
	expect(
		countStockStatuses(
			'<StockStatuses><Statuses><StockStatus><StockID>1</StockID></StockStatus><StockStatus/></Statuses></StockStatuses>',
		),
	).toBe(2);
	expect(() => countStockStatuses('{"Items":[]}')).toThrow(UploadError);
});

describe('a price list upload', () => {
	const row = (extra: object) => ({
		StockID: '41',
		StockCode: 'LAMP',
		QtyStart: 1,
		QtyEnd: 99999,
		BuyPrice: 10,
		SellPrice: 20.99,
		PriceValue: 15.5,
		PriceType: 1,
		...extra,
	});
	const list = (...rows: object[]) =>
		JSON.stringify({
			UploadPriceLists: [{ PriceListID: '3', PriceListName: 'Trade', PriceListNet: true, StockPrices: rows }],
		});

	test('shows amounts as they are, and works discounts and mark-ups out to the penny', () => {
		const rows = readPriceListUpload(
			list(
				row({}),
				row({ QtyStart: 10, PriceType: 2, PriceValue: 7.5 }),
				row({ QtyStart: 20, PriceType: 3, PriceValue: 33.333 }),
			),
		);
		expect(rows).toEqual([
			{ exists: true, stockCode: 'LAMP', priceList: 'Trade', bandLow: 1, bandHigh: 99999, amount: '15.5', net: true },
			expect.objectContaining({ bandLow: 10, amount: '19.42' }),
			expect.objectContaining({ bandLow: 20, amount: '13.33' }),
		]);
	});

	test('is read in XML, and tolerates rows that say too little', () => {
		const rows = readPriceListUpload(
			`<PriceLists><PriceList><PriceListName>Outlet</PriceListName><PriceListNet>False</PriceListNet><StockPrices>
			<StockPrice><StockCode>A</StockCode><QtyStart>1</QtyStart><QtyEnd>99999</QtyEnd><PriceValue>5.00</PriceValue><PriceType>1</PriceType></StockPrice>
			<StockPrice><StockCode>B</StockCode><PriceValue>5.00</PriceValue></StockPrice></StockPrices></PriceList></PriceLists>`,
		);
		expect(rows).toEqual([
			{ exists: true, stockCode: 'A', priceList: 'Outlet', bandLow: 1, bandHigh: 99999, amount: '5', net: false },
		]);
		expect(() => readPriceListUpload('{"Items":[]}')).toThrow(UploadError);
	});

	test('may be empty', () => {
		for (const body of ['{"UploadPriceLists":[]}', '{"UploadPriceLists":null}', '{}', '<PriceLists/>'])
			expect(readPriceListUpload(body)).toEqual([]);
	});

	test('is read where XML writes each list and each row as an element of the list’s name', () => {
		const rowOf = (code: string) =>
			`<StockPrices><StockCode>${code}</StockCode><QtyStart>1</QtyStart><QtyEnd>9</QtyEnd><PriceValue>5</PriceValue></StockPrices>`;
		const listOf = (name: string, rows: string) =>
			`<UploadPriceLists><PriceListName>${name}</PriceListName>${rows}</UploadPriceLists>`;
		const read = (xml: string) =>
			readPriceListUpload(`<PriceLists>${xml}</PriceLists>`).map(
				({ priceList, stockCode }) => `${priceList} ${stockCode}`,
			);
		expect(read(listOf('Trade', rowOf('A')))).toEqual(['Trade A']);
		expect(read(listOf('Trade', rowOf('A') + rowOf('B')) + listOf('Outlet', rowOf('A')))).toEqual([
			'Trade A',
			'Trade B',
			'Outlet A',
		]);
	});
});

describe('the login of a channel', () => {
	const login = { user: 'khaos', password: 'päss:word-0123456789' };
	const basic = (text: string, encoding: BufferEncoding = 'utf8') =>
		`Basic ${Buffer.from(text, encoding).toString('base64')}`;

	test('is taken in either encoding, and nothing else is', () => {
		expect(isLogin(basic('khaos:päss:word-0123456789'), login)).toBe(true);
		expect(isLogin(basic('khaos:päss:word-0123456789', 'latin1'), login)).toBe(true);
		expect(isLogin(basic('khaos:päss:word-0123456789').replace(' ', '  '), login)).toBe(true);
		for (const header of [
			undefined,
			'',
			'Basic',
			basic(''),
			basic('khaos:'),
			basic('khaos:wrong'),
			basic('other:päss:word-0123456789'),
			'Bearer x',
			[basic('khaos:päss:word-0123456789')],
		]) {
			expect(isLogin(header, login)).toBe(false);
		}
	});

	const random = 'a-long-Random_text.0192';
	test.each([
		['khaos', random, null],
		['', random, 'Fill in'],
		['khaos', '', 'Fill in'],
		['kha:os', random, 'colon'],
		['khaos', 'short', 'easy to guess'],
		['khaos', 'a'.repeat(40), 'easy to guess'],
	])('of %s with %s has this weakness: %s', (user, password, weakness) => {
		const given = { user, password };
		if (weakness === null) expect(loginWeakness(given)).toBeNull();
		else expect(loginWeakness(given)).toContain(weakness);
	});
});
