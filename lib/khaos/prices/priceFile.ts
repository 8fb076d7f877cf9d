import Big from 'big.js';

import { keyOf, type DesiredPrice, type Reason } from '../../shapes';
import { tabSeparated, type ImportFile, type ImportFiles, type Newline } from '../importFile';
import { overlappingAmong, priceProblems } from './prices';
import { encodeXmlAttribute, encodeXmlText } from '../webServices/xml';

/** How the file of Khaos Control Cloud, with a column for each list, is written. */
export interface CloudPriceFileOptions {
	newline?: Newline;
	/**
	 * What a blank cell does is not documented: it may clear a price (contract 16). `separate` (the default): lists share a
	 * file only for the rows that all of them have; `list`: a file for each list; `blank`: one file, with blank cells.
	 */
	withoutPrice?: 'separate' | 'list' | 'blank';
}

interface Row<T> {
	stockCode: string;
	bandLow: number;
	bandHigh: number;
	/** By list. */
	entries: Map<string, T>;
}

const amount = (price: DesiredPrice): string => new Big(price.amount).toFixed(2);

/** Rows by item and band: items in the order in which they come, bands from low to high. */
function rowsOf<T extends { price: DesiredPrice }>(entries: T[]): Array<Row<T>> {
	const items = new Map<string, Map<string, Row<T>>>();
	for (const entry of entries) {
		const { stockCode, priceList, bandLow, bandHigh } = entry.price;
		const item = items.get(keyOf(stockCode)) ?? new Map<string, Row<T>>();
		items.set(keyOf(stockCode), item);
		const band = `${bandLow}-${bandHigh}`;
		const row = item.get(band) ?? { stockCode: stockCode.trim(), bandLow, bandHigh, entries: new Map() };
		item.set(band, row);
		row.entries.set(priceList, entry);
	}
	return [...items.values()].flatMap((bands) => [...bands.values()].sort((one, other) => one.bandLow - other.bandLow));
}

/** Entries that no file can hold, with every reason; and the others. */
function sorted<T extends { price: DesiredPrice }>(entries: T[]): { good: T[]; refused: ImportFiles<T>['refused'] } {
	const clashes = overlappingAmong(entries.map(({ price }) => price));
	const refused: ImportFiles<T>['refused'] = [];
	const good = entries.filter((entry) => {
		const clash = clashes.get(entry.price);
		const reasons = [...priceProblems(entry.price), ...(clash ? [clash] : [])];
		if (reasons.length > 0) refused.push({ entry, reasons });
		return reasons.length === 0;
	});
	return { good, refused };
}

/** Khaos Control Cloud's price file: STOCK_CODE, BAND_LOW, BAND_HIGH and a column for each list (contract 6). */
export function cloudPriceFiles<T extends { price: DesiredPrice }>(
	entries: T[],
	options: CloudPriceFileOptions = {},
): ImportFiles<T> {
	const { newline = '\r\n', withoutPrice = 'separate' } = options;
	const { good, refused } = sorted(entries);
	const lists = [...new Set(good.map(({ price }) => price.priceList))];
	const groups = new Map<string, { lists: string[]; rows: Array<Row<T>> }>();
	const put = (names: string[], row: Row<T>) => {
		const name = names.join('\t');
		const group = groups.get(name) ?? { lists: names, rows: [] };
		group.rows.push(row);
		groups.set(name, group);
	};
	for (const row of rowsOf(good)) {
		const held = lists.filter((list) => row.entries.has(list));
		if (withoutPrice === 'blank') put(lists, row);
		else if (withoutPrice === 'separate') put(held, row);
		else for (const list of held) put([list], row);
	}
	const files = [...groups.values()].map((group): ImportFile<T> => {
		const table = [
			['STOCK_CODE', 'BAND_LOW', 'BAND_HIGH', ...group.lists],
			...group.rows.map((row) => [
				row.stockCode,
				String(row.bandLow),
				String(row.bandHigh),
				...group.lists.map((list) => {
					const entry = row.entries.get(list);
					return entry ? amount(entry.price) : '';
				}),
			]),
		];
		return {
			kind: group.lists.join(' and '),
			tool: 'Price list import of Khaos Control Cloud',
			content: tabSeparated(table, newline),
			rows: group.rows.length,
			entries: group.rows.flatMap((row) =>
				group.lists.flatMap((list) => {
					const entry = row.entries.get(list);
					return entry ? [entry] : [];
				}),
			),
		};
	});
	return { files, refused };
}

/** How the desktop's export names a list; its name contains this (contract 6). */
export const LIST_ELEMENT = 'StockItem-CustomerClassifications';

/**
 * The desktop's XML price lists, a file for each list: as its export, but without the `<?xml` line and without the calculated
 * columns, which can't be imported (contract 6).
 */
export function desktopPriceFiles<T extends { price: DesiredPrice }>(
	entries: T[],
	options: { newline?: Newline; listElement?: string } = {},
): ImportFiles<T> {
	const { newline = '\r\n', listElement = LIST_ELEMENT } = options;
	const { good: plain, refused } = sorted(entries);
	const netOf = new Map(plain.map(({ price }) => [price.priceList, price.net] as const).reverse());
	const good = plain.filter((entry) => netOf.get(entry.price.priceList) === entry.price.net);
	for (const entry of plain) if (!good.includes(entry)) refused.push({ entry, reasons: [mixedTax(entry.price)] });
	const lists = [...new Set(good.map(({ price }) => price.priceList))];
	const files = lists.map((list): ImportFile<T> => {
		const rows = rowsOf(good.filter(({ price }) => price.priceList === list));
		const held = rows.map((row) => row.entries.get(list)!);
		const net = held[0]!.price.net ? '-1' : '0';
		const lines = [
			`<${listElement} CompClass="${encodeXmlAttribute(list)}" PricelistNet="${net}">`,
			...held.map(
				({ price }) =>
					`<StockItem><StockCode>${encodeXmlText(price.stockCode.trim())}</StockCode><QtyStart>${price.bandLow}</QtyStart><QtyEnd>${price.bandHigh}</QtyEnd><AmountValue>${amount(price)}</AmountValue></StockItem>`,
			),
			`</${listElement}>`,
		];
		return {
			kind: list,
			tool: 'Promotion > Import/Export > Import > XML Price Lists',
			content: lines.join(newline),
			rows: held.length,
			entries: held,
		};
	});
	return { files, refused };
}

/** Khaos keeps per list whether its prices are with tax (contract 6). */
const mixedTax = (price: DesiredPrice): Reason => ({
	field: price.priceList,
	value: price.amount,
	reason: `The price of ${price.stockCode} in ${price.priceList} is one ${price.net ? 'without' : 'with'} tax, and others of the same list are not`,
	remedy: 'Map all prices of a list either with or without tax.',
});
