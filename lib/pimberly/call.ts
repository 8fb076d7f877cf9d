import { HttpFailure, type HttpRequest, type HttpResponse, type Request } from '../http';
import { placeOf } from '../httpFailure';
import { withoutSecrets } from '../secrets';
import { failureOf, isApiNotFound, type Asked } from './answer';
import type { PimberlyConnection } from './connection';
import { PimberlyError } from './pimberlyError';
import { RETRIES, retriesOf, retryAfterOf, waitBefore } from './retry';

/** What calls need of the world, given so that tests can stand in for it. */
export interface Surroundings {
	request: Request;
	sleep: (ms: number) => Promise<void>;
	/** In [0, 1). */
	random: () => number;
	/** Milliseconds since 1970. */
	now: () => number;
}

export interface CallSettings {
	/** How long one answer may take. */
	timeoutMs: number;
	/** How often a call is repeated after a failure that may pass; 0: never. */
	retries: number;
	/** A moment (ms) after which nothing is waited for; null: there is none. */
	deadline: number | null;
}
export const CALL_DEFAULTS: CallSettings = { timeoutMs: 20_000, retries: RETRIES, deadline: null };

export interface Call {
	method: 'GET' | 'PUT';
	url: string;
	/** Query parameters; those without a value are left out. */
	query?: Record<string, string | null | undefined>;
	/** JSON to send. */
	body?: unknown;
	token: string;
	/** What it is for, as messages put it: "Reading the list of products". */
	what: string;
	/** Asked right before it is sent, each time; what it throws ends the call. */
	before?: () => Promise<void>;
}

/** Shared by all calls of one client: when the server last asked everybody to wait until. */
export interface Pause {
	until: number;
}

/** Pages of a few hundred products with long descriptions are well below this. */
const MAX_BYTES = 64 * 1024 * 1024;

const toRequest = (call: Call, connection: PimberlyConnection, timeoutMs: number): HttpRequest => {
	const url = new URL(call.url);
	for (const [name, value] of Object.entries(call.query ?? {})) {
		if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value);
	}
	if (connection.sendTokenAs === 'query') url.searchParams.set('access_token', call.token);
	return {
		method: call.method,
		// A space in a query is %20: a plus sign is one only to form decoders.
		url: url.href.replace(/\?.*$/, (query) => query.replaceAll('+', '%20')),
		headers: {
			Accept: 'application/json',
			...(connection.sendTokenAs === 'header' ? { Authorization: call.token } : {}),
			...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
		},
		...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
		timeoutMs,
		maxBytes: MAX_BYTES,
	};
};

const unreachable = (failure: HttpFailure, what: string): PimberlyError =>
	failure.kind === 'tooLarge'
		? new PimberlyError('refused', `${what} failed: ${failure.message}`, 'Lower the page size.')
		: new PimberlyError(
				failure.kind === 'truncated' ? 'incomplete' : 'unreachable',
				`${what} failed: ${failure.message}`,
				'It is tried again later. If it goes on, check that n8n can reach Pimberly (address, network, proxy).',
			);

const noTimeLeft = (what: string): PimberlyError =>
	new PimberlyError('unavailable', `${what} failed: this run's time is used up.`, 'The next run goes on from here.');

type Outcome<T> = { ok: true; value: T } | { ok: false; error: PimberlyError; retries: number };

/**
 * One call to Pimberly, repeated while its failure may pass (pimberly-api 5). `read` turns a 2xx answer, or a 404 of the
 * API itself, into a value; it may throw PimberlyError, of which `incomplete` is worth another try.
 * @returns what `read` made of the answer
 * @throws PimberlyError
 */
export async function callPimberly<T>(
	call: Call,
	connection: PimberlyConnection,
	surroundings: Surroundings,
	settings: CallSettings,
	pause: Pause,
	read: (response: HttpResponse, asked: Asked) => T,
): Promise<T> {
	const { now, sleep, random } = surroundings;
	const left = () => (settings.deadline === null ? Infinity : settings.deadline - now());

	for (let tried = 1; ; tried++) {
		const paused = pause.until - now();
		if (paused > 0 && paused < left()) await sleep(paused);
		if (left() <= 0) throw noTimeLeft(call.what);
		await call.before?.();
		const outcome = await tryOnce(call, connection, surroundings, Math.min(settings.timeoutMs, left()), read);
		if (outcome.ok) return outcome.value;

		const wait = waitBefore(tried, outcome.error.retryAfter, random());
		if (outcome.error.retryAfter !== null) pause.until = Math.max(pause.until, now() + wait);
		if (tried > Math.min(outcome.retries, settings.retries) || wait >= left())
			throw withoutTokens(outcome.error, connection);
		await sleep(wait);
	}
}

async function tryOnce<T>(
	call: Call,
	connection: PimberlyConnection,
	{ request, now }: Surroundings,
	timeoutMs: number,
	read: (response: HttpResponse, asked: Asked) => T,
): Promise<Outcome<T>> {
	const asked: Asked = { what: call.what, url: call.url };
	try {
		const response = await request(toRequest(call, connection, timeoutMs));
		const error = failureOf(response, asked, retryAfterOf(response.headers, now()));
		if (error !== null && !isApiNotFound(response)) return { ok: false, error, retries: retriesOf(response.status) };
		return { ok: true, value: read(response, asked) };
	} catch (error) {
		if (error instanceof PimberlyError) return { ok: false, error, retries: error.kind === 'incomplete' ? RETRIES : 0 };
		if (error instanceof HttpFailure) {
			return { ok: false, error: unreachable(error, call.what), retries: error.kind === 'tooLarge' ? 0 : RETRIES };
		}
		// Whatever else n8n's own network policy or a proxy throws: it names its reason, and trying again won't help.
		const reason = error instanceof Error ? error.message : String(error);
		const refused = new PimberlyError(
			'unreachable',
			`${call.what} failed: ${placeOf(call.url)}: ${reason}`,
			'Check the network settings of n8n.',
		);
		return { ok: false, error: refused, retries: 0 };
	}
}

/** The error, without the tokens that a server may have repeated in it. */
function withoutTokens(error: PimberlyError, { token, writeToken }: PimberlyConnection): PimberlyError {
	const shown = withoutSecrets(error.message, [token, writeToken]);
	return shown === error.message
		? error
		: new PimberlyError(error.kind, shown, error.remedy, { status: error.status, retryAfter: error.retryAfter });
}
