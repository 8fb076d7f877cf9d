import type { Kind, KitReadBack, ReadBack } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import type { DroppedChange } from '../onRequest/dropped';
import type { ChangeState, KnownRecord, OpenChange } from './placement';

/** What tells one record of an environment from the others. */
export interface RecordName {
	kind: Kind;
	key: string;
}

/** The name as one text, the key of every map of records. */
export const nameOf = (name: RecordName): string => `${name.kind} ${name.key}`;

interface RecordRow {
	record_id: number;
	kind: Kind;
	key: string;
	primary_id: string | null;
	internal_id: string | null;
	version: string | null;
	confirmed: string | null;
	read_back: string | null;
	present: number | null;
	uncertain: number;
	taken_since: number;
	dropped: string | null;
}

interface OpenRow {
	change_id: number;
	record_id: number;
	state: ChangeState;
	purpose: OpenChange['purpose'];
	version: string;
	desired: string;
	attempt: number;
	overdue: number;
	added_at: number;
	drop_reason: string | null;
}

/** The records of these names, made where they were never seen, each with its open changes. Keyed by nameOf. */
export async function loadRecords(
	tx: Transaction,
	environmentId: number,
	names: RecordName[],
): Promise<Map<string, KnownRecord>> {
	const unique = [...new Map(names.map((name) => [nameOf(name), { kind: name.kind, key: name.key }])).values()];
	if (unique.length === 0) return new Map();
	const table = tx.dialect.rows('r', { kind: 'text', key: 'text' });
	// Ordered by name, so that two writers lock in the same order.
	await tx.run(
		`INSERT INTO records (environment_id, kind, key) SELECT ?, r.kind, r.key FROM ${table} WHERE true
		 ORDER BY r.kind, r.key ON CONFLICT DO NOTHING`,
		environmentId,
		jsonParameter(unique),
	);
	// By kind, so that each read is a walk down the index (a join with the list of names is not, in SQLite).
	const rows = await Promise.all(
		[...new Set(unique.map((name) => name.kind))].map(
			async (kind) =>
				await tx.all<RecordRow>(
					`SELECT record_id, kind, key, primary_id, internal_id, version, confirmed, read_back, present, uncertain, taken_since, dropped
					 FROM records WHERE environment_id = ? AND kind = ? AND ${tx.dialect.among('key')}`,
					environmentId,
					kind,
					jsonParameter(unique.filter((name) => name.kind === kind).map((name) => name.key)),
				),
		),
	);
	const records = new Map<number, KnownRecord>();
	for (const row of rows.flat()) records.set(row.record_id, recordOf(row));
	const ids = jsonParameter([...records.keys()]);
	const [open, needs] = await Promise.all([
		tx.all<OpenRow>(
			`SELECT change_id, record_id, state, purpose, version, desired, attempt, overdue, added_at, drop_reason FROM changes
			 WHERE ${tx.dialect.among('record_id', 'integer')}`,
			ids,
		),
		tx.all<{ change_id: number; need_record_id: number }>(
			`SELECT change_id, need_record_id FROM change_needs
			 WHERE change_id IN (SELECT change_id FROM changes WHERE ${tx.dialect.among('record_id', 'integer')})`,
			ids,
		),
	]);
	const changes = new Map(open.map((row) => [row.change_id, openOf(row)]));
	for (const row of open) {
		const record = records.get(row.record_id)!;
		const change = changes.get(row.change_id)!;
		if (row.state === 'leased') record.leased = change;
		else record.waiting = change;
	}
	for (const row of needs) {
		const change = changes.get(row.change_id)!;
		if (change.state !== 'leased' || change.toBeDropped) change.needs.push(row.need_record_id);
	}
	return new Map([...records.values()].map((record) => [nameOf(record), record]));
}

const parse = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));

const recordOf = (row: RecordRow): KnownRecord => ({
	recordId: row.record_id,
	kind: row.kind,
	key: row.key,
	primaryId: row.primary_id,
	internalId: row.internal_id,
	version: row.version,
	confirmed: parse(row.confirmed),
	readBack: row.kind === 'stockItem' ? parse<ReadBack>(row.read_back) : null,
	kitReadBack: row.kind === 'kit' ? parse<KitReadBack>(row.read_back) : null,
	present: row.present === null ? null : row.present === 1,
	uncertain: row.uncertain === 1,
	takenSince: row.taken_since === 1,
	dropped: parse<DroppedChange>(row.dropped),
	leased: null,
	waiting: null,
});

const openOf = (row: OpenRow): OpenChange => ({
	changeId: row.change_id,
	state: row.state,
	purpose: row.purpose,
	version: row.version,
	desired: JSON.parse(row.desired) as Record<string, unknown>,
	attempt: row.attempt,
	overdue: row.overdue === 1,
	addedAt: row.added_at,
	needs: [],
	toBeDropped: row.drop_reason !== null,
});
