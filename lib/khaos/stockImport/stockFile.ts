import {
	desiredStockItemSchema,
	keyOf,
	readBackSchema,
	type BatchItem,
	type DesiredStockItem,
	type Reason,
} from '../../shapes';
import { importCalls, tableRows } from './importCalls';
import type { ImportFile, ImportFiles, Newline } from '../importFile';
import { planRow, type PlannedRow } from './importRow';
import { absent } from '../stockReading/readBack';
import { unreadableDesired } from '../recordComparison';
import { goesByColumns, misplaced, scsCells, scsChildOf, type ScsChild } from './scs';
import { headerOf, stockTable } from './stockTable';

/** A file for the Stock Import Tool, with its columns. */
export interface StockFile<T> extends ImportFile<T> {
	columns: string[];
}

interface Planned<T> extends PlannedRow {
	entry: T;
}

const known = (item: BatchItem, stockCode: string) => {
	const parsed = readBackSchema.safeParse(item.confirmed);
	return parsed.success ? parsed.data : absent(stockCode);
};

function desiredOf({ desired }: BatchItem): DesiredStockItem | null {
	const parsed = desiredStockItemSchema.safeParse(desired);
	return parsed.success ? parsed.data : null;
}

/** A child that goes by the SCS columns of the import. */
function byColumns(item: BatchItem): ScsChild | null {
	const desired = desiredOf(item);
	const scs = desired === null ? null : scsChildOf(desired);
	return scs !== null && goesByColumns(scs, known(item, desired!.stockCode)) ? scs : null;
}

/** Parents whose descriptions the rows of their size/colour/style children carry, and that are not among the items. */
export function parentsToRead(items: BatchItem[]): string[] {
	const parents = new Map(
		items.flatMap((item) => {
			const code = byColumns(item)?.parentCode;
			return code === undefined ? [] : [[keyOf(code), code] as const];
		}),
	);
	for (const item of items) parents.delete(item.key);
	return [...parents.values()];
}

/** What a child's row says in place of its own code and description; the reason where the parent's isn't known. */
function insteadOf(scs: ScsChild | null, descriptions: Map<string, string>): Record<string, string> | Reason {
	if (scs === null) return {};
	const description = descriptions.get(keyOf(scs.parentCode)) ?? '';
	if (description !== '') return scsCells(scs, description);
	return {
		field: 'SHORT_DESC',
		value: null,
		reason: `The description of ${scs.parentCode} isn't known, and the row of its size/colour/style child carries it`,
		remedy: "Turn on 'Read Parents From Khaos Control' in the node, and see that the parent is in Khaos.",
	};
}

function planOf(item: BatchItem, descriptions: Map<string, string>): PlannedRow | Reason[] {
	const parsed = desiredStockItemSchema.safeParse(item.desired);
	if (!parsed.success) return [unreadableDesired(parsed.error)];
	const desired = parsed.data;
	const held = known(item, desired.stockCode);
	const scs = scsChildOf(desired);
	const wrong = scs === null ? null : misplaced(desired.stockCode, scs, held);
	if (wrong !== null) return [{ field: 'STOCK_CODE', value: desired.stockCode, ...wrong }];
	const instead = insteadOf(byColumns(item), descriptions);
	if ('reason' in instead && 'remedy' in instead) return [instead as Reason];
	return planRow(desired, held, false, instead as Record<string, string>);
}

/**
 * The tables that the Stock Import Tool takes. Rows that can't share a header without clearing something, and SCS rows, get
 * a file of their own (contract 3.1, 16). There is no limit of rows but the one that is set.
 *
 * @param parentDescriptions by key, of the parents in `parentsToRead`
 */
export function stockFiles<T extends { item: BatchItem }>(
	entries: T[],
	parentDescriptions: Map<string, string>,
	{ newline = '\r\n', rowsPerFile = Infinity }: { newline?: Newline; rowsPerFile?: number } = {},
): ImportFiles<T> & { files: Array<StockFile<T>> } {
	const descriptions = new Map(parentDescriptions);
	for (const { item } of entries) {
		const description = desiredOf(item)?.columns['SHORT_DESC'];
		if (description) descriptions.set(item.key, description);
	}
	const refused: ImportFiles<T>['refused'] = [];
	const planned: Array<Planned<T>> = [];
	for (const entry of entries) {
		const plan = planOf(entry.item, descriptions);
		if (Array.isArray(plan)) refused.push({ entry, reasons: plan });
		else planned.push({ ...plan, entry });
	}
	const files = importCalls(planned, rowsPerFile).map((call): StockFile<T> => {
		const rows = tableRows(call);
		const columns = headerOf(rows);
		return {
			kind: columns.some((name) => /^SCS_/i.test(name)) ? 'scs' : '',
			tool: 'Stock Import Tool',
			content: stockTable(rows, newline),
			rows: rows.length,
			columns,
			entries: call.map(({ entry }) => entry),
		};
	});
	return { files, refused };
}
