import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { KhaosLine } from '../../../lib/khaos/delivery/khaosLine';
import { parentsToRead, stockFiles } from '../../../lib/khaos/stockImport/stockFile';
import { StockLookUp } from '../../../lib/khaos/stockReading/stockLookUp';
import { LANES, type BatchItem } from '../../../lib/shapes';
import { khaosOf, pause } from '../account';
import { fileProperties, newlineOf, TSV, type FileOptions } from '../importFiles';
import { rowProperties, STOCK_ITEMS } from '../stockItemRows';
import { writeImportFiles } from '../writeImportFiles';

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
	const options = context.getNodeParameter('options', 0, {}) as FileOptions & { rowsPerFile?: number };
	return await writeImportFiles(context, {
		own: STOCK_ITEMS,
		mimeType: TSV,
		entryOf: (row) => row,
		namesIn: ({ item }) => [item.key],
		filesOf: async (entries) => {
			const items = entries.map(({ item }) => item);
			return stockFiles(entries, await parentDescriptions(context, items), {
				newline: newlineOf(options),
				rowsPerFile: options.rowsPerFile || Infinity,
			});
		},
		warningsOf: () => [],
		detailsOf: ({ columns, entries }) => ({
			columns,
			stockCodes: entries.map(({ item }) => (item.desired as { stockCode: string }).stockCode),
		}),
	});
}
