import type { Catalogue, CatalogueProduct } from '../../simulators/catalogue';
import { ean13, generateCatalogue } from '../../simulators/generate';
import type { StockEdit } from '../../simulators/khaos/store';
import type { PimberlyStore, StoredProduct } from '../../simulators/pimberly/store';
import type { Chance } from './chance';

type Attributes = CatalogueProduct['attributes'];

/** Attributes whose edits give a value that the product never had before, so that a value tells which edit it is from. */
const RESTORED = ['itemName', 'longDescription', 'costPrice', 'sellPrice', 'weightKg'] as const;

const pounds = (pence: number): string => `${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`;

/** A small shop: families and simple products, some not ready yet, some invalid, one or two that arrive later. */
export const smallCatalogue = (chance: Chance): Catalogue => shopOf(chance.whole(10, 40), chance);

/** The same of a given size. */
export function shopOf(products: number, chance: Chance): Catalogue {
	const catalogue = generateCatalogue(products, chance.whole(1, 1_000_000));
	for (const product of catalogue.products) {
		if (chance.happens(0.05)) product.attributes.readyForErp = 'false';
		if (chance.happens(0.04)) product.attributes.sellPrice = 'on request';
	}
	return catalogue;
}

/** Some of it is in Khaos already: as Pimberly has it, or with other values. */
export function formerStock(catalogue: Catalogue, chance: Chance): StockEdit[] {
	if (chance.happens(0.5)) return [];
	const share = chance.random() / 2;
	return catalogue.products
		.filter(() => chance.happens(share))
		.map(({ primaryId, attributes }) => ({
			code: primaryId,
			set: {
				SHORT_DESC: chance.happens(0.5) ? String(attributes.itemName) : `Formerly ${primaryId}`,
				STOCK_TYPE1: String(attributes.stockType1),
				STOCK_TYPE2: String(attributes.stockType2),
				BUY_PRICE: chance.happens(0.5) ? String(attributes.costPrice) : '1.23',
				SELL_PRICE: '4.56',
				TAX_CODE: String(attributes.taxCode),
				CONTROLLED: '-1',
				LEVEL: String(chance.whole(0, 90)),
				...(chance.happens(0.3) ? { MANUFACTURER: 'Somebody else', 'UDA:Colour': 'Puce' } : {}),
			},
		}));
}

/** People at work in Pimberly. */
export class Editors {
	private edits = 0;

	/** What products were before an edit, to put it back. */
	private readonly former = new Map<string, Attributes>();

	/** Parents whose variants are there before them. */
	private readonly awaited: CatalogueProduct[] = [];

	/** How often one of a few products is edited that everybody works on. */
	private readonly busyShare: number;

	constructor(
		private readonly store: PimberlyStore,
		private readonly chance: Chance,
	) {
		this.busyShare = chance.pick([0, 0.3, 0.8]);
	}

	/** One edit, of one product or a few. */
	edit(): void {
		const { chance } = this;
		if (chance.happens(0.06)) this.launch();
		else if (chance.happens(0.3) && this.awaited.length > 0) this.arrive(this.awaited.shift()!);
		else {
			const count = chance.happens(0.15) ? chance.whole(2, 8) : 1;
			for (let at = 0; at < count; at += 1) {
				const all = this.store.all();
				this.change(chance.pick(chance.happens(this.busyShare) ? all.slice(0, 5) : all));
			}
		}
	}

	/** Everything that keeps a product from Khaos is put right, but for a few that nothing depends on. */
	finish(): void {
		for (const product of this.awaited.splice(0)) this.arrive(product);
		for (const { primaryId, attributes, parents, items } of [...this.store.all()]) {
			const alone = parents.length === 0 && items.length === 0;
			if (alone && this.chance.happens(0.3)) continue;
			const set: Attributes = {};
			if (attributes.readyForErp !== 'true') set.readyForErp = 'true';
			if (attributes.sellPrice === 'on request') set.sellPrice = this.price();
			if (Object.keys(set).length > 0) this.store.upsert([{ primaryId, attributes: set }]);
		}
	}

	/** An edit of this product, should it still exist. */
	editProduct(primaryId: string): void {
		const product = this.store.get(primaryId);
		if (product) this.change(product);
	}

	/** A parent that its variants were there before. Who makes it links them, and edits only the parent. */
	private arrive(parent: CatalogueProduct): void {
		this.store.upsert([parent]);
	}

	private change({ primaryId, attributes }: StoredProduct): void {
		const { chance } = this;
		const what = chance.random();
		let set: Attributes = {};
		if (what < 0.1) set = {};
		else if (what < 0.2) set = { ...this.former.get(primaryId) };
		else if (what < 0.26) set = { discontinued: attributes.discontinued === 'true' ? 'false' : 'true' };
		else if (what < 0.3) set = { sellPrice: 'on request' };
		else if (what < 0.33) set = { readyForErp: attributes.readyForErp === 'true' ? 'false' : 'true' };
		else if (what < 0.38) set = { weightKg: '' };
		else if (what < 0.42) set = { material: chance.happens(0.5) ? '' : ['Oak', `Brass ${++this.edits}`] };
		else if (what < 0.46) set = { commodityCode: chance.pick(['61091000', '94052140', '82013000']) };
		else {
			if (chance.happens(0.5)) set.sellPrice = this.price();
			if (chance.happens(0.3)) set.costPrice = this.price();
			if (chance.happens(0.4)) set.itemName = `Edited ${++this.edits}`;
			if (chance.happens(0.3)) set.longDescription = `<p>Edition ${++this.edits} &amp; more</p>`;
			if (chance.happens(0.2)) set.weightKg = `0.${String(100 + ++this.edits)}`;
		}
		if (attributes.sellPrice === 'on request' && chance.happens(0.7)) set.sellPrice = this.price();
		if (attributes.readyForErp !== 'true' && chance.happens(0.4)) set.readyForErp = 'true';
		this.former.set(primaryId, Object.fromEntries(RESTORED.map((name) => [name, attributes[name] ?? ''])));
		this.store.upsert([{ primaryId, attributes: set }]);
	}

	/** A new product; a variant may come long before its parent. */
	private launch(): void {
		const number = ++this.edits;
		const attributes: Attributes = {
			itemName: `Launched ${number}`,
			productType: 'Simple',
			stockType1: 'Clothing',
			stockType2: 'T-Shirts',
			costPrice: this.price(),
			sellPrice: this.price(),
			taxCode: '1',
			weightKg: `0.${String(100 + number)}`,
			barcode: ean13(`59${String(number).padStart(10, '0')}`),
			commodityCode: '61091000',
			countryOfOrigin: 'GB',
			brand: 'Northmoor',
			stockControlled: 'true',
			discontinued: 'false',
			readyForErp: 'true',
		};
		const primaryId = `NEW-${1000 + number}`;
		if (this.chance.happens(0.5)) {
			this.store.upsert([{ primaryId, classes: [], parents: [], items: [], attributes }]);
			return;
		}
		const family = this.store.all().find(({ attributes: { productType } }) => productType === 'VariantParent');
		const existing = family !== undefined && this.chance.happens(0.5);
		const parentId = existing ? family.primaryId : `NEW-${1000 + number}-P`;
		const variant = { ...attributes, productType: 'Variant', colour: 'Navy', size: 'M' };
		this.store.upsert([{ primaryId, classes: [], parents: [parentId], items: [], attributes: variant }]);
		if (existing) return;
		this.awaited.push({
			primaryId: parentId,
			classes: [],
			parents: [],
			items: [primaryId],
			attributes: {
				...attributes,
				barcode: '',
				productType: 'VariantParent',
				itemName: `Family ${number}`,
				stockControlled: 'false',
			},
		});
	}

	private price(): string {
		this.edits += 1;
		return pounds(1000 + this.edits);
	}
}
