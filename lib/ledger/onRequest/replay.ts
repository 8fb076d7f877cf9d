import type { Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import {
	entryOf,
	namedOutcome,
	namedRecords,
	openRowColumns,
	outcomesByName,
	primaryIdOf,
	recordsIn,
	type ChangeOutcome,
	type NamedChanges,
	type NamedOutcome,
	type NamedRecord,
	type OpenRow,
} from './namedChanges';
import { placeDrafts } from '../changes/placeDrafts';
import { loadRecords, nameOf } from '../changes/records';
import { waitsOf } from '../watch/stats';
import { subjectOf } from '../changes/subject';
import { writeTrail } from '../changes/trail';

/** What a person can have tried again; the rest is on its way by itself. */
const replayable = ['failed', 'retrying', 'sent'] as const;
/** Where that leaves it. */
type Replayed = 'queued' | 'held' | 'next';
/** A state that Replay takes a change out of. */
export type ReplayableState = (typeof replayable)[number];

/**
 * Sequencer: Replay. What failed, waits for its next attempt or for a read-back that does not come is sent again from the
 * start, as if it had just been added; so is what was dropped.
 * @returns one outcome a name, in their order.
 */
export async function replay(
	tx: Transaction,
	environmentId: number,
	named: NamedChanges,
	reason: string,
): Promise<NamedOutcome[]> {
	const records = await namedRecords(tx, environmentId, named);
	const touched = recordsIn(records);
	const again = touched.filter(({ waiting }) => isReplayable(waiting)).map(({ waiting }) => waiting!);
	const states = await queueAgain(tx, environmentId, again, reason);
	const back = touched.filter(
		({ waiting, dropped }) => (waiting === null || waiting.purpose === 'lookUp') && dropped !== null,
	);
	for (const [id, state] of await bringBack(tx, environmentId, back, reason)) states.set(id, state);
	await tx.run(
		`UPDATE changes SET drop_reason = NULL WHERE drop_reason IS NOT NULL AND ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(touched.map((record) => record.recordId)),
	);
	const waits = await waitsOf(
		tx,
		touched.flatMap(({ waiting }) => (waiting?.state === 'held' ? [waiting.change_id] : [])),
	);
	const outcomes = new Map(
		touched.map((record) => [
			record.recordId,
			outcomeOf(record, states.get(record.recordId), waits.get(record.waiting?.change_id ?? 0)?.waitsFor),
		]),
	);
	return outcomesByName(records, outcomes);
}

const isReplayable = (waiting: OpenRow | null): boolean =>
	waiting !== null && (replayable as readonly string[]).includes(waiting.state);

/**
 * The next of everything in one of these states, `limit` at a time in the order of the queue.
 * @param after the last change of the call before; 0 to begin.
 */
export async function replayAll(
	tx: Transaction,
	environmentId: number,
	asked: { states: ReplayableState[]; kinds: Kind[]; after: number; limit: number },
	reason: string,
): Promise<{ outcomes: NamedOutcome[]; last: number | null }> {
	const rows = await tx.all<OpenRow>(
		`SELECT ${openRowColumns} FROM changes WHERE environment_id = ? AND change_id > ? AND ${tx.dialect.among('state')} AND ${tx.dialect.among('kind')}
		 ORDER BY change_id LIMIT ?`,
		environmentId,
		asked.after,
		jsonParameter(asked.states),
		jsonParameter(asked.kinds),
		asked.limit,
	);
	const states = await queueAgain(tx, environmentId, rows, reason);
	return {
		last: rows.at(-1)?.change_id ?? null,
		outcomes: rows.map((row) => namedOutcome(row.key, [replayed(row, primaryIdOf(row), states.get(row.record_id)!)])),
	};
}

/** As if they had just been added. */
async function queueAgain(
	tx: Transaction,
	environmentId: number,
	rows: OpenRow[],
	reason: string,
): Promise<Map<number, Replayed>> {
	if (rows.length === 0) return new Map();
	const ids = jsonParameter(rows.map((row) => row.change_id));
	await tx.run(
		`UPDATE changes SET state = CASE WHEN unmet > 0 THEN 'held' ELSE 'queued' END, attempt = 0, failures = 0, due_at = NULL, ready_at = ?,
			held_since = CASE WHEN unmet > 0 THEN CAST(? AS BIGINT) END, hold_told = 0, awaiting = NULL, sent_at = NULL, checks = 0, overdue = 0,
			purpose = CASE WHEN purpose = 'check' THEN 'write' ELSE purpose END, reason = '', remedy = '', differences = '[]'
		 WHERE state <> 'leased' AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		tx.now,
		ids,
	);
	const now = await tx.all<{ record_id: number; state: Replayed }>(
		`SELECT record_id, state FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`,
		ids,
	);
	await writeTrail(
		tx,
		environmentId,
		rows.map((row) => entryOf(row, 'replayed', { reason, state: row.state })),
	);
	return new Map(now.map((row) => [row.record_id, row.state]));
}

/** What was dropped is wanted after all. */
async function bringBack(
	tx: Transaction,
	environmentId: number,
	dropped: NamedRecord[],
	reason: string,
): Promise<Map<number, Replayed>> {
	if (dropped.length === 0) return new Map();
	const names = dropped.flatMap(({ kind, key, dropped: change }) => [{ kind, key }, ...change!.needs]);
	const records = await loadRecords(tx, environmentId, names);
	const drafts = dropped.map(({ kind, key, dropped: change }) => {
		const record = records.get(nameOf({ kind, key }))!;
		record.dropped = null;
		// It stands for the newest that Pimberly said, which was no different.
		const version = record.version ?? change!.draft.version;
		return { record, needs: change!.needs, draft: { ...change!.draft, version } };
	});
	const placed = await placeDrafts(tx, environmentId, records, drafts, {
		cameBack: drafts.map(({ record }) => record),
	});
	await writeTrail(
		tx,
		environmentId,
		drafts.map(({ record, draft }) => ({
			kind: record.kind,
			key: record.key,
			primaryId: draft.source.primaryId,
			event: 'replayed' as const,
			version: draft.version,
			details: { reason, state: 'dropped' },
		})),
	);
	return new Map(
		placed.flatMap((result, at) => {
			const state = result.outcome === 'placed' ? result.state : 'retrying';
			return state === 'retrying' ? [] : [[drafts[at]!.record.recordId, state] as const];
		}),
	);
}

function outcomeOf(record: NamedRecord, state: Replayed | undefined, waitsFor: string[] = []): ChangeOutcome {
	const { kind, key, primaryId, waiting, leased } = record;
	if (state !== undefined) return replayed(record, primaryId, state);
	const base = { kind, key, primaryId, outcome: 'unchanged' as const };
	const what = subjectOf(record.kind, record.key);
	if (leased?.drop_reason) {
		return {
			...base,
			outcome: 'replayed',
			state: 'leased',
			message: `${what} is in the hands of an execution, and no longer to be dropped.`,
		};
	}
	if (leased !== null) return { ...base, state: 'leased', message: `${what} is in the hands of an execution already.` };
	switch (waiting?.state) {
		case undefined:
			return {
				...base,
				state: null,
				message: `${what}: ${record.confirmed ? 'confirmed in Khaos, nothing waits' : 'nothing waits to be written'}.`,
			};
		case 'held':
			return { ...base, state: 'held', message: `${what} ${whyHeld(waiting!, waitsFor)}` };
		default:
			return { ...base, state: waiting!.state, message: `${what} is ${waiting!.state} already.` };
	}
}

function whyHeld(waiting: OpenRow, waitsFor: string[]): string {
	if (waiting.awaiting === 'approval') return `waits for approval: ${waiting.reason}`;
	return `waits for ${waitsFor.join(', ')}, and is sent by itself then. To send it all the same, end the hold with Sequencer: Release.`;
}

const becomes: Record<Replayed, string> = {
	queued: 'is queued again, and goes with the next batch.',
	held: 'is held again until what it needs is confirmed in Khaos.',
	next: 'is sent when the one in flight is settled.',
};

function replayed(change: { kind: Kind; key: string }, primaryId: string, state: Replayed): ChangeOutcome {
	const { kind, key } = change;
	const message = becomes[state];
	return {
		kind,
		key,
		primaryId,
		outcome: 'replayed',
		state,
		message: `${subjectOf(change.kind, change.key)} ${message}`,
	};
}
