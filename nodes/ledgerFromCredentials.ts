import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import type { IExecuteFunctions, IPollFunctions, ITriggerFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { openLedger, type Ledger } from '../lib/ledger/ledger';

export const ledgerCredentialSchema = z.object({
	environment: z.string().trim().min(1, 'The Environment of the Sync Ledger credential is empty'),
	backend: z.literal('sqlite').default('sqlite'),
	file: z.string().trim().default(''),
});
export type LedgerCredential = z.infer<typeof ledgerCredentialSchema>;

// Open connections, nothing else: what the sync knows is in the ledger.
const open = new Map<string, Promise<Ledger>>();

/**
 * The ledger of a Sync Ledger credential; one connection a process.
 * @throws in queue mode and multi-main, where several processes would share one SQLite file.
 */
export async function openFromCredential(raw: unknown): Promise<Ledger> {
	const credential = ledgerCredentialSchema.parse(raw);
	refuseSeveralProcesses(process.env);
	const file = ledgerFile(credential, process.env);
	const name = `${file}\n${credential.environment}`;
	let ledger = open.get(name);
	if (ledger === undefined) {
		ledger = openLedger({ store: { backend: 'sqlite', file }, environment: credential.environment });
		open.set(name, ledger);
		ledger.catch(() => open.delete(name));
	}
	return await ledger;
}

/** The file of a credential; relative names are in the n8n user folder. */
export function ledgerFile(credential: LedgerCredential, environment: NodeJS.ProcessEnv): string {
	const folder = join(environment['N8N_USER_FOLDER'] ?? homedir(), '.n8n');
	if (credential.file === '') return join(folder, 'pimberly-khaos-ledger.sqlite');
	return isAbsolute(credential.file) ? credential.file : resolve(folder, credential.file);
}

/** Read from n8n's own settings. */
export function refuseSeveralProcesses(environment: NodeJS.ProcessEnv): void {
	const queueMode = environment['EXECUTIONS_MODE'] === 'queue';
	const multiMain = environment['N8N_MULTI_MAIN_SETUP_ENABLED'] === 'true';
	if (!queueMode && !multiMain) return;
	throw new Error(
		`This n8n runs in ${queueMode ? 'queue mode' : 'multi-main mode'}, where several processes work at once, and a SQLite ledger serves one process. Choose PostgreSQL as the store of the Sync Ledger credential.`,
	);
}

/** The ledger of the node's Sync Ledger credential. */
export async function ledgerOf(context: IExecuteFunctions | IPollFunctions | ITriggerFunctions): Promise<Ledger> {
	const credential = await context.getCredentials('syncLedgerApi');
	try {
		return await openFromCredential(credential);
	} catch (error) {
		throw new NodeOperationError(context.getNode(), error as Error, {
			message: 'The sync ledger could not be opened',
			description: (error as Error).message,
		});
	}
}
