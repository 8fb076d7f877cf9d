import type { HttpFailureKind } from '../../http';

/**
 * Why a call is known to have changed nothing in Khaos.
 * - `fault`: Khaos answered with a SOAP fault, or refused the request itself (4xx);
 * - `methodNotFound`: this Khaos doesn't have the method;
 * - `authentication`, `wrongUrl`: something before Khaos refused it;
 * - `busy`: asked to come back later;
 * - `refused`, `notFound`, `tls`: no connection.
 */
export type KhaosFaultKind =
	| 'fault'
	| 'methodNotFound'
	| 'authentication'
	| 'wrongUrl'
	| 'busy'
	| 'refused'
	| 'notFound'
	| 'tls';

/**
 * Why nobody knows what became of a call: no whole answer (`timeout`, `dropped`, `truncated`, `tooLarge`), a server error
 * without a SOAP fault (`serverError`), or an answer that isn't one of a SOAP server (`notSoap`).
 */
export type KhaosUnknownKind = 'timeout' | 'dropped' | 'truncated' | 'tooLarge' | 'serverError' | 'notSoap';

/** A call to Khaos that went wrong; `message` says what happened, `remedy` what a person can do. */
export abstract class KhaosError extends Error {
	constructor(
		readonly method: string,
		message: string,
		readonly remedy: string,
		/** Seconds after which the server asked to be called again; null: it didn't. */
		readonly retryAfter: number | null = null,
	) {
		super(message);
	}
}

/** The outcome is known: Khaos changed nothing (but rows of an import before the one that broke it may be in). */
export class KhaosFault extends KhaosError {
	override readonly name = 'KhaosFault';

	constructor(
		readonly kind: KhaosFaultKind,
		method: string,
		message: string,
		remedy: string,
		/** The fault's own text, as Khaos wrote it. */
		readonly faultText = '',
		retryAfter: number | null = null,
	) {
		super(method, message, remedy, retryAfter);
	}

	/** There was no connection, or something before Khaos refused it: the next call would hardly fare better. */
	get turnedAway(): boolean {
		return ['refused', 'notFound', 'tls', 'authentication', 'wrongUrl'].includes(this.kind);
	}

	/** The call itself was looked at: another call with other rows may succeed. */
	get concernsTheCall(): boolean {
		return this.kind === 'fault';
	}
}

/** The outcome is not known: Khaos may have done all, some or nothing of it. Read back before writing again. */
export class KhaosUnknownOutcome extends KhaosError {
	override readonly name = 'KhaosUnknownOutcome';

	constructor(
		readonly kind: KhaosUnknownKind,
		method: string,
		message: string,
		remedy: string,
		retryAfter: number | null = null,
	) {
		super(method, message, remedy, retryAfter);
	}
}

const MOST_TEXT = 500;

/** One line of at most 500 characters, fit for an error message. */
export function oneLine(text: string): string {
	// eslint-disable-next-line no-control-regex -- control characters are what has to go
	const line = text.replace(/[\u0000-\u001f\u007f\s]+/g, ' ').trim();
	return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT - 1)}…` : line;
}

/** Khaos's and Delphi's ways to say that a method isn't there (contract 3.1: the import tool is an option that is off by default). */
export function saysMethodNotFound(faultText: string): boolean {
	const text = faultText.toLowerCase();
	const gone =
		/\b(method|operation|procedure|action|message)\b.{0,120}?\b(not (be )?(found|supported|understood|implemented|available|enabled|recogni[sz]ed|exist)|does(n't| not) exist|unknown|unsupported|undefined|missing)/;
	const unknown =
		/\b(unknown|unsupported|unrecogni[sz]ed|undefined|invalid|no such|no|not a valid|(unable to|cannot|can't|could not) find)\b.{0,40}?\b(soap )?(method|operation|procedure|soapaction|action)\b/;
	return gone.test(text) || unknown.test(text);
}

const IMPORT_TOOL_NOTICE =
	"The import is part of Khaos Control's Stock Import Tool: an optional, paid feature that is off by default and needs version 8.236 or later. Ask KCSL to enable it for the web services, or deliver the items as an import file.";

/** What to do where a method isn't there that a setting or an option of Khaos Control brings. */
const NOTICES: ReadonlyMap<string, string> = new Map([
	['ImportStockTSV', IMPORT_TOOL_NOTICE],
	[
		'ExportStockCompressed',
		"Turn off 'Compressed Exports' in the Khaos Control credential: this server has only the plain export.",
	],
]);

/** A SOAP fault as an error. */
export function faultOf(method: string, faultText: string): KhaosFault {
	const text = oneLine(faultText) || 'no text';
	if (saysMethodNotFound(faultText)) {
		return new KhaosFault(
			'methodNotFound',
			method,
			`Khaos Control has no method ${method}: ${text}`,
			NOTICES.get(method) ?? `Check the spelling, and ask KCSL whether your version and its options include ${method}.`,
			text,
		);
	}
	return new KhaosFault(
		'fault',
		method,
		`Khaos Control refused ${method}: ${text}`,
		'Correct what the text names. If it says nothing of the data, try again later or ask KCSL with this text at hand.',
		text,
	);
}

const CHECK_URL =
	'Check the URL in the credential: the address of the executable, such as https://khaos.example.com/KhaosIDS.exe, with the right host, port and folder.';

/** A request that brought no whole answer, as an error of known or unknown outcome. */
export function connectionFailure(
	method: string,
	kind: HttpFailureKind,
	message: string,
): KhaosFault | KhaosUnknownOutcome {
	switch (kind) {
		case 'refused':
			return new KhaosFault(
				kind,
				method,
				`Khaos Control can't be reached: ${oneLine(message)}`,
				'Check that the server is running, that the port is right and that its allow-list or VPN lets this machine in.',
			);
		case 'notFound':
			return new KhaosFault(kind, method, `The host of Khaos Control isn't known: ${oneLine(message)}`, CHECK_URL);
		case 'tls':
			return new KhaosFault(
				kind,
				method,
				`The certificate of Khaos Control isn't trusted, or no secure connection could be agreed: ${oneLine(message)}`,
				"Give the server a certificate this machine trusts. For a self-signed one in your own network, turn on 'Ignore TLS Issues' in the credential.",
			);
		case 'timeout':
			return new KhaosUnknownOutcome(
				kind,
				method,
				`Khaos Control didn't answer ${method} in time`,
				'Khaos serves one call at a time: see whether a long report or import keeps it busy, and raise the timeout in the credential if calls simply take longer.',
			);
		case 'tooLarge':
			return new KhaosUnknownOutcome(
				kind,
				method,
				`The answer of Khaos Control to ${method} is larger than is accepted`,
				'Ask for fewer items at a time.',
			);
		case 'dropped':
		case 'truncated':
			return new KhaosUnknownOutcome(
				kind,
				method,
				`The connection to Khaos Control broke during ${method}: ${oneLine(message)}`,
				'What became of the call is found out by reading the items back. If it happens often, look at the server, its IIS application pool and what is between.',
			);
	}
}

/** A call that was ended because it was no longer known whether another process may call by now. */
export const givenUp = (method: string): KhaosUnknownOutcome =>
	new KhaosUnknownOutcome(
		'dropped',
		method,
		`${method} was given up before Khaos Control answered: the sync ledger was out of reach for so long that another n8n process may call by now`,
		'What became of the call is found out by reading the items back. Look at the connection to the PostgreSQL of the Sync Ledger.',
	);

/** An answer that holds no SOAP envelope, as an error, judged by its status (contract 2.8). */
export function answerFailure(
	method: string,
	status: number,
	body: string,
	retryAfter: number | null,
): KhaosFault | KhaosUnknownOutcome {
	const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1];
	const shown = title ? ` ("${oneLine(title)}")` : '';
	if (status === 401 || status === 403) {
		return new KhaosFault(
			'authentication',
			method,
			`Khaos Control's web server refused the credential (HTTP ${status})${shown}`,
			'Check the user and the password in the credential, whether the server wants Basic authentication at all, and whether its allow-list lets this machine in.',
		);
	}
	if (status === 429) {
		return new KhaosFault(
			'busy',
			method,
			'Khaos Control asked to be called again later (HTTP 429)',
			'Nothing: it is tried again.',
			'',
			retryAfter,
		);
	}
	if ([404, 405, 410].includes(status) || (status >= 300 && status < 400)) {
		return new KhaosFault(
			'wrongUrl',
			method,
			`There is no Khaos Control web service at this URL (HTTP ${status})${shown}`,
			CHECK_URL,
		);
	}
	if (status >= 400 && status < 500 && status !== 408) {
		return new KhaosFault(
			'fault',
			method,
			`Khaos Control's web server refused ${method} (HTTP ${status})${shown}`,
			'Look at the log of the web server before Khaos Control for the reason.',
			`HTTP ${status}${shown}`,
		);
	}
	if (status === 408) return connectionFailure(method, 'timeout', '');
	if (status >= 500) {
		return new KhaosUnknownOutcome(
			'serverError',
			method,
			`Khaos Control's web server failed during ${method} (HTTP ${status})${shown}`,
			'What became of the call is found out by reading the items back. If it goes on, look at the event log and the application pool of the server.',
			retryAfter,
		);
	}
	return new KhaosUnknownOutcome(
		'notSoap',
		method,
		body.trim() === ''
			? `Khaos Control answered ${method} with nothing (HTTP ${status})`
			: `What answered ${method} isn't Khaos Control's web service (HTTP ${status})${shown}`,
		CHECK_URL,
	);
}

/** An envelope that can't be read to its end, or whose result isn't what the method returns. */
export function unreadableAnswer(method: string, reason: string): KhaosUnknownOutcome {
	return new KhaosUnknownOutcome(
		'truncated',
		method,
		`The answer of Khaos Control to ${method} can't be read: ${oneLine(reason)}`,
		'What became of the call is found out by reading the items back. If it goes on, ask KCSL with this text at hand.',
	);
}
