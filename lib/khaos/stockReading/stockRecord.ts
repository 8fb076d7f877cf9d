import { keyOf } from '../../shapes';
import { listValues } from '../comparison';
import { childOf, innerMarkup, valueOf, type XmlElement } from '../webServices/xml';

/** A user-defined attribute of an item. A LIST has several values, any other type one. */
export interface UserDefined {
	name: string;
	/** CHOICE, DATE, LIST, YES/NO; anything else is text. */
	type: string;
	value: string;
	values: string[];
}

/** How an item is linked with another (contract 2.5; the quantity counts for packs). */
export interface Link {
	stockCode: string;
	type: 'upSell' | 'crossSell' | 'pack' | 'associated' | 'other';
	value: string;
}

/** An image of a stock item: what Khaos says of it, without its content. */
export interface StockImage {
	name: string;
	description: string;
	fileName: string;
	type: string;
}

/** An item as ExportStock shows it; SCS children are items of their own here. */
export interface StockRecord {
	stockCode: string;
	stockId: string;
	/** The code of the SCS parent that it came in; '' for others. */
	parentCode: string;
	/** By element name in upper case: only what the document holds, as text. */
	elements: Record<string, string>;
	barcodes: string[];
	userDefined: UserDefined[];
	links: Link[];
	images: StockImage[];
	/** For an SCS parent its headings (Colour, Size). */
	scsHeadings: string[];
	/** For an SCS child the style of each heading: (Red, Large). */
	scsStyles: string[];
}

const LINK_TYPES: Readonly<Record<string, Link['type']>> = { 1: 'upSell', 2: 'crossSell', 3: 'pack', 4: 'associated' };

/** Nested parts that aren't fields of the item. */
const PARTS = new Set([
	'BARCODES',
	'STOCK_IMAGES',
	'USER_DEFINED',
	'USER_DEFINED_FIELDS',
	'LINKED_ITEMS',
	'SCS',
	'STOCK_OPTION',
	'STYLE',
]);

/**
 * Fields that an SCS child shares with its parent where its own element is missing: they belong to the range, not to the
 * single size or colour (contract 5: children inherit the parent's values).
 */
const INHERITED = ['STOCK_TTYPE', 'STOCK_TYPE', 'STOCK_MID_TYPE', 'STOCK_SUB_TYPE', 'VAT_RATE', 'MANUFACTURER'];

const named = (element: XmlElement, name: string): XmlElement[] =>
	element.children.filter((child) => child.name.toUpperCase() === name);

/** Text of an element, of its first element with a text where it has elements (a barcode with its type, say). */
function ownText(element: XmlElement): string {
	if (element.children.length === 0) return element.text.trim();
	const value = childOf(element, element.name, 'VALUE', 'CODE');
	return (value ?? element.children[0]!).text.trim();
}

function barcodesOf(item: XmlElement): string[] {
	const listed = named(item, 'BARCODES').flatMap((part) => (part.children.length > 0 ? part.children : [part]));
	return [...listed, ...named(item, 'BARCODE')].map(ownText).filter((barcode) => barcode !== '');
}

function userDefinedOf(item: XmlElement): UserDefined[] {
	const parts = [...item.children, ...named(item, 'USER_DEFINED_FIELDS').flatMap((part) => part.children)];
	return parts
		.filter((part) => part.name.toUpperCase() === 'USER_DEFINED')
		.flatMap((part) => {
			const name = valueOf(part, 'NAME');
			if (name === undefined || name === '') return [];
			const type = (part.attributes.TYPE ?? part.attributes.type ?? '').trim().toUpperCase();
			const value = innerMarkup(part).trim();
			return [{ name, type, value, values: type === 'LIST' ? listValues(value) : value === '' ? [] : [value] }];
		});
}

function linksOf(item: XmlElement): Link[] {
	return named(item, 'LINKED_ITEMS')
		.flatMap((part) => part.children)
		.flatMap((link) => {
			const stockCode = valueOf(link, 'STOCK_CODE');
			if (!stockCode) return [];
			return [
				{
					stockCode,
					type: LINK_TYPES[valueOf(link, 'LINK_TYPE') ?? ''] ?? 'other',
					value: valueOf(link, 'LINK_VALUE') ?? '',
				},
			];
		});
}

function imagesOf(item: XmlElement): StockImage[] {
	return named(item, 'STOCK_IMAGES')
		.flatMap((part) => part.children)
		.map((image) => ({
			name: valueOf(image, 'IMAGE_NAME') ?? '',
			description: valueOf(image, 'IMAGE_DESC') ?? '',
			fileName: valueOf(image, 'FILE_NAME') ?? '',
			type: valueOf(image, 'IMAGE_TYPE') ?? '',
		}));
}

function recordOf(item: XmlElement, parent: StockRecord | null, styles: string[]): StockRecord | null {
	const fields = item.children
		.filter((child) => !PARTS.has(child.name.toUpperCase()))
		.map((child): [string, string] => [child.name.toUpperCase(), innerMarkup(child).trim()]);
	const elements = Object.fromEntries(fields);
	const stockCode = (elements.STOCK_CODE ?? item.attributes.CODE ?? '').trim();
	if (stockCode === '') return null;
	if (parent) {
		// In a child the description has another name (contract 2.5).
		if (elements.STOCK_DESC === undefined && elements.DESCRIPTION !== undefined)
			elements.STOCK_DESC = elements.DESCRIPTION;
		for (const name of INHERITED) elements[name] ??= parent.elements[name] ?? '';
	}
	return {
		stockCode,
		stockId: (elements.STOCK_ID ?? item.attributes.ID ?? '').trim(),
		parentCode: parent?.stockCode ?? '',
		elements,
		barcodes: barcodesOf(item),
		userDefined: userDefinedOf(item),
		links: linksOf(item),
		images: imagesOf(item),
		scsHeadings: named(item, 'SCS').flatMap((scs) => named(scs, 'HEADING').map((heading) => heading.text.trim())),
		scsStyles: styles,
	};
}

/** Children of an SCS tree, one STYLE level a heading, at any depth. */
function childrenOf(part: XmlElement, parent: StockRecord, styles: string[]): StockRecord[] {
	return part.children.flatMap((child) => {
		const name = child.name.toUpperCase();
		if (name === 'SCS_ITEM') {
			const record = recordOf(child, parent, styles);
			return record ? [record] : [];
		}
		if (name !== 'STYLE') return [];
		return childrenOf(child, parent, [...styles, valueOf(child, 'DESCRIPTION') ?? '']);
	});
}

/**
 * Every item of an ExportStock document, SCS children beside their parents. The root's name doesn't matter (contract 2.5).
 */
export function stockRecords(document: XmlElement): StockRecord[] {
	if (document.name.toUpperCase() !== 'STOCK_ITEM') return document.children.flatMap(stockRecords);
	const record = recordOf(document, null, []);
	if (!record) return [];
	return [record, ...named(document, 'SCS').flatMap((scs) => childrenOf(scs, record, []))];
}

/** By key. Where a code comes twice (alone and inside its parent), the one that knows its parent counts. */
export function recordsByKey(records: StockRecord[]): Map<string, StockRecord> {
	const byKey = new Map<string, StockRecord>();
	for (const record of records) {
		const key = keyOf(record.stockCode);
		if (!byKey.has(key) || record.parentCode !== '') byKey.set(key, record);
	}
	return byKey;
}
