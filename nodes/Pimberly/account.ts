import {
	NodeApiError,
	NodeOperationError,
	sleep,
	type IExecuteFunctions,
	type INode,
	type IPollFunctions,
	type IWebhookFunctions,
	type JsonObject,
} from 'n8n-workflow';

import { PimberlyClient } from '../../lib/pimberly/client';
import { toConnection } from '../../lib/pimberly/connection';
import { PimberlyError } from '../../lib/pimberly/pimberlyError';
import { requestOf } from '../httpBinding';
import { operationErrorOf } from '../operationError';

type Context = IExecuteFunctions | IPollFunctions | IWebhookFunctions;

const cancelSignalOf = (context: Context): AbortSignal | undefined =>
	'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;

/** The Pimberly account of the node's credential. */
export async function pimberlyOf(context: Context, timeoutSeconds: number): Promise<PimberlyClient> {
	const credential = await context.getCredentials('pimberlyApi');
	const signal = cancelSignalOf(context);
	return new PimberlyClient(
		toConnection(credential),
		{
			request: requestOf(context, signal === undefined ? {} : { signal }),
			sleep: async (ms) => await sleep(ms),
			random: Math.random,
			now: Date.now,
		},
		{ timeoutMs: timeoutSeconds * 1000 },
	);
}

/** An error as n8n shows it: what happened as its title, what to do below it. */
export function nodeErrorOf(node: INode, error: unknown, itemIndex?: number): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (!(error instanceof PimberlyError)) return operationErrorOf(node, error, itemIndex);
	const { message, remedy: description, status } = error;
	if (status === null) return new NodeOperationError(node, message, { description, itemIndex });
	const cause: JsonObject = { message, description, httpCode: String(status) };
	return new NodeApiError(node, cause, { message, description, httpCode: String(status), itemIndex });
}
