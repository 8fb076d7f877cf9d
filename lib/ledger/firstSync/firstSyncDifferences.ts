import type { FirstSyncDifference } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';

/** Keep where records differ, in place of what was found before. */
export async function saveDifferences(
	tx: Transaction,
	environmentId: number,
	found: Array<{ recordId: number; differences: FirstSyncDifference[] }>,
): Promise<void> {
	await forgetDifferences(
		tx,
		found.map(({ recordId }) => recordId),
	);
	const rows = found.flatMap(({ recordId, differences }) =>
		differences.map((difference) => ({ ...difference, record_id: recordId })),
	);
	if (rows.length === 0) return;
	await tx.run(
		`INSERT INTO first_sync_differences (environment_id, record_id, field, owner, expected, actual)
		 SELECT ?, r.record_id, r.field, r.owner, r.expected, r.actual
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', field: 'text', owner: 'text', expected: 'text', actual: 'text' })}`,
		environmentId,
		jsonParameter(rows),
	);
}

/** These records are as they should be, or not to be written any more. */
export async function forgetDifferences(tx: Transaction, recordIds: number[]): Promise<void> {
	if (recordIds.length === 0) return;
	await tx.run(
		`DELETE FROM first_sync_differences WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(recordIds),
	);
}
