import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { keyOf } from '../../../lib/shapes';
import { ledgerOf } from '../../ledgerFromCredentials';

const show = { operation: ['release'] };

export const description: INodeProperties[] = [
	{
		displayName: 'Release',
		name: 'release',
		type: 'options',
		options: [
			{
				name: 'A Batch',
				value: 'batch',
				description: 'Give the changes of the incoming batch items back, so that another execution can take them',
			},
			{
				name: 'A Hold',
				value: 'hold',
				description:
					'Send held changes although what they wait for is not confirmed in Khaos, or not allowed by First Sync',
			},
		],
		default: 'batch',
		description: 'What is to be let go',
		displayOptions: { show },
	},
	{
		displayName: 'Stock Code',
		name: 'stockCode',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. TEE-RED-L',
		description: 'The stock code whose changes are held',
		displayOptions: { show: { ...show, release: ['hold'] } },
	},
	{
		displayName: 'Reason',
		name: 'reason',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. Parent was made in Khaos by hand',
		description: 'Why, in your words; it is kept in the audit trail',
		displayOptions: { show },
	},
];

/** Gives a batch back, or ends a hold, with a reason. */
export async function execute(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const output: INodeExecutionData[] = [];
	const done = new Map<string, number>();
	for (const [itemIndex, item] of items.entries()) {
		const reason = context.getNodeParameter('reason', itemIndex) as string;
		if (context.getNodeParameter('release', itemIndex) === 'hold') {
			const stockCode = context.getNodeParameter('stockCode', itemIndex) as string;
			const released = await ledger.endHold([keyOf(stockCode)], reason);
			output.push({ json: { stockCode, released }, pairedItem: { item: itemIndex } });
			continue;
		}
		const token = (item.json['lease'] as { token?: unknown } | undefined)?.token;
		if (typeof token !== 'string') {
			throw new NodeOperationError(context.getNode(), 'This item has no lease to release', {
				itemIndex,
				description:
					'Connect the Sequencer Trigger, or a Sequencer that takes a batch, and keep the lease field of its items.',
			});
		}
		if (!done.has(token)) done.set(token, await ledger.release(token, reason));
		output.push({ json: { ...item.json, released: done.get(token)! }, pairedItem: { item: itemIndex } });
	}
	return [output];
}
