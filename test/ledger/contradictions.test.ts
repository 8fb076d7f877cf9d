import { generateCatalogue } from '../../simulators/generate';
import { SyncedShop } from './syncedShop';

describe('a catalogue with products that contradict themselves or others', () => {
	let shop: SyncedShop;
	const catalogue = generateCatalogue({ simple: 8, families: 3, kits: 4, contradictions: true });

	beforeAll(async () => {
		shop = await SyncedShop.open('sqlite', catalogue);
		await shop.sync();
		// What waits for something that is nowhere is told after an hour.
		shop.story.later(shop.ledger.settings.heldTooLongMs + 60_000);
		await shop.ledger.housekeeping();
	}, 60_000);
	afterAll(async () => await shop.close());

	test('each is one exception that names product, field, reason and remedy', async () => {
		const told = (await shop.ledger.exceptions()).map(({ type, primaryId, field }) => `${primaryId}: ${type} ${field}`);
		expect(told.sort()).toEqual([
			'PRICE-ON-APPLICATION: invalidProduct tradePrice',
			'SET-EMPTY: invalidProduct components',
			'SET-MISSING-PART: heldTooLong components',
			'SET-NO-QUANTITY: invalidProduct components',
			'SET-OF-SETS: invalidProduct components',
			'VARIANT-ALONE: invalidProduct parents',
			'VARIANT-BELOW: invalidProduct parents',
		]);
		for (const { reason, remedy } of await shop.ledger.exceptions()) expect([reason, remedy]).not.toContain('');
	});

	test('every other product is in Khaos with its kit and its prices', () => {
		const { stockItems, kitLinks, priceLists } = shop.simulators.control.state().khaos as {
			stockItems: Record<string, unknown>;
			kitLinks: Record<string, unknown>;
			priceLists: Record<string, { rows: Record<string, unknown> }>;
		};
		const ids = (type?: string) =>
			generateCatalogue({ simple: 8, families: 3, kits: 4 }).products.flatMap(({ primaryId, attributes }) =>
				type === undefined || attributes.productType === type ? [primaryId] : [],
			);
		expect(Object.keys(stockItems)).toEqual(expect.arrayContaining(ids()));
		expect(Object.keys(kitLinks).sort()).toEqual(ids('Bundle').sort());
		expect(Object.keys(priceLists['Trade']!.rows)).toEqual(expect.arrayContaining(ids()));
	});

	test('of a contradictory one nothing is half written', () => {
		const held = (code: string) => shop.simulators.khaos.get(code);
		for (const code of ['SET-EMPTY', 'SET-NO-QUANTITY', 'VARIANT-ALONE', 'VARIANT-BELOW'])
			expect(held(code)).toBeUndefined();
		// Of these only the price, or what hangs below it, is at fault.
		for (const code of ['PRICE-ON-APPLICATION', 'VARIANT-WITH-ITEMS']) expect(held(code)).toBeDefined();
	});
});
