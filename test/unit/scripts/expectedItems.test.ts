import {
	differencesOf,
	expectedStatus,
	isReady,
	type AccountProduct,
	type ShownItem,
} from '../../../scripts/expectedItems';

const lamp: AccountProduct = {
	primaryId: 'LAMP-001',
	attributes: {
		itemName: 'Oak &amp; Brass\nDesk Lamp',
		longDescription: '<p>Solid&nbsp;oak.</p>',
		productType: 'Simple',
		stockType1: 'Lighting',
		stockType2: 'Desk Lamps',
		costPrice: '12.50',
		sellPrice: '29.99',
		taxCode: '1',
		weightKg: '1.400',
		barcode: '5012345678900',
		commodityCode: '94052140',
		countryOfOrigin: 'GB',
		brand: 'Fell & Beck',
		stockControlled: 'true',
		discontinued: 'false',
		colour: 'Natural',
		material: ['Oak', 'Brass'],
		readyForErp: 'true',
		tradePrice: '21.00',
	},
};

const shownLamp: ShownItem = {
	stockCode: 'Lamp-001',
	elements: {
		STOCK_DESC: 'OAK & BRASS DESK LAMP',
		LONG_DESC: '<p>Solid oak.</p> ',
		STOCK_TTYPE: 'Lighting',
		STOCK_TYPE: 'Desk Lamps',
		BUY_PRICE: '12.5000',
		SELL_PRICE: '29.99',
		VAT_RATE: '20',
		WEIGHT: '1.4',
		MANUFACTURER: 'Fell & Beck',
		STOCK_CONTROLLED: '-1',
		DISCONTINUED: '0',
	},
	barcodes: ['LAMP-OLD', '5012345678900'],
	userDefined: { Colour: 'Natural', Size: '', Material: '"Brass", Oak' },
	commodityCodes: ['94052140'],
	countries: ['GB'],
	components: [],
	prices: { Trade: '21.0000' },
};

const withAttributes = (attributes: Record<string, unknown>): AccountProduct => ({
	...lamp,
	attributes: { ...lamp.attributes, ...attributes },
});
const withElements = (elements: Record<string, string>): ShownItem => ({
	...shownLamp,
	elements: { ...shownLamp.elements, ...elements },
});

describe('what Khaos holds beside the catalogue', () => {
	test('is equal when it means the same, however it is written', () => {
		expect(differencesOf(lamp, shownLamp)).toEqual([]);
	});

	test('an item that is not there is one difference', () => {
		expect(differencesOf(lamp, undefined)).toEqual([
			{ primaryId: 'LAMP-001', kind: 'stockItem', field: 'stock code', expected: 'LAMP-001', actual: 'not in Khaos' },
		]);
	});

	test.each([
		['sellPrice', { SELL_PRICE: '29.90' }],
		['costPrice', { BUY_PRICE: '' }],
		['itemName', { STOCK_DESC: 'Oak Desk Lamp' }],
		['longDescription', { LONG_DESC: '<p>Solid pine.</p>' }],
		['taxCode', { VAT_RATE: '5' }],
		['stockControlled', { STOCK_CONTROLLED: '0' }],
		['discontinued', { DISCONTINUED: '-1' }],
	])('%s tells a wrong value', (field, elements) => {
		expect(differencesOf(lamp, withElements(elements)).map((difference) => difference.field)).toEqual([field]);
	});

	test('barcode, user-defined attributes, commodity code and country are looked at as well', () => {
		const item: ShownItem = {
			...shownLamp,
			barcodes: [],
			userDefined: { Colour: 'Black', Material: 'Oak' },
			commodityCodes: [],
			countries: ['PT'],
		};
		expect(differencesOf(lamp, item).map(({ field }) => field)).toEqual([
			'barcode',
			'colour',
			'material',
			'commodityCode',
			'countryOfOrigin',
		]);
	});

	test('a value that Pimberly does not have must not be left in Khaos', () => {
		const item = { ...shownLamp, userDefined: { ...shownLamp.userDefined, Size: 'XL' } };
		expect(differencesOf(lamp, item)).toEqual([
			{ primaryId: 'LAMP-001', kind: 'stockItem', field: 'size', expected: '', actual: 'XL' },
		]);
	});

	test('nought is how Khaos shows no weight', () => {
		expect(differencesOf(withAttributes({ weightKg: undefined }), withElements({ WEIGHT: '0.000' }))).toEqual([]);
	});

	test('a variant parent holds no stock, whatever its attribute says', () => {
		const parent = withAttributes({ productType: 'VariantParent' });
		expect(differencesOf(parent, withElements({ STOCK_CONTROLLED: '0' }))).toEqual([]);
		expect(differencesOf(parent, shownLamp).map(({ field }) => field)).toEqual(['stockControlled']);
	});

	test.each(['0', 'False', 'N', 'no', ''])(
		'a yes or no that Pimberly leaves open is the %j that Khaos shows',
		(shown) => {
			const product = withAttributes({ discontinued: '' });
			const item = { ...shownLamp, elements: { ...shownLamp.elements, DISCONTINUED: shown } };
			expect(differencesOf(product, item)).toEqual([]);
		},
	);

	test('a description that Khaos keeps in capitals is the same, whatever its letters', () => {
		const product = withAttributes({ itemName: 'Große Lampe' });
		const item = { ...shownLamp, elements: { ...shownLamp.elements, STOCK_DESC: 'GROSSE LAMPE' } };
		expect(differencesOf(product, item)).toEqual([]);
	});

	test('a commodity code goes only together with a country', () => {
		const product = withAttributes({ countryOfOrigin: '' });
		expect(differencesOf(product, { ...shownLamp, commodityCodes: [], countries: [] })).toEqual([]);
	});

	test('what nobody shows is not compared', () => {
		expect(differencesOf(lamp, { ...shownLamp, commodityCodes: null, countries: null })).toEqual([]);
	});
});

test('a product that says it is not ready is not expected in Khaos', () => {
	expect(isReady(lamp)).toBe(true);
	expect(isReady(withAttributes({ readyForErp: 'false' }))).toBe(false);
});

test('a product is Live once it is in Khaos, unless it is discontinued', () => {
	expect(expectedStatus(lamp)).toBe('Live');
	expect(expectedStatus(withAttributes({ discontinued: 'true' }))).toBe('Pending');
});

describe('kits and prices beside the catalogue', () => {
	const set = withAttributes({ productType: 'Bundle', components: 'BULB-E27*2 | lamp-001' });
	const withComponents = (...components: ShownItem['components']): ShownItem => ({ ...shownLamp, components });

	test('components are the same in any order and case, with their quantities as numbers', () => {
		const shown = withComponents({ code: 'LAMP-001', quantity: '1' }, { code: 'BULB-E27', quantity: '2.00' });
		expect(differencesOf(set, shown)).toEqual([]);
	});

	test('a missing component and a wrong quantity are differences of the kit', () => {
		expect(differencesOf(set, withComponents())).toMatchObject([{ kind: 'kit', field: 'components', actual: '' }]);
		const shown = withComponents({ code: 'LAMP-001', quantity: '1' }, { code: 'BULB-E27', quantity: '3' });
		expect(differencesOf(set, shown)).toHaveLength(1);
	});

	test('of a product that is no bundle, nothing is said of components', () => {
		expect(differencesOf(lamp, withComponents({ code: 'BULB-E27', quantity: '2' }))).toEqual([]);
	});

	test('a price that is missing from its list, or another one, is a difference of the price', () => {
		const another = { ...shownLamp, prices: { Trade: '20.99' } };
		expect(differencesOf(lamp, another)).toEqual([
			{ primaryId: 'LAMP-001', kind: 'price', field: 'tradePrice', expected: '21.00', actual: '20.99' },
		]);
		expect(differencesOf(lamp, { ...shownLamp, prices: {} })).toHaveLength(1);
		expect(differencesOf(lamp, { ...shownLamp, prices: null })).toEqual([]);
	});
});
