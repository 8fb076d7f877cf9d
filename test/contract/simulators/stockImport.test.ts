import { startSimulators, type Simulators } from '../../../simulators/start';
import { call, exportCodes, importRows, row, SHOP, table } from './shop';

describe('the stock import is as strict as the contract', () => {
	let simulators: Simulators;
	const held = (code: string) => simulators.khaos.get(code);
	const importTable = async (StockData: string) => await call(simulators.khaosUrl, 'ImportStockTSV', { StockData });

	beforeEach(async () => {
		simulators = await startSimulators({ catalogue: SHOP });
	});
	afterEach(async () => await simulators.stop());

	const rows = (count: number) => Array.from({ length: count }, (_, index) => row(`CODE-${index}`));

	test('25 rows are taken, with 26 the whole call fails and nothing is applied', async () => {
		expect((await importRows(simulators.khaosUrl, ...rows(26))).fault).toMatch(/maximum of 25/);
		expect(simulators.khaos.count).toBe(0);
		expect((await importRows(simulators.khaosUrl, ...rows(25))).fault).toBeNull();
		expect(simulators.khaos.count).toBe(25);
	});

	test('a server may say in its summary, with HTTP 200, that the whole call failed', async () => {
		simulators.control.changeSettings({ khaos: { wholeCallFailure: 'summary' } });
		const answer = await importRows(simulators.khaosUrl, ...rows(26));
		expect(answer.status).toBe(200);
		expect(answer.result).toMatch(/<LINES_IMPORTED>0<\/LINES_IMPORTED>.*maximum of 25/);
		expect(simulators.khaos.count).toBe(0);
	});

	test.each([
		'CONTROLLED',
		'SHORT_DESC',
		'STOCK_TYPE1',
		'STOCK_TYPE2',
		'BUY_PRICE',
		'SELL_PRICE',
		'TAX_CODE',
		'STOCK_CODE',
	])('%s has to be in the header and filled, for an item that exists too', async (column) => {
		await importRows(simulators.khaosUrl, row('TEE'));
		const without = Object.fromEntries(Object.entries(row('TEE')).filter(([name]) => name !== column));
		expect((await importRows(simulators.khaosUrl, without)).fault).toContain(column);
		const blank = await importRows(simulators.khaosUrl, row('TEE', { SHORT_DESC: 'changed', [column]: ' ' }));
		expect(blank.result).toContain(`${column} is mandatory and blank`);
		expect(held('TEE')?.fields.SHORT_DESC).toBe('TEE description');
	});

	test.each<[string, Record<string, string>, RegExp]>([
		['an unknown column', { COLOR: 'red' }, /Unknown column "COLOR"/],
		['a column in another case', { Weight: '1' }, /Unknown column "Weight"/],
		['a user-defined attribute without a name', { 'UDA:': 'x' }, /Unknown column/],
	])('%s fails the call', async (_, more, fault) => {
		expect((await importRows(simulators.khaosUrl, row('TEE', more))).fault).toMatch(fault);
		expect(simulators.khaos.count).toBe(0);
	});

	test.each<[string, Record<string, string>, RegExp]>([
		['a hash in the code', { STOCK_CODE: 'BAD#1' }, /STOCK_CODE holds the character #/],
		['a hash in the description', { SHORT_DESC: 'No #1' }, /SHORT_DESC holds the character #/],
		['a code over 50 characters', { STOCK_CODE: 'X'.repeat(51) }, /STOCK_CODE is longer than 50/],
		['a description over 250 characters', { SHORT_DESC: 'X'.repeat(251) }, /SHORT_DESC is longer than 250/],
		['a type 1 over 25 characters', { STOCK_TYPE1: 'X'.repeat(26) }, /STOCK_TYPE1 is longer than 25/],
		['a price with a comma', { SELL_PRICE: '12,50' }, /not a valid floating point value/],
		['a price with a currency sign', { BUY_PRICE: '£1' }, /not a valid floating point value/],
		['a tax code outside 1 to 6', { TAX_CODE: '7' }, /TAX_CODE must be 1 to 6/],
		['a flag that is not -1 or 0', { CONTROLLED: '1' }, /CONTROLLED must be -1 or 0/],
		[
			'a commodity code without a country',
			{ 'Harmonisation:Code': '61091000', 'Harmonisation:Country': '' },
			/at least one country/,
		],
	])('%s refuses that row alone', async (_, more, reason) => {
		const optional = Object.fromEntries(
			Object.keys(more)
				.filter((name) => name.startsWith('Harmonisation'))
				.map((name) => [name, '']),
		);
		const answer = await importRows(simulators.khaosUrl, row('GOOD', optional), row('BAD', more));
		expect(answer.result).toMatch(reason);
		expect(answer.result).toContain('<LINES_SKIPPED>1</LINES_SKIPPED>');
		expect([...simulators.khaos.all()].map(({ code }) => code)).toEqual(['GOOD']);
		expect(simulators.control.log()[0]).toMatchObject({
			outcome: 'partial',
			rows: 2,
			refused: [{ reason: expect.stringMatching(reason) as string }],
		});
	});

	test('a server may fail the whole call for one bad row', async () => {
		simulators.control.changeSettings({ khaos: { badRow: 'failsCall' } });
		expect((await importRows(simulators.khaosUrl, row('GOOD'), row('BAD', { TAX_CODE: '9' }))).fault).toMatch(/Line 3/);
		expect(simulators.khaos.count).toBe(0);
	});

	test('only one barcode for an item: neither two columns nor two rows', async () => {
		const names = [...Object.keys(row('TEE')), 'BARCODE', 'BARCODE'];
		const cells = [...Object.values(row('TEE')), '5012345678900', '5012345678917'];
		expect((await importTable(`${names.join('\t')}\n${cells.join('\t')}`)).fault).toMatch(/one barcode/);
		const twice = await importRows(
			simulators.khaosUrl,
			row('TEE', { BARCODE: '5012345678900' }),
			row('tee', { BARCODE: '5012345678917' }),
		);
		expect(twice.result).toMatch(/one barcode/);
		expect(held('TEE')?.barcodes).toEqual(['5012345678900']);
	});

	test('a row with a line break or a tab in it falls apart and is refused', async () => {
		const answer = await importTable(table(row('TEE', { SHORT_DESC: 'two\nlines' })));
		expect(answer.result).toMatch(/LINES_SKIPPED>2</);
		expect((await importTable(`${table(row('TEE'))}\n\n`)).result).toMatch(/<WARNING>Line 3 is blank<\/WARNING>/);
	});

	test('codes are trimmed and matched without regard to case; the first spelling stays', async () => {
		await importRows(simulators.khaosUrl, row(' Tee-1 '));
		await importRows(simulators.khaosUrl, row('TEE-1', { SHORT_DESC: 'again' }));
		expect(held('tee-1')).toMatchObject({ code: 'Tee-1', imports: 2, fields: { SHORT_DESC: 'again' } });
		expect(simulators.khaos.count).toBe(1);
	});

	test('columns that are not sent are left alone, a blank cell clears unless the server keeps it', async () => {
		await importRows(simulators.khaosUrl, row('TEE', { WEIGHT: '1.4', 'UDA:Size': 'L' }));
		await importRows(simulators.khaosUrl, row('TEE'));
		expect(held('TEE')).toMatchObject({ fields: { WEIGHT: '1.4' }, udas: { Size: 'L' } });
		simulators.control.changeSettings({ khaos: { blankCells: 'keep' } });
		await importRows(simulators.khaosUrl, row('TEE', { WEIGHT: '', 'UDA:Size': '' }));
		expect(held('TEE')).toMatchObject({ fields: { WEIGHT: '1.4' }, udas: { Size: 'L' } });
		simulators.control.changeSettings({ khaos: { blankCells: 'clear' } });
		await importRows(simulators.khaosUrl, row('TEE', { WEIGHT: '', 'UDA:Size': '' }));
		expect(held('TEE')?.fields.WEIGHT).toBeUndefined();
		expect(held('TEE')?.udas).toEqual({});
	});

	test('descriptions follow the system value for their case', async () => {
		for (const [mode, shown] of [
			['normal', 'Oak Desk Lamp (Led)'],
			['upper', 'OAK DESK LAMP (LED)'],
			['userRaw', 'oak desk LAMP (led)'],
		] as const) {
			simulators.control.changeSettings({ khaos: { descriptionCase: mode } });
			await importRows(simulators.khaosUrl, row('LAMP', { SHORT_DESC: 'oak desk LAMP (led)' }));
			expect((await exportCodes(simulators.khaosUrl, 'LAMP')).result).toContain(`<STOCK_DESC>${shown}</STOCK_DESC>`);
		}
	});

	test('a level is never written: every attempt is refused and noted', async () => {
		expect((await importRows(simulators.khaosUrl, row('TEE', { STOCK_LEVEL: '7' }))).fault).toMatch(/STOCK_LEVEL/);
		const levels = '<STOCK_STATUS SITE="Main Site"><STOCK_ITEM CODE="TEE"><LEVEL>7</LEVEL></STOCK_ITEM></STOCK_STATUS>';
		expect(
			(await call(simulators.khaosUrl, 'ImportStockStatus', { StockStatus: levels, MappingType: '1', Mode: '1' }))
				.fault,
		).toBeTruthy();
		expect(simulators.khaos.levelWrites).toMatchObject([
			{ method: 'ImportStockTSV STOCK_LEVEL', codes: ['TEE'] },
			{ method: 'ImportStockStatus', codes: ['TEE'] },
		]);
	});

	test('an SCS file makes the parent and its children, which are exported inside it', async () => {
		const scs = (colour: string, size: string) =>
			row('POLO', {
				SHORT_DESC: 'Polo',
				SCS_SK1: colour[0] ?? '',
				SCS_DESC1: colour,
				SCS_SK2: size[0] ?? '',
				SCS_DESC2: size,
			});
		await importRows(simulators.khaosUrl, scs('Red', 'Large'), scs('Red', 'Small'), scs('Blue', 'Large'));
		expect(held('POLO-R-L')).toMatchObject({
			parentCode: 'POLO',
			fields: { SHORT_DESC: 'Polo Red Large', CONTROLLED: '-1' },
		});
		expect(held('POLO')?.fields.CONTROLLED).toBe('0');
		expect(simulators.khaos.orderViolations).toEqual([]);
		const exported = (await exportCodes(simulators.khaosUrl, 'POLO', 'POLO-R-L')).result;
		expect(exported.match(/<STOCK_ITEM>/g)).toHaveLength(1);
		expect(exported).toContain('<HEADING>Colour</HEADING><HEADING>Size</HEADING>');
		expect(exported.match(/<SCS_ITEM>/g)).toHaveLength(3);
		expect((await exportCodes(simulators.khaosUrl, 'POLO-R-L')).result).not.toContain('POLO-R-L');
		expect((await importRows(simulators.khaosUrl, scs('Red', 'Large'), row('PLAIN', { SCS_SK1: '' }))).fault).toMatch(
			/separately/,
		);
	});

	test('a variant imported before its parent is an order violation, after it is not', async () => {
		await importRows(simulators.khaosUrl, row('TEE-RED'), row('TEE'), row('TEE-BLUE'));
		expect(simulators.khaos.orderViolations).toMatchObject([{ code: 'TEE-RED', missingParents: ['TEE'] }]);
	});
});

describe('reading stock back', () => {
	let simulators: Simulators;

	beforeEach(async () => {
		simulators = await startSimulators({ catalogue: SHOP });
	});
	afterEach(async () => await simulators.stop());

	test('unknown codes are absent, known ones come once, in any case of letters', async () => {
		await importRows(
			simulators.khaosUrl,
			row('Tee', { OTHER_REF: 'REF-9', BARCODE: '5012345678900', TAX_CODE: '3', 'UDA:Size': 'L' }),
		);
		const { result } = await exportCodes(simulators.khaosUrl, 'TEE', 'tee', 'NOPE');
		expect(result.match(/<STOCK_ITEM>/g)).toHaveLength(1);
		expect(result).toContain('<STOCK_CODE>Tee</STOCK_CODE>');
		expect(result).toContain('<BARCODES><BARCODE>5012345678900</BARCODE></BARCODES>');
		expect(result).toContain('<VAT_RATE>0</VAT_RATE>');
		expect(result).toContain('<USER_DEFINED NAME="Size" TYPE="CHOICE">L</USER_DEFINED>');
		const byRef = await call(simulators.khaosUrl, 'ExportStock', { StockCode: 'ref-9', MappingType: '2' });
		expect(byRef.result).toContain('<STOCK_CODE>Tee</STOCK_CODE>');
		expect((await call(simulators.khaosUrl, 'ExportStock', { StockCode: 'TEE', MappingType: '9' })).fault).toMatch(
			/not supported/,
		);
	});

	test('the commodity code is not in ExportStock, only in GetHarmonisationCodes', async () => {
		await importRows(
			simulators.khaosUrl,
			row('TEE', { 'Harmonisation:Code': '61091000', 'Harmonisation:Country': 'PT' }),
		);
		expect((await exportCodes(simulators.khaosUrl, 'TEE')).body).not.toContain('61091000');
		const codes = (await call(simulators.khaosUrl, 'GetHarmonisationCodes')).body;
		expect(codes).toContain('61091000');
		expect(codes).not.toContain('PT<');
	});

	test('long descriptions and numbers may come back in another shape', async () => {
		await importRows(simulators.khaosUrl, row('TEE', { LONG_DESC: '<p>Soft &amp; warm</p>', SELL_PRICE: '9.50' }));
		const shown = async () => (await exportCodes(simulators.khaosUrl, 'TEE')).result;
		expect(await shown()).toContain('<LONG_DESC>&lt;p&gt;Soft &amp;amp; warm&lt;/p&gt;</LONG_DESC>');
		simulators.control.changeSettings({ khaos: { longDescription: 'decoded', numbers: 'fourDecimals' } });
		expect(await shown()).toContain('<LONG_DESC>&lt;p&gt;Soft &amp; warm&lt;/p&gt;</LONG_DESC>');
		expect(await shown()).toContain('<SELL_PRICE>9.5000</SELL_PRICE>');
		simulators.control.changeSettings({ khaos: { numbers: 'short' } });
		expect(await shown()).toContain('<SELL_PRICE>9.5</SELL_PRICE>');
	});

	test('dates are London time; without one everything is listed', async () => {
		await importRows(simulators.khaosUrl, row('TEE'));
		const listed = async (DateType: string, DateValue: string) =>
			(await call(simulators.khaosUrl, 'GetStockList', { DateType, DateValue })).body.includes('TEE');
		expect(await listed('0', '1899-12-31T00:00:00')).toBe(true);
		expect(await listed('0', '2999-01-01T00:00:00')).toBe(false);
		expect(await listed('2', '2020-01-01T00:00:00')).toBe(false);
		expect((await call(simulators.khaosUrl, 'GetStockList', { DateValue: 'yesterday' })).fault).toMatch(
			/not a valid date/,
		);
	});

	test('methods are case-sensitive; one that is missing is a fault', async () => {
		expect((await call(simulators.khaosUrl, 'getversion')).fault).toMatch(/getversion/);
		expect((await call(simulators.khaosUrl, 'ImportPriceList')).fault).toMatch(/not found/);
		simulators.control.changeSettings({ khaos: { missingMethods: ['ImportStockTSV'] } });
		expect((await importRows(simulators.khaosUrl, row('TEE'))).fault).toMatch(/not found/);
		expect(await (await fetch(simulators.khaosWsdlUrl)).text()).not.toContain('ImportStockTSV');
	});

	test.each([
		['no XML', 'hello', /not well-formed|no SOAP body/],
		['an entity that is not defined', '<a>&trade;</a>', /undefined entity/],
		['a document type', '<!DOCTYPE a><a/>', /document type/],
	])('%s is a client fault', async (_, body, fault) => {
		const response = await fetch(`${simulators.khaosUrl}/soap/IKosWeb`, { method: 'POST', body });
		expect(response.status).toBe(500);
		expect(await response.text()).toMatch(fault);
	});

	test('Basic authentication stands in front when it is set', async () => {
		simulators.control.changeSettings({ khaos: { basic: { user: 'pim', password: 'secret' } } });
		expect((await call(simulators.khaosUrl, 'GetVersion')).status).toBe(401);
		const authorised = await call(
			simulators.khaosUrl,
			'GetVersion',
			{},
			{ Authorization: `Basic ${btoa('pim:secret')}` },
		);
		expect(authorised.status).toBe(200);
	});
});
