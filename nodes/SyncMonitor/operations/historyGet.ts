import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { historyOf } from '../../../lib/monitor/history';
import { ledgerOf } from '../../ledgerFromCredentials';

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
	const output: INodeExecutionData[] = [];
	for (const item of context.getInputData().keys()) {
		const sku = String(context.getNodeParameter('sku', item)).trim();
		const trail = await ledger.monitor.trailOf(sku, context.getNodeParameter('events', item) as number);
		output.push({ json: historyOf(sku, trail) as unknown as IDataObject, pairedItem: { item } });
	}
	return [output];
}
