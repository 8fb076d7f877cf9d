import { jsonParameter, type Transaction } from '../store/database';
import { isAboutRecord, noteExceptionEvents, resolveWhere } from './exceptions';

const dayMs = 24 * 60 * 60_000;
/** How many come back in one go; the next go takes the next ones. */
const atOnce = 1_000;

const openChange = (condition: string): string =>
	`EXISTS (SELECT 1 FROM records JOIN changes ON changes.record_id = records.record_id AND ${condition} WHERE ${isAboutRecord})`;

/** SQL: the cause of this exception is still there, as the ledger itself can see. */
const stillThere = `(
	(type = 'failedTransfer' AND ${openChange(`(changes.state = 'failed' OR changes.overdue = 1)`)})
	OR (type = 'heldTooLong' AND ${openChange(`changes.state = 'held' AND changes.hold_told = 1`)})
	OR (type = 'statusNotWritten' AND EXISTS (SELECT 1 FROM records JOIN changes ON changes.record_id = records.record_id AND changes.state = 'failed'
		WHERE records.environment_id = exceptions.environment_id AND records.kind = 'status' AND records.key = exceptions.key))
	OR (type IN ('invalidProduct', 'duplicateStockCode', 'stockCodeChanged', 'circularNeed') AND EXISTS (SELECT 1 FROM products
		WHERE products.environment_id = exceptions.environment_id AND products.primary_id = exceptions.primary_id AND products.rejected IS NOT NULL)))`;

/**
 * What a person has resolved although its cause is still there comes back: when the rest that the person gave it is over, or
 * else after a day. (What only a check can find comes back with the next check.)
 */
export async function bringBack(tx: Transaction, environmentId: number): Promise<void> {
	const rows = await tx.all<{ exception_id: number }>(
		`SELECT exception_id FROM exceptions WHERE environment_id = ? AND resolved_by IS NOT NULL
			AND COALESCE(snoozed_until, resolved_at + ${dayMs}) <= ? AND ${stillThere}
			AND NOT EXISTS (SELECT 1 FROM exceptions AS newer WHERE newer.environment_id = exceptions.environment_id AND newer.type = exceptions.type
				AND newer.primary_id = exceptions.primary_id AND newer.key = exceptions.key AND newer.field = exceptions.field
				AND newer.exception_id > exceptions.exception_id)
		 ORDER BY exception_id LIMIT ${atOnce}`,
		environmentId,
		tx.now,
	);
	if (rows.length === 0) return;
	const ids = rows.map((row) => row.exception_id);
	await tx.run(
		`UPDATE exceptions SET resolved_at = NULL, resolved_by = NULL, snoozed_until = NULL, acknowledged_at = NULL, last_seen_at = ?
		 WHERE ${tx.dialect.among('exception_id', 'integer')}`,
		tx.now,
		jsonParameter(ids),
	);
	await noteExceptionEvents(
		tx,
		environmentId,
		ids.map((exceptionId) => ({ exceptionId, event: 'foundAgain' })),
	);
}

/** A workflow that has not failed for a day has been mended, or is not used any more. */
export async function endQuietFailures(tx: Transaction, environmentId: number): Promise<void> {
	await resolveWhere(tx, environmentId, `type = 'failedExecution' AND last_seen_at <= ?`, tx.now - dayMs);
}
