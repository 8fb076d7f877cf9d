import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { batchItemSchema, type BatchItem } from '../../lib/shapes';
import { failedItem } from '../failedItem';
import { operationErrorOf } from '../operationError';

/** Whether the input items are a batch of the Sequencer, or records that are put together on the canvas. */
export const sourceProperty = (displayName: string, own: INodePropertyOptions): INodeProperties => ({
	displayName,
	name: 'source',
	type: 'options',
	options: [
		own,
		{
			name: 'Sequencer Batch',
			value: 'batch',
			description: 'The items of a Sequencer Trigger or of Sequencer: Take, as they come',
		},
	],
	default: 'batch',
	description: 'What the input items are',
});

/** The code of a record that is put together on the canvas. */
export const stockCodeProperty = (description: string): INodeProperties => ({
	displayName: 'Stock Code',
	name: 'stockCode',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. {{ $json.sku }}',
	description,
});

export interface ReadRow {
	/** Its place among the input items. */
	itemIndex: number;
	item: BatchItem;
}

/** What the input asks for. */
export interface ReadRows {
	rows: ReadRow[];
	/** For input items that are none: output items with what is wrong with each. */
	unreadable: INodeExecutionData[];
}

/**
 * An input item as part of a batch.
 * @param otherwise what else there is to do, as the end of “connect a Sequencer Trigger …, or”; null: nothing
 * @throws NodeOperationError naming the item
 */
export function batchItemOf(
	context: IExecuteFunctions,
	input: INodeExecutionData,
	itemIndex: number,
	otherwise: string | null,
): BatchItem {
	const parsed = batchItemSchema.safeParse(input.json);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new NodeOperationError(context.getNode(), 'This item is not part of a batch of the Sequencer', {
		itemIndex,
		description: `${issue ? `${issue.path.join('.') || 'The item'}: ${issue.message}. ` : ''}Connect a Sequencer Trigger to this node and keep its fields as they come${otherwise === null ? '' : `, or ${otherwise}`}.`,
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

/**
 * The records that the input asks for. An input item that is none ends the node, naming it; with “Continue On Fail” it
 * is set apart.
 */
export function readRows(context: IExecuteFunctions, own: OwnRows): ReadRows & { isBatch: boolean } {
	const isBatch = context.getNodeParameter('source', 0) === 'batch';
	const itemOf = (input: INodeExecutionData, itemIndex: number) =>
		isBatch ? batchItemOf(context, input, itemIndex, own.otherwise) : own.itemOf(context, itemIndex);
	return { ...readEach(context, itemOf), isBatch };
}

/** The same with a reader for each input item. */
export function readEach(
	context: IExecuteFunctions,
	itemOf: (input: INodeExecutionData, itemIndex: number) => BatchItem,
): ReadRows {
	const rows: ReadRow[] = [];
	const unreadable: INodeExecutionData[] = [];
	for (const [itemIndex, input] of context.getInputData().entries()) {
		try {
			rows.push({ itemIndex, item: itemOf(input, itemIndex) });
		} catch (error) {
			const shown = operationErrorOf(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw shown;
			unreadable.push(failedItem(itemIndex, shown));
		}
	}
	return { rows, unreadable };
}

/** In the order of the input. */
export const inOrder = (items: INodeExecutionData[]): INodeExecutionData[] =>
	[...items].sort((one, other) => placeOf(one) - placeOf(other));

const placeOf = ({ pairedItem }: INodeExecutionData): number =>
	typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : 0;
