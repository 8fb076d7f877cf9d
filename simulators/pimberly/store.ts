import { createHash } from 'node:crypto';
import type { AttributeValue, Catalogue, CatalogueProduct } from '../catalogue';

export interface StoredProduct {
	/** 24 hexadecimal digits, ascending in order of creation. */
	internalId: string;
	primaryId: string;
	classes: string[];
	parents: string[];
	items: string[];
	attributes: Record<string, AttributeValue>;
	dateCreated: string;
	dateUpdated: string;
	/** Fingerprint of the catalogue entry it came from; tells an edited file from an untouched one. */
	source?: string;
}

export interface ProductNotice {
	action: 'create' | 'update' | 'delete';
	primaryId: string;
	internalId: string;
}

/** What is kept between runs. */
export interface StoredCatalogue {
	attributeTypes: Record<string, string>;
	/** Products ever created, for the next internal id. */
	created: number;
	products: StoredProduct[];
}

/** Attributes that the sync writes back to; they exist in every account of ours. */
const STATUS_ATTRIBUTES = ['khaosStatus', 'khaosStatusMessage', 'khaosStatusDate', 'khaosStockId'];

const ID_PREFIX = '65f1c0ffee';

const fingerprint = (product: CatalogueProduct): string =>
	createHash('sha1').update(JSON.stringify(product)).digest('base64').slice(0, 12);

/** The products of one account, in internal-id order. */
export class PimberlyStore {
	private products: StoredProduct[] = [];

	private readonly byId = new Map<string, StoredProduct>();

	/** By primary id in upper case: Khaos matches codes without regard to case. */
	private readonly byUpperId = new Map<string, StoredProduct>();

	private created = 0;

	private readonly listeners = new Set<(notice: ProductNotice) => void>();

	readonly attributeTypes: Record<string, string>;

	private readonly known = new Set<string>(STATUS_ATTRIBUTES);

	constructor(
		private readonly now: () => number,
		kept?: StoredCatalogue,
	) {
		this.attributeTypes = { ...kept?.attributeTypes };
		this.created = kept?.created ?? 0;
		for (const product of kept?.products ?? []) this.index(product);
		for (const name of Object.keys(this.attributeTypes)) this.known.add(name);
	}

	/**
	 * Take over a catalogue. Products that came from an equal entry of an earlier run keep what happened to them since;
	 * edited and new entries are merged in as updates.
	 */
	load(catalogue: Catalogue): void {
		for (const [name, type] of Object.entries(catalogue.attributeTypes)) {
			this.attributeTypes[name] = type;
			this.known.add(name);
		}
		const first = this.products.length === 0;
		const start = this.now();
		catalogue.products.forEach((product, index) => {
			const source = fingerprint(product);
			const existing = this.byId.get(product.primaryId);
			if (existing?.source === source) return;
			if (existing) {
				this.merge(existing, product);
				existing.source = source;
				return;
			}
			// One millisecond apart, ending now: distinct, and as old as the run.
			const at = first ? start - (catalogue.products.length - index) : this.now();
			const date = product.dateUpdated ? new Date(product.dateUpdated).toISOString() : new Date(at).toISOString();
			this.index({ ...this.blank(product.primaryId, date), ...structuredClone(product), dateUpdated: date, source });
		});
		this.linkBothWays(catalogue.products.map(({ primaryId }) => primaryId));
	}

	private blank(primaryId: string, date: string): StoredProduct {
		this.created += 1;
		return {
			internalId: ID_PREFIX + this.created.toString(16).padStart(24 - ID_PREFIX.length, '0'),
			primaryId,
			classes: [],
			parents: [],
			items: [],
			attributes: {},
			dateCreated: date,
			dateUpdated: date,
		};
	}

	private index(product: StoredProduct): void {
		this.products.push(product);
		this.byId.set(product.primaryId, product);
		this.byUpperId.set(product.primaryId.trim().toUpperCase(), product);
		for (const name of Object.keys(product.attributes)) this.known.add(name);
	}

	/** A relation that only one of the two products declares holds for both. */
	private linkBothWays(primaryIds: string[]): void {
		const itemsOf = new Map<string, Set<string>>();
		const parentsOf = new Map<string, Set<string>>();
		const noted = (sets: Map<string, Set<string>>, id: string, values: string[]): Set<string> => {
			let set = sets.get(id);
			if (!set) sets.set(id, (set = new Set(values)));
			return set;
		};
		for (const id of primaryIds) {
			const product = this.byId.get(id);
			if (!product) continue;
			for (const parentId of product.parents) {
				const parent = this.byId.get(parentId);
				if (parent) noted(itemsOf, parentId, parent.items).add(id);
			}
			for (const itemId of product.items) {
				const item = this.byId.get(itemId);
				if (item) noted(parentsOf, itemId, item.parents).add(id);
			}
		}
		for (const [id, items] of itemsOf) (this.byId.get(id) as StoredProduct).items = [...items];
		for (const [id, parents] of parentsOf) (this.byId.get(id) as StoredProduct).parents = [...parents];
	}

	/** dateUpdated moves on with every change, also with two in one millisecond. */
	private touch(product: StoredProduct): void {
		product.dateUpdated = new Date(Math.max(this.now(), Date.parse(product.dateUpdated) + 1)).toISOString();
	}

	private merge(product: StoredProduct, change: Partial<CatalogueProduct>): void {
		for (const [name, value] of Object.entries(change.attributes ?? {})) {
			this.known.add(name);
			if (value === '' || (Array.isArray(value) && !value.length)) delete product.attributes[name];
			else product.attributes[name] = value;
		}
		if (change.classes) product.classes = [...change.classes];
		if (change.parents) {
			for (const id of product.parents) this.unlink(this.byId.get(id), 'items', product.primaryId);
			product.parents = [...change.parents];
		}
		if (change.items) {
			for (const id of product.items) this.unlink(this.byId.get(id), 'parents', product.primaryId);
			product.items = [...change.items];
		}
		this.touch(product);
	}

	private unlink(product: StoredProduct | undefined, relation: 'parents' | 'items', primaryId: string): void {
		if (product) product[relation] = product[relation].filter((id) => id !== primaryId);
	}

	/**
	 * Somebody edits products in Pimberly: what is given replaces what was there, '' or [] removes an attribute; dateUpdated
	 * is bumped even when nothing differs. An unknown primary id creates a product.
	 */
	upsert(changes: Array<{ primaryId: string } & Partial<CatalogueProduct>>): StoredProduct[] {
		const changed = changes.map((change) => {
			const existing = this.byId.get(change.primaryId);
			const product = existing ?? this.blank(change.primaryId, new Date(this.now()).toISOString());
			if (existing) this.merge(existing, change);
			else {
				this.merge(product, change);
				this.index(product);
			}
			return { product, action: existing ? ('update' as const) : ('create' as const) };
		});
		this.linkBothWays(changes.map(({ primaryId }) => primaryId));
		for (const { product, action } of changed) this.notify(action, product);
		return changed.map(({ product }) => product);
	}

	/** Somebody, or a feed token, writes attribute values that are valid already; null clears. */
	write(product: StoredProduct, values: Record<string, AttributeValue | null>): void {
		for (const [name, value] of Object.entries(values)) {
			if (value === null) delete product.attributes[name];
			else product.attributes[name] = value;
		}
		this.touch(product);
		this.notify('update', product);
	}

	/** False: there was none. */
	delete(primaryId: string): boolean {
		const product = this.byId.get(primaryId);
		if (!product) return false;
		this.byId.delete(primaryId);
		const upperId = primaryId.trim().toUpperCase();
		if (this.byUpperId.get(upperId) === product) this.byUpperId.delete(upperId);
		this.products.splice(this.firstAfter(product.internalId) - 1, 1);
		for (const id of product.parents) this.unlink(this.byId.get(id), 'items', primaryId);
		for (const id of product.items) this.unlink(this.byId.get(id), 'parents', primaryId);
		this.notify('delete', product);
		return true;
	}

	private notify(action: ProductNotice['action'], { primaryId, internalId }: StoredProduct): void {
		for (const listener of this.listeners) listener({ action, primaryId, internalId });
	}

	/** Hear of every later change. Returns what ends it. */
	onChange(listener: (notice: ProductNotice) => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	get(primaryId: string): StoredProduct | undefined {
		return this.byId.get(primaryId);
	}

	get count(): number {
		return this.products.length;
	}

	/** In internal-id order. */
	all(): readonly StoredProduct[] {
		return this.products;
	}

	hasAttribute(name: string): boolean {
		return this.known.has(name);
	}

	attributeNames(): string[] {
		return [...this.known];
	}

	typeOf(name: string): string {
		return this.attributeTypes[name] ?? 'text';
	}

	/** Related products that exist, in internal-id order. */
	related(product: StoredProduct, relation: 'parents' | 'items'): StoredProduct[] {
		return product[relation]
			.map((id) => this.byId.get(id))
			.filter((found): found is StoredProduct => found !== undefined)
			.sort((a, b) => (a.internalId < b.internalId ? -1 : 1));
	}

	/** Parents of a product whose primary id is this stock code (without regard to case) that exist in the catalogue. */
	existingParents(stockCode: string): string[] {
		const product = this.byId.get(stockCode) ?? this.byUpperId.get(stockCode.trim().toUpperCase());
		return product ? product.parents.filter((id) => this.byId.has(id)) : [];
	}

	/** The position of the first product with a greater internal id. */
	private firstAfter(internalId: string): number {
		let low = 0;
		let high = this.products.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.products[middle] as StoredProduct).internalId <= internalId) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	/** Up to `limit` products after `sinceId`, in internal-id order. */
	page(sinceId: string, limit: number, accepts: (product: StoredProduct) => boolean): StoredProduct[] {
		const rows: StoredProduct[] = [];
		for (
			let index = sinceId ? this.firstAfter(sinceId) : 0;
			index < this.products.length && rows.length < limit;
			index += 1
		) {
			const product = this.products[index] as StoredProduct;
			if (accepts(product)) rows.push(product);
		}
		return rows;
	}

	/** What has to be kept to go on later. */
	kept(): StoredCatalogue {
		return { attributeTypes: this.attributeTypes, created: this.created, products: this.products };
	}
}
