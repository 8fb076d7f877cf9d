import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import type { z } from 'zod';

import { failedItem } from '../../failedItem';
import { operationErrorOf } from '../../operationError';

/** What an item has to be, and which node makes such items: “the result of a change”, “the node that writes the batch”. */
export interface Expected<T extends z.ZodTypeAny> {
	schema: T;
	what: string;
	madeBy: string;
}

/**
 * An item as one of the shapes that travel between the nodes.
 * @throws NodeOperationError naming the item, what is wrong with it and which node makes such items.
 */
export function parseItem<T extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	itemIndex: number,
	{ schema, what, madeBy }: Expected<T>,
): z.output<T> {
	const parsed = schema.safeParse(item.json);
	if (parsed.success) return parsed.data as z.output<T>;
	const issue = parsed.error.issues[0];
	throw new NodeOperationError(context.getNode(), `This item is not ${what}`, {
		itemIndex,
		description: `${issue ? `${issue.path.join('.') || 'The item'}: ${issue.message}. ` : ''}Connect ${madeBy} to this node, and keep its fields as they come.`,
	});
}

/** What could be read of the input. */
export interface ReadItems<T> {
	read: Array<{ itemIndex: number; value: T }>;
	/** For the others: output items that say what is wrong with each. */
	unreadable: INodeExecutionData[];
}

/** Reads each input item. One that can't be read ends the node; with “Continue On Fail” it is set apart and the others count. */
export function readItems<T>(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	readOne: (item: INodeExecutionData, itemIndex: number) => T,
): ReadItems<T> {
	const result: ReadItems<T> = { read: [], unreadable: [] };
	for (const [itemIndex, item] of items.entries()) {
		try {
			result.read.push({ itemIndex, value: readOne(item, itemIndex) });
		} catch (error) {
			const shown = operationErrorOf(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw shown;
			result.unreadable.push(failedItem(itemIndex, shown));
		}
	}
	return result;
}
