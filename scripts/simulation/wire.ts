import { failure } from '../../lib/httpFailure';
import type { HttpRequest, HttpResponse, Request } from '../../lib/http';
import type { Answer, Ending, Respond } from '../../simulators/serving';
import type { VirtualTime } from './virtualTime';

export interface WireOptions {
	time: VirtualTime;
	respond: Respond;
	/** The server's clock for the Date header, in milliseconds since 1970; null: it sends none. */
	serverClock: () => number | null;
}

/**
 * `Request` straight into a simulated server, without sockets. What the server does goes on when the client has given up
 * or is dead, as over a network.
 */
export function wireTo({ time, respond, serverClock }: WireOptions): Request {
	return async (request) =>
		await new Promise<HttpResponse>((resolve, reject) => {
			const { origin, pathname, search } = new URL(request.url);
			let end = (): void => undefined;
			const giveUp = time.at(request.timeoutMs, () => {
				end();
				reject(failure('timeout', request));
			});
			const finish = (how: () => void): void => {
				giveUp();
				end();
				how();
			};
			respond(headOf(request, `${pathname}${search}`), Buffer.from(request.body ?? '', 'utf8'), origin).then(
				({ ending, ended }) => {
					end = once(ended);
					arrive(ending, request, time, serverClock, finish, { resolve, reject });
				},
				(error: unknown) => finish(() => reject(error instanceof Error ? error : new Error(String(error)))),
			);
		});
}

const once = (run: () => void): (() => void) => {
	let done = false;
	return () => {
		if (done) return;
		done = true;
		run();
	};
};

const headOf = (request: HttpRequest, url: string) => ({
	method: request.method,
	url,
	headers: Object.fromEntries(
		Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
	),
});

function arrive(
	ending: Ending,
	request: HttpRequest,
	time: VirtualTime,
	serverClock: () => number | null,
	finish: (how: () => void) => void,
	promise: { resolve: (response: HttpResponse) => void; reject: (error: Error) => void },
): void {
	switch (ending.how) {
		case 'answered':
			finish(() => promise.resolve(responseOf(ending.answer, serverClock())));
			return;
		case 'truncated':
			finish(() => promise.reject(failure('truncated', request)));
			return;
		case 'dropped':
			finish(() => promise.reject(failure('dropped', request)));
			return;
		case 'hanging':
			time.at(ending.ms, () => finish(() => promise.reject(failure('dropped', request))));
	}
}

function responseOf({ status, headers, body }: Answer, clock: number | null): HttpResponse {
	const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
	return {
		status,
		headers: { ...Object.fromEntries(lower), ...(clock === null ? {} : { date: new Date(clock).toUTCString() }) },
		body,
	};
}
