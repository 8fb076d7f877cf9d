import { HttpFailure, type HttpFailureKind, type HttpRequest } from './http';

/**
 * Turns what Node's HTTP stack (through axios or fetch) throws into an HttpFailure, and reads a body to its end within
 * limits of size and time. Shared by the bindings to n8n's helpers and to fetch, so that both fail in the same words.
 */

const REFUSED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN']);
const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ERR_INVALID_URL', 'ERR_INVALID_PROTOCOL']);
const TIMED_OUT = new Set([
	'ETIMEDOUT',
	'ESOCKETTIMEDOUT',
	'ECONNABORTED',
	'UND_ERR_CONNECT_TIMEOUT',
	'UND_ERR_HEADERS_TIMEOUT',
	'UND_ERR_BODY_TIMEOUT',
]);
/** OpenSSL's verification errors have no prefix in common. */
const TLS =
	/^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|ERROR_IN_CERT)/;

const SENTENCES: Record<HttpFailureKind, string> = {
	refused:
		'nothing accepts connections there. Check the address and port, and that the server is up and can be reached from n8n',
	notFound: 'the host name could not be resolved. Check the address for a typing error',
	tls: 'no secure connection could be made. Check the server’s certificate and that the address starts with the right one of http:// and https://',
	timeout: 'no answer came in time',
	dropped: 'the connection was dropped before an answer came',
	truncated: 'the connection was dropped in the middle of the answer',
	tooLarge: 'the answer is larger than allowed',
};

/** Host and path of a request, without the query: tokens may travel there. */
export const placeOf = (url: string): string => {
	if (!URL.canParse(url)) return url.split(/[?#]/)[0] ?? '';
	const { host, pathname } = new URL(url);
	return `${host}${pathname}`;
};

/** A failure of the given kind, in words that name the request and what to check. */
export const failure = (kind: HttpFailureKind, request: HttpRequest, detail = ''): HttpFailure =>
	new HttpFailure(
		kind,
		`${request.method} ${placeOf(request.url)}: ${SENTENCES[kind]}${detail === '' ? '' : ` (${detail})`}.`,
	);

interface ErrorLike {
	code?: unknown;
	name?: unknown;
	message?: unknown;
	cause?: unknown;
	errors?: unknown;
}

/** The error and what caused it, outermost first. Libraries wrap the system's error up to three times. */
function* chainOf(error: unknown): Generator<ErrorLike> {
	const seen = new Set<unknown>();
	const queue: unknown[] = [error];
	while (queue.length > 0 && seen.size < 10) {
		const next = queue.shift();
		if (typeof next !== 'object' || next === null || seen.has(next)) continue;
		seen.add(next);
		const link = next as ErrorLike;
		yield link;
		queue.push(link.cause);
		if (Array.isArray(link.errors)) queue.push(...(link.errors as unknown[]));
	}
}

const kindOfCode = (code: string): HttpFailureKind | null => {
	if (REFUSED.has(code)) return 'refused';
	if (NOT_FOUND.has(code)) return 'notFound';
	if (TIMED_OUT.has(code)) return 'timeout';
	if (TLS.test(code)) return 'tls';
	return null;
};

/**
 * @param error what the HTTP library threw
 * @param answered whether status and headers had arrived: then a broken connection means a truncated answer
 */
export function failureFrom(error: unknown, request: HttpRequest, answered = false): HttpFailure {
	if (error instanceof HttpFailure) return error;
	let code = '';
	for (const link of chainOf(error)) {
		if (link.name === 'TimeoutError') return failure('timeout', request);
		if (typeof link.code !== 'string') continue;
		const kind = kindOfCode(link.code);
		// After the headers only the connection itself can fail, whatever the library calls it.
		if (kind !== null && !(answered && kind !== 'timeout')) return failure(kind, request, link.code);
		if (code === '') code = link.code;
	}
	return failure(answered ? 'truncated' : 'dropped', request, code);
}

const charsetOf = (contentType: string, head: Buffer): string => {
	const declared = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1];
	if (declared !== undefined) return declared;
	// A server that names no charset may still declare one in its XML.
	return (
		/^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head.subarray(0, 200).toString('latin1'))?.[1] ?? 'utf-8'
	);
};

/** Text of a body in the charset it declares; UTF-8 where it declares none or an unknown one. */
export function textOf(body: Buffer, contentType: string): string {
	const charset = charsetOf(contentType, body).toLowerCase();
	if (charset === 'utf-8' || charset === 'utf8') return new TextDecoder().decode(body);
	const known = [
		'iso-8859-1',
		'latin1',
		'windows-1252',
		'us-ascii',
		'ascii',
		'utf-16',
		'utf-16le',
		'utf-16be',
		'iso-8859-15',
	];
	return new TextDecoder(known.includes(charset) ? charset : 'utf-8').decode(body);
}

/**
 * Reads a body to its end. A connection that ends early rejects as `truncated`: half an answer must never pass for a
 * whole one (pimberly-api 12).
 */
export async function readBody(
	chunks: AsyncIterable<Uint8Array | string>,
	request: HttpRequest,
	headers: Record<string, string>,
): Promise<string> {
	const parts: Buffer[] = [];
	let size = 0;
	const read = async (): Promise<void> => {
		for await (const chunk of chunks) {
			const part =
				typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
			size += part.length;
			// Leaving the loop destroys the stream, so the rest is not downloaded.
			if (request.maxBytes !== undefined && size > request.maxBytes) return;
			parts.push(part);
		}
	};
	await read().catch((error: unknown) => Promise.reject(failureFrom(error, request, true)));
	if (request.maxBytes !== undefined && size > request.maxBytes) {
		throw failure('tooLarge', request, `more than ${request.maxBytes} bytes`);
	}
	return textOf(Buffer.concat(parts), headers['content-type'] ?? '');
}
