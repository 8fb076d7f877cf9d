import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { eachItem as each } from '../eachItem';
import { nodeErrorOf } from './account';

/** What an operation made of all its items, in the order of the items. */
export type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

/** A task for each input item, a few at a time; what fails is shown as an error of Pimberly's. */
export const eachItem = async (
	context: IExecuteFunctions,
	parallel: number,
	task: (itemIndex: number) => Promise<IDataObject[]>,
): Promise<INodeExecutionData[]> => await each(context, { parallel, errorOf: nodeErrorOf }, task);

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
