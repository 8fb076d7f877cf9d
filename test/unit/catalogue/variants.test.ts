import { parseProfile } from '../../../lib/catalogue/checkProfile';
import { DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';
import { mapProduct } from '../../../lib/catalogue/mapProduct';
import type { MappingProfileInput } from '../../../lib/catalogue/profile';
import { desiredStockItemSchema, type DesiredStockItem, type Product } from '../../../lib/shapes';
import { changeFor, demoWith, lamp, rejectionFor } from './productsAndProfiles';

type Variants = NonNullable<MappingProfileInput['variants']>;

const headings: Variants['headings'] = [
	{ heading: 'Colour', attribute: 'colour' },
	{ heading: 'Size', attribute: 'size' },
];
const as = (variants: Variants, rest: Partial<MappingProfileInput> = {}) =>
	demoWith([], { variants: { headings, ...variants }, ...rest });
const columns = as({ as: 'columns' });
const channel = as({ as: 'channel' });

const tee = (primaryId: string, attributes: Record<string, unknown> = {}, rest: Partial<Product> = {}): Product =>
	lamp(
		{ productType: 'Variant', colour: 'Dark Red', size: 'Large', ...attributes },
		{ primaryId, parents: ['TEE'], ...rest },
	);
const parent = lamp({ productType: 'VariantParent' }, { primaryId: 'TEE', items: ['TEE-RED-L'] });

describe('by the SCS columns', () => {
	test('a variant says its headings, words and suffixes, and its description is Khaos’s own', () => {
		const { desired, needs } = changeFor(tee('TEE-RED-L'), columns);
		expect(desiredStockItemSchema.parse(desired)).toEqual(desired);
		expect(desired.scs).toEqual({
			by: 'columns',
			headings: ['Colour', 'Size'],
			parentCode: 'TEE',
			parentPrimaryId: 'TEE',
			values: ['RED', 'L'],
			descriptions: ['Dark Red', 'Large'],
			updateBy: 'code',
		});
		expect(desired.settings).toMatchObject({ SHORT_DESC: { owner: 'khaos' } });
		expect(desired.columns).not.toHaveProperty('SHORT_DESC');
		expect(needs).toEqual([{ kind: 'stockItem', key: 'TEE' }]);
	});

	test('its parent is a plain item, sent first', () => {
		const { desired } = changeFor(parent, columns);
		expect(desired.scs).toBeUndefined();
		expect(desired.columns).toMatchObject({ SHORT_DESC: 'Oak Desk Lamp', CONTROLLED: '0' });
	});

	test.each(['TEE-RED', 'TEE-RED-L-2', 'SHIRT-RED-L', 'TEERED-L', 'TEE--L'])(
		'a code that Khaos would not make (%s) is rejected',
		(code) => {
			expect(rejectionFor(tee(code), columns).reasons).toEqual([
				{
					field: 'Primary ID',
					value: code,
					reason: `${code} is not its parent’s code TEE and a suffix for each heading (Colour, Size), joined by “-”; Khaos gives its children no other codes.`,
					remedy:
						'Give it such a code in Pimberly, or send it as a plain item (Variants > Codes That Don’t Fit in the mapper).',
				},
			]);
		},
	);

	test('or goes as a plain item, where that is chosen', () => {
		const { desired, warnings } = changeFor(tee('RED-TEE'), as({ as: 'columns', otherwise: 'item' }));
		expect(desired.scs).toBeUndefined();
		expect(desired.columns['SHORT_DESC']).toBe('Oak Desk Lamp');
		expect(warnings).toEqual([
			{ field: 'Primary ID', message: expect.stringMatching(/It is sent as a plain item\.$/) },
		]);
	});

	const suffixes = [
		{ heading: 'Colour', attribute: 'colour', suffixAttribute: 'colourCode' },
		{ heading: 'Size', attribute: 'size', suffixAttribute: 'sizeCode' },
	];
	test.each([
		['-', 'TEE-RED-2-L', ['RED-2', 'L']],
		['', 'teered-2l', ['RED-2', 'L']],
		['.', 'TEE.RED-2.L', ['RED-2', 'L']],
	])('suffixes may be attributes, joined by %j', (separator, code, values) => {
		const product = tee(code, { colourCode: 'RED-2', sizeCode: 'L' });
		expect(changeFor(product, as({ as: 'columns', separator, headings: suffixes })).desired.scs).toMatchObject({
			values,
		});
	});

	test('of one heading the suffix may hold the separator', () => {
		const profile = as({ as: 'columns', headings: [headings[0]!] });
		expect(changeFor(tee('TEE-DARK-RED'), profile).desired.scs).toMatchObject({
			values: ['DARK-RED'],
			descriptions: ['Dark Red'],
		});
	});

	test('a variant without a parent is told so once', () => {
		expect(rejectionFor(tee('TEE-RED-L', {}, { parents: [] }), columns).reasons).toMatchObject([
			{ reason: 'The product is a variant, and Pimberly names no parent for it.' },
		]);
	});

	test('the parent’s code may be told by an attribute', () => {
		const stockCode = { from: 'attribute', attribute: 'sku', parentAttribute: 'styleSku' } as const;
		const product = tee('P-7', { sku: 's1-red-l', styleSku: 'S1' }, { parents: ['P-1'] });
		const { desired } = changeFor(product, as({ as: 'columns' }, { stockCode }));
		expect(desired.scs).toMatchObject({ parentCode: 'S1', parentPrimaryId: 'P-1', values: ['red', 'l'] });
	});

	test('a variant without a word for a heading, or of two parents, is rejected', () => {
		expect(rejectionFor(tee('TEE-RED-L', { size: ' ' }), columns).reasons).toEqual([
			{
				field: 'size',
				value: null,
				reason: 'size is empty, and it says which Size of its parent the variant is.',
				remedy: 'Fill in size in Pimberly.',
			},
		]);
		expect(rejectionFor(tee('TEE-RED-L', {}, { parents: ['TEE', 'SALE'] }), columns).reasons).toMatchObject([
			{ field: 'parents', value: 'TEE, SALE' },
		]);
	});
});

describe('by the Channel', () => {
	test('any code will do; the parent says the headings', () => {
		expect(changeFor(parent, channel).desired.scs).toMatchObject({
			by: 'channel',
			headings: ['Colour', 'Size'],
			parentCode: '',
			values: [],
		});
		const scsOf = (product: Product): DesiredStockItem['scs'] => changeFor(product, channel).desired.scs;
		expect(scsOf(tee('TEE-RED-L'))).toMatchObject({
			values: ['RED', 'L'],
			descriptions: ['Dark Red', 'Large'],
			parentPrimaryId: 'TEE',
		});
		expect(scsOf(tee('4711'))).toMatchObject({ values: ['Dark Red', 'Large'], parentCode: 'TEE' });
		expect(changeFor(tee('4711'), channel).desired.columns['SHORT_DESC']).toBe('Oak Desk Lamp');
	});
});

describe('as plain items', () => {
	test('nothing is said of families', () => {
		expect(changeFor(tee('TEE-RED-L')).desired.scs).toBeUndefined();
	});
});

describe('what can’t be true at once', () => {
	test('a variant that has items, a variant parent that has parents', () => {
		expect(rejectionFor(tee('TEE-RED-L', {}, { items: ['X'] })).reasons).toMatchObject([
			{ field: 'items', reason: expect.stringContaining('is a variant and has items of its own (X)') },
		]);
		const nested: Product = { ...parent, parents: ['RANGE'] };
		expect(rejectionFor(nested)).toMatchObject({
			reasons: [
				{ field: 'parents', reason: expect.stringContaining('is a variant parent and has parents itself (RANGE)') },
			],
		});
		expect(rejectionFor(nested)).not.toHaveProperty('withoutInvalid');
		// Where parents only group products, they are none.
		expect('changes' in mapProduct(nested, demoWith([], { waitForParents: 'variants' }))).toBe(true);
	});
});

describe('a mapping of variants that can’t be', () => {
	const problem = (variants: Variants, rest: Partial<MappingProfileInput> = {}): string => {
		try {
			parseProfile({ ...DEMO_MAPPING, ...rest, variants });
			return '';
		} catch (error) {
			return (error as Error).message;
		}
	};
	const heading = (name: string) => ({ heading: name, attribute: 'colour' });

	test.each<[string, Variants]>([
		['needs a heading at least', { as: 'columns' }],
		['takes 3 headings at most, and 4 are given', { as: 'channel', headings: ['A', 'B', 'C', 'D'].map(heading) }],
		['the heading Colour is there twice', { as: 'channel', headings: [heading('Colour'), heading('colour')] }],
		['without a separator', { as: 'columns', separator: '', headings }],
		['Heading 1: Name the heading.', { as: 'columns', headings: [heading('')] }],
	])('is named: %s', (text, variants) => {
		expect(problem(variants)).toContain(text);
	});

	test('is named: a parent’s code that nothing tells', () => {
		expect(problem({ as: 'columns', headings }, { stockCode: { from: 'attribute', attribute: 'sku' } })).toContain(
			'Parent Stock Code Attribute',
		);
		expect(problem({ as: 'channel', headings }, { stockCode: { from: 'attribute', attribute: 'sku' } })).toBe('');
	});
});
