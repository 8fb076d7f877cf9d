import { breachesOf, breachTypes, defaultThresholds, judge, type Health, type HealthThresholds, type JudgedFigures } from '../monitor/health';
import type { HealthSample, HeldFamily, HourOfWork, MonitorPort } from '../monitor/monitorPort';
import { jsonParameter, type Database, type Transaction } from './database';
import { listExceptions, openExceptions, resolveWhere, type ListedException } from './exceptions';
import { exceptionCounts, healthFigures } from './healthFigures';
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
			await database.write(async (tx) => await checkHealth(tx, environmentId, { ...defaultThresholds, ...thresholds }, windowMs)),
		healthSamples: async (since) =>
			await database.read(async (tx) => {
				const rows = await tx.all<{ at: number; sample: string }>(
					'SELECT at, sample FROM health_samples WHERE environment_id = ? AND at >= ? ORDER BY at',
					environmentId,
					since,
				);
				return rows.map(({ at, sample }) => ({ at: new Date(at).toISOString(), ...(JSON.parse(sample) as Omit<HealthSample, 'at'>) }));
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
		heldFamilies: async (limit): Promise<HeldFamily[]> => await database.read(async (tx) => await heldFamilies(tx, environmentId, limit)),
		workByHour: async (since) => await database.read(async (tx) => await workByHour(tx, environmentId, since)),
		trailOf: async (search, limit) => await database.read(async (tx) => await trailOf(tx, environmentId, search, limit)),
	};
}

async function checkHealth(tx: Transaction, environmentId: number, thresholds: HealthThresholds, windowMs: number): Promise<Health> {
	const figures = judge(await healthFigures(tx, environmentId, windowMs), thresholds);
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
	const among = (list: ListedException[], one: ListedException): boolean => list.some(({ exceptionId }) => exceptionId === one.exceptionId);
	const over = before.filter((one) => !among(after, one)).map((one) => one.exceptionId);
	const exceptions = await exceptionCounts(tx, environmentId);
	const opened = after.filter((one) => !among(before, one));
	const resolved = over.length === 0 ? [] : await listExceptions(tx, environmentId, { exceptionIds: over });
	await keepSample(tx, environmentId, { ...figures, exceptions });
	return { ...figures, exceptions, opened, resolved };
}

/** The health as it is, kept for the charts: at most once a minute, by whoever looks. */
export async function sampleHealth(tx: Transaction, environmentId: number): Promise<void> {
	await keepSample(tx, environmentId, judge(await healthFigures(tx, environmentId, windowOfLagMs), defaultThresholds));
}

async function keepSample(tx: Transaction, environmentId: number, health: JudgedFigures): Promise<void> {
	const value = (name: keyof HealthThresholds): number | null => health.measures.find((measure) => measure.name === name)!.value;
	const minutes = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 6_000) / 10);
	const sample: Omit<HealthSample, 'at'> = {
		waiting: value('waiting') ?? 0,
		held: value('held') ?? 0,
		failed: value('failed') ?? 0,
		exceptions: Object.values(health.exceptions).reduce((sum, count) => sum + count, 0),
		oldestMinutes: value('oldestMinutes'),
		lagP50Minutes: minutes(health.lag.p50Ms),
		lagP95Minutes: value('lagMinutes'),
	};
	await tx.run(
		`INSERT INTO health_samples (environment_id, at, sample) SELECT ?, CAST(? AS BIGINT), ?
		 WHERE NOT EXISTS (SELECT 1 FROM health_samples WHERE environment_id = ? AND at > ?) ON CONFLICT DO NOTHING`,
		environmentId,
		tx.now,
		JSON.stringify(sample),
		environmentId,
		tx.now - minuteMs,
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
