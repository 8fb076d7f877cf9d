import { contentOf } from '../changes/content';
import { jsonParameter, type Transaction } from '../store/database';
import { placeDrafts } from '../changes/placeDrafts';
import { loadRecords, nameOf } from '../changes/records';
import type { LedgerSettings } from '../settings';

/**
 * Pimberly takes no condition with a write, so one that an execution sent and nobody heard of again may arrive after a newer
 * one. The ledger remembers what may arrive and until when; a newer status that is confirmed before then is written once
 * more afterwards.
 */

interface LateRow {
	record_id: number;
	late_until: number | null;
	late_content: string | null;
}

/** These statuses were handed out, and their execution did not say that they were written: they may be all the same. */
export async function noteLateWrites(
	tx: Transaction,
	settings: Pick<LedgerSettings, 'lateWriteMs'>,
	statuses: Array<{ record_id: number; desired: string }>,
): Promise<void> {
	if (statuses.length === 0) return;
	const noted = new Map((await lateRows(tx, statuses)).map((row) => [row.record_id, row]));
	await tx.run(
		`UPDATE records SET late_until = ?, late_content = r.late_content
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', late_content: 'text' })} WHERE records.record_id = r.record_id`,
		tx.now + settings.lateWriteMs,
		jsonParameter(
			statuses.map(({ record_id, desired }) => {
				const content = contentOf('status', JSON.parse(desired) as Record<string, unknown>);
				const before = noted.get(record_id);
				const another = before !== undefined && before.late_until! > tx.now && before.late_content !== content;
				return { record_id, late_content: another ? null : content };
			}),
		),
	);
}

/** These statuses are confirmed: where another content may still arrive, they are written again when it no longer can. */
export async function followLateWrites(
	tx: Transaction,
	environmentId: number,
	confirmed: Array<{ record_id: number; key: string; desired: string; source: string }>,
): Promise<void> {
	if (confirmed.length === 0) return;
	const late = new Map((await lateRows(tx, confirmed)).map((row) => [row.record_id, row]));
	if (late.size === 0) return;
	const over = [...late.values()].filter((row) => row.late_until! <= tx.now).map((row) => row.record_id);
	await tx.run(
		`UPDATE records SET late_until = NULL, late_content = NULL WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(over),
	);
	const threatened = confirmed.filter(({ record_id, desired }) => {
		const row = late.get(record_id);
		if (row === undefined || over.includes(record_id)) return false;
		return row.late_content !== contentOf('status', JSON.parse(desired) as Record<string, unknown>);
	});
	const records = await loadRecords(
		tx,
		environmentId,
		threatened.map(({ key }) => ({ kind: 'status' as const, key })),
	);
	const again = threatened.flatMap(({ record_id, key, desired, source }) => {
		const record = records.get(nameOf({ kind: 'status', key }))!;
		// What waits is written soon; its own confirmation comes here again.
		if (record.waiting !== null || record.leased !== null) return [];
		record.uncertain = true;
		const from = JSON.parse(source) as { primaryId: string; internalId: string; dateUpdated: string };
		return [
			{
				record,
				needs: [],
				draft: {
					kind: 'status' as const,
					version: record.version ?? from.dateUpdated,
					lane: 2 as const,
					desired: JSON.parse(desired) as Record<string, unknown>,
					source: from,
					warnings: [],
					purpose: 'write' as const,
					delayMs: late.get(record_id)!.late_until! - tx.now,
				},
			},
		];
	});
	// So that equal news does not take the second writing away.
	await tx.run(
		`UPDATE records SET uncertain = 1 WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(again.map(({ record }) => record.recordId)),
	);
	await placeDrafts(tx, environmentId, records, again);
}

const lateRows = async (tx: Transaction, records: Array<{ record_id: number }>): Promise<LateRow[]> =>
	await tx.all<LateRow>(
		`SELECT record_id, late_until, late_content FROM records
		 WHERE late_until IS NOT NULL AND ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(records.map((record) => record.record_id)),
	);
