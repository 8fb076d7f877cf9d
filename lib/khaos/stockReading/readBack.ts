import type { ColumnSettings, ReadBack } from '../../shapes';
import { columnOf, READABLE_COLUMNS, STOCK_CODE, UDA_PREFIX, type Column } from '../columns';
import { decimal, listText, taxCodeOfRate, yesOrNo } from '../comparison';
import type { StockRecord } from './stockRecord';

/** Other names of an element (contract 2.5). */
const ALSO_CALLED: Readonly<Record<string, string>> = { STOCK_SUB_TYPE: 'SUB_TYPE' };

function attributeText(record: StockRecord, name: string): string | undefined {
	const wanted = name.trim().toLowerCase();
	const found = record.userDefined.find((attribute) => attribute.name.trim().toLowerCase() === wanted);
	if (!found) return undefined;
	return found.type === 'LIST' ? listText(found.values) : found.value;
}

/** What ExportStock shows of a column, in the import's own terms; undefined: nothing. */
function shownBy(record: StockRecord, column: Column): string | undefined {
	const { readBack } = column;
	if (readBack === '') return undefined;
	if (readBack.startsWith(UDA_PREFIX)) return attributeText(record, readBack.slice(UDA_PREFIX.length));
	if (readBack.toUpperCase() === 'BARCODE') return listText(record.barcodes);
	const element = readBack.toUpperCase();
	const text = record.elements[element] ?? record.elements[ALSO_CALLED[element] ?? ''];
	if (text === undefined) return undefined;
	if (column.compare === 'boolean') {
		const value = yesOrNo(text);
		return text === '' || value === null ? text : value ? '-1' : '0';
	}
	// A rate that no documented code has is shown as the rate, so that a difference names it.
	if (element === 'VAT_RATE') return text === '' ? '' : (taxCodeOfRate(text) ?? `${text}%`);
	return text;
}

/**
 * An exported item in terms of the import's columns: all documented ones, its user-defined attributes, and `columns` (with
 * what the mapper sets for them). Only columns whose value the document shows.
 */
export function readBackOf(
	record: StockRecord,
	columns: Iterable<string> = [],
	settings: Record<string, ColumnSettings> = {},
): ReadBack {
	const names = new Set([
		...READABLE_COLUMNS,
		...record.userDefined.map((attribute) => `${UDA_PREFIX}${attribute.name}`),
		...columns,
	]);
	names.delete(STOCK_CODE);
	const shown: Array<[string, string]> = [];
	for (const name of names) {
		const value = shownBy(record, columnOf(name, settings[name]));
		if (value !== undefined) shown.push([name, value]);
	}
	return {
		exists: true,
		stockCode: record.stockCode,
		stockId: record.stockId,
		parentCode: record.parentCode,
		columns: Object.fromEntries(shown),
	};
}

/** Khaos was asked, and does not hold the code. */
export const absent = (stockCode: string): ReadBack => ({
	exists: false,
	stockCode,
	stockId: '',
	parentCode: '',
	columns: {},
});

/** Whether a last-read value of a mandatory column can be sent again as it is. */
export function isSendable(column: string, value: string): boolean {
	if (column === 'TAX_CODE') return /^[1-6]$/.test(value);
	if (column === 'BUY_PRICE' || column === 'SELL_PRICE') return decimal(value) !== null;
	return value.trim() !== '';
}
