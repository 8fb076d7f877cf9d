import { Oracle, type TrailLine, type Violation } from '../../../scripts/oracle';
import type { LoggedCall } from '../../../simulators/callLog';
import { generateCatalogue } from '../../../simulators/generate';
import { KhaosStore } from '../../../simulators/khaos/store';
import { PimberlyStore } from '../../../simulators/pimberly/store';
import { settingsSchema } from '../../../simulators/settings';

/** A parent with its variants, two systems and their log; what the sync does to them is told call by call. */
class World {
	readonly pimberly = new PimberlyStore(() => this.clock);
	readonly khaos = new KhaosStore(() => this.clock, settingsSchema.parse({}).khaos);
	readonly parent: string;
	readonly variant: string;
	private readonly oracle: Oracle;
	private readonly calls: LoggedCall[] = [];
	private readonly trail: TrailLine[] = [];
	private clock = Date.parse('2026-03-02T08:00:00.000Z');

	constructor(withParts = false) {
		const { attributeTypes, products } = generateCatalogue(60);
		const parent = products.find(
			({ attributes, items }) => attributes.productType === 'VariantParent' && items.length > 0,
		)!;
		const variant = products.find(({ primaryId }) => primaryId === parent.items[0])!;
		this.pimberly.load({ attributeTypes, products: [{ ...parent, items: [variant.primaryId] }, variant] });
		this.khaos.parentsInCatalogue = (code) => this.pimberly.existingParents(code);
		this.oracle = new Oracle(this.pimberly, this.khaos, { entries: () => this.calls }, () => this.clock, withParts);
		this.parent = parent.primaryId;
		this.variant = variant.primaryId;
	}

	get rules(): Array<Violation['rule']> {
		return [...new Set(this.oracle.judge(this.trail).map(({ rule }) => rule))];
	}

	/** Somebody changes a product in Pimberly, and its change is accepted by the ledger. */
	edit(id: string, attributes: Record<string, string>): void {
		this.clock += 1_000;
		this.pimberly.upsert([{ primaryId: id, attributes }]);
		this.note(id, 'replaced');
	}

	accept(id: string): void {
		this.note(id, 'added');
	}

	confirm(id: string): void {
		this.note(id, 'confirmed');
	}

	/** A row as the product is now, or as it was. */
	import(id: string, row: Record<string, string> = this.rowOf(id)): Record<string, string> {
		const created = this.khaos.get(id) === undefined;
		this.khaos.edit({ code: id, set: row });
		this.call({ side: 'khaos', method: 'ImportStockTSV', codes: [id], applied: true });
		this.khaos.noteImport(this.khaos.get(id)!, created, row);
		return row;
	}

	readBack(id: string): void {
		this.call({ side: 'khaos', method: 'ExportStock', codes: [id] });
	}

	live(id: string): void {
		const attributes = { khaosStatus: 'Live', khaosStockId: String(this.khaos.get(id)?.stockId ?? '') };
		this.pimberly.upsert([{ primaryId: id, attributes }]);
		this.call({ side: 'pimberly', method: 'PUT /products/{id}', codes: [id], applied: true, attributes });
	}

	/** Everything as it should be, for one product. */
	sync(id: string): void {
		this.accept(id);
		this.import(id);
		this.readBack(id);
		this.confirm(id);
		this.live(id);
	}

	rowOf(id: string): Record<string, string> {
		const { attributes } = this.pimberly.get(id)!;
		const text = (name: string): string => String(attributes[name] ?? '');
		return {
			SHORT_DESC: text('itemName'),
			LONG_DESC: text('longDescription'),
			STOCK_TYPE1: text('stockType1'),
			STOCK_TYPE2: text('stockType2'),
			BUY_PRICE: text('costPrice'),
			SELL_PRICE: text('sellPrice'),
			TAX_CODE: text('taxCode'),
			WEIGHT: text('weightKg'),
			CONTROLLED: text('productType') === 'VariantParent' || text('stockControlled') === 'false' ? '0' : '-1',
			DISCONTINUED: text('discontinued') === 'true' ? '-1' : '0',
			BARCODE: text('barcode'),
			MANUFACTURER: text('brand'),
			'UDA:Colour': text('colour'),
			'UDA:Size': text('size'),
			'UDA:Material': text('material'),
			'Harmonisation:Code': text('commodityCode'),
			'Harmonisation:Country': text('countryOfOrigin'),
		};
	}

	private call(call: Pick<LoggedCall, 'side' | 'method'> & Partial<LoggedCall>): void {
		this.clock += 1_000;
		const t = new Date(this.clock).toISOString();
		this.calls.push({ seq: this.calls.length + 1, t, status: 200, outcome: 'ok', ms: 1, ...call });
	}

	private note(id: string, event: string): void {
		const version = this.pimberly.get(id)!.dateUpdated;
		const details = JSON.stringify({ fields: ['SHORT_DESC'] });
		this.trail.push({
			at: this.clock,
			kind: 'stockItem',
			key: id.toUpperCase(),
			primary_id: id,
			event,
			version,
			details,
		});
	}
}

describe('the oracle', () => {
	let world: World;
	beforeEach(() => {
		world = new World();
	});

	test('finds nothing where everything is as it should be', () => {
		world.sync(world.parent);
		world.sync(world.variant);
		world.edit(world.variant, { itemName: 'Second edition' });
		world.import(world.variant);
		world.readBack(world.variant);
		world.confirm(world.variant);
		expect(world.rules).toEqual([]);
	});

	test('lost: a product that never arrived', () => {
		world.sync(world.parent);
		expect(world.rules).toContain('lost');
	});

	test('lost: an edit that never arrived', () => {
		world.sync(world.parent);
		world.sync(world.variant);
		world.edit(world.variant, { sellPrice: '99.99' });
		world.confirm(world.variant);
		expect(world.rules).toEqual(['lost']);
	});

	test('order: a variant before its parent is in Khaos', () => {
		world.sync(world.variant);
		world.sync(world.parent);
		expect(world.rules).toEqual(['order']);
	});

	test('order: a variant before its parent was read back', () => {
		world.import(world.parent);
		world.sync(world.variant);
		world.sync(world.parent);
		expect(world.rules).toEqual(['order']);
	});

	test('stale: an older value over a newer one, also where the newer one comes again', () => {
		world.sync(world.parent);
		world.sync(world.variant);
		const older = world.rowOf(world.variant);
		world.edit(world.variant, { itemName: 'Second edition' });
		const newer = world.import(world.variant);
		world.import(world.variant, older);
		world.import(world.variant, newer);
		world.readBack(world.variant);
		world.confirm(world.variant);
		expect(world.rules).toEqual(['stale']);
	});

	test('mixed: a row that is no version of its product', () => {
		world.sync(world.parent);
		world.sync(world.variant);
		world.edit(world.variant, { itemName: 'Second edition', sellPrice: '99.99' });
		const row = world.rowOf(world.variant);
		world.import(world.variant, { ...row, SELL_PRICE: '12.34' });
		world.import(world.variant, row);
		world.readBack(world.variant);
		world.confirm(world.variant);
		expect(world.rules).toEqual(['mixed']);
	});

	test('live: a status before the read-back', () => {
		world.sync(world.parent);
		world.accept(world.variant);
		world.import(world.variant);
		world.live(world.variant);
		world.readBack(world.variant);
		world.confirm(world.variant);
		expect(world.rules).toEqual(['live']);
	});

	test('status: a product in Khaos that Pimberly is not told of', () => {
		world.sync(world.parent);
		world.accept(world.variant);
		world.import(world.variant);
		world.readBack(world.variant);
		world.confirm(world.variant);
		expect(world.rules).toEqual(['status']);
	});

	test('accounting: a change that nobody says the end of', () => {
		world.sync(world.parent);
		world.sync(world.variant);
		world.accept(world.variant);
		expect(world.rules).toEqual(['accounting']);
	});

	test('lost: a list price that never arrived, where the sync brings list prices', () => {
		const watched = new World(true);
		for (const id of [watched.parent, watched.variant]) {
			watched.edit(id, { tradePrice: '12.50', outletPrice: '' });
			watched.sync(id);
		}
		watched.khaos.priceLists['Trade']!.rows = { [watched.parent]: { '1-99999': '12.5' } };
		expect(watched.rules).toEqual(['lost']);

		world.edit(world.parent, { tradePrice: '12.50' });
		world.sync(world.parent);
		world.sync(world.variant);
		expect(world.rules).toEqual([]);
	});

	test('lost: a bundle without its components', () => {
		const watched = new World(true);
		for (const id of [watched.parent, watched.variant]) {
			watched.edit(id, { tradePrice: '', outletPrice: '' });
			watched.sync(id);
		}
		const components = { productType: 'Bundle', components: `${watched.variant}*2` };
		watched.edit(watched.parent, components);
		watched.import(watched.parent);
		watched.readBack(watched.parent);
		watched.confirm(watched.parent);
		expect(watched.rules).toEqual(['lost']);
	});

	test('stock levels: anything that writes one', () => {
		world.sync(world.parent);
		world.sync(world.variant);
		world.khaos.noteLevelWrite('ImportStockLevels', [world.variant]);
		expect(world.rules).toEqual(['stockLevels']);
	});
});
