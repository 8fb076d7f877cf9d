import type { DesiredStockItem, ReadBack, Reason } from '../../shapes';
import {
	changedColumns,
	columnOf,
	HARMONISATION_CODE,
	isStockLevel,
	MANDATORY_COLUMNS,
	NEW_ITEM_DEFAULTS,
	sendableColumns,
	shownValue,
	STOCK_CODE,
	type Column,
} from '../columns';
import { decimal, listValues, TAX_RATES, yesOrNo } from '../comparison';
import { isSendable } from '../stockReading/readBack';
import { cellText, type StockRow } from './stockTable';

/** What one item needs of an import: a pure plan, made of what is desired and what Khaos is known to hold. */
export interface PlannedRow {
	stockCode: string;
	isNew: boolean;
	/** The columns that brought it about. */
	changed: string[];
	/** An SCS child that Khaos holds. */
	isChild: boolean;
	/** Its own cells: the mandatory columns and what has something to say (contract 16). */
	cells: StockRow;
	/**
	 * What it would put into a column that only other rows of a call need: its desired or last-read value, or a blank where
	 * that changes nothing. Null: it can't be in a call with that column.
	 */
	cellFor(column: string): string | null;
}

const isEmpty = (value: string | null | undefined): boolean =>
	value === undefined || value === null || value.trim() === '';

/** Yes and no as Khaos wants them: -1 and 0 (contract 2.3). Other values as they are. */
function asCell(value: string, column: Column): string {
	if (column.compare !== 'boolean') return cellText(value);
	const answer = yesOrNo(value);
	return isEmpty(value) || answer === null ? cellText(value) : answer ? '-1' : '0';
}

/**
 * Whether an existing item has to be read again just before it is written: some mandatory column is sent as Khaos last
 * showed it, and an old value would undo what somebody changed in Khaos since (BUY_PRICE sets the stock value).
 */
export function needsFreshRead(desired: DesiredStockItem): boolean {
	return MANDATORY_COLUMNS.some(
		(name) =>
			name !== STOCK_CODE &&
			(columnOf(name, desired.settings?.[name]).owner === 'khaos' || isEmpty(desired.columns[name])),
	);
}

/** A mandatory column of an existing item that Pimberly doesn't decide: as Khaos shows it; undefined where it doesn't. */
function lastRead(known: ReadBack, column: Column, desired: string | null | undefined): string | undefined {
	const shown = shownValue(known, column);
	if (shown === undefined || !isSendable(column.name, shown)) return undefined;
	if (column.name !== 'TAX_CODE' || TAX_RATES[shown] !== '0') return shown;
	// Zero-rated and exempt read the same (contract 16): keep what is remembered or desired of the two.
	const remembered = [known.unproven?.TAX_CODE, desired].find(
		(code) => !isEmpty(code) && TAX_RATES[code!.trim()] === '0',
	);
	return remembered?.trim() ?? shown;
}

function mandatoryCell(name: string, desired: DesiredStockItem, known: ReadBack): string | undefined {
	const column = columnOf(name, desired.settings?.[name]);
	const value = desired.columns[name];
	if (!known.exists) {
		if (!isEmpty(value)) return asCell(value!, column);
		return column.owner === 'khaos' ? NEW_ITEM_DEFAULTS[name] : undefined;
	}
	return column.owner === 'pimberly' && !isEmpty(value) ? asCell(value!, column) : lastRead(known, column, value);
}

/** Whether a last-read value can be written back without changing what it means. */
function isFaithful(value: string, column: Column): boolean {
	if (column.compare === 'richText' || cellText(value) !== value) return false;
	return !['oneOf', 'attribute', 'list'].includes(column.compare) || listValues(value).length <= 1;
}

const problem = (field: string, value: string | null, reason: string, remedy: string): Reason => ({
	field,
	value,
	reason,
	remedy,
});

function problemsOf(cells: StockRow, missing: string[], isNew: boolean): Reason[] {
	const problems = missing.map((name) =>
		problem(
			name,
			null,
			isNew
				? `${name} has no value, and Khaos takes no new item without one`
				: `${name} has no value, and Khaos shows none that could be sent again`,
			`Give ${name} a value, or map it to an attribute that has one.`,
		),
	);
	for (const [name, value] of Object.entries(cells)) {
		const { limit, compare } = columnOf(name);
		if (isStockLevel(name)) {
			problems.push(
				problem(
					name,
					value,
					`${name} writes stock levels, which belong to Khaos`,
					'Take the column out of the mapping.',
				),
			);
		}
		if (limit !== null && value.length > limit) {
			problems.push(
				problem(name, value, `${name} has ${value.length} characters; Khaos takes ${limit}`, 'Shorten the value.'),
			);
		}
		if ((name === STOCK_CODE || name === 'SHORT_DESC') && value.includes('#')) {
			problems.push(problem(name, value, `${name} holds a #, which the import doesn't support`, 'Take the # out.'));
		}
		if ((name === 'BUY_PRICE' || name === 'SELL_PRICE') && !isPrice(value)) {
			problems.push(
				problem(name, value, `${name} '${value}' is no plain decimal of nought or more`, 'Write it like 12.50.'),
			);
		}
		if (name === 'TAX_CODE' && TAX_RATES[value] === undefined) {
			problems.push(
				problem(name, value, `TAX_CODE '${value}' is none of 1 to 6`, 'Map the tax to one of the codes 1 to 6.'),
			);
		}
		if (compare === 'boolean' && value !== '' && value !== '-1' && value !== '0') {
			problems.push(problem(name, value, `${name} '${value}' is neither yes nor no`, 'Write -1 for yes and 0 for no.'));
		}
	}
	return problems;
}

const isPrice = (value: string): boolean => /^\d+(\.\d+)?$/.test(value) && decimal(value) !== null;

/**
 * Plan the row that brings an item to what is desired, or say why it can't be sent. `known` is what Khaos is known to hold
 * (`exists: false`: it doesn't hold the item); `fresh` whether that was read just now. `instead`: cells that are sent whatever
 * the item's own are (the SCS columns).
 */
export function planRow(
	desired: DesiredStockItem,
	known: ReadBack,
	fresh: boolean,
	instead: StockRow = {},
): PlannedRow | Reason[] {
	const { columns } = sendableColumns(desired);
	const isNew = !known.exists;
	const changed = changedColumns(desired, known);
	const cells: StockRow = { [STOCK_CODE]: cellText(desired.stockCode) };
	const missing: string[] = [];
	for (const name of MANDATORY_COLUMNS) {
		if (name === STOCK_CODE || instead[name] !== undefined) continue;
		const cell = mandatoryCell(name, desired, known);
		if (cell === undefined || cell === '') missing.push(name);
		else cells[name] = cell;
	}

	const wanted = new Set(changed);
	if (isNew) {
		for (const [name, value] of Object.entries(columns)) if (!isEmpty(value)) wanted.add(name);
	}
	const code = columnOf(HARMONISATION_CODE, desired.settings?.[HARMONISATION_CODE]);
	const codeUnknown = shownValue(known, code) === undefined && known.unproven?.[HARMONISATION_CODE] === undefined;
	const harmonisation = Object.keys(columns).filter((name) => name.startsWith('Harmonisation:'));
	// A commodity code goes with its country: all of the group or none. Where it isn't known yet, it is sent along.
	if (harmonisation.some((name) => wanted.has(name)) || (codeUnknown && !isEmpty(columns[HARMONISATION_CODE]))) {
		for (const name of harmonisation) {
			if (columnOf(name, desired.settings?.[name]).owner === 'pimberly' || isNew) wanted.add(name);
		}
	}
	for (const name of wanted) {
		if (name in cells || name === STOCK_CODE) continue;
		cells[name] = asCell(columns[name] ?? '', columnOf(name, desired.settings?.[name]));
	}

	for (const [name, value] of Object.entries(instead)) cells[name] = cellText(value);

	const problems = problemsOf(cells, missing, isNew);
	if (cells[STOCK_CODE] === '') {
		problems.push(problem(STOCK_CODE, null, 'The stock code is empty', 'Give the product a stock code.'));
	}
	if (problems.length > 0) return problems;

	const cellFor = (name: string): string | null => {
		if (cells[name] !== undefined) return cells[name];
		if (/^SCS_/i.test(name)) return null;
		if (isNew) return '';
		const column = columnOf(name, desired.settings?.[name]);
		const value = columns[name];
		if (!isEmpty(value) && column.owner === 'pimberly') return asCell(value!, column);
		const shown = shownValue(known, column);
		if (shown === undefined) return null;
		if (shown === '') return '';
		return fresh && isFaithful(shown, column) ? shown : null;
	};
	return { stockCode: desired.stockCode, isNew, isChild: known.parentCode !== '', changed, cells, cellFor };
}
