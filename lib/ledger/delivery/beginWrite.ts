import { jsonParameter, type Transaction } from '../store/database';
import type { LedgerSettings } from '../settings';

/**
 * Right before a write: which of these changes are still in the hands of who holds these tokens, with no newer content
 * waiting to be sent instead? Their leases are renewed by the ledger's clock, and their records are marked as of unknown
 * outcome.
 * @returns the ids of those that may be written.
 */
export async function beginWrite(
	tx: Transaction,
	environmentId: number,
	settings: Pick<LedgerSettings, 'leaseMs'>,
	changes: Array<{ changeId: string; token: string }>,
): Promise<Set<string>> {
	const table = tx.dialect.rows('r', { change_id: 'integer', token: 'text' });
	const asked = jsonParameter(changes.map(({ changeId, token }) => ({ change_id: Number(changeId), token })));
	await tx.run(
		`UPDATE changes SET lease_until = ? FROM ${table}
		 WHERE changes.change_id = r.change_id AND changes.lease_token = r.token AND changes.state = 'leased' AND changes.environment_id = ?`,
		tx.now + settings.leaseMs,
		asked,
		environmentId,
	);
	const ours = await tx.all<{ change_id: number; record_id: number }>(
		`SELECT changes.change_id, changes.record_id FROM ${table} JOIN changes ON changes.change_id = r.change_id AND changes.lease_token = r.token
		 WHERE changes.state = 'leased' AND changes.environment_id = ?
			AND changes.drop_reason IS NULL AND NOT EXISTS (SELECT 1 FROM changes AS newer WHERE newer.record_id = changes.record_id AND newer.state = 'next')`,
		asked,
		environmentId,
	);
	await tx.run(
		// What Khaos does not hold is made by this write: there is nothing in it that would have to be approved.
		`UPDATE records SET uncertain = 1, read_back_at = ?, cleared = CASE WHEN present = 0 THEN 1 ELSE cleared END WHERE ${tx.dialect.among('record_id', 'integer')}`,
		tx.now,
		jsonParameter(ours.map((row) => row.record_id)),
	);
	return new Set(ours.map((row) => String(row.change_id)));
}
