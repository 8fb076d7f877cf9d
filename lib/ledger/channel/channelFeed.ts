import type { ProvidedEntry, ProvidedPage, Publication, Published } from '../../khaos/channel/channelPort';
import { channelProblems } from '../../khaos/channel/stockItem';
import { keyOf, type DesiredKit, type DesiredStockItem, type Kind, type ReadBack } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import type { LedgerSettings } from '../settings';

/** A new row of the outbox, before it has its number. */
interface Telling {
	kind: string;
	key: string;
	change_id: number | null;
	desired: string;
	parent_key: string | null;
	confirmed_by: string;
}

interface LeasedRow {
	change_id: number;
	kind: Kind;
	key: string;
	desired: string;
}

/**
 * Put the content of these leased changes where Khaos fetches it, after everything that is there; what a record was told
 * before is replaced. What a change refers to and Khaos was never told (it was adopted from there) is told before it, as it
 * was last confirmed or, on its way to that, is to be: Khaos knows an item by the id of this feed only after the feed has
 * named it.
 */
export async function publish(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	newToken: () => string,
	changes: Publication[],
): Promise<Published[]> {
	const leased = await stillLeased(tx, environmentId, settings, changes);
	const ours = changes.filter(({ changeId }) => leased.has(changeId));
	const introduced = await introductions(tx, environmentId, [...new Set(ours.flatMap(({ refersTo }) => refersTo))]);
	const tellings = ours.map(({ changeId, refersTo, confirmedBy }): Telling => {
		const { change_id, kind, key, desired } = leased.get(changeId)!;
		return {
			kind,
			key,
			change_id,
			desired,
			parent_key: kind === 'stockItem' ? (refersTo[0] ?? null) : null,
			confirmed_by: confirmedBy,
		};
	});
	await tell(tx, environmentId, newToken, [...introduced.tellings, ...tellings]);
	return changes.map(({ changeId, refersTo }) =>
		leased.has(changeId)
			? { outcome: 'told', unknown: refersTo.filter((key) => introduced.unknown.has(key)) }
			: { outcome: 'notOurs', unknown: [] },
	);
}

/** Of these changes, those that are this batch's still and that no newer content waits behind; their leases are renewed. */
async function stillLeased(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	changes: Publication[],
): Promise<Map<string, LeasedRow>> {
	const asked = jsonParameter(changes.map(({ changeId, token }) => ({ change_id: Number(changeId), token })));
	const table = tx.dialect.rows('r', { change_id: 'integer', token: 'text' });
	const rows = await tx.all<LeasedRow>(
		`SELECT changes.change_id, kind, key, desired FROM ${table} JOIN changes ON changes.change_id = r.change_id AND changes.lease_token = r.token
		 WHERE changes.state = 'leased' AND changes.environment_id = ?
			AND NOT EXISTS (SELECT 1 FROM changes AS newer WHERE newer.record_id = changes.record_id AND newer.state = 'next')`,
		asked,
		environmentId,
	);
	await tx.run(
		`UPDATE changes SET lease_until = ? WHERE ${tx.dialect.among('change_id', 'integer')}`,
		tx.now + settings.leaseMs,
		jsonParameter(rows.map((row) => row.change_id)),
	);
	return new Map(rows.map((row) => [String(row.change_id), row]));
}

async function introductions(
	tx: Transaction,
	environmentId: number,
	keys: string[],
): Promise<{ tellings: Telling[]; unknown: Set<string> }> {
	if (keys.length === 0) return { tellings: [], unknown: new Set() };
	const told = await tx.all<{ key: string }>(
		`SELECT key FROM channel_outbox WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	const known = new Set(told.map((row) => row.key));
	const missing = keys.filter((key) => !known.has(key));
	const records = await tx.all<{
		key: string;
		confirmed: string | null;
		waiting: string | null;
		read_back: string | null;
	}>(
		`SELECT records.key, confirmed, max(changes.desired) AS waiting, read_back
		 FROM records LEFT JOIN changes ON changes.record_id = records.record_id AND changes.purpose <> 'lookUp' AND records.present = 1
		 WHERE records.environment_id = ? AND records.kind = 'stockItem' AND ${tx.dialect.among('records.key')}
		 GROUP BY records.record_id, records.key, confirmed, read_back`,
		environmentId,
		jsonParameter(missing),
	);
	const tellings = records.flatMap((row): Telling[] => {
		const desired = [row.confirmed, row.waiting].find(
			(content) => content !== null && canBeTold(content, row.read_back),
		);
		return desired === undefined
			? []
			: [
					{
						kind: 'stockItem',
						key: row.key,
						change_id: null,
						desired: desired!,
						parent_key: null,
						confirmed_by: 'upload',
					},
				];
	});
	const found = new Set(tellings.map(({ key }) => key));
	return { tellings, unknown: new Set(missing.filter((key) => !found.has(key))) };
}

function canBeTold(desired: string, readBack: string | null): boolean {
	const known = readBack === null ? null : (JSON.parse(readBack) as ReadBack);
	return channelProblems(JSON.parse(desired) as DesiredStockItem, known).length === 0;
}

async function tell(
	tx: Transaction,
	environmentId: number,
	newToken: () => string,
	tellings: Telling[],
): Promise<void> {
	if (tellings.length === 0) return;
	await tx.run(
		'INSERT INTO channel_feeds (environment_id, feed, last_sequence) VALUES (?, ?, 0) ON CONFLICT DO NOTHING',
		environmentId,
		newToken(),
	);
	const feed = await feedOf(tx, environmentId);
	const first = feed!.last_sequence + 1;
	await tx.run(
		'UPDATE channel_feeds SET last_sequence = ? WHERE environment_id = ?',
		first + tellings.length - 1,
		environmentId,
	);
	await tx.run(
		`INSERT INTO channel_outbox (environment_id, kind, key, sequence, change_id, desired, parent_key, confirmed_by)
		 SELECT ?, r.kind, r.key, r.sequence, r.change_id, r.desired, r.parent_key, r.confirmed_by
		 FROM ${tx.dialect.rows('r', { kind: 'text', key: 'text', sequence: 'integer', change_id: 'integer', desired: 'text', parent_key: 'text', confirmed_by: 'text' })} WHERE true
		 ON CONFLICT (environment_id, kind, key) DO UPDATE SET sequence = excluded.sequence, change_id = excluded.change_id,
			desired = excluded.desired, parent_key = excluded.parent_key, confirmed_by = excluded.confirmed_by, served_at = NULL`,
		environmentId,
		jsonParameter(tellings.map((telling, at) => ({ ...telling, sequence: first + at }))),
	);
}

interface Feed {
	feed: string;
	last_sequence: number;
}

const feedOf = async (tx: Transaction, environmentId: number): Promise<Feed | undefined> =>
	await tx.get<Feed>('SELECT feed, last_sequence FROM channel_feeds WHERE environment_id = ?', environmentId);

interface FeedRow {
	sequence: number;
	kind: ProvidedEntry['kind'];
	key: string;
	desired: string;
	parent_key: string | null;
	read_back: string | null;
}

/**
 * The entries after a continuation, in order, and the continuation that follows them. They count as served from now on. What
 * was dropped from the queue, or waits as newer content, is not handed out any more: an entry stands for an open change with
 * this content, for what is confirmed, or for what was told because another needs it. A parent or a component that was told
 * again later goes ahead of what refers to it, beyond the limit: a Khaos that begins anew has never heard of it.
 */
export async function provide(
	tx: Transaction,
	environmentId: number,
	continuation: string | null,
	limit: number,
): Promise<ProvidedPage> {
	const feed = await feedOf(tx, environmentId);
	// Nothing was ever told: what Khaos has sent stays a beginning.
	if (feed === undefined) return { entries: [], continuation: '0', more: false };
	const after = sequenceOf(continuation, feed);
	const rows = await feedRows(tx, environmentId, 'sequence > ? ORDER BY sequence LIMIT ?', after, limit + 1);
	const page = rows.slice(0, limit);
	const entries = inOrderOfNeeds(page, await toldLater(tx, environmentId, page));
	await tx.run(
		`UPDATE channel_outbox SET served_at = ? WHERE environment_id = ? AND served_at IS NULL AND ${tx.dialect.among('sequence', 'integer')}`,
		tx.now,
		environmentId,
		jsonParameter(entries.map((row) => row.sequence)),
	);
	return {
		entries: entries.map((row) => ({
			kind: row.kind,
			key: row.key,
			desired: JSON.parse(row.desired) as Record<string, unknown>,
			known: row.read_back === null ? null : (JSON.parse(row.read_back) as ReadBack),
			parentKey: row.parent_key,
		})),
		continuation: `${feed.feed}.${page.at(-1)?.sequence ?? after}`,
		more: rows.length > limit,
	};
}

async function feedRows(
	tx: Transaction,
	environmentId: number,
	condition: string,
	...parameters: Array<string | number>
): Promise<FeedRow[]> {
	return await tx.all<FeedRow>(
		`SELECT sequence, channel_outbox.kind, channel_outbox.key, channel_outbox.desired, parent_key, read_back
		 FROM channel_outbox
		 LEFT JOIN records ON records.environment_id = channel_outbox.environment_id AND records.kind = 'stockItem' AND records.key = channel_outbox.key
		 WHERE channel_outbox.environment_id = ?
			AND (channel_outbox.change_id IS NULL
				OR EXISTS (SELECT 1 FROM changes WHERE changes.change_id = channel_outbox.change_id AND changes.desired = channel_outbox.desired)
				OR EXISTS (SELECT 1 FROM records AS own WHERE own.environment_id = channel_outbox.environment_id AND own.kind = channel_outbox.kind
					AND own.key = channel_outbox.key AND own.confirmed = channel_outbox.desired))
			AND ${condition}`,
		environmentId,
		...parameters,
	);
}

/** The stock items that an entry makes sense after: a variant's parent; a kit's own item and its components. */
function needsOf({ kind, desired, parent_key }: FeedRow): string[] {
	if (kind === 'kit') {
		const { stockCode, components } = JSON.parse(desired) as DesiredKit;
		return [stockCode, ...components.map((component) => component.stockCode)].map(keyOf);
	}
	const { parentKey, scs } = JSON.parse(desired) as DesiredStockItem;
	const key = parent_key ?? parentKey ?? keyOf(scs?.parentCode ?? '');
	return key === '' ? [] : [key];
}

/** What these entries need, and what that needs, where it stands behind them in the feed. */
async function toldLater(tx: Transaction, environmentId: number, page: FeedRow[]): Promise<Map<string, FeedRow>> {
	const found = new Map<string, FeedRow>();
	const asked = new Set<string>();
	for (let rows = page; rows.length > 0; ) {
		const keys = [...new Set(rows.flatMap(needsOf))].filter((key) => !asked.has(key));
		if (keys.length === 0) break;
		for (const key of keys) asked.add(key);
		rows = await feedRows(
			tx,
			environmentId,
			`channel_outbox.kind = 'stockItem' AND sequence > ? AND ${tx.dialect.among('channel_outbox.key')}`,
			page[0]!.sequence,
			jsonParameter(keys),
		);
		for (const row of rows) found.set(row.key, row);
	}
	return found;
}

/** The entries in their order, each after what it needs, and each once. */
function inOrderOfNeeds(page: FeedRow[], later: Map<string, FeedRow>): FeedRow[] {
	const ordered = new Set<number>();
	const rows: FeedRow[] = [];
	const put = (row: FeedRow): void => {
		if (ordered.has(row.sequence)) return;
		ordered.add(row.sequence);
		for (const key of needsOf(row)) {
			const needed = later.get(key);
			if (needed !== undefined && needed.sequence > row.sequence) put(needed);
		}
		rows.push(row);
	};
	page.forEach(put);
	return rows;
}

/**
 * How far Khaos says it has come. A first contact is a date, a ledger that was made anew is another feed, and one that was
 * put back to an older copy has not come that far: in each case everything is told again, which changes nothing twice.
 */
function sequenceOf(continuation: string | null, { feed, last_sequence }: Feed): number {
	const [name, digits] = (continuation ?? '').trim().split('.');
	if (name !== feed || digits === undefined || !/^\d{1,15}$/.test(digits)) return 0;
	return Number(digits) <= last_sequence ? Number(digits) : 0;
}

/** Of these changes, those whose content is what their record was last told. */
export async function toldChanges(tx: Transaction, environmentId: number, changeIds: string[]): Promise<Set<string>> {
	const rows = await tx.all<{ change_id: number }>(
		`SELECT changes.change_id FROM changes JOIN channel_outbox ON channel_outbox.change_id = changes.change_id AND channel_outbox.desired = changes.desired
		 WHERE changes.environment_id = ? AND ${tx.dialect.among('changes.change_id', 'integer')}`,
		environmentId,
		jsonParameter(changeIds.map(Number)),
	);
	return new Set(rows.map((row) => String(row.change_id)));
}

/** What Khaos was last told of these stock items, by key. */
export async function lastTold(
	tx: Transaction,
	environmentId: number,
	keys: string[],
): Promise<Map<string, Record<string, unknown>>> {
	const rows = await tx.all<{ key: string; desired: string }>(
		`SELECT key, desired FROM channel_outbox WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	return new Map(rows.map((row) => [row.key, JSON.parse(row.desired) as Record<string, unknown>]));
}
