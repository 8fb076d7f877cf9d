import { jsonParameter, type Transaction } from '../store/database';
import {
	exceptionTypeNames,
	exceptionTypes,
	severities,
	type ExceptionType,
	type Owner,
	type Severity,
} from './exceptionTypes';

export { exceptionTypes, owners, severities, type ExceptionType, type Owner, type Severity } from './exceptionTypes';

/** What an exception about a kit's relation names as its field, since a kit has the key of its parent's stock item. */
export const KIT_FIELD = 'components';

/** SQL: this exception, about a record's transfer or hold, is about this row of `records`. */
export const isAboutRecord = `records.environment_id = exceptions.environment_id AND records.key = exceptions.key
	AND records.kind IN ('stockItem', 'kit', 'price') AND (records.kind = 'kit') = (exceptions.field = '${KIT_FIELD}')`;

export interface NewException {
	type: ExceptionType;
	/** '' where no product is meant. */
	primaryId: string;
	/** The key of the record; for what concerns no record, what it is about (a system, a workflow). */
	key: string;
	field: string;
	value: string | null;
	reason: string;
	remedy: string;
	/** Where this finding is worse or less bad than its type usually is. */
	severity?: Severity;
	/** Where this finding is not the usual owner's of its type. */
	owner?: Owner;
}

/** `open`: nobody has looked; `acknowledged`: somebody does; `resolved`: by its cause or by a person. */
export type ExceptionState = 'open' | 'acknowledged' | 'resolved';

export interface ListedException extends NewException {
	exceptionId: string;
	severity: Severity;
	owner: Owner;
	state: ExceptionState;
	/** A person's name or address; '' while nobody is. */
	assignedTo: string;
	/** ISO 8601 UTC, as all times here. */
	openedAt: string;
	lastSeenAt: string;
	resolvedAt: string | null;
	/** Who resolved it; null while it is open, and where its cause was found gone. */
	resolvedBy: string | null;
	/** Resolved by a person: it does not come back before this, also if its cause is found again. */
	snoozedUntil: string | null;
	/** When it last came back after a person had resolved it; null where it never did. */
	foundAgainAt: string | null;
}

/** What happened to an exception. `foundAgain`: a person had resolved it, and its cause was still there. */
export type ExceptionEvent =
	| 'opened'
	| 'foundAgain'
	| 'acknowledged'
	| 'reopened'
	| 'assigned'
	| 'owner'
	| 'noted'
	| 'resolved'
	| 'causeGone';

/** Write into the history of exceptions; `by` is '' where the sync itself did it. */
export async function noteExceptionEvents(
	tx: Transaction,
	environmentId: number,
	events: Array<{ exceptionId: number; event: ExceptionEvent; by?: string; note?: string }>,
): Promise<void> {
	if (events.length === 0) return;
	await tx.run(
		`INSERT INTO exception_events (environment_id, exception_id, at, event, by_whom, note)
		 SELECT ?, r.exception_id, ?, r.event, r.by_whom, r.note
		 FROM ${tx.dialect.rows('r', { exception_id: 'integer', event: 'text', by_whom: 'text', note: 'text' })} WHERE true ORDER BY r.exception_id`,
		environmentId,
		tx.now,
		jsonParameter(
			events.map(({ exceptionId, event, by, note }) => ({
				exception_id: exceptionId,
				event,
				by_whom: by ?? '',
				note: note ?? '',
			})),
		),
	);
}

interface Known {
	exception_id: number;
	type: string;
	primary_id: string;
	key: string;
	field: string;
	resolved_at: number | null;
	resolved_by: string | null;
	snoozed_until: number | null;
}

const nameOf = (one: { type: string; primaryId: string; key: string; field: string }): string =>
	[one.type, one.primaryId, one.key, one.field].join('\u0000');

/**
 * Open these, or note that they are seen again: one exception a type, product, record and field. What a person has resolved
 * and is found again comes back as the same exception, unless that person asked for some rest.
 */
export async function openExceptions(tx: Transaction, environmentId: number, news: NewException[]): Promise<void> {
	if (news.length === 0) return;
	const unique = new Map(news.map((one) => [nameOf(one), one]));
	const known = await latestOf(tx, environmentId, [...unique.values()]);
	const resting: number[] = [];
	const back: number[] = [];
	for (const [name, row] of known) {
		if (row.resolved_at === null || row.resolved_by === null) continue;
		if (row.snoozed_until !== null && row.snoozed_until > tx.now) {
			resting.push(row.exception_id);
			unique.delete(name);
		} else back.push(row.exception_id);
	}
	await tx.run(
		`UPDATE exceptions SET last_seen_at = ? WHERE ${tx.dialect.among('exception_id', 'integer')}`,
		tx.now,
		jsonParameter(resting),
	);
	await tx.run(
		`UPDATE exceptions SET resolved_at = NULL, resolved_by = NULL, snoozed_until = NULL, acknowledged_at = NULL
		 WHERE ${tx.dialect.among('exception_id', 'integer')}`,
		jsonParameter(back),
	);
	await noteExceptionEvents(
		tx,
		environmentId,
		back.map((exceptionId) => ({ exceptionId, event: 'foundAgain' })),
	);
	await insertOrUpdate(tx, environmentId, [...unique.values()]);
	const isNew = (before: Known | undefined): boolean =>
		before === undefined || (before.resolved_at !== null && before.resolved_by === null);
	const opened = await latestOf(
		tx,
		environmentId,
		[...unique].filter(([name]) => isNew(known.get(name))).map(([, one]) => one),
	);
	await noteExceptionEvents(
		tx,
		environmentId,
		[...opened].map(([name, row]) => ({
			exceptionId: row.exception_id,
			event: 'opened',
			note: unique.get(name)!.reason,
		})),
	);
}

/** The newest exception of each of these names, whatever became of it; by name. */
async function latestOf(tx: Transaction, environmentId: number, named: NewException[]): Promise<Map<string, Known>> {
	if (named.length === 0) return new Map();
	// The names first, then a look into the index for each: SQLite keeps to the order of a CROSS JOIN.
	const rows = await tx.all<Known>(
		`SELECT e.exception_id, e.type, e.primary_id, e.key, e.field, e.resolved_at, e.resolved_by, e.snoozed_until
		 FROM ${tx.dialect.rows('r', { type: 'text', primary_id: 'text', key: 'text', field: 'text' })}
		 CROSS JOIN exceptions AS e
		 WHERE e.environment_id = ? AND e.type = r.type AND e.primary_id = r.primary_id AND e.key = r.key AND e.field = r.field
		 ORDER BY e.exception_id`,
		jsonParameter(named.map(({ type, primaryId, key, field }) => ({ type, primary_id: primaryId, key, field }))),
		environmentId,
	);
	return new Map(rows.map((row) => [nameOf({ ...row, primaryId: row.primary_id }), row]));
}

/** What was on sale when it went missing stays critical, although it has left Live since. */
async function insertOrUpdate(tx: Transaction, environmentId: number, unique: NewException[]): Promise<void> {
	if (unique.length === 0) return;
	const chosen = await ownersOf(tx, environmentId);
	await tx.run(
		`INSERT INTO exceptions (environment_id, type, severity, owner, primary_id, key, field, value, reason, remedy, opened_at, last_seen_at)
		 SELECT ?, r.type, r.severity, r.owner, r.primary_id, r.key, r.field, r.value, r.reason, r.remedy, ?, ?
		 FROM ${tx.dialect.rows('r', { type: 'text', severity: 'text', owner: 'text', primary_id: 'text', key: 'text', field: 'text', value: 'text', reason: 'text', remedy: 'text' })} WHERE true
		 ON CONFLICT (environment_id, type, primary_id, key, field) WHERE resolved_at IS NULL
		 DO UPDATE SET severity = CASE WHEN exceptions.type = 'missingInKhaos' AND exceptions.severity = 'critical' THEN 'critical' ELSE excluded.severity END,
			value = excluded.value, reason = excluded.reason, remedy = excluded.remedy, last_seen_at = excluded.last_seen_at`,
		environmentId,
		tx.now,
		tx.now,
		jsonParameter(
			unique.map((one) => ({
				severity: one.severity ?? exceptionTypes[one.type].severity,
				owner: chosen.get(one.type) ?? one.owner ?? exceptionTypes[one.type].owner,
				type: one.type,
				primary_id: one.primaryId,
				key: one.key,
				field: one.field,
				value: one.value,
				reason: one.reason,
				remedy: one.remedy,
			})),
		),
	);
}

/** Whose the types are in this environment, where a person has said so. */
async function ownersOf(tx: Transaction, environmentId: number): Promise<Map<ExceptionType, Owner>> {
	const rows = await tx.all<{ type: ExceptionType; owner: Owner }>(
		'SELECT type, owner FROM exception_owners WHERE environment_id = ?',
		environmentId,
	);
	return new Map(rows.map((row) => [row.type, row.owner]));
}

/** The cause is gone: close what is open of these types for these products, but for the fields that still hold. */
export async function resolveExceptions(
	tx: Transaction,
	environmentId: number,
	types: ExceptionType[],
	primaryIds: string[],
	stillOpen: Array<{ primaryId: string; field: string }> = [],
): Promise<void> {
	if (primaryIds.length === 0) return;
	await resolveWhere(
		tx,
		environmentId,
		`${tx.dialect.among('type')} AND ${tx.dialect.among('primary_id')}
			AND NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { primary_id: 'text', field: 'text' })}
				WHERE r.primary_id = exceptions.primary_id AND r.field = exceptions.field)`,
		jsonParameter(types),
		jsonParameter(primaryIds),
		jsonParameter(stillOpen.map((one) => ({ primary_id: one.primaryId, field: one.field }))),
	);
}

/** The cause is gone for these records: close what is open of these types, but for the fields that still hold. */
export async function resolveExceptionsOfRecords(
	tx: Transaction,
	environmentId: number,
	types: ExceptionType[],
	keys: string[],
	stillOpen: Array<{ type: ExceptionType; key: string; field: string }> = [],
): Promise<number> {
	if (keys.length === 0) return 0;
	return await resolveWhere(
		tx,
		environmentId,
		`${tx.dialect.among('type')} AND ${tx.dialect.among('key')}
			AND NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { type: 'text', key: 'text', field: 'text' })}
				WHERE r.type = exceptions.type AND r.key = exceptions.key AND r.field = exceptions.field)`,
		jsonParameter(types),
		jsonParameter(keys),
		jsonParameter(stillOpen.map(({ type, key, field }) => ({ type, key, field }))),
	);
}

/**
 * Close the open exceptions for which this condition holds, because their cause is gone.
 * @param condition SQL over `exceptions`, with its parameters after it.
 * @returns how many were closed.
 */
export async function resolveWhere(
	tx: Transaction,
	environmentId: number,
	condition: string,
	...parameters: Array<string | number>
): Promise<number> {
	const rows = await tx.all<{ exception_id: number }>(
		`SELECT exception_id FROM exceptions WHERE environment_id = ? AND resolved_at IS NULL AND ${condition}`,
		environmentId,
		...parameters,
	);
	if (rows.length === 0) return 0;
	await tx.run(
		`UPDATE exceptions SET resolved_at = ? WHERE resolved_at IS NULL AND ${tx.dialect.among('exception_id', 'integer')}`,
		tx.now,
		jsonParameter(rows.map((row) => row.exception_id)),
	);
	await noteExceptionEvents(
		tx,
		environmentId,
		rows.map((row) => ({ exceptionId: row.exception_id, event: 'causeGone' })),
	);
	return rows.length;
}

export interface ExceptionFilter {
	/** Left out: what is not resolved. */
	states?: ExceptionState[];
	types?: ExceptionType[];
	owners?: Owner[];
	severities?: Severity[];
	assignedTo?: string;
	/** Something happened to it at this time or later (ISO 8601): it was opened, worked on or resolved. */
	since?: string;
	/** A stock code or primary id, in any case. */
	search?: string;
	exceptionIds?: string[];
	limit?: number;
}

interface ExceptionRow {
	exception_id: number;
	type: ExceptionType;
	severity: Severity;
	owner: Owner;
	primary_id: string;
	key: string;
	field: string;
	value: string | null;
	reason: string;
	remedy: string;
	opened_at: number;
	last_seen_at: number;
	acknowledged_at: number | null;
	assigned_to: string;
	resolved_at: number | null;
	resolved_by: string | null;
	snoozed_until: number | null;
	found_again_at: number | null;
}

const rank = (column: string, values: readonly string[]): string =>
	`CASE ${column} ${values.map((value, index) => `WHEN '${value}' THEN ${index}`).join(' ')} ELSE ${values.length} END`;
const worstFirst = `${rank('severity', severities)}, ${rank('type', exceptionTypeNames)}, opened_at, exception_id`;

const stateConditions: Record<ExceptionState, string> = {
	open: '(resolved_at IS NULL AND acknowledged_at IS NULL)',
	acknowledged: '(resolved_at IS NULL AND acknowledged_at IS NOT NULL)',
	resolved: 'resolved_at IS NOT NULL',
};

/** What a person has to look at, worst first, then by type, then oldest first. */
export async function listExceptions(
	tx: Transaction,
	environmentId: number,
	filter: ExceptionFilter = {},
): Promise<ListedException[]> {
	const conditions = ['environment_id = ?'];
	const parameters: Array<string | number> = [environmentId];
	const among = (column: string, values: string[] | undefined, type: 'text' | 'integer' = 'text'): void => {
		if (values === undefined || values.length === 0) return;
		conditions.push(tx.dialect.among(column, type));
		parameters.push(jsonParameter(type === 'integer' ? values.map(Number).filter(Number.isSafeInteger) : values));
	};
	const states = filter.states?.length ? filter.states : filter.exceptionIds ? [] : (['open', 'acknowledged'] as const);
	if (states.length > 0) conditions.push(`(${states.map((state) => stateConditions[state]).join(' OR ')})`);
	among('type', filter.types);
	among('owner', filter.owners);
	among('severity', filter.severities);
	if (filter.assignedTo !== undefined && filter.assignedTo !== '') among('assigned_to', [filter.assignedTo]);
	if (filter.exceptionIds) {
		conditions.push(tx.dialect.among('exception_id', 'integer'));
		parameters.push(jsonParameter(filter.exceptionIds.map(Number).filter(Number.isSafeInteger)));
	}
	if (filter.since !== undefined && filter.since !== '') {
		const since = Date.parse(filter.since);
		if (Number.isNaN(since)) throw new RangeError(`"${filter.since}" is no date. Give one like 2026-11-02T08:00:00Z.`);
		conditions.push(
			'(opened_at >= ? OR exception_id IN (SELECT exception_id FROM exception_events WHERE exception_events.environment_id = ? AND at >= ?))',
		);
		parameters.push(since, environmentId, since);
	}
	if (filter.search !== undefined && filter.search.trim() !== '') {
		const search = filter.search.trim().toUpperCase();
		conditions.push('(upper(key) = ? OR upper(primary_id) = ?)');
		parameters.push(search, search);
	}
	const rows = await tx.all<ExceptionRow>(
		`SELECT exception_id, type, severity, owner, primary_id, key, field, value, reason, remedy, opened_at, last_seen_at,
			acknowledged_at, assigned_to, resolved_at, resolved_by, snoozed_until,
			(SELECT max(at) FROM exception_events WHERE exception_events.exception_id = exceptions.exception_id AND event = 'foundAgain') AS found_again_at
		 FROM exceptions WHERE ${conditions.join(' AND ')} ORDER BY ${worstFirst} LIMIT ?`,
		...parameters,
		filter.limit ?? 1_000_000_000,
	);
	return rows.map(listed);
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const listed = (row: ExceptionRow): ListedException => ({
	exceptionId: String(row.exception_id),
	type: row.type,
	severity: row.severity,
	owner: row.owner,
	state: row.resolved_at !== null ? 'resolved' : row.acknowledged_at !== null ? 'acknowledged' : 'open',
	assignedTo: row.assigned_to,
	primaryId: row.primary_id,
	key: row.key,
	field: row.field,
	value: row.value,
	reason: row.reason,
	remedy: row.remedy,
	openedAt: iso(row.opened_at)!,
	lastSeenAt: iso(row.last_seen_at)!,
	resolvedAt: iso(row.resolved_at),
	resolvedBy: row.resolved_by,
	snoozedUntil: iso(row.snoozed_until),
	foundAgainAt: iso(row.found_again_at),
});
