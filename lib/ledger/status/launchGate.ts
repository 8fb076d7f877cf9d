import type { DesiredPrice, DesiredStatus, Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { subjectOf } from '../changes/subject';
import { writeTrail } from '../changes/trail';

/** What has to be confirmed in Khaos, beside its stock item, before a product is Live for the first time. */
export interface LiveWaitsFor {
	/** The relation of a kit to its components. */
	kit: boolean;
	/** The names of price lists; empty for none. */
	priceLists: 'all' | string[];
}

interface Launch {
	change_id: number;
	record_id: number;
	key: string;
	version: string;
	desired: string;
	confirmed: string | null;
}

interface Part {
	record_id: number;
	primary_id: string;
	kind: Kind;
	key: string;
	state: string;
	overdue: number;
	desired: string;
	reason: string;
	remedy: string;
}

/**
 * Of these queued statuses, hold those that would make a product Live for the first time while its kit relation, or a price
 * that counts, is unfinished; it goes when they are confirmed. Where one of them failed, or the product is rejected, Pimberly
 * is told that instead: no launch is lost, since what mends it says Live again. A product that Pimberly shows as Live is
 * never held.
 * @returns the statuses that are held now.
 */
export async function holdLaunches(
	tx: Transaction,
	environmentId: number,
	changeIds: number[],
	waitsFor: LiveWaitsFor,
): Promise<Set<number>> {
	const rows = await tx.all<Launch>(
		`SELECT change_id, changes.record_id, changes.key, changes.version, changes.desired, records.confirmed
		 FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.kind = 'status' AND ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter(changeIds),
	);
	const launches = rows.filter((row) => statusIn(row.desired) === 'Live' && statusIn(row.confirmed) !== 'Live');
	if (launches.length === 0) return new Set();
	const parts = await unfinishedParts(
		tx,
		environmentId,
		launches.map(({ key }) => key),
		waitsFor,
	);
	const rejected = await rejections(
		tx,
		environmentId,
		launches.map(({ key }) => key),
	);
	const refused: Array<{ change_id: number; desired: string }> = [];
	const held: Array<{ launch: Launch; parts: Part[] }> = [];
	for (const launch of launches) {
		const own = parts.get(launch.key) ?? [];
		const failed = own.find((part) => part.state === 'failed' || part.overdue === 1);
		const message = failed
			? `${subjectOf(failed.kind, failed.key)}: ${failed.reason} ${failed.remedy}`.trim()
			: rejected.get(launch.key);
		if (message !== undefined) {
			const desired: DesiredStatus = { ...(JSON.parse(launch.desired) as DesiredStatus), status: 'Failed', message };
			refused.push({ change_id: launch.change_id, desired: JSON.stringify(desired) });
		} else if (own.length > 0) held.push({ launch, parts: own });
	}
	await rewrite(tx, refused);
	await hold(tx, environmentId, held);
	return new Set(held.map(({ launch }) => launch.change_id));
}

const statusIn = (desired: string | null): string | null =>
	desired === null ? null : (JSON.parse(desired) as DesiredStatus).status;

async function unfinishedParts(
	tx: Transaction,
	environmentId: number,
	primaryIds: string[],
	waitsFor: LiveWaitsFor,
): Promise<Map<string, Part[]>> {
	const rows = await tx.all<Part>(
		`SELECT records.record_id, records.primary_id, changes.kind, changes.key, changes.state, changes.overdue, changes.desired, changes.reason, changes.remedy
		 FROM records JOIN changes ON changes.record_id = records.record_id
		 WHERE records.environment_id = ? AND records.kind IN ('kit', 'price') AND ${tx.dialect.among('records.primary_id')}`,
		environmentId,
		jsonParameter(primaryIds),
	);
	const lists = waitsFor.priceLists === 'all' ? null : new Set(waitsFor.priceLists.map(listName));
	const counts = (part: Part): boolean =>
		part.kind === 'kit'
			? waitsFor.kit
			: lists === null || lists.has(listName((JSON.parse(part.desired) as DesiredPrice).priceList));
	const parts = new Map<string, Part[]>();
	for (const row of rows.filter(counts)) parts.set(row.primary_id, [...(parts.get(row.primary_id) ?? []), row]);
	return parts;
}

const listName = (name: string): string => name.trim().toLowerCase();

/** What is wrong with products that can't be sent, whole or in part. */
async function rejections(tx: Transaction, environmentId: number, primaryIds: string[]): Promise<Map<string, string>> {
	const rows = await tx.all<{ primary_id: string; field: string; reason: string; remedy: string }>(
		`SELECT primary_id, field, reason, remedy FROM exceptions
		 WHERE environment_id = ? AND resolved_at IS NULL AND type IN ('invalidProduct', 'unmappedPrice') AND ${tx.dialect.among('primary_id')}
		 ORDER BY exception_id DESC`,
		environmentId,
		jsonParameter(primaryIds),
	);
	return new Map(rows.map((row) => [row.primary_id, `${row.field}: ${row.reason} ${row.remedy}`]));
}

async function rewrite(tx: Transaction, rows: Array<{ change_id: number; desired: string }>): Promise<void> {
	if (rows.length === 0) return;
	await tx.run(
		`UPDATE changes SET desired = r.desired FROM ${tx.dialect.rows('r', { change_id: 'integer', desired: 'text' })} WHERE changes.change_id = r.change_id`,
		jsonParameter(rows),
	);
}

async function hold(
	tx: Transaction,
	environmentId: number,
	held: Array<{ launch: Launch; parts: Part[] }>,
): Promise<void> {
	if (held.length === 0) return;
	// Not met whatever was confirmed before: it is the content under way that counts.
	await tx.run(
		`INSERT INTO change_needs (change_id, need_record_id, met)
		 SELECT r.change_id, r.need_record_id, 0 FROM ${tx.dialect.rows('r', { change_id: 'integer', need_record_id: 'integer' })} WHERE true
		 ON CONFLICT (change_id, need_record_id) DO UPDATE SET met = 0`,
		jsonParameter(
			held.flatMap(({ launch, parts }) =>
				[...new Set(parts.map((part) => part.record_id))].map((id) => ({
					change_id: launch.change_id,
					need_record_id: id,
				})),
			),
		),
	);
	await tx.run(
		`UPDATE changes SET state = 'held', ready_at = NULL, held_since = ?, hold_told = 0,
			unmet = (SELECT count(*) FROM change_needs WHERE change_needs.change_id = changes.change_id AND met = 0)
		 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		jsonParameter(held.map(({ launch }) => launch.change_id)),
	);
	await writeTrail(
		tx,
		environmentId,
		held.map(({ launch, parts }) => ({
			kind: 'status' as const,
			key: launch.key,
			primaryId: launch.key,
			event: 'held' as const,
			version: launch.version,
			details: { waitsFor: parts.map((part) => part.key) },
		})),
	);
}

/** Launches whose every need came to its end without a confirmation (dropped, deleted) go. Returns how many. */
export async function freeLaunches(tx: Transaction, environmentId: number): Promise<number> {
	const rows = await tx.all<{ change_id: number }>(
		`SELECT change_id FROM changes WHERE environment_id = ? AND state = 'held' AND kind = 'status'
			AND NOT EXISTS (SELECT 1 FROM change_needs JOIN changes AS part ON part.record_id = change_needs.need_record_id
				WHERE change_needs.change_id = changes.change_id AND change_needs.met = 0)`,
		environmentId,
	);
	if (rows.length === 0) return 0;
	const ids = jsonParameter(rows.map((row) => row.change_id));
	await tx.run(`DELETE FROM change_needs WHERE ${tx.dialect.among('change_id', 'integer')}`, ids);
	await tx.run(
		`UPDATE changes SET state = 'queued', unmet = 0, ready_at = ?, held_since = NULL WHERE ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		ids,
	);
	return rows.length;
}
