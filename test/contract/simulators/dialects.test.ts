import { XMLValidator } from 'fast-xml-parser';
import { dialectSchema, type SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { call, exportCodes, importRows, row } from './shop';

type Dialect = NonNullable<SettingsInput['dialect']>;

describe('the shape of SOAP answers can be switched', () => {
	let simulators: Simulators;

	beforeAll(async () => {
		simulators = await startSimulators();
		await importRows(simulators.khaosUrl, row('TEE', { SHORT_DESC: 'Tee & co' }));
	});
	afterAll(async () => await simulators.stop());
	// Each shape on its own: back to the defaults between tests.
	afterEach(() => simulators.control.changeSettings({ dialect: dialectSchema.parse({}) }));

	const shown = async (dialect: Dialect): Promise<string> => {
		simulators.control.changeSettings({ dialect });
		const { body } = await exportCodes(simulators.khaosUrl, 'TEE');
		expect(XMLValidator.validate(body.replace(/^\uFEFF/, ''))).toBe(true);
		return body;
	};

	test('prefixes', async () => {
		const body = await shown({ envelopePrefix: 's', methodPrefix: 'm' });
		expect(body).toMatch(/<s:Envelope.*<s:Body.*<m:ExportStockResponse xmlns:m="urn:IKosWebIntf-IKosWeb"><return/);
		expect(await shown({ envelopePrefix: '', methodPrefix: '' })).toMatch(
			/<Envelope xmlns="http.*<ExportStockResponse xmlns="urn:IKosWebIntf-IKosWeb"><return xmlns=""/,
		);
	});

	test('documents as text, CDATA, elements and members of a structure', async () => {
		expect(await shown({})).toContain('&lt;STOCK_DESC&gt;Tee &amp;amp; co&lt;/STOCK_DESC&gt;');
		expect(await shown({ documentResult: 'cdata' })).toContain('<STOCK_DESC>Tee &amp; co</STOCK_DESC>');
		expect(await shown({ documentResult: 'inline', exportRoot: 'STOCK' })).toMatch(/<return[^>]*><STOCK><STOCK_ITEM>/);
		expect(await shown({ documentResult: 'complex' })).toMatch(
			/<return xsi:type="NS2:TXMLResult"><Size.*<Data xsi:type="xsd:string">&lt;/,
		);
	});

	test('values that stand apart, referred to by href', async () => {
		simulators.control.changeSettings({ dialect: { multiRef: 'objects' } });
		const list = (await call(simulators.khaosUrl, 'GetStockList')).body;
		expect(list).toMatch(/<return href="#(\d)"><\/return>/);
		expect(list).toMatch(/<NS2:TStockListItem id="1"[^>]*><StockCode xsi:type="xsd:string">TEE</);
		expect(await shown({ multiRef: 'all' })).toMatch(
			/<return href="#1"><\/return>.*<multiRef id="1" xsi:type="xsd:string">/s,
		);
	});

	test('elements without a value, types and byte order marks', async () => {
		expect(await shown({})).toContain('&lt;LONG_DESC&gt;&lt;/LONG_DESC&gt;');
		expect(await shown({ emptyElements: 'selfClosing' })).toContain('&lt;LONG_DESC/&gt;');
		expect(await shown({ emptyElements: 'omitted' })).not.toContain('LONG_DESC');
		expect(await shown({ typed: false, emptyElements: 'written' })).not.toContain(':type=');
		simulators.control.changeSettings({ dialect: { byteOrderMark: true } });
		const response = await fetch(`${simulators.khaosUrl}/soap/IKosWeb`, { method: 'POST', body: '<x/>' });
		expect([...Buffer.from(await response.arrayBuffer()).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
	});

	test.each([
		['elements', /LINES_IMPORTED&gt;1&lt;.*MESSAGE&gt;TAX_CODE must/],
		['attributes', /Imported=&quot;1&quot; Skipped=&quot;1&quot;/],
		['structure', /<ImportedCount xsi:type="xsd:int">1<.*<Message xsi:type="xsd:string">TAX_CODE must/],
		['sentence', /1 line\(s\) imported\/updated, 1 skipped/],
		['count', /<return xsi:type="xsd:int">1</],
		['empty', /<return xsi:type="xsd:string"><\/return>/],
	] as const)('the import answers with %s', async (importSummary, shape) => {
		simulators.control.changeSettings({ dialect: { importSummary } });
		expect((await importRows(simulators.khaosUrl, row('TEE'), row('BAD', { TAX_CODE: '9' }))).body).toMatch(shape);
	});

	test('faults with 200', async () => {
		simulators.control.changeSettings({ dialect: { faultStatus: 200, faultDetail: true } });
		const answer = await call(simulators.khaosUrl, 'NoSuchMethod');
		expect(answer.status).toBe(200);
		expect(answer.fault).toMatch(/NoSuchMethod/);
	});
});
