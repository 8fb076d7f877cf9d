import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { KhaosLine } from '../../../lib/khaos/khaosLine';
import { parentsToRead, stockFiles, type StockFile } from '../../../lib/khaos/stockFile';
import { StockLookUp } from '../../../lib/khaos/stockLookUp';
import { LANES, type BatchItem } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import { khaosOf, pause } from '../account';
import {
	fileItems,
	fileProperties,
	lostIn,
	newlineOf,
	notInFile,
	onlyToRead,
	resultItem,
	sentInFile,
	TSV,
	type FileOptions,
} from '../importFiles';
import { inOrder, readRows, rowProperties, type ReadRow } from '../stockItemRows';

export const description: INodeProperties[] = [
	...rowProperties('createImportFile'),
	{
		displayName: 'Read Parents From Khaos Control',
		name: 'readParents',
		type: 'boolean',
		default: false,
		displayOptions: { show: { operation: ['createImportFile'] } },
		description:
			'Whether to read the parents of size/colour/style children, whose rows carry their description. Needed only where variants go by the SCS columns; without it no call is made to Khaos Control.',
	},
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

/** The row of a size/colour/style child carries its parent's description, which Khaos is asked for where it can be. */
async function parentDescriptions(context: IExecuteFunctions, items: BatchItem[]): Promise<Map<string, string>> {
	const parents = parentsToRead(items);
	if (parents.length === 0 || context.getNodeParameter('readParents', 0) !== true) return new Map();
	const khaos = await khaosOf(context, false);
	const line = new KhaosLine(khaos.port, pause);
	const found = await new StockLookUp(khaos.client, khaos.port, line, LANES.launch).read(parents);
	const [error] = found.errors.values();
	if (error) throw error;
	return new Map([...found.records].map(([key, record]) => [key, record.elements['STOCK_DESC'] ?? '']));
}

/** Writes the tables that the Stock Import Tool takes, and a result for each item. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { rows, unreadable, isBatch } = readRows(context);
	const options = context.getNodeParameter('options', 0, {}) as FileOptions & { rowsPerFile?: number };
	const results = unreadable.map(({ itemIndex, error }) => failedItem(itemIndex, error));
	const toWrite: ReadRow[] = [];
	for (const row of rows) {
		const lost = lostIn(options, [row.item.key]);
		const other = onlyToRead(row) ?? (lost.length > 0 ? notInFile(lost) : null);
		if (other === null) toWrite.push(row);
		else results.push(resultItem(row, isBatch, other));
	}
	const descriptions = await parentDescriptions(
		context,
		toWrite.map(({ item }) => item),
	);
	const { files, refused } = stockFiles(toWrite, descriptions, {
		newline: newlineOf(options),
		rowsPerFile: options.rowsPerFile || Infinity,
	});
	for (const { entry, reasons } of refused) results.push(resultItem(entry, isBatch, notInFile(reasons)));
	for (const entry of files.flatMap((file) => file.entries)) results.push(resultItem(entry, isBatch, sentInFile()));
	const items = await fileItems(context, files, TSV, (file) => ({
		columns: (file as StockFile<ReadRow>).columns,
		stockCodes: file.entries.map(({ item }) => (item.desired as { stockCode: string }).stockCode),
	}));
	return [items, inOrder(results)];
}
