import type { Change, Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { isAboutRecord, KIT_FIELD, openExceptions, resolveWhere } from '../exceptions/exceptions';
import { freeLaunches } from '../status/launchGate';
import { sampleHealth } from './monitor';
import { placeDrafts } from '../changes/placeDrafts';
import { loadRecords, nameOf } from '../changes/records';
import type { LedgerSettings } from '../settings';
import { subjectOf } from '../changes/subject';
import { bringBack, endQuietFailures } from '../exceptions/recurringExceptions';
import { waitsOf } from './stats';

/** How many holds are looked at in one go; the next go takes the next ones. */
const atOnce = 1_000;

/** What one round of housekeeping did. */
export interface Housekeeping {
	/** Holds that have become exceptions. */
	heldTooLong: number;
	/** Exceptions whose hold has ended. */
	ended: number;
	/** Needed records that Khaos will be asked for again. */
	lookUps: number;
}

/**
 * Look over what is held: a hold longer than `heldTooLongMs` becomes an exception, which is resolved when the hold ends;
 * and Khaos is asked again for what such a hold waits for and nobody sends, since a person may have made it by hand.
 * A sample of the sync's health is kept for the charts. Whoever asks, it is done once in `housekeepingMs` for an environment.
 * @returns null when it was done a moment ago.
 */
export async function housekeeping(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
): Promise<Housekeeping | null> {
	const due = await tx.changed(
		`INSERT INTO housekeeping (environment_id, done_at) VALUES (?, ?)
		 ON CONFLICT (environment_id) DO UPDATE SET done_at = excluded.done_at WHERE housekeeping.done_at <= excluded.done_at - ?`,
		environmentId,
		tx.now,
		settings.housekeepingMs,
	);
	if (due === 0) return null;
	await freeLaunches(tx, environmentId);
	await sampleHealth(tx, environmentId);
	await bringBack(tx, environmentId);
	await endQuietFailures(tx, environmentId);
	return {
		ended: await resolveEndedHolds(tx, environmentId),
		heldTooLong: await tellLongHolds(tx, environmentId, settings),
		lookUps: await lookAgain(tx, environmentId, settings),
	};
}

async function resolveEndedHolds(tx: Transaction, environmentId: number): Promise<number> {
	return await resolveWhere(
		tx,
		environmentId,
		`type = 'heldTooLong' AND NOT EXISTS (SELECT 1 FROM records JOIN changes ON changes.record_id = records.record_id AND changes.state = 'held'
				WHERE ${isAboutRecord})`,
	);
}

/**
 * Something that this change needs will not come by itself: nothing is on its way for it, or what is has failed, or is a
 * hold that is an exception itself. Behind a parent that is queued, in flight or tried again a long queue is no fault of the
 * product: whoever looks after the queue sees that in its depth and lag. A parent that waits for approval waits for a person.
 * What a price or a kit's relation waits for in its own product is an exception of that item already.
 */
const waitsInVain = `EXISTS (
	SELECT 1 FROM change_needs WHERE change_needs.change_id = changes.change_id AND change_needs.met = 0
		AND NOT EXISTS (SELECT 1 FROM changes AS moving WHERE moving.record_id = change_needs.need_record_id AND moving.purpose <> 'lookUp'
			AND (moving.state IN ('queued', 'leased', 'next', 'retrying', 'sent') OR (moving.state = 'held' AND (moving.hold_told = 0 OR moving.awaiting = 'approval'))
				OR (moving.state IN ('held', 'failed') AND EXISTS (SELECT 1 FROM records AS own JOIN records AS item ON item.primary_id = own.primary_id
					WHERE own.record_id = changes.record_id AND item.record_id = moving.record_id AND own.record_id <> item.record_id)))))`;

async function tellLongHolds(tx: Transaction, environmentId: number, settings: LedgerSettings): Promise<number> {
	// A launch that is held is no trouble of its own: what it waits for tells of itself.
	const held = await tx.all<{ change_id: number; kind: Kind; key: string; source: string; held_since: number }>(
		`SELECT change_id, kind, key, source, held_since FROM changes
		 WHERE environment_id = ? AND state = 'held' AND kind <> 'status' AND hold_told = 0 AND held_since <= ? AND ${waitsInVain} ORDER BY held_since LIMIT ?`,
		environmentId,
		tx.now - settings.heldTooLongMs,
		atOnce,
	);
	if (held.length === 0) return 0;
	const waits = await waitsOf(
		tx,
		held.map((row) => row.change_id),
	);
	await openExceptions(
		tx,
		environmentId,
		held.map((row) => {
			const { waitsFor, waitingReason } = waits.get(row.change_id)!;
			const minutes = Math.floor((tx.now - row.held_since) / 60_000);
			return {
				type: 'heldTooLong',
				primaryId: (JSON.parse(row.source) as Change['source']).primaryId,
				key: row.key,
				field: row.kind === 'kit' ? KIT_FIELD : '',
				value: waitsFor.join(', '),
				reason: `${subjectOf(row.kind, row.key)} has waited for ${waitsFor.join(', ')} for ${minutes} minutes. ${waitingReason}`,
				remedy:
					'Mend what it waits for; then it is sent by itself. To send it all the same, end the hold with Sequencer: Release.',
			};
		}),
	);
	await tx.run(
		`UPDATE changes SET hold_told = 1 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(held.map((row) => row.change_id)),
	);
	return held.length;
}

/** Records that holds wait for, that nobody has sent, and that Khaos was not asked about for as long as a hold may last. */
async function lookAgain(tx: Transaction, environmentId: number, settings: LedgerSettings): Promise<number> {
	const before = tx.now - settings.heldTooLongMs;
	const unseen = await tx.all<{ key: string; source: string }>(
		`SELECT records.key, min(changes.source) AS source FROM exceptions
		 JOIN records AS waiting ON waiting.environment_id = exceptions.environment_id AND waiting.kind IN ('stockItem', 'kit', 'price') AND waiting.key = exceptions.key
		 JOIN changes ON changes.record_id = waiting.record_id AND changes.state = 'held'
		 JOIN change_needs ON change_needs.change_id = changes.change_id AND change_needs.met = 0
		 JOIN records ON records.record_id = change_needs.need_record_id
		 WHERE exceptions.environment_id = ? AND exceptions.type = 'heldTooLong' AND exceptions.resolved_at IS NULL
			AND records.kind = 'stockItem' AND records.key NOT LIKE 'primaryId:%' AND records.key NOT LIKE 'internalId:%' AND (records.read_back_at IS NULL OR records.read_back_at <= ?)
			AND NOT EXISTS (SELECT 1 FROM changes AS own WHERE own.record_id = records.record_id)
		 GROUP BY records.key LIMIT ?`,
		environmentId,
		before,
		atOnce,
	);
	const records = await loadRecords(
		tx,
		environmentId,
		unseen.map(({ key }) => ({ kind: 'stockItem' as const, key })),
	);
	await placeDrafts(
		tx,
		environmentId,
		records,
		unseen.map(({ key, source }) => {
			const from = JSON.parse(source) as Change['source'];
			const record = records.get(nameOf({ kind: 'stockItem', key }))!;
			return {
				record,
				needs: [],
				draft: {
					kind: 'stockItem' as const,
					version: record.version ?? from.dateUpdated,
					lane: 2 as const,
					desired: {},
					source: from,
					warnings: [],
					purpose: 'lookUp' as const,
					delayMs: 0,
				},
			};
		}),
	);
	return unseen.length;
}
