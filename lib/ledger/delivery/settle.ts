import { keyOf, type Kind, type Lane, type Result } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { endDropped } from '../onRequest/drop';
import { waitForApproval } from '../firstSync/firstSync';
import { saveDifferences } from '../firstSync/firstSyncDifferences';
import { tellMissingComponents } from '../kits/missingComponents';
import { meetNeeds, missNeeds, presentAmong } from './observe';
import { sameContent, weigh } from '../changes/content';
import { writeStatusAgain } from '../status/lateStatus';
import { followLateWrites, noteLateWrites } from '../status/lateWrites';
import type { LedgerSettings } from '../settings';
import { decide, type Outcome } from './outcome';
import { keepSettledExceptions, sourceOf, tellPimberly } from './settledNews';
import { promoteNext } from './take';
import { takenEntry, writeTrail, type TrailEntry } from '../changes/trail';

/** What became of one result. */
export type SettleOutcome = {
	changeId: string;
	/** `overtaken`: the lease had ended or was another's; nothing was changed. */
	outcome: 'confirmed' | 'sent' | 'held' | 'retrying' | 'failed' | 'overtaken';
};

/** An open change with what is known of its record, as `openColumns` reads it. */
export interface OpenRow {
	change_id: number;
	record_id: number;
	kind: Kind;
	key: string;
	lane: number;
	purpose: string;
	version: string;
	desired: string;
	source: string;
	attempt: number;
	failures: number;
	lease_token: string | null;
	/** When its present holder took it; null where nobody has it in hand. */
	taken_at: number | null;
	/** Of a change that was sent: what is still to be read back. */
	awaiting: Result['awaiting'] | null;
	sent_at: number | null;
	/** How often it was read back since. */
	checks: number;
	overdue: number;
	/** The record as last read from Khaos. */
	read_back: string | null;
}

/**
 * Sequencer: Settle. Says of each change of a batch what became of it, if the lease still holds: a result that comes too
 * late changes nothing. What a confirmed record was needed for becomes ready, and Pimberly is to be told.
 */
export async function settle(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	results: Result[],
): Promise<SettleOutcome[]> {
	const rows = await tx.all<OpenRow>(
		`SELECT ${openColumns} FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.state = 'leased' AND changes.environment_id = ? AND ${tx.dialect.among('change_id', 'integer')}`,
		environmentId,
		jsonParameter(results.map((result) => Number(result.changeId))),
	);
	const open = new Map(rows.map((row) => [String(row.change_id), row]));
	const outcomes: SettleOutcome[] = [];
	const settled: Settled[] = [];
	const late = new Set<string>();
	for (const result of results) {
		const row = open.get(result.changeId);
		if (row === undefined || row.lease_token !== result.lease.token) {
			outcomes.push({ changeId: result.changeId, outcome: 'overtaken' });
			const nothingWritten = result.cause === 'notOurs';
			if (result.kind === 'status' && !nothingWritten && result.key && Date.parse(result.lease.until) <= tx.now)
				late.add(result.key);
			continue;
		}
		open.delete(result.changeId);
		const outcome = decide(settings, row, result, tx.now);
		settled.push({ row, result, outcome });
		outcomes.push({ changeId: result.changeId, outcome: outcome.state });
	}
	await apply(tx, environmentId, settings, settled);
	await writeStatusAgain(tx, environmentId, settings, [...late]);
	return outcomes;
}

/** What settling needs to know of a change and its record. */
export const openColumns = `change_id, changes.record_id, changes.kind, changes.key, lane, purpose, changes.version, changes.desired, source,
	attempt, failures, lease_token, taken_at, awaiting, sent_at, checks, overdue, read_back`;

/** A change, what was found of it, and the state that this leads to. */
export interface Settled {
	row: OpenRow;
	result: Pick<
		Result,
		| 'status'
		| 'reason'
		| 'remedy'
		| 'differences'
		| 'readBack'
		| 'kitReadBack'
		| 'priceReadBack'
		| 'adopted'
		| 'awaiting'
		| 'cause'
		| 'firstSync'
	>;
	outcome: Outcome;
}

/** Write the outcomes down: changes, records, dependants, statuses, exceptions and the trail. */
export async function apply(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	settled: Settled[],
): Promise<void> {
	if (settled.length === 0) return;
	const lookUps = settled.filter(({ row }) => row.purpose === 'lookUp');
	const writes = settled.filter(({ row }) => row.purpose !== 'lookUp');
	const confirmed = writes.filter(({ outcome }) => outcome.state === 'confirmed');
	const finished = [...confirmed, ...lookUps.filter(({ outcome }) => outcome.state !== 'retrying')];

	const statuses = writes.filter(({ row }) => row.kind === 'status');
	await noteLateWrites(
		tx,
		settings,
		statuses
			.filter(({ outcome, result }) => outcome.state !== 'confirmed' && result.cause !== 'notOurs')
			.map(({ row }) => row),
	);
	await confirmRecords(tx, confirmed);
	await observeSettled(tx, environmentId, settled);
	await tx.run(
		`DELETE FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(finished.map(({ row }) => row.change_id)),
	);
	// Newer content that waits makes another attempt with the older pointless.
	const goingOn = settled.filter((one) => !finished.includes(one));
	await tx.run(
		`DELETE FROM changes WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}
			AND record_id IN (SELECT record_id FROM changes WHERE state = 'next' AND ${tx.dialect.among('record_id', 'integer')})`,
		jsonParameter(goingOn.map(({ row }) => row.change_id)),
		jsonParameter(goingOn.map(({ row }) => row.record_id)),
	);
	const dropped = await endDropped(
		tx,
		environmentId,
		goingOn.map(({ row }) => row.change_id),
	);
	const unfinished = goingOn.filter(({ row }) => !dropped.has(row.change_id));
	const told = writes.filter(({ row }) => !dropped.has(row.change_id));
	await keepUnfinished(tx, unfinished);
	await keepFirstSync(tx, environmentId, settings, confirmed, unfinished);
	await promoteNext(tx, jsonParameter(settled.map(({ row }) => row.record_id)));
	await reweighWaiting(tx, environmentId, confirmed);
	await followLateWrites(
		tx,
		environmentId,
		confirmed.filter(({ row }) => row.kind === 'status').map(({ row }) => row),
	);
	for (const kind of ['kit', 'price'] as const) {
		await meetNeeds(
			tx,
			environmentId,
			kind,
			confirmed.filter(({ row }) => row.kind === kind).map(({ row }) => row.key),
		);
	}
	await tellPimberly(tx, environmentId, told);
	await keepSettledExceptions(tx, environmentId, told);
	const missing = lookUps.filter(({ result }) => result.readBack?.exists === false);
	await tellMissingComponents(
		tx,
		environmentId,
		missing.map(({ row }) => row.record_id),
	);
	await writeTrail(
		tx,
		environmentId,
		settled.flatMap((one) => trailOf(tx.now, one)),
	);
}

/** What a first sync found: kept while it waits for approval, or because Khaos owns the column; forgotten once it is confirmed. */
async function keepFirstSync(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	confirmed: Settled[],
	unfinished: Settled[],
): Promise<void> {
	const waiting = unfinished.filter(({ outcome }) => outcome.state === 'held');
	const found = [...confirmed.filter(({ row }) => row.kind === 'stockItem'), ...waiting].map(({ row, result }) => ({
		changeId: row.change_id,
		recordId: row.record_id,
		...sourceOf(row),
		reason: result.reason,
		differences: result.firstSync ?? [],
	}));
	await saveDifferences(tx, environmentId, found);
	await waitForApproval(tx, environmentId, settings.heldStatusAfterMs, found.slice(found.length - waiting.length));
}

async function confirmRecords(tx: Transaction, confirmed: Settled[]): Promise<void> {
	if (confirmed.length === 0) return;
	await tx.run(
		`UPDATE records SET confirmed = r.desired, confirmed_version = r.version, confirmed_at = ?, uncertain = 0, taken_since = 0,
			present = CASE WHEN kind = 'status' THEN present ELSE 1 END
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', desired: 'text', version: 'text' })} WHERE records.record_id = r.record_id`,
		tx.now,
		jsonParameter(
			confirmed.map(({ row }) => ({ record_id: row.record_id, desired: row.desired, version: row.version })),
		),
	);
}

/** A read-back that came with a result is an observation like any other. */
async function observeSettled(tx: Transaction, environmentId: number, settled: Settled[]): Promise<void> {
	const seen = settled.flatMap((one) => {
		const readBack = readBackOf(one);
		return readBack ? [{ row: one.row, readBack }] : [];
	});
	const gone = await presentAmong(
		tx,
		environmentId,
		seen.filter(({ row, readBack }) => row.kind === 'stockItem' && !readBack.exists).map(({ row }) => row.key),
	);
	if (seen.length > 0) {
		await tx.run(
			`UPDATE records SET read_back = r.read_back, read_back_at = ?, present = COALESCE(r.present, records.present), uncertain = 0
			 FROM ${tx.dialect.rows('r', { record_id: 'integer', read_back: 'text', present: 'integer' })} WHERE records.record_id = r.record_id`,
			tx.now,
			jsonParameter(
				seen.map(({ row, readBack }) => ({
					record_id: row.record_id,
					read_back: JSON.stringify(readBack),
					// That a kit or a price is there says nothing of what it is like: only a confirmation meets a need for it.
					present: row.kind === 'stockItem' ? Number(readBack.exists) : null,
				})),
			),
		);
	}
	const present = settled.filter(
		({ row, result, outcome }) =>
			row.kind === 'stockItem' && (result.readBack?.exists ?? outcome.state === 'confirmed'),
	);
	await tx.run(
		`UPDATE records SET present = 1 WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(present.map(({ row }) => row.record_id)),
	);
	await meetNeeds(
		tx,
		environmentId,
		'stockItem',
		present.map(({ row }) => row.key),
	);
	await missNeeds(tx, gone);
}

function readBackOf({ row, result }: Settled): { exists: boolean } | null | undefined {
	if (row.kind === 'kit') return result.kitReadBack;
	return row.kind === 'price' ? result.priceReadBack : row.kind === 'stockItem' ? result.readBack : null;
}

async function keepUnfinished(tx: Transaction, unfinished: Settled[]): Promise<void> {
	if (unfinished.length === 0) return;
	await tx.run(
		`UPDATE changes SET state = r.state, failures = r.failures, due_at = r.due_at, ready_at = NULL, purpose = r.purpose, awaiting = r.awaiting,
			sent_at = r.sent_at, checks = r.checks, overdue = r.overdue,
			reason = r.reason, remedy = r.remedy, differences = r.differences, lease_token = NULL, lease_until = NULL, taken_at = NULL
		 FROM ${tx.dialect.rows('r', { change_id: 'integer', state: 'text', failures: 'integer', due_at: 'integer', purpose: 'text', awaiting: 'text', sent_at: 'integer', checks: 'integer', overdue: 'integer', reason: 'text', remedy: 'text', differences: 'text' })}
		 WHERE changes.change_id = r.change_id`,
		jsonParameter(
			unfinished.map(({ row, result, outcome }) => ({
				change_id: row.change_id,
				state: outcome.state,
				failures: outcome.state === 'retrying' ? outcome.failures : row.failures,
				due_at: 'delayMs' in outcome ? tx.now + outcome.delayMs : null,
				// A check that shows something else is written again.
				purpose: outcome.state === 'sent' ? 'check' : row.purpose === 'check' ? 'write' : row.purpose,
				awaiting:
					outcome.state === 'sent'
						? (result.awaiting ?? row.awaiting ?? 'import')
						: outcome.state === 'held'
							? 'approval'
							: null,
				sent_at: outcome.state === 'sent' ? outcome.sentAt : null,
				checks: outcome.state === 'sent' ? outcome.checks : 0,
				overdue: outcome.state === 'sent' && outcome.overdue ? 1 : 0,
				reason: result.reason,
				remedy: result.remedy,
				differences: JSON.stringify(result.differences),
			})),
		),
	);
}

/**
 * What waits for a record is measured anew against what has just been confirmed: content that came back to it need not be
 * sent, and the lane of the rest follows from what still differs.
 */
async function reweighWaiting(tx: Transaction, environmentId: number, confirmed: Settled[]): Promise<void> {
	if (confirmed.length === 0) return;
	const waiting = await tx.all<
		Pick<OpenRow, 'change_id' | 'record_id' | 'kind' | 'key' | 'version' | 'desired' | 'source'> & { lane: Lane }
	>(
		`SELECT change_id, record_id, kind, key, version, lane, desired, source FROM changes WHERE state IN ('queued', 'held') AND attempt = 0
			AND purpose = 'write' AND ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(confirmed.map(({ row }) => row.record_id)),
	);
	const confirmedDesired = new Map(
		confirmed.map(({ row }) => [row.record_id, JSON.parse(row.desired) as Record<string, unknown>]),
	);
	const same: number[] = [];
	const trail: TrailEntry[] = [];
	const changed: Array<{ change_id: number; lane: Lane; changed_fields: string }> = [];
	for (const row of waiting) {
		const desired = JSON.parse(row.desired) as Record<string, unknown>;
		const former = confirmedDesired.get(row.record_id)!;
		const { fields, lane } = weigh(row.kind, desired, { confirmed: former, readBack: null }, row.lane);
		if (sameContent(row.kind, desired, former)) {
			same.push(row.change_id);
			const { kind, key, version, source } = row;
			const { primaryId } = JSON.parse(source) as { primaryId: string };
			trail.push({
				kind,
				key,
				primaryId,
				event: 'dropped',
				version,
				details: { reason: 'Changed back to what is confirmed' },
			});
		} else changed.push({ change_id: row.change_id, lane, changed_fields: JSON.stringify(fields) });
	}
	if (same.length > 0)
		await tx.run(`DELETE FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`, jsonParameter(same));
	await writeTrail(tx, environmentId, trail);
	if (changed.length > 0) {
		await tx.run(
			`UPDATE changes SET lane = r.lane, changed_fields = r.changed_fields
			 FROM ${tx.dialect.rows('r', { change_id: 'integer', lane: 'integer', changed_fields: 'text' })} WHERE changes.change_id = r.change_id`,
			jsonParameter(changed),
		);
	}
}

function trailOf(now: number, { row, result, outcome }: Settled): TrailEntry[] {
	const event =
		outcome.state === 'confirmed'
			? result.adopted
				? 'adopted'
				: 'confirmed'
			: outcome.state === 'retrying'
				? 'retry'
				: outcome.state;
	const { repair } = JSON.parse(row.source) as { repair?: boolean };
	const updated = repair === true ? NaN : Date.parse(row.version);
	const entry = {
		kind: row.kind,
		// Only a stock code is without regard to case; a price's key holds the name of its list, as Khaos spells it.
		key: row.kind === 'stockItem' || row.kind === 'kit' ? keyOf(row.key) : row.key,
		primaryId: sourceOf(row).primaryId,
		version: row.version,
	};
	const settledEntry: TrailEntry = {
		...entry,
		event,
		lag:
			outcome.state === 'confirmed' && row.purpose !== 'lookUp' && Number.isFinite(updated)
				? Math.max(0, now - updated)
				: null,
		lane: outcome.state === 'confirmed' ? row.lane : null,
		details: {
			attempt: row.attempt,
			...(row.purpose === 'write' ? {} : { purpose: row.purpose }),
			...(result.reason === '' ? {} : { reason: result.reason }),
			...(result.differences.length === 0 ? {} : { differences: result.differences }),
		},
	};
	return [...takenEntry(row, entry), settledEntry];
}
