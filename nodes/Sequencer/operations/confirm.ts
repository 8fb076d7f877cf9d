import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { actOnWord, namesProperty, reasonProperty, shownFor } from './namedParameters';

export const description: INodeProperties[] = shownFor('confirm', [
	{
		displayName:
			'Look in Khaos Control first: what you confirm here counts as read back. It is meant for builds, which no web service of Khaos Control shows',
		name: 'confirmNotice',
		type: 'notice',
		default: '',
	},
	namesProperty,
	{
		displayName: 'Kinds',
		name: 'kinds',
		type: 'multiOptions',
		default: ['kit'],
		options: [
			{ name: 'Kit', value: 'kit' },
			{ name: 'Price', value: 'price' },
		],
		description: 'Which kinds of change are meant; stock items are always read back',
	},
	reasonProperty('e.g. Looked at the build in Khaos Control'),
]);

/** Confirms on a person's word what was sent and can't be read back; one item for each name, saying what happened. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await actOnWord(context, async (ledger, { named, reason }) => await ledger.vouch(named, reason));
}
