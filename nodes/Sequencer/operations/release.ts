import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { keyOf } from '../../../lib/shapes';
import { ledgerOf } from '../../ledgerFromCredentials';
import { onEachItem, reasonOf, reasonProperty } from './namedParameters';

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
					'Send held changes although what they wait for is not confirmed in Khaos, or not allowed by First Sync; or let a product have its new stock code',
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
		description: 'The stock code whose changes are held; of a product whose code changed, the new one',
		displayOptions: { show: { ...show, release: ['hold'] } },
	},
	{ ...reasonProperty('e.g. Parent was made in Khaos by hand'), displayOptions: { show } },
];

/** Gives a batch back, or ends a hold, with a reason. */
export async function execute(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const done = new Map<string, number>();
	const output = await onEachItem(context, async (itemIndex) => {
		const reason = reasonOf(context, itemIndex);
		if (context.getNodeParameter('release', itemIndex) === 'hold') {
			const stockCode = stockCodeOf(context, itemIndex);
			return [{ stockCode, released: await ledger.endHold([keyOf(stockCode)], reason) }];
		}
		const { json } = items[itemIndex]!;
		const token = tokenOf(context, json, itemIndex);
		if (!done.has(token)) done.set(token, await ledger.release(token, reason));
		return [{ ...json, released: done.get(token)! }];
	});
	return [output];
}

function stockCodeOf(context: IExecuteFunctions, itemIndex: number): string {
	const stockCode = String(context.getNodeParameter('stockCode', itemIndex, '') ?? '').trim();
	if (stockCode !== '') return stockCode;
	throw new NodeOperationError(context.getNode(), 'Stock Code is empty', {
		itemIndex,
		description: 'Enter the stock code that is held, or an expression such as {{ $json.key }}.',
	});
}

function tokenOf(context: IExecuteFunctions, json: IDataObject, itemIndex: number): string {
	const token = (json['lease'] as { token?: unknown } | undefined)?.token;
	if (typeof token === 'string') return token;
	throw new NodeOperationError(context.getNode(), 'This item has no lease to release', {
		itemIndex,
		description:
			'Connect the Sequencer Trigger, or a Sequencer that takes a batch, and keep the lease field of its items.',
	});
}
