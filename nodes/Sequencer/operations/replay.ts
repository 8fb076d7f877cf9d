import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { ReplayableState } from '../../../lib/ledger/onRequest/replay';
import {
	actOnItems,
	kindsOf,
	kindsProperty,
	namesOf,
	namesProperty,
	reasonOf,
	reasonProperty,
	shownFor,
} from './namedParameters';

export const description: INodeProperties[] = shownFor('replay', [
	{
		displayName: 'Replay',
		name: 'replay',
		type: 'options',
		options: [
			{ name: 'All That Failed', value: 'failed', description: 'Everything that was given up' },
			{
				name: 'All That Failed or Waits for Its Next Attempt',
				value: 'failedOrRetrying',
				description: 'Everything that did not get through; nothing waits any longer',
			},
			{
				name: 'These Stock Codes',
				value: 'names',
				description: 'What failed, is to be tried again, is not read back, or was dropped',
			},
		],
		default: 'names',
		description: 'What is to be sent again from the start',
	},
	{ ...namesProperty, displayOptions: { show: { replay: ['names'] } } },
	kindsProperty,
	reasonProperty('e.g. The stock type is in Khaos now'),
]);

const statesOf: Record<string, ReplayableState[]> = { failed: ['failed'], failedOrRetrying: ['failed', 'retrying'] };

/** Sends again what did not get through; one item for each stock code, or for each change of all. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let allDone = false;
	return await actOnItems(context, async (ledger, itemIndex) => {
		const reason = reasonOf(context, itemIndex);
		const kinds = kindsOf(context, itemIndex);
		const states = statesOf[String(context.getNodeParameter('replay', itemIndex))];
		if (states === undefined) return await ledger.replay({ names: namesOf(context, itemIndex), kinds }, reason);
		// All is all: it need not be done again for each input item.
		if (allDone) return [];
		allDone = true;
		return await ledger.replayAll({ states, kinds }, reason);
	});
}
