import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { concurrently } from '../../lib/concurrently';
import { failedItem } from '../failedItem';
import { nodeErrorOf } from './account';

/** What an operation made of all its items, in the order of the items. */
export type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

/**
 * Runs a task for each input item, a few at a time, and pairs its output with the item. With “Continue On Fail” a failed
 * item becomes one that says why; otherwise the first failure ends the node, naming the item.
 */
export async function eachItem(
	context: IExecuteFunctions,
	parallel: number,
	task: (itemIndex: number) => Promise<IDataObject[]>,
): Promise<INodeExecutionData[]> {
	const outputs = await concurrently(context.getInputData(), parallel, async (_item, itemIndex) => {
		try {
			const made = await task(itemIndex);
			return made.map((json): INodeExecutionData => ({ json, pairedItem: { item: itemIndex } }));
		} catch (error) {
			const shown = nodeErrorOf(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw shown;
			return [failedItem(itemIndex, shown)];
		}
	});
	return outputs.flat();
}

/** The Primary ID parameter of an item. */
export function primaryIdOf(context: IExecuteFunctions, itemIndex: number): string {
	const given: unknown = context.getNodeParameter('primaryId', itemIndex, '');
	const primaryId = typeof given === 'number' ? String(given) : typeof given === 'string' ? given.trim() : '';
	if (primaryId === '') {
		throw new NodeOperationError(context.getNode(), 'Primary ID is empty', {
			itemIndex,
			description: 'Enter the primary id of a product, or an expression such as {{ $json.primaryId }}.',
		});
	}
	return primaryId;
}
