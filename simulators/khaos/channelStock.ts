import Big from 'big.js';
import type { ChannelClientSettings } from '../settings';
import type { Members, Node } from './channelDocuments';
import { cellFault, headerCell, VAT_RATES } from './columns';
import { relationRefusal } from './relationships';
import { setOrDelete, stockKey, type KhaosStore, type StockItem } from './store';

const text = (node: Node | undefined): string => (typeof node === 'string' ? node : '');
const members = (node: Node | undefined): Members => (typeof node === 'object' && !Array.isArray(node) ? node : {});
export const listOf = (node: Node | undefined): Members[] => (Array.isArray(node) ? node.map(members) : []);
const texts = (node: Node | undefined): string[] => (Array.isArray(node) ? node.map(text) : []);

const TEXTS: Record<string, string> = {
	ShortDescription: 'SHORT_DESC',
	OtherRef: 'OTHER_REF',
	LongDescription: 'LONG_DESC',
	EposDescription: 'EPOS_DESC',
	Availability: 'AVAILABILITY',
	AverageWeight: 'WEIGHT',
	Height: 'HEIGHT',
	Width: 'WIDTH',
	Depth: 'DEPTH',
	ReorderMultiple: 'REORDER_MULTIPLE',
	LeadTime: 'LEAD_TIME',
};
const NAMED: Record<string, string> = {
	StockType1: 'STOCK_TYPE1',
	StockType2: 'STOCK_TYPE2',
	StockType3: 'STOCK_TYPE3',
	StockType4: 'STOCK_TYPE4',
	Manufacturer: 'MANUFACTURER',
};
const OPTIONS: Record<string, string> = {
	PublishOnWeb: 'WEB',
	Discontinued: 'DISCONTINUED',
	DropShipItem: 'DROP_SHIP',
	DiscountsDisabled: 'DISCOUNTS_DISABLED',
	RunToZero: 'RUN_TO_ZERO',
	VatReliefQualified: 'VAT_RELIEF_QUALIFIED',
	StockControlled: 'CONTROLLED',
};
const WEB: Record<string, string> = {
	WebTeaser: 'WEB_TEASER',
	MetaTitle: 'META_TITLE',
	MetaDescription: 'META_DESCRIPTION',
	MetaKeywords: 'META_KEYWORDS',
};
const REQUIRED = [
	'StockID',
	'StockCode',
	'ShortDescription',
	'BuyPrice',
	'SellPrice',
	'TaxRate',
	'StockType1',
	'StockType2',
	'Options',
];
const REQUIRED_OPTIONS = [...Object.keys(OPTIONS), 'FreeText'];
const TAX_NAMES: Record<string, string> = {
	'1': 'Standard',
	'2': 'Zero',
	'3': 'Exempt',
	'4': 'Reduced',
	'5': '17.5%',
	'6': '15%',
};

/** A figure on the side that this Khaos keeps prices on. */
function price(node: Node | undefined, side: 'net' | 'gross', rate: string): string {
	const { Net, Gross } = members(node) as Record<string, string>;
	const own = side === 'net' ? Net : Gross;
	if (own !== undefined) return own;
	const other = side === 'net' ? Gross : Net;
	if (other === undefined) return '';
	const factor = new Big(100).plus(rate).div(100);
	return (side === 'net' ? new Big(other).div(factor) : new Big(other).times(factor))
		.round(2, Big.roundHalfUp)
		.toFixed();
}

/** An item of the feed as import cells; a refusal says why it can't be stored. */
function cellsOf(item: Members, settings: ChannelClientSettings): Record<string, string> | { refusal: string } {
	const missing = REQUIRED.filter((name) => item[name] === undefined || item[name] === '');
	if (missing.length) return { refusal: `${missing.join(', ')} missing` };
	const options = members(item['Options']);
	const unset = REQUIRED_OPTIONS.filter((name) => !/^(true|false)$/i.test(text(options[name])));
	if (unset.length) return { refusal: `Options: ${unset.join(', ')} must be true or false` };
	const tax = members(item['TaxRate']) as Record<string, string>;
	const code = tax['Code'] ?? tax['ID'] ?? Object.keys(TAX_NAMES).find((one) => TAX_NAMES[one] === tax['Name']) ?? '';
	const rate = VAT_RATES[code];
	if (rate === undefined) return { refusal: `There is no tax rate ${JSON.stringify(tax)}` };
	const cells: Record<string, string> = {
		TAX_CODE: code,
		BUY_PRICE: price(item['BuyPrice'], settings.prices, rate),
		SELL_PRICE: price(item['SellPrice'], settings.prices, rate),
	};
	const web = members(item['WebProperties']);
	for (const [name, column] of Object.entries(TEXTS)) if (item[name] !== undefined) cells[column] = text(item[name]);
	for (const [name, column] of Object.entries(WEB)) if (web[name] !== undefined) cells[column] = text(web[name]);
	for (const [name, column] of Object.entries(NAMED))
		if (item[name] !== undefined) cells[column] = text(members(item[name])['Name']);
	for (const [name, column] of Object.entries(OPTIONS))
		cells[column] = /^true$/i.test(text(options[name])) ? '-1' : '0';
	for (const [column, cell] of Object.entries(cells)) {
		const known = headerCell(column);
		if (known?.is !== 'column') continue;
		if (cell.length > known.column.max) return { refusal: `${column} is longer than ${known.column.max} characters` };
		const fault = cellFault(known.column, cell);
		if (fault !== null) return { refusal: fault };
	}
	return cells;
}

export interface Applied {
	codes: string[];
	refused: Array<{ code: string; reason: string }>;
}

/** What this Khaos makes of a StockChanges document, entry by entry. Knows items by the feed's own StockIDs from then on. */
export class ChannelStock {
	/** The feed's StockID -> stock key; Khaos keeps it as a barcode of the type "Website". */
	readonly feedIds = new Map<string, string>();

	private readonly feedIdOf = new Map<string, string>();

	constructor(
		private readonly store: KhaosStore,
		private readonly settings: () => ChannelClientSettings,
	) {}

	/** @param refuses rows that are to be refused although nothing is wrong with them */
	apply(document: Members, refuses: { codes: Set<string> | null; message: string } | null): Applied {
		const applied: Applied = { codes: [], refused: [] };
		listOf(members(document['StockItems'])['Items']).forEach((item, at) => {
			const code = text(item['StockCode']).trim();
			const named = refuses && (refuses.codes ? refuses.codes.has(stockKey(code)) : at === 0);
			const reason = named ? refuses.message : this.applyItem(item, code);
			if (reason === null) applied.codes.push(code);
			else applied.refused.push({ code, reason });
		});
		for (const relationship of listOf(members(document['Relationships'])['Relationships'])) {
			const reason = this.applyRelationship(relationship);
			if (reason !== null) applied.refused.push({ code: text(relationship['StockID']), reason });
		}
		return applied;
	}

	private byFeedId(id: Node | undefined): StockItem | undefined {
		const key = this.feedIds.get(text(id));
		return key === undefined ? undefined : this.store.get(key);
	}

	private applyItem(item: Members, code: string): string | null {
		const cells = cellsOf(item, this.settings());
		if ('refusal' in cells) return cells.refusal as string;
		const existing = this.byFeedId(item['StockID']) ?? this.store.get(code);
		this.feedIds.set(text(item['StockID']), stockKey(existing?.code ?? code));
		this.feedIdOf.set(stockKey(existing?.code ?? code), text(item['StockID']));
		if (existing && this.settings().updates === 'createOnly') return null;
		const stored = existing ?? this.store.obtain(code);
		for (const [column, cell] of Object.entries(cells)) setOrDelete(stored.fields, column, cell);
		const barcodes = listOf(item['Barcodes']).map((one) => text(one['Barcode']));
		if (barcodes.length) {
			stored.barcodes = barcodes;
			stored.fields.BARCODE = barcodes[0]!;
		}
		this.store.noteImport(stored, !existing, { STOCK_CODE: code, ...cells });
		return null;
	}

	private applyRelationship(relationship: Members): string | null {
		const item = this.byFeedId(relationship['StockID']);
		if (!item) return `There is no item with the StockID ${text(relationship['StockID'])}`;
		const { SCSParent, SCSChild, PackType, PackItems } = relationship;
		if (SCSParent !== undefined && SCSChild !== undefined) return 'An item is either an SCS parent or a child';
		if (SCSParent !== undefined) item.scsHeadings = texts(members(SCSParent)['Headings']);
		if (SCSChild !== undefined) {
			const child = members(SCSChild);
			const parent = this.byFeedId(child['ParentStockID']);
			if (!parent?.scsHeadings) return `${text(child['ParentStockID'])} is no SCS parent`;
			const [suffixes, descriptions] = [texts(child['SCSValues']), texts(child['SCSDescriptions'])];
			if (suffixes.length !== parent.scsHeadings.length || descriptions.length !== suffixes.length)
				return `The SCS values of ${item.code} don't fit the headings of ${parent.code}`;
			this.store.placeInFamily(item, parent, { suffixes, descriptions });
		}
		if (PackType === undefined && PackItems === undefined) return null;
		return this.applyPack(item, text(PackType), listOf(PackItems));
	}

	private applyPack(item: StockItem, packType: string, items: Members[]): string | null {
		if (packType === 'None') {
			if (items.length) return 'PackType None goes without PackItems';
			this.store.kits.delete(stockKey(item.code));
			item.revisedAt = this.store.time();
			return null;
		}
		if (!['Pack', 'Build'].includes(packType)) return `PackType must be None, Build or Pack, not "${packType}"`;
		const type = packType === 'Build' ? ('build' as const) : ('pack' as const);
		const lines = items.map((one) => ({
			child: this.byFeedId(one['LinkedStockID'])?.code ?? text(one['LinkedStockID']),
			qty: text(one['Quantity']),
			type,
		}));
		const unknown = items.find((one) => !this.byFeedId(one['LinkedStockID']));
		if (unknown) return `There is no item with the StockID ${text(unknown['LinkedStockID'])}`;
		const refusal = relationRefusal(this.store, item.code, lines);
		if (refusal !== null) return refusal;
		this.store.kits.set(stockKey(item.code), {
			parent: item.code,
			type,
			items: lines.map(({ child, qty }) => ({ code: child, qty: Number(qty) })),
		});
		item.revisedAt = this.store.time();
		return null;
	}

	/** A stock item as Khaos uploads it, under its own id. */
	shown(item: StockItem): Members {
		const { fields } = item;
		const side = this.settings().prices === 'net' ? 'Net' : 'Gross';
		const code = fields.TAX_CODE ?? '1';
		const shownMembers = (of: Record<string, string>): Members =>
			Object.fromEntries(
				Object.entries(of).flatMap(([name, column]) => (fields[column] === undefined ? [] : [[name, fields[column]!]])),
			);
		const web = shownMembers(WEB);
		const feedId = this.feedIdOf.get(stockKey(item.code));
		const barcodes: Node[] = item.barcodes.map((barcode) => ({ Barcode: barcode, Type: { Name: 'GTIN' } }));
		if (feedId !== undefined) barcodes.unshift({ Barcode: feedId, Type: { Name: 'Website' } });
		return {
			StockID: String(item.stockId),
			StockCode: item.code,
			...shownMembers(TEXTS),
			BuyPrice: { [side]: fields.BUY_PRICE ?? '0' },
			SellPrice: { [side]: fields.SELL_PRICE ?? '0' },
			TaxRate: { Name: TAX_NAMES[code] ?? code, Code: code, ID: code },
			...Object.fromEntries(Object.entries(shownMembers(NAMED)).map(([name, value]) => [name, { Name: value }])),
			Options: {
				...Object.fromEntries(
					Object.entries(OPTIONS).map(([name, column]) => [name, fields[column] === '-1' ? 'true' : 'false']),
				),
				FreeText: 'false',
				NonPhysical: 'false',
				CustomOptions: [],
			},
			...(Object.keys(web).length ? { WebProperties: web } : {}),
			SupplierInfo: [],
			Images: [],
			Barcodes: barcodes,
		};
	}
}
