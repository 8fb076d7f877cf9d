import { columnOf, differencesOf, shownValue, STOCK_CODE } from '../khaos/columns';
import { decimal, isRecased } from '../khaos/comparison';
import type { DesiredStockItem, Difference, ReadBack } from '../shapes';

/** What a drift check passes over, beside what Khaos Control is known to do to a value. */
export interface Tolerance {
	/**
	 * Upper and lower case. `khaos`: as the sync compares, short descriptions in any case; `strict`: short descriptions only
	 * where Khaos's own re-casing explains it; `ignore`: in no text.
	 */
	letterCase: 'khaos' | 'strict' | 'ignore';
	/** White space within a text, how much of it and where. */
	spaces: 'exact' | 'ignore';
	/** Numbers are the same when they are so to this many places; null: to the last. */
	decimalPlaces: number | null;
	/** Import columns that are not compared. */
	ignoredColumns: string[];
}

export const defaultTolerance: Tolerance = {
	letterCase: 'khaos',
	spaces: 'ignore',
	decimalPlaces: null,
	ignoredColumns: [],
};

const withoutSpaces = (text: string): string => text.replace(/[\s\u00a0]+/g, '');

function isTolerated(
	{ field, expected, actual }: Difference,
	desired: DesiredStockItem,
	tolerance: Tolerance,
): boolean {
	if (tolerance.ignoredColumns.includes(field)) return true;
	const { compare } = columnOf(field, desired.settings?.[field]);
	if (compare === 'number') {
		if (tolerance.decimalPlaces === null) return false;
		const [wanted, held] = [decimal(expected?.trim() || '0'), decimal(actual?.trim() || '0')];
		return (
			wanted !== null && held !== null && wanted.round(tolerance.decimalPlaces).eq(held.round(tolerance.decimalPlaces))
		);
	}
	if (compare === 'boolean' || compare === 'taxCode') return false;
	const norm = (text: string | null): string => {
		const spaced = tolerance.spaces === 'ignore' ? withoutSpaces(text ?? '') : (text ?? '').trim();
		return (tolerance.letterCase === 'ignore' || compare === 'description' ? spaced.toLowerCase() : spaced).normalize(
			'NFC',
		);
	};
	return norm(expected) === norm(actual);
}

/** Short descriptions that differ in case only, and not as one of Khaos's description cases would make it. */
function recasedByHand(desired: DesiredStockItem, readBack: ReadBack): Difference[] {
	return Object.entries(desired.columns).flatMap(([name, value]) => {
		const column = columnOf(name, desired.settings?.[name]);
		if (name === STOCK_CODE || column.owner === 'khaos' || column.compare !== 'description' || value === null)
			return [];
		const shown = shownValue(readBack, column);
		const same =
			shown === undefined || shown.trim() === value.trim() || shown.trim().toLowerCase() !== value.trim().toLowerCase();
		return same || isRecased(value, shown) ? [] : [{ field: name, expected: value, actual: shown }];
	});
}

/**
 * Field by field, where a stock item in Khaos is not what Pimberly says, within the tolerance. Columns that Khaos owns, and
 * those that nothing shows, are never among them.
 */
export function driftOfItem(desired: DesiredStockItem, readBack: ReadBack, tolerance: Tolerance): Difference[] {
	const found = differencesOf(desired, readBack).filter((difference) => !isTolerated(difference, desired, tolerance));
	if (tolerance.letterCase !== 'strict') return found;
	return [
		...found,
		...recasedByHand(desired, readBack).filter(({ field }) => !tolerance.ignoredColumns.includes(field)),
	];
}
