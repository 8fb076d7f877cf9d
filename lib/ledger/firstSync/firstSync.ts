import { everything, isApproved, isEverything, strictest } from '../../khaos/delivery/firstSync';
import { STOCK_CODE } from '../../khaos/columns';
import type { Approval } from '../../shapes';
import { jsonParameter, type SqlValue, type Transaction } from '../store/database';
import { putStatuses } from '../status/status';

/** A setting that nobody has shown for so long counts no more: its workflow is switched off or deleted (ms). */
const forgottenAfterMs = 24 * 60 * 60_000;

/** Of a record that was never confirmed, and of which something may have to be approved. SQL over `records`. */
const guarded = 'records.confirmed IS NULL AND records.cleared = 0';

/** A trigger or node that takes batches, and may write what its First Sync allows. `label`: as people know it. */
export interface Taker {
	id: string;
	label: string;
}

interface SettingRow {
	label: string;
	policy: string;
	seen_at: number;
}

/**
 * What this taker is set to let through. Several takers of one ledger are as strict as the strictest of them, so that a second
 * trigger never writes what the first only reports. When that becomes less strict, what it allows goes.
 * @param taker the node's id, and what people know it by.
 * @returns how many changes waited for just that.
 */
export async function setFirstSync(
	tx: Transaction,
	environmentId: number,
	taker: Taker,
	approval: Approval,
): Promise<number> {
	const policy = JSON.stringify(approval);
	await tx.run(
		`INSERT INTO first_sync_settings (environment_id, taker, label, policy, seen_at) VALUES (?, ?, ?, ?, ?)
		 ON CONFLICT (environment_id, taker) DO UPDATE SET label = excluded.label, policy = excluded.policy, seen_at = excluded.seen_at`,
		environmentId,
		taker.id,
		taker.label,
		policy,
		tx.now,
	);
	const settings = await firstSyncSettings(tx, environmentId);
	const effective = settings.map((setting) => setting.approval).reduce(strictest, everything);
	const before = await approvalIn(tx, environmentId);
	if (JSON.stringify(before) === JSON.stringify(effective)) return 0;
	await tx.run(
		`INSERT INTO first_sync (environment_id, policy, changed_at) VALUES (?, ?, ?)
		 ON CONFLICT (environment_id) DO UPDATE SET policy = excluded.policy, changed_at = excluded.changed_at`,
		environmentId,
		JSON.stringify(effective),
		tx.now,
	);
	return await releaseApproved(tx, environmentId, effective);
}

/** The settings that count, each with its taker. */
export async function firstSyncSettings(
	tx: Transaction,
	environmentId: number,
): Promise<Array<{ taker: string; approval: Approval; seenAt: string }>> {
	const rows = await tx.all<SettingRow>(
		'SELECT label, policy, seen_at FROM first_sync_settings WHERE environment_id = ? AND seen_at > ? ORDER BY taker',
		environmentId,
		tx.now - forgottenAfterMs,
	);
	return rows.map((row) => ({
		taker: row.label,
		approval: JSON.parse(row.policy) as Approval,
		seenAt: new Date(row.seen_at).toISOString(),
	}));
}

/** What may be written of items that were never confirmed. */
export async function approvalIn(tx: Transaction, environmentId: number): Promise<Approval> {
	const row = await tx.get<{ policy: string }>('SELECT policy FROM first_sync WHERE environment_id = ?', environmentId);
	return row === undefined ? everything : (JSON.parse(row.policy) as Approval);
}

/** What waits for something that is allowed now is free to go. Of these changes, or of all. */
async function releaseApproved(
	tx: Transaction,
	environmentId: number,
	approval: Approval,
	changeIds?: number[],
): Promise<number> {
	const { condition, parameters } = allowedFields(tx, approval);
	return await tx.changed(
		`UPDATE changes SET state = CASE WHEN unmet > 0 THEN 'held' ELSE 'queued' END, awaiting = NULL, attempt = 0, ready_at = ?, hold_told = 0,
			held_since = CASE WHEN unmet > 0 THEN CAST(? AS BIGINT) END, reason = '', remedy = '', differences = '[]'
		 WHERE environment_id = ? AND state = 'held' AND awaiting = 'approval' ${changeIds === undefined ? '' : `AND ${tx.dialect.among('change_id', 'integer')}`}
			AND EXISTS (SELECT 1 FROM first_sync_differences AS waiting
				WHERE waiting.record_id = changes.record_id AND waiting.owner = 'pimberly' AND ${condition})`,
		tx.now,
		tx.now,
		environmentId,
		...(changeIds === undefined ? [] : [jsonParameter(changeIds)]),
		...parameters,
	);
}

function allowedFields(
	tx: Transaction,
	{ columns, newItems }: Approval,
): { condition: string; parameters: SqlValue[] } {
	const isNew = `waiting.field = '${STOCK_CODE}'`;
	if (columns === 'all') return { condition: newItems ? '1 = 1' : `NOT (${isNew})`, parameters: [] };
	const group = isApproved({ columns, newItems }, 'Harmonisation:') ? `OR waiting.field LIKE 'Harmonisation:%'` : '';
	return {
		condition: `(${tx.dialect.among('waiting.field')} ${group} ${newItems ? `OR ${isNew}` : ''})`,
		parameters: [jsonParameter(columns.filter((column) => column !== STOCK_CODE))],
	};
}

/** Nothing is written of what is only looked at. */
const nothing: Approval = { columns: [], newItems: false };

/** For each of these changes that is about an item of which something may have to be approved: what may be written of it. */
export async function approvalsFor(
	tx: Transaction,
	environmentId: number,
	changeIds: number[],
): Promise<Map<number, Approval>> {
	const approval = await approvalIn(tx, environmentId);
	if (isEverything(approval)) return new Map();
	const rows = await tx.all<{ change_id: number; unmet: number }>(
		`SELECT changes.change_id, changes.unmet FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.kind = 'stockItem' AND changes.purpose <> 'lookUp' AND ${guarded} AND ${tx.dialect.among('changes.change_id', 'integer')}`,
		jsonParameter(changeIds),
	);
	return new Map(rows.map((row) => [row.change_id, row.unmet > 0 ? nothing : approval]));
}

/** What is held for its parent is compared all the same while something may have to be approved: the list is to be whole. */
export async function neverCompared(tx: Transaction, environmentId: number, limit: number): Promise<number[]> {
	if (limit <= 0 || isEverything(await approvalIn(tx, environmentId))) return [];
	const rows = await tx.all<{ change_id: number }>(
		`SELECT changes.change_id FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.environment_id = ? AND changes.state = 'held' AND changes.awaiting IS NULL AND changes.kind = 'stockItem'
			AND changes.purpose <> 'lookUp' AND ${guarded}
			AND NOT EXISTS (SELECT 1 FROM first_sync_differences AS seen WHERE seen.record_id = changes.record_id)
		 ORDER BY changes.change_id LIMIT ?`,
		environmentId,
		limit,
	);
	return rows.map((row) => row.change_id);
}

/** A change of which something has to be approved. */
export interface Unapproved {
	changeId: number;
	primaryId: string;
	internalId: string;
	reason: string;
}

/**
 * These changes wait for a person from now on. That is no hold that lasts too long, and Pimberly is told after a while.
 * Where what they wait for was allowed while they were in flight, they go again at once.
 */
export async function waitForApproval(
	tx: Transaction,
	environmentId: number,
	delayMs: number,
	found: Unapproved[],
): Promise<void> {
	if (found.length === 0) return;
	const ids = found.map(({ changeId }) => changeId);
	await tx.run(
		`UPDATE changes SET hold_told = 1, held_since = ?, attempt = 0, failures = 0
		 WHERE state = 'held' AND awaiting = 'approval' AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		jsonParameter(ids),
	);
	await putStatuses(
		tx,
		environmentId,
		found.map(({ primaryId, internalId, reason }) => ({
			primaryId,
			internalId,
			status: 'Held',
			message: reason,
			stockId: '',
			delayMs,
		})),
	);
	await releaseApproved(tx, environmentId, await approvalIn(tx, environmentId), ids);
}
