import type { HttpResponse } from '../http';
import { placeOf } from '../httpFailure';
import { PimberlyError } from './pimberlyError';

/** Reads what Pimberly (or whatever stands at its address) answered. Pure; pimberly-api 2.3 and 5. */

/** What a call was for, as messages put it, and where it went (without the query). */
export interface Asked {
	/** E.g. "Reading the list of products" or "Product ABC: reading its parents". */
	what: string;
	url: string;
}

const CHECK_URL =
	'Check the Base URL of the Pimberly API credential: it ends in /core or /api/v2.2, such as https://api.pimberly.io/core or https://pimber.ly/api/v2.2.';

const parseJson = (text: string): { ok: true; value: unknown } | { ok: false } => {
	try {
		return { ok: true, value: JSON.parse(text) as unknown };
	} catch {
		return { ok: false };
	}
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const isHtml = (response: HttpResponse): boolean =>
	/^\s*<(!doctype|html|head|body)/i.test(response.body) ||
	((response.headers['content-type'] ?? '').includes('text/html') && response.body.trimStart().startsWith('<'));

/** The API's own error text, wherever it stands; '' where there is none (pimberly-api 5). */
function errorTextOf(body: string): string {
	const json = parseJson(body);
	if (!json.ok || !isRecord(json.value)) return '';
	const { error, message } = json.value;
	const candidates = [isRecord(error) ? error['message'] : undefined, message, error];
	const text = candidates.find((candidate): candidate is string => typeof candidate === 'string') ?? '';
	return text.replace(/\s+/g, ' ').slice(0, 300);
}

/** A 404 that comes from the API: JSON with an `error`. Any other 404 is a web server that knows no such page. */
export const isApiNotFound = (response: HttpResponse): boolean => {
	if (response.status !== 404) return false;
	const json = parseJson(response.body);
	return json.ok && isRecord(json.value) && 'error' in json.value;
};

/**
 * Why an answer is no success; null for a 2xx, whatever its body.
 * @param retryAfter seconds that the server asked to wait
 */
export function failureOf(
	response: HttpResponse,
	asked: Asked,
	retryAfter: number | null = null,
): PimberlyError | null {
	const { status } = response;
	if (status >= 200 && status < 300) return null;
	const place = placeOf(asked.url);
	const said = errorTextOf(response.body);
	const saying = said === '' ? '' : `: ${said}`;
	const details = { status, retryAfter };

	if (status >= 300 && status < 400) {
		const to = response.headers['location'];
		const target = to !== undefined && URL.canParse(to, asked.url) ? ` to ${placeOf(new URL(to, asked.url).href)}` : '';
		return new PimberlyError('wrongUrl', `${asked.what} failed: ${place} redirects${target}.`, CHECK_URL, details);
	}
	if (status === 401) {
		return new PimberlyError(
			'unauthorised',
			`${asked.what} failed: Pimberly does not accept the token (401${saying}).`,
			'Check the token in the Pimberly API credential, and that it belongs to this environment (sandbox and live have their own).',
			details,
		);
	}
	if (status === 403) {
		return new PimberlyError(
			'forbidden',
			`${asked.what} failed: the token may not do this (403${saying}).`,
			'Use the API token of a feed: a channel token reads its channel only. Put it into the Pimberly API credential as token or write token.',
			details,
		);
	}
	if (status === 404) {
		return isApiNotFound(response)
			? new PimberlyError(
					'notFound',
					`${asked.what} failed: Pimberly does not hold it (404${saying}).`,
					'Check the primary id.',
					details,
				)
			: new PimberlyError(
					'wrongUrl',
					`${asked.what} failed: there is no Pimberly API at ${place} (404).`,
					CHECK_URL,
					details,
				);
	}
	if (status === 413) {
		return new PimberlyError(
			'tooLarge',
			`${asked.what} failed: it is too large for Pimberly (413${saying}).`,
			'Send a shorter value.',
			details,
		);
	}
	if (status === 408 || status === 425 || status === 429 || status >= 500) {
		return new PimberlyError(
			'unavailable',
			status === 429
				? `${asked.what} failed: Pimberly asks for fewer calls (429${saying}).`
				: `${asked.what} failed: Pimberly has a problem (${status}${saying}).`,
			status === 429
				? 'It is tried again later. If it goes on, poll less often or lower the number of parallel calls.'
				: 'It is tried again later. If it goes on, ask Pimberly’s support.',
			details,
		);
	}
	return new PimberlyError(
		'refused',
		`${asked.what} failed: Pimberly does not accept it (${status}${saying}).`,
		'Check the attribute names and values: a name must be the attribute’s API name, a value must fit its type.',
		details,
	);
}

/**
 * The JSON of a 2xx answer.
 * @throws PimberlyError `wrongUrl` for a web page, `incomplete` for what is not whole JSON: half an answer must never
 *   pass for an empty list (pimberly-api 12)
 */
export function jsonOf(response: HttpResponse, asked: Asked): unknown {
	if (isHtml(response)) {
		throw new PimberlyError(
			'wrongUrl',
			`${asked.what} failed: ${placeOf(asked.url)} answered with a web page${/log.?in|sign.?in|password/i.test(response.body) ? ' that asks to log in' : ''}, not with data.`,
			CHECK_URL,
			{ status: response.status },
		);
	}
	const json = parseJson(response.body);
	if (!json.ok)
		throw incomplete(
			asked,
			response.body === '' ? 'the answer is empty' : 'the answer is not whole JSON',
			response.status,
		);
	return json.value;
}

/** Pimberly answered, and what it said is no whole answer (`incomplete`); `why` is what is wrong with it, in words. */
export const incomplete = (asked: Asked, why: string, status: number | null = null): PimberlyError =>
	new PimberlyError(
		'incomplete',
		`${asked.what} failed: ${why}.`,
		'It is tried again later. If it goes on, lower the page size, or look for a proxy that cuts answers off.',
		{ status },
	);
