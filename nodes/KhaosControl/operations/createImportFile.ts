import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { importCalls, tableRows } from '../../../lib/khaos/importCalls';
import { planRow, type PlannedRow } from '../../../lib/khaos/importRow';
import { absent } from '../../../lib/khaos/readBack';
import { headerOf, stockTable } from '../../../lib/khaos/stockTable';
import { desiredStockItemSchema, readBackSchema, type BatchItem, type Reason } from '../../../lib/shapes';
import { failedItem, readRows, rowProperties } from '../stockItemRows';

export const description: INodeProperties[] = [
	...rowProperties('createImportFile'),
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: 'stock-import.tsv',
		displayOptions: { show: { operation: ['createImportFile'] } },
		description: 'Where several files are needed, a number is put before the ending',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the output binary field to put the file in',
		displayOptions: { show: { operation: ['createImportFile'] } },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['createImportFile'] } },
		options: [
			{
				displayName: 'Encoding',
				name: 'encoding',
				type: 'options',
				options: [
					{ name: 'UTF-8', value: 'utf8' },
					{
						name: 'UTF-8 With BOM',
						value: 'bom',
						description: 'For programs that take plain UTF-8 for the old Windows encoding',
					},
					{
						name: 'Western European (Latin 1)',
						value: 'latin1',
						description: 'Other characters become question marks',
					},
				],
				default: 'utf8',
				description: 'How characters beyond plain English are written',
			},
			{
				displayName: 'Rows per File',
				name: 'rowsPerFile',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 10000,
				description: 'More rows go into another file',
			},
		],
	},
];

type Planned = PlannedRow & { itemIndex: number };

function planOf(item: BatchItem): PlannedRow | Reason[] {
	const desired = desiredStockItemSchema.safeParse(item.desired);
	if (!desired.success) {
		return [
			{
				field: 'desired',
				value: null,
				reason: `The desired record can't be read: ${desired.error.issues[0]?.message ?? ''}`,
				remedy: 'Pass the items of the Sequencer Trigger on as they are.',
			},
		];
	}
	const known = readBackSchema.safeParse(item.confirmed);
	return planRow(desired.data, known.success ? known.data : absent(desired.data.stockCode), false);
}

const bytesOf = (text: string, encoding: string): Buffer =>
	encoding === 'latin1'
		? Buffer.from([...text].map((character) => (character.codePointAt(0)! > 0xff ? '?' : character)).join(''), 'latin1')
		: Buffer.from(encoding === 'bom' ? `\ufeff${text}` : text, 'utf8');

const numbered = (fileName: string, at: number, count: number): string =>
	count === 1 ? fileName : fileName.replace(/(\.[^.]*)?$/, (ending) => `-${at + 1}${ending}`);

/**
 * Writes the table that the Stock Import Tool takes. Rows that can't share a header without clearing something, and SCS rows,
 * get a file of their own (contract 3.1, 16).
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { rows, unreadable } = readRows(context);
	const failed = unreadable.map(({ itemIndex, error }) => failedItem(itemIndex, error));
	const planned: Planned[] = [];
	for (const { itemIndex, item } of rows) {
		const plan = planOf(item);
		if (!Array.isArray(plan)) {
			planned.push({ ...plan, itemIndex });
			continue;
		}
		const error = new NodeOperationError(
			context.getNode(),
			`${item.key} can't be imported: ${plan.map((reason) => reason.reason).join('; ')}`,
			{ itemIndex, description: [...new Set(plan.map((reason) => reason.remedy))].join(' ') },
		);
		if (!context.continueOnFail()) throw error;
		failed.push(failedItem(itemIndex, error));
	}

	const options = context.getNodeParameter('options', 0, {}) as { encoding?: string; rowsPerFile?: number };
	const fileName = context.getNodeParameter('fileName', 0) as string;
	const property = context.getNodeParameter('binaryPropertyName', 0) as string;
	const files = importCalls(planned, options.rowsPerFile ?? 10_000);
	const written: INodeExecutionData[] = [];
	for (const [at, file] of files.entries()) {
		const table = tableRows(file);
		const name = numbered(fileName, at, files.length);
		const bytes = bytesOf(stockTable(table, '\r\n'), options.encoding ?? 'utf8');
		written.push({
			json: {
				fileName: name,
				rows: file.length,
				columns: headerOf(table),
				stockCodes: file.map((row) => row.stockCode),
			},
			binary: { [property]: await context.helpers.prepareBinaryData(bytes, name, 'text/tab-separated-values') },
			pairedItem: file.map((row) => ({ item: row.itemIndex })),
		});
	}
	return [...written, ...failed];
}
