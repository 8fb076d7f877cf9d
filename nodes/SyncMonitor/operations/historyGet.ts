import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { historyOf } from '../../../lib/monitor/history';
import { eachItem } from '../../eachItem';
import { ledgerOf } from '../../ledgerFromCredentials';
import { operationErrorOf } from '../../operationError';
import { requiredText } from '../../requiredText';

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['history'], operation: ['get'] } },
	[
		{
			displayName: 'SKU',
			name: 'sku',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. TEE-RED-L',
			description: 'A stock code or the primary ID of a product',
		},
		{
			displayName: 'Events',
			name: 'events',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 200,
			description: 'How many of the last events to return',
		},
	],
);

/** One item an input item: where the SKU stands, and everything that happened to it, in words. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const output = await eachItem(context, { parallel: 1, errorOf: operationErrorOf }, async (itemIndex) => {
		const sku = requiredText(context, { name: 'sku', displayName: 'SKU' }, itemIndex);
		const trail = await ledger.monitor.trailOf(sku, context.getNodeParameter('events', itemIndex) as number);
		return [historyOf(sku, trail) as unknown as IDataObject];
	});
	return [output];
}
