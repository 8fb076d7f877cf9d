import { isWanted } from '../../../lib/pimberly/onlyWhen';
import { PimberlyError } from '../../../lib/pimberly/pimberlyError';
import { classPathsOf, DEFAULT_HEADINGS, idsOf, readRow } from '../../../lib/pimberly/product';
import { productSchema } from '../../../lib/shapes';
import { NOON } from './world';

describe('a row becomes a product', () => {
	test('of a feed token on v2.2, by API names', () => {
		const { product, bare } = readRow(
			{
				id: '65f1c0ffee00000000000002',
				primaryId: 'ABC-100-RED',
				dateUpdated: '2026-08-12T10:15:22.431Z',
				classifications: ['Lighting/Lamps'],
				VARWEBENABLED: true,
			},
			NOON,
		);
		expect(productSchema.parse(product)).toEqual({
			primaryId: 'ABC-100-RED',
			internalId: '65f1c0ffee00000000000002',
			dateUpdated: '2026-08-12T10:15:22.431Z',
			parents: [],
			items: [],
			classes: ['Lighting/Lamps'],
			attributes: { VARWEBENABLED: true },
			emission: null,
		});
		expect(bare).toBe(false);
	});

	test('of a channel token, by headings; what it does not date is as of our read', () => {
		const { product, columns } = readRow(
			{ _id: '65f1', 'Primary ID': 'ABC-100-RED', 'RRP (ex vat)': '49.99', Parents: ['ABC-100'] },
			NOON,
		);
		expect(product).toMatchObject({
			primaryId: 'ABC-100-RED',
			internalId: '65f1',
			dateUpdated: '2026-11-24T12:00:00.000Z',
			dateUpdatedIsReadTime: true,
			parents: ['ABC-100'],
			attributes: { 'Primary ID': 'ABC-100-RED', 'RRP (ex vat)': '49.99', Parents: ['ABC-100'] },
		});
		expect(columns).toEqual({ parents: true, items: false });
	});

	test('with both, primaryId counts', () =>
		expect(readRow({ _id: '1', primaryId: 'A', 'Primary ID': 'B' }, NOON).product.primaryId).toBe('A'));
	test('with a number for its id, as text', () =>
		expect(readRow({ _id: '1', primaryId: 12345 }, NOON).product.primaryId).toBe('12345'));
	test('with headings of the account’s own', () => {
		const headings = { ...DEFAULT_HEADINGS, primaryId: 'SKU', parents: 'Belongs To' };
		expect(readRow({ _id: '1', SKU: 'A', 'Belongs To': 'P|Q' }, NOON, headings).product).toMatchObject({
			primaryId: 'A',
			parents: ['P', 'Q'],
		});
	});
	test('with ids only, it is still to be completed', () => {
		expect(readRow({ id: '1', primaryId: 'A', dateUpdated: '2026-08-12T10:15:22.431Z' }, NOON).bare).toBe(true);
		expect(readRow({ _id: '1', 'Primary ID': 'A' }, NOON).bare).toBe(true);
	});
	test('without a primary id, the error says which heading to set', () => {
		expect(() => readRow({ _id: '65f1', SKU: 'A' }, NOON)).toThrow(PimberlyError);
		expect(() => readRow({ _id: '65f1', SKU: 'A' }, NOON)).toThrow(/65f1.*Primary ID/);
	});
});

test.each([
	['ABC-100', ['ABC-100']],
	[
		['ABC-100', 'A,B;C'],
		['ABC-100', 'A,B;C'],
	],
	['A|B; C,A', ['A', 'B', 'C']],
	[[{ primaryId: 'A' }], ['A']],
	[100, ['100']],
	['', []],
	[undefined, []],
])('the relation column %j holds %j', (value, ids) => expect(idsOf(value, '|;,')).toEqual(ids));
test('a relation column that is one text is not split without delimiters', () =>
	expect(idsOf('A,B', '')).toEqual(['A,B']));
test('classes come as paths or as objects with a path', () =>
	expect(classPathsOf([{ path: 'Lighting/Lamps' }, 'Home', { name: 'x' }])).toEqual(['Lighting/Lamps', 'Home']));

describe('Only When', () => {
	test.each([
		['true', ['true']],
		[true, ['Yes']],
		['1', ['true']],
		['Approved', ['approved', 'live']],
		[['Draft', 'Approved'], ['Approved']],
		[undefined, ['']],
		['', ['']],
	])('%j is one of %j', (value, wanted) => expect(isWanted(value, wanted)).toBe(true));
	test.each([
		['false', ['true']],
		['', ['true']],
		[undefined, ['true']],
		['Approved soon', ['Approved']],
		['Approved', ['']],
	])('%j is none of %j', (value, wanted) => expect(isWanted(value, wanted)).toBe(false));
});
