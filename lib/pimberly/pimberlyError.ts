/**
 * - `unauthorised` (401), `forbidden` (403): the token is not known, or may not do this.
 * - `wrongUrl`: whatever answered is not Pimberly's API: a 404 of a web server, a login page, a redirect.
 * - `notFound`: Pimberly says it does not hold what was asked for.
 * - `refused`: Pimberly does not accept the request (400 and its kin), `tooLarge` (413): nor its size.
 * - `unavailable`: 429 or 5xx, `unreachable`: no answer, `incomplete`: half an answer; each after the retries.
 * - `settings`: the node or credential is set up in a way that can't work.
 */
export type PimberlyErrorKind =
	| 'unauthorised'
	| 'forbidden'
	| 'wrongUrl'
	| 'notFound'
	| 'refused'
	| 'tooLarge'
	| 'unavailable'
	| 'unreachable'
	| 'incomplete'
	| 'settings';

export interface PimberlyErrorDetails {
	/** The HTTP status, where there was an answer. */
	status?: number | null;
	/** Seconds that Pimberly asked to wait. */
	retryAfter?: number | null;
}

/** What went wrong with Pimberly (`message`) and what a person can do about it (`remedy`). Neither ever holds a token. */
export class PimberlyError extends Error {
	override readonly name = 'PimberlyError';
	readonly status: number | null;
	readonly retryAfter: number | null;

	constructor(
		readonly kind: PimberlyErrorKind,
		message: string,
		readonly remedy: string,
		details: PimberlyErrorDetails = {},
	) {
		super(message);
		this.status = details.status ?? null;
		this.retryAfter = details.retryAfter ?? null;
	}

	/** Whether it may well work later, with nothing changed. */
	get transient(): boolean {
		return this.kind === 'unavailable' || this.kind === 'unreachable' || this.kind === 'incomplete';
	}

	/** Whether it can't work before a person has changed the credential or the node. */
	get needsAttention(): boolean {
		return (
			this.kind === 'unauthorised' || this.kind === 'forbidden' || this.kind === 'wrongUrl' || this.kind === 'settings'
		);
	}
}
