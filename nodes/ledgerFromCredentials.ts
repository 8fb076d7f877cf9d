import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import type {
	IExecuteFunctions,
	ILoadOptionsFunctions,
	IPollFunctions,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { openLedger, type Ledger, type LedgerStore } from '../lib/ledger/ledger';

const environment = z.string().trim().min(1, 'The Environment of the Sync Ledger credential is empty');
const filled = (name: string) => z.string().trim().min(1, `The ${name} of the Sync Ledger credential is empty`);

const byStore = z.discriminatedUnion('backend', [
	z.object({ backend: z.literal('sqlite'), environment, file: z.string().trim().default('') }),
	z.object({
		backend: z.literal('postgres'),
		environment,
		host: filled('Host'),
		port: z.coerce.number().int().min(1).max(65_535).default(5432),
		database: filled('Database'),
		user: filled('User'),
		password: z.string().default(''),
		schema: filled('Schema').default('pimberly_khaos'),
		tls: z.enum(['disable', 'require', 'verify']).default('verify'),
		ca: z.string().optional(),
	}),
]);
/** A credential as n8n hands it over; one that was made without a Store has the default one. */
export const ledgerCredentialSchema = z.preprocess((raw) => ({ backend: 'sqlite', ...(raw as object) }), byStore);
export type LedgerCredential = z.infer<typeof ledgerCredentialSchema>;

// Open connections, nothing else: what the sync knows is in the ledger.
const open = new Map<string, Promise<Ledger>>();

/**
 * The ledger of a Sync Ledger credential; one connection a process.
 * @throws in queue mode and multi-main, where several processes would share one SQLite file.
 */
export async function openFromCredential(raw: unknown): Promise<Ledger> {
	const credential = ledgerCredentialSchema.parse(raw);
	const store = storeOf(credential);
	const name = JSON.stringify([store, credential.environment]);
	let ledger = open.get(name);
	if (ledger === undefined) {
		ledger = openLedger({ store, environment: credential.environment });
		open.set(name, ledger);
		ledger.catch(() => open.delete(name));
	}
	return await ledger;
}

function storeOf(credential: LedgerCredential): LedgerStore {
	if (credential.backend === 'sqlite') {
		refuseSeveralProcesses(process.env);
		return { backend: 'sqlite', file: ledgerFile(credential.file, process.env) };
	}
	const { backend, host, port, database, user, password, schema, tls, ca } = credential;
	return { backend, host, port, database, user, password, schema, tls, ca };
}

/** The file of a credential; relative names are in the n8n user folder. */
function ledgerFile(file: string, variables: NodeJS.ProcessEnv): string {
	const folder = join(variables['N8N_USER_FOLDER'] ?? homedir(), '.n8n');
	if (file === '') return join(folder, 'pimberly-khaos-ledger.sqlite');
	return isAbsolute(file) ? file : resolve(folder, file);
}

/** Read from n8n's own settings. */
export function refuseSeveralProcesses(variables: NodeJS.ProcessEnv): void {
	const queueMode = variables['EXECUTIONS_MODE'] === 'queue';
	const multiMain = variables['N8N_MULTI_MAIN_SETUP_ENABLED'] === 'true';
	if (!queueMode && !multiMain) return;
	throw new Error(
		`This n8n runs in ${queueMode ? 'queue mode' : 'multi-main mode'}, where several processes work at once, and a SQLite ledger serves one process. Choose PostgreSQL as the store of the Sync Ledger credential.`,
	);
}

/** The ledger of the node's Sync Ledger credential. */
export async function ledgerOf(
	context: IExecuteFunctions | ILoadOptionsFunctions | IPollFunctions | ITriggerFunctions | IWebhookFunctions,
): Promise<Ledger> {
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
