import type { DesiredStatus, DesiredStockItem } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { placeDrafts, type DraftFor } from '../changes/placeDrafts';
import { loadRecords, nameOf } from '../changes/records';

/** What a product's status attributes in Pimberly should read from now on. */
export interface StatusNews {
	primaryId: string;
	internalId: string;
	status: DesiredStatus['status'];
	message: string;
	stockId: string;
	/** Not told before this has passed (ms); news that comes sooner takes its place. */
	delayMs: number;
}

/** What Pimberly is to show of a product whose stock item was read back as desired. */
export function newsOfConfirmed(
	product: Pick<StatusNews, 'primaryId' | 'internalId'>,
	desired: Record<string, unknown>,
	stockId: string,
): StatusNews {
	const discontinued = (desired as Partial<DesiredStockItem>).columns?.['DISCONTINUED'] === '-1';
	return {
		primaryId: product.primaryId,
		internalId: product.internalId,
		status: discontinued ? 'Pending' : 'Live',
		message: discontinued ? 'Discontinued in Khaos' : 'Confirmed in Khaos',
		stockId,
		delayMs: 0,
	};
}

/**
 * What Pimberly is to show of these products, as changes of kind `status`.
 * Only Live is reserved for a confirmation; a product once Live stays Live, and later trouble changes its message.
 */
export async function putStatuses(tx: Transaction, environmentId: number, news: StatusNews[]): Promise<void> {
	if (news.length === 0) return;
	const latest = [...new Map(news.map((one) => [one.primaryId, one])).values()];
	const live = new Set(
		(
			await tx.all<{ primary_id: string }>(
				`SELECT primary_id FROM products WHERE environment_id = ? AND live = 1 AND ${tx.dialect.among('primary_id')}`,
				environmentId,
				jsonParameter(latest.map((one) => one.primaryId)),
			)
		).map((row) => row.primary_id),
	);
	const names = latest.map((one) => ({ kind: 'status' as const, key: one.primaryId }));
	const records = await loadRecords(tx, environmentId, names);
	const at = new Date(tx.now).toISOString();
	const drafts: DraftFor[] = latest.map((one) => {
		const record = records.get(nameOf({ kind: 'status', key: one.primaryId }))!;
		// A launch that is held was never told: nothing keeps it.
		const launched = live.has(one.primaryId) && record.waiting?.state !== 'held';
		const keepsLive = launched && (one.status === 'Failed' || one.status === 'Held');
		const told = (record.waiting?.desired ??
			record.leased?.desired ??
			record.confirmed) as Partial<DesiredStatus> | null;
		// Several pieces of news in one millisecond are in order all the same.
		const version = record.version !== null && record.version > at ? record.version : at;
		const desired: DesiredStatus = {
			primaryId: one.primaryId,
			status: keepsLive ? 'Live' : one.status,
			message: one.message,
			date: at,
			// Trouble with a product says nothing of its stock item, which stays where it is.
			stockId: one.stockId || (told?.stockId ?? ''),
		};
		return {
			record,
			needs: [],
			draft: {
				kind: 'status',
				version,
				lane: 2,
				desired: { ...desired },
				source: { primaryId: one.primaryId, internalId: one.internalId, dateUpdated: version },
				warnings: [],
				purpose: 'write',
				delayMs: one.delayMs,
			},
		};
	});
	await placeDrafts(tx, environmentId, records, drafts);
}

/** From now on (or no longer) these products are Live. */
export async function setLive(
	tx: Transaction,
	environmentId: number,
	primaryIds: string[],
	live: boolean,
): Promise<void> {
	if (primaryIds.length === 0) return;
	await tx.run(
		`UPDATE products SET live = ? WHERE environment_id = ? AND ${tx.dialect.among('primary_id')}`,
		live ? 1 : 0,
		environmentId,
		jsonParameter(primaryIds),
	);
}
