import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { importCalls, isScs, tableRows } from '../../../lib/khaos/importCalls';
import type { ImportFile } from '../../../lib/khaos/importFile';
import { planRow, type PlannedRow } from '../../../lib/khaos/importRow';
import { absent } from '../../../lib/khaos/readBack';
import { unreadableDesired } from '../../../lib/khaos/recordComparison';
import { headerOf, stockTable } from '../../../lib/khaos/stockTable';
import { desiredStockItemSchema, readBackSchema, type BatchItem, type Reason } from '../../../lib/shapes';
import {
	fileItems,
	fileProperties,
	newlineOf,
	notInFile,
	onlyToRead,
	resultItem,
	sentInFile,
	TSV,
	type FileOptions,
} from '../importFiles';
import { failedItem, inOrder, readRows, rowProperties, type ReadRow } from '../stockItemRows';

export const description: INodeProperties[] = [
	...rowProperties('createImportFile'),
	...fileProperties('stock-items', 'tsv', [
		{
			displayName: 'Rows per File',
			name: 'rowsPerFile',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'More rows go into another file; 0 sets no limit, as the Stock Import Tool has none',
		},
	]),
];

type Entry = ReadRow & PlannedRow;

function planOf(item: BatchItem): PlannedRow | Reason[] {
	const desired = desiredStockItemSchema.safeParse(item.desired);
	if (!desired.success) return [unreadableDesired(desired.error)];
	const known = readBackSchema.safeParse(item.confirmed);
	return planRow(desired.data, known.success ? known.data : absent(desired.data.stockCode), false);
}

/**
 * Writes the table that the Stock Import Tool takes, and a result for each item. Rows that can't share a header without
 * clearing something, and SCS rows, get a file of their own (contract 3.1, 16).
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { rows, unreadable, isBatch } = readRows(context);
	const options = context.getNodeParameter('options', 0, {}) as FileOptions & { rowsPerFile?: number };
	const results = unreadable.map(({ itemIndex, error }) => failedItem(itemIndex, error));
	const entries: Entry[] = [];
	for (const row of rows) {
		const other = onlyToRead(row);
		const plan = other === null ? planOf(row.item) : null;
		if (plan !== null && !Array.isArray(plan)) entries.push({ ...row, ...plan });
		else results.push(resultItem(row, isBatch, other ?? notInFile(plan ?? [])));
	}
	const calls = importCalls(entries, options.rowsPerFile || Infinity);
	const files = calls.map(
		(call): ImportFile<Entry> => ({
			kind: call.some(isScs) ? 'scs' : '',
			tool: 'Stock Import Tool',
			content: stockTable(tableRows(call), newlineOf(options)),
			rows: call.length,
			entries: call,
		}),
	);
	for (const entry of entries) results.push(resultItem(entry, isBatch, sentInFile()));
	const items = await fileItems(context, files, TSV, (file) => {
		const planned = file.entries as Entry[];
		return { columns: headerOf(tableRows(planned)), stockCodes: planned.map((row) => row.stockCode) };
	});
	return [items, inOrder(results)];
}
