import type { IAllExecuteFunctions, IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';

import type { HttpRequest, HttpResponse, Request } from '../lib/http';
import { failure, failureFrom, readBody, textOf } from '../lib/httpFailure';

/** What a node context must offer: execute, poll, trigger, webhook and load-options contexts all do. */
export type HttpContext = Pick<IAllExecuteFunctions, 'helpers'>;

export interface HttpBindingOptions {
	/** Authenticate each request with this credential of the node. Without it requests go out as the caller made them. */
	credential?: string;
	/** Accept certificates that no authority signed. */
	allowUnauthorizedCerts?: boolean;
	/** Ends a request early, as when the execution is cancelled. */
	signal?: AbortSignal;
}

/**
 * Binds lib's `Request` to n8n's HTTP helpers, so that n8n's proxy settings, network policy and credentials apply.
 * Redirects are answered as they are, never followed: a token must not travel to another host. The body is read as a
 * stream here, which is what makes the size cap real and tells half an answer from a whole one.
 */
export function requestOf(context: HttpContext, options: HttpBindingOptions = {}): Request {
	const { helpers } = context;
	const send = async (sent: IHttpRequestOptions): Promise<unknown> =>
		options.credential === undefined
			? await helpers.httpRequest(sent)
			: await helpers.httpRequestWithAuthentication.call(context as IAllExecuteFunctions, options.credential, sent);

	return async (request) => {
		const deadline = AbortSignal.timeout(request.timeoutMs);
		const signal = AbortSignal.any([deadline, options.signal, request.signal].filter((one) => one !== undefined));
		const explain = (error: unknown, answered: boolean) =>
			Promise.reject(deadline.aborted ? failure('timeout', request) : failureFrom(error, request, answered));

		const answer = await send({
			method: request.method,
			url: request.url,
			headers: request.headers ?? {},
			...(request.body === undefined ? {} : { body: request.body }),
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			// The deadline covers the whole answer; this one, in n8n's stack, only an idle connection.
			timeout: request.timeoutMs,
			abortSignal: signal,
			...(options.allowUnauthorizedCerts === true ? { skipSslCertificateValidation: true } : {}),
		}).catch((error: unknown) => explain(error, false));
		return await wholeAnswer(answer as IN8nHttpFullResponse, request, signal).catch((error: unknown) =>
			explain(error, true),
		);
	};
}

/** Header names in lower case; a header that came several times is joined as HTTP allows. */
export const headersOf = (headers: Record<string, unknown>): Record<string, string> =>
	Object.fromEntries(
		Object.entries(headers)
			.filter(([, value]) => value !== undefined && value !== null)
			.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]),
	);

interface BodyStream extends AsyncIterable<Uint8Array | string> {
	destroy(error?: Error): unknown;
}

const isStream = (body: unknown): body is BodyStream =>
	typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'destroy' in body;

async function wholeAnswer(
	answer: IN8nHttpFullResponse,
	request: HttpRequest,
	signal: AbortSignal,
): Promise<HttpResponse> {
	const headers = headersOf(answer.headers);
	const status = answer.statusCode;
	const { body } = answer;
	if (!isStream(body)) return { status, headers, body: wholeText(body, request, headers) };
	const stop = () => body.destroy(new Error('aborted'));
	if (signal.aborted) stop();
	signal.addEventListener('abort', stop, { once: true });
	return await readBody(body, request, headers)
		.then((text) => ({ status, headers, body: text }))
		.finally(() => signal.removeEventListener('abort', stop));
}

/** A test double of the helpers, or a later n8n, may hand over the body at once. */
function wholeText(body: unknown, request: HttpRequest, headers: Record<string, string>): string {
	const text = Buffer.isBuffer(body)
		? textOf(body, headers['content-type'] ?? '')
		: typeof body === 'string'
			? body
			: body === undefined || body === null
				? ''
				: JSON.stringify(body);
	if (request.maxBytes !== undefined && Buffer.byteLength(text) > request.maxBytes) {
		throw failure('tooLarge', request, `more than ${request.maxBytes} bytes`);
	}
	return text;
}
