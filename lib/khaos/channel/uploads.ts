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
}

/** The columns that an upload shows of every item. */
export const SHOWN_COLUMNS: readonly string[] = FIELDS.map(({ column }) => column);

/** Under the name of the document, or as it is. */
function within(document: Part, ...roots: string[]): Part {
	for (const root of roots) {
		const inner = document.part(root);
		if (inner?.has('Items') === true || inner?.has('Statuses') === true) return inner;
	}
	return document;
}

/**
 * Read a StockUpload, JSON or XML: stock items in terms of the import's columns. A member that Khaos left out is one it has
 * no value for.
 * @throws UploadError where the document is none, or an item has no stock code
 */
export function readStockUpload(body: string, settings: ChannelSettings): StockUpload {
	const document = within(readUpload(body), 'StockUpload', 'StockItems');
	if (!document.has('Items') && !document.has('Deleted')) {
		throw new UploadError('The upload has neither Items nor Deleted, so it is no stock upload.');
	}
	return {
		items: document.parts('Items').map((item, at) => readBackOf(item, at, settings)),
		deleted: document
			.parts('Deleted')
			.map((one) => (one.text('StockID') ?? one.text('ID') ?? one.own).trim())
			.filter((id) => id !== ''),
	};
}

function readBackOf(item: Part, at: number, settings: ChannelSettings): ReadBack {
	const stockCode = item.text('StockCode')?.trim() ?? '';
	if (stockCode === '') throw new UploadError(`Item ${at + 1} of the upload has no StockCode.`);
	const columns = FIELDS.map((field) => [field.column, field.read(item, settings)]);
	// The vendor's table calls it StockDescription, every sample ShortDescription.
	const description = item.text('ShortDescription') ?? item.text('StockDescription') ?? '';
	return {
		exists: true,
		stockCode,
		stockId: item.text('StockID')?.trim() ?? '',
		parentCode: '',
		columns: { ...Object.fromEntries(columns), SHORT_DESC: description } as Record<string, string>,
	};
}

/**
 * How many rows a StockStatusUpload has. The levels in it are Khaos's own business: nothing is done with them.
 * @throws UploadError where the document is none
 */
export function countStockStatuses(body: string): number {
	const document = within(readUpload(body), 'StockStatuses');
	if (!document.has('Statuses') && !document.has('StockStatuses')) {
		throw new UploadError('The upload has no Statuses, so it is no stock status upload.');
	}
	return document.parts('Statuses').length;
}

/**
 * Read a PriceListUpload: the rows of every list, in terms of what was desired of them. A row that is a discount or a
 * mark-up is the amount that it comes to, to the penny; one that can't be worked out is left out.
 * @throws UploadError where the document is none
 */
export function readPriceListUpload(body: string): PriceReadBack[] {
	const document = readUpload(body);
	const wrapped = document.part('UploadPriceLists') ?? document.part('PriceLists');
	if (wrapped === undefined && !document.has('PriceLists') && !document.has('PriceListName')) {
		throw new UploadError('The upload has no UploadPriceLists, so it is no price list upload.');
	}
	const lists = document.part('PriceListName') === undefined ? (wrapped ?? document).entries : [document];
	return lists.flatMap(rowsOf);
}

const WHOLE = /^\s*(\d{1,9})(\.0+)?\s*$/;

function rowsOf(list: Part): PriceReadBack[] {
	const priceList = list.text('PriceListName')?.trim() ?? '';
	const net = yesOrNo(list.text('PriceListNet') ?? '') === true;
	return list.parts('StockPrices').flatMap((row): PriceReadBack[] => {
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
