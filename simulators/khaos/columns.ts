/** A column of the stock import (khaos-control-api 3.1). */
export interface Column {
	name: string;
	kind: 'text' | 'flag' | 'number' | 'taxCode';
	/** Longest text that it holds, in characters. */
	max: number;
	mandatory?: boolean;
	/** `#` is not supported in it. */
	noHash?: boolean;
	/** Not in the public part of the column table: its name, kind and limit are assumed. */
	assumed?: boolean;
	/** The ExportStock element that shows it; columns without one are not shown there. */
	element?: string;
}

const assumed = (name: string, kind: Column['kind'], max: number, element: string): Column => ({
	name,
	kind,
	max,
	element,
	assumed: true,
});

export const COLUMNS: Column[] = [
	{ name: 'STOCK_CODE', kind: 'text', max: 50, mandatory: true, noHash: true },
	{ name: 'CONTROLLED', kind: 'flag', max: 4, mandatory: true, element: 'STOCK_CONTROLLED' },
	{ name: 'SHORT_DESC', kind: 'text', max: 250, mandatory: true, noHash: true, element: 'STOCK_DESC' },
	{ name: 'STOCK_TYPE1', kind: 'text', max: 25, mandatory: true, element: 'STOCK_TTYPE' },
	{ name: 'STOCK_TYPE2', kind: 'text', max: 100, mandatory: true, element: 'STOCK_TYPE' },
	{ name: 'STOCK_TYPE3', kind: 'text', max: 100, element: 'STOCK_MID_TYPE' },
	{ name: 'STOCK_TYPE4', kind: 'text', max: 100, element: 'STOCK_SUB_TYPE' },
	{ name: 'BUY_PRICE', kind: 'number', max: 20, mandatory: true, element: 'BUY_PRICE' },
	{ name: 'SELL_PRICE', kind: 'number', max: 20, mandatory: true, element: 'SELL_PRICE' },
	{ name: 'TAX_CODE', kind: 'taxCode', max: 4, mandatory: true, element: 'VAT_RATE' },
	assumed('BARCODE', 'text', 50, 'BARCODES'),
	assumed('OTHER_REF', 'text', 50, 'ASSOCIATED_REF'),
	assumed('LONG_DESC', 'text', 100_000, 'LONG_DESC'),
	assumed('EPOS_DESC', 'text', 250, 'EPOS_DESC'),
	assumed('WEB_TEASER', 'text', 2000, 'WEB_TEASER'),
	assumed('WEIGHT', 'number', 20, 'WEIGHT'),
	assumed('HEIGHT', 'number', 20, 'HEIGHT'),
	assumed('WIDTH', 'number', 20, 'WIDTH'),
	assumed('DEPTH', 'number', 20, 'DEPTH'),
	assumed('MANUFACTURER', 'text', 100, 'MANUFACTURER'),
	assumed('SUPPLIER_STOCK_CODE', 'text', 50, 'SUPPLIER_STOCK_CODE'),
	assumed('LEAD_TIME', 'number', 20, 'LEAD_TIME'),
	assumed('WEB', 'flag', 4, 'WEB'),
	assumed('DISCONTINUED', 'flag', 4, 'DISCONTINUED'),
	assumed('DROP_SHIP', 'flag', 4, 'DROP_SHIP'),
	assumed('DISCOUNTS_DISABLED', 'flag', 4, 'DISCOUNTS_DISABLED'),
	assumed('RUN_TO_ZERO', 'flag', 4, 'RUN_TO_ZERO'),
	assumed('VAT_RELIEF_QUALIFIED', 'flag', 4, 'VAT_RELIEF_QUALIFIED'),
	assumed('AVAILABILITY', 'text', 250, 'AVAILABILITY'),
	assumed('META_TITLE', 'text', 250, 'META_TITLE'),
	assumed('META_DESCRIPTION', 'text', 2000, 'META_DESCRIPTION'),
	assumed('META_KEYWORDS', 'text', 2000, 'META_KEYWORDS'),
	assumed('REORDER_MULTIPLE', 'number', 20, 'REORDER_MULTIPLE'),
	assumed('PURCHASE_MULTIPLE', 'number', 20, 'PURCHASE_MULTIPLE'),
];

const BY_NAME = new Map(COLUMNS.map((column) => [column.name, column]));

export const MANDATORY = COLUMNS.filter(({ mandatory }) => mandatory).map(({ name }) => name);

/** Columns that would write stock levels: never accepted here, and noted when somebody tries. */
export const LEVEL_COLUMNS = ['STOCK_LEVEL', 'LEVEL', 'STOCK_QTY', 'QTY', 'LEVEL_SITE'];

export const HARMONISATION_PARTS = ['Code', 'Country', 'Duty', 'ZONE', 'SHORT_DESC'] as const;
export type HarmonisationPart = (typeof HARMONISATION_PARTS)[number];

const HARMONISATION_LIMIT = 100;
/** Of a user-defined attribute: stated for the Choice type on the company page. */
const UDA_LIMIT = 2000;
const SCS_LIMIT = 50;

/** What a header cell stands for. */
export type HeaderCell =
	| { is: 'column'; name: string; column: Column }
	| { is: 'uda'; name: string; uda: string; max: number }
	| { is: 'harmonisation'; name: string; part: HarmonisationPart; max: number }
	| { is: 'scs'; name: string; part: 'SK' | 'DESC'; level: number; max: number };

/** Read a header cell; column names are case-sensitive. Null: there is no such column. */
export function headerCell(name: string): HeaderCell | null {
	const column = BY_NAME.get(name);
	if (column) return { is: 'column', name, column };
	if (name.startsWith('UDA:') && name.slice(4).trim())
		return { is: 'uda', name, uda: name.slice(4).trim(), max: UDA_LIMIT };
	const part = HARMONISATION_PARTS.find((one) => name === `Harmonisation:${one}`);
	if (part) return { is: 'harmonisation', name, part, max: HARMONISATION_LIMIT };
	const scs = /^SCS_(SK|DESC)([1-3])$/.exec(name);
	if (scs) return { is: 'scs', name, part: scs[1] as 'SK' | 'DESC', level: Number(scs[2]), max: SCS_LIMIT };
	return null;
}

/** TAX_CODE -> VAT_RATE in percent. Zero-rated (2) and exempt (3) read the same. */
export const VAT_RATES: Record<string, string> = { '1': '20', '2': '0', '3': '0', '4': '5', '5': '17.5', '6': '15' };

const DECIMAL = /^\d+(\.\d+)?$/;

/** What is wrong with a cell, or null. */
export function cellFault(column: Column, text: string): string | null {
	if (text === '') return column.mandatory ? `${column.name} is mandatory and blank` : null;
	if (column.noHash && text.includes('#')) return `${column.name} holds the character #, which is not supported`;
	switch (column.kind) {
		case 'flag':
			return text === '-1' || text === '0' ? null : `${column.name} must be -1 or 0, not "${text}"`;
		case 'number':
			return DECIMAL.test(text) ? null : `${column.name}: "${text}" is not a valid floating point value`;
		case 'taxCode':
			return text in VAT_RATES ? null : `${column.name} must be 1 to 6, not "${text}"`;
		default:
			return null;
	}
}
