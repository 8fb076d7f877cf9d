import { changeSchema, rejectionSchema } from '../../../lib/shapes';
import { changeFor, demo, demoWith, lamp, rejectionFor } from './productsAndProfiles';

describe('a product that nothing is wrong with', () => {
	test('becomes one stock item with every mapped column, ready for the import', () => {
		const change = changeFor(lamp({ colour: 'Oak', material: ['Wood', 'LumaTech&trade;'] }));
		expect(changeSchema.parse(change)).toEqual(change);
		expect(change).toMatchObject({
			kind: 'stockItem',
			key: 'LAMP-001',
			version: '2026-08-12T10:15:22.431Z',
			lane: 2,
			needs: [],
			source: {
				primaryId: 'LAMP-001',
				internalId: '65f1c0ffee00000000000002',
				dateUpdated: '2026-08-12T10:15:22.431Z',
			},
			warnings: [],
			emission: 'scan-7',
		});
		expect(change.desired).toEqual({
			stockCode: 'LAMP-001',
			productType: 'Simple',
			parentKey: null,
			settings: {},
			columns: {
				CONTROLLED: '-1',
				SHORT_DESC: 'Oak Desk Lamp',
				LONG_DESC: '<p>Made of oak.</p>',
				STOCK_TYPE1: 'Lighting',
				STOCK_TYPE2: 'Desk Lamps',
				BUY_PRICE: '12.50',
				SELL_PRICE: '29.99',
				TAX_CODE: '1',
				WEIGHT: '1.40',
				BARCODE: '5012345678900',
				MANUFACTURER: 'Luma',
				DISCONTINUED: '0',
				'Harmonisation:Code': '94052190',
				'Harmonisation:Country': 'GB',
				'UDA:Colour': 'Oak',
				'UDA:Size': null,
				'UDA:Material': 'Wood, LumaTech™',
			},
		});
		expect(change.changedFields).toContain('SELL_PRICE');
		expect(change.changedFields).not.toContain('UDA:Size');
	});

	test('is sent in the case that Pimberly has, under a key in upper case', () => {
		const { key, desired } = changeFor(lamp({}, { primaryId: ' lamp-001a ' }));
		expect([key, desired.stockCode]).toEqual(['LAMP-001A', 'lamp-001a']);
	});

	test('carries the time of our read as its version, marked so, where Pimberly gives no date', () => {
		const change = changeFor(lamp({}, { dateUpdated: '2026-08-12T10:15:22Z', dateUpdatedIsReadTime: true }));
		expect(change.version).toBe('2026-08-12T10:15:22.000Z');
		expect(change.source.dateUpdatedIsReadTime).toBe(true);
	});

	test('as a bundle is a plain stock item', () => {
		const change = changeFor(lamp({ productType: 'Bundle', components: 'A*2|B*1' }));
		expect(change).toMatchObject({ kind: 'stockItem', needs: [], desired: { productType: 'Bundle' } });
	});
});

describe('variants and their parents', () => {
	const variant = (rest = {}) =>
		lamp({ productType: 'Variant' }, { primaryId: 'LAMP-001-S', parents: ['Lamp-001'], ...rest });

	test('a variant needs its parent, under the key that the parent has', () => {
		const change = changeFor(variant());
		expect(change.needs).toEqual([{ kind: 'stockItem', key: changeFor(lamp({}, { primaryId: 'Lamp-001' })).key }]);
		expect(change.desired.parentKey).toBe('LAMP-001');
	});

	test('a variant of two parents needs both, one that is named twice only once, itself never', () => {
		const { needs } = changeFor(variant({ parents: ['A', 'B', 'A', '', 'LAMP-001-S'] }));
		expect(needs.map(({ key }) => key)).toEqual(['A', 'B']);
	});

	test('a variant that Pimberly names no parent for is rejected', () => {
		expect(rejectionFor(variant({ parents: [] })).reasons).toEqual([
			{
				field: 'parents',
				value: null,
				reason: 'The product is a variant, and Pimberly names no parent for it.',
				remedy: 'Add LAMP-001-S to the items of its parent in Pimberly, or correct productType.',
			},
		]);
	});

	test('a variant parent is never stock controlled, whatever its attribute says', () => {
		for (const stockControlled of ['true', 'false', '', 'perhaps']) {
			const parent = lamp({ productType: 'VariantParent', stockControlled }, { items: ['LAMP-001-S'] });
			expect(changeFor(parent).desired.columns['CONTROLLED']).toBe('0');
		}
		expect(changeFor(variant()).desired.columns['CONTROLLED']).toBe('-1');
	});

	test('where the stock code is another attribute, the parent is named by what the variant says of it', () => {
		const profile = demoWith([], { stockCode: { from: 'attribute', attribute: 'sku', parentAttribute: 'styleSku' } });
		const change = changeFor(
			lamp({ productType: 'Variant', sku: 'S1-red', styleSku: 's1' }, { parents: ['P-9'] }),
			profile,
		);
		expect([change.key, change.needs]).toEqual(['S1-RED', [{ kind: 'stockItem', key: 'S1' }]]);
		expect(change.desired.parentKey).toBe('S1');
	});

	test('or else by its primary id, for the ledger to find', () => {
		const profile = demoWith([], { stockCode: { from: 'attribute', attribute: 'sku' } });
		const change = changeFor(lamp({ productType: 'Variant', sku: 'S1-red' }, { parents: ['p-9'] }), profile);
		expect(change.needs).toEqual([{ kind: 'stockItem', key: 'primaryId:p-9' }]);
		expect(change.desired.parentKey).toBeNull();
	});

	test('any product that has parents waits for them, unless only variants shall', () => {
		const part = lamp({}, { parents: ['RANGE-1'] });
		expect(changeFor(part).needs).toEqual([{ kind: 'stockItem', key: 'RANGE-1' }]);
		expect(changeFor(part, demoWith([], { waitForParents: 'variants' })).needs).toEqual([]);
	});
});

describe('the type of a product', () => {
	test.each([
		[{ items: ['X'] }, 'VariantParent'],
		[{ parents: ['X'] }, 'Variant'],
		[{}, 'Simple'],
	])('with none given is worked out from %j, with a warning', (relations, productType) => {
		const change = changeFor(lamp({ productType: ' ' }, relations));
		expect(change.desired.productType).toBe(productType);
		expect(change.warnings).toEqual([
			{
				field: 'productType',
				message: `productType is empty; by its parents and items the product was taken as ${productType}.`,
			},
		]);
	});

	test('goes by relations without a warning when no attribute tells it', () => {
		const profile = demoWith([], { productType: { ...demo.productType, attribute: '' } });
		expect(changeFor(lamp({ productType: 'Nonsense' }), profile).warnings).toEqual([]);
	});

	test('is recognised in any case', () => {
		expect(changeFor(lamp({ productType: 'SIMPLE' })).desired.productType).toBe('Simple');
	});

	test('that the mapping does not know is a reason, which names those that it knows', () => {
		const { reasons } = rejectionFor(lamp({ productType: 'Gift card' }));
		expect(reasons).toHaveLength(1);
		expect(reasons[0]).toMatchObject({ field: 'productType', value: 'Gift card' });
		expect(reasons[0]?.reason).toContain('Simple, VariantParent, Variant, Bundle');
	});
});

describe('the stock code', () => {
	const codeReasons = (primaryId: string) => rejectionFor(lamp({}, { primaryId })).reasons.map(({ reason }) => reason);

	test('over 50 characters is rejected, over 30 is a warning', () => {
		expect(codeReasons('A'.repeat(60))).toEqual(['The stock code has 60 characters, and Khaos takes 50.']);
		expect(changeFor(lamp({}, { primaryId: 'A'.repeat(50) })).warnings).toHaveLength(1);
		expect(changeFor(lamp({}, { primaryId: 'A'.repeat(30) })).warnings).toEqual([]);
	});

	test('with a # or a line break is rejected, with a comma it is a warning', () => {
		expect(codeReasons('A#1')).toEqual(['The stock code holds a #, which Khaos does not support.']);
		expect(codeReasons('A\n1')).toEqual(['The stock code holds a tab, a line break or another control character.']);
		expect(changeFor(lamp({}, { primaryId: 'A,1' })).warnings.map(({ field }) => field)).toEqual(['Primary ID']);
	});

	test('is a key, so nothing in it is decoded', () => {
		expect(changeFor(lamp({}, { primaryId: 'A&amp;B' })).desired.stockCode).toBe('A&amp;B');
	});

	test('that is empty is a reason, and the rejection has no key', () => {
		const rejection = rejectionFor(lamp({}), demoWith([], { stockCode: { from: 'attribute', attribute: 'sku' } }));
		expect(rejection).toMatchObject({ primaryId: 'LAMP-001', key: '', reasons: [{ field: 'sku', value: null }] });
	});
});

describe('a product that can’t be sent', () => {
	test('is rejected with every reason at once, each with field, value, reason and remedy', () => {
		const rejection = rejectionFor(
			lamp(
				{ sellPrice: '12,50', costPrice: '', itemName: 'Lamp #5', taxCode: '7', stockControlled: 'perhaps' },
				{ primaryId: 'L'.repeat(60) },
			),
		);
		expect(rejectionSchema.parse(rejection)).toEqual(rejection);
		expect(rejection.reasons.map(({ field, value }) => [field, value])).toEqual([
			['Primary ID', 'L'.repeat(60)],
			['stockControlled', 'perhaps'],
			['itemName', 'Lamp #5'],
			['costPrice', null],
			['sellPrice', '12,50'],
			['taxCode', '7'],
		]);
		for (const { reason, remedy } of rejection.reasons) {
			expect(reason).toMatch(/\.$/);
			expect(remedy).toMatch(/\.$/);
		}
		expect(rejection).toMatchObject({
			emission: 'scan-7',
			source: { primaryId: 'LAMP-001'.replace(/.*/, 'L'.repeat(60)) },
		});
		expect(rejection.withoutInvalid).toBeUndefined();
	});

	test('a price with a comma is rejected with how to write it', () => {
		expect(rejectionFor(lamp({ sellPrice: '12,50' })).reasons).toEqual([
			{
				field: 'sellPrice',
				value: '12,50',
				reason: '“12,50” has a comma in it. SELL_PRICE takes a plain decimal number.',
				remedy: 'Write it as 12.50.',
			},
		]);
	});

	test('a missing mandatory field is named with the column that needs it', () => {
		expect(rejectionFor(lamp({ costPrice: null })).reasons).toEqual([
			{
				field: 'costPrice',
				value: null,
				reason: 'costPrice is empty, and Khaos needs BUY_PRICE on every stock item.',
				remedy: 'Fill in costPrice in Pimberly, or give the field a default in the mapper.',
			},
		]);
	});

	test('because of descriptive fields only, can go without them if the item exists', () => {
		const { withoutInvalid, reasons } = rejectionFor(lamp({ itemName: 'Lamp #5' }));
		expect(reasons).toHaveLength(1);
		expect(withoutInvalid?.desired['columns']).not.toHaveProperty('SHORT_DESC');
		expect(withoutInvalid?.desired['columns']).toMatchObject({ SELL_PRICE: '29.99', LONG_DESC: '<p>Made of oak.</p>' });
		expect(withoutInvalid).toMatchObject({ key: 'LAMP-001', emission: 'scan-7' });
	});

	test('because of a field that Khaos owns, can go without it as well', () => {
		const profile = demoWith([{ column: 'BUY_PRICE', owner: 'khaos' }]);
		expect(rejectionFor(lamp({ costPrice: '12,50' }), profile).withoutInvalid?.desired['columns']).not.toHaveProperty(
			'BUY_PRICE',
		);
	});

	test('because of a price as well, can’t', () => {
		expect(rejectionFor(lamp({ itemName: 'Lamp #5', sellPrice: 'POA' })).withoutInvalid).toBeUndefined();
	});

	test('a field that was made urgent on the canvas is not descriptive any more', () => {
		const urgent = demoWith([{ column: 'SHORT_DESC', lane: 3 }]);
		expect(rejectionFor(lamp({ itemName: 'Lamp #5' }), urgent).withoutInvalid).toBeUndefined();
	});
});

describe('the commodity code', () => {
	test('without a country is left out with a warning, country and all', () => {
		const change = changeFor(lamp({ countryOfOrigin: '' }));
		expect(Object.keys(change.desired.columns).filter((column) => column.startsWith('Harmonisation'))).toEqual([]);
		expect(change.warnings.map(({ field }) => field)).toEqual(['Harmonisation:Code']);
	});

	test('that is missing is nothing to warn about', () => {
		expect(changeFor(lamp({ commodityCode: null })).warnings).toEqual([]);
	});
});

describe('what is set on a field', () => {
	test('travels with the change as far as it differs from what is known of the column', () => {
		const profile = demoWith([
			{ column: 'BUY_PRICE', owner: 'khaos' },
			{ column: 'SELL_PRICE', lane: 1 },
			{ column: 'WEIGHT', lane: 4, readBack: 'NET_WEIGHT' },
			{ column: 'UDA:Watts', source: { from: 'attribute', attribute: 'watts' }, type: 'number' },
			{ column: 'FINISH', source: { from: 'attribute', attribute: 'finish' }, type: 'list' },
		]);
		expect(changeFor(lamp(), profile).desired.settings).toEqual({
			BUY_PRICE: { owner: 'khaos' },
			WEIGHT: { lane: 4, readBack: 'NET_WEIGHT' },
			'UDA:Watts': { compare: 'number' },
			FINISH: { compare: 'list' },
		});
	});

	test('a mandatory column that Khaos owns may be empty: a new item gets the documented default', () => {
		const change = changeFor(lamp({ costPrice: '' }), demoWith([{ column: 'BUY_PRICE', owner: 'khaos' }]));
		expect(change.desired.columns['BUY_PRICE']).toBeNull();
		expect(change.changedFields).not.toContain('BUY_PRICE');
	});

	test('required fields and defaults', () => {
		const required = demoWith([{ column: 'BARCODE', required: true }]);
		expect(rejectionFor(lamp({ barcode: '' }), required).reasons[0]?.reason).toBe(
			'barcode is empty, and the mapping requires it for BARCODE.',
		);
		const withDefault = demoWith([{ column: 'STOCK_TYPE2', default: 'Other' }]);
		expect(changeFor(lamp({ stockType2: ' ' }), withDefault).desired.columns['STOCK_TYPE2']).toBe('Other');
	});

	test('translated values, fixed values and the primary id as sources', () => {
		const profile = demoWith([
			{ column: 'TAX_CODE', translate: { Standard: '1', 'Zero rated': '2' } },
			{ column: 'CONTROLLED', source: { from: 'fixed', value: '-1' } },
			{ column: 'OTHER_REF', source: { from: 'primaryId' }, transform: 'lowerCase' },
			{ column: 'WEIGHT', multiplyBy: '0.001' },
			{ column: 'WEB', source: { from: 'attribute', attribute: 'hideOnWeb' }, transform: 'opposite' },
		]);
		const { columns } = changeFor(lamp({ taxCode: ' zero RATED ', weightKg: 350, hideOnWeb: 'Yes' }), profile).desired;
		expect(columns).toMatchObject({ TAX_CODE: '2', CONTROLLED: '-1', OTHER_REF: 'lamp-001', WEIGHT: '0.35', WEB: '0' });
		expect(rejectionFor(lamp({ taxCode: 'Odd' }), profile).reasons[0]?.value).toBe('Odd');
	});
});

test('attributes that are named like parts of JavaScript objects are only attributes', () => {
	const profile = demoWith([{ column: 'AVAILABILITY', source: { from: 'attribute', attribute: 'constructor' } }]);
	expect(changeFor(lamp(), profile).desired.columns['AVAILABILITY']).toBeNull();
});
