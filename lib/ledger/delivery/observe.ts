import { keyOf, type ReadBack } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';

/**
 * What Khaos was just read to hold, by key. A record found there meets the needs of those that wait for it, whoever made
 * it. A reading that reaches the ledger
 * after the record was written or read by somebody else says nothing any more.
 * @param readAt when Khaos was asked, in milliseconds on the ledger's clock.
 */
export async function observe(
	tx: Transaction,
	environmentId: number,
	observations: Map<string, ReadBack>,
	readAt: number,
): Promise<void> {
	const known = await itemsOf(tx, environmentId, [...observations.keys()].map(keyOf));
	const rows = [...observations].flatMap(([key, readBack]) => {
		const item = known.get(keyOf(key));
		const isOvertaken = item !== undefined && (item.read_back_at ?? 0) > readAt;
		return isOvertaken ? [] : [{ key: keyOf(key), item, readBack }];
	});
	if (rows.length === 0) return;
	const gone = rows
		.filter(({ item, readBack }) => item?.present === 1 && !readBack.exists)
		.map(({ item }) => item!.record_id);
	// By record and not by key: SQLite would look through all records for each of these.
	await tx.run(
		`UPDATE records SET read_back = r.read_back, read_back_at = ?, present = r.present, uncertain = 0
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', read_back: 'text', present: 'integer' })} WHERE records.record_id = r.record_id`,
		tx.now,
		jsonParameter(
			rows.flatMap(({ item, readBack }) =>
				item === undefined
					? []
					: [{ record_id: item.record_id, read_back: JSON.stringify(readBack), present: readBack.exists ? 1 : 0 }],
			),
		),
	);
	await meetNeeds(
		tx,
		environmentId,
		'stockItem',
		rows.filter(({ readBack }) => readBack.exists).map(({ key }) => key),
	);
	await missNeeds(tx, gone);
}

interface KnownItem {
	record_id: number;
	key: string;
	read_back_at: number | null;
	present: number | null;
}

async function itemsOf(tx: Transaction, environmentId: number, keys: string[]): Promise<Map<string, KnownItem>> {
	const rows = await tx.all<KnownItem>(
		`SELECT record_id, key, read_back_at, present FROM records WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	return new Map(rows.map((row) => [row.key, row]));
}

/** Of these stock items, those that Khaos was known to hold until now; by record. */
export async function presentAmong(tx: Transaction, environmentId: number, keys: string[]): Promise<number[]> {
	if (keys.length === 0) return [];
	const rows = await tx.all<{ record_id: number }>(
		`SELECT record_id FROM records WHERE environment_id = ? AND kind = 'stockItem' AND present = 1 AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	return rows.map((row) => row.record_id);
}

/** These records were in Khaos and are there no longer: what needs them, and is not in flight, waits again. */
export async function missNeeds(tx: Transaction, recordIds: number[]): Promise<void> {
	if (recordIds.length === 0) return;
	const waiting = await tx.all<{ change_id: number }>(
		`SELECT DISTINCT change_id FROM change_needs WHERE met = 1 AND ${tx.dialect.among('need_record_id', 'integer')}`,
		jsonParameter(recordIds),
	);
	if (waiting.length === 0) return;
	const changeIds = jsonParameter(waiting.map((row) => row.change_id));
	await tx.run(
		`UPDATE change_needs SET met = 0 WHERE met = 1 AND ${tx.dialect.among('need_record_id', 'integer')}`,
		jsonParameter(recordIds),
	);
	await countUnmet(tx, changeIds);
	await tx.run(
		`UPDATE changes SET state = 'held', ready_at = NULL, held_since = ?, hold_told = 0
		 WHERE state = 'queued' AND unmet > 0 AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		changeIds,
	);
}

async function countUnmet(tx: Transaction, changeIds: string): Promise<void> {
	await tx.run(
		`UPDATE changes SET unmet = (SELECT count(*) FROM change_needs WHERE change_needs.change_id = changes.change_id AND met = 0)
		 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		changeIds,
	);
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
	await recount(tx, changeIds);
}

/** How much each of these changes (a JSON array of ids) still waits for; what waits for nothing more is ready. */
export async function recount(tx: Transaction, changeIds: string): Promise<void> {
	await countUnmet(tx, changeIds);
	await tx.run(
		`UPDATE changes SET state = 'queued', ready_at = ?, held_since = NULL
		 WHERE state = 'held' AND unmet = 0 AND (awaiting IS NULL OR awaiting <> 'approval') AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		changeIds,
	);
}
