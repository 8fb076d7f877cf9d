import { catalogueSchema } from '../../../simulators/catalogue';
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
