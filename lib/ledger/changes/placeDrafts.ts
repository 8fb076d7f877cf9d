import { targetOf, type Need } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { rememberDropped, tellDependants } from '../onRequest/dropped';
import { meetNeeds } from '../delivery/observe';
import { forgetDifferences } from '../firstSync/firstSyncDifferences';
import { place, type Draft, type KnownRecord, type Placed } from './placement';
import { nameOf } from './records';
import { writeTrail, type TrailEntry } from './trail';

/** A draft, the record that it is for, and what has to be in Khaos before it may be sent. */
export interface DraftFor {
	record: KnownRecord;
	draft: Draft;
	needs: Need[];
}

/**
 * Put drafts into the ledger: decide where each goes, in order, then write all of it in a few statements. `records` holds
 * every record that a draft is for or needs; it is kept up to date, so later drafts of one call see earlier ones.
 * @param known which records were dropped, and are wanted again.
 */
export async function placeDrafts(
	tx: Transaction,
	environmentId: number,
	records: Map<string, KnownRecord>,
	drafts: DraftFor[],
	known: { cameBack: KnownRecord[] } = { cameBack: [] },
): Promise<Placed[]> {
	const placed: Placed[] = [];
	// The last word on each record; earlier drafts of the same call are overtaken before they are written.
	const writes = new Map<
		KnownRecord,
		{ draft: Draft; needs: KnownRecord[]; result: Extract<Placed, { outcome: 'placed' }> }
	>();
	const touched = new Map<KnownRecord, Draft>();
	const dropped = new Set<KnownRecord>();
	const cameBack = new Set(known.cameBack);
	const trail: TrailEntry[] = [];

	for (const { record, draft, needs } of drafts) {
		const needed = needs.map((need) => records.get(nameOf(need))!);
		const result = place(record, draft, needed);
		placed.push(result);
		const entry = { kind: record.kind, key: record.key, primaryId: draft.source.primaryId, version: draft.version };
		if (result.outcome === 'stale') {
			trail.push({ ...entry, event: 'stale', details: { accepted: record.version } });
			continue;
		}
		if (
			record.dropped !== null &&
			draft.purpose === 'write' &&
			!(result.outcome === 'unchanged' && result.dropped !== undefined)
		) {
			record.dropped = null;
			cameBack.add(record);
		}
		if (result.outcome === 'unchanged') {
			if (result.newerVersion) {
				record.version = draft.version;
				touched.set(record, draft);
			}
			if (result.dropWaiting) {
				dropped.add(record);
				writes.delete(record);
				record.waiting = null;
				trail.push({ ...entry, event: 'dropped', details: { reason: 'Changed back to what is confirmed' } });
			}
			continue;
		}
		trail.push({
			...entry,
			event: record.waiting === null ? 'added' : 'replaced',
			details: { lane: result.lane, fields: result.fields, state: result.state },
		});
		record.version = draft.purpose === 'write' ? draft.version : record.version;
		dropped.delete(record);
		record.waiting = {
			changeId: record.waiting?.changeId ?? null,
			state: result.state,
			purpose: draft.purpose,
			version: draft.version,
			desired: draft.desired,
			attempt: 0,
			overdue: false,
			addedAt: record.waiting?.addedAt ?? tx.now,
			needs: [...new Set(needed.map((need) => need.recordId))],
			toBeDropped: false,
		};
		writes.set(record, { draft, needs: needed, result });
		if (draft.purpose === 'write') touched.set(record, draft);
	}

	await dropWaiting(
		tx,
		[...dropped].map((record) => record.recordId),
	);
	// What is as it was confirmed keeps no launch waiting.
	for (const kind of ['kit', 'price'] as const) {
		await meetNeeds(
			tx,
			environmentId,
			kind,
			[...dropped].filter((record) => record.kind === kind).map(({ key }) => key),
		);
	}
	await updateRecords(tx, touched);
	await writeChanges(tx, environmentId, writes);
	await rememberDropped(
		tx,
		[...cameBack].map((record) => ({ recordId: record.recordId, dropped: null })),
	);
	await tellDependants(
		tx,
		environmentId,
		[...cameBack].map((record) => record.recordId),
	);
	await writeTrail(tx, environmentId, trail);
	return placed;
}

/** Remove what waits for these records; what is in flight stays. */
export async function dropWaiting(tx: Transaction, recordIds: number[]): Promise<void> {
	if (recordIds.length === 0) return;
	await forgetDifferences(tx, recordIds);
	await tx.run(
		`DELETE FROM changes WHERE state <> 'leased' AND ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(recordIds),
	);
}

async function updateRecords(tx: Transaction, touched: Map<KnownRecord, Draft>): Promise<void> {
	if (touched.size === 0) return;
	const rows = [...touched].map(([record, draft]) => ({
		record_id: record.recordId,
		version: draft.version,
		primary_id: draft.source.primaryId,
		internal_id: draft.source.internalId,
	}));
	await tx.run(
		`UPDATE records SET version = r.version, primary_id = r.primary_id, internal_id = r.internal_id
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', version: 'text', primary_id: 'text', internal_id: 'text' })}
		 WHERE records.record_id = r.record_id`,
		jsonParameter(rows),
	);
	// What waits carries the newest version it stands for.
	await tx.run(
		`UPDATE changes SET version = r.version
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', version: 'text' })}
		 WHERE changes.record_id = r.record_id AND changes.state <> 'leased' AND changes.purpose = 'write'`,
		jsonParameter(rows),
	);
}

type Writes = Map<KnownRecord, { draft: Draft; needs: KnownRecord[]; result: Extract<Placed, { outcome: 'placed' }> }>;

async function writeChanges(tx: Transaction, environmentId: number, writes: Writes): Promise<void> {
	if (writes.size === 0) return;
	const rows = [...writes].map(([record, { draft, needs, result }]) => ({
		record_id: record.recordId,
		target: targetOf(record.kind),
		kind: record.kind,
		key: record.key,
		state: result.state,
		lane: result.lane,
		purpose: draft.purpose,
		version: draft.version,
		desired: JSON.stringify(draft.desired),
		changed_fields: JSON.stringify(result.fields),
		source: JSON.stringify(draft.source),
		warnings: JSON.stringify(draft.warnings),
		unmet: needs.filter((need) => need.present !== true).length,
		ready_at: result.state === 'queued' ? tx.now : null,
		due_at: result.state === 'retrying' ? tx.now + draft.delayMs : null,
		held_since: result.state === 'held' ? tx.now : null,
	}));
	// Content that takes another's place keeps its turn: a product that is edited all the time is sent all the same.
	await tx.run(
		`INSERT INTO changes (environment_id, record_id, target, kind, key, state, lane, purpose, version, desired, changed_fields,
			source, warnings, unmet, added_at, ready_at, due_at, held_since)
		 SELECT ?, r.record_id, r.target, r.kind, r.key, r.state, r.lane, r.purpose, r.version, r.desired, r.changed_fields,
			r.source, r.warnings, r.unmet, ?, r.ready_at, r.due_at, r.held_since
		 FROM ${tx.dialect.rows('r', {
				record_id: 'integer',
				target: 'text',
				kind: 'text',
				key: 'text',
				state: 'text',
				lane: 'integer',
				purpose: 'text',
				version: 'text',
				desired: 'text',
				changed_fields: 'text',
				source: 'text',
				warnings: 'text',
				unmet: 'integer',
				ready_at: 'integer',
				due_at: 'integer',
				held_since: 'integer',
			})} WHERE true
		 ON CONFLICT (record_id) WHERE state <> 'leased' DO UPDATE SET
			state = excluded.state, lane = excluded.lane, purpose = excluded.purpose, version = excluded.version,
			desired = excluded.desired, changed_fields = excluded.changed_fields, source = excluded.source,
			warnings = excluded.warnings, unmet = excluded.unmet, due_at = excluded.due_at,
			ready_at = CASE WHEN changes.state = 'queued' AND excluded.state = 'queued' THEN changes.ready_at ELSE excluded.ready_at END,
			hold_told = CASE WHEN changes.state = 'held' THEN changes.hold_told ELSE 0 END,
			held_since = CASE WHEN changes.state = 'held' AND excluded.state = 'held' THEN changes.held_since ELSE excluded.held_since END,
			attempt = 0, failures = 0, awaiting = NULL, sent_at = NULL, checks = 0, overdue = 0, reason = '', remedy = '', differences = '[]'`,
		environmentId,
		tx.now,
		jsonParameter(rows),
	);
	const recordIds = jsonParameter(rows.map((row) => row.record_id));
	await tx.run(
		`DELETE FROM change_needs WHERE change_id IN
			(SELECT change_id FROM changes WHERE state <> 'leased' AND ${tx.dialect.among('record_id', 'integer')})`,
		recordIds,
	);
	const needRows = [...writes].flatMap(([record, { needs }]) =>
		[...new Set(needs)].map((need) => ({
			record_id: record.recordId,
			need_record_id: need.recordId,
			met: need.present === true ? 1 : 0,
		})),
	);
	if (needRows.length === 0) return;
	await tx.run(
		`INSERT INTO change_needs (change_id, need_record_id, met)
		 SELECT changes.change_id, r.need_record_id, r.met
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', need_record_id: 'integer', met: 'integer' })}
		 JOIN changes ON changes.record_id = r.record_id AND changes.state <> 'leased'`,
		jsonParameter(needRows),
	);
}
