import fc from 'fast-check';

import { buildEnvelope, readEnvelope, resultDocument } from '../../../lib/khaos/webServices/soap';
import { parseXml, walk, type XmlElement } from '../../../lib/khaos/webServices/xml';

const resultOf = (text: string, method = 'ExportStock'): XmlElement => {
	const answer = readEnvelope(text, method);
	if (answer === null || 'fault' in answer) throw new Error(`no result: ${JSON.stringify(answer)}`);
	return answer.result;
};
const textsOf = (element: XmlElement | null): string[] =>
	element === null ? [] : [...walk(element)].map((each) => each.text.trim()).filter((text) => text !== '');

describe('a call', () => {
	test('is the envelope of the contract', () => {
		const envelope = buildEnvelope('ExportStock', [
			{ name: 'StockCode', type: 'string', value: 'LAMP-001,LAMP-002' },
			{ name: 'MappingType', type: 'int', value: '1' },
		]);
		expect(envelope).toContain(
			'<urn:ExportStock soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><StockCode xsi:type="xsd:string">LAMP-001,LAMP-002</StockCode><MappingType xsi:type="xsd:int">1</MappingType></urn:ExportStock>',
		);
		expect(envelope).toContain('xmlns:urn="urn:IKosWebIntf-IKosWeb"');
	});

	test('carries any table, tabs and all', () => {
		fc.assert(
			fc.property(fc.array(fc.stringMatching(/^[ -~£€\t]*$/), { maxLength: 5 }), (lines) => {
				const value = lines.join('\n');
				const envelope = parseXml(buildEnvelope('ImportStockTSV', [{ name: 'StockData', type: 'string', value }]));
				expect([...walk(envelope)].find((element) => element.name === 'StockData')!.text).toBe(value);
			}),
		);
	});

	test('has no name that would break out of its element', () => {
		expect(() => buildEnvelope('Get"/><x', [])).toThrow(RangeError);
		expect(() => buildEnvelope('Get', [{ name: 'a b', type: 'string', value: '' }])).toThrow(RangeError);
	});
});

describe('an answer', () => {
	const escaped = '&lt;S&gt;&lt;I&gt;Salt &amp;amp; pepper&lt;/I&gt;&lt;/S&gt;';
	test.each([
		[
			'as Delphi writes it',
			`<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body SOAP-ENV:encodingStyle="x"><NS1:ExportStockResponse xmlns:NS1="urn:IKosWebIntf-IKosWeb"><return xsi:type="xsd:string">${escaped}</return></NS1:ExportStockResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
		],
		[
			'without prefixes, with a header and another name for the result',
			`<?xml version="1.0"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><x/></Header><Body><ExportStockResponse xmlns="urn:x"><ExportStockResult>${escaped}</ExportStockResult></ExportStockResponse></Body></Envelope>`,
		],
		[
			'in SOAP 1.2, with a byte order mark',
			`\ufeff<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><m:Answer><m:out>${escaped}</m:out></m:Answer></e:Body></e:Envelope>`,
		],
		[
			'as CDATA with a declaration',
			'<s:Envelope><s:Body><ExportStockResponse><return><![CDATA[<?xml version="1.0" encoding="windows-1252"?>\n<S><I>Salt &amp; pepper</I></S>]]></return></ExportStockResponse></s:Body></s:Envelope>',
		],
		[
			'escaped twice',
			'<s:Envelope><s:Body><ExportStockResponse><return>&amp;lt;S&amp;gt;&amp;lt;I&amp;gt;Salt &amp;amp;amp; pepper&amp;lt;/I&amp;gt;&amp;lt;/S&amp;gt;</return></ExportStockResponse></s:Body></s:Envelope>',
		],
		[
			'inline',
			'<s:Envelope><s:Body><ExportStockResponse><return><q:S xmlns:q="u"><q:I>Salt &amp; pepper</q:I></q:S></return></ExportStockResponse></s:Body></s:Envelope>',
		],
		[
			'in a member of a structure',
			`<s:Envelope><s:Body><ExportStockResponse><return><Count>1</Count><Data>${escaped}</Data></return></ExportStockResponse></s:Body></s:Envelope>`,
		],
		[
			'by reference',
			`<s:Envelope><s:Body><ExportStockResponse><return href="#1"/></ExportStockResponse><multiRef id="1">${escaped}</multiRef></s:Body></s:Envelope>`,
		],
		[
			'by reference that comes first, through two steps',
			`<s:Envelope><s:Body><n:T id="2"><Data href="#3"/></n:T><n:X id="3">${escaped}</n:X><ExportStockResponse><return href="#2"/></ExportStockResponse></s:Body></s:Envelope>`,
		],
		[
			'as a document without a root',
			'<s:Envelope><s:Body><ExportStockResponse><return>&lt;I&gt;Salt &amp;amp; pepper&lt;/I&gt;&lt;I&gt;Salt &amp;amp; pepper&lt;/I&gt;</return></ExportStockResponse></s:Body></s:Envelope>',
		],
	])('%s says the same', (_, text) => {
		expect(new Set(textsOf(resultDocument(resultOf(text))))).toEqual(new Set(['Salt & pepper']));
	});

	test('with arrays of references, shared ones and nested ones', () => {
		const text = `<s:Envelope><s:Body>
			<R:GetStockListResponse><return href="#1"/></R:GetStockListResponse>
			<N:TList id="1"><Count xsi:type="xsd:int">2</Count><List href="#2"/></N:TList>
			<E:Array id="2" E:arrayType="N:TItem[2]"><item href="#3"/><item href="#4"/></E:Array>
			<N:TItem id="3"><StockCode href="#5"/><ParentCode href="#6"/></N:TItem>
			<N:TItem id="4"><StockCode>B</StockCode><ParentCode href="#6"/></N:TItem>
			<x id="5">A</x><x id="6">P</x>
		</s:Body></s:Envelope>`;
		const result = resultOf(text, 'GetStockList');
		const items = result.children.find((child) => child.name === 'List')!.children;
		expect(items.map((item) => item.children.map((child) => `${child.name}=${child.text}`))).toEqual([
			['StockCode=A', 'ParentCode=P'],
			['StockCode=B', 'ParentCode=P'],
		]);
	});

	test('with an array that has no element around its items holds them all', () => {
		const text = `<s:Envelope><s:Body><GetHarmonisationCodesResponse>
			<return><Code>1</Code><StockItems><StockCode>A</StockCode></StockItems></return>
			<return><Code>2</Code><StockItems><StockCode>B</StockCode></StockItems></return>
		</GetHarmonisationCodesResponse></s:Body></s:Envelope>`;
		expect(textsOf(resultDocument(resultOf(text, 'GetHarmonisationCodes')))).toEqual(['1', 'A', '2', 'B']);
	});

	test('with a reference to nothing is not taken for an empty one', () => {
		const text =
			'<s:Envelope><s:Body><ExportStockResponse><return href="#9"/></ExportStockResponse></s:Body></s:Envelope>';
		expect(() => readEnvelope(text, 'ExportStock')).toThrow("'9'");
	});

	test('that refers in a circle, or unfolds without end, is refused', () => {
		const circle =
			'<s:Envelope><s:Body><AResponse><return href="#1"/></AResponse><m id="1"><x href="#1"/></m></s:Body></s:Envelope>';
		expect(() => readEnvelope(circle, 'A')).toThrow('circle');
		const levels = Array.from(
			{ length: 30 },
			(_, at) => `<m id="${at}">${`<x href="#${at + 1}"/>`.repeat(10)}</m>`,
		).join('');
		const bomb = `<s:Envelope><s:Body><AResponse><return href="#0"/></AResponse>${levels}<m id="30">x</m></s:Body></s:Envelope>`;
		expect(() => readEnvelope(bomb, 'A')).toThrow('more than is accepted');
	});

	test('links in rich text are no references', () => {
		const text =
			'<s:Envelope><s:Body><AResponse><return><d><a href="#top">up</a></d></return></AResponse></s:Body></s:Envelope>';
		expect(textsOf(resultOf(text, 'A'))).toEqual(['up']);
	});

	test.each([
		[
			'<E:Envelope><E:Body><E:Fault><faultcode>E:Server</faultcode><faultstring>Barred</faultstring></E:Fault></E:Body></E:Envelope>',
		],
		[
			'<Envelope><Body><Fault><faultstring><![CDATA[Barred]]></faultstring><detail><x>y</x></detail></Fault></Body></Envelope>',
		],
		[
			'<e:Envelope><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text xml:lang="en">Barred</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>',
		],
		[
			'<E:Envelope><E:Body><E:Fault><faultcode>E:Server</faultcode><faultstring href="#1"/></E:Fault><m id="1">Barred</m></E:Body></E:Envelope>',
		],
	])('that is a fault gives its text: %s', (text) => {
		expect(readEnvelope(text, 'ExportStock')).toEqual({ fault: 'Barred' });
	});

	test('that is a web page is no answer at all', () => {
		expect(readEnvelope('<html><body>Service Unavailable</body></html>', 'ExportStock')).toBeNull();
		expect(readEnvelope('', 'ExportStock')).toBeNull();
	});

	test('without a result is empty', () => {
		for (const inner of ['<return/>', '<return xsi:nil="true"/>', '<return> </return>', '']) {
			const text = `<s:Envelope><s:Body><AResponse>${inner}</AResponse></s:Body></s:Envelope>`;
			expect(resultDocument(resultOf(text, 'A'))).toBeNull();
		}
	});
});
