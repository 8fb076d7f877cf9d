import type { BatchItem, Kind, Lane, Need, Target, Warning } from '../shapes';
import { jsonParameter, type Transaction } from './database';
import { writeTrail } from './trail';

export interface TakeOptions {
	target: Target;
	/** Empty or left out: all lanes. */
	lanes?: Lane[];
	kinds?: Kind[];
	/** At most this many changes. */
	limit: number;
	leaseMs: number;
	/** Let a backlog gather this long before a batch that is not full is handed out; lane 1 never waits. */
	quietMs: number;
	/** The lease's token; new for each batch. */
	token: string;
}

interface TakenRow {
	change_id: number;
	record_id: number;
	kind: Kind;
	key: string;
	lane: Lane;
	purpose: BatchItem['purpose'];
	version: string;
	desired: string;
	changed_fields: string;
	source: string;
	warnings: string;
	attempt: number;
	read_back: string | null;
}

/**
 * Sequencer: Take. The next batch that is safe to send, most urgent first, leased until it is settled, released or the
 * lease runs out. Only changes whose every need is confirmed are `queued`; so what is held costs nothing here.
 */
export async function take(tx: Transaction, environmentId: number, options: TakeOptions): Promise<BatchItem[]> {
	await endExpiredLeases(tx, environmentId, options.target);
	await makeDueReady(tx, environmentId, options.target);
	if (!(await worthTaking(tx, environmentId, options))) return [];

	let ids = await queuedIds(tx, environmentId, options);
	let purpose: 'check' | null = null;
	if (ids.length === 0) {
		ids = await dueChecks(tx, environmentId, options);
		purpose = 'check';
	}
	if (ids.length === 0) return [];

	const until = tx.now + options.leaseMs;
	await tx.run(
		`UPDATE changes SET state = 'leased', lease_token = ?, lease_until = ?, attempt = attempt + 1, due_at = NULL
			${purpose === 'check' ? ", purpose = 'check'" : ''}
		 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		options.token,
		until,
		jsonParameter(ids),
	);
	const rows = await tx.all<TakenRow>(
		`SELECT change_id, changes.record_id, changes.kind, changes.key, lane, purpose, changes.version, changes.desired, changed_fields,
			source, warnings, attempt, read_back
		 FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE ${tx.dialect.among('change_id', 'integer')} ORDER BY lane, change_id`,
		jsonParameter(ids),
	);
	const needs = await needsOf(tx, ids);
	await writeTrail(
		tx,
		environmentId,
		rows.map((row) => ({
			kind: row.kind,
			key: row.key,
			primaryId: (JSON.parse(row.source) as { primaryId: string }).primaryId,
			event: 'taken' as const,
			version: row.version,
			details: { attempt: row.attempt, purpose: row.purpose },
		})),
	);
	return rows.map((row) => ({
		changeId: String(row.change_id),
		lease: { token: options.token, until: new Date(until).toISOString() },
		attempt: row.attempt,
		purpose: row.purpose,
		kind: row.kind,
		key: row.key,
		version: row.version,
		lane: row.lane,
		changedFields: JSON.parse(row.changed_fields) as string[],
		needs: needs.get(row.change_id) ?? [],
		desired: JSON.parse(row.desired) as Record<string, unknown>,
		source: JSON.parse(row.source) as BatchItem['source'],
		warnings: JSON.parse(row.warnings) as Warning[],
		confirmed: row.read_back === null ? null : (JSON.parse(row.read_back) as Record<string, unknown>),
	}));
}

/** A batch whose execution gave no sign of life: its changes are free again. A newer content takes the place of an older one. */
async function endExpiredLeases(tx: Transaction, environmentId: number, target: Target): Promise<void> {
	const expired = await tx.all<{ change_id: number; record_id: number }>(
		`SELECT change_id, record_id FROM changes WHERE environment_id = ? AND target = ? AND state = 'leased' AND lease_until <= ?`,
		environmentId,
		target,
		tx.now,
	);
	await giveBack(tx, environmentId, expired, 0, 'Its execution gave no sign of life');
}

/**
 * Leased changes go back to where they can be taken again after `delayMs`. Where newer content waits for one of them,
 * that is sent instead.
 */
export async function giveBack(
	tx: Transaction,
	environmentId: number,
	rows: Array<{ change_id: number; record_id: number }>,
	delayMs: number,
	reason: string,
): Promise<void> {
	if (rows.length === 0) return;
	const ids = jsonParameter(rows.map((row) => row.change_id));
	const recordIds = jsonParameter(rows.map((row) => row.record_id));
	const gone = await tx.all<{ kind: Kind; key: string; version: string; source: string }>(
		`SELECT kind, key, version, source FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`,
		ids,
	);
	await tx.run(
		`DELETE FROM changes WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}
			AND record_id IN (SELECT record_id FROM changes WHERE state = 'next' AND ${tx.dialect.among('record_id', 'integer')})`,
		ids,
		recordIds,
	);
	await tx.run(
		`UPDATE changes SET state = CASE WHEN purpose = 'check' THEN 'sent' WHEN unmet > 0 THEN 'held' WHEN ? > 0 THEN 'retrying' ELSE 'queued' END,
			due_at = ?, ready_at = ?, lease_token = NULL, lease_until = NULL, reason = ?
		 WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}`,
		delayMs,
		tx.now + delayMs,
		tx.now,
		reason,
		ids,
	);
	await promoteNext(tx, recordIds);
	await writeTrail(
		tx,
		environmentId,
		gone.map((row) => ({
			kind: row.kind,
			key: row.key,
			primaryId: (JSON.parse(row.source) as { primaryId: string }).primaryId,
			event: 'released' as const,
			version: row.version,
			details: { reason },
		})),
	);
}

/** Content that waited for the one in flight is up next; `recordIds` is a JSON array of records with nothing in flight. */
export async function promoteNext(tx: Transaction, recordIds: string): Promise<void> {
	await tx.run(
		`UPDATE changes SET state = CASE WHEN unmet > 0 THEN 'held' ELSE 'queued' END, ready_at = ?
		 WHERE state = 'next' AND ${tx.dialect.among('record_id', 'integer')}`,
		tx.now,
		recordIds,
	);
}

async function makeDueReady(tx: Transaction, environmentId: number, target: Target): Promise<void> {
	await tx.run(
		`UPDATE changes SET state = CASE WHEN unmet > 0 THEN 'held' ELSE 'queued' END, ready_at = due_at, due_at = NULL
		 WHERE environment_id = ? AND target = ? AND state = 'retrying' AND due_at <= ?`,
		environmentId,
		target,
		tx.now,
	);
}

async function worthTaking(tx: Transaction, environmentId: number, options: TakeOptions): Promise<boolean> {
	if (options.quietMs <= 0) return true;
	const oldest = await tx.get<{ ready_at: number | null }>(
		`SELECT ready_at FROM changes WHERE environment_id = ? AND target = ? AND state = 'queued' ORDER BY ready_at LIMIT 1`,
		environmentId,
		options.target,
	);
	if (oldest === undefined || (oldest.ready_at ?? 0) <= tx.now - options.quietMs) return true;
	const head = await tx.all<{ lane: number }>(
		`SELECT lane FROM changes WHERE environment_id = ? AND target = ? AND state = 'queued' ORDER BY lane, change_id LIMIT ?`,
		environmentId,
		options.target,
		options.limit,
	);
	return head.length >= options.limit || head[0]?.lane === 1;
}

/** The head of each lane in turn; four short index reads instead of one sort of the backlog. */
async function queuedIds(tx: Transaction, environmentId: number, options: TakeOptions): Promise<number[]> {
	const lanes: Lane[] = options.lanes?.length ? [...options.lanes].sort() : [1, 2, 3, 4];
	const kinds = options.kinds?.length ? `AND ${tx.dialect.among('kind')}` : '';
	const ids: number[] = [];
	for (const lane of lanes) {
		if (ids.length >= options.limit) break;
		const rows = await tx.all<{ change_id: number }>(
			`SELECT change_id FROM changes WHERE environment_id = ? AND target = ? AND lane = ? AND state = 'queued' ${kinds}
			 ORDER BY change_id LIMIT ? ${tx.dialect.skipLocked}`,
			environmentId,
			options.target,
			lane,
			...(options.kinds?.length ? [jsonParameter(options.kinds)] : []),
			options.limit - ids.length,
		);
		ids.push(...rows.map((row) => row.change_id));
	}
	return ids;
}

/** With nothing to write: what was written and still waits for its read-back. */
async function dueChecks(tx: Transaction, environmentId: number, options: TakeOptions): Promise<number[]> {
	const rows = await tx.all<{ change_id: number }>(
		`SELECT change_id FROM changes WHERE environment_id = ? AND target = ? AND state = 'sent' AND due_at <= ?
		 ORDER BY due_at LIMIT ? ${tx.dialect.skipLocked}`,
		environmentId,
		options.target,
		tx.now,
		options.limit,
	);
	return rows.map((row) => row.change_id);
}

async function needsOf(tx: Transaction, ids: number[]): Promise<Map<number, Need[]>> {
	const rows = await tx.all<{ change_id: number; kind: Kind; key: string }>(
		`SELECT change_id, records.kind, records.key FROM change_needs JOIN records ON records.record_id = need_record_id
		 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(ids),
	);
	const needs = new Map<number, Need[]>();
	for (const row of rows) needs.set(row.change_id, [...(needs.get(row.change_id) ?? []), { kind: row.kind, key: row.key }]);
	return needs;
}
