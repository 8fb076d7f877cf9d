import type { Kind } from '../../shapes';
import { entryOf } from '../onRequest/namedChanges';
import { jsonParameter, type Transaction } from '../store/database';
import { retryDelay, type LedgerSettings } from '../settings';
import { giveBack } from './take';
import { writeTrail } from '../changes/trail';

/**
 * Give a batch back that will not be settled, because its execution failed. Its changes are free at once; when that
 * happens again and again the wait grows, so that a workflow that can't work does not spin.
 * @returns how many changes went back.
 */
export async function releaseBatch(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	token: string,
	reason: string,
): Promise<number> {
	const rows = await tx.all<{ change_id: number; record_id: number; attempt: number }>(
		`SELECT change_id, record_id, attempt FROM changes WHERE environment_id = ? AND state = 'leased' AND lease_token = ?`,
		environmentId,
		token,
	);
	const attempts = Math.max(0, ...rows.map((row) => row.attempt));
	await giveBack(
		tx,
		environmentId,
		settings,
		rows,
		attempts > 1 ? retryDelay(settings, attempts - 1, null) : 0,
		reason,
	);
	return rows.length;
}

/**
 * End a hold on a person's word: what is held of these stock items, with their kit relations and prices, may be sent
 * although what it needs is not confirmed, or nobody has approved what differs in Khaos.
 * @returns how many were held and are ready now.
 */
export async function endHold(tx: Transaction, environmentId: number, keys: string[], reason: string): Promise<number> {
	const wanted = new Set(keys);
	const held = await tx.all<{ change_id: number; kind: Kind; key: string; version: string; source: string }>(
		`SELECT change_id, kind, key, version, source FROM changes WHERE environment_id = ? AND state = 'held' AND (kind = 'price' OR ${tx.dialect.among('key')})`,
		environmentId,
		jsonParameter(keys),
	);
	const rows = held.filter(
		({ kind, key }) =>
			wanted.has(key) || (kind === 'price' && keys.some((stockKey) => key.startsWith(`${stockKey} | `))),
	);
	const ids = jsonParameter(rows.map((row) => row.change_id));
	await tx.run(`UPDATE change_needs SET met = 1 WHERE ${tx.dialect.among('change_id', 'integer')}`, ids);
	await tx.run(
		`UPDATE records SET cleared = 1 WHERE record_id IN (SELECT record_id FROM changes WHERE awaiting = 'approval' AND ${tx.dialect.among('change_id', 'integer')})`,
		ids,
	);
	await tx.run(
		`UPDATE changes SET unmet = 0, state = 'queued', awaiting = NULL, ready_at = ?, held_since = NULL WHERE ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		ids,
	);
	await writeTrail(
		tx,
		environmentId,
		rows.map((row) => entryOf(row, 'ready', { reason })),
	);
	return rows.length;
}

/** How many changes a batch still holds, and until when (milliseconds since 1970; null when it holds none). */
export async function batchState(tx: Transaction, token: string): Promise<{ open: number; until: number | null }> {
	const row = await tx.get<{ open: number; until: number | null }>(
		`SELECT count(*) AS open, max(lease_until) AS until FROM changes WHERE state = 'leased' AND lease_token = ? AND lease_until > ?`,
		token,
		tx.now,
	);
	return { open: Number(row?.open ?? 0), until: row?.until ?? null };
}
