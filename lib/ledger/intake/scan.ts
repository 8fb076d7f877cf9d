import { parentsFromItems } from '../../pimberly/listedItems';
import type { ScanCursor, ScanPort } from '../../pimberly/scanPort';
import { jsonParameter, type Database, type Transaction } from '../store/database';
import type { GateTools } from '../delivery/gate';
import { hintRelatedAgain } from './hints';
import type { LedgerSettings } from '../settings';

/** An emission is named by the token of the step that made it, which names its scan: `<scan id>.<random>`. */
const scanOf = (emission: string): number | null => {
	const scanId = Number(emission.split('.')[0]);
	return Number.isInteger(scanId) && scanId > 0 ? scanId : null;
};

/** That a product has arrived which a scan emitted; `emission` names the step, null where nobody waits for a receipt. */
export interface Receipt {
	emission: string | null;
	primaryId: string;
	/** '' where a rejection does not say: it counts for whatever was emitted. */
	version: string;
}

/**
 * Products that reached Sequencer: Add. Once every product of a scan's last emission has its receipt, the scan's cursor
 * moves on, in this same transaction. A late receipt of an earlier emission counts for the same version.
 */
export async function recordReceipts(tx: Transaction, environmentId: number, receipts: Receipt[]): Promise<void> {
	const rows = receipts.flatMap(({ emission, primaryId, version }) => {
		const scanId = emission === null ? null : scanOf(emission);
		return scanId === null ? [] : [{ scan_id: scanId, primary_id: primaryId, version }];
	});
	if (rows.length === 0) return;
	await tx.run(
		`UPDATE emitted_products SET recorded = 1
		 FROM ${tx.dialect.rows('r', { scan_id: 'integer', primary_id: 'text', version: 'text' })}
		 WHERE emitted_products.scan_id = r.scan_id AND emitted_products.primary_id = r.primary_id AND (r.version = '' OR emitted_products.version <= r.version)`,
		jsonParameter(rows),
	);
	for (const scanId of new Set(rows.map((row) => row.scan_id))) await moveOnIfComplete(tx, environmentId, scanId);
}

async function moveOnIfComplete(tx: Transaction, environmentId: number, scanId: number): Promise<void> {
	const moved = await tx.changed(
		`UPDATE scans SET cursor = next_cursor, next_cursor = NULL, emission = NULL
		 WHERE scan_id = ? AND environment_id = ? AND next_cursor IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM emitted_products WHERE emitted_products.scan_id = scans.scan_id AND recorded = 0)`,
		scanId,
		environmentId,
	);
	if (moved > 0) await tx.run('DELETE FROM emitted_products WHERE scan_id = ?', scanId);
}

interface ScanRow {
	scan_id: number;
	cursor: string | null;
	next_cursor: string | null;
	emitted_at: number | null;
	emitted_by: string | null;
	lease_token: string | null;
	lease_until: number | null;
}

/** A step that shows no sign of life for this long is over: its process died. */
const silentMs = 60_000;

async function lastEmission(tx: Transaction, environmentId: number, name: string): Promise<string | null> {
	const row = await tx.get<{ emission: string | null }>(
		'SELECT emission FROM scans WHERE environment_id = ? AND name = ?',
		environmentId,
		name,
	);
	return row?.emission ?? null;
}

/** The ledger as the Pimberly Trigger's memory: one cursor for each `name`. */
export function scanPort(
	database: Database,
	environmentId: number,
	settings: LedgerSettings,
	instance: string,
	tools: Pick<GateTools, 'newToken' | 'every'>,
	name: string,
): ScanPort {
	/** What ends the signs of life of a step, by its token. */
	const beating = new Map<string, () => void>();
	const fallSilent = (token: string): void => {
		beating.get(token)?.();
		beating.delete(token);
	};
	/** Keeps the step's claim for as long as it may take, and no longer than its process lives. */
	const showLife = (token: string, until: number): void => {
		const beat = async (tx: Transaction): Promise<number> =>
			await tx.changed(
				'UPDATE scans SET lease_until = ? WHERE environment_id = ? AND name = ? AND lease_token = ? AND lease_until > ?',
				Math.min(until, tx.now + silentMs),
				environmentId,
				name,
				token,
				tx.now,
			);
		const stop = tools.every(silentMs / 3, async () => {
			// A ledger that is out of reach for a moment is told with the next one.
			const still = await database.write(beat).catch(() => null);
			if (still === 0) fallSilent(token);
		});
		beating.set(token, stop);
	};
	return {
		begin: async (leaseMs) => {
			// One name for all attempts at this transaction: whether the first was committed is not always known.
			const mine = tools.newToken();
			let until = 0;
			const begun = await database.write(async (tx) => {
				until = tx.now + leaseMs;
				await tx.run(
					'INSERT INTO scans (environment_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING',
					environmentId,
					name,
				);
				const row = (await tx.get<ScanRow>(
					`SELECT scan_id, cursor, next_cursor, emitted_at, emitted_by, lease_token, lease_until
					 FROM scans WHERE environment_id = ? AND name = ?`,
					environmentId,
					name,
				))!;
				const token = `${row.scan_id}.${mine}`;
				if (row.lease_token !== null && row.lease_token !== token && (row.lease_until ?? 0) > tx.now) return null;
				// What this process emitted may still be on its way through the workflow; what another one did is lost with it.
				const onItsWay =
					row.next_cursor !== null &&
					row.emitted_by === instance &&
					(row.emitted_at ?? 0) + settings.emissionGraceMs > tx.now;
				if (onItsWay) return null;
				await tx.run(
					'UPDATE scans SET lease_token = ?, lease_until = ?, polled_at = ? WHERE scan_id = ?',
					token,
					Math.min(until, tx.now + silentMs),
					tx.now,
					row.scan_id,
				);
				const recorded = await tx.all<{ primary_id: string; version: string }>(
					'SELECT primary_id, version FROM emitted_products WHERE scan_id = ? AND recorded = 1',
					row.scan_id,
				);
				return {
					token,
					cursor: row.cursor === null ? null : (JSON.parse(row.cursor) as ScanCursor),
					recorded: Object.fromEntries(recorded.map((product) => [product.primary_id, product.version])),
				};
			});
			if (begun !== null && leaseMs > silentMs) showLife(begun.token, until);
			return begun;
		},

		emit: async (token, emission, products, next) => {
			fallSilent(token);
			return await database.write(async (tx) => {
				const row = await tx.get<{ scan_id: number }>(
					'SELECT scan_id FROM scans WHERE environment_id = ? AND name = ? AND lease_token = ? AND lease_until > ?',
					environmentId,
					name,
					token,
					tx.now,
				);
				// Asked again because it could not be told whether it was committed: it was.
				if (row === undefined) return (await lastEmission(tx, environmentId, name)) === emission;
				await tx.run('DELETE FROM emitted_products WHERE scan_id = ?', row.scan_id);
				await tx.run(
					`INSERT INTO emitted_products (scan_id, primary_id, version)
					 SELECT ?, r.primary_id, r.version FROM ${tx.dialect.rows('r', { primary_id: 'text', version: 'text' })} WHERE true
					 ON CONFLICT (scan_id, primary_id) DO UPDATE SET version = excluded.version`,
					row.scan_id,
					jsonParameter(products.map((product) => ({ primary_id: product.primaryId, version: product.dateUpdated }))),
				);
				await tx.run(
					`UPDATE scans SET next_cursor = ?, emission = ?, emitted_at = ?, emitted_by = ?, lease_token = NULL, lease_until = NULL,
						failures = 0, last_error = NULL
					 WHERE scan_id = ?`,
					JSON.stringify(next),
					emission,
					tx.now,
					instance,
					row.scan_id,
				);
				await moveOnIfComplete(tx, environmentId, row.scan_id);
				return true;
			});
		},

		fail: async (token, message) => {
			fallSilent(token);
			await database.write(async (tx) => {
				await tx.run(
					`UPDATE scans SET lease_token = NULL, lease_until = NULL, failures = failures + 1, last_error = ?
					 WHERE environment_id = ? AND name = ? AND lease_token = ?`,
					message,
					environmentId,
					name,
					token,
				);
			});
		},

		parentsOf: async (primaryIds, maxAgeMs) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ primary_id: string; parents: string }>(
					`SELECT primary_id, parents FROM relations WHERE environment_id = ? AND seen_at > ? AND ${tx.dialect.among('primary_id')}`,
					environmentId,
					tx.now - maxAgeMs,
					jsonParameter(primaryIds),
				);
				return new Map(rows.map((row) => [row.primary_id, JSON.parse(row.parents) as string[]]));
			}),

		rememberParents: async (parents) =>
			await database.write(async (tx) => await saveParents(tx, environmentId, parents)),

		rememberItems: async (items, alreadyRead) =>
			await database.write(async (tx) => await saveItems(tx, environmentId, items, alreadyRead)),
	};
}

/** What parents were just seen to list. Who is listed anew, or no longer, has other parents than it was emitted with. */
async function saveItems(
	tx: Transaction,
	environmentId: number,
	items: Map<string, string[]>,
	alreadyRead: ReadonlySet<string> | null,
): Promise<void> {
	const before = await tx.all<{ primary_id: string; items: string }>(
		`SELECT primary_id, items FROM relations WHERE environment_id = ? AND items IS NOT NULL AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter([...items.keys()]),
	);
	const listed = new Map(before.map((row) => [row.primary_id, JSON.parse(row.items) as string[]]));
	const ids = [...new Set([...[...items.values()].flat(), ...[...listed.values()].flat()])];
	const known = await tx.all<{ primary_id: string; parents: string }>(
		`SELECT primary_id, parents FROM relations WHERE environment_id = ? AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(ids),
	);
	const { parents, changed } = parentsFromItems(
		items,
		new Map(known.map((row) => [row.primary_id, JSON.parse(row.parents) as string[]])),
	);
	await saveParents(tx, environmentId, parents);
	await tx.run(
		`INSERT INTO relations (environment_id, primary_id, parents, items, seen_at)
		 SELECT ?, r.primary_id, '[]', r.items, ? FROM ${tx.dialect.rows('r', { primary_id: 'text', items: 'text' })} WHERE true
		 ON CONFLICT (environment_id, primary_id) DO UPDATE SET items = excluded.items`,
		environmentId,
		tx.now,
		jsonParameter([...items].map(([id, list]) => ({ primary_id: id, items: JSON.stringify(list) }))),
	);
	if (alreadyRead === null) return;
	await hintRelatedAgain(
		tx,
		environmentId,
		changed.filter((id) => !alreadyRead.has(id)),
	);
}

async function saveParents(tx: Transaction, environmentId: number, parents: Map<string, string[]>): Promise<void> {
	if (parents.size === 0) return;
	await tx.run(
		`INSERT INTO relations (environment_id, primary_id, parents, seen_at)
		 SELECT ?, r.primary_id, r.parents, ? FROM ${tx.dialect.rows('r', { primary_id: 'text', parents: 'text' })} WHERE true
		 ON CONFLICT (environment_id, primary_id) DO UPDATE SET parents = excluded.parents, seen_at = excluded.seen_at`,
		environmentId,
		tx.now,
		jsonParameter([...parents].map(([id, list]) => ({ primary_id: id, parents: JSON.stringify(list) }))),
	);
}
