import { parseProfile, ProfileError } from '../../../lib/catalogue/checkProfile';
import { DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';

const problemsOf = (profile: unknown): string[] => {
	try {
		parseProfile(profile);
	} catch (error) {
		if (error instanceof ProfileError) return error.problems;
		throw error;
	}
	return [];
};
const fields = DEMO_MAPPING.fields as unknown[];
const attribute = (name: string) => ({ from: 'attribute', attribute: name });
const withField = (field: unknown) => problemsOf({ ...DEMO_MAPPING, fields: [...fields, field] });

test('the demo mapping is a mapping', () => {
	expect(problemsOf(DEMO_MAPPING)).toEqual([]);
});

test('a mandatory column that is not mapped is named, all of them at once', () => {
	expect(problemsOf({ ...DEMO_MAPPING, fields: [] })).toEqual(
		['CONTROLLED', 'SHORT_DESC', 'STOCK_TYPE1', 'STOCK_TYPE2', 'BUY_PRICE', 'SELL_PRICE', 'TAX_CODE'].map(
			(column) =>
				`${column} is not mapped, and Khaos needs it in every import; add a field for it (a fixed value will do).`,
		),
	);
});

test('stock levels can’t be mapped', () => {
	expect(withField({ column: 'STOCK_LEVEL', source: attribute('qty') })).toEqual([
		'STOCK_LEVEL: stock levels belong to Khaos Control and are never written; take this field out.',
	]);
});

test.each([
	[
		{ column: 'STOCK_CODE', source: attribute('sku') },
		'STOCK_CODE: the stock code is set by Stock Code From; take this field out.',
	],
	[{ column: 'WEIGHT', source: attribute('w') }, 'WEIGHT is mapped twice; keep one of the fields.'],
	[
		{ column: 'HEIGHT', source: attribute('h'), type: 'text' },
		'HEIGHT: the column takes a number; set Type to Automatic.',
	],
	[{ column: 'WEB', source: attribute('w'), type: 'list' }, 'WEB: the column takes yes or no; set Type to Automatic.'],
	[
		{ column: 'EPOS_DESC', source: attribute('e'), transform: 'opposite' },
		'EPOS_DESC: Opposite works on yes and no only; set Type to Yes or No.',
	],
	[
		{ column: 'EPOS_DESC', source: attribute('e'), multiplyBy: '2' },
		'EPOS_DESC: Multiply By works on numbers only; set Type to Number.',
	],
	[{ column: 'EPOS_DESC', source: attribute(' ') }, 'Field 18 (EPOS_DESC): Name the Pimberly attribute.'],
	[{ column: ' ', source: attribute('e') }, 'Field 18: Name the Khaos column.'],
])('a field that can’t work says so: %j', (field, problem) => {
	expect(withField(field)).toEqual([problem]);
});

test('a default that Khaos could not take is found before the first product', () => {
	expect(withField({ column: 'HEIGHT', source: attribute('h'), default: '1,5' })).toEqual([
		expect.stringContaining("HEIGHT: the default can't be used. “1,5” has a comma in it."),
	]);
});

test('one word can’t stand for two product types', () => {
	const values = { ...DEMO_MAPPING.productType.values, bundle: ['simple'] };
	expect(problemsOf({ ...DEMO_MAPPING, productType: { attribute: 'productType', values } })).toEqual([
		'The product type "simple" stands for two types; keep it in one.',
	]);
});
