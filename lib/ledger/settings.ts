import type { Result } from '../shapes';

/** How patient the ledger is. All times in milliseconds. */
export interface LedgerSettings {
	/** How long a batch may go without a sign of life before it is given to another execution. */
	leaseMs: number;
	/** Attempts that a record may be refused or read back different before it counts as failed. */
	refusedAttempts: number;
	/** First wait after a failed attempt; doubles each time. */
	retryMs: number;
	retryCapMs: number;
	/** A hold shorter than this is not told to Pimberly. */
	heldStatusAfterMs: number;
	/** A hold longer than this is an exception. */
	heldTooLongMs: number;
	/** A change that could have been sent for longer than this goes first in every eighth batch, whatever its lane. */
	agedMs: number;
	/** How often holds are looked over, at most. */
	housekeepingMs: number;
	/** How long a record needed by a held change, and never seen, is waited for before Khaos is asked for it. */
	lookUpAfterMs: number;
	/** How soon a change whose read-back was put off is checked by itself. */
	checkAfterMs: number;
	/** How long a status may still arrive in Pimberly after its execution was given up. */
	lateWriteMs: number;
	/** How soon a change that somebody else is to bring to Khaos (an import file, the channel) is first looked for; doubles each time. */
	sentCheckMs: number;
	sentCheckCapMs: number;
	/** A change that is not seen in Khaos this long after it was handed on is an exception. */
	sentLimitMs: number;
	/** How often it is looked for after that. */
	overdueCheckMs: number;
	/** How long an emission may be on its way through the workflow before its unreceipted products are emitted again. */
	emissionGraceMs: number;
}

export const defaultSettings: LedgerSettings = {
	leaseMs: 10 * 60_000,
	refusedAttempts: 4,
	retryMs: 2_000,
	retryCapMs: 5 * 60_000,
	heldStatusAfterMs: 45_000,
	heldTooLongMs: 60 * 60_000,
	agedMs: 15 * 60_000,
	housekeepingMs: 60_000,
	lookUpAfterMs: 45_000,
	checkAfterMs: 5_000,
	lateWriteMs: 15 * 60_000,
	sentCheckMs: 10_000,
	sentCheckCapMs: 10 * 60_000,
	sentLimitMs: 24 * 60 * 60_000,
	overdueCheckMs: 60 * 60_000,
	emissionGraceMs: 5 * 60_000,
};

/** How long to wait before the next attempt: doubling, at least what the other side asked for. */
export function retryDelay(settings: LedgerSettings, attempt: number, retryAfterSeconds: Result['retryAfter']): number {
	const doubled = Math.min(settings.retryCapMs, settings.retryMs * 2 ** Math.min(Math.max(attempt - 1, 0), 20));
	return Math.max(doubled, (retryAfterSeconds ?? 0) * 1000);
}
