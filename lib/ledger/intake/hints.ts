import type { HintPort, TakenHint } from '../../pimberly/hintPort';
import { jsonParameter, type Database, type Transaction } from '../store/database';
import { dropDeletedProducts, notDeletedAfterAll } from './deletedProducts';
import type { Receipt } from './scan';
import { retryDelay, type LedgerSettings } from '../settings';

/** An emission of hinted products is named by the token of the reading that made it: `hint.<random>`. */
const PREFIX = 'hint.';

/**
 * Products that reached Sequencer: Add end the hints that led to them, in its transaction. A receipt of an earlier
 * emission, or of a scan, counts for the same version; a hint that came since was not emitted yet, so it stays.
 */
export async function recordHintReceipts(tx: Transaction, environmentId: number, receipts: Receipt[]): Promise<void> {
	if (receipts.length === 0) return;
	const emitted = await tx.all<{
		hint_id: number;
		emitted_id: string;
		emitted_version: string;
		lease_token: string;
		exact: number;
	}>(
		`SELECT hint_id, emitted_id, emitted_version, lease_token, exact FROM hints
		 WHERE environment_id = ? AND emitted_version IS NOT NULL AND ${tx.dialect.among('emitted_id')}`,
		environmentId,
		jsonParameter([...new Set(receipts.map((receipt) => receipt.primaryId))]),
	);
	if (emitted.length > 0) {
		const arrived = new Map<string, Receipt[]>();
		for (const receipt of receipts)
			arrived.set(receipt.primaryId, [...(arrived.get(receipt.primaryId) ?? []), receipt]);
		const ended = emitted.filter((hint) =>
			arrived
				.get(hint.emitted_id)!
				.some(
					({ emission, version }) =>
						emission === hint.lease_token ||
						(hint.exact === 0 ? version >= hint.emitted_version : version > hint.emitted_version),
				),
		);
		await tx.run(
			`DELETE FROM hints WHERE ${tx.dialect.among('hint_id', 'integer')}`,
			jsonParameter(ended.map((hint) => hint.hint_id)),
		);
	}
	await notDeletedAfterAll(tx, environmentId, receipts);
}

/**
 * These products have other parents than they were last emitted with: they are due to be read again, whoever reads or
 * carries them right now.
 */
export async function hintRelatedAgain(tx: Transaction, environmentId: number, primaryIds: string[]): Promise<void> {
	if (primaryIds.length === 0) return;
	await tx.run(
		`INSERT INTO hints (environment_id, id_kind, product_id, deleted, received_at, due_at, exact)
		 SELECT ?, 'primaryId', r.product_id, 0, ?, ?, 1 FROM ${tx.dialect.rows('r', { product_id: 'text' })} WHERE true
		 ON CONFLICT (environment_id, id_kind, product_id) DO UPDATE SET exact = 1, due_at = excluded.due_at, lease_token = NULL,
			emitted_id = NULL, emitted_version = NULL`,
		environmentId,
		tx.now,
		tx.now,
		jsonParameter(primaryIds.map((product_id) => ({ product_id }))),
	);
}

interface HintRow {
	hint_id: number;
	id_kind: TakenHint['idKind'];
	product_id: string;
	deleted: number;
	failures: number;
}

/** The ledger as the memory of Pimberly's notifications. */
export function hintPort(
	database: Database,
	environmentId: number,
	settings: LedgerSettings,
	newToken: () => string,
): HintPort {
	const end = async (tx: Transaction, token: string, hintIds: number[]): Promise<void> => {
		await tx.run(
			`DELETE FROM hints WHERE environment_id = ? AND lease_token = ? AND ${tx.dialect.among('hint_id', 'integer')}`,
			environmentId,
			token,
			jsonParameter(hintIds),
		);
	};
	const stillOurs = async (
		tx: Transaction,
		token: string,
		hintIds: number[],
	): Promise<Array<{ hint_id: number; failures: number }>> =>
		await tx.all<{ hint_id: number; failures: number }>(
			`SELECT hint_id, failures FROM hints WHERE environment_id = ? AND lease_token = ? AND ${tx.dialect.among('hint_id', 'integer')}`,
			environmentId,
			token,
			jsonParameter(hintIds),
		);

	return {
		add: async (hints) => {
			if (hints.length === 0) return;
			const unique = [...new Map(hints.map((hint) => [`${hint.idKind} ${hint.id}`, hint])).values()];
			await database.write(async (tx) => {
				// Whoever reads or carries the product right now may have read it before this change: it is read once more. That it
				// was deleted is not forgotten for an older notification that arrives late.
				await tx.run(
					`INSERT INTO hints (environment_id, id_kind, product_id, deleted, received_at, due_at)
					 SELECT ?, r.id_kind, r.product_id, r.deleted, ?, ? FROM ${tx.dialect.rows('r', { id_kind: 'text', product_id: 'text', deleted: 'integer' })} WHERE true
					 ON CONFLICT (environment_id, id_kind, product_id) DO UPDATE SET
						deleted = CASE WHEN excluded.deleted = 1 THEN 1 ELSE hints.deleted END, received_at = excluded.received_at,
						due_at = excluded.due_at, lease_token = NULL, emitted_id = NULL, emitted_version = NULL, failures = 0, last_error = NULL`,
					environmentId,
					tx.now,
					tx.now,
					jsonParameter(
						unique.map(({ idKind, id, deleted }) => ({ id_kind: idKind, product_id: id, deleted: deleted ? 1 : 0 })),
					),
				);
			});
		},

		take: async (limit, leaseMs) => {
			// One name for all attempts at this transaction: whether the first was committed is not always known.
			const token = PREFIX + newToken();
			return await database.write(async (tx) => {
				const columns = 'hint_id, id_kind, product_id, deleted, failures';
				const mine = await tx.all<HintRow>(
					`SELECT ${columns} FROM hints WHERE environment_id = ? AND due_at > ? AND lease_token = ? ORDER BY hint_id`,
					environmentId,
					tx.now,
					token,
				);
				const due = await tx.all<HintRow>(
					`SELECT ${columns} FROM hints WHERE environment_id = ? AND due_at <= ? ORDER BY due_at, hint_id LIMIT ?`,
					environmentId,
					tx.now,
					limit - mine.length,
				);
				const rows = [...mine, ...due];
				if (rows.length === 0) return { token, hints: [] };
				await tx.run(
					`UPDATE hints SET lease_token = ?, due_at = ?, emitted_id = NULL, emitted_version = NULL WHERE ${tx.dialect.among('hint_id', 'integer')}`,
					token,
					tx.now + leaseMs,
					jsonParameter(rows.map((row) => row.hint_id)),
				);
				const known = await primaryIds(
					tx,
					environmentId,
					rows.filter((row) => row.id_kind === 'internalId').map((row) => row.product_id),
				);
				return {
					token,
					hints: rows.map(
						(row): TakenHint => ({
							hintId: row.hint_id,
							idKind: row.id_kind,
							id: row.product_id,
							deleted: row.deleted === 1,
							primaryId: row.id_kind === 'primaryId' ? row.product_id : (known.get(row.product_id) ?? null),
						}),
					),
				};
			});
		},

		primaryIdsOf: async (internalIds) =>
			await database.read(async (tx) => await primaryIds(tx, environmentId, internalIds)),

		emit: async (token, products) =>
			await database.write(async (tx) => {
				const ours = await stillOurs(
					tx,
					token,
					products.map((product) => product.hintId),
				);
				await tx.run(
					`UPDATE hints SET emitted_id = r.primary_id, emitted_version = r.version, due_at = ?, failures = 0, last_error = NULL
					 FROM ${tx.dialect.rows('r', { hint_id: 'integer', primary_id: 'text', version: 'text' })}
					 WHERE hints.hint_id = r.hint_id AND hints.lease_token = ?`,
					tx.now + settings.emissionGraceMs,
					jsonParameter(
						products.map(({ hintId, primaryId, dateUpdated }) => ({
							hint_id: hintId,
							primary_id: primaryId,
							version: dateUpdated,
						})),
					),
					token,
				);
				return ours.map((row) => row.hint_id);
			}),

		gone: async (token, products) =>
			await database.write(async (tx) => {
				const ours = new Set(
					(
						await stillOurs(
							tx,
							token,
							products.map((product) => product.hintId),
						)
					).map((row) => row.hint_id),
				);
				const deleted = products.filter((product) => ours.has(product.hintId));
				await dropDeletedProducts(tx, environmentId, [
					...new Set(deleted.flatMap((product) => product.primaryId ?? [])),
				]);
				await end(tx, token, [...ours]);
			}),

		finish: async (token, hintIds) => await database.write(async (tx) => await end(tx, token, hintIds)),

		fail: async (token, hintIds, message, retryAfterSeconds) =>
			await database.write(async (tx) => {
				const rows = await stillOurs(tx, token, hintIds);
				await tx.run(
					`UPDATE hints SET due_at = r.due_at, failures = failures + 1, last_error = ?, lease_token = NULL
					 FROM ${tx.dialect.rows('r', { hint_id: 'integer', due_at: 'integer' })} WHERE hints.hint_id = r.hint_id`,
					message,
					jsonParameter(
						rows.map((row) => ({
							hint_id: row.hint_id,
							due_at: tx.now + retryDelay(settings, row.failures + 1, retryAfterSeconds),
						})),
					),
				);
			}),
	};
}

async function primaryIds(tx: Transaction, environmentId: number, internalIds: string[]): Promise<Map<string, string>> {
	const wanted = internalIds.filter((id) => id !== '');
	if (wanted.length === 0) return new Map();
	const rows = await tx.all<{ internal_id: string; primary_id: string }>(
		`SELECT internal_id, primary_id FROM products WHERE environment_id = ? AND ${tx.dialect.among('internal_id')} ORDER BY version`,
		environmentId,
		jsonParameter(wanted),
	);
	return new Map(rows.map((row) => [row.internal_id, row.primary_id]));
}
