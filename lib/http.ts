/**
 * The one way HTTP reaches lib/. Nodes bind it to n8n's helpers (so proxies, credentials and network policy apply),
 * tests and scripts bind it to fetch.
 */
export interface HttpRequest {
	method: 'GET' | 'POST' | 'PUT';
	url: string;
	headers?: Record<string, string>;
	/** The body as it goes over the wire; the caller sets the content type. */
	body?: string;
	timeoutMs: number;
	/** An answer longer than this is refused as `tooLarge`. */
	maxBytes?: number;
	/** Ends the request early, as a connection that is dropped does. */
	signal?: AbortSignal;
}

/** An answer that came whole, whatever its status. */
export interface HttpResponse {
	status: number;
	/** Header names in lower case. */
	headers: Record<string, string>;
	/** The body as text (UTF-8). */
	body: string;
}

/** Resolves with every answered status, 4xx and 5xx included; rejects with HttpFailure when there was no whole answer. */
export type Request = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * - `refused`, `notFound` (DNS) and `tls`: the request did not reach the server.
 * - `timeout`, `dropped`, `truncated` and `tooLarge`: it may have; what became of it is unknown.
 */
export type HttpFailureKind = 'refused' | 'notFound' | 'tls' | 'timeout' | 'dropped' | 'truncated' | 'tooLarge';

/** No whole answer came back. The message never holds a token: it names the host and the path without the query. */
export class HttpFailure extends Error {
	override readonly name = 'HttpFailure';

	constructor(
		readonly kind: HttpFailureKind,
		message: string,
	) {
		super(message);
	}

	/** Whether the server may have acted on the request. */
	get outcomeUnknown(): boolean {
		return !['refused', 'notFound', 'tls'].includes(this.kind);
	}
}
