import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { kindSchema } from '../../../lib/shapes';
import { ledgerOf } from '../../ledgerFromCredentials';
import { onceEach } from '../../onceEach';
import { operationErrorOf } from '../../operationError';
import { limitOf, returnAllProperties } from '../../returnAll';

const show = { operation: ['getAll'] };

const stateSchema = z.enum(['queued', 'held', 'leased', 'next', 'retrying', 'sent', 'failed']);

export const description: INodeProperties[] = [
	...returnAllProperties(show),
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		displayOptions: { show },
		options: [
			{
				displayName: 'Kinds',
				name: 'kinds',
				type: 'multiOptions',
				default: [],
				options: [
					{ name: 'Kit', value: 'kit' },
					{ name: 'Price', value: 'price' },
					{ name: 'Status', value: 'status' },
					{ name: 'Stock Item', value: 'stockItem' },
				],
				description: 'Which kinds of change to return. Leave empty for all.',
			},
			{
				displayName: 'States',
				name: 'states',
				type: 'multiOptions',
				default: [],
				options: [
					{ name: 'Failed', value: 'failed', description: 'Given up until the product changes or a person acts' },
					{ name: 'Held', value: 'held', description: 'Waits for another record to be confirmed' },
					{ name: 'Leased', value: 'leased', description: 'In the hands of an execution' },
					{ name: 'Next', value: 'next', description: 'Newer content behind one that is leased' },
					{ name: 'Queued', value: 'queued', description: 'Ready to be taken' },
					{ name: 'Retrying', value: 'retrying', description: 'Waits for its next attempt' },
					{ name: 'Sent', value: 'sent', description: 'Written, not read back yet' },
				],
				description: 'Which states to return. Leave empty for all.',
			},
			{
				displayName: 'Stock Code or Primary ID',
				name: 'search',
				type: 'string',
				default: '',
				placeholder: 'e.g. TEE-RED-L',
				description: 'Return the changes of one product or key only',
			},
		],
	},
];

const filtersSchema = z.object({
	kinds: z.array(kindSchema).optional(),
	states: z.array(stateSchema).optional(),
	search: z.string().trim().optional(),
});

/** Open changes, oldest first, each with its state, its reason and what it waits for. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const output = await onceEach(
		context,
		operationErrorOf,
		(itemIndex) => ({
			...filtersSchema.parse(context.getNodeParameter('filters', itemIndex, {})),
			limit: Math.min(limitOf(context, itemIndex), 1_000_000_000),
		}),
		async (question) => (await ledger.getMany(question)) as unknown as IDataObject[],
	);
	return [output];
}
