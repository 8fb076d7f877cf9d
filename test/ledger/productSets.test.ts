import { parseProfile } from '../../lib/catalogue/checkProfile';
import { DEMO_MAPPING } from '../../lib/catalogue/demoMapping';
import { generateCatalogue } from '../../simulators/generate';
import { SyncedShop } from './syncedShop';

describe('a bundle whose components are a product set', () => {
	let shop: SyncedShop;
	afterEach(async () => await shop.close());

	test('read by a feed token, it names products by internal ids; the kit is related by their stock codes', async () => {
		const catalogue = generateCatalogue({ simple: 3, families: 0, kits: 0 });
		const [first, second, third] = catalogue.products;
		for (const product of catalogue.products) product.attributes['sku'] = `SKU/${product.primaryId}`;
		// Before its components in the list, as it may be.
		catalogue.products.unshift({
			...third!,
			primaryId: 'GIFT',
			attributes: {
				...third!.attributes,
				sku: 'GIFT-SET',
				productType: 'Bundle',
				contents: [first!.primaryId, second!.primaryId],
				howMany: ['2', '0.5'],
				barcode: '',
			},
		});
		catalogue.attributeTypes['contents'] = 'productSet';
		const mapping = parseProfile({
			...DEMO_MAPPING,
			stockCode: { from: 'attribute', attribute: 'sku' },
			kits: {
				components: { from: 'productSet', attribute: 'contents', quantityAttribute: 'howMany' },
				namedBy: 'internalId',
			},
		});
		shop = await SyncedShop.open('sqlite', catalogue, { mapping });
		await shop.sync();
		const { kitLinks } = shop.simulators.control.state().khaos as { kitLinks: Record<string, unknown> };
		expect(kitLinks['GIFT-SET']).toEqual({
			parent: 'GIFT-SET',
			type: 'pack',
			items: [
				{ code: `SKU/${first!.primaryId}`, qty: 2 },
				{ code: `SKU/${second!.primaryId}`, qty: 0.5 },
			],
		});
		expect(await shop.ledger.exceptions()).toEqual([]);
	});
});
