import { isStockLevel, MANDATORY_COLUMNS } from '../columns';

/** One row of the import table: cells by column. A column that it doesn't have is a blank cell. */
export type StockRow = Record<string, string>;

/** A stock import table that can't be made as asked. The message says which column is at fault and what to do. */
export class StockTableError extends Error {
	override readonly name = 'StockTableError';
}

/** Text as it can stand in a cell: tabs, line breaks and other control characters are one space (contract 3). */
export function cellText(value: string): string {
	// eslint-disable-next-line no-control-regex -- control characters are what has to go
	return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

/**
 * The columns of several rows, mandatory ones first, the others in the order they are met. Throws StockTableError for a
 * column that would write stock levels (never written) or whose name a header can't carry.
 */
export function headerOf(rows: StockRow[]): string[] {
	const columns = new Set<string>(MANDATORY_COLUMNS);
	for (const row of rows) for (const name of Object.keys(row)) columns.add(name);
	for (const name of columns) {
		if (isStockLevel(name)) {
			throw new StockTableError(
				`Column ${name} writes stock levels, which belong to Khaos Control. Take it out of the mapping.`,
			);
		}
		if (name.trim() === '' || cellText(name) !== name) {
			throw new StockTableError(
				`'${cellText(name)}' can't be the name of an import column: it is empty or holds a tab or a line break.`,
			);
		}
	}
	return [...columns];
}

/**
 * The table that ImportStockTSV and the Stock Import Tool take (contract 3): names in the first line, a line an item, tabs
 * between cells, no line after the last.
 */
export function stockTable(rows: StockRow[], newline: '\n' | '\r\n' = '\n'): string {
	const header = headerOf(rows);
	return [header, ...rows.map((row) => header.map((name) => cellText(row[name] ?? '')))]
		.map((cells) => cells.join('\t'))
		.join(newline);
}
