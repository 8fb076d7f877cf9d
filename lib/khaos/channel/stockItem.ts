import type { DesiredStockItem, Difference, ReadBack, Reason, Warning } from '../../shapes';
import { keyOf } from '../../shapes';
import {
	changedColumns,
	columnOf,
	differencesOf,
	NEW_ITEM_DEFAULTS,
	sendableColumns,
	shownValue,
	STOCK_CODE,
} from '../columns';
import { saysNothing } from '../comparison';
import { isSendable } from '../stockReading/readBack';
import { Several, type Members } from './document';
import { FIELDS, isCarried, place, type Field } from './fields';
import { channelSettingsSchema, type ChannelSettings } from './settings';

/** What the required members of a new item are where neither Pimberly nor Khaos says: the import's defaults, nothing switched on. */
const DEFAULTS: Readonly<Record<string, string>> = {
	...NEW_ITEM_DEFAULTS,
	WEB: '0',
	DISCONTINUED: '0',
	DROP_SHIP: '0',
	DISCOUNTS_DISABLED: '0',
	RUN_TO_ZERO: '0',
	VAT_RELIEF_QUALIFIED: '0',
	FREE_TEXT: '0',
	NON_PHYSICAL: '0',
};

/** Whether a value can be told does not depend on a site's settings. */
const anySettings = channelSettingsSchema.parse({});

/** Columns without which a new item can't be: Pimberly owns them and says nothing. */
const NO_DEFAULT = ['SHORT_DESC', 'BUY_PRICE', 'SELL_PRICE', 'STOCK_TYPE1', 'STOCK_TYPE2', 'TAX_CODE', 'CONTROLLED'];

/** Lists that the vendor's table wants of every item, and what XML calls their entries. */
const LISTS = { SupplierInfo: 'StockSupplier', Images: 'StockImage' };

const isEmpty = (value: string | null | undefined): boolean =>
	value === undefined || value === null || value.trim() === '';

/** The part of a desired record that the channel can carry. */
export function carriedPart(desired: DesiredStockItem): DesiredStockItem {
	const columns = Object.entries(sendableColumns(desired).columns).filter(
		([name]) => name === STOCK_CODE || isCarried(name),
	);
	return { ...desired, columns: Object.fromEntries(columns) };
}

/** What of a desired record the channel has no place for, one warning a column that has a value. */
export function notCarried(desired: DesiredStockItem): Warning[] {
	const { columns, warnings } = sendableColumns(desired);
	return [
		...warnings,
		...Object.entries(columns)
			.filter(
				([name, value]) =>
					name !== STOCK_CODE &&
					!isCarried(name) &&
					!isEmpty(value) &&
					columnOf(name, desired.settings?.[name]).owner === 'pimberly',
			)
			.map(([name]) => ({ field: name, message: `${name} was not sent: the channel has no place for it.` })),
	];
}

/** The columns in which Khaos has to be brought to what is desired, of those that the channel carries. */
export const changedOverChannel = (desired: DesiredStockItem, known: ReadBack | null): string[] =>
	changedColumns(carriedPart(desired), known);

/** Where an item that was read back is not what the channel told Khaos. */
export const channelDifferences = (desired: DesiredStockItem, readBack: ReadBack): Difference[] =>
	readBack.exists
		? differencesOf(carriedPart(desired), readBack)
		: [{ field: STOCK_CODE, expected: desired.stockCode, actual: null }];

/** A column as it is to be told; undefined where there is nothing to say. `known`: what Khaos is known to hold, null: nothing. */
function cellOf(field: Field, desired: DesiredStockItem, known: ReadBack | null): string | undefined {
	const column = columnOf(field.column, desired.settings?.[field.column]);
	const value = desired.columns[field.column];
	const shown = known?.exists === true ? shownValue(known, column) : undefined;
	if (column.owner === 'pimberly' && !isEmpty(value)) return value!;
	if (field.required) {
		if (shown !== undefined && isSendable(field.column, shown)) return shown;
		const mayDefault = known?.exists === true || column.owner === 'khaos' || !NO_DEFAULT.includes(field.column);
		return mayDefault ? DEFAULTS[field.column] : undefined;
	}
	// A blank clears what Khaos is known to hold, and says nothing otherwise.
	return value === null && column.owner === 'pimberly' && shown !== undefined && !saysNothing(shown, column.compare)
		? ''
		: undefined;
}

/** Why a stock item can't be told over the channel; none: it can. */
export function channelProblems(desired: DesiredStockItem, known: ReadBack | null): Reason[] {
	const problems: Reason[] = [];
	if (keyOf(desired.stockCode) === '') {
		problems.push({
			field: STOCK_CODE,
			value: null,
			reason: 'The stock code is empty',
			remedy: 'Give the product a stock code.',
		});
	}
	for (const field of FIELDS) {
		const cell = cellOf(field, desired, known);
		const { limit } = columnOf(field.column);
		if (cell === undefined) {
			if (!field.required) continue;
			problems.push({
				field: field.column,
				value: null,
				reason: `${field.column} has no value, and the channel tells no stock item without one`,
				remedy: `Give ${field.column} a value, or map it to an attribute that has one.`,
			});
		} else if (limit !== null && cell.length > limit) {
			problems.push({
				field: field.column,
				value: cell,
				reason: `${field.column} has ${cell.length} characters; Khaos takes ${limit}`,
				remedy: 'Shorten the value.',
			});
		} else if (field.required && field.tell(cell, anySettings) === undefined) {
			problems.push({
				field: field.column,
				value: cell,
				reason: `${field.column} '${cell}' is not what the channel takes`,
				remedy: 'Write prices like 12.50, and -1 or 0 for yes and no.',
			});
		}
	}
	return problems;
}

/**
 * A StockItem of the StockChanges document (khaos-control-api 4.5). Its StockID is the key of its stock code, so that a
 * relationship can name any item without looking it up. Of an item that Khaos holds, suppliers and images are sent empty
 * only where Khaos showed them so, and else left out: nothing says that an empty list leaves them alone.
 * @param known what Khaos was last read to hold, which fills what it owns; null: nobody has seen the item there
 */
export function channelStockItem(
	desired: DesiredStockItem,
	known: ReadBack | null,
	settings: ChannelSettings,
): Members {
	const item: Members = { StockID: keyOf(desired.stockCode), StockCode: desired.stockCode.trim() };
	for (const field of FIELDS) {
		const cell = cellOf(field, desired, known);
		const value = cell === undefined ? undefined : field.tell(cell, settings);
		if (value !== undefined) place(item, field.path, value);
	}
	(item['Options'] as Members)['CustomOptions'] = new Several('CustomOption', []);
	const isNew = known?.exists !== true;
	for (const [name, entry] of Object.entries(LISTS))
		if (isNew || known.emptyLists?.includes(name)) item[name] = new Several(entry, []);
	if (isNew) item['Barcodes'] ??= new Several('StockBarcode', []);
	return item;
}
