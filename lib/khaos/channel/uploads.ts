import Big from 'big.js';

import type { PriceReadBack, ReadBack } from '../../shapes';
import { decimal, yesOrNo } from '../comparison';
import { FIELDS } from './fields';
import type { ChannelSettings } from './settings';
import { readUpload, UploadError, type Part } from './uploadDocument';

export { LARGEST_UPLOAD, UploadError } from './uploadDocument';

/** What a StockUpload says Khaos holds (khaos-control-api 4.6). */
export interface StockUpload {
	items: ReadBack[];
	/** Khaos's own ids of items that it no longer holds, or their stock codes. */
	deleted: string[];
	/** How many items have no stock code: nothing can be said of them, and the others are none the worse for it. */
	unreadable: number;
}

/** The columns that an upload shows of every item. */
export const SHOWN_COLUMNS: readonly string[] = FIELDS.map(({ column }) => column);

/** What the documents of stock hold. */
const LISTED = ['Items', 'Deleted', 'Statuses'];

/** Under the name of the document, or as it is. */
function within(document: Part, ...roots: string[]): Part {
	for (const root of roots) {
		const inner = document.part(root);
		if (inner !== undefined && (inner.isBlank(root) || LISTED.some((name) => inner.has(name)))) return inner;
	}
	return document;
}

/**
 * Read a StockUpload, JSON or XML: stock items in terms of the import's columns. A member that Khaos left out is one it has
 * no value for.
 * @throws UploadError where the document is none, or holds nothing that can be read
 */
export function readStockUpload(body: string, settings: ChannelSettings): StockUpload {
	const document = within(readUpload(body), 'StockUpload', 'StockItems');
	if (!document.has('Items') && !document.has('Deleted') && !document.isBlank('StockItems')) {
		throw new UploadError('The upload has neither Items nor Deleted, so it is no stock upload.');
	}
	const entries = document.parts('Items', 'StockCode');
	const items = entries.map((item) => readBackOf(item, settings)).filter((item) => item !== null);
	const deleted = document
		.parts('Deleted')
		.map((one) => (one.text('StockID') ?? one.text('ID') ?? one.own).trim())
		.filter((id) => id !== '');
	// Khaos would send one bad item among good ones for ever.
	if (items.length + deleted.length === 0 && entries.length > 0)
		throw new UploadError('No item of the upload has a StockCode.');
	return { items, deleted, unreadable: entries.length - items.length };
}

/** Lists that the vendor's table wants of every item, and that Pimberly says nothing of. */
const LISTS = ['SupplierInfo', 'Images'];

function readBackOf(item: Part, settings: ChannelSettings): ReadBack | null {
	const stockCode = item.text('StockCode')?.trim() ?? '';
	if (stockCode === '') return null;
	const columns = FIELDS.map((field) => [field.column, field.read(item, settings)]);
	// The vendor's table calls it StockDescription, every sample ShortDescription.
	const description = item.text('ShortDescription') ?? item.text('StockDescription') ?? '';
	return {
		exists: true,
		stockCode,
		stockId: item.text('StockID')?.trim() ?? '',
		parentCode: '',
		columns: { ...Object.fromEntries(columns), SHORT_DESC: description } as Record<string, string>,
		emptyLists: LISTS.filter((name) => item.has(name) && item.parts(name).length === 0),
	};
}

/** One stock item at one site, as Khaos says it. Shown to who wants to see it: the sync does nothing with levels. */
export interface StockStatus {
	stockCode: string;
	stockId: string;
	siteId: string;
	/** Decimal text; null: the item is not stock controlled and nothing can be made or sold of it. */
	available: string | null;
	onOrder: string | null;
}

/**
 * Read a StockStatusUpload. Where an item has no levels of its own, what its components would do for is available
 * (khaos-control-api 4.6).
 * @throws UploadError where the document is none
 */
export function readStockStatuses(body: string): StockStatus[] {
	const document = within(readUpload(body), 'StockStatuses');
	if (!document.has('Statuses') && !document.isBlank('StockStatuses')) {
		throw new UploadError('The upload has no Statuses, so it is no stock status upload.');
	}
	return document.parts('Statuses', 'StockID').map((row) => {
		const figure = (of: string, name: string): string | null =>
			decimal(row.part(of)?.text(name) ?? '')?.toFixed() ?? null;
		return {
			stockCode: row.text('StockCode')?.trim() ?? '',
			stockId: row.text('StockID')?.trim() ?? '',
			siteId: row.text('SiteID')?.trim() ?? '',
			available: figure('Levels', 'Available') ?? figure('RelationshipPotential', 'FromChildren'),
			onOrder: figure('Levels', 'OnOrder'),
		};
	});
}

/**
 * Read a PriceListUpload: the rows of every list, in terms of what was desired of them. A row that is a discount or a
 * mark-up is the amount that it comes to, to the penny; one that can't be worked out is left out.
 * @throws UploadError where the document is none
 */
export function readPriceListUpload(body: string): PriceReadBack[] {
	return priceListsOf(readUpload(body)).flatMap(rowsOf);
}

function priceListsOf(document: Part): Part[] {
	if (document.part('PriceListName') !== undefined) return [document];
	const list = ['UploadPriceLists', 'PriceLists'].find((name) => document.part(name) !== undefined);
	if (list !== undefined) return document.parts(list, 'PriceListName');
	if (document.has('UploadPriceLists') || document.has('PriceLists') || document.isBlank('PriceLists'))
		return document.entries;
	throw new UploadError('The upload has no UploadPriceLists, so it is no price list upload.');
}

const WHOLE = /^\s*(\d{1,9})(\.0+)?\s*$/;

function rowsOf(list: Part): PriceReadBack[] {
	const priceList = list.text('PriceListName')?.trim() ?? '';
	const net = yesOrNo(list.text('PriceListNet') ?? '') === true;
	return list.parts('StockPrices', 'StockCode').flatMap((row): PriceReadBack[] => {
		const stockCode = row.text('StockCode')?.trim() ?? '';
		const low = WHOLE.exec(row.text('QtyStart') ?? '')?.[1];
		const high = WHOLE.exec(row.text('QtyEnd') ?? '')?.[1];
		const amount = amountOf(row);
		if (stockCode === '' || priceList === '' || low === undefined || high === undefined || amount === null) return [];
		return [{ exists: true, stockCode, priceList, bandLow: Number(low), bandHigh: Number(high), amount, net }];
	});
}

const toPenny = (amount: Big): string => amount.round(2, Big.roundHalfUp).toFixed();

/** PriceType 1 is an amount, 2 a discount on the sell price, 3 a mark-up on the buy price (khaos-control-api 6). */
function amountOf(row: Part): string | null {
	const figure = (name: string): Big | null => decimal(row.text(name) ?? row.part(name)?.text('Net') ?? '');
	const value = figure('PriceValue');
	if (value === null) return null;
	const [sell, buy] = [figure('SellPrice'), figure('BuyPrice')];
	switch ((row.text('PriceType') ?? '1').trim()) {
		case '1':
			return value.toFixed();
		case '2':
			return sell === null ? null : toPenny(sell.minus(sell.times(value).div(100)));
		case '3':
			return buy === null ? null : toPenny(buy.times(value.div(100).plus(1)));
		default:
			return null;
	}
}
