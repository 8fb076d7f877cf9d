import type { ColumnSettings, DesiredStockItem, Difference, Lane, ReadBack, Warning } from '../shapes';
import { compare, identical, isRecased, saysNothing, TAX_RATES, type ComparisonRule } from './comparison';

/** What is known of one column of the stock import (contract 3.1), and where ExportStock shows it (contract 2.5). */
export interface Column {
	name: string;
	/** Has to be in every import, updates included. */
	mandatory: boolean;
	/** Most characters; null: not known. Longer text is never sent (contract 16). */
	limit: number | null;
	lane: Lane;
	owner: 'pimberly' | 'khaos';
	compare: ComparisonRule;
	/** Name of the ExportStock element, `UDA:<Name>` for a user-defined attribute, '' where nothing shows the column. */
	readBack: string;
	/**
	 * Whether ExportStock is known to have that element: then an item without it holds an empty value. Where it isn't, an
	 * item without it only says that the column can't be read back.
	 */
	documented: boolean;
}

export const STOCK_CODE = 'STOCK_CODE';
export const HARMONISATION_CODE = 'Harmonisation:Code';
const HARMONISATION_COUNTRY = 'Harmonisation:Country';
const HARMONISATION_ZONE = 'Harmonisation:ZONE';
const HARMONISATION_PREFIX = 'Harmonisation:';
export const UDA_PREFIX = 'UDA:';

/** Present in every import; TAX_CODE too, which one of the vendor's tables has as mandatory (contract 3.1). */
export const MANDATORY_COLUMNS = [
	STOCK_CODE,
	'CONTROLLED',
	'SHORT_DESC',
	'STOCK_TYPE1',
	'STOCK_TYPE2',
	'BUY_PRICE',
	'SELL_PRICE',
	'TAX_CODE',
] as const;

/**
 * What a new item gets in a mandatory column that Khaos owns and Pimberly says nothing about: the vendor's documented
 * defaults, no price, stock controlled. SHORT_DESC has none.
 */
export const NEW_ITEM_DEFAULTS: Readonly<Record<string, string>> = {
	CONTROLLED: '-1',
	STOCK_TYPE1: 'System & Misc Types',
	STOCK_TYPE2: 'System & Miscellaneous',
	BUY_PRICE: '0',
	SELL_PRICE: '0',
	TAX_CODE: '1',
};

type Known = Partial<Omit<Column, 'name'>>;
const number = (lane: Lane, known: Known = {}): Known => ({ lane, compare: 'number', ...known });
const yesNo = (lane: Lane, known: Known = {}): Known => ({ lane, compare: 'boolean', ...known });

const KNOWN: Readonly<Record<string, Known>> = {
	STOCK_CODE: { mandatory: true, limit: 50, lane: 2 },
	CONTROLLED: yesNo(2, { mandatory: true, limit: 4, readBack: 'STOCK_CONTROLLED' }),
	SHORT_DESC: { mandatory: true, limit: 250, compare: 'description', readBack: 'STOCK_DESC' },
	STOCK_TYPE1: { mandatory: true, limit: 25, readBack: 'STOCK_TTYPE' },
	STOCK_TYPE2: { mandatory: true, limit: 100, readBack: 'STOCK_TYPE' },
	STOCK_TYPE3: { readBack: 'STOCK_MID_TYPE' },
	STOCK_TYPE4: { readBack: 'STOCK_SUB_TYPE' },
	BUY_PRICE: number(3, { mandatory: true, limit: 20 }),
	SELL_PRICE: number(1, { mandatory: true, limit: 20 }),
	TAX_CODE: { mandatory: true, limit: 4, lane: 3, compare: 'taxCode', readBack: 'VAT_RATE' },
	LONG_DESC: { compare: 'richText' },
	EPOS_DESC: {},
	WEB_TEASER: { compare: 'richText' },
	OTHER_REF: { limit: 50, readBack: 'ASSOCIATED_REF' },
	BARCODE: { limit: 50, lane: 2, compare: 'oneOf', readBack: 'BARCODE' },
	MANUFACTURER: {},
	SUPPLIER_STOCK_CODE: { lane: 3 },
	SELL_PRICE_WEB: number(1),
	WEIGHT: number(3),
	HEIGHT: number(4),
	WIDTH: number(4),
	DEPTH: number(4),
	LEAD_TIME: number(4),
	COUNTRY_OF_MANUFACTURE: { lane: 3 },
	DISCONTINUED: yesNo(2),
	WEB: yesNo(4),
	DROP_SHIP: yesNo(4),
	DISCOUNTS_DISABLED: yesNo(4),
	RUN_TO_ZERO: yesNo(4),
	VAT_RELIEF_QUALIFIED: yesNo(4),
	AVAILABILITY: {},
	META_TITLE: {},
	META_DESCRIPTION: {},
	META_KEYWORDS: {},
	MAX_DISPLAY_QTY: number(4),
	REWARD_POINTS: number(4),
	REORDER_MULTIPLE: number(4),
	PURCHASE_MULTIPLE: number(4),
	MIN_LEVEL: number(4),
	SAFE_LEVEL: number(4),
};

/** The columns that are read back of every item, mapped or not. */
export const READABLE_COLUMNS: readonly string[] = Object.keys(KNOWN).filter((name) => name !== STOCK_CODE);

const isHarmonisation = (name: string): boolean => name.startsWith(HARMONISATION_PREFIX);
const isAttribute = (name: string): boolean => name.startsWith(UDA_PREFIX);

/** Columns that would write stock levels, which this package never does. */
export const isStockLevel = (name: string): boolean => /^(STOCK_?)?LEVEL$|^QTY_IN_STOCK$/i.test(name.trim());

/** `USER_DEFINED[@NAME=Colour]`, `USER_DEFINED:Colour` and `UDA:Colour` are one and the same read-back. */
function readBackName(setting: string): string {
	const attribute =
		/^USER_DEFINED\[@NAME=["']?(.+?)["']?\]$/i.exec(setting.trim()) ?? /^USER_DEFINED[:/](.+)$/i.exec(setting.trim());
	if (attribute) return `${UDA_PREFIX}${attribute[1]!}`;
	return setting.trim().replace(/^BARCODES\/BARCODE$/i, 'BARCODE');
}

/**
 * What is known of a column by its name, with what the mapper sets otherwise. Any name is allowed: the vendor's own list of
 * columns is public in part only (contract 3.1).
 */
export function columnOf(name: string, settings?: ColumnSettings): Column {
	const defaults: Known = Object.hasOwn(KNOWN, name)
		? KNOWN[name]!
		: isHarmonisation(name)
			? { lane: 3, readBack: '' }
			: isAttribute(name)
				? { limit: 2000, compare: 'attribute' }
				: /SUPPLIER/i.test(name)
					? { lane: 3, documented: false }
					: { documented: false };
	const chosen = settings?.readBack === undefined ? undefined : readBackName(settings.readBack);
	return {
		name,
		mandatory: defaults.mandatory ?? false,
		limit: defaults.limit ?? null,
		lane: settings?.lane ?? defaults.lane ?? 4,
		owner: settings?.owner ?? 'pimberly',
		compare: settings?.compare ?? defaults.compare ?? 'text',
		readBack: chosen ?? defaults.readBack ?? name,
		documented: chosen !== undefined ? chosen !== '' : (defaults.documented ?? defaults.readBack !== ''),
	};
}

/**
 * The columns that can be sent of what is desired. A commodity code needs a country or a zone: without one the
 * harmonisation columns are left out (contract 16), and a warning says so. Without a code the others of the group have
 * nothing to say.
 */
export function sendableColumns(desired: DesiredStockItem): {
	columns: Record<string, string | null>;
	warnings: Warning[];
} {
	const columns = { ...desired.columns };
	const group = Object.keys(columns).filter(isHarmonisation);
	const code = columns[HARMONISATION_CODE]?.trim() ?? '';
	if (code === '') {
		for (const name of group) columns[name] = null;
		return { columns, warnings: [] };
	}
	if ([HARMONISATION_COUNTRY, HARMONISATION_ZONE].some((name) => (columns[name]?.trim() ?? '') !== '')) {
		return { columns, warnings: [] };
	}
	for (const name of group) delete columns[name];
	return {
		columns,
		warnings: [
			{
				field: HARMONISATION_CODE,
				message: `Commodity code ${code} was not sent: Khaos takes one only with a country or a zone. Give the product a country of origin.`,
			},
		],
	};
}

/** What Khaos shows in a column; undefined: nothing shows it. */
export function shownValue(known: ReadBack, column: Column): string | undefined {
	const shown = known.columns[column.name];
	if (shown !== undefined) return shown;
	return column.readBack !== '' && column.documented ? '' : undefined;
}

/** Whether the read-back is the same for this value and for another one. */
function provesLittle(value: string, shown: string, rule: ComparisonRule): boolean {
	if (rule === 'taxCode') return TAX_RATES[value.trim()] === '0';
	if (rule === 'description') return !identical(value, shown);
	return false;
}

function isChanged(value: string | null, column: Column, known: ReadBack): boolean {
	const shown = shownValue(known, column);
	const held = known.unproven?.[column.name];
	if (value === null || value.trim() === '') {
		// A blank only clears what Khaos is known to hold, and a mandatory column has no blank.
		if (column.mandatory) return false;
		return !saysNothing(shown ?? held ?? '', column.compare);
	}
	if (shown === undefined) return held !== undefined && !identical(value, held);
	if (!compare(value, shown, column.compare)) return true;
	if (!provesLittle(value, shown, column.compare)) return false;
	if (held !== undefined) return !identical(value, held);
	return column.compare === 'description' && !isRecased(value, shown);
}

/**
 * The columns in which Khaos has to be brought to what is desired, in the order of `desired.columns`.
 *
 * Columns that Khaos owns are none of them. With `known` null (Khaos was never asked) or an absent item, every column that
 * has a value is one. A column that nothing shows is one only where `known.unproven` says that another value was sent
 * before; so are the case of a short description and the difference between tax codes 2 and 3.
 */
export function changedColumns(desired: DesiredStockItem, known: ReadBack | null): string[] {
	const { columns } = sendableColumns(desired);
	return Object.keys(columns).filter((name) => {
		if (name === STOCK_CODE) return false;
		const column = columnOf(name, desired.settings?.[name]);
		const value = columns[name] ?? null;
		if (column.owner === 'khaos') return false;
		if (known === null || !known.exists) return value !== null && value.trim() !== '';
		return isChanged(value, column, known);
	});
}

/**
 * Field by field, where a record that was read back after a write is not what was desired. A column that nothing shows is
 * no difference.
 */
export function differencesOf(desired: DesiredStockItem, readBack: ReadBack): Difference[] {
	const { columns } = sendableColumns(desired);
	const differences: Difference[] = [];
	for (const [name, value] of Object.entries(columns)) {
		const column = columnOf(name, desired.settings?.[name]);
		if (name === STOCK_CODE || column.owner === 'khaos') continue;
		const shown = shownValue(readBack, column);
		if (shown === undefined) continue;
		const empty = value === null || value.trim() === '';
		if (empty ? column.mandatory || saysNothing(shown, column.compare) : compare(value, shown, column.compare))
			continue;
		differences.push({ field: name, expected: value, actual: shown });
	}
	return differences;
}

/**
 * The read-back with a note of the values it can't prove (`unproven`), so that a later change of one of them is noticed.
 * Notes of an earlier read are kept for columns that are not desired any more.
 */
export function withUnproven(readBack: ReadBack, desired: DesiredStockItem, earlier?: ReadBack | null): ReadBack {
	if (!readBack.exists) return readBack;
	const unproven: Record<string, string> = { ...earlier?.unproven };
	for (const [name, value] of Object.entries(sendableColumns(desired).columns)) {
		if (name === STOCK_CODE) continue;
		const column = columnOf(name, desired.settings?.[name]);
		const shown = shownValue(readBack, column);
		delete unproven[name];
		if (value === null || value.trim() === '') continue;
		const equal = shown !== undefined && compare(value, shown, column.compare);
		// A description is noted even where its case is the same: that may be chance, and another case a change.
		const doubtful =
			column.compare === 'description' || (shown !== undefined && provesLittle(value, shown, column.compare));
		if (shown === undefined || (equal && doubtful)) unproven[name] = value;
	}
	return Object.keys(unproven).length > 0 ? { ...readBack, unproven } : readBack;
}

/**
 * How urgent a change of these columns is: the most urgent of them; 2 for a new item (design 2). Without any column: 4.
 */
export function laneOfColumns(
	columns: string[],
	settings: Record<string, ColumnSettings> | undefined,
	isNew: boolean,
): Lane {
	if (isNew) return 2;
	return columns.reduce<Lane>((lane, name) => {
		const own = columnOf(name, settings?.[name]).lane;
		return own < lane ? own : lane;
	}, 4);
}
