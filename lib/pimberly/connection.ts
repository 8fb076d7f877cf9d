import { z } from 'zod';

import { PimberlyError } from './pimberlyError';

/** A Pimberly account as the credential describes it. */
export const connectionSchema = z.object({
	/** Up to `/core` or `/api/v2.2`: the surfaces differ in details only (pimberly-api 1.1). */
	baseUrl: z.string(),
	/** What the token stands for: it decides what a row looks like and what may be asked (pimberly-api 1.3). */
	tokenKind: z.enum(['feed', 'channel']),
	token: z.string(),
	/** A feed token that writes and looks up relations where `token` is a channel's; '' without one. */
	writeToken: z.string().default(''),
	/** In the Authorization header as it is, without a scheme, or as the access_token parameter (pimberly-api 1.2). */
	sendTokenAs: z.enum(['header', 'query']).default('header'),
});
/** A Pimberly credential, checked and ready to be used. */
export type PimberlyConnection = z.infer<typeof connectionSchema>;

const settings = (message: string, remedy: string): PimberlyError => new PimberlyError('settings', message, remedy);

/**
 * Checks what was typed into the credential and tidies the base URL (blanks, closing slashes, a pasted `/products`).
 * @throws PimberlyError of kind `settings`
 */
export function toConnection(given: unknown): PimberlyConnection {
	const parsed = connectionSchema.safeParse(given);
	if (!parsed.success) {
		const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.')))].join(', ');
		throw settings(
			`The Pimberly credential is incomplete: ${fields}.`,
			'Open the Pimberly API credential and fill in what is missing.',
		);
	}
	const connection = parsed.data;
	const token = connection.token.trim();
	if (token === '')
		throw settings('The Pimberly credential has no token.', 'Paste the API token of the feed or channel into it.');
	if (/^bearer\s/i.test(token)) {
		throw settings(
			'The token of the Pimberly credential starts with “Bearer”.',
			'Paste the token alone: Pimberly takes it without a scheme.',
		);
	}
	return {
		...connection,
		baseUrl: toBaseUrl(connection.baseUrl),
		token,
		writeToken: connection.writeToken.trim(),
	};
}

function toBaseUrl(typed: string): string {
	const example = 'It looks like https://api.pimberly.io/core or https://pimber.ly/api/v2.2.';
	const text = typed.trim();
	if (!URL.canParse(text))
		throw settings(`The base URL “${text}” of the Pimberly credential is not a web address.`, example);
	const url = new URL(text);
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw settings(`The base URL of the Pimberly credential starts with “${url.protocol}”.`, example);
	}
	if (url.username !== '' || url.password !== '' || url.search !== '') {
		throw settings(
			'The base URL of the Pimberly credential holds a user name or parameters.',
			`Leave them out. ${example}`,
		);
	}
	return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/products$/, '')}`;
}

/** Surface A (`/api/v2.2`) writes one attribute a call; surface B (`/core`) takes a partial product (pimberly-api 6). */
export const isVersioned = (connection: PimberlyConnection): boolean => /\/api\/v\d[\d.]*$/.test(connection.baseUrl);

/** The token for reads that only a feed token may do, and for writes; null when there is none. */
export const feedTokenOf = (connection: PimberlyConnection): string | null => {
	if (connection.writeToken !== '') return connection.writeToken;
	return connection.tokenKind === 'feed' ? connection.token : null;
};

/**
 * One segment of a path, with nothing left as it is that could end the segment: `A/B 1#x` is `A%2FB%201%23x`.
 * @throws PimberlyError for an id that no path can hold: an empty one would ask for the list, dots for the folder above
 */
function segment(id: string): string {
	if (id === '' || id === '.' || id === '..') {
		throw new PimberlyError(
			'refused',
			`A product can't be asked for by the primary id “${id}”.`,
			'Give the product another primary id.',
		);
	}
	return encodeURIComponent(id).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

/** `{base}/products`, or below a product: `{base}/products/{primaryId}/parents`. */
export const productsUrl = (connection: PimberlyConnection, primaryId?: string, ...below: string[]): string =>
	[`${connection.baseUrl}/products`, ...(primaryId === undefined ? [] : [primaryId, ...below].map(segment))].join('/');

/** Where the account lists its channels: beside the API, not below it (pimberly-api 1.3; seen at one client). */
export const channelsUrl = (connection: PimberlyConnection): string =>
	`${connection.baseUrl.replace(/\/(core|api\/v\d[\d.]*)$/, '')}/api/channels`;
