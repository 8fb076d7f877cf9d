import { readImportSummary } from '../../../lib/khaos/stockImport/importSummary';
import { encodeXmlText, parseXml } from '../../../lib/khaos/webServices/xml';

const CODES = ['TEE', 'TEE-R', 'LAMP-001'];
/** A summary as the text of `return`. */
const summaryOf = (text: string) => readImportSummary(parseXml(`<return>${encodeXmlText(text)}</return>`), CODES);

describe('the summary of an import, whatever it looks like', () => {
	test.each([
		[
			'elements',
			'<IMPORT_SUMMARY><LINES_IMPORTED>2</LINES_IMPORTED><LINES_SKIPPED>1</LINES_SKIPPED><ERRORS><ERROR><LINE>3</LINE><STOCK_CODE>TEE-R</STOCK_CODE><MESSAGE>Stock type is barred</MESSAGE></ERROR></ERRORS></IMPORT_SUMMARY>',
		],
		['attributes', '<Result Imported="2" Skipped="1"><Row Code="TEE-R" Error="Stock type is barred"/></Result>'],
		[
			'a sentence an error',
			'<r><updated>2</updated><skipped>1</skipped><error>Line 3: TEE-R: Stock type is barred</error></r>',
		],
		['a text', '2 lines imported\n1 line skipped\nTEE-R: Stock type is barred, not imported'],
		[
			'those that went well too',
			'<S><Created>2</Created><Failed>1</Failed><Item><Code>TEE</Code><Status>OK</Status></Item><Item><Code>LAMP-001</Code><Status>OK</Status></Item><Item><Code>TEE-R</Code><Status>Failed</Status><Why>Stock type is barred</Why></Item></S>',
		],
	])('says what is wrong with an item: %s', (_, text) => {
		const { byKey, imported, skipped } = summaryOf(text);
		expect(byKey.get('TEE-R')).toContain('Stock type is barred');
		expect(byKey.get('TEE') ?? '').not.toContain('barred');
		expect(imported).toBe(2);
		expect(skipped).toBe(1);
	});

	test('a code is not found inside a longer one', () => {
		expect(summaryOf('<r><e>TEE-R-L is invalid</e></r>').byKey.size).toBe(0);
		expect([...summaryOf('<r><e>Item TEE is invalid.</e></r>').byKey.keys()]).toEqual(['TEE']);
	});

	test('an error that names no item is general', () => {
		const { general, byKey, imported } = summaryOf(
			'<r><imported>0</imported><error>Mandatory column is missing</error></r>',
		);
		expect(general).toEqual(['Mandatory column is missing']);
		expect(byKey.size).toBe(0);
		expect(imported).toBe(0);
	});

	test.each(['', 'OK', '3', '<r/>', '<broken', '<!DOCTYPE r><r/>', '<r>3</r>'])(
		'%p says nothing, and breaks nothing',
		(text) => {
			expect(summaryOf(text)).toMatchObject({ byKey: new Map(), general: [] });
		},
	);

	test('as a structure, without a document', () => {
		const result = parseXml(
			'<return><Count>2</Count><Skipped><item><Code>TEE-R</Code><Reason>It is barred</Reason></item></Skipped></return>',
		);
		expect(readImportSummary(result, CODES).byKey.get('TEE-R')).toContain('It is barred');
	});
});
