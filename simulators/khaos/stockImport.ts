import type { RowRefusal } from '../serving';
import type { KhaosSettings } from '../settings';
import { cellFault, headerCell, LEVEL_COLUMNS, MANDATORY, type HeaderCell } from './columns';
import { setOrDelete, stockKey, type Harmonisation, type KhaosStore, type StockItem } from './store';

export const MAX_ROWS = 25;

export interface RefusedRow {
	/** Line of the table, the header being 1. */
	line: number;
	code: string;
	reason: string;
}

/** What came of an import. */
export interface ImportOutcome {
	/** Why the whole call failed and nothing was applied. */
	failure: string | null;
	imported: number;
	refused: RefusedRow[];
	warnings: string[];
	/** Data rows that were sent. */
	rows: number;
	codes: string[];
}

interface Row {
	line: number;
	code: string;
	cells: string[];
	fault: string | null;
}

export interface ParsedTable {
	failure: string | null;
	header: HeaderCell[];
	scs: boolean;
	rows: Row[];
	codes: string[];
	warnings: string[];
	/** Columns that would write stock levels. */
	levelColumns: string[];
}

const failed = (failure: string, rows: Row[], codes: string[], levelColumns: string[] = []): ParsedTable => ({
	failure,
	header: [],
	scs: false,
	rows,
	codes,
	warnings: [],
	levelColumns,
});

/** Read the table of an ImportStockTSV call (khaos-control-api 3); nothing is stored yet. */
export function parseTable(table: string, settings: KhaosSettings): ParsedTable {
	const lines = table.split(/\r\n|\n|\r/);
	const names = (lines[0] ?? '').split('\t');
	const codeAt = names.indexOf('STOCK_CODE');
	const warnings: string[] = [];
	const rows: Row[] = [];
	lines.slice(1).forEach((text, index) => {
		if (text.trim() === '') {
			warnings.push(`Line ${index + 2} is blank`);
			return;
		}
		const cells = text.split('\t').map((cell) => cell.trim());
		rows.push({ line: index + 2, code: codeAt < 0 ? '' : (cells[codeAt] ?? ''), cells, fault: null });
	});
	const codes = rows.map(({ code }) => code);
	const levelColumns = names.filter((name) => LEVEL_COLUMNS.includes(name.trim().toUpperCase()));

	if (rows.length > MAX_ROWS)
		return failed(
			`A maximum of ${MAX_ROWS} stock items can be imported at a time; ${rows.length} were sent`,
			rows,
			codes,
			levelColumns,
		);
	if (!rows.length) return failed('There are no stock items to import', rows, codes, levelColumns);
	const missing = MANDATORY.filter((name) => !names.includes(name));
	if (missing.length) return failed(`Mandatory columns are missing: ${missing.join(', ')}`, rows, codes, levelColumns);
	const header: HeaderCell[] = [];
	for (const name of names) {
		const cell = headerCell(name);
		if (!cell) return failed(`Unknown column "${name}"`, rows, codes, levelColumns);
		if (cell.is !== 'harmonisation' && names.indexOf(name) !== names.lastIndexOf(name)) {
			return failed(
				name === 'BARCODE'
					? 'Only one barcode can be imported for each stock item'
					: `Column "${name}" appears more than once`,
				rows,
				codes,
				levelColumns,
			);
		}
		header.push(cell);
	}
	const firstSuffix = header.findIndex((cell) => cell.is === 'scs' && cell.part === 'SK' && cell.level === 1);
	if (firstSuffix < 0 && header.some(({ is }) => is === 'scs'))
		return failed('SCS columns need SCS_SK1', rows, codes, levelColumns);
	if (firstSuffix >= 0 && rows.some(({ cells }) => !cells[firstSuffix])) {
		return failed('SCS and other stock items must be imported separately', rows, codes, levelColumns);
	}
	const table_: ParsedTable = { failure: null, header, scs: firstSuffix >= 0, rows, codes, warnings, levelColumns };
	checkRows(table_, settings);
	if (table_.scs) table_.codes = rows.map((row) => childCode(row, header, settings));
	return table_;
}

function checkRows({ header, rows, scs }: ParsedTable, settings: KhaosSettings): void {
	const barcodes = new Map<string, string>();
	const barcodeAt = header.findIndex(({ name }) => name === 'BARCODE');
	for (const row of rows) {
		row.fault = rowFault(row, header, settings);
		const barcode = barcodeAt < 0 ? '' : (row.cells[barcodeAt] ?? '');
		if (barcode) {
			const key = stockKey(scs ? childCode(row, header, settings) : row.code);
			const earlier = barcodes.get(key);
			if (earlier !== undefined && earlier !== barcode)
				row.fault ??= 'Only one barcode can be imported for each stock item';
			barcodes.set(key, barcode);
		}
	}
}

function rowFault(row: Row, header: HeaderCell[], settings: KhaosSettings): string | null {
	const { cells } = row;
	if (cells.length !== header.length) return `The line has ${cells.length} cells, the header has ${header.length}`;
	for (const [index, cell] of header.entries()) {
		const text = cells[index] ?? '';
		const max = cell.is === 'column' ? cell.column.max : cell.max;
		const cut =
			settings.overLong === 'cut' && cell.is === 'column' && cell.column.kind === 'text' && cell.name !== 'STOCK_CODE';
		if (text.length > max && !cut) return `${cell.name} is longer than ${max} characters`;
		if (cell.is === 'column') {
			const fault = cellFault(cell.column, text);
			if (fault) return fault;
		}
	}
	for (const group of harmonisationGroups(row, header)) {
		if (group.Code && !group.Country && !group.ZONE)
			return `Harmonisation code ${group.Code} needs at least one country or zone`;
		if (!group.Code && Object.values(group).some(Boolean))
			return 'Harmonisation:Code is blank although other harmonisation columns are not';
	}
	return null;
}

/** The repeatable groups of one line; each begins at a Harmonisation:Code column, or at a part that it has already. */
function harmonisationGroups({ cells }: Row, header: HeaderCell[]): Harmonisation[] {
	const groups: Harmonisation[] = [];
	let seen = new Set<string>();
	header.forEach((cell, index) => {
		if (cell.is !== 'harmonisation') return;
		if (!groups.length || seen.has(cell.part)) {
			groups.push({ Code: '', Country: '' });
			seen = new Set();
		}
		seen.add(cell.part);
		const text = cells[index] ?? '';
		if (text || cell.part === 'Code' || cell.part === 'Country')
			(groups[groups.length - 1] as Harmonisation)[cell.part] = text;
	});
	return groups;
}

const suffixesOf = ({ cells }: Row, header: HeaderCell[], part: 'SK' | 'DESC'): string[] =>
	[1, 2, 3]
		.map((level) => header.findIndex((cell) => cell.is === 'scs' && cell.part === part && cell.level === level))
		.map((at) => (at < 0 ? '' : (cells[at] ?? '')))
		.filter(Boolean);

const childCode = (row: Row, header: HeaderCell[], settings: KhaosSettings): string =>
	[row.code, ...suffixesOf(row, header, 'SK')].join(settings.scsSeparator);

const capitalised = (text: string): string =>
	text
		.toLowerCase()
		.replace(/(^|[\s(/-])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());

/** The system value "Stock Description Case". */
function recased(text: string, mode: KhaosSettings['descriptionCase']): string {
	if (mode === 'upper') return text.toUpperCase();
	if (mode === 'lower') return text.toLowerCase();
	return mode === 'normal' ? capitalised(text) : text;
}

function storeRow(store: KhaosStore, item: StockItem, row: Row, header: HeaderCell[], settings: KhaosSettings): void {
	const keepsBlank = settings.blankCells === 'keep';
	header.forEach((cell, index) => {
		let text = row.cells[index] ?? '';
		if (text === '' && keepsBlank) return;
		if (cell.is === 'uda') setOrDelete(item.udas, cell.uda, text);
		if (cell.is !== 'column' || cell.name === 'STOCK_CODE') return;
		if (text.length > cell.column.max) text = text.slice(0, cell.column.max);
		if (cell.name === 'SHORT_DESC') text = recased(text, settings.descriptionCase);
		if (cell.name === 'BARCODE') {
			const others = settings.barcodes === 'add' ? item.barcodes.filter((barcode) => barcode !== text) : [];
			item.barcodes = text ? [...others, text] : [];
		}
		setOrDelete(item.fields, cell.name, text);
	});
	if (header.some((cell) => cell.is === 'harmonisation' && cell.part === 'Code')) {
		const groups = harmonisationGroups(row, header).filter(({ Code }) => Code);
		if (groups.length || !keepsBlank) item.harmonisation = groups;
	}
}

function applyRow(store: KhaosStore, row: Row, table: ParsedTable, settings: KhaosSettings): void {
	const { header } = table;
	const cells = Object.fromEntries(header.map(({ name }, index) => [name, row.cells[index] ?? '']));
	if (!table.scs) {
		const created = !store.get(row.code);
		const item = store.obtain(row.code);
		storeRow(store, item, row, header, settings);
		store.noteImport(item, created, cells);
		return;
	}
	// The importer creates the parent from the same line; it is never stock controlled (khaos-control-api 5).
	const parentIsNew = !store.get(row.code);
	const parent = store.obtain(row.code);
	if (parentIsNew) {
		storeRow(store, parent, row, header, settings);
		parent.fields.CONTROLLED = '0';
		delete parent.fields.BARCODE;
		parent.barcodes = [];
		store.noteImport(parent, true, cells);
	}
	const code = childCode(row, header, settings);
	const created = !store.get(code);
	const child = store.obtain(code, parent.code);
	storeRow(store, child, row, header, settings);
	const descriptions = suffixesOf(row, header, 'DESC');
	child.scs = { suffixes: suffixesOf(row, header, 'SK'), descriptions };
	child.fields.SHORT_DESC = recased(
		[row.cells[header.findIndex(({ name }) => name === 'SHORT_DESC')] ?? '', ...descriptions].join(' '),
		settings.descriptionCase,
	);
	store.noteImport(child, created, cells);
}

/** Import a table that was read: rows that break a rule are refused, or the whole call, as the settings say. */
export function importTable(
	store: KhaosStore,
	table: ParsedTable,
	settings: KhaosSettings,
	refusal: RowRefusal | null,
): ImportOutcome {
	const outcome: ImportOutcome = {
		failure: table.failure,
		imported: 0,
		refused: [],
		warnings: table.warnings,
		rows: table.rows.length,
		codes: table.codes,
	};
	if (table.failure !== null) return outcome;
	const faults = table.rows.map((row, index) => {
		const named =
			refusal &&
			(refusal.codes
				? refusal.codes.has(stockKey(row.code)) || refusal.codes.has(stockKey(table.codes[index] ?? ''))
				: index === 0);
		return row.fault ?? (named ? refusal.message : null);
	});
	if (settings.badRow === 'failsCall') {
		const at = faults.findIndex((fault) => fault !== null);
		if (at >= 0) return { ...outcome, failure: `Line ${(table.rows[at] as Row).line}: ${faults[at]}` };
	}
	table.rows.forEach((row, index) => {
		const fault = faults[index] ?? null;
		if (fault === null) {
			applyRow(store, row, table, settings);
			outcome.imported += 1;
		} else outcome.refused.push({ line: row.line, code: row.code, reason: fault });
	});
	return outcome;
}
