import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { actOnWord, kindsProperty, namesProperty, reasonProperty, shownFor } from './namedParameters';

export const description: INodeProperties[] = shownFor('drop', [
	{
		displayName:
			'What waits for these stock codes is not sent. It comes back when the product’s content changes in Pimberly, or with Replay. What waits for a dropped parent becomes an exception at once',
		name: 'dropNotice',
		type: 'notice',
		default: '',
	},
	namesProperty,
	kindsProperty,
	reasonProperty('e.g. Will not be sold in this season'),
]);

/** Takes changes out of the queue for good; one item for each stock code, saying what happened. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await actOnWord(context, async (ledger, { named, reason }) => await ledger.drop(named, reason));
}
