import type { Result } from '../../shapes';
import { retryDelay, type LedgerSettings } from '../settings';
import type { OpenRow } from './settle';

/** What becomes of a change that is settled. */
export type Outcome =
	| { state: 'confirmed' }
	/** Checked again after `delayMs`; `sentAt`: when it was first said to be written (ms). */
	| { state: 'sent'; sentAt: number; checks: number; delayMs: number; overdue: boolean }
	/** It waits for a person's approval. */
	| { state: 'held' }
	| { state: 'retrying'; failures: number; delayMs: number }
	| { state: 'failed' };

/**
 * What a result means for its change. Refusals and differences count towards the limit of attempts; an unreachable Khaos or a
 * lost lease does not.
 * @param now by the ledger's clock (ms)
 */
export function decide(settings: LedgerSettings, row: OpenRow, result: Result, now: number): Outcome {
	// What a person or another system is to do may take its time: a look that finds it undone does not write it again.
	const stillOut = result.status === 'retry' && row.purpose === 'check' && isForeign(row.awaiting);
	if (stillOut) return sentOutcome(settings, row, row.awaiting, now);
	switch (result.status) {
		case 'confirmed':
			return { state: 'confirmed' };
		case 'sent':
			return sentOutcome(settings, row, result.awaiting ?? row.awaiting, now);
		case 'held':
			return { state: 'held' };
		case 'failed':
			return { state: 'failed' };
		case 'retry': {
			const counts = result.cause !== 'unavailable' && result.cause !== 'notOurs';
			const failures = row.failures + (counts ? 1 : 0);
			if (failures >= settings.refusedAttempts) return { state: 'failed' };
			const delayMs = result.cause === 'notOurs' ? 0 : retryDelay(settings, row.attempt, result.retryAfter);
			return { state: 'retrying', failures, delayMs };
		}
	}
}

/** Whether it is for somebody else to bring it to Khaos: a person with an import file, or Khaos itself by its channel. */
const isForeign = (awaiting: OpenRow['awaiting'] | undefined): boolean =>
	awaiting === 'import' || awaiting === 'channel';

/** Looked at soon, then less and less often; after the limit, which makes it an exception, once in a long while. */
function sentOutcome(
	settings: LedgerSettings,
	row: OpenRow,
	awaiting: OpenRow['awaiting'] | undefined,
	now: number,
): Outcome {
	if (!isForeign(awaiting))
		return { state: 'sent', sentAt: row.sent_at ?? now, checks: 0, delayMs: settings.checkAfterMs, overdue: false };
	const again = row.purpose === 'check' && row.sent_at !== null;
	const sentAt = again ? row.sent_at! : now;
	const checks = again ? row.checks + 1 : 0;
	const overdue = again && now - sentAt >= settings.sentLimitMs;
	const spaced = Math.min(settings.sentCheckCapMs, settings.sentCheckMs * 2 ** Math.min(checks, 20));
	// A check is due when the limit is reached, so that it is told then and not an interval later.
	const delayMs = overdue
		? settings.overdueCheckMs
		: Math.min(spaced, Math.max(settings.sentCheckMs, sentAt + settings.sentLimitMs - now));
	return { state: 'sent', sentAt, checks, delayMs, overdue };
}
