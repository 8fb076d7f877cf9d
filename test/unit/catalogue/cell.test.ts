import fc from 'fast-check';
import { cellOf } from '../../../lib/catalogue/cell';
import { holdsUnprintable } from '../../../lib/catalogue/plainText';
import { fieldSchema } from '../../../lib/catalogue/profile';

type Input = Partial<Parameters<typeof fieldSchema.parse>[0] & object>;

const field = (column: string, rest: Input = {}) =>
	fieldSchema.parse({ column, source: { from: 'attribute', attribute: 'theAttribute' }, ...rest });
const valueOf = (value: unknown, column: string, rest: Input = {}) => {
	const cell = cellOf(value, field(column, rest));
	return 'reasons' in cell ? { rejected: cell.reasons.map(({ reason }) => reason) } : cell.value;
};
const warningsOf = (value: unknown, column: string, rest: Input = {}) => {
	const cell = cellOf(value, field(column, rest));
	return 'reasons' in cell ? [] : cell.warnings.map(({ message }) => message);
};

describe('plain text', () => {
	test('line breaks, tabs and control characters become one space, with a warning', () => {
		expect(valueOf('Oak\r\n Desk\tLamp\u0007', 'SHORT_DESC')).toBe('Oak Desk Lamp');
		expect(warningsOf('Oak\nLamp', 'SHORT_DESC')).toEqual([
			'Line breaks or control characters in theAttribute were replaced by a space.',
		]);
		expect(warningsOf(' Oak Lamp \n', 'SHORT_DESC')).toEqual([]);
	});

	test('entities are decoded once, and what they decode to is checked', () => {
		expect(valueOf('LumaTech&trade; &amp;lt; 5&#8482;', 'SHORT_DESC')).toBe('LumaTech™ &lt; 5™');
		expect(valueOf('Marks&Spencer', 'SHORT_DESC')).toBe('Marks&Spencer');
		expect(valueOf('Lamp &#35;5', 'SHORT_DESC')).toMatchObject({ rejected: [expect.stringContaining('holds a #')] });
		expect(valueOf('Oak&#10;Lamp', 'SHORT_DESC')).toBe('Oak Lamp');
	});

	test('a # is fine where Khaos does not mind it', () => {
		expect(valueOf('#ffcc00', 'UDA:Colour')).toBe('#ffcc00');
	});

	test('over-long text is cut with a warning, and never within a character', () => {
		const name = `${'x'.repeat(249)}💡lamp`;
		expect(valueOf(name, 'SHORT_DESC')).toBe('x'.repeat(249));
		expect(warningsOf(name, 'SHORT_DESC')).toEqual([
			'theAttribute has 255 characters; it was cut to the 250 that SHORT_DESC takes.',
		]);
		expect(valueOf('Lighting', 'STOCK_TYPE1', { maxLength: 5 })).toBe('Light');
		expect(valueOf('x'.repeat(30), 'STOCK_TYPE1', { maxLength: 100 })).toBe('x'.repeat(25));
	});

	test('a text that a spreadsheet would read as a formula goes through with a warning', () => {
		expect(warningsOf('=HYPERLINK("x")', 'MANUFACTURER')).toHaveLength(1);
		expect(warningsOf('-5 °C', 'MANUFACTURER')).toEqual([]);
	});

	test('several values are not one text', () => {
		expect(valueOf(['A', 'B'], 'MANUFACTURER')).toMatchObject({ rejected: [expect.stringContaining('2 values')] });
		expect(valueOf(['A'], 'MANUFACTURER')).toBe('A');
	});

	test('whatever comes in, what goes out fits on one line and within the limit', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.integer({ min: 1, max: 40 }), (text, maxLength) => {
				const cell = cellOf(text, field('MANUFACTURER', { maxLength }));
				if ('reasons' in cell || cell.value === null) return;
				expect(cell.value.length).toBeLessThanOrEqual(maxLength);
				expect(holdsUnprintable(cell.value)).toBe(false);
				expect(cell.value).toBe(cell.value.trim());
			}),
		);
	});
});

describe('rich text', () => {
	test('keeps its markup and entities; line breaks become spaces without a word', () => {
		expect(valueOf('<p>A &bull; B</p>\n<p>C</p>', 'LONG_DESC')).toBe('<p>A &bull; B</p> <p>C</p>');
		expect(warningsOf('<p>A</p>\n<p>B</p>', 'LONG_DESC')).toEqual([]);
		expect(warningsOf('<p>A\u0000</p>', 'LONG_DESC')).toHaveLength(1);
	});

	test('is cut before a tag or an entity, never within', () => {
		expect(valueOf('<p>Lamp &bull; oak</p>', 'LONG_DESC', { maxLength: 11 })).toBe('<p>Lamp');
		expect(valueOf('<p>Lamp</p>', 'LONG_DESC', { maxLength: 9 })).toBe('<p>Lamp');
	});
});

describe('lists', () => {
	test('are joined by a comma and a space, entities decoded', () => {
		expect(valueOf(['LumaTech&trade;', ' Cotton', '', 'Rayon'], 'UDA:Material')).toBe('LumaTech™, Cotton, Rayon');
		expect(valueOf('Wool', 'UDA:Material')).toBe('Wool');
		expect(valueOf([], 'UDA:Material')).toBeNull();
	});

	test('that come as one text are split where the mapping says how', () => {
		expect(valueOf('Wool|Silk', 'UDA:Material', { delimiter: '|' })).toBe('Wool, Silk');
	});

	test('an entry with a comma in it is worth a warning', () => {
		expect(warningsOf(['Black, matt', 'Red'], 'UDA:Colour')).toHaveLength(1);
	});
});

describe('barcodes', () => {
	test('are one, and of 50 characters at most', () => {
		expect(valueOf('5012345678900', 'BARCODE')).toBe('5012345678900');
		expect(valueOf('5012345678900, 5012345678917', 'BARCODE')).toMatchObject({
			rejected: [expect.stringContaining('more than one barcode')],
		});
		expect(valueOf(['5012345678900', '5012345678917'], 'BARCODE')).toMatchObject({ rejected: [expect.any(String)] });
		expect(valueOf('5'.repeat(51), 'BARCODE')).toMatchObject({
			rejected: ['It has 51 characters, and BARCODE takes 50.'],
		});
	});
});

test.each(['BARCODE', 'OTHER_REF', 'SUPPLIER_STOCK_CODE'])(
	'a %s that is too long is refused: cut, it would be another',
	(column) => {
		expect(valueOf('A'.repeat(31), column, { maxLength: 30 })).toMatchObject({
			rejected: [`It has 31 characters, and ${column} takes 30.`],
		});
	},
);

describe('numbers', () => {
	test('stay as they were written', () => {
		expect(valueOf('52.00', 'SELL_PRICE')).toBe('52.00');
		expect(valueOf(0.1, 'SELL_PRICE')).toBe('0.1');
	});

	test.each(['12,50', '£12.50', '1,234.00', '1e3', 'POA', '-1', '1'.repeat(21)])('%s is no price', (price) => {
		expect(valueOf(price, 'SELL_PRICE')).toMatchObject({ rejected: [expect.any(String)] });
	});

	test('may be below zero in a user-defined attribute', () => {
		expect(valueOf('-18', 'UDA:Storage Temperature', { type: 'number' })).toBe('-18');
	});
});

describe('yes and no', () => {
	test.each([
		['true', '-1'],
		[false, '0'],
		['Yes', '-1'],
		['N', '0'],
		[1, '-1'],
		['-1', '-1'],
		['', null],
	])('%j becomes %j', (value, cell) => expect(valueOf(value, 'DISCONTINUED')).toBe(cell));

	test('anything else is a reason', () => {
		expect(valueOf('perhaps', 'DISCONTINUED')).toMatchObject({
			rejected: [expect.stringContaining('neither yes nor no')],
		});
	});
});

describe('tax codes', () => {
	test('are 1 to 6', () => {
		expect(['1', 4, '6.0'].map((code) => valueOf(code, 'TAX_CODE'))).toEqual(['1', '4', '6']);
		for (const code of ['0', '7', '1.5', 'Standard'])
			expect(valueOf(code, 'TAX_CODE')).toMatchObject({ rejected: [expect.any(String)] });
	});
});
