import { kindsOf, type BatchItem, type Kind, type Lane, type Target, type Warning } from '../../shapes';
import { agedIds, countBatch, isTurnOfAged, isTurnOfChecks, nextBatch } from './ageing';
import { jsonParameter, type Transaction } from '../store/database';
import { endDropped } from '../onRequest/drop';
import { approvalsFor, neverCompared } from '../firstSync/firstSync';
import { noteLateWrites } from '../status/lateWrites';
import { holdLaunches, type LiveWaitsFor } from '../status/launchGate';
import { needsOf } from '../changes/needs';
import type { LedgerSettings } from '../settings';
import { takenEntry, writeTrail } from '../changes/trail';

export interface TakeOptions {
	target: Target;
	/** Empty or left out: all lanes. */
	lanes?: Lane[];
	/** Empty or left out: all kinds of the target. */
	kinds?: Kind[];
	/** Of statuses: what a product waits for, beside its stock item, before it is said to be Live. */
	liveWaitsFor?: LiveWaitsFor;
	/** At most this many changes. */
	limit: number;
	leaseMs: number;
	/** Let a backlog gather this long before a batch that is not full is handed out; lane 1 never waits. */
	quietMs: number;
	/** The lease's token; new for each batch. */
	token: string;
	/** This is asked again, because it could not be told whether the first time was committed. */
	again?: boolean;
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
	lease_token: string;
	lease_until: number;
}

/**
 * Sequencer: Take. The next batch that is safe to send, most urgent first, leased until it is settled, released or the
 * lease runs out. Only changes whose every need is confirmed are `queued`; so what is held costs nothing here.
 */
export async function take(
	tx: Transaction,
	environmentId: number,
	settings: Pick<LedgerSettings, 'agedMs' | 'lateWriteMs'>,
	options: TakeOptions,
): Promise<BatchItem[]> {
	if (options.again) {
		const mine = await idsOf(tx, options.token);
		if (mine.length > 0) return await handOut(tx, environmentId, options.token, mine);
	}
	const [batch] = await Promise.all([
		nextBatch(tx, environmentId, options),
		endExpiredLeases(tx, environmentId, settings, options.target),
	]);
	await makeDueReady(tx, environmentId, options.target);
	if (!(await worthTaking(tx, environmentId, options))) return [];

	let ids = isTurnOfChecks(batch) ? await dueChecks(tx, environmentId, options, settings.agedMs) : [];
	let purpose: 'check' | null = ids.length > 0 ? 'check' : null;
	if (ids.length === 0)
		ids = await launchable(tx, environmentId, options, isTurnOfAged(batch) ? settings.agedMs : null);
	if (ids.length === 0) {
		ids = await dueChecks(tx, environmentId, options, 0);
		purpose = 'check';
	}
	if (ids.length === 0) return [];
	await countBatch(tx, environmentId, options);

	await tx.run(
		`UPDATE changes SET state = 'leased', lease_token = ?, lease_until = ?, taken_at = ?, attempt = attempt + 1, due_at = NULL
			${purpose === 'check' ? ", purpose = 'check'" : ''}
		 WHERE change_id IN (SELECT change_id FROM changes WHERE state <> 'leased' AND ${tx.dialect.among('change_id', 'integer')} ${tx.dialect.skipLocked})`,
		options.token,
		tx.now + options.leaseMs,
		tx.now,
		jsonParameter(ids),
	);
	await tx.run(
		`UPDATE records SET taken_since = 1 WHERE taken_since = 0 AND record_id IN
			(SELECT record_id FROM changes WHERE state = 'leased' AND lease_token = ? AND purpose = 'write')`,
		options.token,
	);
	return await handOut(tx, environmentId, options.token, ids);
}

async function idsOf(tx: Transaction, token: string): Promise<number[]> {
	const rows = await tx.all<{ change_id: number }>(
		`SELECT change_id FROM changes WHERE state = 'leased' AND lease_token = ?`,
		token,
	);
	return rows.map((row) => row.change_id);
}

/** Of these changes, those that this token has leased, as an execution gets them: most urgent first. */
async function handOut(tx: Transaction, environmentId: number, token: string, ids: number[]): Promise<BatchItem[]> {
	const [rows, approvals, needs] = await Promise.all([
		tx.all<TakenRow>(
			`SELECT change_id, changes.record_id, changes.kind, changes.key, lane, purpose, changes.version, changes.desired, changed_fields,
				source, warnings, attempt, read_back, lease_token, lease_until
			 FROM changes JOIN records ON records.record_id = changes.record_id
			 WHERE changes.state = 'leased' AND changes.lease_token = ? AND ${tx.dialect.among('change_id', 'integer')}`,
			token,
			jsonParameter(ids),
		),
		approvalsFor(tx, environmentId, ids),
		needsOf(tx, ids),
	]);
	rows.sort((one, other) => one.lane - other.lane || one.change_id - other.change_id);
	return rows.map((row) => ({
		changeId: String(row.change_id),
		lease: { token: row.lease_token, until: new Date(row.lease_until).toISOString() },
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
		...(approvals.has(row.change_id) ? { approval: approvals.get(row.change_id)! } : {}),
	}));
}

/** A batch whose execution gave no sign of life: its changes are free again. A newer content takes the place of an older one. */
async function endExpiredLeases(
	tx: Transaction,
	environmentId: number,
	settings: Pick<LedgerSettings, 'lateWriteMs'>,
	target: Target,
): Promise<void> {
	const expired = await tx.all<{ change_id: number; record_id: number }>(
		`SELECT change_id, record_id FROM changes WHERE environment_id = ? AND target = ? AND state = 'leased' AND lease_until <= ?`,
		environmentId,
		target,
		tx.now,
	);
	await giveBack(tx, environmentId, settings, expired, 0, 'Its execution gave no sign of life');
}

/**
 * Leased changes go back to where they can be taken again after `delayMs`. Where newer content waits for one of them,
 * that is sent instead.
 */
export async function giveBack(
	tx: Transaction,
	environmentId: number,
	settings: Pick<LedgerSettings, 'lateWriteMs'>,
	rows: Array<{ change_id: number; record_id: number }>,
	delayMs: number,
	reason: string,
): Promise<void> {
	if (rows.length === 0) return;
	const ids = jsonParameter(rows.map((row) => row.change_id));
	const recordIds = jsonParameter(rows.map((row) => row.record_id));
	const gone = await tx.all<{
		record_id: number;
		kind: Kind;
		key: string;
		version: string;
		desired: string;
		source: string;
		purpose: string;
		attempt: number;
		taken_at: number | null;
	}>(
		`SELECT record_id, kind, key, version, desired, source, purpose, attempt, taken_at FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`,
		ids,
	);
	await noteLateWrites(
		tx,
		settings,
		gone.filter((row) => row.kind === 'status'),
	);
	await tx.run(
		`DELETE FROM changes WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}
			AND record_id IN (SELECT record_id FROM changes WHERE state = 'next' AND ${tx.dialect.among('record_id', 'integer')})`,
		ids,
		recordIds,
	);
	await endDropped(
		tx,
		environmentId,
		rows.map((row) => row.change_id),
	);
	await tx.run(
		`UPDATE changes SET state = CASE WHEN purpose = 'check' THEN 'sent' WHEN unmet > 0 THEN 'held' WHEN ? > 0 THEN 'retrying' ELSE 'queued' END,
			due_at = ?, ready_at = ?, held_since = CASE WHEN unmet > 0 THEN CAST(? AS BIGINT) END, hold_told = 0, lease_token = NULL, lease_until = NULL, taken_at = NULL, reason = ?
		 WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}`,
		delayMs,
		tx.now + delayMs,
		tx.now,
		tx.now,
		reason,
		ids,
	);
	await promoteNext(tx, recordIds);
	await writeTrail(
		tx,
		environmentId,
		gone.flatMap((row) => {
			const { kind, key, version } = row;
			const entry = { kind, key, primaryId: (JSON.parse(row.source) as { primaryId: string }).primaryId, version };
			return [...takenEntry(row, entry), { ...entry, event: 'released' as const, details: { reason } }];
		}),
	);
}

/** Content that waited for the one in flight is up next; `recordIds` is a JSON array of records with nothing in flight. */
export async function promoteNext(tx: Transaction, recordIds: string): Promise<void> {
	await tx.run(
		`UPDATE changes SET state = CASE WHEN unmet > 0 THEN 'held' ELSE 'queued' END, ready_at = ?, held_since = CASE WHEN unmet > 0 THEN CAST(? AS BIGINT) END, hold_told = 0
		 WHERE state = 'next' AND ${tx.dialect.among('record_id', 'integer')}`,
		tx.now,
		tx.now,
		recordIds,
	);
}

async function makeDueReady(tx: Transaction, environmentId: number, target: Target): Promise<void> {
	await tx.run(
		`UPDATE changes SET state = CASE WHEN unmet > 0 THEN 'held' ELSE 'queued' END, ready_at = due_at, due_at = NULL,
			held_since = CASE WHEN unmet > 0 THEN CAST(? AS BIGINT) END, hold_told = 0
		 WHERE environment_id = ? AND target = ? AND state = 'retrying' AND due_at <= ?`,
		tx.now,
		environmentId,
		target,
		tx.now,
	);
}

/** How often a batch is filled up again after launches in it had to wait. */
const mostFills = 50;

/** The ids that are queued, without the launches that have to wait: those are held from now on. */
async function launchable(
	tx: Transaction,
	environmentId: number,
	options: TakeOptions,
	agedMs: number | null,
): Promise<number[]> {
	for (let fills = 0; ; fills++) {
		const ids = await queuedIds(tx, environmentId, options, agedMs);
		if (options.target !== 'pimberly' || options.liveWaitsFor === undefined || ids.length === 0) return ids;
		const held = await holdLaunches(tx, environmentId, ids, options.liveWaitsFor);
		if (held.size === 0 || fills === mostFills) return ids.filter((id) => !held.has(id));
	}
}

const takenKinds = ({ target, kinds }: Pick<TakeOptions, 'target' | 'kinds'>): Kind[] =>
	kinds?.length ? kindsOf[target].filter((kind) => kinds.includes(kind)) : kindsOf[target];

const lanesOf = (options: TakeOptions): Lane[] =>
	options.lanes?.length ? [...new Set(options.lanes)].sort() : [1, 2, 3, 4];

/** What is queued, a line for each lane and kind, the most urgent first: each is one short read of an index. */
const linesOf = (options: TakeOptions): Array<{ lane: Lane; kind: Kind }> =>
	lanesOf(options).flatMap((lane) => takenKinds(options).map((kind) => ({ lane, kind })));

async function worthTaking(tx: Transaction, environmentId: number, options: TakeOptions): Promise<boolean> {
	if (options.quietMs <= 0) return true;
	const lines = linesOf(options);
	const [oldest, heads] = await Promise.all([
		Promise.all(
			lines.map(
				async ({ lane, kind }) =>
					await tx.get<{ ready_at: number }>(
						`SELECT ready_at FROM changes WHERE environment_id = ? AND kind = ? AND lane = ? AND state = 'queued' ORDER BY ready_at LIMIT 1`,
						environmentId,
						kind,
						lane,
					),
			),
		),
		headsOf(tx, environmentId, options),
	]);
	const ready = heads.reduce((sum, head) => sum + head.length, 0);
	const waitedLong = lines.some(({ lane }, at) => {
		const line = oldest[at];
		return line !== undefined && (lane === 1 || line.ready_at <= tx.now - options.quietMs);
	});
	// Nothing to write is no reason to wait with the read-backs that are due.
	return waitedLong || ready >= options.limit || ready === 0;
}

/** The first of each line, as many as a batch may hold. */
async function headsOf(tx: Transaction, environmentId: number, options: TakeOptions): Promise<number[][]> {
	return await Promise.all(
		linesOf(options).map(async ({ lane, kind }) => {
			const rows = await tx.all<{ change_id: number }>(
				`SELECT change_id FROM changes WHERE environment_id = ? AND kind = ? AND lane = ? AND state = 'queued' ORDER BY change_id LIMIT ?`,
				environmentId,
				kind,
				lane,
				options.limit,
			);
			return rows.map((row) => row.change_id);
		}),
	);
}

/** What has waited for longer than `agedMs`, where it is its turn; then the head of each lane, instead of one sort of the backlog. */
async function queuedIds(
	tx: Transaction,
	environmentId: number,
	options: TakeOptions,
	agedMs: number | null,
): Promise<number[]> {
	const [aged, heads] = await Promise.all([
		agedMs === null ? [] : agedIds(tx, environmentId, agedMs, options.limit, linesOf(options)),
		headsOf(tx, environmentId, options),
	]);
	const ids = new Set(aged);
	for (const lane of lanesOf(options)) {
		const ofLane = linesOf(options).flatMap((line, at) => (line.lane === lane ? heads[at]! : []));
		for (const id of ofLane.sort((a, b) => a - b)) if (ids.size < options.limit) ids.add(id);
	}
	return [...ids];
}

/** What was written and has waited for its read-back for at least so long after it was due. */
async function dueChecks(
	tx: Transaction,
	environmentId: number,
	options: TakeOptions,
	sinceMs: number,
): Promise<number[]> {
	const withItems = takenKinds(options).includes('stockItem');
	const [due, unread] = await Promise.all([
		Promise.all(
			takenKinds(options).map(
				async (kind) =>
					await tx.all<{ change_id: number; due_at: number }>(
						`SELECT change_id, due_at FROM changes WHERE environment_id = ? AND kind = ? AND state = 'sent' AND due_at <= ?
						 ORDER BY due_at LIMIT ?`,
						environmentId,
						kind,
						tx.now - sinceMs,
						options.limit,
					),
			),
		),
		withItems ? heldUnread(tx, environmentId, options.limit) : [],
	]);
	const sent = due.flat().sort((a, b) => a.due_at - b.due_at || a.change_id - b.change_id);
	const ids = [...sent.map((row) => row.change_id), ...unread].slice(0, options.limit);
	if (withItems && ids.length < options.limit && sinceMs === 0)
		ids.push(...(await neverCompared(tx, environmentId, options.limit - ids.length)));
	return [...new Set(ids)];
}

/**
 * A record that was written with unknown outcome, and whose newest content is held: others may wait for it, so it is read
 * back all the same.
 */
async function heldUnread(tx: Transaction, environmentId: number, limit: number): Promise<number[]> {
	// CROSS JOIN keeps the order in SQLite, which would start from everything that is held.
	const rows = await tx.all<{ change_id: number }>(
		`SELECT change_id FROM records CROSS JOIN changes
		 WHERE changes.record_id = records.record_id AND records.environment_id = ? AND records.uncertain = 1
			AND changes.kind = 'stockItem' AND changes.state = 'held' LIMIT ?`,
		environmentId,
		limit,
	);
	return rows.map((row) => row.change_id);
}
