import type {
	DriftCounts,
	DriftItem,
	DriftPort,
	DriftPosition,
	DriftPrice,
	DriftRun,
	DriftScope,
} from '../../monitor/driftPort';
import { noCounts } from '../../monitor/driftPort';
import {
	desiredKitSchema,
	desiredPriceSchema,
	keyOf,
	type DesiredKit,
	type DesiredStockItem,
	type ReadBack,
} from '../../shapes';
import { jsonParameter, type Database, type Transaction } from '../store/database';
import { busy, recordDrift } from './driftOutcome';

interface RunRow {
	run_id: number;
	scope: string;
	started_at: number;
	touched_at: number;
	lease_token: string | null;
	lease_until: number | null;
	position: string;
	counts: string;
}

/** How long an execution may be without a sign of life before another one may go on. */
const leaseMs = 10 * 60_000;
/** A check that was cut so long ago is begun anew. */
const staleMs = 24 * 60 * 60_000;

const first: DriftPosition = { phase: 'list', after: 0, lists: [], codes: false };

/** The ledger as the memory of drift checks; see DriftPort for what each call promises. */
export function driftPort(database: Database, environmentId: number, newToken: () => string): DriftPort {
	const hold = async (
		tx: Transaction,
		run: DriftRun,
		position: DriftPosition,
		counts: DriftCounts,
		release = false,
	): Promise<boolean> => {
		const held = await tx.changed(
			`UPDATE drift_runs SET position = ?, counts = ?, touched_at = ?, finished_at = ?, lease_token = ?, lease_until = ?
			 WHERE run_id = ? AND environment_id = ? AND lease_token = ?`,
			JSON.stringify(position),
			JSON.stringify(counts),
			tx.now,
			position.phase === 'done' ? tx.now : null,
			release ? null : run.token,
			release ? null : tx.now + leaseMs,
			run.runId,
			environmentId,
			run.token,
		);
		if (held > 0 && position.phase === 'done') await tx.run('DELETE FROM drift_listed WHERE run_id = ?', run.runId);
		return held > 0;
	};
	const keep = async (
		run: DriftRun,
		part: 'listed' | 'codes',
		rows: Array<{ key: string; value: string }>,
		position: DriftPosition,
		counts: DriftCounts,
	): Promise<boolean> =>
		await database.write(async (tx) => {
			if (!(await hold(tx, run, position, counts))) return false;
			await tx.run('DELETE FROM drift_listed WHERE run_id = ? AND part = ?', run.runId, part);
			await tx.run(
				`INSERT INTO drift_listed (run_id, part, key, value)
				 SELECT ?, ?, r.key, r.value FROM ${tx.dialect.rows('r', { key: 'text', value: 'text' })} WHERE true ON CONFLICT DO NOTHING`,
				run.runId,
				part,
				jsonParameter(rows),
			);
			return true;
		});

	return {
		begin: async (name, scope) =>
			await database.write(async (tx) => {
				const row = await tx.get<RunRow>(
					`SELECT run_id, scope, started_at, touched_at, lease_token, lease_until, position, counts FROM drift_runs
					 WHERE environment_id = ? AND name = ? AND finished_at IS NULL ORDER BY run_id DESC LIMIT 1`,
					environmentId,
					name,
				);
				if (row?.lease_token != null && (row.lease_until ?? 0) > tx.now) return null;
				const token = newToken();
				const goesOn = row !== undefined && row.touched_at > tx.now - staleMs && sameScope(row, scope);
				if (goesOn) {
					await tx.run(
						'UPDATE drift_runs SET lease_token = ?, lease_until = ?, touched_at = ? WHERE run_id = ?',
						token,
						tx.now + leaseMs,
						tx.now,
						row.run_id,
					);
					return { ...runOf(row), token, resumed: true };
				}
				await forgetOld(tx, environmentId, name);
				const made = (await tx.get<RunRow>(
					`INSERT INTO drift_runs (environment_id, name, scope, started_at, touched_at, lease_token, lease_until, position, counts)
					 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING run_id, scope, started_at, touched_at, lease_token, lease_until, position, counts`,
					environmentId,
					name,
					JSON.stringify(scope),
					tx.now,
					tx.now,
					token,
					tx.now + leaseMs,
					JSON.stringify(first),
					JSON.stringify(noCounts),
				))!;
				return { ...runOf(made), token, resumed: false };
			}),

		lastFinished: async (name) =>
			await database.read(async (tx) => {
				const row = await tx.get<{ started_at: number | null }>(
					'SELECT max(started_at) AS started_at FROM drift_runs WHERE environment_id = ? AND name = ? AND finished_at IS NOT NULL',
					environmentId,
					name,
				);
				return row?.started_at == null ? null : new Date(row.started_at).toISOString();
			}),

		keepListed: async (run, rows, position, counts) =>
			await keep(
				run,
				'listed',
				rows.map((row) => ({ key: keyOf(row.stockCode), value: row.parentCode })),
				position,
				counts,
			),
		keepCodes: async (run, codes, position, counts) =>
			await keep(
				run,
				'codes',
				[...codes].map(([key, list]) => ({ key, value: JSON.stringify(list) })),
				position,
				counts,
			),

		hasCommodityCodes: async () =>
			await database.read(async (tx) => {
				const row = await tx.get(
					`SELECT record_id FROM records WHERE environment_id = ? AND kind = 'stockItem' AND confirmed LIKE '%"Harmonisation:Code"%' LIMIT 1`,
					environmentId,
				);
				return row !== undefined;
			}),

		nextItems: async (run, after, limit) =>
			await database.read(async (tx) => ({
				readAt: tx.now,
				items: await nextItems(tx, environmentId, run, after, limit),
			})),
		nextPrices: async (after, limit) =>
			await database.read(async (tx) => ({
				readAt: tx.now,
				prices: await nextPrices(tx, environmentId, after, limit),
			})),

		knownItems: async (keys) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ stock_key: string; primary_id: string }>(
					`SELECT stock_key, primary_id FROM products WHERE environment_id = ? AND ${tx.dialect.among('stock_key')}`,
					environmentId,
					jsonParameter(keys),
				);
				return new Map(rows.map((row) => [row.stock_key, row.primary_id]));
			}),

		record: async (run, outcome) =>
			await database.write(async (tx) => {
				if (!(await hold(tx, run, outcome.position, outcome.counts))) return false;
				await recordDrift(tx, environmentId, outcome);
				return true;
			}),

		move: async (run, position, counts, release) =>
			await database.write(async (tx) => await hold(tx, run, position, counts, release)),
	};
}

const sameScope = (row: RunRow, scope: DriftScope): boolean => {
	const { since } = JSON.parse(row.scope) as DriftScope;
	return (since === null) === (scope.since === null);
};

const runOf = (row: RunRow): Omit<DriftRun, 'token' | 'resumed'> => ({
	runId: row.run_id,
	scope: JSON.parse(row.scope) as DriftScope,
	startedAt: new Date(row.started_at).toISOString(),
	position: JSON.parse(row.position) as DriftPosition,
	counts: { ...noCounts, ...(JSON.parse(row.counts) as DriftCounts) },
});

/** Checks that were given up, and all but the last few that were finished. */
async function forgetOld(tx: Transaction, environmentId: number, name: string): Promise<void> {
	const old = await tx.all<{ run_id: number }>(
		`SELECT run_id FROM drift_runs WHERE environment_id = ? AND name = ? AND (finished_at IS NULL OR run_id NOT IN
			(SELECT run_id FROM drift_runs WHERE environment_id = ? AND name = ? AND finished_at IS NOT NULL ORDER BY run_id DESC LIMIT 30))`,
		environmentId,
		name,
		environmentId,
		name,
	);
	const ids = jsonParameter(old.map((row) => row.run_id));
	await tx.run(`DELETE FROM drift_listed WHERE ${tx.dialect.among('run_id', 'integer')}`, ids);
	await tx.run(`DELETE FROM drift_runs WHERE ${tx.dialect.among('run_id', 'integer')}`, ids);
}

interface ItemRow {
	record_id: number;
	key: string;
	primary_id: string | null;
	confirmed: string;
	read_back: string | null;
	busy: number;
	live: number | null;
	orphaned: number;
	parent_code: string | null;
}

/** A product that was deleted in Pimberly, and has not been confirmed since. */
export const orphaned = `EXISTS (SELECT 1 FROM exceptions AS orphan WHERE orphan.environment_id = records.environment_id AND orphan.type = 'orphan'
	AND orphan.primary_id = records.primary_id AND orphan.key = records.key AND orphan.opened_at >= COALESCE(records.confirmed_at, 0)
	AND (orphan.resolved_at IS NULL OR orphan.resolved_by IS NOT NULL))`;
async function nextItems(
	tx: Transaction,
	environmentId: number,
	run: DriftRun,
	after: number,
	limit: number,
): Promise<DriftItem[]> {
	const isAll = run.scope.since === null;
	const listed = isAll
		? `LEFT JOIN stock_list ON stock_list.environment_id = records.environment_id AND stock_list.key = records.key`
		: `JOIN drift_listed ON drift_listed.run_id = ${Number(run.runId)} AND drift_listed.part = 'listed' AND drift_listed.key = records.key`;
	const rows = await tx.all<ItemRow>(
		`SELECT records.record_id, records.key, records.primary_id, records.confirmed, records.read_back, products.live,
			CASE WHEN ${busy} THEN 1 ELSE 0 END AS busy, CASE WHEN ${orphaned} THEN 1 ELSE 0 END AS orphaned,
			${isAll ? 'stock_list.parent_code' : 'drift_listed.value'} AS parent_code
		 FROM records ${listed}
		 LEFT JOIN products ON products.environment_id = records.environment_id AND products.primary_id = records.primary_id
		 WHERE records.environment_id = ? AND records.kind = 'stockItem' AND records.record_id > ? AND records.confirmed IS NOT NULL
		 ORDER BY records.record_id LIMIT ?`,
		environmentId,
		after,
		limit,
	);
	const keys = jsonParameter(rows.map((row) => row.key));
	const kits = await kitsOf(tx, environmentId, keys);
	const codes = run.position.codes ? await codesOf(tx, run.runId, keys) : null;
	return rows.map((row): DriftItem => {
		const desired = JSON.parse(row.confirmed) as DesiredStockItem;
		const readBack = row.read_back === null ? null : (JSON.parse(row.read_back) as ReadBack);
		return {
			recordId: row.record_id,
			key: row.key,
			primaryId: row.primary_id ?? '',
			desired,
			readBack,
			exportCode: (row.parent_code ?? readBack?.parentCode ?? '') || desired.stockCode,
			kit: kits.get(row.key) ?? null,
			codes: codes === null ? null : (codes.get(row.key) ?? []),
			live: row.live === 1,
			busy: row.busy === 1,
			orphaned: row.orphaned === 1,
		};
	});
}

async function kitsOf(tx: Transaction, environmentId: number, keys: string): Promise<Map<string, DesiredKit>> {
	const rows = await tx.all<{ key: string; confirmed: string }>(
		`SELECT key, confirmed FROM records WHERE environment_id = ? AND kind = 'kit' AND confirmed IS NOT NULL AND NOT ${busy} AND ${tx.dialect.among('key')}`,
		environmentId,
		keys,
	);
	return new Map(
		rows.flatMap(({ key, confirmed }): Array<[string, DesiredKit]> => {
			const kit = desiredKitSchema.safeParse(JSON.parse(confirmed));
			return kit.success ? [[key, kit.data]] : [];
		}),
	);
}

async function codesOf(tx: Transaction, runId: number, keys: string): Promise<Map<string, string[]>> {
	const rows = await tx.all<{ key: string; value: string }>(
		`SELECT key, value FROM drift_listed WHERE run_id = ? AND part = 'codes' AND ${tx.dialect.among('key')}`,
		runId,
		keys,
	);
	return new Map(rows.map((row) => [row.key, JSON.parse(row.value) as string[]]));
}

async function nextPrices(tx: Transaction, environmentId: number, after: number, limit: number): Promise<DriftPrice[]> {
	const rows = await tx.all<{
		record_id: number;
		key: string;
		primary_id: string | null;
		confirmed: string | null;
		desired: string;
		busy: number;
	}>(
		`SELECT records.record_id, records.key, records.primary_id, records.confirmed,
			CASE WHEN ${busy} THEN 1 ELSE 0 END AS busy,
			COALESCE(records.confirmed, (SELECT max(changes.desired) FROM changes WHERE changes.record_id = records.record_id)) AS desired
		 FROM records WHERE environment_id = ? AND kind = 'price' AND record_id > ?
			AND (confirmed IS NOT NULL OR EXISTS (SELECT 1 FROM changes WHERE changes.record_id = records.record_id AND purpose <> 'lookUp'))
		 ORDER BY record_id LIMIT ?`,
		environmentId,
		after,
		limit,
	);
	const prices = rows.flatMap((row): DriftPrice[] => {
		const desired = desiredPriceSchema.safeParse(JSON.parse(row.desired));
		if (!desired.success) return [];
		const { record_id: recordId, key, primary_id: primaryId, confirmed } = row;
		return [
			{
				recordId,
				key,
				primaryId: primaryId ?? '',
				desired: desired.data,
				confirmed: confirmed !== null,
				busy: row.busy === 1,
			},
		];
	});
	// Where the item is missing its prices are too, and say nothing of their own.
	const gone = await tx.all<{ key: string }>(
		`SELECT key FROM records WHERE environment_id = ? AND kind = 'stockItem' AND present = 0 AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter([...new Set(prices.map(({ desired }) => keyOf(desired.stockCode)))]),
	);
	const missing = new Set(gone.map((row) => row.key));
	return prices.map((price) => (missing.has(keyOf(price.desired.stockCode)) ? { ...price, busy: true } : price));
}
