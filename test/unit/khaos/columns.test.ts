import fc from 'fast-check';

import {
	changedColumns,
	columnOf,
	differencesOf,
	laneOfColumns,
	sendableColumns,
	withUnproven,
} from '../../../lib/khaos/columns';
import {
	compare,
	isRecased,
	listText,
	listValues,
	taxCodeOfRate,
	type ComparisonRule,
} from '../../../lib/khaos/comparison';
import type { ColumnSettings, DesiredStockItem, ReadBack } from '../../../lib/shapes';

const desired = (
	columns: Record<string, string | null>,
	settings?: Record<string, ColumnSettings>,
): DesiredStockItem => ({
	stockCode: 'LAMP',
	columns: { STOCK_CODE: 'LAMP', ...columns },
	...(settings ? { settings } : {}),
});
const known = (columns: Record<string, string>, unproven?: Record<string, string>): ReadBack => ({
	exists: true,
	stockCode: 'LAMP',
	stockId: '1',
	parentCode: '',
	columns,
	...(unproven ? { unproven } : {}),
});

describe('comparing what was sent with what Khaos shows', () => {
	test.each<[ComparisonRule, string, string, boolean]>([
		['text', 'Oak ', 'Oak', true],
		['text', 'Oak', 'oak', false],
		['text', 'two\nlines', 'two lines', true],
		['text', 'cafe\u0301', 'caf\u00e9', true],
		['description', 'Oak desk LAMP', 'Oak Desk Lamp', true],
		['description', 'Große Lampe', 'GROSSE LAMPE', true],
		['description', 'Oak', 'Ash', false],
		['number', '12.5', '12.5000', true],
		['number', '12.50', '12.51', false],
		['number', '0.1', '0.10000000000000001', false],
		['number', '0', '', true],
		['number', 'n/a', 'n/a', true],
		['boolean', '-1', 'True', true],
		['boolean', '-1', 'Y', true],
		['boolean', '0', '', true],
		['boolean', '0', '-1', false],
		['richText', '<p>5 &lt; 6&nbsp;&bull;</p>\n<br />', '<p>5 < 6 •</p> <br/>', true],
		['richText', '<p>A</p>', '<p>B</p>', false],
		['richText', 'Salt &amp; pepper', 'Salt & pepper', true],
		// Encoded once more on its way into Khaos or out of it.
		['richText', 'Caf&eacute;', 'Caf&amp;eacute;', true],
		['richText', 'Caf&eacute;', 'Caf&amp;egrave;', false],
		['list', 'Wool, Cotton', 'Cotton,Wool', true],
		['list', 'Wool', 'Wool, Cotton', false],
		['taxCode', '2', '3', true],
		['taxCode', '1', '5', false],
		['attribute', 'CoolTech™, Mesh', 'Mesh, CoolTech™', true],
		['attribute', 'true', '-1', true],
		['attribute', 'Black', 'black', false],
		['oneOf', '5012', '5099, 5012', true],
		['oneOf', '5012', '5099', false],
	])('%s: %p and %p', (rule, expected, actual, equal) => {
		expect(compare(expected, actual, rule)).toBe(equal);
	});

	test('every value equals itself under every rule', () => {
		const rules: ComparisonRule[] = [
			'text',
			'description',
			'number',
			'boolean',
			'richText',
			'list',
			'taxCode',
			'attribute',
			'oneOf',
		];
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(...rules), (text, rule) => {
				expect(compare(text, ` ${text}`, rule)).toBe(true);
			}),
		);
	});

	test('a list keeps its values through its text, commas and quotes too', () => {
		const value = fc
			.string({ minLength: 1 })
			.map((text) => text.trim())
			.filter((text) => text !== '');
		fc.assert(fc.property(fc.array(value), (values) => expect(listValues(listText(values))).toEqual(values)));
		expect(listValues('"Cotton","Wool, fine", Silk')).toEqual(['Cotton', 'Wool, fine', 'Silk']);
	});

	test('a VAT rate is one of the tax codes, or none', () => {
		expect(['20', '20.00', '0', '5', '17.5', '15.0', '12.5', ''].map(taxCodeOfRate)).toEqual([
			'1',
			'1',
			'2',
			'4',
			'5',
			'6',
			null,
			null,
		]);
	});

	test('re-cased text is told from text that somebody typed', () => {
		expect(
			['OAK DESK LAMP', 'oak desk lamp', 'Oak desk lamp', 'Oak Desk Lamp'].every((shown) =>
				isRecased('Oak desk LAMP', shown),
			),
		).toBe(true);
		expect(isRecased('Oak desk LAMP', 'oak Desk lamp')).toBe(false);
	});
});

describe('which columns have to change', () => {
	test('of a new item: all that have a value', () => {
		const item = desired({ SHORT_DESC: 'Oak', WEIGHT: null, LONG_DESC: '', BARCODE: '5012' });
		expect(changedColumns(item, null)).toEqual(['SHORT_DESC', 'BARCODE']);
		expect(changedColumns(item, { ...known({}), exists: false })).toEqual(['SHORT_DESC', 'BARCODE']);
	});

	test('of one that exists: those that differ, but not what Khaos owns', () => {
		const item = desired({ SHORT_DESC: 'Oak', SELL_PRICE: '29.99', BUY_PRICE: '1' }, { BUY_PRICE: { owner: 'khaos' } });
		expect(changedColumns(item, known({ SHORT_DESC: 'Oak', SELL_PRICE: '30', BUY_PRICE: '2' }))).toEqual([
			'SELL_PRICE',
		]);
	});

	test('an element that ExportStock leaves out is an empty value, if it is known to have such an element', () => {
		expect(changedColumns(desired({ WEIGHT: '0.5', 'UDA:Colour': 'Red', PUBLISH: '-1' }), known({}))).toEqual([
			'WEIGHT',
			'UDA:Colour',
		]);
	});

	test('no value is only a change where Khaos holds one', () => {
		const item = desired({ MANUFACTURER: null, WEIGHT: null, DISCONTINUED: null, 'UDA:Size': null, SELL_PRICE: null });
		expect(changedColumns(item, known({ MANUFACTURER: '', WEIGHT: '0.00', DISCONTINUED: '0' }))).toEqual([]);
		expect(
			changedColumns(
				item,
				known({ MANUFACTURER: 'Luma', WEIGHT: '1', DISCONTINUED: '-1', 'UDA:Size': 'M', SELL_PRICE: '1' }),
			),
		).toEqual(['MANUFACTURER', 'WEIGHT', 'DISCONTINUED', 'UDA:Size']);
	});

	test('what no read-back proves is a change once another value was sent', () => {
		const before = desired({
			TAX_CODE: '2',
			'Harmonisation:Code': '1',
			'Harmonisation:Country': 'GB',
			SHORT_DESC: 'Oak lamp',
		});
		const read = known({ TAX_CODE: '2', 'Harmonisation:Code': '1', SHORT_DESC: 'OAK LAMP' });
		expect(changedColumns(before, read)).toEqual([]);
		const noted = withUnproven(read, before);
		expect(noted.unproven).toEqual({ TAX_CODE: '2', 'Harmonisation:Country': 'GB', SHORT_DESC: 'Oak lamp' });
		expect(changedColumns(before, noted)).toEqual([]);
		const after = desired({
			TAX_CODE: '3',
			'Harmonisation:Code': '1',
			'Harmonisation:Country': 'TR',
			SHORT_DESC: 'Oak Lamp',
		});
		expect(changedColumns(after, noted)).toEqual(['TAX_CODE', 'Harmonisation:Country', 'SHORT_DESC']);
	});

	test('right after a write a re-cased description is no difference', () => {
		expect(differencesOf(desired({ SHORT_DESC: 'oak LAMP' }), known({ SHORT_DESC: 'Oak Lamp' }))).toEqual([]);
	});

	test('a difference names both values', () => {
		expect(
			differencesOf(desired({ SELL_PRICE: '29.99', TAX_CODE: '1' }), known({ SELL_PRICE: '30', TAX_CODE: '12.5%' })),
		).toEqual([
			{ field: 'SELL_PRICE', expected: '29.99', actual: '30' },
			{ field: 'TAX_CODE', expected: '1', actual: '12.5%' },
		]);
	});
});

describe('commodity codes', () => {
	test('go with a country or a zone, or not at all', () => {
		const alone = sendableColumns(desired({ 'Harmonisation:Code': '9405', 'Harmonisation:Country': ' ' }));
		expect(alone.columns).toEqual({ STOCK_CODE: 'LAMP' });
		expect(alone.warnings[0]).toMatchObject({ field: 'Harmonisation:Code' });
		expect(sendableColumns(desired({ 'Harmonisation:Code': '9405', 'Harmonisation:ZONE': 'EU' })).warnings).toEqual([]);
	});

	test('a country without a code says nothing', () => {
		expect(
			sendableColumns(desired({ 'Harmonisation:Code': null, 'Harmonisation:Country': 'GB' })).columns,
		).toMatchObject({
			'Harmonisation:Country': null,
		});
	});
});

describe('how urgent a change is', () => {
	test.each<[string[], boolean, number]>([
		[['LONG_DESC', 'SELL_PRICE'], false, 1],
		[['BARCODE', 'WEIGHT'], false, 2],
		[['SELL_PRICE'], true, 2],
		[['WEIGHT', 'LONG_DESC'], false, 3],
		[['Harmonisation:Country'], false, 3],
		[['UDA:Colour'], false, 4],
		[[], false, 4],
	])('%p', (columns, isNew, lane) => {
		expect(laneOfColumns(columns, undefined, isNew)).toBe(lane);
	});

	test('is a setting', () => {
		expect(laneOfColumns(['UDA:Colour'], { 'UDA:Colour': { lane: 1 } }, false)).toBe(1);
	});

	test('a read-back element can be named in several ways', () => {
		for (const readBack of [
			'USER_DEFINED[@NAME=Finish]',
			'USER_DEFINED[@NAME="Finish"]',
			'USER_DEFINED:Finish',
			'UDA:Finish',
		]) {
			expect(columnOf('FINISH', { readBack })).toMatchObject({ readBack: 'UDA:Finish', documented: true });
		}
		expect(columnOf('WEIGHT', { readBack: '' }).documented).toBe(false);
	});
});
