import { dropQueued } from '../intake/deletedProducts';
import { hintRelatedAgain } from '../intake/hints';
import { jsonParameter, type Transaction } from '../store/database';

/**
 * Products whose stock code changed, and that wait for a person to decide (stockCodeChanged): the item was renamed in Khaos,
 * so they may have the new code. They let go of the former one, are read again from Pimberly, and what Khaos holds under the
 * new code is compared before anything is written to it.
 *
 * @param keys the new codes, as record keys
 * @returns how many products that were
 */
export async function allowNewCodes(
	tx: Transaction,
	environmentId: number,
	keys: string[],
	reason: string,
): Promise<number> {
	const rows = await tx.all<{ primary_id: string }>(
		`SELECT DISTINCT products.primary_id FROM exceptions
		 JOIN products ON products.environment_id = exceptions.environment_id AND products.primary_id = exceptions.primary_id
		 WHERE exceptions.environment_id = ? AND exceptions.type = 'stockCodeChanged' AND products.rejected IS NOT NULL
			AND (exceptions.resolved_at IS NULL OR exceptions.resolved_by IS NOT NULL) AND ${tx.dialect.among('exceptions.key')}`,
		environmentId,
		jsonParameter(keys),
	);
	const ids = rows.map((row) => row.primary_id);
	if (ids.length === 0) return 0;
	await dropQueued(tx, environmentId, ids, reason);
	// The former item is gone from Khaos under its code: whoever has that code next is as new there.
	await tx.run(
		`UPDATE records SET primary_id = NULL, internal_id = NULL, version = NULL, desired = NULL, confirmed = NULL, confirmed_version = NULL,
			confirmed_at = NULL, read_back = NULL, read_back_at = NULL, present = NULL, dropped = NULL
		 WHERE environment_id = ? AND kind <> 'status' AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(ids),
	);
	await tx.run(
		`UPDATE products SET stock_key = NULL WHERE environment_id = ? AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(ids),
	);
	await hintRelatedAgain(tx, environmentId, ids);
	return ids.length;
}
