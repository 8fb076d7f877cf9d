import type { KnownSku, MissingOutcome, MissingPort } from '../../monitor/missingPort';
import { keyOf, type DesiredStockItem } from '../../shapes';
import { jsonParameter, type Database, type Transaction } from '../store/database';
import { dropDeletedProducts } from '../intake/deletedProducts';
import {
	openExceptions,
	resolveExceptions,
	resolveExceptionsOfRecords,
	resolveWhere,
	type NewException,
} from '../exceptions/exceptions';
import type { ChangeState } from '../changes/placement';

/** The ledger as what the search for missing SKUs knows; see MissingPort for what each call promises. */
export function missingPort(database: Database, environmentId: number): MissingPort {
	return {
		knownSkus: async (skus) => await database.read(async (tx) => await knownSkus(tx, environmentId, skus)),

		unclaimedItems: async (after, limit) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ key: string; stock_code: string; parent_code: string }>(
					`SELECT key, stock_code, parent_code FROM stock_list WHERE environment_id = ? AND key > ?
						AND NOT EXISTS (SELECT 1 FROM products WHERE products.environment_id = stock_list.environment_id AND products.stock_key = stock_list.key)
					 ORDER BY key LIMIT ?`,
					environmentId,
					after,
					limit,
				);
				return rows.map((row) => ({ key: row.key, stockCode: row.stock_code, parentCode: row.parent_code }));
			}),

		claimedProducts: async (after, limit) =>
			await database.read(async (tx) => {
				// What is known to be deleted needs no second look.
				const rows = await tx.all<{ primary_id: string }>(
					`SELECT primary_id FROM products WHERE environment_id = ? AND primary_id > ? AND (stock_key IS NOT NULL OR rejected IS NOT NULL)
						AND NOT EXISTS (SELECT 1 FROM exceptions WHERE exceptions.environment_id = products.environment_id AND type = 'orphan'
							AND exceptions.primary_id = products.primary_id AND resolved_at IS NULL)
					 ORDER BY primary_id LIMIT ?`,
					environmentId,
					after,
					limit,
				);
				return rows.map((row) => row.primary_id);
			}),

		orphanedProducts: async () =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ primary_id: string }>(
					`SELECT primary_id FROM exceptions WHERE environment_id = ? AND type = 'orphan' AND primary_id <> '' AND resolved_at IS NULL`,
					environmentId,
				);
				return rows.map((row) => row.primary_id);
			}),

		stockTypes: async () => {
			const types = new Set<string>();
			for (let after = 0; ; ) {
				const rows = await database.read(
					async (tx) =>
						await tx.all<{ record_id: number; confirmed: string }>(
							`SELECT record_id, confirmed FROM records WHERE environment_id = ? AND kind = 'stockItem' AND record_id > ? AND confirmed IS NOT NULL
							 ORDER BY record_id LIMIT 1000`,
							environmentId,
							after,
						),
				);
				if (rows.length === 0) return types;
				after = rows.at(-1)!.record_id;
				for (const { confirmed } of rows) {
					const type = (JSON.parse(confirmed) as DesiredStockItem).columns['STOCK_TYPE1']?.trim();
					if (type) types.add(type);
				}
			}
		},

		record: async (outcome) => await database.write(async (tx) => await record(tx, environmentId, outcome)),
	};
}

async function knownSkus(tx: Transaction, environmentId: number, skus: string[]): Promise<Map<string, KnownSku>> {
	const rows = await tx.all<{
		stock_key: string | null;
		primary_id: string;
		rejected: string | null;
		confirmed: number;
		state: ChangeState | null;
		reason: string | null;
	}>(
		`SELECT products.stock_key, products.primary_id, products.rejected, CASE WHEN records.confirmed IS NULL THEN 0 ELSE 1 END AS confirmed,
			changes.state, changes.reason
		 FROM products
		 LEFT JOIN records ON records.environment_id = products.environment_id AND records.kind = 'stockItem' AND records.key = products.stock_key
		 LEFT JOIN changes ON changes.record_id = records.record_id AND changes.state <> 'next'
		 WHERE products.environment_id = ?
			AND (${tx.dialect.among('products.stock_key')} OR (products.stock_key IS NULL AND ${tx.dialect.among('products.primary_id')}))`,
		environmentId,
		jsonParameter(skus.map(keyOf)),
		jsonParameter(skus),
	);
	return new Map(
		rows.map((row) => [
			row.stock_key ?? keyOf(row.primary_id),
			{
				key: row.stock_key ?? keyOf(row.primary_id),
				primaryId: row.primary_id,
				confirmed: row.confirmed === 1,
				why: why(row.rejected, row.state, row.reason),
			},
		]),
	);
}

function why(rejected: string | null, state: ChangeState | null, reason: string | null): string {
	if (rejected !== null) return 'Its product cannot be sent as it is; another exception says why.';
	if (state === 'held') return 'It is held, because something it needs is not in Khaos Control.';
	if (state === 'failed' || state === 'retrying')
		return `It ${state === 'failed' ? 'failed' : 'is tried again'}${reason ? `: ${reason}` : '.'}`;
	return state === null ? '' : 'It is on its way.';
}

async function record(tx: Transaction, environmentId: number, outcome: MissingOutcome): Promise<void> {
	const { channel, checked, findings } = outcome;
	await dropDeletedProducts(tx, environmentId, outcome.deleted);
	await resolveExceptions(tx, environmentId, ['orphan'], outcome.restored);
	const untold = await withoutWhatIsTold(tx, environmentId, findings);
	await openExceptions(tx, environmentId, untold);
	const found = jsonParameter(untold.map(({ type, key, field }) => ({ type, key, field })));
	const notFound = `NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { type: 'text', key: 'text', field: 'text' })}
		WHERE r.type = exceptions.type AND r.key = exceptions.key AND r.field = exceptions.field)`;
	// Of this channel: what was looked at; and where that was all of it, what is no longer on it.
	await resolveWhere(
		tx,
		environmentId,
		`type IN ('missingInPimberly', 'discontinuedButLive') AND field = ? AND (${outcome.complete ? '1 = 1 OR ' : ''}${tx.dialect.among('key')}) AND ${notFound}`,
		channel,
		jsonParameter(checked),
		found,
	);
	await resolveExceptionsOfRecords(tx, environmentId, ['missingInKhaos'], outcome.inKhaos);
	if (outcome.complete) {
		// What was confirmed once is missing whether or not it is on sale.
		await resolveWhere(
			tx,
			environmentId,
			`type = 'missingInKhaos' AND value = ? AND ${notFound}
				AND NOT EXISTS (SELECT 1 FROM records WHERE records.environment_id = exceptions.environment_id AND records.kind = 'stockItem'
					AND records.key = exceptions.key AND records.confirmed IS NOT NULL)`,
			channel,
			found,
		);
	}
	if (outcome.orphansLookedFor)
		await resolveWhere(tx, environmentId, `type = 'orphan' AND primary_id = '' AND ${notFound}`, found);
}

/** What another exception of the same item says already: that one names the cause. */
const toldBy = [
	// Somebody discontinued it in Khaos behind Pimberly's back.
	{ type: 'discontinuedButLive', cause: `type = 'attributeDrift' AND field = 'DISCONTINUED'` },
	// Its product was deleted in Pimberly.
	{ type: 'missingInPimberly', cause: `type = 'orphan'` },
];

async function withoutWhatIsTold(
	tx: Transaction,
	environmentId: number,
	findings: NewException[],
): Promise<NewException[]> {
	let untold = findings;
	for (const { type, cause } of toldBy) {
		const rows = await tx.all<{ key: string }>(
			`SELECT key FROM exceptions WHERE environment_id = ? AND resolved_at IS NULL AND ${cause} AND ${tx.dialect.among('key')}`,
			environmentId,
			jsonParameter(untold.filter((finding) => finding.type === type).map(({ key }) => key)),
		);
		const told = new Set(rows.map(({ key }) => key));
		untold = untold.filter((finding) => finding.type !== type || !told.has(finding.key));
	}
	return untold;
}
