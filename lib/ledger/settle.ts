import { keyOf, type Kind, type Lane, type ReadBack, type Result } from '../shapes';
import { jsonParameter, type Transaction } from './database';
import { openExceptions, resolveExceptions, resolveExceptionsOfRecords, resolveWhere, type NewException } from './exceptions';
import { meetNeeds, missNeeds, presentAmong } from './observe';
import { sameContent, weigh } from './content';
import { writeStatusAgain } from './lateStatus';
import { followLateWrites, noteLateWrites } from './lateWrites';
import { retryDelay, type LedgerSettings } from './settings';
import { newsOfConfirmed, putStatuses, setLive, type StatusNews } from './status';
import { promoteNext } from './take';
import { writeTrail, type TrailEntry } from './trail';

export type SettleOutcome = {
	changeId: string;
	/** `overtaken`: the lease had ended or was another's; nothing was changed. */
	outcome: 'confirmed' | 'sent' | 'retrying' | 'failed' | 'overtaken';
};

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
	/** The record as last read from Khaos. */
	read_back: string | null;
}

/**
 * Sequencer: Settle. Says of each change of a batch what became of it, if the lease still holds: a result that comes too
 * late changes nothing. What a confirmed record was needed for becomes ready, and Pimberly is to be told.
 */
export async function settle(tx: Transaction, environmentId: number, settings: LedgerSettings, results: Result[]): Promise<SettleOutcome[]> {
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
			if (result.kind === 'status' && !nothingWritten && result.key && Date.parse(result.lease.until) <= tx.now) late.add(result.key);
			continue;
		}
		open.delete(result.changeId);
		const outcome = decide(settings, row, result);
		settled.push({ row, result, outcome });
		outcomes.push({ changeId: result.changeId, outcome: outcome.state });
	}
	await apply(tx, environmentId, settings, settled);
	await writeStatusAgain(tx, environmentId, settings, [...late]);
	return outcomes;
}

/** What settling needs to know of a change and its record. */
export const openColumns = `change_id, changes.record_id, changes.kind, changes.key, lane, purpose, changes.version, changes.desired, source,
	attempt, failures, lease_token, read_back`;

type Outcome =
	| { state: 'confirmed' }
	| { state: 'sent' }
	| { state: 'retrying'; failures: number; delayMs: number }
	| { state: 'failed' };

export interface Settled {
	row: OpenRow;
	result: Pick<Result, 'status' | 'reason' | 'remedy' | 'differences' | 'readBack' | 'adopted' | 'awaiting' | 'cause'>;
	outcome: Outcome;
}

/** Refusals and differences count towards the limit; an unreachable Khaos or a lost lease does not. */
function decide(settings: LedgerSettings, row: OpenRow, result: Result): Outcome {
	switch (result.status) {
		case 'confirmed':
			return { state: 'confirmed' };
		case 'sent':
			return { state: 'sent' };
		case 'failed':
			return { state: 'failed' };
		case 'retry': {
			const counts = result.cause !== 'unavailable' && result.cause !== 'notOurs';
			const failures = row.failures + (counts ? 1 : 0);
			if (failures >= settings.refusedAttempts) return { state: 'failed' };
			const delayMs = result.cause === 'notOurs' ? 0 : retryDelay(settings, row.attempt, result.retryAfter);
			return { state: 'retrying', failures, delayMs };
		}
	}
}

/** Write the outcomes down: changes, records, dependants, statuses, exceptions and the trail. */
export async function apply(tx: Transaction, environmentId: number, settings: LedgerSettings, settled: Settled[]): Promise<void> {
	if (settled.length === 0) return;
	const lookUps = settled.filter(({ row }) => row.purpose === 'lookUp');
	const writes = settled.filter(({ row }) => row.purpose !== 'lookUp');
	const confirmed = writes.filter(({ outcome }) => outcome.state === 'confirmed');
	const finished = [...confirmed, ...lookUps.filter(({ outcome }) => outcome.state !== 'retrying')];

	const statuses = writes.filter(({ row }) => row.kind === 'status');
	await noteLateWrites(
		tx,
		settings,
		statuses.filter(({ outcome, result }) => outcome.state !== 'confirmed' && result.cause !== 'notOurs').map(({ row }) => row),
	);
	await confirmRecords(tx, confirmed);
	await observeSettled(tx, environmentId, settled);
	await tx.run(`DELETE FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`, jsonParameter(finished.map(({ row }) => row.change_id)));
	// Newer content that waits makes another attempt with the older pointless.
	const unfinished = settled.filter((one) => !finished.includes(one));
	await tx.run(
		`DELETE FROM changes WHERE state = 'leased' AND ${tx.dialect.among('change_id', 'integer')}
			AND record_id IN (SELECT record_id FROM changes WHERE state = 'next' AND ${tx.dialect.among('record_id', 'integer')})`,
		jsonParameter(unfinished.map(({ row }) => row.change_id)),
		jsonParameter(unfinished.map(({ row }) => row.record_id)),
	);
	await keepUnfinished(tx, settings, unfinished);
	await promoteNext(tx, jsonParameter(settled.map(({ row }) => row.record_id)));
	await reweighWaiting(tx, environmentId, confirmed);
	await followLateWrites(tx, environmentId, confirmed.filter(({ row }) => row.kind === 'status').map(({ row }) => row));
	await meetNeeds(tx, environmentId, 'kit', confirmed.filter(({ row }) => row.kind === 'kit').map(({ row }) => row.key));
	await tellPimberly(tx, environmentId, writes);
	await keepExceptions(tx, environmentId, writes);
	await writeTrail(tx, environmentId, settled.map((one) => trailOf(tx.now, one)));
}

async function confirmRecords(tx: Transaction, confirmed: Settled[]): Promise<void> {
	if (confirmed.length === 0) return;
	await tx.run(
		`UPDATE records SET confirmed = r.desired, confirmed_version = r.version, confirmed_at = ?, uncertain = 0, taken_since = 0,
			present = CASE WHEN kind = 'status' THEN present ELSE 1 END
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', desired: 'text', version: 'text' })} WHERE records.record_id = r.record_id`,
		tx.now,
		jsonParameter(confirmed.map(({ row }) => ({ record_id: row.record_id, desired: row.desired, version: row.version }))),
	);
}

/** A read-back that came with a result is an observation like any other. */
async function observeSettled(tx: Transaction, environmentId: number, settled: Settled[]): Promise<void> {
	const seen = settled.filter(({ row, result }) => row.kind === 'stockItem' && result.readBack);
	const gone = await presentAmong(tx, environmentId, seen.filter(({ result }) => !result.readBack!.exists).map(({ row }) => row.key));
	if (seen.length > 0) {
		await tx.run(
			`UPDATE records SET read_back = r.read_back, read_back_at = ?, present = r.present, uncertain = 0
			 FROM ${tx.dialect.rows('r', { record_id: 'integer', read_back: 'text', present: 'integer' })} WHERE records.record_id = r.record_id`,
			tx.now,
			jsonParameter(
				seen.map(({ row, result }) => ({
					record_id: row.record_id,
					read_back: JSON.stringify(result.readBack),
					present: result.readBack!.exists ? 1 : 0,
				})),
			),
		);
	}
	const present = settled.filter(({ row, result, outcome }) => row.kind === 'stockItem' && (result.readBack?.exists ?? outcome.state === 'confirmed'));
	await tx.run(
		`UPDATE records SET present = 1 WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(present.map(({ row }) => row.record_id)),
	);
	await meetNeeds(tx, environmentId, 'stockItem', present.map(({ row }) => row.key));
	await missNeeds(tx, gone);
}

async function keepUnfinished(tx: Transaction, settings: LedgerSettings, unfinished: Settled[]): Promise<void> {
	if (unfinished.length === 0) return;
	await tx.run(
		`UPDATE changes SET state = r.state, failures = r.failures, due_at = r.due_at, ready_at = NULL, purpose = r.purpose, awaiting = r.awaiting,
			reason = r.reason, remedy = r.remedy, differences = r.differences, lease_token = NULL, lease_until = NULL
		 FROM ${tx.dialect.rows('r', { change_id: 'integer', state: 'text', failures: 'integer', due_at: 'integer', purpose: 'text', awaiting: 'text', reason: 'text', remedy: 'text', differences: 'text' })}
		 WHERE changes.change_id = r.change_id`,
		jsonParameter(
			unfinished.map(({ row, result, outcome }) => ({
				change_id: row.change_id,
				state: outcome.state,
				failures: outcome.state === 'retrying' ? outcome.failures : row.failures,
				due_at:
					outcome.state === 'retrying' ? tx.now + outcome.delayMs : outcome.state === 'sent' ? tx.now + settings.checkAfterMs : null,
				// A check that shows something else is written again.
				purpose: outcome.state === 'sent' ? 'check' : row.purpose === 'check' ? 'write' : row.purpose,
				awaiting: outcome.state === 'sent' ? (result.awaiting ?? 'import') : null,
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
	const waiting = await tx.all<Pick<OpenRow, 'change_id' | 'record_id' | 'kind' | 'key' | 'version' | 'desired' | 'source'> & { lane: Lane }>(
		`SELECT change_id, record_id, kind, key, version, lane, desired, source FROM changes WHERE state IN ('queued', 'held') AND attempt = 0
			AND purpose = 'write' AND ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(confirmed.map(({ row }) => row.record_id)),
	);
	const confirmedDesired = new Map(confirmed.map(({ row }) => [row.record_id, JSON.parse(row.desired) as Record<string, unknown>]));
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
			trail.push({ kind, key, primaryId, event: 'dropped', version, details: { reason: 'Changed back to what is confirmed' } });
		} else changed.push({ change_id: row.change_id, lane, changed_fields: JSON.stringify(fields) });
	}
	if (same.length > 0) await tx.run(`DELETE FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`, jsonParameter(same));
	await writeTrail(tx, environmentId, trail);
	if (changed.length > 0) {
		await tx.run(
			`UPDATE changes SET lane = r.lane, changed_fields = r.changed_fields
			 FROM ${tx.dialect.rows('r', { change_id: 'integer', lane: 'integer', changed_fields: 'text' })} WHERE changes.change_id = r.change_id`,
			jsonParameter(changed),
		);
	}
}

/** One after the other, each with its full stop. */
const sentences = (...texts: string[]): string =>
	texts
		.filter((text) => text !== '')
		.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`))
		.join(' ');

const primaryIdOf = (row: OpenRow): string => (JSON.parse(row.source) as { primaryId: string }).primaryId;
const internalIdOf = (row: OpenRow): string => (JSON.parse(row.source) as { internalId: string }).internalId;

async function tellPimberly(tx: Transaction, environmentId: number, settled: Settled[]): Promise<void> {
	const items = settled.filter(({ row }) => row.kind === 'stockItem');
	const news: StatusNews[] = [];
	const live: string[] = [];
	const notLive: string[] = [];
	for (const { row, result, outcome } of items) {
		const primaryId = primaryIdOf(row);
		const base = { primaryId, internalId: internalIdOf(row), delayMs: 0 };
		if (outcome.state === 'confirmed') {
			const stockId = result.readBack?.stockId ?? (row.read_back === null ? '' : (JSON.parse(row.read_back) as ReadBack).stockId);
			const told = newsOfConfirmed(base, JSON.parse(row.desired) as Record<string, unknown>, stockId);
			(told.status === 'Live' ? live : notLive).push(primaryId);
			news.push(told);
		} else if (outcome.state === 'failed') {
			news.push({ ...base, stockId: '', status: 'Failed', message: sentences(result.reason, result.remedy) });
		}
	}
	await setLive(tx, environmentId, live, true);
	await setLive(tx, environmentId, notLive, false);
	await putStatuses(tx, environmentId, news);
}

async function keepExceptions(tx: Transaction, environmentId: number, settled: Settled[]): Promise<void> {
	const failed = settled.filter(({ outcome }) => outcome.state === 'failed');
	await openExceptions(
		tx,
		environmentId,
		failed.map(({ row, result }) => ({
			...(row.kind === 'status' ? { type: 'statusNotWritten' as const } : failedTransferOf(row, result)),
			primaryId: primaryIdOf(row),
			key: row.key,
			field: result.differences[0]?.field ?? '',
			value: result.differences[0]?.expected ?? null,
			reason: result.reason,
			remedy: result.remedy,
		})),
	);
	const confirmed = settled.filter(({ outcome }) => outcome.state === 'confirmed');
	const of = (kind: Kind): OpenRow[] => confirmed.filter(({ row }) => row.kind === kind).map(({ row }) => row);
	const keys = (kind: Kind): string[] => of(kind).map((row) => row.key);
	await resolveExceptions(tx, environmentId, ['statusNotWritten'], of('status').map(primaryIdOf));
	await resolveEnded(tx, environmentId, confirmed.filter(({ row }) => row.kind !== 'status').map(({ row }) => row.key));
	// What was read back as desired has not drifted any more.
	await resolveExceptionsOfRecords(tx, environmentId, ['attributeDrift', 'missingInKhaos'], keys('stockItem'));
	await resolveExceptionsOfRecords(tx, environmentId, ['priceMismatch'], [...keys('stockItem'), ...keys('price')]);
	await resolveExceptionsOfRecords(tx, environmentId, ['unmappedPrice'], keys('price'));
	await resolveExceptionsOfRecords(tx, environmentId, ['kitMismatch'], keys('kit'));
}

/** Worse where Khaos does not have the item at all: nothing of it can be sold. */
function failedTransferOf(row: OpenRow, result: Settled['result']): Pick<NewException, 'type' | 'severity'> {
	const inKhaos = result.readBack?.exists ?? (row.read_back !== null && (JSON.parse(row.read_back) as ReadBack).exists);
	return { type: 'failedTransfer', ...(row.kind === 'stockItem' && !inKhaos ? { severity: 'critical' as const } : {}) };
}

/** These records came to their end: nothing of theirs is failed or held any more, but for a kit or a price beside the item. */
async function resolveEnded(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	for (const [type, state] of [['failedTransfer', 'failed'], ['heldTooLong', 'held']] as const) {
		await resolveWhere(
			tx,
			environmentId,
			`type = ? AND ${tx.dialect.among('key')} AND NOT EXISTS (SELECT 1 FROM records JOIN changes ON changes.record_id = records.record_id AND changes.state = ?
				WHERE records.environment_id = exceptions.environment_id AND records.kind IN ('stockItem', 'kit', 'price') AND records.key = exceptions.key)`,
			type,
			jsonParameter(keys),
			state,
		);
	}
}

function trailOf(now: number, { row, result, outcome }: Settled): TrailEntry {
	const event =
		outcome.state === 'confirmed' ? (result.adopted ? 'adopted' : 'confirmed') : outcome.state === 'retrying' ? 'retry' : outcome.state;
	const updated = Date.parse(row.version);
	return {
		kind: row.kind,
		key: row.kind === 'status' ? row.key : keyOf(row.key),
		primaryId: primaryIdOf(row),
		event,
		version: row.version,
		lag: outcome.state === 'confirmed' && row.purpose !== 'lookUp' && Number.isFinite(updated) ? Math.max(0, now - updated) : null,
		lane: outcome.state === 'confirmed' ? row.lane : null,
		details: {
			attempt: row.attempt,
			...(row.purpose === 'write' ? {} : { purpose: row.purpose }),
			...(result.reason === '' ? {} : { reason: result.reason }),
			...(result.differences.length === 0 ? {} : { differences: result.differences }),
		},
	};
}
