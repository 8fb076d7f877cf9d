import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import type { ChannelPort } from '../../lib/khaos/channel/channelPort';
import type { BatchItem, Result } from '../../lib/shapes';
import { ledgerOf } from '../ledgerFromCredentials';
import { inFigures } from './deliver';
import { batchItemOf, inOrder, readEach } from './inputRows';

/** What a person should know before the first item is published. */
export const publishNotice = (what: string): INodeProperties[] =>
	updateDisplayOptions({ show: { operation: ['publishToChannel'] } }, [
		{
			displayName: `Connect a Sequencer Trigger before and Sequencer: Settle after this node. ${what} handed to Khaos Control by a Khaos Control Channel Trigger with the same Sync Ledger, when Khaos next fetches stock, and stay sent until then.`,
			name: 'publishNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName:
				'Whether a desktop Khaos Control updates what it holds already, and when it fetches stock, is not documented: try it with one item first',
			name: 'unprovenNotice',
			type: 'notice',
			default: '',
		},
	]);

/** Publishes all input items in one go, in their order, and gives each its result. */
export async function publish(
	context: IExecuteFunctions,
	work: (port: ChannelPort, items: BatchItem[]) => Promise<Result[]>,
): Promise<INodeExecutionData[]> {
	if (context.getNode().credentials?.syncLedgerApi === undefined) {
		throw new NodeOperationError(context.getNode(), 'No Sync Ledger is chosen', {
			description:
				'Choose the Sync Ledger of the Sequencer Trigger and of the Khaos Control Channel Trigger on this node.',
		});
	}
	const { rows, unreadable } = readEach(context, (input, itemIndex) => batchItemOf(context, input, itemIndex, null));
	const { channel } = await ledgerOf(context);
	const results = await work(
		channel,
		rows.map(({ item }) => item),
	);
	if (results.length > 0)
		context.addExecutionHints({
			message: inFigures(results, 'published, to be fetched and uploaded by Khaos'),
			location: 'outputPane',
		});
	const published = results.map((result, at) => ({
		json: result as unknown as IDataObject,
		pairedItem: { item: rows[at]!.itemIndex },
	}));
	return inOrder([...published, ...unreadable]);
}
