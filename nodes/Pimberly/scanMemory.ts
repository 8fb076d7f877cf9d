import { randomUUID } from 'node:crypto';

import { NodeOperationError, type IExecuteFunctions, type IPollFunctions, type IWebhookFunctions } from 'n8n-workflow';

import type { Ledger } from '../../lib/ledger/ledger';
import type { PimberlyConnection } from '../../lib/pimberly/connection';
import type { ScanPort } from '../../lib/pimberly/scanPort';
import {
	newProcessMemory,
	staticScanPort,
	type ProcessMemory,
	type StaticMemory,
} from '../../lib/pimberly/staticScanPort';
import { ledgerOf } from '../ledgerFromCredentials';

const memories = new Map<string, ProcessMemory>();

/** By the workflow's and the node's id, so that renaming either keeps its place. */
export const nameOf = (context: IPollFunctions | IWebhookFunctions): string =>
	`${context.getWorkflow().id ?? 'unsaved'}/${context.getNode().id}`;

/** Where the scan keeps its cursor: in the Sync Ledger where one is chosen, else in n8n's static data. */
export async function scanPortOf(context: IPollFunctions, connection: PimberlyConnection): Promise<ScanPort> {
	if (context.getNode().credentials?.['syncLedgerApi'] === undefined) return staticPortOf(context);
	const ledger = await pimberlyLedgerOf(context, connection);
	return ledger.scanPort(nameOf(context));
}

/** The node's Sync Ledger, once it is sure that it is this Pimberly's. */
export async function pimberlyLedgerOf(
	context: IExecuteFunctions | IPollFunctions | IWebhookFunctions,
	connection: PimberlyConnection,
): Promise<Ledger> {
	const ledger = await ledgerOf(context);
	await ledger.useHost('pimberly', connection.baseUrl).catch((error: unknown) =>
		Promise.reject(
			new NodeOperationError(context.getNode(), 'The sync ledger belongs to another Pimberly', {
				description: error instanceof Error ? error.message : String(error),
			}),
		),
	);
	return ledger;
}

function staticPortOf(context: IPollFunctions): ScanPort {
	const name = nameOf(context);
	const memory = memories.get(name) ?? newProcessMemory();
	memories.set(name, memory);
	return staticScanPort(context.getWorkflowStaticData('node') as StaticMemory, memory, Date.now, randomUUID);
}

/** Remembers nothing: for trying the node out. */
export const forgetfulPort = (): ScanPort => staticScanPort({}, newProcessMemory(), Date.now, randomUUID);
