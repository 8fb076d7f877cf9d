import type { IExecuteFunctions, INodeExecutionData, NodeApiError, NodeOperationError } from 'n8n-workflow';

/**
 * An output item that says why there is no other, and below it what to do. n8n takes an item for a failed one when it has no
 * members but these; it then goes to the node's error output, where one is switched on, together with what came in.
 */
export const failedItem = (itemIndex: number, error: NodeApiError | NodeOperationError): INodeExecutionData => ({
	json: { error: error.message, details: error.description ?? '' },
	pairedItem: { item: itemIndex },
});

/** One for each input item, for what went wrong with all of them. */
export const failedItems = (
	context: IExecuteFunctions,
	error: NodeApiError | NodeOperationError,
): INodeExecutionData[] => context.getInputData().map((_input, itemIndex) => failedItem(itemIndex, error));
