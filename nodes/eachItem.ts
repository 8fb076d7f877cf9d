import type {
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	NodeApiError,
	NodeOperationError,
} from 'n8n-workflow';

import { concurrently } from '../lib/concurrently';
import { failedItem } from './failedItem';

export interface EachItem {
	/** How many items at once; 1: one after the other, in order. */
	parallel: number;
	/** What a failure is shown as. */
	errorOf: (node: INode, error: unknown, itemIndex: number) => NodeApiError | NodeOperationError;
}

/**
 * Runs a task for each input item and pairs its output with the item. With “Continue On Fail” a failed item becomes one that
 * says why, and the others go on; otherwise the first failure ends the node, naming the item.
 *
 * @returns what the tasks made, in the order of the input
 */
export async function eachItem(
	context: IExecuteFunctions,
	{ parallel, errorOf }: EachItem,
	task: (itemIndex: number) => Promise<IDataObject[]>,
): Promise<INodeExecutionData[]> {
	const outputs = await concurrently(context.getInputData(), parallel, async (_item, itemIndex) => {
		try {
			const made = await task(itemIndex);
			return made.map((json): INodeExecutionData => ({ json, pairedItem: { item: itemIndex } }));
		} catch (error) {
			const shown = errorOf(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw shown;
			return [failedItem(itemIndex, shown)];
		}
	});
	return outputs.flat();
}
