import { HttpFailure, type Request } from '../../http';
import { withoutSecrets } from '../../secrets';
import type { Endpoint } from './endpoint';
import { endOfThisCall } from './endOfCall';
import { answerFailure, connectionFailure, faultOf, givenUp, KhaosUnknownOutcome, unreadableAnswer } from './fault';
import { buildEnvelope, readEnvelope, soapActionOf, type SoapAnswer, type SoapParameter } from './soap';
import type { XmlElement } from './xml';

/** The largest answer that is read: some 150,000 rows of GetStockList. */
const MOST_BYTES = 48 * 1024 * 1024;

export interface KhaosClientOptions {
	endpoint: Endpoint;
	request: Request;
	/** How long one call may take. Khaos needs 120 seconds and more for long lists (contract 8). */
	timeoutMs: number;
	/** Extra headers, such as the one some reverse proxy wants. */
	headers?: Record<string, string>;
	/** What no error may show, as it is sent. */
	secrets?: string[];
	/** Stock items are read as a zip (ExportStockCompressed) instead of as plain text; off by default. */
	compressedExports?: boolean;
	/** Now, in milliseconds; for a Retry-After that is a date. */
	now: () => number;
}

/** Seconds of a Retry-After header, null without one. */
function retryAfterOf(header: string | undefined, now: number): number | null {
	if (header === undefined) return null;
	if (/^\d{1,6}$/.test(header.trim())) return Number.parseInt(header, 10);
	const at = Date.parse(header);
	return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

const errorOf = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

function readAnswer(body: string, method: string): SoapAnswer | null | KhaosUnknownOutcome {
	try {
		return readEnvelope(body, method);
	} catch (error) {
		return unreadableAnswer(method, errorOf(error).message);
	}
}

/** Calls methods of one Khaos Control. Knows nothing of the gate: who writes, calls through it. */
export class KhaosClient {
	constructor(private readonly options: KhaosClientOptions) {}

	get endpoint(): Endpoint {
		return this.options.endpoint;
	}

	get compressedExports(): boolean {
		return this.options.compressedExports ?? false;
	}

	/**
	 * Call a method and return the element that holds its result, references resolved (contract 2.1).
	 *
	 * Throws KhaosFault where Khaos is known to have done nothing, KhaosUnknownOutcome where nobody knows.
	 */
	async call(method: string, parameters: SoapParameter[]): Promise<XmlElement> {
		const { endpoint, request, timeoutMs, headers, secrets = [], now } = this.options;
		const body = buildEnvelope(method, parameters);
		const end = endOfThisCall();
		const response = await request({
			method: 'POST',
			url: endpoint.soap,
			headers: {
				...headers,
				'content-type': 'text/xml; charset=utf-8',
				accept: 'text/xml',
				soapaction: soapActionOf(method),
			},
			body,
			timeoutMs,
			maxBytes: MOST_BYTES,
			...(end === undefined ? {} : { signal: end }),
		}).catch((error: unknown) => {
			if (end?.aborted === true) throw givenUp(method);
			throw error instanceof HttpFailure ? connectionFailure(method, error.kind, error.message) : errorOf(error);
		});

		const unauthorised = response.status === 401 || response.status === 403;
		const answer = unauthorised ? null : readAnswer(response.body, method);
		if (answer instanceof KhaosUnknownOutcome) throw answer;
		if (answer === null) {
			const shown = withoutSecrets(response.body, secrets);
			throw answerFailure(method, response.status, shown, retryAfterOf(response.headers['retry-after'], now()));
		}
		if ('fault' in answer) throw faultOf(method, withoutSecrets(answer.fault, secrets));
		return answer.result;
	}
}
