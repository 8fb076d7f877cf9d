import type { KhaosSettings } from '../settings';
import { headerCell, type HarmonisationPart } from './columns';

export type Harmonisation = { Code: string; Country: string } & Partial<Record<HarmonisationPart, string>>;

export interface StockItem {
	/** In the case in which it was first imported. */
	code: string;
	stockId: number;
	/** Code of its SCS parent, '' without one. */
	parentCode: string;
	/** By import column, as stored. */
	fields: Record<string, string>;
	/** All barcodes; the first is also in fields. */
	barcodes: string[];
	udas: Record<string, string>;
	harmonisation: Harmonisation[];
	/** Of an SCS child: suffix and description of each level. */
	scs?: { suffixes: string[]; descriptions: string[] };
	/** Of an SCS parent that the channel told: what its children differ in. */
	scsHeadings?: string[];
	/** Stock level; nothing that the sync may do changes it. */
	level: number;
	/** ISO 8601 UTC; null: it came into Khaos otherwise. */
	firstImportedAt: string | null;
	/** Rows imported for it. */
	imports: number;
	/** Milliseconds since 1970: when it was last written. */
	revisedAt: number;
}

export interface KitLink {
	parent: string;
	type: 'pack' | 'build';
	items: Array<{ code: string; qty: number }>;
}

export interface PriceList {
	net: boolean;
	/** Stock code -> band ("1-99999") -> amount as decimal text. */
	rows: Record<string, Record<string, string>>;
}

export interface OrderViolation {
	code: string;
	/** Catalogue parents that Khaos did not hold. */
	missingParents: string[];
	/** ISO 8601 UTC. */
	at: string;
}

export interface LevelWrite {
	/** ISO 8601 UTC. */
	at: string;
	method: string;
	codes: string[];
}

export interface StoredKhaos {
	lastStockId: number;
	items: StockItem[];
	kitLinks: KitLink[];
	priceLists: Record<string, PriceList>;
	levelWrites: LevelWrite[];
	orderViolations: OrderViolation[];
}

/** Stock as the control server seeds or edits it: no rule of the import applies. */
export interface StockEdit {
	code: string;
	/** By import column (also UDA:<Name>, Harmonisation:Code and Harmonisation:Country, and LEVEL); '' clears. */
	set?: Record<string, string>;
	parentCode?: string;
	delete?: boolean;
}

export const stockKey = (code: string): string => code.trim().toUpperCase();

/** What one Khaos database holds. */
export class KhaosStore {
	private readonly items = new Map<string, StockItem>();

	/** SCS parent's key -> keys of its children, in the order they came. */
	private readonly children = new Map<string, Set<string>>();

	readonly kits = new Map<string, KitLink>();

	readonly priceLists: Record<string, PriceList>;

	readonly levelWrites: LevelWrite[];

	readonly orderViolations: OrderViolation[];

	private lastStockId: number;

	/** Catalogue parents of a stock code, by primary id. */
	parentsInCatalogue: (code: string) => string[] = () => [];

	/** Hears of every row that was imported, with its cells by column. */
	onImport: (item: StockItem, cells: Record<string, string>) => void = () => undefined;

	constructor(
		private readonly now: () => number,
		settings: KhaosSettings,
		kept?: StoredKhaos,
	) {
		this.lastStockId = kept?.lastStockId ?? 0;
		this.levelWrites = kept?.levelWrites ?? [];
		this.orderViolations = kept?.orderViolations ?? [];
		this.priceLists = kept?.priceLists ?? {};
		for (const { name, net } of settings.priceLists) this.priceLists[name] ??= { net, rows: {} };
		for (const item of kept?.items ?? []) this.index(item);
		for (const link of kept?.kitLinks ?? []) this.kits.set(stockKey(link.parent), link);
	}

	private index(item: StockItem): void {
		this.items.set(stockKey(item.code), item);
		if (item.parentCode) this.childrenOf(item.parentCode, true).add(stockKey(item.code));
	}

	private childrenOf(parentCode: string, create: boolean): Set<string> {
		const key = stockKey(parentCode);
		let set = this.children.get(key);
		if (!set) {
			set = new Set();
			if (create) this.children.set(key, set);
		}
		return set;
	}

	get(code: string): StockItem | undefined {
		return this.items.get(stockKey(code));
	}

	get count(): number {
		return this.items.size;
	}

	all(): IterableIterator<StockItem> {
		return this.items.values();
	}

	scsChildren(item: StockItem): StockItem[] {
		return [...this.childrenOf(item.code, false)]
			.map((key) => this.items.get(key))
			.filter((child): child is StockItem => child !== undefined);
	}

	/** The item of a code, created when Khaos does not hold it. */
	obtain(code: string, parentCode = ''): StockItem {
		const existing = this.get(code);
		if (existing) return existing;
		this.lastStockId += 1;
		const item: StockItem = {
			code: code.trim(),
			stockId: this.lastStockId,
			parentCode,
			fields: {},
			barcodes: [],
			udas: {},
			harmonisation: [],
			level: 0,
			firstImportedAt: null,
			imports: 0,
			revisedAt: this.now(),
		};
		this.index(item);
		return item;
	}

	/** Make an item the SCS child of another, whatever it was before. */
	placeInFamily(item: StockItem, parent: StockItem, scs: { suffixes: string[]; descriptions: string[] }): void {
		if (item.parentCode) this.childrenOf(item.parentCode, false).delete(stockKey(item.code));
		item.parentCode = parent.code;
		item.scs = scs;
		item.revisedAt = this.now();
		this.childrenOf(parent.code, true).add(stockKey(item.code));
	}

	/** Milliseconds since 1970. */
	time(): number {
		return this.now();
	}

	/** Note that a row was imported for an item; when that created it, check that its catalogue parents were there before. */
	noteImport(item: StockItem, created: boolean, cells: Record<string, string>): void {
		const at = new Date(this.now()).toISOString();
		if (created) {
			item.firstImportedAt = at;
			const missingParents = this.parentsInCatalogue(item.code).filter((parent) => !this.get(parent));
			if (missingParents.length) this.orderViolations.push({ code: item.code, missingParents, at });
		}
		item.imports += 1;
		item.revisedAt = this.now();
		this.onImport(item, cells);
	}

	/** Somebody edits stock behind the sync's back, or it was there before the sync. @throws Error naming a column that does not exist */
	edit({ code, set = {}, parentCode, delete: remove }: StockEdit): StockItem | null {
		if (remove) {
			this.remove(code);
			return null;
		}
		const unknown = Object.keys(set).filter(
			(name) => name !== 'LEVEL' && name !== 'STOCK_CODE' && (headerCell(name) ?? { is: 'scs' }).is === 'scs',
		);
		if (unknown.length) throw new Error(`There is no column ${unknown.join(', ')}`);
		const item = this.obtain(code, parentCode);
		const group: Partial<Record<HarmonisationPart, string>> = {};
		for (const [name, value] of Object.entries(set)) {
			const cell = headerCell(name);
			if (name === 'LEVEL') item.level = Number(value);
			else if (cell?.is === 'uda') setOrDelete(item.udas, cell.uda, value);
			else if (cell?.is === 'harmonisation') group[cell.part] = value;
			else if (name !== 'STOCK_CODE') setOrDelete(item.fields, name, value);
			if (name === 'BARCODE') item.barcodes = value ? [value] : [];
		}
		if (Object.keys(group).length) {
			const merged = { Code: '', Country: '', ...item.harmonisation[0], ...group };
			item.harmonisation = merged.Code ? [merged] : [];
		}
		item.revisedAt = this.now();
		return item;
	}

	private remove(code: string): void {
		const item = this.get(code);
		if (!item) return;
		this.items.delete(stockKey(code));
		if (item.parentCode) this.childrenOf(item.parentCode, false).delete(stockKey(code));
		this.kits.delete(stockKey(code));
		for (const { rows } of Object.values(this.priceLists)) delete rows[item.code];
	}

	noteLevelWrite(method: string, codes: string[]): void {
		this.levelWrites.push({ at: new Date(this.now()).toISOString(), method, codes });
	}

	/** What has to be kept to go on later. */
	kept(): StoredKhaos {
		return {
			lastStockId: this.lastStockId,
			items: [...this.items.values()],
			kitLinks: [...this.kits.values()],
			priceLists: this.priceLists,
			levelWrites: this.levelWrites,
			orderViolations: this.orderViolations,
		};
	}
}

export function setOrDelete(record: Record<string, string>, name: string, value: string): void {
	if (value === '') delete record[name];
	else record[name] = value;
}
