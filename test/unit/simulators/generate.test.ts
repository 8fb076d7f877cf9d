import { parseProfile } from '../../../lib/catalogue/checkProfile';
import { DEMO_KITS_AND_PRICES, DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';
import { mapProduct } from '../../../lib/catalogue/mapProduct';
import type { Product } from '../../../lib/shapes';
import { catalogueSchema, type CatalogueProduct } from '../../../simulators/catalogue';
import { ean13, generateCatalogue } from '../../../simulators/generate';

describe('a generated catalogue', () => {
	const { products, attributeTypes } = generateCatalogue(3000);
	const byId = new Map(products.map((product) => [product.primaryId, product]));
	const ofType = (type: string) => products.filter(({ attributes }) => attributes.productType === type);

	test('is the same every time, and another with another seed', () => {
		expect(generateCatalogue(300)).toEqual(generateCatalogue(300));
		expect(generateCatalogue(300, 2).products).not.toEqual(generateCatalogue(300).products);
	});

	test('has exactly as many products as asked for, in the catalogue format', () => {
		for (const count of [0, 1, 2, 3, 4, 5, 17, 100]) expect(generateCatalogue(count).products).toHaveLength(count);
		expect(() => catalogueSchema.parse({ products, attributeTypes })).not.toThrow();
		expect(byId.size).toBe(3000);
		expect(() => generateCatalogue(1.5)).toThrow(/whole number/);
	});

	test('mixes families, simple products and bundles', () => {
		for (const type of ['VariantParent', 'Variant', 'Simple', 'Bundle'])
			expect(ofType(type).length).toBeGreaterThan(20);
		expect(products.some(({ primaryId }) => primaryId.includes('/'))).toBe(true);
		expect(products.some(({ attributes }) => attributes.outletPrice)).toBe(true);
		expect(products.some(({ attributes }) => attributes.discontinued === 'true')).toBe(true);
	});

	test('variants and parents name each other; some variants come first', () => {
		const position = new Map(products.map(({ primaryId }, index) => [primaryId, index]));
		let childrenFirst = 0;
		for (const variant of ofType('Variant')) {
			const parent = byId.get(variant.parents[0] ?? '');
			expect(parent?.items).toContain(variant.primaryId);
			if ((position.get(variant.primaryId) ?? 0) < (position.get(parent?.primaryId ?? '') ?? 0)) childrenFirst += 1;
		}
		expect(childrenFirst).toBeGreaterThan(0);
		expect(childrenFirst).toBeLessThan(ofType('Variant').length);
	});

	test('bundles hold different products that can be sold', () => {
		for (const bundle of ofType('Bundle')) {
			const codes = String(bundle.attributes.components)
				.split('|')
				.map((part) => /^(.+)\*([1-9]\d*)$/.exec(part)?.[1] ?? part);
			expect(codes.length).toBeGreaterThanOrEqual(2);
			expect(new Set(codes).size).toBe(codes.length);
			for (const code of codes) expect(['Simple', 'Variant']).toContain(byId.get(code)?.attributes.productType);
		}
	});

	test('every value is one that Khaos takes', () => {
		const barcodes = new Set<unknown>();
		for (const { primaryId, attributes } of products) {
			expect(primaryId.length).toBeLessThanOrEqual(30);
			expect(primaryId).not.toMatch(/[#,\t]/);
			expect(attributes.itemName).not.toMatch(/[#\n\t]/);
			for (const price of ['costPrice', 'sellPrice', 'tradePrice']) expect(attributes[price]).toMatch(/^\d+\.\d\d$/);
			expect(Number(attributes.sellPrice)).toBeGreaterThan(Number(attributes.costPrice));
			expect(attributes.commodityCode).toMatch(/^\d{8}$/);
			expect(attributes.countryOfOrigin).toMatch(/^[A-Z]{2}$/);
			if (attributes.barcode === undefined) continue;
			expect(ean13(String(attributes.barcode).slice(0, 12))).toBe(attributes.barcode);
			expect(barcodes.has(attributes.barcode)).toBe(false);
			barcodes.add(attributes.barcode);
		}
		expect(ean13('400638133393')).toBe('4006381333931');
	});
});

describe('a catalogue of so many of each shape', () => {
	const shapes = { simple: 50, families: 300, kits: 200 };
	const { products } = generateCatalogue(shapes);
	const ofType = (type: string, among = products) => among.filter(({ attributes }) => attributes.productType === type);

	test('has exactly those, the same every time, and another seed makes others', () => {
		expect(['Simple', 'VariantParent', 'Bundle'].map((type) => ofType(type).length)).toEqual([50, 300, 200]);
		for (const { items } of ofType('VariantParent')) expect([2, 3, 4, 5, 6]).toContain(items.length);
		expect(generateCatalogue(shapes).products).toEqual(products);
		expect(generateCatalogue(shapes, 2).products).not.toEqual(products);
		expect(products.findIndex(({ attributes }) => attributes.productType === 'Bundle')).toBeLessThan(100);
	});

	test('is one that the demo account’s mapping takes whole, with kits and prices, as plain items or as families', () => {
		const headings = [
			{ heading: 'Colour', attribute: 'colour' },
			{ heading: 'Size', attribute: 'size' },
		];
		for (const variants of [{}, { as: 'columns' as const, headings }]) {
			const profile = parseProfile({ ...DEMO_MAPPING, ...DEMO_KITS_AND_PRICES, variants });
			const kinds = products.flatMap((product) => {
				const mapped = mapProduct(asRead(product), profile);
				if ('rejection' in mapped) throw new Error(JSON.stringify(mapped.rejection.reasons));
				return mapped.changes.map(({ kind }) => kind);
			});
			expect(kinds.filter((kind) => kind === 'kit')).toHaveLength(200);
			expect(kinds.filter((kind) => kind === 'price').length).toBeGreaterThan(products.length);
		}
	});

	test('may hold contradictions, and leaves the others as they are', () => {
		const wrong = generateCatalogue({ ...shapes, contradictions: true }).products;
		expect(wrong.slice(0, products.length)).toEqual(products);
		const profile = parseProfile({ ...DEMO_MAPPING, ...DEMO_KITS_AND_PRICES });
		const rejected = wrong.slice(products.length).flatMap((product) => {
			const mapped = mapProduct(asRead(product), profile);
			return 'rejection' in mapped
				? [`${product.primaryId}: ${mapped.rejection.reasons.map(({ field }) => field).join(', ')}`]
				: [];
		});
		// What is missing elsewhere, or nested, only the ledger can see.
		expect(wrong.slice(products.length).map(({ primaryId }) => primaryId)).toEqual(
			expect.arrayContaining(['SET-MISSING-PART', 'SET-OF-SETS', 'VARIANT-BELOW']),
		);
		expect(rejected).toEqual([
			'SET-EMPTY: components',
			'SET-NO-QUANTITY: components',
			'VARIANT-ALONE: parents',
			'VARIANT-WITH-ITEMS: items',
			'PRICE-ON-APPLICATION: tradePrice',
		]);
	});

	test('needs something to put into its kits', () => {
		expect(() => generateCatalogue({ simple: 1, families: 0, kits: 1 })).toThrow(/Kits need other products/);
		expect(() => generateCatalogue({ simple: 2, families: 0, kits: -1 })).toThrow(/whole number/);
	});
});

const asRead = ({ primaryId, parents, items, classes, attributes }: CatalogueProduct): Product => ({
	primaryId,
	internalId: primaryId,
	dateUpdated: '2026-11-24T09:00:00.000Z',
	parents,
	items,
	classes,
	attributes,
	emission: null,
});
