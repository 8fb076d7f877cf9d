import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ledgerOf } from '../../ledgerFromCredentials';

export const description: INodeProperties[] = [
	{
		displayName: 'Lag Over (Hours)',
		name: 'lagHours',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 24,
		description: 'The lag figures are over the changes confirmed in the last so many hours',
		displayOptions: { show: { operation: ['getStats'] } },
	},
];

/** How much is queued, held, in flight, failed and confirmed, how long changes took, and how far the intake is. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const stats = await ledger.stats((context.getNodeParameter('lagHours', 0) as number) * 60 * 60_000);
	return [[{ json: stats as unknown as IDataObject, pairedItem: { item: 0 } }]];
}
