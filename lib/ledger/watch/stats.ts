import { needInWords } from '../../catalogue/needs';
import { keyOf, kindSchema, kindsOf, targetOf, type Kind, type Lane, type Target } from '../../shapes';
import type { Transaction } from '../store/database';
import type { DroppedChange } from '../onRequest/dropped';
import type { ChangeState } from '../changes/placement';
import { subjectOf } from '../changes/subject';

/** Open changes and confirmed records, counted. */
export interface LedgerStats {
	/** Open changes by state, for Khaos and for Pimberly. */
	khaos: Record<ChangeState, number>;
	pimberly: Record<ChangeState, number>;
	/** Open changes for Khaos by lane. */
	byLane: Record<Lane, number>;
	/** Open changes by kind and state. */
	byKind: Record<Kind, Record<ChangeState, number>>;
	/** Kits and price-list rows whose last content is confirmed, with nothing open. */
	confirmedParts: Record<'kit' | 'price', number>;
	/** Stock items whose last content is confirmed, with nothing open. */
	confirmed: number;
	/** Products whose newest version is rejected. */
	rejected: number;
	/** Products ever seen. */
	products: number;
	/**
	 * When the next change that waits for its time is due (ISO 8601 UTC), by target; null: none. What a person or the channel
	 * is to bring to Khaos counts for its first looks only: after those it may take any time.
	 */
	nextDue: Record<Target, string | null>;
	/** The oldest change that could be sent now was ready at (ISO 8601 UTC). */
	oldestReadyAt: string | null;
	/** From Pimberly's dateUpdated to confirmed, in milliseconds, over the stock items confirmed since `since`. */
	lag: { count: number; p50: number | null; p95: number | null; max: number | null };
	intake: {
		/** True once a scan has read the whole list, every product of it has its receipt and no step is under way. */
		complete: boolean;
		/** Products emitted and not yet receipted. */
		unrecorded: number;
		/** Notifications of Pimberly whose product is not recorded yet. */
		notifications: number;
		/** When the last complete scan started. */
		lastCompleteAt: string | null;
		lastPollAt: string | null;
		/** When a scan step last ended well, by the ledger's clock. */
		lastStepAt: string | null;
		lastError: string | null;
	};
}

const states: ChangeState[] = ['queued', 'held', 'leased', 'next', 'retrying', 'sent', 'failed'];
/** After so many looks without a result, what somebody else is to do may take any time. */
const firstLooks = 3;

const iso = (ms: number | null | undefined): string | null =>
	ms === null || ms === undefined ? null : new Date(ms).toISOString();

/** Sequencer: Get Stats. `sinceMs`: lag over confirmations of the last so many milliseconds. */
export async function stats(tx: Transaction, environmentId: number, sinceMs: number): Promise<LedgerStats> {
	const counts = await tx.all<{ kind: Kind; state: ChangeState; lane: Lane; count: number }>(
		'SELECT kind, state, lane, count(*) AS count FROM changes WHERE environment_id = ? GROUP BY kind, state, lane',
		environmentId,
	);
	const ofKinds = (kinds: Kind[]): Record<ChangeState, number> =>
		Object.fromEntries(
			states.map((state) => [
				state,
				counts
					.filter((row) => kinds.includes(row.kind) && row.state === state)
					.reduce((sum, row) => sum + Number(row.count), 0),
			]),
		) as Record<ChangeState, number>;
	const of = (target: Target): Record<ChangeState, number> => ofKinds(kindsOf[target]);
	const byLane = Object.fromEntries(
		([1, 2, 3, 4] as Lane[]).map((lane) => [
			lane,
			counts
				.filter((row) => targetOf(row.kind) === 'khaos' && row.lane === lane)
				.reduce((sum, row) => sum + Number(row.count), 0),
		]),
	) as Record<Lane, number>;
	const one = async (sql: string, ...parameters: Array<string | number>): Promise<number> =>
		Number((await tx.get<{ count: number }>(sql, ...parameters))?.count ?? 0);
	const due = async (target: Target): Promise<string | null> =>
		iso(
			(
				await tx.get<{ due_at: number | null }>(
					`SELECT min(due_at) AS due_at FROM changes WHERE environment_id = ? AND target = ? AND state IN ('retrying', 'sent')
						AND (state <> 'sent' OR awaiting = 'harmonisation' OR checks < ${firstLooks})`,
					environmentId,
					target,
				)
			)?.due_at,
		);
	const confirmedOf = async (kind: Kind): Promise<number> =>
		await one(
			`SELECT count(*) AS count FROM records WHERE environment_id = ? AND kind = ? AND confirmed IS NOT NULL
				AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.record_id = records.record_id)`,
			environmentId,
			kind,
		);
	return {
		khaos: of('khaos'),
		pimberly: of('pimberly'),
		byLane,
		byKind: Object.fromEntries(kindSchema.options.map((kind) => [kind, ofKinds([kind])])) as LedgerStats['byKind'],
		confirmedParts: { kit: await confirmedOf('kit'), price: await confirmedOf('price') },
		confirmed: await confirmedOf('stockItem'),
		rejected: await one(
			'SELECT count(*) AS count FROM products WHERE environment_id = ? AND rejected IS NOT NULL',
			environmentId,
		),
		products: await one('SELECT count(*) AS count FROM products WHERE environment_id = ?', environmentId),
		nextDue: { khaos: await due('khaos'), pimberly: await due('pimberly') },
		oldestReadyAt: iso(
			(
				await tx.get<{ ready_at: number | null }>(
					`SELECT min(ready_at) AS ready_at FROM changes WHERE environment_id = ? AND state = 'queued'`,
					environmentId,
				)
			)?.ready_at,
		),
		lag: await lag(tx, environmentId, tx.now - sinceMs),
		intake: await intake(tx, environmentId),
	};
}

async function lag(tx: Transaction, environmentId: number, since: number): Promise<LedgerStats['lag']> {
	const rows = await tx.all<{ lag: number }>(
		`SELECT lag FROM trail WHERE environment_id = ? AND event IN ('confirmed', 'adopted') AND at >= ? AND kind = 'stockItem' AND lag IS NOT NULL ORDER BY lag`,
		environmentId,
		since,
	);
	const at = (share: number): number | null =>
		rows[Math.min(rows.length - 1, Math.floor(rows.length * share))]?.lag ?? null;
	return { count: rows.length, p50: at(0.5), p95: at(0.95), max: rows.at(-1)?.lag ?? null };
}

interface ScanRow {
	cursor: string | null;
	next_cursor: string | null;
	lease_until: number | null;
	polled_at: number | null;
	emitted_at: number | null;
	last_error: string | null;
}

/** A scan that has not polled for so long while another one did belongs to a workflow that is gone or switched off. */
const scanSilentMs = 24 * 60 * 60_000;
const polls = `scans.environment_id = ? AND COALESCE(scans.polled_at, 0) >=
	(SELECT COALESCE(max(newest.polled_at), 0) - ${scanSilentMs} FROM scans AS newest WHERE newest.environment_id = scans.environment_id)`;

async function intake(tx: Transaction, environmentId: number): Promise<LedgerStats['intake']> {
	const scans = await tx.all<ScanRow>(
		`SELECT cursor, next_cursor, lease_until, polled_at, emitted_at, last_error FROM scans WHERE ${polls}`,
		environmentId,
	);
	const cursors = scans.map((scan) =>
		scan.cursor === null ? null : (JSON.parse(scan.cursor) as { scan: unknown; lastCompleteAt: string | null }),
	);
	const unrecorded = await tx.get<{ count: number }>(
		`SELECT count(*) AS count FROM emitted_products JOIN scans ON scans.scan_id = emitted_products.scan_id
		 WHERE recorded = 0 AND ${polls}`,
		environmentId,
	);
	const notifications = await tx.get<{ count: number }>(
		'SELECT count(*) AS count FROM hints WHERE environment_id = ?',
		environmentId,
	);
	const complete =
		scans.length > 0 &&
		scans.every(
			(scan, index) => scan.next_cursor === null && (scan.lease_until ?? 0) <= tx.now && cursors[index]?.scan === null,
		);
	const times = cursors.flatMap((cursor) => (cursor?.lastCompleteAt ? [cursor.lastCompleteAt] : []));
	return {
		complete,
		unrecorded: Number(unrecorded?.count ?? 0),
		notifications: Number(notifications?.count ?? 0),
		lastCompleteAt: times.sort().at(-1) ?? null,
		lastPollAt: iso(latest(scans.map((scan) => scan.polled_at))),
		lastStepAt: iso(latest(scans.map((scan) => scan.emitted_at))),
		lastError: scans.find((scan) => scan.last_error !== null)?.last_error ?? null,
	};
}

const latest = (times: Array<number | null>): number | null => {
	const known = times.filter((time) => time !== null);
	return known.length === 0 ? null : Math.max(...known);
};

/** Which open changes are meant; all that is given has to hold. */
export interface ChangeFilter {
	states?: ChangeState[];
	kinds?: Kind[];
	/** A stock code, a key or a primary id. */
	search?: string;
	limit: number;
}

/** An open change as Sequencer: Get Many lists it; times are ISO 8601 UTC. */
export interface ListedChange {
	changeId: string;
	kind: Kind;
	key: string;
	primaryId: string;
	state: ChangeState;
	lane: Lane;
	version: string;
	changedFields: string[];
	attempt: number;
	addedAt: string;
	dueAt: string | null;
	reason: string;
	remedy: string;
	differences: unknown[];
	/** What it waits for outside: a read-back (`harmonisation`, `import`, `channel`) or a person (`approval`). */
	awaiting: string | null;
	/** What it waits for, where it is held. */
	waitsFor: string[];
	/** What became of that, in words. */
	waitingReason: string;
}

interface ListedRow {
	change_id: number;
	kind: Kind;
	key: string;
	source: string;
	state: ChangeState;
	lane: Lane;
	version: string;
	changed_fields: string;
	attempt: number;
	added_at: number;
	due_at: number | null;
	reason: string;
	remedy: string;
	differences: string;
	awaiting: string | null;
}

export interface NeedRow {
	change_id: number;
	kind: Kind;
	key: string;
	present: number | null;
	state: ChangeState | null;
	reason: string | null;
	version: string | null;
	dropped: string | null;
	awaiting: string | null;
	/** 1: a product came for it that cannot be sent as it is. */
	rejected: number;
}

/** SQL: whether a product that would become this row of `records` is rejected, as an open exception of it says. */
export const needIsRejected = `CASE WHEN EXISTS (SELECT 1 FROM exceptions
		JOIN products ON products.environment_id = exceptions.environment_id AND products.primary_id = exceptions.primary_id
		WHERE exceptions.environment_id = records.environment_id AND exceptions.key = records.key AND exceptions.resolved_at IS NULL
			AND products.rejected IS NOT NULL) THEN 1 ELSE 0 END`;

/** Sequencer: Get Many. Open changes, oldest first, each with what it waits for. */
export async function listChanges(
	tx: Transaction,
	environmentId: number,
	filter: ChangeFilter,
): Promise<ListedChange[]> {
	const conditions = ['environment_id = ?'];
	const parameters: Array<string | number> = [environmentId];
	const among = (column: string, values: string[] | undefined): void => {
		if (values === undefined || values.length === 0) return;
		conditions.push(tx.dialect.among(column));
		parameters.push(JSON.stringify(values));
	};
	among('state', filter.states);
	among('kind', filter.kinds);
	if (filter.search) {
		const key = keyOf(filter.search);
		// A price-list row begins with the key of its item.
		conditions.push(
			`(key = ? OR key = ? OR substr(key, 1, ${key.length + 3}) = ? OR record_id IN (SELECT record_id FROM records WHERE records.environment_id = ? AND records.primary_id = ?))`,
		);
		parameters.push(key, filter.search, `${key} | `, environmentId, filter.search);
	}
	const rows = await tx.all<ListedRow>(
		`SELECT change_id, kind, key, source, state, lane, version, changed_fields, attempt, added_at, due_at, reason, remedy, differences, awaiting
		 FROM changes WHERE ${conditions.join(' AND ')} ORDER BY change_id LIMIT ?`,
		...parameters,
		filter.limit,
	);
	const waiting = await waitsOf(
		tx,
		rows.map((row) => row.change_id),
	);
	return rows.map((row) => {
		return {
			changeId: String(row.change_id),
			kind: row.kind,
			key: row.key,
			primaryId: (JSON.parse(row.source) as { primaryId: string }).primaryId,
			state: row.state,
			lane: row.lane,
			version: row.version,
			changedFields: JSON.parse(row.changed_fields) as string[],
			attempt: row.attempt,
			addedAt: new Date(row.added_at).toISOString(),
			dueAt: iso(row.due_at),
			reason: row.reason,
			remedy:
				row.state === 'held' && row.awaiting !== 'approval'
					? 'Mend what it waits for; then it is sent by itself.'
					: row.remedy,
			differences: JSON.parse(row.differences) as unknown[],
			awaiting: row.awaiting,
			waitsFor: waiting.get(row.change_id)?.waitsFor ?? [],
			waitingReason: waiting.get(row.change_id)?.waitingReason ?? '',
		};
	});
}

/** What each of these changes waits for, and what became of that, in words. */
export async function waitsOf(
	tx: Transaction,
	changeIds: number[],
): Promise<Map<number, Pick<ListedChange, 'waitsFor' | 'waitingReason'>>> {
	const needs = await tx.all<NeedRow>(
		`SELECT change_needs.change_id, records.kind, records.key, records.present, records.version, records.dropped, blocking.state, blocking.reason, blocking.awaiting,
			${needIsRejected} AS rejected
		 FROM change_needs JOIN records ON records.record_id = need_record_id
		 LEFT JOIN changes AS blocking ON blocking.record_id = records.record_id AND blocking.state <> 'next'
		 WHERE met = 0 AND ${tx.dialect.among('change_needs.change_id', 'integer')}`,
		JSON.stringify(changeIds),
	);
	const waits = new Map<number, NeedRow[]>();
	for (const need of needs) waits.set(need.change_id, [...(waits.get(need.change_id) ?? []), need]);
	return new Map(
		[...waits].map(([id, list]) => [
			id,
			{ waitsFor: list.map((need) => need.key), waitingReason: list.map(whyNeedIsUnmet).join(' ') },
		]),
	);
}

const elsewhere = 'in Pimberly it may be missing, not ready, or not saved since the sync began.';

/** What became of a record that others wait for, in a sentence. */
export function whyNeedIsUnmet(need: NeedRow): string {
	const key = need.kind === 'stockItem' ? needInWords(need.key) : subjectOf(need.kind, need.key);
	if (need.state === 'failed') return `${key} failed: ${need.reason ?? ''}`.trim();
	if (need.state === 'retrying' && need.reason) return `${key} is tried again: ${need.reason}`;
	if (need.state === 'held' && need.awaiting === 'approval')
		return `${key} waits for approval: ${need.reason ?? ''}`.trim();
	if (need.state !== null && need.version !== null) return `${key} is ${need.state} and not confirmed in Khaos yet.`;
	if (need.dropped !== null) return `${key} was dropped: ${(JSON.parse(need.dropped) as DroppedChange).reason}`;
	if (need.rejected === 1) return `${key} cannot be sent as it is: another exception says why.`;
	// What a trigger passes over because it is not ready looks here as if there were no such product.
	return need.present === 0
		? `${key} is not in Khaos and has not come through the sync: ${elsewhere}`
		: `${key} has not come through the sync yet, nor been seen in Khaos: ${elsewhere}`;
}
