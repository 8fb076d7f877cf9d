import type { KhaosClient } from '../webServices/client';
import { decimal, yesOrNo } from '../comparison';
import { KhaosFault } from '../webServices/fault';
import { resultDocument } from '../webServices/soap';
import { readingOf } from '../stockReading/stockExport';
import { sameName, valueOf, walk, XmlError, type XmlElement } from '../webServices/xml';

/** A row of a price list as Khaos shows it (contract 6). Amounts are decimal text, '' where Khaos shows none. */
export interface PriceRow {
	stockCode: string;
	stockId: string;
	description: string;
	/** The quantity band, from 1 on; a band without an end goes to 99999. */
	bandLow: number;
	bandHigh: number;
	/** The amount that the row holds, without the discount or the mark-up that it may hold in its place. */
	amount: string;
	/** In percent of the sell price. */
	discount: string;
	/** In percent of the buy price. */
	markUp: string;
	/** What Khaos makes of it: the price that counts. */
	calculatedPrice: string;
	/** In percent. */
	taxRate: string;
}

export interface PriceList {
	name: string;
	/** Whether its prices are without tax; null where Khaos doesn't say. */
	net: boolean | null;
	rows: PriceRow[];
}

/** The base band begins here, the top one ends there (contract 6). */
export const FIRST_QUANTITY = 1;
export const LAST_QUANTITY = 99_999;

const LIST_ELEMENT = sameName('StockItem-CustomerClassifications');

const isList = (element: XmlElement): boolean =>
	sameName(element.name).includes(LIST_ELEMENT) ||
	Object.keys(element.attributes).some((name) => sameName(name) === 'compclass');

function quantity(text: string | undefined, otherwise: number): number {
	const value = decimal(text ?? '');
	// Nought is no quantity: where Khaos says so, it means the first or the last one.
	return value === null || value.lt(1) ? otherwise : Number(value.round(0, 0).toString());
}

function rowOf(element: XmlElement): PriceRow | null {
	const stockCode = valueOf(element, 'StockCode');
	if (!stockCode) return null;
	const shown = (...names: string[]) => valueOf(element, ...names) ?? '';
	return {
		stockCode,
		// An attribute `id` would be a reference's (contract 2.1).
		stockId: shown('StockID'),
		description: shown('StockDesc'),
		bandLow: quantity(valueOf(element, 'QtyStart'), FIRST_QUANTITY),
		bandHigh: quantity(valueOf(element, 'QtyEnd'), LAST_QUANTITY),
		amount: shown('AmountValue'),
		discount: shown('DiscountValue'),
		markUp: shown('MarkUp'),
		calculatedPrice: shown('CalculatedPrice'),
		taxRate: shown('TaxRate'),
	};
}

function listOf(element: XmlElement, nameOfOnlyList: string): PriceList {
	const net = valueOf({ ...element, children: [] }, 'PricelistNet');
	const rows: PriceRow[] = [];
	for (const inner of walk(element)) {
		const row = inner === element ? null : rowOf(inner);
		if (row) rows.push(row);
	}
	return {
		name: element.attributes.CompClass ?? valueOf({ ...element, children: [] }, 'CompClass') ?? nameOfOnlyList,
		net: net === undefined || net === '' ? null : yesOrNo(net),
		rows,
	};
}

/** Lists that come in several parts (one an item, say) are one list. */
function merged(lists: PriceList[]): PriceList[] {
	const byName = new Map<string, PriceList>();
	for (const list of lists) {
		const known = byName.get(list.name);
		if (known) {
			known.rows.push(...list.rows);
			known.net ??= list.net;
		} else byName.set(list.name, list);
	}
	return [...byName.values()];
}

/**
 * The price lists of a document: an export of Khaos, or an import file made of one. Any root, any prefixes (contract 6).
 *
 * Throws XmlError where there are price rows that belong to no list.
 */
export function priceListsIn(document: XmlElement, asked: string[] = []): PriceList[] {
	const elements: XmlElement[] = [];
	const find = (element: XmlElement): void => {
		if (isList(element)) elements.push(element);
		else element.children.forEach(find);
	};
	find(document);
	const only = asked.length === 1 ? asked[0]! : '';
	const lists = merged(elements.map((element) => listOf(element, only)));
	const nameless = lists.some((list) => list.name.trim() === '');
	if (nameless || (lists.length === 0 && [...walk(document)].some((element) => valueOf(element, 'StockCode')))) {
		throw new XmlError(`it holds prices in a shape that isn't known (its root is ${document.name})`);
	}
	return lists;
}

function listsIn(result: XmlElement, asked: string[]): PriceList[] {
	const document = resultDocument(result);
	if (document === null) return [];
	if (document.children.length === 0 && document.text.trim() !== '') {
		throw new XmlError(`it is a text, not a price list: ${document.text}`);
	}
	return priceListsIn(document, asked);
}

export interface PriceListOptions {
	/** The part of ExportPriceList that takes the list's name, which no public document shows. */
	exportPriceListParameter?: string;
}

const EXPORT_PRICE_LIST_PARAMETER = 'PriceList';

/** What the vendor's module sends as PriceListType (contract 2.4). */
const PRICE_LIST_TYPE = '3';

/**
 * Reads price lists with the method that the server has: ExportPriceListEx, or else ExportPriceList. Which one is found out
 * by the first call and remembered.
 */
export class PriceListReader {
	private method: 'ExportPriceListEx' | 'ExportPriceList' | null = null;

	constructor(
		private readonly client: KhaosClient,
		private readonly options: PriceListOptions = {},
	) {}

	/**
	 * One price list; null where the export holds no list of that name (it doesn't exist, or has no rows yet). Names are
	 * matched as they are spelled.
	 *
	 * Throws KhaosFault and KhaosUnknownOutcome.
	 */
	async read(name: string): Promise<PriceList | null> {
		const lists = await this.export(name);
		return lists.find((list) => list.name === name) ?? null;
	}

	private async export(name: string): Promise<PriceList[]> {
		// ExportPriceListEx takes names separated by commas, so a name that holds one goes to the method for a single list.
		if (this.method === 'ExportPriceList' || name.includes(',')) return await this.single(name);
		if (this.method === 'ExportPriceListEx') return await this.several(name);
		try {
			const lists = await this.several(name);
			this.method = 'ExportPriceListEx';
			return lists;
		} catch (error) {
			if (!(error instanceof KhaosFault) || error.kind !== 'methodNotFound') throw error;
		}
		const lists = await this.single(name);
		this.method = 'ExportPriceList';
		return lists;
	}

	private async several(name: string): Promise<PriceList[]> {
		const result = await this.client.call('ExportPriceListEx', [
			{ name: 'PriceLists', type: 'string', value: name },
			{ name: 'PriceListType', type: 'int', value: PRICE_LIST_TYPE },
		]);
		return readingOf('ExportPriceListEx', () => listsIn(result, [name]));
	}

	private async single(name: string): Promise<PriceList[]> {
		const parameter = this.options.exportPriceListParameter ?? EXPORT_PRICE_LIST_PARAMETER;
		const result = await this.client.call('ExportPriceList', [{ name: parameter, type: 'string', value: name }]);
		return readingOf('ExportPriceList', () => listsIn(result, [name]));
	}
}

const NAME_NAMES = ['Name', 'PriceListName', 'PriceList', 'ListName', 'CompClass', 'Description'];

function namesIn(result: XmlElement): string[] {
	const document = resultDocument(result);
	if (document === null) return [];
	if (document.children.length === 0) {
		const text = document.text.trim();
		return text === '' ? [] : text.split(/\r\n|\n|\r/).map((name) => name.trim());
	}
	const names: string[] = [];
	const gather = (element: XmlElement): void => {
		const name = valueOf(element, ...NAME_NAMES);
		if (name !== undefined && element.children.every((child) => child.children.length === 0)) names.push(name);
		else if (element.children.length > 0) element.children.forEach(gather);
		else if (element.text.trim() !== '') names.push(element.text.trim());
	};
	document.children.forEach(gather);
	return names;
}

/**
 * GetPriceLists: the names of the price lists that exist (contract 2.4).
 *
 * Throws KhaosFault and KhaosUnknownOutcome.
 */
export async function getPriceLists(client: KhaosClient): Promise<string[]> {
	const result = await client.call('GetPriceLists', []);
	return [...new Set(readingOf('GetPriceLists', () => namesIn(result)))].filter((name) => name !== '');
}
