import { keyOf, type ReadBack } from '../shapes';
import { jsonParameter, type Transaction } from './database';

/**
 * What Khaos was just read to hold, by key. A record found there meets the needs of those that wait for it, whoever made
 * it (design: "A need may be met by a record confirmed long ago, or adopted from Khaos").
 */
export async function observe(tx: Transaction, environmentId: number, observations: Map<string, ReadBack>): Promise<void> {
	const rows = [...observations].map(([key, readBack]) => ({
		key: keyOf(key),
		read_back: JSON.stringify(readBack),
		present: readBack.exists ? 1 : 0,
	}));
	if (rows.length === 0) return;
	const table = tx.dialect.rows('r', { key: 'text', read_back: 'text', present: 'integer' });
	await tx.run(
		`UPDATE records SET read_back = r.read_back, read_back_at = ?, present = r.present, uncertain = 0
		 FROM ${table} WHERE records.environment_id = ? AND records.kind = 'stockItem' AND records.key = r.key`,
		tx.now,
		jsonParameter(rows),
		environmentId,
	);
	await meetNeeds(tx, environmentId, 'stockItem', rows.filter((row) => row.present === 1).map((row) => row.key));
}

/** These records are in Khaos: what waited for them, and for nothing else, is ready. */
export async function meetNeeds(tx: Transaction, environmentId: number, kind: string, keys: string[]): Promise<void> {
	if (keys.length === 0) return;
	const waiting = await tx.all<{ change_id: number; need_record_id: number }>(
		`SELECT change_id, need_record_id FROM change_needs JOIN records ON records.record_id = need_record_id
		 WHERE change_needs.met = 0 AND records.environment_id = ? AND records.kind = ? AND ${tx.dialect.among('records.key')}`,
		environmentId,
		kind,
		jsonParameter(keys),
	);
	if (waiting.length === 0) return;
	const changeIds = jsonParameter([...new Set(waiting.map((row) => row.change_id))]);
	await tx.run(
		`UPDATE change_needs SET met = 1 WHERE met = 0 AND ${tx.dialect.among('need_record_id', 'integer')}`,
		jsonParameter([...new Set(waiting.map((row) => row.need_record_id))]),
	);
	await tx.run(
		`UPDATE changes SET unmet = (SELECT count(*) FROM change_needs WHERE change_needs.change_id = changes.change_id AND met = 0)
		 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		changeIds,
	);
	await tx.run(
		`UPDATE changes SET state = 'queued', ready_at = ? WHERE state = 'held' AND unmet = 0 AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		changeIds,
	);
}
