import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { failedItems } from '../failedItem';
import { nodeErrorOf } from './account';

/** Does what the node's Operation says. What concerns all items is an item for each of them, where the node is to go on. */
export async function runOperation(
	context: IExecuteFunctions,
	operations: Record<string, { execute: (context: IExecuteFunctions) => Promise<INodeExecutionData[][]> }>,
): Promise<INodeExecutionData[][]> {
	const operation = context.getNodeParameter('operation', 0) as string;
	try {
		return await operations[operation]!.execute(context);
	} catch (error) {
		const shown = nodeErrorOf(context.getNode(), error);
		if (context.continueOnFail()) return [failedItems(context, shown)];
		throw shown;
	}
}
