import fc from 'fast-check';

import {
	cast,
	castBoolean,
	castDate,
	castMultiSelect,
	castNumber,
	castRichText,
	castSingleSelect,
	castText,
	toInstant,
	ATTRIBUTE_TYPES,
} from '../../../lib/pimberly/values';

const accepts = (value: unknown) => ({ ok: true, value });

describe('a missing value', () => {
	test.each(ATTRIBUTE_TYPES)('is null for a %s, never an error', (type) => {
		for (const nothing of [undefined, null, '', '  ', [], [''], [null]])
			expect(cast(nothing, type)).toEqual(accepts(null));
	});
});

describe('a number', () => {
	test.each([
		['52.00', '52.00'],
		[' 12.5 ', '12.5'],
		['-3', '-3'],
		['.5', '0.5'],
		['007.10', '7.10'],
		['-0.00', '0.00'],
		[12.5, '12.5'],
		[0, '0'],
		[1e21, '1000000000000000000000'],
		[['36.40'], '36.40'],
		['12345678901234567890.123456789012345678', '12345678901234567890.123456789012345678'],
	])('%j is %s', (value, text) => expect(castNumber(value)).toEqual(accepts(text)));

	test.each([
		['12,50', 'comma', '12.50'],
		['1,234.56', 'thousands', '1234.56'],
		['1.234,56', 'comma', 'full stop'],
		['£12', 'currency sign', 'full stop'],
		['12 €', 'currency sign', 'full stop'],
		['1e3', 'scientific', 'in full'],
		['20%', 'percent', 'full stop'],
		['1 234', 'space', 'full stop'],
		['12.50 GBP', 'space', 'full stop'],
		['5.', 'not a plain decimal', 'full stop'],
		['.', 'not a plain decimal', 'full stop'],
		['-', 'not a plain decimal', 'full stop'],
		['POA', 'not a plain decimal', 'full stop'],
		[true, 'not a number', 'number'],
		[Number.NaN, 'not a number', 'number'],
		[['1', '2'], '2 values', 'one'],
		[{ amount: 1 }, 'nested', 'plain value'],
	])('%j is refused with the reason and the remedy', (value, reason, remedy) => {
		const outcome = castNumber(value);
		expect(outcome).toMatchObject({
			ok: false,
			reason: expect.stringContaining(reason),
			remedy: expect.stringContaining(remedy),
		});
	});

	test('every plain decimal keeps its digits', () => {
		fc.assert(
			fc.property(
				fc.bigInt({ min: 0n, max: 10n ** 30n }),
				fc.stringMatching(/^\d{1,12}$/),
				fc.boolean(),
				(whole, decimals, negative) => {
					const text = `${negative && (whole > 0n || /[1-9]/.test(decimals)) ? '-' : ''}${whole}.${decimals}`;
					expect(castNumber(text)).toEqual(accepts(text));
				},
			),
		);
	});

	test('any text either is a plain decimal or is refused with a remedy', () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const outcome = castNumber(text);
				if (outcome.ok) expect(outcome.value === null ? text.trim() : outcome.value).toMatch(/^(|-?\d+(\.\d+)?)$/);
				else expect(outcome.remedy).not.toBe('');
			}),
		);
	});
});

describe('yes or no', () => {
	test.each([true, 'true', 'TRUE', 'Yes', 'y', 1, '1', ['true']])('%j is yes', (value) =>
		expect(castBoolean(value)).toEqual(accepts(true)),
	);
	test.each([false, 'false', 'No', 'N', 0, '0'])('%j is no', (value) =>
		expect(castBoolean(value)).toEqual(accepts(false)),
	);
	test.each(['maybe', '2', '-1', 'on'])('%j is neither', (value) =>
		expect(castBoolean(value)).toMatchObject({ ok: false, reason: `“${value}” is neither yes nor no.` }),
	);
});

describe('text', () => {
	test('has its HTML entities decoded once', () => {
		expect(castText('CoolTech&trade; &amp; more')).toEqual(accepts('CoolTech™ & more'));
		expect(castText('AT&amp;lt;T')).toEqual(accepts('AT&lt;T'));
	});
	test('keeps what only looks like an entity', () => {
		expect(castText('R&D, AT&T, a&not a query=1&copy=2')).toEqual(accepts('R&D, AT&T, a&not a query=1&copy=2'));
	});
	test('of a number or of yes and no is written out', () => {
		expect(castText(1e21)).toEqual(accepts('1000000000000000000000'));
		expect(castText(false)).toEqual(accepts('false'));
	});
	test('with markup is kept as it is', () => {
		expect(castRichText('<p>Fish &amp; chips</p>')).toEqual(accepts('<p>Fish &amp; chips</p>'));
	});
});

describe('lists', () => {
	test('a single choice may come as a list of one', () => {
		expect(castSingleSelect(['Men&rsquo;s'])).toEqual(accepts('Men’s'));
		expect(castSingleSelect(['Red', 'Blue'])).toMatchObject({ ok: false });
	});
	test('a list is never split', () => {
		expect(castMultiSelect(['Modern; bold', 'A|B', 'CoolTech&trade;', ''], ';')).toEqual(
			accepts(['Modern; bold', 'A|B', 'CoolTech™']),
		);
	});
	test('a delimited string is split where a delimiter is given', () => {
		expect(castMultiSelect('Modern | Industrial|', '|')).toEqual(accepts(['Modern', 'Industrial']));
		expect(castMultiSelect('Modern, Industrial')).toEqual(accepts(['Modern, Industrial']));
	});
});

describe('a date', () => {
	test.each([
		['2026-03-31', '2026-03-31'],
		['2026-03-31T10:15:22.431Z', '2026-03-31T10:15:22.431Z'],
		['2026-03-31T10:15:22+01:00', '2026-03-31T09:15:22.000Z'],
		['2026-03-31 10:15:22', '2026-03-31T10:15:22.000Z'],
	])('%s is understood', (value, date) => expect(castDate(value)).toEqual(accepts(date)));
	test.each([
		['31/03/2026', 'more than one date'],
		['2026-02-30', 'does not exist'],
		['soon', 'not a date'],
		[20260331, 'not a date'],
	])('%s is refused', (value, reason) =>
		expect(castDate(value)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) }),
	);
});

describe('a moment', () => {
	test.each([
		['2026-08-12T10:15:22.431Z', '2026-08-12T10:15:22.431Z'],
		['2026-08-12T10:15:22Z', '2026-08-12T10:15:22.000Z'],
		['2026-08-12T00:00:0.000Z', '2026-08-12T00:00:00.000Z'],
		['2026-08-12T11:15:22.431+01:00', '2026-08-12T10:15:22.431Z'],
		['2026-08-12 10:15:22', '2026-08-12T10:15:22.000Z'],
	])('%s is %s', (value, instant) => expect(toInstant(value)).toBe(instant));
	test.each(['', 'yesterday', 1723457722431, null])('%j is none', (value) => expect(toInstant(value)).toBeNull());
});
