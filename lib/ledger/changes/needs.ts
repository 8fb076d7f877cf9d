import type { Kind, Need } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';

/** What each of these changes needs, met or not. */
export async function needsOf(tx: Transaction, ids: number[]): Promise<Map<number, Need[]>> {
	// Two look-ups, not a join: PostgreSQL would read all records for it while it has no statistics of a young ledger.
	const rows = await tx.all<{ change_id: number; need_record_id: number }>(
		`SELECT change_id, need_record_id FROM change_needs WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(ids),
	);
	if (rows.length === 0) return new Map();
	const records = await tx.all<{ record_id: number; kind: Kind; key: string }>(
		`SELECT record_id, kind, key FROM records WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter([...new Set(rows.map((row) => row.need_record_id))]),
	);
	const names = new Map(records.map((row) => [row.record_id, { kind: row.kind, key: row.key }]));
	const needs = new Map<number, Need[]>();
	for (const row of rows)
		needs.set(row.change_id, [...(needs.get(row.change_id) ?? []), names.get(row.need_record_id)!]);
	return needs;
}
