import type { HttpRequest, HttpResponse, Request } from './http';
import { failure, failureFrom, readBody } from './httpFailure';

/**
 * `Request` on Node's own fetch, for scripts and tests; nodes use n8n's helpers (nodes/httpBinding). Redirects are
 * answered as they are, never followed: a token must not travel to another host.
 */
export const fetchRequest: Request = async (request) => {
	const deadline = AbortSignal.timeout(request.timeoutMs);
	const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
	const explain = (error: unknown) =>
		Promise.reject(deadline.aborted ? failure('timeout', request) : failureFrom(error, request));
	const response = await fetch(request.url, {
		method: request.method,
		headers: request.headers,
		body: request.body,
		redirect: 'manual',
		signal,
	}).catch(explain);
	return await wholeAnswer(response, request, explain);
};

async function wholeAnswer(
	response: Response,
	request: HttpRequest,
	explain: (error: unknown) => Promise<never>,
): Promise<HttpResponse> {
	const headers: Record<string, string> = {};
	response.headers.forEach((value, name) => {
		headers[name.toLowerCase()] = value;
	});
	// Node's body streams can be iterated; the DOM's type for them does not say so.
	const chunks = response.body as unknown as AsyncIterable<Uint8Array> | null;
	const body = chunks === null ? '' : await readBody(chunks, request, headers).catch(explain);
	return { status: response.status, headers, body };
}
