import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ledgerOf } from '../../ledgerFromCredentials';
import { batchSizeProperty, laneProperty, lanesOf, targetOfParameter, targetProperty } from './batchParameters';

const show = { operation: ['take'] };

export const description: INodeProperties[] = [
	{ ...targetProperty, displayOptions: { show } },
	{ ...laneProperty, displayOptions: { show } },
	{ ...batchSizeProperty, displayOptions: { show } },
	{
		displayName: 'Lease (Minutes)',
		name: 'leaseMinutes',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 10,
		description: 'How long the batch is yours without a sign of life before another execution may take it',
		displayOptions: { show },
	},
];

/** The next batch that is safe to send, most urgent first, leased to this execution until it is settled. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const batch = await ledger.take({
		target: targetOfParameter(context.getNodeParameter('target', 0)),
		lanes: lanesOf(context.getNodeParameter('lanes', 0, [])),
		limit: context.getNodeParameter('batchSize', 0, 100) as number,
		leaseMs: (context.getNodeParameter('leaseMinutes', 0, 10) as number) * 60_000,
	});
	return [batch.map((item) => ({ json: { ...item }, pairedItem: { item: 0 } }))];
}
