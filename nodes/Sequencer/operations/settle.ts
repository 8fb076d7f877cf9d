import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { LedgerSettings } from '../../../lib/ledger/settings';
import { resultSchema } from '../../../lib/shapes';
import { ledgerOf } from '../../ledgerFromCredentials';
import { parseItem, readItems } from './parse';

export const description: INodeProperties[] = [
	{
		displayName:
			'Connect the node that wrote the batch: each of its results says which change was confirmed, is to be tried again, or failed',
		name: 'settleNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: ['settle'] } },
	},
	{
		displayName: 'Options',
		name: 'settleOptions',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['settle'] } },
		options: [
			{
				displayName: 'First Look After (Seconds)',
				name: 'firstLookSeconds',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 10,
				description:
					'How soon Khaos is first looked at for what was handed over by an import file or the channel. Each further look waits twice as long, up to Longest Wait.',
			},
			{
				displayName: 'Import Limit (Hours)',
				name: 'importLimitHours',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 24,
				description:
					'What was handed over by an import file or the channel, and is not seen in Khaos after this time, becomes an exception. It stays in sight.',
			},
			{
				displayName: 'Longest Wait (Minutes)',
				name: 'longestWaitMinutes',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 10,
				description: 'How long the wait between two looks grows',
			},
		],
	},
];

/** The patience that the node's options ask for; what is left out is the ledger's own. */
function patienceOf(context: IExecuteFunctions): Partial<LedgerSettings> {
	const options = context.getNodeParameter('settleOptions', 0, {}) as {
		firstLookSeconds?: number;
		importLimitHours?: number;
		longestWaitMinutes?: number;
	};
	return {
		...(options.firstLookSeconds === undefined ? {} : { sentCheckMs: options.firstLookSeconds * 1000 }),
		...(options.importLimitHours === undefined ? {} : { sentLimitMs: options.importLimitHours * 3_600_000 }),
		...(options.longestWaitMinutes === undefined ? {} : { sentCheckCapMs: options.longestWaitMinutes * 60_000 }),
	};
}

const RESULT = { schema: resultSchema, what: 'the result of a change', madeBy: 'the node that writes the batch' };

/** Says what became of each change of a batch; results whose lease has ended change nothing and come out as overtaken. */
export async function execute(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const { read, unreadable } = readItems(context, items, (item, itemIndex) =>
		parseItem(context, item, itemIndex, RESULT),
	);
	const outcomes = await ledger.settle(
		read.map(({ value }) => value),
		patienceOf(context),
	);
	// The workflow got its work done: an earlier failure of it is over.
	await ledger.executionSucceeded(context.getWorkflow().id ?? '');
	const counts = new Map<string, number>();
	for (const { outcome } of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
	context.addExecutionHints({
		message: [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', '),
		location: 'outputPane',
	});
	const settled = outcomes.map(({ outcome }, index): INodeExecutionData => {
		const { itemIndex } = read[index]!;
		return { json: { ...items[itemIndex]!.json, outcome }, pairedItem: { item: itemIndex } };
	});
	return [[...settled, ...unreadable]];
}
