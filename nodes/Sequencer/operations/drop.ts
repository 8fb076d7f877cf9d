import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ledgerOf } from '../../ledgerFromCredentials';
import {
	hintOf,
	kindsOf,
	kindsProperty,
	namesOf,
	namesProperty,
	onEachItem,
	reasonOf,
	reasonProperty,
	shownFor,
} from './namedParameters';

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
	const ledger = await ledgerOf(context);
	const outputs = await onEachItem(context, async (itemIndex) => {
		const named = { names: namesOf(context, itemIndex), kinds: kindsOf(context, itemIndex) };
		return await ledger.drop(named, reasonOf(context, itemIndex));
	});
	hintOf(context, outputs);
	return [outputs];
}
