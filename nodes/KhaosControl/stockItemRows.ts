import {
	NodeOperationError,
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { laneOfColumns } from '../../lib/khaos/columns';
import { batchItemSchema, keyOf, type BatchItem } from '../../lib/shapes';

/** Where the stock items come from; shared by the operations that compare or write them. */
export const rowProperties = (operation: string): INodeProperties[] =>
	updateDisplayOptions({ show: { operation: [operation] } }, [
		{
			displayName: 'Stock Items From',
			name: 'source',
			type: 'options',
			options: [
				{
					name: 'Columns Below',
					value: 'columns',
					description: 'Each input item is a stock item; its columns are given here',
				},
				{
					name: 'Sequencer Batch',
					value: 'batch',
					description: 'The items of a Sequencer Trigger or of Sequencer: Take, as they come',
				},
			],
			default: 'batch',
			description: 'What the input items are',
		},
		{
			displayName: 'Stock Code',
			name: 'stockCode',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. {{ $json.sku }}',
			description: 'The unique code of the stock item in Khaos Control',
			displayOptions: { show: { source: ['columns'] } },
		},
		{
			displayName: 'Columns',
			name: 'columns',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true, sortable: true },
			default: {},
			placeholder: 'Add Column',
			description:
				'Columns of the Stock Import Tool. A new item needs CONTROLLED, SHORT_DESC, STOCK_TYPE1, STOCK_TYPE2, BUY_PRICE, SELL_PRICE and TAX_CODE; of an item that exists, those left out are sent as Khaos holds them.',
			displayOptions: { show: { source: ['columns'] } },
			options: [
				{
					displayName: 'Column',
					name: 'column',
					values: [
						{
							displayName: 'Name',
							name: 'name',
							type: 'string',
							default: '',
							placeholder: 'e.g. SHORT_DESC or UDA:Colour',
							description: 'As the Stock Import Tool calls it; upper and lower case matter',
						},
						{
							displayName: 'Value',
							name: 'value',
							type: 'string',
							default: '',
							description:
								'Text as it is to be stored; -1 and 0 for yes and no, decimals with a point. Empty clears the column.',
						},
					],
				},
			],
		},
	]);

export interface ReadRow {
	/** Its place among the input items. */
	itemIndex: number;
	item: BatchItem;
}

/** Input items that are none, each with what is wrong with it. */
export interface UnreadableRow {
	itemIndex: number;
	error: NodeOperationError;
}

const textOf = (value: unknown): string =>
	typeof value === 'boolean' ? (value ? '-1' : '0') : value === null || value === undefined ? '' : String(value);

function batchItemOf(
	context: IExecuteFunctions,
	input: INodeExecutionData,
	itemIndex: number,
	otherwise: string,
): BatchItem {
	const parsed = batchItemSchema.safeParse(input.json);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new NodeOperationError(context.getNode(), 'This item is not part of a batch of the Sequencer', {
		itemIndex,
		description: `${issue ? `${issue.path.join('.') || 'The item'}: ${issue.message}. ` : ''}Connect a Sequencer Trigger to this node and keep its fields as they come, or ${otherwise}.`,
	});
}

/** A stock item that was put together on the canvas. */
function columnsItemOf(context: IExecuteFunctions, itemIndex: number): BatchItem {
	const stockCode = textOf(context.getNodeParameter('stockCode', itemIndex)).trim();
	if (stockCode === '') {
		throw new NodeOperationError(context.getNode(), 'Stock Code is empty', {
			itemIndex,
			description: 'Enter the code of the stock item, or an expression such as {{ $json.sku }}.',
		});
	}
	const given = context.getNodeParameter('columns.column', itemIndex, []) as Array<{ name: string; value: unknown }>;
	const columns: Record<string, string | null> = { STOCK_CODE: stockCode };
	for (const { name, value } of given) {
		const column = String(name).trim();
		if (column === '' || column === 'STOCK_CODE') continue;
		const text = textOf(value);
		columns[column] = text.trim() === '' ? null : text;
	}
	return ownItem(itemIndex, {
		kind: 'stockItem',
		key: keyOf(stockCode),
		lane: laneOfColumns(
			Object.keys(columns).filter((name) => name !== 'STOCK_CODE'),
			undefined,
			false,
		),
		desired: { stockCode, columns },
		source: stockCode,
	});
}

/** A record that was put together on the canvas, in the shape of a batch item of nobody's batch. */
export function ownItem(
	itemIndex: number,
	{ kind, key, lane, desired, source }: Pick<BatchItem, 'kind' | 'key' | 'lane' | 'desired'> & { source: string },
): BatchItem {
	const now = new Date().toISOString();
	return {
		kind,
		key,
		version: now,
		lane,
		changedFields: [],
		needs: [],
		desired,
		source: { primaryId: source, internalId: '', dateUpdated: now },
		warnings: [],
		changeId: `item-${itemIndex}`,
		lease: { token: 'none', until: now },
		attempt: 1,
		confirmed: null,
	};
}

/** How input items become changes where they are no batch, and how the reader is told of it. */
export interface OwnRows {
	itemOf: (context: IExecuteFunctions, itemIndex: number) => BatchItem;
	/** The end of “connect a Sequencer Trigger, or …”. */
	otherwise: string;
}

const STOCK_ITEMS: OwnRows = {
	itemOf: columnsItemOf,
	otherwise: "set 'Stock Items From' to 'Columns Below'",
};

/**
 * The records that the input asks for. An input item that is none ends the node, naming it; with “Continue On Fail” it
 * is set apart.
 */
export function readRows(
	context: IExecuteFunctions,
	own: OwnRows = STOCK_ITEMS,
): {
	rows: ReadRow[];
	unreadable: UnreadableRow[];
	isBatch: boolean;
} {
	const isBatch = context.getNodeParameter('source', 0) === 'batch';
	const rows: ReadRow[] = [];
	const unreadable: UnreadableRow[] = [];
	for (const [itemIndex, input] of context.getInputData().entries()) {
		try {
			const item = isBatch
				? batchItemOf(context, input, itemIndex, own.otherwise)
				: own.itemOf(context, itemIndex);
			rows.push({ itemIndex, item });
		} catch (error) {
			const shown =
				error instanceof NodeOperationError
					? error
					: new NodeOperationError(context.getNode(), error as Error, { itemIndex });
			if (!context.continueOnFail()) throw shown;
			unreadable.push({ itemIndex, error: shown });
		}
	}
	return { rows, unreadable, isBatch };
}

/** In the order of the input. */
export const inOrder = (items: INodeExecutionData[]): INodeExecutionData[] =>
	[...items].sort((one, other) => placeOf(one) - placeOf(other));

const placeOf = ({ pairedItem }: INodeExecutionData): number =>
	typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : 0;
