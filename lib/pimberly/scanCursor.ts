import { DateTime } from 'luxon';

import type { Product } from '../shapes';
import type { ScanCursor } from './scanPort';

/**
 * The decisions of a scan, as functions of plain values (pimberly-api 3). Pages come in the order of internal ids, not of
 * dateUpdated, so the watermark moves only after the last page, to when the scan *started*, less an overlap: a product
 * that changes behind the cursor during the scan is met by the next one.
 */

export type ScanUnderWay = NonNullable<ScanCursor['scan']>;

export type StartFrom = { from: 'now' } | { from: 'all' } | { from: 'date'; date: string };

/** Which products a scan is after. `overlapMs`: how far before the last scan's start the next one looks. */
export interface ScanPolicy {
	/** Products updated since the last scan, or everything in a channel, each time. */
	source: 'updated' | 'channel';
	/** Where the very first scan starts; ISO 8601. */
	startFrom: StartFrom;
	overlapMs: number;
	/** Read every product once more, from this moment on; ISO 8601. Null: never. */
	fullResyncAt: string | null;
}

/** After so many failures at one place the scan starts over: its place in the list may be gone. */
const FAILURES_BEFORE_RESTART = 5;
/** Beyond this the boundary is not worth its size: its products are emitted once more, which changes nothing. */
const LARGEST_BOUNDARY = 20_000;

const EMPTY: ScanCursor = { watermark: null, scan: null, boundary: {}, lastCompleteAt: null };

const isoOf = (ms: number): string => new Date(ms).toISOString();
const msOf = (iso: string): number => DateTime.fromISO(iso, { zone: 'utc' }).toMillis();

/** The scan that the next step goes on with. */
export interface PlannedScan {
	cursor: ScanCursor;
	scan: ScanUnderWay;
	/** It starts with this step, so its start can still be set right by the server's clock. */
	fresh: boolean;
}

/** What this step reads: the rest of a scan under way, or a new scan. `now` in ms. */
export function planStep(stored: ScanCursor | null, policy: ScanPolicy, now: number): PlannedScan {
	const cursor: ScanCursor = { ...EMPTY, ...stored };
	const due = dueResync(cursor, policy, now);
	if (due !== null) {
		return { cursor: { ...cursor, fullResyncAt: due }, scan: startedAt(now, null), fresh: true };
	}
	if (cursor.scan !== null && sameKind(cursor.scan, policy)) {
		return cursor.scan.failures >= FAILURES_BEFORE_RESTART
			? { cursor, scan: { ...cursor.scan, sinceId: null, failures: 0 }, fresh: false }
			: { cursor, scan: cursor.scan, fresh: false };
	}
	return {
		cursor,
		scan: startedAt(now, policy.source === 'channel' ? null : sinceOf(cursor, policy, now)),
		fresh: true,
	};
}

const startedAt = (now: number, since: string | null): ScanUnderWay => ({
	startedAt: isoOf(now),
	since,
	sinceId: null,
	failures: 0,
});

/** A scan of a channel has no date to filter by: a filtered one is left over from before the source was changed. */
const sameKind = (scan: ScanUnderWay, policy: ScanPolicy): boolean =>
	policy.source === 'updated' || scan.since === null;

function dueResync(cursor: ScanCursor, policy: ScanPolicy, now: number): string | null {
	const asked = policy.source === 'updated' ? policy.fullResyncAt : null;
	if (asked === null || msOf(asked) > now || cursor.fullResyncAt === asked) return null;
	return asked;
}

function sinceOf(cursor: ScanCursor, policy: ScanPolicy, now: number): string | null {
	if (cursor.watermark !== null) return cursor.watermark;
	// A scan that was completed without a watermark was one of a channel; it says nothing about the whole account.
	switch (policy.startFrom.from) {
		case 'all':
			return null;
		case 'date':
			return isoOf(msOf(policy.startFrom.date));
		case 'now':
			// Pimberly's clock may be behind ours: the overlap makes up for it, at the price of a few products from just before.
			return isoOf(now - policy.overlapMs);
	}
}

/**
 * The start of a scan by the slower of both clocks: dateUpdated is Pimberly's, and a watermark that is too early costs a
 * few products read twice, one that is too late loses some.
 * @param serverTime the Date header of the first answer (whole seconds), null without one; all in ms
 */
export function bySlowerClock(
	scan: ScanUnderWay,
	askedAt: number,
	answeredAt: number,
	serverTime: number | null,
): ScanUnderWay {
	if (serverTime === null) return scan;
	const theirStart = serverTime - (answeredAt - askedAt);
	return theirStart < msOf(scan.startedAt) ? { ...scan, startedAt: isoOf(theirStart) } : scan;
}

/** Whether the overlap shows a product again that was emitted in this very state. */
export function wasEmitted(product: Product, cursor: ScanCursor, scan: ScanUnderWay): boolean {
	// A scan of everything is asked for to see everything.
	if (scan.since === null || product.dateUpdatedIsReadTime === true) return false;
	return cursor.boundary[boundaryKey(product)] === product.dateUpdated;
}

const boundaryKey = (product: Pick<Product, 'internalId' | 'primaryId'>): string =>
	product.internalId || product.primaryId;

/** One of each product: a list that shifts while it is read can show one twice. The newest state counts. */
export function withoutRepeats<T extends { product: Product }>(rows: T[]): T[] {
	const newest = new Map<string, T>();
	for (const row of rows) {
		const other = newest.get(row.product.primaryId);
		if (other === undefined || other.product.dateUpdated <= row.product.dateUpdated)
			newest.set(row.product.primaryId, row);
	}
	return rows.filter((row) => newest.get(row.product.primaryId) === row);
}

/**
 * The cursor after a step.
 * @param emitted products that went out, now or earlier in this step's name
 * @param nextSinceId where the list goes on; null: its end was reached
 */
export function afterStep(
	plan: PlannedScan,
	policy: ScanPolicy,
	emitted: Product[],
	nextSinceId: string | null,
): ScanCursor {
	const { cursor, scan } = plan;
	const watermark = isoOf(msOf(scan.startedAt) - policy.overlapMs);
	// A channel shows its products until they leave it: there each scan emits all of them.
	const shownAgain = emitted.filter(
		(product) =>
			policy.source === 'updated' && product.dateUpdatedIsReadTime !== true && product.dateUpdated >= watermark,
	);
	const boundary = {
		...cursor.boundary,
		...Object.fromEntries(shownAgain.map((product) => [boundaryKey(product), product.dateUpdated])),
	};
	if (nextSinceId !== null) {
		return { ...cursor, boundary: limited(boundary), scan: { ...scan, sinceId: nextSinceId, failures: 0 } };
	}
	if (policy.source === 'channel') return { ...cursor, scan: null, lastCompleteAt: scan.startedAt };
	// Never back behind where this scan began: a start date may lie ahead.
	const next = scan.since !== null && scan.since > watermark ? scan.since : watermark;
	const kept = Object.entries(boundary).filter(([, dateUpdated]) => dateUpdated >= next);
	return {
		...cursor,
		watermark: next,
		scan: null,
		boundary: limited(Object.fromEntries(kept)),
		lastCompleteAt: scan.startedAt,
	};
}

function limited(boundary: Record<string, string>): Record<string, string> {
	const entries = Object.entries(boundary);
	if (entries.length <= LARGEST_BOUNDARY) return boundary;
	return Object.fromEntries(entries.sort(([, one], [, other]) => (one < other ? 1 : -1)).slice(0, LARGEST_BOUNDARY));
}

/** Pimberly's filter for the scan (pimberly-api 2.1); null: everything. */
export const filtersOf = (scan: ScanUnderWay): Record<string, unknown> | null =>
	scan.since === null ? null : { dateUpdated: { $gte: scan.since } };
