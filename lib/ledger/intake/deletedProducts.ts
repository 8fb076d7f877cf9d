import type { Change, Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { KIT_FIELD, openExceptions, resolveExceptions, type ExceptionType } from '../exceptions/exceptions';
import { forgetDifferences } from '../firstSync/firstSyncDifferences';
import { forgetUnsentKits } from '../kits/formerKits';
import { subjectOf } from '../changes/subject';
import { writeTrail } from '../changes/trail';

/** What is of no interest any more once its product is gone. */
const endedWithProduct: ExceptionType[] = [
	'invalidProduct',
	'duplicateStockCode',
	'stockCodeChanged',
	'failedTransfer',
	'heldTooLong',
	'circularNeed',
	'statusNotWritten',
	'missingInKhaos',
	'attributeDrift',
	'priceMismatch',
	'kitMismatch',
	'unmappedPrice',
];

/**
 * Products that Pimberly does not hold any more. What is queued for them is dropped; what is being written or read back
 * comes to its end. Khaos keeps what it has: an exception says so, for a person to decide.
 * A product that the ledger does not know means nothing.
 */
export async function dropDeletedProducts(tx: Transaction, environmentId: number, primaryIds: string[]): Promise<void> {
	const known = await tx.all<{ primary_id: string; stock_key: string | null; version: string; present: number | null }>(
		`SELECT products.primary_id, products.stock_key, products.version, records.present FROM products
		 LEFT JOIN records ON records.environment_id = products.environment_id AND records.kind = 'stockItem' AND records.key = products.stock_key
		 WHERE products.environment_id = ? AND ${tx.dialect.among('products.primary_id')}`,
		environmentId,
		jsonParameter(primaryIds),
	);
	if (known.length === 0) return;
	const ids = known.map((product) => product.primary_id);
	await dropQueued(tx, environmentId, ids, 'Its product was deleted in Pimberly.');
	await tx.run(
		`UPDATE records SET dropped = NULL WHERE environment_id = ? AND dropped IS NOT NULL AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(ids),
	);
	await tellDependants(tx, environmentId, ids);
	await resolveExceptions(tx, environmentId, endedWithProduct, ids);
	await tx.run(
		`UPDATE products SET rejected = NULL WHERE environment_id = ? AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(ids),
	);
	await openExceptions(
		tx,
		environmentId,
		known
			.filter((product) => product.stock_key !== null)
			.map(({ primary_id: primaryId, stock_key: key, present }) => ({
				type: 'orphan' as const,
				primaryId,
				key: key!,
				field: '',
				value: null,
				reason:
					present === 1
						? `Product ${primaryId} was deleted in Pimberly, and Khaos Control still holds its stock item ${key}.`
						: `Product ${primaryId} was deleted in Pimberly before its stock item ${key} was confirmed in Khaos Control.`,
				remedy: `Discontinue or remove ${key} in Khaos Control where it is there and not needed, or restore the product in Pimberly.`,
			})),
	);
}

/** What is held for a stock item that nobody will send any more is for a person to look at, at once. */
async function tellDependants(tx: Transaction, environmentId: number, primaryIds: string[]): Promise<void> {
	const held = await tx.all<{ change_id: number; kind: Kind; key: string; source: string; needed: string }>(
		`SELECT changes.change_id, changes.kind, changes.key, changes.source, records.key AS needed FROM records
		 JOIN change_needs ON change_needs.need_record_id = records.record_id AND change_needs.met = 0
		 JOIN changes ON changes.change_id = change_needs.change_id AND changes.state = 'held'
		 WHERE records.environment_id = ? AND records.kind = 'stockItem' AND ${tx.dialect.among('records.primary_id')}`,
		environmentId,
		jsonParameter(primaryIds),
	);
	if (held.length === 0) return;
	await openExceptions(
		tx,
		environmentId,
		held.map(({ kind, key, source, needed }) => ({
			type: 'heldTooLong' as const,
			primaryId: (JSON.parse(source) as Change['source']).primaryId,
			key,
			field: kind === 'kit' ? KIT_FIELD : '',
			value: needed,
			reason: `${subjectOf(kind, key)} waits for ${needed}, whose product was deleted in Pimberly.`,
			remedy: `Take the relation to ${needed} away in Pimberly, or restore its product. To send ${key} all the same, end the hold with Sequencer: Release.`,
		})),
	);
	await tx.run(
		`UPDATE changes SET hold_told = 1 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(held.map((change) => change.change_id)),
	);
}

/** What is queued for these products is dropped, with the reason in the trail; what is in somebody's hands comes to its end. */
export async function dropQueued(
	tx: Transaction,
	environmentId: number,
	primaryIds: string[],
	reason: string,
): Promise<void> {
	const dropped = await tx.all<{
		change_id: number;
		record_id: number;
		kind: Kind;
		key: string;
		version: string;
		state: string;
		primary_id: string;
	}>(
		`SELECT change_id, changes.record_id, changes.kind, changes.key, changes.version, state, primary_id FROM changes
		 JOIN records ON records.record_id = changes.record_id
		 WHERE records.environment_id = ? AND ${tx.dialect.among('primary_id')}
			AND state IN ('queued', 'held', 'next', 'retrying', 'failed') AND purpose = 'write'`,
		environmentId,
		jsonParameter(primaryIds),
	);
	await forgetUnsentKits(
		tx,
		environmentId,
		dropped.filter(({ kind }) => kind === 'kit').map(({ key }) => key),
	);
	if (dropped.length === 0) return;
	await forgetDifferences(
		tx,
		dropped.map((change) => change.record_id),
	);
	await tx.run(
		`DELETE FROM changes WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(dropped.map((change) => change.change_id)),
	);
	await writeTrail(
		tx,
		environmentId,
		dropped.map(({ kind, key, version, state, primary_id: primaryId }) => ({
			kind,
			key,
			primaryId,
			event: 'dropped' as const,
			version,
			details: { reason, state },
		})),
	);
}

/**
 * Products that came again after they were found deleted are no orphans. One that was read before the deletion and arrives
 * late does not count.
 */
export async function notDeletedAfterAll(
	tx: Transaction,
	environmentId: number,
	products: Array<{ primaryId: string; version: string }>,
): Promise<void> {
	const open = await tx.all<{ primary_id: string; opened_at: number }>(
		`SELECT primary_id, opened_at FROM exceptions WHERE environment_id = ? AND type = 'orphan' AND resolved_at IS NULL
			AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(products.map((product) => product.primaryId)),
	);
	const openedAt = new Map(open.map((row) => [row.primary_id, new Date(row.opened_at).toISOString()]));
	const back = products.filter(({ primaryId, version }) => version > (openedAt.get(primaryId) ?? '\uffff'));
	await resolveExceptions(
		tx,
		environmentId,
		['orphan'],
		back.map((product) => product.primaryId),
	);
}
