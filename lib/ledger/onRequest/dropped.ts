import type { Kind, Need } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { KIT_FIELD, openExceptions, resolveWhere, type NewException } from '../exceptions/exceptions';
import type { Draft } from '../changes/placement';
import { subjectOf } from '../changes/subject';

/** A change that a person dropped, as its record remembers it. */
export interface DroppedChange {
	/** In the person's words. */
	reason: string;
	draft: Draft;
	needs: Need[];
}

/** Keep in mind what was dropped; null: it is of no account any more. */
export async function rememberDropped(
	tx: Transaction,
	rows: Array<{ recordId: number; dropped: DroppedChange | null }>,
): Promise<void> {
	if (rows.length === 0) return;
	await tx.run(
		`UPDATE records SET dropped = r.dropped FROM ${tx.dialect.rows('r', { record_id: 'integer', dropped: 'text' })} WHERE records.record_id = r.record_id`,
		jsonParameter(
			rows.map(({ recordId, dropped }) => ({
				record_id: recordId,
				dropped: dropped === null ? null : JSON.stringify(dropped),
			})),
		),
	);
}

interface HeldRow {
	change_id: number;
	kind: Kind;
	key: string;
	source: string;
}

/**
 * What is held for these records is for a person to look at while one of them is dropped and not in Khaos: an exception
 * says so at once. When none of them is any more, that exception is resolved, and the hold counts from now.
 */
export async function tellDependants(tx: Transaction, environmentId: number, recordIds: number[]): Promise<void> {
	if (recordIds.length === 0) return;
	const held = await tx.all<HeldRow>(
		`SELECT DISTINCT changes.change_id, changes.kind, changes.key, changes.source FROM change_needs JOIN changes ON changes.change_id = change_needs.change_id
		 WHERE change_needs.met = 0 AND changes.state = 'held' AND changes.kind <> 'status' AND ${tx.dialect.among('change_needs.need_record_id', 'integer')}`,
		jsonParameter(recordIds),
	);
	if (held.length === 0) return;
	const needed = await tx.all<{ change_id: number; key: string; dropped: string }>(
		`SELECT change_needs.change_id, records.key, records.dropped FROM change_needs JOIN records ON records.record_id = change_needs.need_record_id
		 WHERE change_needs.met = 0 AND records.dropped IS NOT NULL AND ${tx.dialect.among('change_needs.change_id', 'integer')}
		 ORDER BY records.key`,
		jsonParameter(held.map((change) => change.change_id)),
	);
	const waitsFor = new Map<number, Array<{ key: string; reason: string }>>();
	for (const { change_id: id, key, dropped } of needed) {
		const { reason } = JSON.parse(dropped) as DroppedChange;
		waitsFor.set(id, [...(waitsFor.get(id) ?? []), { key, reason }]);
	}
	const stuck = held.filter(({ change_id: id }) => waitsFor.has(id));
	await openExceptions(
		tx,
		environmentId,
		stuck.map((change) => stuckBehind(change, waitsFor.get(change.change_id)!)),
	);
	await tx.run(
		`UPDATE changes SET hold_told = 1 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(stuck.map((change) => change.change_id)),
	);
	await holdAsBefore(
		tx,
		environmentId,
		held.filter((change) => !stuck.includes(change)),
	);
}

function stuckBehind({ kind, key, source }: HeldRow, needed: Array<{ key: string; reason: string }>): NewException {
	const names = needed.map((need) => need.key).join(', ');
	return {
		type: 'heldTooLong',
		primaryId: (JSON.parse(source) as { primaryId: string }).primaryId,
		key,
		field: fieldOf(kind),
		value: names,
		reason: `${subjectOf(kind, key)} waits for ${needed.map((need) => `${need.key}, which was dropped (${need.reason})`).join(', and for ')}.`,
		remedy: `Bring ${names} back with Sequencer: Replay, make it in Khaos, or take the relation away in Pimberly. To send it all the same, end the hold with Sequencer: Release.`,
	};
}

const fieldOf = (kind: Kind): string => (kind === 'kit' ? KIT_FIELD : '');

async function holdAsBefore(tx: Transaction, environmentId: number, held: HeldRow[]): Promise<void> {
	if (held.length === 0) return;
	await resolveWhere(
		tx,
		environmentId,
		`type = 'heldTooLong' AND EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { key: 'text', field: 'text' })} WHERE r.key = exceptions.key AND r.field = exceptions.field)`,
		jsonParameter(held.map(({ kind, key }) => ({ key, field: fieldOf(kind) }))),
	);
	await tx.run(
		`UPDATE changes SET hold_told = 0, held_since = ? WHERE hold_told = 1 AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		jsonParameter(held.map((change) => change.change_id)),
	);
}
