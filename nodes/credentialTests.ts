import {
	sleep,
	type ICredentialDataDecryptedObject,
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type INodeCredentialTestResult,
} from 'n8n-workflow';

import { ZodError } from 'zod';

import type { Request } from '../lib/http';
import { failure, failureFrom, textOf } from '../lib/httpFailure';
import { loginWeakness } from '../lib/khaos/channel/basicAuth';
import { toKhaosConnection } from '../lib/khaos/webServices/connection';
import { KhaosError } from '../lib/khaos/webServices/fault';
import { verifyKhaosConnection } from '../lib/khaos/webServices/verifyConnection';
import { PimberlyError } from '../lib/pimberly/pimberlyError';
import { weaknessOf } from '../lib/pimberly/sharedSecret';
import { verifyConnection } from '../lib/pimberly/verifyConnection';
import { headersOf } from './httpBinding';
import { openFromCredential } from './ledgerFromCredentials';

/** The tests behind the “Test” of each credential. Nodes name them in their credential's `testedBy` and in `methods.credentialTest`. */

interface LegacyAnswer {
	statusCode: number;
	headers: Record<string, unknown>;
	body?: Buffer | string;
}

/** `Request` in a credential test, with the one helper that n8n gives to it. */
function requestInCredentialTest(
	context: ICredentialTestFunctions,
	options: { allowUnauthorizedCerts?: boolean } = {},
): Request {
	return async (request) => {
		const answer = (await context.helpers
			// A credential test gets nothing but this older helper.
			.request({
				method: request.method,
				uri: request.url,
				headers: request.headers,
				body: request.body,
				encoding: null,
				simple: false,
				resolveWithFullResponse: true,
				followRedirect: false,
				followAllRedirects: false,
				timeout: request.timeoutMs,
				rejectUnauthorized: options.allowUnauthorizedCerts !== true,
			})
			.catch((error: unknown) => Promise.reject(failureFrom(error, request)))) as LegacyAnswer;
		const headers = headersOf(answer.headers);
		const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body ?? '');
		if (request.maxBytes !== undefined && body.length > request.maxBytes) throw failure('tooLarge', request);
		return { status: answer.statusCode, headers, body: textOf(body, headers['content-type'] ?? '') };
	};
}

/** Tells a wrong base URL from a wrong token, and both from an empty account. */
export async function pimberlyConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	return await verifyConnection(credential.data, {
		request: requestInCredentialTest(this),
		sleep,
		random: Math.random,
		now: Date.now,
	}).then(
		(message): INodeCredentialTestResult => ({ status: 'OK', message }),
		(error: unknown): INodeCredentialTestResult => ({
			status: 'Error',
			message: error instanceof PimberlyError ? `${error.message} ${error.remedy}` : String(error),
		}),
	);
}

/** Pimberly calls us, so there is nobody to ask: the secret has to be there, and hard to guess. */
export async function pimberlyWebhookSecretTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const weakness = weaknessOf(credential.data);
	return weakness === null
		? { status: 'OK', message: 'The secret will do. Give Pimberly the same header name and secret.' }
		: { status: 'Error', message: weakness };
}

/** Khaos calls us over its channel, so there is nobody to ask: both parts have to be there, and the password hard to guess. */
export async function khaosControlChannelTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const weakness = loginWeakness(credential.data);
	return weakness === null
		? { status: 'OK', message: 'The login will do. Enter the same user and password in the channel in Khaos Control.' }
		: { status: 'Error', message: weakness };
}

/** Tells a wrong URL, a refused credential, an untrusted certificate and a server that isn't Khaos Control apart. */
export async function khaosControlConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	try {
		const connection = toKhaosConnection(credential.data);
		const { allowUnauthorizedCerts } = connection;
		const request = requestInCredentialTest(this, { allowUnauthorizedCerts });
		return { status: 'OK', message: await verifyKhaosConnection(connection, request, Date.now) };
	} catch (problem) {
		const { message } = problem as Error;
		return { status: 'Error', message: problem instanceof KhaosError ? `${message}. ${problem.remedy}` : message };
	}
}

/** Opens the ledger as the nodes do: it can be made and written, is not another n8n's, and fits this n8n's mode. */
export async function syncLedgerConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	try {
		const ledger = await openFromCredential(credential.data);
		const stats = await ledger.stats();
		return {
			status: 'OK',
			message:
				stats.products === 0
					? `The ledger is ready, and empty for ${ledger.environment}`
					: `The ledger is ready: ${stats.products} products, ${stats.confirmed} stock items confirmed for ${ledger.environment}`,
		};
	} catch (problem) {
		const message =
			problem instanceof ZodError
				? problem.issues.map((issue) => issue.message).join('. ')
				: (problem as Error).message;
		return { status: 'Error', message };
	}
}
