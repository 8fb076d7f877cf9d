import {
	breachesOf,
	breachTypes,
	defaultThresholds,
	judge,
	minutesOf,
	type Health,
	type HealthThresholds,
	type JudgedFigures,
} from '../../monitor/health';
import type { HealthSample, HeldFamily, HourOfWork, MonitorPort } from '../../monitor/monitorPort';
import { jsonParameter, type Database, type Transaction } from '../store/database';
import { listExceptions, openExceptions, resolveWhere, type ListedException } from '../exceptions/exceptions';
import { exceptionCounts, healthFigures, sampledFigures, type SampledFigures } from './healthFigures';
import { heldFamilies } from './heldFamilies';
import { trailOf } from './skuTrail';

const minuteMs = 60_000;
/** Samples are kept for so long. */
const keptMs = 14 * 24 * 60 * minuteMs;
const windowOfLagMs = 60 * minuteMs;

/** The ledger as what the monitor looks at; see MonitorPort for what each call promises. */
export function monitorPort(database: Database, environmentId: number, environment: string): MonitorPort {
	return {
		environment,
		checkHealth: async (thresholds = {}, windowMs = windowOfLagMs) =>
			await checkHealth(database, environmentId, { thresholds: { ...defaultThresholds, ...thresholds }, windowMs }),
		viewHealth: async (thresholds = {}) => await viewHealth(database, environmentId, thresholds),
		healthSamples: async (since) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ at: number; sample: string }>(
					'SELECT at, sample FROM health_samples WHERE environment_id = ? AND at >= ? ORDER BY at',
					environmentId,
					since,
				);
				return rows.map(({ at, sample }) => ({
					at: new Date(at).toISOString(),
					...(JSON.parse(sample) as Omit<HealthSample, 'at'>),
				}));
			}),
		exceptions: async (filter) => await database.read(async (tx) => await listExceptions(tx, environmentId, filter)),
		internalIdsOf: async (primaryIds) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ primary_id: string; internal_id: string }>(
					`SELECT primary_id, internal_id FROM products WHERE environment_id = ? AND ${tx.dialect.among('primary_id')}`,
					environmentId,
					jsonParameter(primaryIds),
				);
				return new Map(rows.map((row) => [row.primary_id, row.internal_id]));
			}),
		heldFamilies: async (limit): Promise<HeldFamily[]> =>
			await database.read(async (tx) => await heldFamilies(tx, environmentId, limit)),
		workByHour: async (since) => await database.read(async (tx) => await workByHour(tx, environmentId, since)),
		trailOf: async (search, limit) =>
			await database.read(async (tx) => await trailOf(tx, environmentId, search, limit)),
	};
}

/** What the last health check judged by. */
interface HealthLimits {
	thresholds: HealthThresholds;
	windowMs: number;
}

/** Measured beside the writers; only what follows from it is written. */
async function checkHealth(database: Database, environmentId: number, limits: HealthLimits): Promise<Health> {
	const figures = await figuresOf(database, environmentId, limits);
	return await database.write(async (tx) => {
		await tx.run(
			`INSERT INTO health_limits (environment_id, limits) VALUES (?, ?)
			 ON CONFLICT (environment_id) DO UPDATE SET limits = excluded.limits WHERE health_limits.limits <> excluded.limits`,
			environmentId,
			JSON.stringify(limits),
		);
		return await keepBreaches(tx, environmentId, figures);
	});
}

async function viewHealth(
	database: Database,
	environmentId: number,
	shownBy: Partial<HealthThresholds>,
): Promise<Health> {
	const limits = await database.read(async (tx) => await limitsOf(tx, environmentId));
	const figures = await figuresOf(database, environmentId, limits);
	const health = await database.write(async (tx) => await keepBreaches(tx, environmentId, figures));
	return { ...health, ...judge(health, { ...limits.thresholds, ...shownBy }) };
}

async function figuresOf(
	database: Database,
	environmentId: number,
	{ thresholds, windowMs }: HealthLimits,
): Promise<JudgedFigures> {
	return judge(await database.read(async (tx) => await healthFigures(tx, environmentId, windowMs)), thresholds);
}

async function limitsOf(tx: Transaction, environmentId: number): Promise<HealthLimits> {
	const row = await tx.get<{ limits: string }>(
		'SELECT limits FROM health_limits WHERE environment_id = ?',
		environmentId,
	);
	const kept = row === undefined ? null : (JSON.parse(row.limits) as HealthLimits);
	return {
		thresholds: { ...defaultThresholds, ...kept?.thresholds },
		windowMs: kept?.windowMs ?? windowOfLagMs,
	};
}

async function keepBreaches(tx: Transaction, environmentId: number, figures: JudgedFigures): Promise<Health> {
	const breaches = breachesOf(figures);
	const types = [...breachTypes];
	const before = await listExceptions(tx, environmentId, { types });
	await resolveWhere(
		tx,
		environmentId,
		`${tx.dialect.among('type')} AND primary_id = ''
			AND NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { type: 'text', key: 'text' })} WHERE r.type = exceptions.type AND r.key = exceptions.key)`,
		jsonParameter(types),
		jsonParameter(breaches.map(({ type, key }) => ({ type, key }))),
	);
	await openExceptions(tx, environmentId, breaches);
	const after = await listExceptions(tx, environmentId, { types });
	const among = (list: ListedException[], one: ListedException): boolean =>
		list.some(({ exceptionId }) => exceptionId === one.exceptionId);
	const over = before.filter((one) => !among(after, one)).map((one) => one.exceptionId);
	const exceptions = await exceptionCounts(tx, environmentId);
	const opened = after.filter((one) => !among(before, one));
	const resolved = over.length === 0 ? [] : await listExceptions(tx, environmentId, { exceptionIds: over });
	await keepSample(tx, environmentId, { ...figures, exceptions }, minuteMs);
	return { ...figures, exceptions, opened, resolved };
}

/** So often the ledger's own housekeeping keeps a sample, at most: counting a large queue is not free. */
const sampledEveryMs = 5 * minuteMs;

/** The health as it is, kept for the charts. */
export async function sampleHealth(tx: Transaction, environmentId: number): Promise<void> {
	const recent = await tx.get(
		'SELECT at FROM health_samples WHERE environment_id = ? AND at > ? LIMIT 1',
		environmentId,
		tx.now - sampledEveryMs,
	);
	if (recent !== undefined) return;
	await keepSample(tx, environmentId, await sampledFigures(tx, environmentId, windowOfLagMs), sampledEveryMs);
}

async function keepSample(
	tx: Transaction,
	environmentId: number,
	figures: SampledFigures,
	everyMs: number,
): Promise<void> {
	const lanes = Object.values(figures.byLane);
	const total = (of: 'waiting' | 'held' | 'failed'): number => lanes.reduce((sum, lane) => sum + lane[of], 0);
	const sample: Omit<HealthSample, 'at'> = {
		waiting: total('waiting'),
		held: total('held'),
		failed: total('failed') + figures.statuses.failed,
		exceptions: Object.values(figures.exceptions).reduce((sum, count) => sum + count, 0),
		oldestMinutes: minutesOf(figures.oldestMs),
		lagP50Minutes: minutesOf(figures.lag.p50Ms),
		lagP95Minutes: minutesOf(figures.lag.p95Ms),
	};
	await tx.run(
		`INSERT INTO health_samples (environment_id, at, sample) SELECT ?, CAST(? AS BIGINT), ?
		 WHERE NOT EXISTS (SELECT 1 FROM health_samples WHERE environment_id = ? AND at > ?) ON CONFLICT DO NOTHING`,
		environmentId,
		tx.now,
		JSON.stringify(sample),
		environmentId,
		tx.now - everyMs,
	);
	await tx.run('DELETE FROM health_samples WHERE environment_id = ? AND at < ?', environmentId, tx.now - keptMs);
}

const hourMs = 60 * minuteMs;

async function workByHour(tx: Transaction, environmentId: number, since: number): Promise<HourOfWork[]> {
	const rows = await tx.all<{ hour: number; event: string; count: number }>(
		`SELECT at / ${hourMs} AS hour, event, count(*) AS count FROM trail
		 WHERE environment_id = ? AND at >= ? AND kind <> 'status' AND event IN ('confirmed', 'adopted', 'taken', 'retry', 'failed')
		 GROUP BY at / ${hourMs}, event ORDER BY 1`,
		environmentId,
		since,
	);
	const hours = new Map<number, HourOfWork>();
	for (const row of rows) {
		const at = Number(row.hour) * hourMs;
		const hour = hours.get(at) ?? { hour: new Date(at).toISOString(), confirmed: 0, taken: 0, retried: 0, failed: 0 };
		const count = Number(row.count);
		if (row.event === 'taken') hour.taken += count;
		else if (row.event === 'retry') hour.retried += count;
		else if (row.event === 'failed') hour.failed += count;
		else hour.confirmed += count;
		hours.set(at, hour);
	}
	return [...hours.values()];
}
