import { z } from 'zod';

import type { Request } from '../../http';
import { KhaosClient } from './client';
import { endpointOf, type Endpoint } from './endpoint';

/** A Khaos Control as the credential describes it (contract 2.2). */
const connectionSchema = z.object({
	/** The executable, its WSDL or its SOAP endpoint. */
	url: z.string(),
	authentication: z.enum(['none', 'basic']).default('none'),
	user: z.string().default(''),
	password: z.string().default(''),
	/** One more header, for a reverse proxy that wants a secret. */
	headerName: z.string().default(''),
	headerValue: z.string().default(''),
	allowUnauthorizedCerts: z.boolean().default(false),
	timeoutSeconds: z.number().positive().default(120),
	/** Read stock items as a zip. */
	compressedExports: z.boolean().default(false),
});

/** A Khaos Control credential, ready to be used. */
export interface KhaosConnection {
	endpoint: Endpoint;
	headers: Record<string, string>;
	/** Passwords and keys, in each form in which they are sent. */
	secrets: string[];
	allowUnauthorizedCerts: boolean;
	timeoutMs: number;
	compressedExports: boolean;
}

/** The credential is incomplete. The message names the field and what belongs there, never a value. */
export class ConnectionError extends Error {
	override readonly name = 'ConnectionError';
}

/** Checks what was typed into the credential. Throws ConnectionError and EndpointError. */
export function toKhaosConnection(given: unknown): KhaosConnection {
	const parsed = connectionSchema.safeParse(given);
	if (!parsed.success) {
		const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.')))].join(', ');
		throw new ConnectionError(
			`The Khaos Control credential is incomplete (${fields}). Open it and fill in what is missing.`,
		);
	}
	const { url, authentication, user, password, headerName, headerValue, allowUnauthorizedCerts, timeoutSeconds } =
		parsed.data;
	const { compressedExports } = parsed.data;
	const headers: Record<string, string> = {};
	const secrets: string[] = [];
	if (authentication === 'basic') {
		if (user === '')
			throw new ConnectionError('The Khaos Control credential uses Basic authentication but has no user.');
		if (user.includes(':'))
			throw new ConnectionError('The user of the Khaos Control credential must not hold a colon.');
		const login = Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
		headers.authorization = `Basic ${login}`;
		secrets.push(login, password);
	}
	const name = headerName.trim();
	if (name !== '') {
		if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
			throw new ConnectionError("The extra header's name in the Khaos Control credential is not one that HTTP allows.");
		}
		// eslint-disable-next-line no-control-regex -- these are what a header can't carry
		if (/[\u0000-\u001f\u007f]/.test(headerValue)) {
			throw new ConnectionError(
				"The extra header's value in the Khaos Control credential holds a line break or another control character.",
			);
		}
		headers[name.toLowerCase()] = headerValue;
		secrets.push(headerValue);
	}
	return {
		endpoint: endpointOf(url),
		headers,
		secrets,
		allowUnauthorizedCerts,
		timeoutMs: timeoutSeconds * 1_000,
		compressedExports,
	};
}

/** A client of this Khaos over the given HTTP. */
export const khaosClientOf = (connection: KhaosConnection, request: Request, now: () => number): KhaosClient =>
	new KhaosClient({
		endpoint: connection.endpoint,
		request,
		timeoutMs: connection.timeoutMs,
		headers: connection.headers,
		secrets: connection.secrets,
		compressedExports: connection.compressedExports,
		now,
	});
