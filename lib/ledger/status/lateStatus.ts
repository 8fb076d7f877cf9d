import { sameContent } from '../changes/content';
import { jsonParameter, type Transaction } from '../store/database';
import { placeDrafts, type DraftFor } from '../changes/placeDrafts';
import { loadRecords } from '../changes/records';
import type { LedgerSettings } from '../settings';
import { giveBack } from '../delivery/take';

/**
 * An execution settles a status after its lease was over: it may have written an old status over a newer one, and nothing
 * tells which came last. So the newest is written once more.
 */
export async function writeStatusAgain(
	tx: Transaction,
	environmentId: number,
	settings: Pick<LedgerSettings, 'lateWriteMs'>,
	primaryIds: string[],
): Promise<void> {
	if (primaryIds.length === 0) return;
	const records = await loadRecords(
		tx,
		environmentId,
		primaryIds.map((key) => ({ kind: 'status' as const, key })),
	);
	const known = [...records.values()].filter((record) => record.kind === 'status');
	await tx.run(
		`UPDATE records SET confirmed = NULL WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(known.map((record) => record.recordId)),
	);
	await giveBack(
		tx,
		environmentId,
		settings,
		known.flatMap(({ recordId, leased }) =>
			leased?.changeId ? [{ change_id: leased.changeId, record_id: recordId }] : [],
		),
		0,
		'An older status was written late',
	);
	// What was to be written again later is written now.
	await tx.run(
		`UPDATE changes SET due_at = ? WHERE state = 'retrying' AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		jsonParameter(
			known.flatMap(({ waiting, confirmed }) =>
				waiting?.state === 'retrying' && sameContent('status', waiting.desired, confirmed) ? [waiting.changeId] : [],
			),
		),
	);
	const drafts = known.flatMap((record): DraftFor[] => {
		const { confirmed, leased, waiting, version, key, internalId } = record;
		if (confirmed === null || leased !== null || waiting !== null) return [];
		record.confirmed = null;
		const at = version ?? new Date(tx.now).toISOString();
		return [
			{
				record,
				needs: [],
				draft: {
					kind: 'status',
					version: at,
					lane: 2,
					desired: confirmed,
					source: { primaryId: key, internalId: internalId ?? '', dateUpdated: at },
					warnings: [],
					purpose: 'write',
					delayMs: 0,
				},
			},
		];
	});
	await placeDrafts(tx, environmentId, records, drafts);
}
