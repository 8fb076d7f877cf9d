import { keyOf, type Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import type { DroppedChange } from './dropped';
import type { ChangeState } from '../changes/placement';
import type { TrailEntry, TrailEvent } from '../changes/trail';

/** What a person names: stock codes, keys or primary ids, of these kinds. */
export interface NamedChanges {
	names: string[];
	kinds: Kind[];
}

/** A record that a name leads to, with what waits for it and what is in flight. */
export interface NamedRecord {
	recordId: number;
	kind: Kind;
	key: string;
	primaryId: string;
	/** Last read to be in Khaos. */
	present: boolean;
	confirmed: boolean;
	dropped: DroppedChange | null;
	waiting: OpenRow | null;
	leased: OpenRow | null;
}

/** An open change, as `openRowColumns` reads it. */
export interface OpenRow {
	change_id: number;
	record_id: number;
	kind: Kind;
	key: string;
	state: ChangeState;
	lane: number;
	purpose: 'write' | 'check' | 'lookUp';
	version: string;
	desired: string;
	source: string;
	warnings: string;
	awaiting: string | null;
	reason: string;
	drop_reason: string | null;
}

export const openRowColumns = `change_id, record_id, kind, key, state, lane, purpose, version, desired, source, warnings, awaiting, reason, drop_reason`;

interface RecordRow {
	record_id: number;
	kind: Kind;
	key: string;
	primary_id: string | null;
	present: number | null;
	confirmed: number;
	dropped: string | null;
}

const columns = `record_id, kind, key, primary_id, present, CASE WHEN confirmed IS NULL THEN 0 ELSE 1 END AS confirmed, dropped`;

/** The records behind each name, with what waits for them and what is in flight. A name that nobody knows has none. */
export async function namedRecords(
	tx: Transaction,
	environmentId: number,
	{ names, kinds }: NamedChanges,
): Promise<Map<string, NamedRecord[]>> {
	const given = [...new Set(names.map((name) => name.trim()))].filter((name) => name !== '');
	const keys = [...new Set(given.flatMap((name) => [name, keyOf(name)]))];
	const rows = new Map<number, RecordRow>();
	for (const kind of kinds) {
		const found = await tx.all<RecordRow>(
			`SELECT ${columns} FROM records WHERE environment_id = ? AND kind = ? AND ${tx.dialect.among('key')}`,
			environmentId,
			kind,
			jsonParameter(keys),
		);
		for (const row of found) rows.set(row.record_id, row);
	}
	const ofProducts = await tx.all<RecordRow>(
		`SELECT ${columns} FROM records WHERE environment_id = ? AND ${tx.dialect.among('primary_id')} AND ${tx.dialect.among('kind')}`,
		environmentId,
		jsonParameter(given),
		jsonParameter(kinds),
	);
	for (const row of ofProducts) rows.set(row.record_id, row);
	const open = await tx.all<OpenRow>(
		`SELECT ${openRowColumns} FROM changes WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter([...rows.keys()]),
	);
	const records = [...rows.values()].map((row): NamedRecord => {
		const own = open.filter((change) => change.record_id === row.record_id);
		return {
			recordId: row.record_id,
			kind: row.kind,
			key: row.key,
			primaryId: row.primary_id ?? '',
			present: row.present === 1,
			confirmed: Number(row.confirmed) === 1,
			dropped: row.dropped === null ? null : (JSON.parse(row.dropped) as DroppedChange),
			waiting: own.find((change) => change.state !== 'leased') ?? null,
			leased: own.find((change) => change.state === 'leased') ?? null,
		};
	});
	return new Map(
		given.map((name) => [
			name,
			records.filter(({ key, primaryId }) => key === name || key === keyOf(name) || primaryId === name),
		]),
	);
}

/** The primary id of the product that a change came of. */
export const primaryIdOf = (row: Pick<OpenRow, 'source'>): string =>
	(JSON.parse(row.source) as { primaryId: string }).primaryId;
/** Its internal id; `''` where that is not known. */
export const internalIdOf = (row: Pick<OpenRow, 'source'>): string =>
	(JSON.parse(row.source) as { internalId?: string }).internalId ?? '';

/** An entry of the trail about an open change, as it was. */
export const entryOf = (
	row: Pick<OpenRow, 'kind' | 'key' | 'version' | 'source'>,
	event: TrailEvent,
	details: Record<string, unknown>,
): TrailEntry => ({
	kind: row.kind,
	key: row.key,
	primaryId: primaryIdOf(row),
	event,
	version: row.version,
	details,
});

/** What was done about one change, in words. */
export interface ChangeOutcome {
	kind: Kind;
	key: string;
	primaryId: string;
	outcome: 'replayed' | 'dropped' | 'confirmed' | 'unchanged';
	/** The state it is in now; null: nothing waits. */
	state: ChangeState | null;
	message: string;
}

/** Each record once, whatever names lead to it. */
export const recordsIn = (named: Map<string, NamedRecord[]>): NamedRecord[] => [
	...new Map([...named.values()].flat().map((record) => [record.recordId, record])).values(),
];

/** What was done about one name. */
export interface NamedOutcome {
	name: string;
	outcome: 'replayed' | 'dropped' | 'confirmed' | 'unchanged' | 'notFound';
	message: string;
	changes: ChangeOutcome[];
}

/** What was done about a name, from what was done about its changes; `notFound` where it has none. */
export function namedOutcome(name: string, changes: ChangeOutcome[]): NamedOutcome {
	if (changes.length === 0) {
		return { name, outcome: 'notFound', message: `The ledger knows nothing named ${name} of these kinds.`, changes };
	}
	const done = changes.find((change) => change.outcome !== 'unchanged');
	const told = done === undefined ? changes : changes.filter((change) => change.outcome !== 'unchanged');
	return {
		name,
		outcome: done?.outcome ?? 'unchanged',
		message: [...new Set(told.map((change) => change.message))].join(' '),
		changes,
	};
}

/** One outcome a name, in their order, from what was done about each record. */
export const outcomesByName = (
	named: Map<string, NamedRecord[]>,
	outcomes: Map<number, ChangeOutcome>,
): NamedOutcome[] =>
	[...named].map(([name, records]) =>
		namedOutcome(
			name,
			records.map((record) => outcomes.get(record.recordId)!),
		),
	);
