import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { deliver } from '../deliver';
import { rowProperties } from '../stockItemRows';

export const description: INodeProperties[] = [
	...rowProperties('createOrUpdate'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['createOrUpdate'] } },
		options: [
			{
				displayName: 'Stock List May Be Old (Minutes)',
				name: 'stockListMinutes',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 15,
				description:
					'How long Khaos’s list of stock codes may be relied on to say that an item is new. It is fetched when more than 50 items of a batch are unknown.',
			},
		],
	},
];

/** Brings the items to what is desired, and confirms each by reading it back. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return [await deliver(context, async (delivery, items) => await delivery.createOrUpdate(items))];
}
