import type { PlannedRow } from './importRow';
import { callGroup } from './scs';
import { IMPORT_BATCH } from './stockImport';
import type { StockRow } from './stockTable';

interface OpenCall<T extends PlannedRow> {
	rows: T[];
	columns: Set<string>;
	group: string;
}

function joins<T extends PlannedRow>(call: OpenCall<T>, row: T, size: number): boolean {
	if (call.rows.length >= size || call.group !== callGroup(row)) return false;
	for (const name of call.columns) if (row.cellFor(name) === null) return false;
	return Object.keys(row.cells).every(
		(name) => call.columns.has(name) || call.rows.every((other) => other.cellFor(name) !== null),
	);
}

/**
 * Rows in as few calls of 25 as their columns allow. All rows of a call share one header, and a blank cell may clear a value
 * (contract 16), so rows are together only where each has something harmless to put into every column.
 */
export function importCalls<T extends PlannedRow>(rows: T[], size = IMPORT_BATCH): T[][] {
	const calls: Array<OpenCall<T>> = [];
	for (const row of rows) {
		let call = calls.find((open) => joins(open, row, size));
		if (!call) {
			call = { rows: [], columns: new Set(), group: callGroup(row) };
			calls.push(call);
		}
		call.rows.push(row);
		for (const name of Object.keys(row.cells)) call.columns.add(name);
	}
	return calls.map((call) => call.rows);
}

/** The rows of one call with every cell of the shared header. */
export function tableRows(rows: PlannedRow[]): StockRow[] {
	const columns = new Set(rows.flatMap((row) => Object.keys(row.cells)));
	return rows.map((row) => Object.fromEntries([...columns].map((name) => [name, row.cellFor(name) ?? ''])));
}

/** A call in two halves, to find the row that breaks it. */
export function halves<T>(rows: T[]): [T[], T[]] {
	const middle = Math.ceil(rows.length / 2);
	return [rows.slice(0, middle), rows.slice(middle)];
}
