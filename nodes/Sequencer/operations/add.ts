import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { AddItem } from '../../../lib/ledger/intake/add';
import { changeSchema, rejectionSchema } from '../../../lib/shapes';
import { ledgerOf } from '../../ledgerFromCredentials';
import { parseItem, readItems } from './parse';

export const addOutputs = ['Accepted', 'Held', 'Unchanged', 'Rejected'];

export const description: INodeProperties[] = [
	{
		displayName:
			'Connect both outputs of the Pimberly to Khaos Mapper here. What comes out is for your information only: leased work comes from the Sequencer Trigger',
		name: 'addNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: ['add'] } },
	},
	{
		displayName: 'Options',
		name: 'addOptions',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['add'] } },
		options: [
			{
				displayName: 'Hold Components Until Their Kit Parent Is Confirmed',
				name: 'holdComponents',
				type: 'boolean',
				default: false,
				description:
					'Whether components that are new to Khaos wait until the stock item of their kit parent is confirmed. A kit relation waits for its parent and every component in any case.',
			},
		],
	},
];

const madeBy = 'the Pimberly to Khaos Mapper';
const CHANGE = { schema: changeSchema, what: 'a change or a rejection', madeBy };
const REJECTION = { schema: rejectionSchema, what: 'a rejection', madeBy };

/** Changes and rejections, with the receipts for what the trigger emitted, into the ledger in one transaction. */
export async function execute(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const { read, unreadable } = readItems(
		context,
		items,
		(item, itemIndex): AddItem =>
			'reasons' in item.json
				? { type: 'rejection', rejection: parseItem(context, item, itemIndex, REJECTION) }
				: { type: 'change', change: parseItem(context, item, itemIndex, CHANGE) },
	);
	const { holdComponents = false } = context.getNodeParameter('addOptions', 0, {}) as { holdComponents?: boolean };
	const outcomes = await ledger.add(
		read.map(({ value }) => value),
		{ holdComponents },
	);
	// The workflow got its work done: an earlier failure of it is over.
	await ledger.executionSucceeded(context.getWorkflow().id ?? '');
	const outputs: INodeExecutionData[][] = addOutputs.map(() => []);
	for (const [index, outcome] of outcomes.entries()) {
		const pairedItem = { item: read[index]!.itemIndex };
		switch (outcome.outcome) {
			case 'accepted':
				outputs[0]!.push({ json: { ...outcome.change }, pairedItem });
				break;
			case 'held':
				outputs[1]!.push({
					json: { ...outcome.change, waitsFor: outcome.waitsFor.map((need) => need.key) },
					pairedItem,
				});
				break;
			case 'unchanged':
				outputs[2]!.push({ json: { ...outcome.change, reason: outcome.reason }, pairedItem });
				break;
			case 'rejected':
				outputs[3]!.push({ json: { ...outcome.rejection }, pairedItem });
				break;
		}
	}
	outputs[3]!.push(...unreadable);
	const counts = outputs
		.map((output, index) => `${output.length} ${addOutputs[index]!.toLowerCase()}`)
		.filter((count) => !count.startsWith('0 '));
	if (counts.length > 0) context.addExecutionHints({ message: counts.join(', '), location: 'outputPane' });
	return outputs;
}
