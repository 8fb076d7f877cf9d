import type { Dialect, KhaosSettings } from '../settings';
import { VAT_RATES } from './columns';
import { stockKey, type KhaosStore, type StockItem } from './store';

/** An XML element as XMLBuilder takes it: attributes are members that begin with `@_`, text is `#text`. */
export type Xml = { [name: string]: Xml | Xml[] | string | string[] };

const ENTITIES: Record<string, string> = {
	amp: '&',
	lt: '<',
	gt: '>',
	quot: '"',
	apos: "'",
	nbsp: ' ',
	bull: '•',
	trade: '™',
	reg: '®',
	copy: '©',
	eacute: 'é',
	rsquo: '’',
	lsquo: '‘',
	rdquo: '”',
	ldquo: '“',
	ndash: '–',
	mdash: '—',
	hellip: '…',
	deg: '°',
};

const decoded = (text: string): string =>
	text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole: string, decimal?: string, hex?: string, name?: string) => {
		if (name) return ENTITIES[name] ?? whole;
		return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex ?? '0', 16));
	});

function longDescription(text: string, style: KhaosSettings['longDescription']): string {
	if (style === 'decoded') return decoded(text);
	return style === 'respaced' ? text.replace(/\s+/g, ' ').replace(/> </g, '>\n<').trim() : text;
}

function number(text: string, style: KhaosSettings['numbers']): string {
	if (text === '' || style === 'asSent') return text;
	const [whole = '0', fraction = ''] = text.split('.');
	const short = fraction.replace(/0+$/, '');
	if (style === 'fourDecimals') return `${whole}.${fraction.padEnd(4, '0')}`;
	return short ? `${whole}.${short}` : whole;
}

const FLAGS = ['WEB', 'DISCONTINUED', 'DROP_SHIP', 'DISCOUNTS_DISABLED', 'RUN_TO_ZERO', 'VAT_RELIEF_QUALIFIED'];
const NUMBERS = ['WEIGHT', 'HEIGHT', 'WIDTH', 'DEPTH', 'LEAD_TIME', 'REORDER_MULTIPLE', 'PURCHASE_MULTIPLE'];
const TEXTS = [
	'EPOS_DESC',
	'WEB_TEASER',
	'MANUFACTURER',
	'SUPPLIER_STOCK_CODE',
	'AVAILABILITY',
	'META_TITLE',
	'META_DESCRIPTION',
	'META_KEYWORDS',
];

/** A LIST is shown as a comma-separated list in quotes (khaos-control-api 2.5). */
const udaText = (type: string, value: string): string =>
	type === 'LIST'
		? value
				.split(',')
				.map((entry) => `"${entry.trim()}"`)
				.join(',')
		: value;

function body(item: StockItem, settings: KhaosSettings, descriptionElement: string): Xml {
	const { fields } = item;
	const text = (column: string): string => fields[column] ?? '';
	const flag = (column: string): string => fields[column] ?? '0';
	const amount = (column: string): string => number(text(column), settings.numbers);
	const xml: Xml = {
		STOCK_ID: String(item.stockId),
		STOCK_CODE: item.code,
		ASSOCIATED_REF: text('OTHER_REF'),
		[descriptionElement]: text('SHORT_DESC'),
		LONG_DESC: longDescription(text('LONG_DESC'), settings.longDescription),
		BUY_PRICE: amount('BUY_PRICE'),
		SELL_PRICE: amount('SELL_PRICE'),
		VAT_RATE: VAT_RATES[text('TAX_CODE')] ?? '',
		STOCK_TTYPE: text('STOCK_TYPE1'),
		STOCK_TYPE: text('STOCK_TYPE2'),
		STOCK_MID_TYPE: text('STOCK_TYPE3'),
		STOCK_SUB_TYPE: text('STOCK_TYPE4'),
		STOCK_CONTROLLED: flag('CONTROLLED'),
		DELETED: '0',
	};
	for (const column of TEXTS) xml[column] = text(column);
	for (const column of NUMBERS) xml[column] = amount(column);
	for (const column of FLAGS) xml[column] = flag(column);
	if (item.barcodes.length) xml.BARCODES = { BARCODE: item.barcodes };
	const udas = Object.entries(item.udas);
	if (udas.length) {
		xml.USER_DEFINED = udas.map(([name, value]) => {
			const type = settings.udaTypes[name] ?? 'TEXT';
			return { '@_NAME': name, '@_TYPE': type, '#text': udaText(type, value) };
		});
	}
	return xml;
}

const HEADINGS = ['Colour', 'Size', 'Style'];

interface Style {
	description: string;
	suffix: string;
	styles: Map<string, Style>;
	items: Xml[];
}

function scsTree(parent: StockItem, children: StockItem[], settings: KhaosSettings): Xml {
	const root: Style = { description: '', suffix: '', styles: new Map(), items: [] };
	let depth = 1;
	for (const child of children) {
		const suffixes = child.scs?.suffixes.length
			? child.scs.suffixes
			: [child.code.slice(parent.code.length).replace(/^[^\p{L}\p{N}]+/u, '') || child.code];
		depth = Math.max(depth, suffixes.length);
		let at = root;
		suffixes.forEach((suffix, level) => {
			let next = at.styles.get(suffix);
			if (!next)
				at.styles.set(
					suffix,
					(next = { description: child.scs?.descriptions[level] ?? suffix, suffix, styles: new Map(), items: [] }),
				);
			at = next;
		});
		at.items.push(body(child, settings, 'DESCRIPTION'));
	}
	const shape = ({ description, suffix, styles, items }: Style): Xml => ({
		DESCRIPTION: description,
		SCS_CODE_SUFFIX: suffix,
		...(styles.size && { STYLE: [...styles.values()].map(shape) }),
		...(items.length && { SCS_ITEM: items }),
	});
	return { HEADING: HEADINGS.slice(0, depth), STYLE: [...root.styles.values()].map(shape) };
}

function stockItem(store: KhaosStore, item: StockItem, settings: KhaosSettings): Xml {
	const xml = body(item, settings, 'STOCK_DESC');
	const kit = store.kits.get(stockKey(item.code));
	if (kit && (kit.type === 'pack' || settings.buildsInExport)) {
		xml.LINKED_ITEMS = {
			LINK_ITEM: kit.items.map(({ code, qty }) => ({ STOCK_CODE: code, LINK_TYPE: '3', LINK_VALUE: String(qty) })),
		};
	}
	const children = store.scsChildren(item);
	if (children.length) xml.SCS = scsTree(item, children, settings);
	return xml;
}

export type MappingType = 'code' | 'otherRef' | 'description';

/** The items that a comma-separated list names, in its order, each once; unknown codes are simply absent. */
export function itemsNamed(store: KhaosStore, names: string, mapping: MappingType): StockItem[] {
	const wanted = names
		.split(',')
		.map((name) => name.trim())
		.filter(Boolean);
	if (!wanted.length) return [...store.all()];
	if (mapping === 'code') {
		const found = new Set<StockItem>();
		for (const name of wanted) {
			const item = store.get(name);
			if (item) found.add(item);
		}
		return [...found];
	}
	const keys = new Set(wanted.map(stockKey));
	return [...store.all()].filter(({ fields }) =>
		keys.has(stockKey((mapping === 'otherRef' ? fields.OTHER_REF : fields.SHORT_DESC) ?? '')),
	);
}

/**
 * The ExportStock document (khaos-control-api 2.5). An SCS child is shown inside its parent only: asked for alone it is
 * absent.
 */
export function exportStock(
	store: KhaosStore,
	items: StockItem[],
	settings: KhaosSettings,
	dialect: Dialect,
): { document: Xml; rows: number } {
	const shown = items.filter(({ parentCode }) => !parentCode || !store.get(parentCode));
	return {
		document: { [dialect.exportRoot]: { STOCK_ITEM: shown.map((item) => stockItem(store, item, settings)) } },
		rows: shown.length,
	};
}

/** The ExportStockStatus document (khaos-control-api 2.6): one row for each item and site. */
export function exportStockStatus(
	items: StockItem[],
	settings: KhaosSettings,
	siteId: number,
): { document: Xml; rows: number } {
	const sites = settings.sites.filter(({ id }) => siteId === -1 || id === siteId);
	const rows = items.flatMap((item) =>
		sites.map(({ name }, index) => ({
			'@_ID': String(item.stockId),
			'@_CODE': item.code,
			'@_DESC': item.fields.SHORT_DESC ?? '',
			'@_OTHER_REF': item.fields.OTHER_REF ?? '',
			LEVEL: String(index === 0 ? item.level : 0),
			SITE: name,
			ON_ORDER_LEVEL: '0',
			MAX_BO_QTY: '0',
			BUY_PRICE: number(item.fields.BUY_PRICE ?? '', settings.numbers),
			SELL_PRICE: number(item.fields.SELL_PRICE ?? '', settings.numbers),
			SAFE_LEVEL: '0',
			MIN_LEVEL: '0',
			BUILD_POTENTIAL_CHILDREN: '0',
		})),
	);
	return { document: { STOCK_STATUS: { STOCK_ITEM: rows } }, rows: rows.length };
}
