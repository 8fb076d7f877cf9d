/**
 * The tests behind the Test button of the package's credentials. A declarative test can't read the body of an answer
 * that is not 2xx, and both Pimberly's and Khaos's errors are only told apart by their bodies; hence functions.
 */
import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { ZodError } from 'zod';

import { openFromCredential } from './ledgerFromCredentials';

const ok = (message: string): INodeCredentialTestResult => ({ status: 'OK', message });
const error = (message: string): INodeCredentialTestResult => ({ status: 'Error', message });

/** Opens the ledger as the nodes do: the file can be made and written, is not another n8n's, and fits this n8n's mode. */
export async function syncLedgerConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	try {
		const ledger = await openFromCredential(credential.data);
		const stats = await ledger.stats();
		return ok(
			stats.products === 0
				? `The ledger is ready and empty for ${ledger.environment}`
				: `The ledger is ready: ${stats.products} products, ${stats.confirmed} stock items confirmed for ${ledger.environment}`,
		);
	} catch (problem) {
		if (problem instanceof ZodError) return error(problem.issues.map((issue) => issue.message).join('. '));
		return error((problem as Error).message);
	}
}
