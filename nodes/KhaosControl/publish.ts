import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import type { ChannelPort } from '../../lib/khaos/channel/channelPort';
import { batchItemSchema, type BatchItem, type Result } from '../../lib/shapes';
import { failedItem } from '../failedItem';
import { ledgerOf } from '../ledgerFromCredentials';
import { inFigures } from './deliver';
import { inOrder } from './stockItemRows';

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
	const rows: Array<{ itemIndex: number; item: BatchItem }> = [];
	const unreadable: INodeExecutionData[] = [];
	for (const [itemIndex, input] of context.getInputData().entries()) {
		const parsed = batchItemSchema.safeParse(input.json);
		if (parsed.success) {
			rows.push({ itemIndex, item: parsed.data });
			continue;
		}
		const issue = parsed.error.issues[0];
		const error = new NodeOperationError(context.getNode(), 'This item is not part of a batch of the Sequencer', {
			itemIndex,
			description: `${issue ? `${issue.path.join('.') || 'The item'}: ${issue.message}. ` : ''}Connect a Sequencer Trigger to this node, and keep its fields as they come.`,
		});
		if (!context.continueOnFail()) throw error;
		unreadable.push(failedItem(itemIndex, error));
	}
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
