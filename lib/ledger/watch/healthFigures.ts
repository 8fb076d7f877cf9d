import type { Contact, HealthFigures, LaneDepth, Percentiles } from '../../monitor/health';
import type { Lane, Target } from '../../shapes';
import type { Transaction } from '../store/database';
import type { Severity } from '../exceptions/exceptionTypes';
import type { ChangeState } from '../changes/placement';

const hourMs = 60 * 60_000;
/** A trigger that has not asked for so long was removed, and nobody misses it. */
const forgottenMs = 7 * 24 * hourMs;
/** A scan that never succeeded is silent after so many failures. */
const patience = 3;

/** What the charts show. */
export type SampledFigures = Pick<HealthFigures, 'byLane' | 'statuses' | 'oldestMs' | 'lag' | 'exceptions'>;

/**
 * Depth, age, lag and exceptions as they are now. `windowMs`: the lag is that of the changes confirmed in so many
 * milliseconds.
 */
export async function sampledFigures(
	tx: Transaction,
	environmentId: number,
	windowMs: number,
): Promise<SampledFigures> {
	return {
		...(await depths(tx, environmentId)),
		oldestMs: await ageOf(tx, environmentId, `state = 'queued' AND target = 'khaos'`, 'ready_at'),
		lag: await lagOf(tx, environmentId, tx.now - windowMs, [1, 2, 3, 4]),
		exceptions: await exceptionCounts(tx, environmentId),
	};
}

/** The sync's health as the ledger has it now. `windowMs`: the lag is that of the changes confirmed in so many milliseconds. */
export async function healthFigures(tx: Transaction, environmentId: number, windowMs: number): Promise<HealthFigures> {
	const count = async (sql: string, ...parameters: Array<string | number>): Promise<number> =>
		Number((await tx.get<{ count: number }>(sql, environmentId, ...parameters))?.count ?? 0);
	const confirmedSince = async (ms: number): Promise<number> =>
		await count(
			`SELECT count(*) AS count FROM trail WHERE environment_id = ? AND event IN ('confirmed', 'adopted') AND at >= ? AND kind <> 'status'`,
			tx.now - ms,
		);
	return {
		at: new Date(tx.now).toISOString(),
		...(await sampledFigures(tx, environmentId, windowMs)),
		oldestPriceMs: await ageOf(tx, environmentId, `state = 'queued' AND target = 'khaos' AND lane = 1`, 'ready_at'),
		oldestHeldMs: await ageOf(tx, environmentId, `state = 'held'`, 'held_since'),
		priceLag: await lagOf(tx, environmentId, tx.now - windowMs, [1]),
		confirmed: { lastHour: await confirmedSince(hourMs), lastDay: await confirmedSince(24 * hourMs) },
		rejected: await count('SELECT count(*) AS count FROM products WHERE environment_id = ? AND rejected IS NOT NULL'),
		notifications: await count('SELECT count(*) AS count FROM hints WHERE environment_id = ?'),
		contacts: await contactsOf(tx, environmentId),
	};
}

async function depths(tx: Transaction, environmentId: number): Promise<Pick<HealthFigures, 'byLane' | 'statuses'>> {
	const rows = await tx.all<{ target: Target; lane: Lane; state: ChangeState; count: number }>(
		'SELECT target, lane, state, count(*) AS count FROM changes WHERE environment_id = ? GROUP BY target, lane, state',
		environmentId,
	);
	const none = (): LaneDepth => ({ waiting: 0, held: 0, sent: 0, failed: 0 });
	const byLane: HealthFigures['byLane'] = { 1: none(), 2: none(), 3: none(), 4: none() };
	const statuses = { waiting: 0, failed: 0 };
	for (const { target, lane, state, count } of rows) {
		const place = state === 'held' || state === 'sent' || state === 'failed' ? state : 'waiting';
		if (target === 'khaos') byLane[lane][place] += Number(count);
		else statuses[place === 'failed' ? 'failed' : 'waiting'] += Number(count);
	}
	return { byLane, statuses };
}

async function ageOf(tx: Transaction, environmentId: number, condition: string, since: string): Promise<number | null> {
	const row = await tx.get<{ since: number | null }>(
		`SELECT min(${since}) AS since FROM changes WHERE environment_id = ? AND ${condition}`,
		environmentId,
	);
	return row?.since == null ? null : Math.max(0, tx.now - Number(row.since));
}

/** The database does the counting off: a day may hold a hundred thousand confirmations. */
async function lagOf(tx: Transaction, environmentId: number, since: number, lanes: Lane[]): Promise<Percentiles> {
	const from = `FROM trail WHERE environment_id = ? AND event IN ('confirmed', 'adopted') AND at >= ? AND kind <> 'status' AND lag IS NOT NULL
		${lanes.length === 4 ? '' : `AND lane IN (${lanes.join(', ')})`}`;
	const row = await tx.get<{ count: number; most: number | null }>(
		`SELECT count(*) AS count, max(lag) AS most ${from}`,
		environmentId,
		since,
	);
	const count = Number(row?.count ?? 0);
	if (count === 0) return { count, p50Ms: null, p95Ms: null, maxMs: null };
	const at = async (share: number): Promise<number> => {
		const offset = Math.min(count - 1, Math.floor(count * share));
		return Number(
			(await tx.get<{ lag: number }>(`SELECT lag ${from} ORDER BY lag LIMIT 1 OFFSET ${offset}`, environmentId, since))!
				.lag,
		);
	};
	return { count, p50Ms: await at(0.5), p95Ms: await at(0.95), maxMs: Number(row!.most) };
}

async function contactsOf(tx: Transaction, environmentId: number): Promise<Contact[]> {
	const scans = await tx.all<{
		name: string;
		polled_at: number | null;
		emitted_at: number | null;
		failures: number;
		last_error: string | null;
	}>(
		'SELECT name, polled_at, emitted_at, failures, last_error FROM scans WHERE environment_id = ? AND polled_at >= ? ORDER BY name',
		environmentId,
		tx.now - forgottenMs,
	);
	const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
	const contacts = scans.map((scan): Contact => {
		const never = scan.emitted_at === null && scan.failures >= patience;
		const silentMs = scan.emitted_at !== null ? tx.now - scan.emitted_at : never ? forgottenMs : null;
		return {
			system: 'Pimberly',
			name: scan.name,
			answeredAt: iso(scan.emitted_at),
			silentMs,
			lastError: scan.last_error,
		};
	});
	const khaos = await tx.get<{
		answered_at: number | null;
		failing_since: number | null;
		failed_at: number | null;
		last_error: string | null;
	}>(
		`SELECT answered_at, failing_since, failed_at, last_error FROM contacts WHERE environment_id = ? AND system = 'khaos'`,
		environmentId,
	);
	if (khaos !== undefined) {
		// As long as it was asked in vain: what waits is tried again every few minutes, and where nothing waits nobody knows.
		const silentMs = khaos.failing_since === null ? null : khaos.failed_at! - khaos.failing_since;
		contacts.push({
			system: 'Khaos Control',
			name: '',
			answeredAt: iso(khaos.answered_at),
			silentMs,
			lastError: khaos.last_error,
		});
	}
	return contacts;
}

/** Open exceptions by severity. */
export async function exceptionCounts(tx: Transaction, environmentId: number): Promise<HealthFigures['exceptions']> {
	const rows = await tx.all<{ severity: Severity; count: number }>(
		'SELECT severity, count(*) AS count FROM exceptions WHERE environment_id = ? AND resolved_at IS NULL GROUP BY severity',
		environmentId,
	);
	const counts = { critical: 0, high: 0, medium: 0, low: 0 };
	for (const row of rows) counts[row.severity] = Number(row.count);
	return counts;
}
