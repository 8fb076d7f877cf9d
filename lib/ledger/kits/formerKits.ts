import { PRODUCT_TYPE_NAMES } from '../../catalogue/productType';
import type { Change, DesiredKit, KitReadBack } from '../../shapes';
import { isClearance } from '../intake/addParts';
import { jsonParameter, type Transaction } from '../store/database';
import { dropWaiting } from '../changes/placeDrafts';
import { writeTrail } from '../changes/trail';

const isKit = (kit: string | null): boolean =>
	kit !== null && ((JSON.parse(kit) as Partial<DesiredKit & KitReadBack>).components?.length ?? 0) > 0;

/**
 * Of these changes, those that would take away a relation which was never there: they mean nothing, and nothing is kept
 * of them.
 */
export async function nothingToClear(tx: Transaction, environmentId: number, changes: Change[]): Promise<Set<Change>> {
	const clearances = changes.filter(isClearance);
	if (clearances.length === 0) return new Set();
	const rows = await tx.all<{ key: string; confirmed: string | null; read_back: string | null; taken_since: number }>(
		`SELECT key, confirmed, read_back, taken_since FROM records WHERE environment_id = ? AND kind = 'kit' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(clearances.map(({ key }) => key)),
	);
	const related = new Set(
		rows.flatMap((row) => (row.taken_since === 1 || isKit(row.confirmed) || isKit(row.read_back) ? [row.key] : [])),
	);
	return new Set(clearances.filter(({ key }) => !related.has(key)));
}

/**
 * A relation that waits for a product which is no bundle any more is not sent. One that was sent already (in a file, say)
 * stays under watch, and what Khaos holds stays as it is: taking a relation away is a change of its own.
 */
export async function dropFormerKits(tx: Transaction, environmentId: number, items: Change[]): Promise<void> {
	const types = items.map(({ key, desired }) => ({ key, type: (desired as { productType?: unknown }).productType }));
	const keys = types
		.filter(({ type }) => typeof type === 'string' && type !== PRODUCT_TYPE_NAMES.bundle)
		.map(({ key }) => key);
	if (keys.length === 0) return;
	const waiting = await tx.all<{
		record_id: number;
		key: string;
		primary_id: string | null;
		version: string;
		desired: string;
	}>(
		`SELECT changes.record_id, records.key, records.primary_id, changes.version, changes.desired FROM records
		 JOIN changes ON changes.record_id = records.record_id AND changes.state IN ('queued', 'held', 'next', 'retrying', 'failed')
		 WHERE records.environment_id = ? AND records.kind = 'kit' AND changes.purpose = 'write' AND ${tx.dialect.among('records.key')}`,
		environmentId,
		jsonParameter(keys),
	);
	const former = waiting.filter(({ desired }) => isKit(desired));
	await dropWaiting(
		tx,
		former.map(({ record_id: recordId }) => recordId),
	);
	await forgetUnsentKits(
		tx,
		environmentId,
		former.map(({ key }) => key),
	);
	await writeTrail(
		tx,
		environmentId,
		former.map(({ key, primary_id: primaryId, version }) => ({
			kind: 'kit',
			key,
			primaryId: primaryId ?? '',
			event: 'dropped',
			version,
			details: { reason: 'The product is no bundle any more' },
		})),
	);
}

/** Relations that never got to Khaos, and never will: what they named is free to be part of another kit, or a kit itself. */
export async function forgetUnsentKits(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	if (keys.length === 0) return;
	await tx.run(
		`DELETE FROM kit_components WHERE environment_id = ? AND parent_key IN
			(SELECT key FROM records WHERE records.environment_id = ? AND records.kind = 'kit' AND confirmed IS NULL AND taken_since = 0 AND ${tx.dialect.among('key')})`,
		environmentId,
		environmentId,
		jsonParameter(keys),
	);
}
