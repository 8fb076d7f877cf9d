import type {
	Approval,
	BatchItem,
	DesiredStockItem,
	Difference,
	FirstSyncDifference,
	ReadBack,
	Result,
} from '../../shapes';
import { changedColumns, columnOf, shownValue, STOCK_CODE } from '../columns';

/**
 * The first sync into a Khaos that is already full: of an item that was never confirmed, only what is approved is written.
 * What differs otherwise stays as Khaos holds it, and waits.
 */

const HARMONISATION = 'Harmonisation:';

/** Whether a column may be written of an item that Khaos held before. A commodity code goes with its country, or not at all. */
export function isApproved(approval: Approval, column: string): boolean {
	if (approval.columns === 'all' || approval.columns.includes(column)) return true;
	return column.startsWith(HARMONISATION) && approval.columns.some((name) => name.startsWith(HARMONISATION));
}

/** What holds for both: each of two settings has its say. */
export function strictest(one: Approval, other: Approval): Approval {
	const columns =
		one.columns === 'all'
			? other.columns
			: other.columns === 'all'
				? one.columns
				: one.columns.filter((column) => isApproved(other, column));
	return { columns, newItems: one.newItems && other.newItems };
}

/** Everything may be written. */
export const everything: Approval = { columns: 'all', newItems: true };
/** Whether all may be written, so that nothing waits for a person. */
export const isEverything = (approval: Approval): boolean => approval.columns === 'all' && approval.newItems;

/** What is desired, without the columns that are to stay as they are: a mandatory one of them is then sent as last read. */
export function approvedPart(desired: DesiredStockItem, approval: Approval): DesiredStockItem {
	const columns = Object.entries(desired.columns).filter(([name]) => name === STOCK_CODE || isApproved(approval, name));
	return { ...desired, columns: Object.fromEntries(columns) };
}

const differenceIn = (desired: DesiredStockItem, known: ReadBack, field: string): Difference => ({
	field,
	expected: desired.columns[field] ?? null,
	actual: shownValue(known, columnOf(field, desired.settings?.[field])) ?? known.unproven?.[field] ?? null,
});

/** As if Pimberly owned every column. */
function ownedByPimberly(desired: DesiredStockItem): DesiredStockItem {
	const settings = Object.entries(desired.settings ?? {}).map(
		([name, own]) => [name, { ...own, owner: 'pimberly' }] as const,
	);
	return { ...desired, settings: Object.fromEntries(settings) };
}

/**
 * Where an item that Khaos holds differs from what is desired and stays so: what waits for approval, and what is never
 * written because Khaos owns the column.
 */
export function differencesThatStay(
	desired: DesiredStockItem,
	known: ReadBack,
	approval: Approval,
): FirstSyncDifference[] {
	if (!known.exists) {
		const isNew = { field: STOCK_CODE, owner: 'pimberly' as const, expected: desired.stockCode, actual: null };
		return approval.newItems ? [] : [isNew];
	}
	const changed = changedColumns(desired, known);
	const khaosOwns = changedColumns(ownedByPimberly(desired), known).filter(
		(name) => columnOf(name, desired.settings?.[name]).owner === 'khaos',
	);
	return [
		...changed
			.filter((name) => !isApproved(approval, name))
			.map((name) => ({ ...differenceIn(desired, known, name), owner: 'pimberly' as const })),
		...khaosOwns.map((name) => ({ ...differenceIn(desired, known, name), owner: 'khaos' as const })),
	];
}

/** Of these, what a person can approve. */
export const awaitingApproval = (differences: FirstSyncDifference[]): FirstSyncDifference[] =>
	differences.filter((difference) => difference.owner === 'pimberly');

/**
 * What only a comparison with Khaos could tell is not handed over unread: by the channel and by a file an item is written as a
 * whole. Null: there is nothing to approve of it.
 */
export function notCompared(item: BatchItem): (Partial<Result> & Pick<Result, 'status' | 'reason' | 'remedy'>) | null {
	if (item.approval === undefined || item.purpose === 'check' || item.purpose === 'lookUp') return null;
	return {
		status: 'retry',
		cause: 'unavailable',
		reason: `${item.key} was never compared with Khaos, and First Sync is not set to Send Everything`,
		remedy:
			'Make the first sync with Khaos Control Stock Item: Create or Update, which compares before it writes; or set First Sync to Send Everything.',
		retryAfter: 300,
	};
}

/** What is said of an item that waits for approval of these. */
export function waitsInWords(stockCode: string, waiting: FirstSyncDifference[]): { reason: string; remedy: string } {
	const isNew = waiting.some(({ field, actual }) => field === STOCK_CODE && actual === null);
	return {
		reason: isNew
			? `${stockCode} is not in Khaos, and new items are not made before that is allowed.`
			: `${stockCode} differs in Khaos in ${waiting.map(({ field }) => field).join(', ')}, which is not written before it is allowed.`,
		remedy: isNew
			? 'Allow new items in the Sequencer Trigger, under First Sync.'
			: 'Look at the list of Sequencer: Get First Sync, and allow the fields in the Sequencer Trigger, under First Sync.',
	};
}
