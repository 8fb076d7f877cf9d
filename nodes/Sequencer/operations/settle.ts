import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { resultSchema } from '../../../lib/shapes';
import { ledgerOf } from '../../ledgerFromCredentials';
import { parseItems } from './parse';

export const description: INodeProperties[] = [
	{
		displayName:
			'Connect the node that wrote the batch: each of its results says which change was confirmed, is to be tried again, or failed',
		name: 'settleNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: ['settle'] } },
	},
];

/** Says what became of each change of a batch; results whose lease has ended change nothing and come out as overtaken. */
export async function execute(context: IExecuteFunctions, items: INodeExecutionData[]): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const outcomes = await ledger.settle(parseItems(context, items, resultSchema, 'the result of a change', 'the node that writes the batch'));
	const counts = new Map<string, number>();
	for (const { outcome } of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
	context.addExecutionHints({
		message: [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', '),
		location: 'outputPane',
	});
	return [outcomes.map((outcome, index) => ({ json: { ...items[index]!.json, outcome: outcome.outcome }, pairedItem: { item: index } }))];
}
