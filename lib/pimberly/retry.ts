import { DateTime } from 'luxon';

/** How calls to Pimberly are repeated (pimberly-api 5): 1, 2, 4, 8, 16 seconds and some jitter, then it is given up. */
export const RETRIES = 5;
/** No single wait is longer; a server that asks for an hour is asked again sooner, or left to the next poll. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Milliseconds to wait before the next try.
 * @param tried how often it was tried already, from 1
 * @param retryAfter seconds that the server asked for
 * @param random in [0, 1): up to a quarter is added, so that parallel calls don't come back together
 */
export function waitBefore(tried: number, retryAfter: number | null, random: number): number {
	const usual = 1000 * 2 ** (tried - 1) * (1 + random / 4);
	const asked = retryAfter === null ? 0 : retryAfter * 1000 * (1 + random / 20);
	return Math.min(retryAfter === null ? usual : asked, LONGEST_WAIT_MS);
}

/**
 * Seconds of a Retry-After header: a number of seconds, or an HTTP date, read against the server's own clock where it
 * sent one. Null: there is none that can be understood.
 */
export function retryAfterOf(headers: Record<string, string>, nowMs: number): number | null {
	const header = headers['retry-after']?.trim();
	if (header === undefined || header === '') return null;
	if (/^\d+(\.\d+)?$/.test(header)) return Number(header);
	const until = DateTime.fromHTTP(header);
	if (!until.isValid) return null;
	return Math.max(0, (until.toMillis() - (serverTimeOf(headers) ?? nowMs)) / 1000);
}

/** The server's clock by its Date header, in milliseconds; null without one. */
export function serverTimeOf(headers: Record<string, string>): number | null {
	const date = DateTime.fromHTTP(headers['date'] ?? '');
	return date.isValid ? date.toMillis() : null;
}

/**
 * How often a status is retried. All that is sent here can be sent twice (reads, and writes of a value). A 500 gets
 * fewer tries: it may be this request's fault. 400, 401, 403, 404 and 413 get none.
 */
export function retriesOf(status: number): number {
	if (status === 500) return 2;
	return status === 408 || status === 425 || status === 429 || status > 500 ? RETRIES : 0;
}
