import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';

import type { FailedExecution } from '../../../lib/ledger/exceptions/failedExecutions';
import { ledgerOf } from '../../ledgerFromCredentials';

export const description: INodeProperties[] = [
	{
		displayName:
			'Passes on what n8n’s Error Trigger says: connect it to that node. One exception is kept for each workflow.',
		name: 'failureNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { resource: ['exception'], operation: ['reportFailure'] } },
	},
];

const text = z
	.union([z.string(), z.number().transform(String)])
	.nullish()
	.transform((value) => value ?? '');
const errorSchema = z.object({ message: text, node: z.object({ name: text }).partial().nullish() }).partial();
/** What n8n's Error Trigger hands over: a failed execution, or a trigger that could not start. */
const failureSchema = z.object({
	workflow: z.object({ id: text, name: text }),
	execution: z.object({ id: text, url: text, lastNodeExecuted: text, error: errorSchema }).partial().nullish(),
	trigger: z.object({ error: errorSchema }).partial().nullish(),
});

/** @throws NodeOperationError where it is nothing that the Error Trigger says */
function failureOf(context: IExecuteFunctions, json: unknown, itemIndex: number): FailedExecution {
	const parsed = failureSchema.safeParse(json);
	if (!parsed.success) {
		throw new NodeOperationError(context.getNode(), 'This item does not say which workflow failed', {
			itemIndex,
			description: 'Connect n8n’s Error Trigger to this node, and keep its fields as they come.',
		});
	}
	const { workflow, execution, trigger } = parsed.data;
	const error = execution?.error ?? trigger?.error;
	return {
		workflowId: workflow.id || workflow.name,
		workflowName: workflow.name,
		executionId: execution?.id ?? '',
		url: /^https?:\/\//i.test(execution?.url ?? '') ? execution!.url! : '',
		node: execution?.lastNodeExecuted || error?.node?.name || '',
		message: error?.message || 'n8n gives no reason.',
	};
}

/** A failed execution becomes an exception. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const output: INodeExecutionData[] = [];
	for (const [item, { json }] of context.getInputData().entries()) {
		const failure = failureOf(context, json, item);
		await ledger.executionFailed(failure);
		output.push({ json: { ...failure }, pairedItem: { item } });
	}
	return [output];
}
