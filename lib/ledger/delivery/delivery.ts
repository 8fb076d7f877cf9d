import type { AwaitingHarmonisation, DeliveryPort, StockListRow } from '../../khaos/delivery/deliveryPort';
import { HARMONISATION_CODE, withUnproven } from '../../khaos/columns';
import { awaitingApproval, differencesThatStay, isApproved, waitsInWords } from '../../khaos/delivery/firstSync';
import { keyOf, type Approval, type DesiredStockItem, type ReadBack } from '../../shapes';
import { beginWrite } from './beginWrite';
import { jsonParameter, type Database, type Transaction } from '../store/database';
import { khaosContacts } from './contacts';
import { approvalsFor } from '../firstSync/firstSync';
import { throughGate, type GateSettings, type GateTools } from './gate';
import { meetNeeds, observe } from './observe';
import type { LedgerSettings } from '../settings';
import { apply, openColumns, type OpenRow, type Settled } from './settle';

/** The ledger as the memory of deliveries to one Khaos; see DeliveryPort for what each call promises. */
export function deliveryPort(
	database: Database,
	environmentId: number,
	settings: LedgerSettings,
	gate: GateSettings,
	tools: GateTools,
	system: string,
): DeliveryPort {
	// When what is observed next was read: as its call entered the gate, or when the stock list was.
	let readAt: number | null = null;
	const contacts = khaosContacts(database, environmentId);
	return {
		throughGate: async (lane, call) =>
			await contacts.told(
				async () =>
					await throughGate(database, tools, gate, system, lane, call, (at) => {
						readAt = at;
					}),
			),

		beginWrite: async (changes) =>
			await database.write(async (tx) => await beginWrite(tx, environmentId, settings, changes)),

		uncertain: async (keys) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ key: string }>(
					`SELECT key FROM records WHERE environment_id = ? AND kind = 'stockItem' AND uncertain = 1 AND ${tx.dialect.among('key')}`,
					environmentId,
					jsonParameter(keys.map(keyOf)),
				);
				return new Set(rows.map((row) => row.key));
			}),

		observe: async (observations) =>
			await database.write(async (tx) => await observe(tx, environmentId, observations, readAt ?? tx.now)),

		stockListAge: async () =>
			await database.read(async (tx) => {
				const row = await tx.get<{ read_at: number }>(
					'SELECT read_at FROM stock_list_reads WHERE environment_id = ?',
					environmentId,
				);
				return row === undefined ? null : tx.now - row.read_at;
			}),

		saveStockList: async (rows) => await database.write(async (tx) => await saveStockList(tx, environmentId, rows)),

		inStockList: async (keys) =>
			await database.read(async (tx) => {
				const list = await tx.get<{ read_at: number }>(
					'SELECT read_at FROM stock_list_reads WHERE environment_id = ?',
					environmentId,
				);
				readAt = list?.read_at ?? readAt;
				const rows = await tx.all<{ key: string; stock_code: string; stock_id: string; parent_code: string }>(
					`SELECT key, stock_code, stock_id, parent_code FROM stock_list WHERE environment_id = ? AND ${tx.dialect.among('key')}`,
					environmentId,
					jsonParameter(keys.map(keyOf)),
				);
				return new Map(
					rows.map((row) => [
						row.key,
						{ stockCode: row.stock_code, stockId: row.stock_id, parentCode: row.parent_code },
					]),
				);
			}),

		moreReady: async () =>
			await database.read(async (tx) => {
				const row = await tx.get(
					`SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM changes WHERE environment_id = ? AND kind = 'stockItem' AND lane IN (1, 2, 3, 4) AND state = 'queued')
						OR EXISTS (SELECT 1 FROM changes WHERE environment_id = ? AND target = 'khaos' AND kind = 'stockItem' AND state = 'retrying' AND due_at <= ?)`,
					environmentId,
					environmentId,
					tx.now,
				);
				return row !== undefined;
			}),

		awaitingHarmonisation: async () =>
			await database.read(async (tx) => {
				const rows = await awaitingRows(tx, environmentId);
				const changes: AwaitingHarmonisation[] = rows.map((row) => ({
					changeId: String(row.change_id),
					key: row.key,
					code: commodityCodeOf(row.desired) ?? '',
				}));
				const since = Math.min(...rows.map((row) => (row.due_at ?? tx.now) - settings.checkAfterMs));
				return { changes, oldestMs: rows.length === 0 ? 0 : Math.max(0, tx.now - since) };
			}),

		settleHarmonisation: async (codes) =>
			await database.write(async (tx) => {
				const shown = new Map([...codes].map(([key, list]) => [keyOf(key), list]));
				const rows = await awaitingRows(tx, environmentId);
				const approvals = await approvalsFor(
					tx,
					environmentId,
					rows.map((row) => row.change_id),
				);
				const settled = rows.map((row): Settled => {
					const expected = commodityCodeOf(row.desired);
					const actual = shown.get(row.key) ?? [];
					const approval = approvals.get(row.change_id);
					const looked = approval === undefined ? null : lookedAt(row, approval, actual);
					if (looked !== null) return looked;
					if (expected === null || actual.includes(expected)) {
						return {
							row,
							result: {
								status: 'confirmed',
								reason: '',
								remedy: '',
								differences: [],
								readBack: withCode(row, expected),
							},
							outcome: { state: 'confirmed' },
						};
					}
					const failures = row.failures + 1;
					const reason = `Khaos shows the commodity code ${actual.join(', ') || '(none)'} for ${row.key}, not ${expected}.`;
					return {
						row,
						result: {
							status: 'retry',
							reason,
							remedy: 'Look at the harmonisation codes of the item in Khaos; the next attempt writes it again.',
							differences: [{ field: 'Harmonisation:Code', expected, actual: actual.join(', ') || null }],
							readBack: null,
						},
						outcome:
							failures >= settings.refusedAttempts
								? { state: 'failed' }
								: { state: 'retrying', failures, delayMs: settings.retryMs },
					};
				});
				await apply(tx, environmentId, settings, settled);
			}),
	};
}

/**
 * In a first sync: an item whose code may not be written, or which differs elsewhere too, waits for approval; one that differs
 * nowhere is confirmed. Null: its code may be written, and has to be.
 */
function lookedAt(row: OpenRow, approval: Approval, codes: string[]): Settled | null {
	const desired = JSON.parse(row.desired) as DesiredStockItem;
	const expected = commodityCodeOf(row.desired);
	const equal = expected === null || codes.includes(expected);
	const read = withCode(row, equal ? expected : codes.join(', '));
	if (read === null || (!equal && isApproved(approval, HARMONISATION_CODE))) return null;
	const readBack =
		read.unproven === undefined
			? read
			: {
					...read,
					unproven: Object.fromEntries(
						Object.entries(read.unproven).filter(([column]) => column !== HARMONISATION_CODE),
					),
				};
	const firstSync = differencesThatStay(desired, readBack, approval);
	const waiting = awaitingApproval(firstSync);
	if (waiting.length === 0) {
		const proven = withUnproven(readBack, desired, readBack);
		return {
			row,
			result: { status: 'confirmed', reason: '', remedy: '', differences: [], readBack: proven, firstSync },
			outcome: { state: 'confirmed' },
		};
	}
	const differences = waiting.map(({ field, expected: wanted, actual }) => ({ field, expected: wanted, actual }));
	return {
		row,
		result: { status: 'held', ...waitsInWords(desired.stockCode, waiting), differences, readBack, firstSync },
		outcome: { state: 'held' },
	};
}

/** What Khaos was read to hold, with the code that another method showed. */
function withCode(row: OpenRow, code: string | null): ReadBack | null {
	if (row.read_back === null) return null;
	const readBack = JSON.parse(row.read_back) as ReadBack;
	return code === null ? readBack : { ...readBack, columns: { ...readBack.columns, 'Harmonisation:Code': code } };
}

const commodityCodeOf = (desired: string): string | null =>
	(JSON.parse(desired) as DesiredStockItem).columns?.['Harmonisation:Code'] ?? null;

async function awaitingRows(
	tx: Transaction,
	environmentId: number,
): Promise<Array<OpenRow & { due_at: number | null }>> {
	return await tx.all<OpenRow & { due_at: number | null }>(
		`SELECT ${openColumns}, due_at FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.environment_id = ? AND changes.kind = 'stockItem' AND changes.state = 'sent' AND changes.awaiting = 'harmonisation'`,
		environmentId,
	);
}

/** A whole list takes the place of the last one; what it shows to exist meets the needs of those that wait for it. */
async function saveStockList(tx: Transaction, environmentId: number, rows: StockListRow[]): Promise<void> {
	await tx.run('DELETE FROM stock_list WHERE environment_id = ?', environmentId);
	await tx.run(
		`INSERT INTO stock_list (environment_id, key, stock_code, stock_id, parent_code)
		 SELECT ?, r.key, r.stock_code, r.stock_id, r.parent_code
		 FROM ${tx.dialect.rows('r', { key: 'text', stock_code: 'text', stock_id: 'text', parent_code: 'text' })} WHERE true
		 ON CONFLICT (environment_id, key) DO UPDATE SET stock_code = excluded.stock_code, stock_id = excluded.stock_id, parent_code = excluded.parent_code`,
		environmentId,
		jsonParameter(
			rows.map((row) => ({
				key: keyOf(row.stockCode),
				stock_code: row.stockCode,
				stock_id: row.stockId,
				parent_code: row.parentCode,
			})),
		),
	);
	await tx.run(
		`INSERT INTO stock_list_reads (environment_id, read_at) VALUES (?, ?) ON CONFLICT (environment_id) DO UPDATE SET read_at = excluded.read_at`,
		environmentId,
		tx.now,
	);
	const needed = await tx.all<{ key: string }>(
		`SELECT DISTINCT records.key FROM change_needs JOIN records ON records.record_id = change_needs.need_record_id
		 JOIN stock_list ON stock_list.environment_id = records.environment_id AND stock_list.key = records.key
		 WHERE change_needs.met = 0 AND records.environment_id = ? AND records.kind = 'stockItem'`,
		environmentId,
	);
	const keys = needed.map((row) => row.key);
	await tx.run(
		`UPDATE records SET present = 1 WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	await meetNeeds(tx, environmentId, 'stockItem', keys);
}
