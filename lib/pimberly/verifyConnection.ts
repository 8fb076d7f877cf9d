import type { Surroundings } from './call';
import { PimberlyClient } from './client';
import { toConnection, type PimberlyConnection } from './connection';
import { PimberlyError } from './pimberlyError';
import { DEFAULT_HEADINGS } from './product';

/**
 * Tries a credential out: tells a wrong address from a wrong token, and both from an account that is merely empty
 * (a 404 of the API, pimberly-api 2.3).
 * @returns what was found, in a sentence
 * @throws PimberlyError
 */
export async function verifyConnection(given: unknown, surroundings: Surroundings): Promise<string> {
	const connection = toConnection(given);
	const found = await verifyToken(connection, surroundings);
	if (connection.writeToken === '' || connection.writeToken === connection.token) return found;
	await verifyToken(
		{ ...connection, tokenKind: 'feed', token: connection.writeToken, writeToken: '' },
		surroundings,
	).catch((error: unknown) => {
		if (!(error instanceof PimberlyError)) return Promise.reject(error);
		return Promise.reject(new PimberlyError(error.kind, `The write token: ${error.message}`, error.remedy, error));
	});
	return found;
}

async function verifyToken(connection: PimberlyConnection, surroundings: Surroundings): Promise<string> {
	const client = new PimberlyClient(connection, surroundings, { retries: 1, timeoutMs: 15_000 });
	const { rows } = await client.listPage({ limit: 1 });
	const [row] = rows;
	const what = connection.tokenKind === 'feed' ? 'account' : 'channel';
	if (row === undefined) return `Connected. The ${what} holds no products at the moment.`;
	if (connection.tokenKind === 'feed' && DEFAULT_HEADINGS.primaryId in row) {
		throw new PimberlyError(
			'settings',
			'The token works, but its products come under column headings: it is the token of a channel.',
			'Set Token Kind to Channel, or use the API token of a feed.',
		);
	}
	return `Connected. The ${what} holds products.`;
}
