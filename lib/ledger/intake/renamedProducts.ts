import type { Change } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { writeTrail } from '../changes/trail';
import type { KnownProduct } from './products';

interface Rename {
	before: KnownProduct;
	/** The primary id it has by now. */
	primaryId: string;
	version: string;
}

/**
 * Products that have another primary id in Pimberly than when they came before: the internal id is what stays. What the
 * ledger knows of such a product goes on under the new id, so that its stock item is still its own, and a stock code that
 * changed with the id is seen to have changed. A product of an older reading renames nothing, and an id that another
 * product has had is not taken from it.
 *
 * @param known what is known of the arriving products, and of their internal ids; renamed products are under their new id
 * afterwards
 * @returns the new ids of the products that were renamed
 */
export async function followRenames(
	tx: Transaction,
	environmentId: number,
	arriving: Array<Change['source']>,
	known: Map<string, KnownProduct>,
): Promise<string[]> {
	const renames = renamesAmong(arriving, known);
	if (renames.length === 0) return [];
	for (const { before, primaryId } of renames) {
		known.delete(before.primaryId);
		known.set(primaryId, { ...before, primaryId });
	}
	const pairs = jsonParameter(
		renames.map(({ before, primaryId }) => ({ former: before.primaryId, present: primaryId })),
	);
	const rows = tx.dialect.rows('r', { former: 'text', present: 'text' });
	// What Pimberly was to be told under the former id reaches nobody any more.
	await tx.run(
		`DELETE FROM changes WHERE state <> 'leased' AND record_id IN (SELECT records.record_id FROM records
			JOIN ${rows} ON records.key = r.former WHERE records.environment_id = ? AND records.kind = 'status')`,
		pairs,
		environmentId,
	);
	await tx.run(
		`UPDATE records SET primary_id = r.present FROM ${rows}
		 WHERE records.environment_id = ? AND records.primary_id = r.former AND records.kind <> 'status'`,
		pairs,
		environmentId,
	);
	await tx.run(
		`UPDATE products SET primary_id = r.present FROM ${rows}
		 WHERE products.environment_id = ? AND products.primary_id = r.former`,
		pairs,
		environmentId,
	);
	await tx.run(
		`UPDATE exceptions SET primary_id = r.present FROM ${rows}
		 WHERE exceptions.environment_id = ? AND exceptions.primary_id = r.former
			AND NOT EXISTS (SELECT 1 FROM exceptions AS open WHERE open.environment_id = exceptions.environment_id
				AND open.primary_id = r.present AND open.resolved_at IS NULL)`,
		pairs,
		environmentId,
	);
	await writeTrail(
		tx,
		environmentId,
		renames.map(({ before, primaryId, version }) => ({
			kind: 'stockItem',
			key: before.stockKey ?? primaryId,
			primaryId,
			event: 'renamed',
			version,
			details: { before: before.primaryId },
		})),
	);
	return renames.map(({ primaryId }) => primaryId);
}

function renamesAmong(arriving: Array<Change['source']>, known: Map<string, KnownProduct>): Rename[] {
	const names = new Set(arriving.map(({ primaryId }) => primaryId));
	const byInternalId = new Map([...known.values()].map((product) => [product.internalId, product]));
	const renames = new Map<string, Rename>();
	for (const { primaryId, internalId, dateUpdated: version } of arriving) {
		const before = internalId === '' || known.has(primaryId) ? undefined : byInternalId.get(internalId);
		if (before === undefined || names.has(before.primaryId) || version <= before.version) continue;
		renames.set(before.primaryId, { before, primaryId, version });
	}
	return [...renames.values()];
}
