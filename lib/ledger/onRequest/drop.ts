import type { Lane, Need, Warning } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { rememberDropped, tellDependants, type DroppedChange } from './dropped';
import { resolveExceptions } from '../exceptions/exceptions';
import {
	entryOf,
	internalIdOf,
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
import { needsOf } from '../changes/needs';
import { dropWaiting, placeDrafts } from '../changes/placeDrafts';
import { loadRecords, nameOf } from '../changes/records';
import { resolveEnded } from '../delivery/settledNews';
import { putStatuses, type StatusNews } from '../status/status';
import { subjectOf } from '../changes/subject';
import { writeTrail } from '../changes/trail';

/**
 * Sequencer: Drop. What waits for these records is taken out of the queue on a person's word. It does not come back with the
 * same content by itself (our own status write makes Pimberly send the product again), but when its content changes or with
 * Replay. What is in flight runs out: it is confirmed, or it is dropped when its execution ends. What waits for a dropped
 * record becomes an exception at once.
 * @returns one outcome a name, in their order.
 */
export async function drop(
	tx: Transaction,
	environmentId: number,
	named: NamedChanges,
	reason: string,
): Promise<NamedOutcome[]> {
	const records = await namedRecords(tx, environmentId, named);
	const touched = recordsIn(records);
	const outcomes = new Map<number, ChangeOutcome>();
	const gone: NamedRecord[] = [];
	const inFlight: NamedRecord[] = [];
	for (const record of touched) {
		if (record.waiting !== null && !isLookedFor(record)) gone.push(record);
		if (record.leased !== null) inFlight.push(record);
		outcomes.set(record.recordId, outcomeOf(record, reason));
	}
	await removeWaiting(
		tx,
		environmentId,
		gone.map((record) => record.waiting!),
		reason,
	);
	await tx.run(
		`UPDATE changes SET drop_reason = ? WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}`,
		reason,
		jsonParameter(inFlight.map((record) => record.leased!.change_id)),
	);
	await writeTrail(
		tx,
		environmentId,
		inFlight
			.filter((record) => record.waiting === null)
			.map(({ leased }) =>
				entryOf(leased!, 'dropped', {
					reason,
					by: 'person',
					state: 'leased',
					takesEffect: 'when its execution ends, unless it is confirmed',
				}),
			),
	);
	return outcomesByName(records, outcomes);
}

function outcomeOf(record: NamedRecord, reason: string): ChangeOutcome {
	const { kind, key, primaryId, waiting, leased, dropped } = record;
	const base = { kind, key, primaryId };
	if (leased !== null) {
		const newer = waiting === null ? '' : ' What waited behind it is dropped.';
		return {
			...base,
			outcome: 'dropped',
			state: 'leased',
			message: `${subjectOf(record.kind, record.key)} is in the hands of an execution: if that does not confirm it, it is dropped.${newer}`,
		};
	}
	if (waiting !== null && !isLookedFor(record)) {
		return {
			...base,
			outcome: 'dropped',
			state: null,
			message: `${subjectOf(record.kind, record.key)} was ${waiting.state} and is dropped: ${reason}`,
		};
	}
	const why = dropped === null ? 'nothing waits to be written' : `it was dropped before (${dropped.reason})`;
	return { ...base, outcome: 'unchanged', state: null, message: `${subjectOf(record.kind, record.key)}: ${why}.` };
}

/** Dropped already, and read back because it may have been written before. */
const isLookedFor = ({ waiting, dropped }: NamedRecord): boolean => waiting?.purpose === 'lookUp' && dropped !== null;

/** Out of the queue, with everything that follows from it. */
async function removeWaiting(tx: Transaction, environmentId: number, rows: OpenRow[], reason: string): Promise<void> {
	if (rows.length === 0) return;
	await remember(tx, rows, () => reason);
	await dropWaiting(
		tx,
		rows.map((row) => row.record_id),
	);
	await tellOfDropped(
		tx,
		environmentId,
		rows.map((row) => ({ row, reason })),
	);
}

/** A look-up or a status says nothing that would have to be kept from coming back. */
const isKept = (row: OpenRow): boolean => row.purpose !== 'lookUp' && row.kind !== 'status';

async function remember(tx: Transaction, rows: OpenRow[], reasonOf: (row: OpenRow) => string): Promise<void> {
	const kept = rows.filter(isKept);
	const needs = await needsOf(
		tx,
		kept.map((row) => row.change_id),
	);
	await rememberDropped(
		tx,
		kept.map((row) => ({
			recordId: row.record_id,
			dropped: droppedOf(row, needs.get(row.change_id) ?? [], reasonOf(row)),
		})),
	);
}

const droppedOf = (row: OpenRow, needs: Need[], reason: string): DroppedChange => ({
	reason,
	needs,
	draft: {
		kind: row.kind,
		version: row.version,
		lane: row.lane as Lane,
		desired: JSON.parse(row.desired) as Record<string, unknown>,
		source: JSON.parse(row.source) as DroppedChange['draft']['source'],
		warnings: JSON.parse(row.warnings) as Warning[],
		purpose: 'write',
		delayMs: 0,
	},
});

async function tellOfDropped(
	tx: Transaction,
	environmentId: number,
	dropped: Array<{ row: OpenRow; reason: string }>,
): Promise<void> {
	const statuses = dropped.filter(({ row }) => row.kind === 'status');
	const records = dropped.filter(({ row }) => row.kind !== 'status');
	await resolveEnded(
		tx,
		environmentId,
		records.map(({ row }) => row.key),
	);
	await resolveExceptions(
		tx,
		environmentId,
		['statusNotWritten'],
		statuses.map(({ row }) => row.key),
	);
	await putStatuses(
		tx,
		environmentId,
		await newsOf(
			tx,
			environmentId,
			dropped.filter(({ row }) => isKept(row)),
		),
	);
	await tellDependants(
		tx,
		environmentId,
		records.map(({ row }) => row.record_id),
	);
	await readBack(
		tx,
		environmentId,
		records.map(({ row }) => row),
	);
	await writeTrail(
		tx,
		environmentId,
		dropped.map(({ row, reason }) => entryOf(row, 'dropped', { reason, by: 'person', state: row.state })),
	);
}

/** What may have been written before it was dropped is read back all the same: others may wait for it. */
async function readBack(tx: Transaction, environmentId: number, rows: OpenRow[]): Promise<void> {
	const uncertain = await tx.all<{ record_id: number }>(
		`SELECT record_id FROM records WHERE uncertain = 1 AND kind = 'stockItem' AND ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(rows.filter((row) => row.purpose !== 'lookUp').map((row) => row.record_id)),
	);
	const unread = rows.filter((row) => uncertain.some(({ record_id: id }) => id === row.record_id));
	const records = await loadRecords(tx, environmentId, unread);
	await placeDrafts(
		tx,
		environmentId,
		records,
		unread.map((row) => ({
			record: records.get(nameOf(row))!,
			needs: [],
			draft: { ...droppedOf(row, [], '').draft, desired: {}, warnings: [], lane: 2, purpose: 'lookUp' },
		})),
	);
}

/** A product that is Live stays Live, with the reason as its message; another one is not confirmed, and nobody works on it. */
async function newsOf(
	tx: Transaction,
	environmentId: number,
	dropped: Array<{ row: OpenRow; reason: string }>,
): Promise<StatusNews[]> {
	if (dropped.length === 0) return [];
	const live = await tx.all<{ primary_id: string }>(
		`SELECT primary_id FROM products WHERE environment_id = ? AND live = 1 AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(dropped.map(({ row }) => primaryIdOf(row))),
	);
	// A launch that waits for a kit relation or a price has not gone.
	const waiting = await tx.all<{ key: string }>(
		`SELECT key FROM changes WHERE environment_id = ? AND kind = 'status' AND state = 'held' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(live.map((product) => product.primary_id)),
	);
	const isLive = new Set(live.map((product) => product.primary_id));
	for (const { key } of waiting) isLive.delete(key);
	return dropped.map(({ row, reason }) => ({
		primaryId: primaryIdOf(row),
		internalId: internalIdOf(row),
		status: isLive.has(primaryIdOf(row)) ? 'Live' : 'Pending',
		message: `Dropped: ${reason}`,
		stockId: '',
		delayMs: 0,
	}));
}

/**
 * Of these changes in flight, whose execution has ended without confirming them, those that were dropped meanwhile: they
 * are taken out. Where newer content waits, or was dropped after them, that is what counts.
 * @returns which those are.
 */
export async function endDropped(tx: Transaction, environmentId: number, changeIds: number[]): Promise<Set<number>> {
	if (changeIds.length === 0) return new Set();
	const rows = await tx.all<OpenRow & { has_dropped: number }>(
		`SELECT ${openRowColumns.replaceAll(/(\w+)/g, 'changes.$1')}, CASE WHEN records.dropped IS NULL THEN 0 ELSE 1 END AS has_dropped
		 FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.state = 'leased' AND changes.drop_reason IS NOT NULL AND ${tx.dialect.among('changes.change_id', 'integer')}`,
		jsonParameter(changeIds),
	);
	if (rows.length === 0) return new Set();
	await remember(
		tx,
		rows.filter((row) => Number(row.has_dropped) === 0),
		(row) => row.drop_reason!,
	);
	await tx.run(
		`DELETE FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(rows.map((row) => row.change_id)),
	);
	await tellOfDropped(
		tx,
		environmentId,
		rows.map((row) => ({ row, reason: row.drop_reason! })),
	);
	return new Set(rows.map((row) => row.change_id));
}
