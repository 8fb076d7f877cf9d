import type { Change, Kind, KitReadBack, Lane, ReadBack, Warning } from '../../shapes';
import { sameContent, weigh } from './content';
import type { DroppedChange } from '../onRequest/dropped';

/** The states a change can be in; docs/ledger.md shows every way between them. */
export type ChangeState = 'queued' | 'held' | 'leased' | 'next' | 'retrying' | 'sent' | 'failed';

/** A record as the ledger knows it: what Khaos was last seen to hold, and what is on its way there. */
export interface KnownRecord {
	recordId: number;
	kind: Kind;
	key: string;
	primaryId: string | null;
	internalId: string | null;
	/** The newest version accepted so far. */
	version: string | null;
	confirmed: Record<string, unknown> | null;
	/** Of a stock item. */
	readBack: ReadBack | null;
	/** Of a kit. */
	kitReadBack: KitReadBack | null;
	/** Whether Khaos holds it: null when nobody has looked. */
	present: boolean | null;
	uncertain: boolean;
	/** Something was handed out to be written since the last confirmation: Khaos may hold that, and not what was confirmed. */
	takenSince: boolean;
	/** What a person dropped last, until other content comes or it is brought back. */
	dropped: DroppedChange | null;
	/** At most one change in flight, and one waiting (in any state but leased). */
	leased: OpenChange | null;
	waiting: OpenChange | null;
}

/** A change that is not confirmed yet. */
export interface OpenChange {
	/** Null until it is written for the first time. */
	changeId: number | null;
	state: ChangeState;
	purpose: 'write' | 'check' | 'lookUp';
	version: string;
	desired: Record<string, unknown>;
	attempt: number;
	/** Sent, and not seen in Khaos within the time that was set for it. */
	overdue: boolean;
	addedAt: number;
	/** The records it waits for or waited for, by id; of the change in flight only where it is to be dropped. */
	needs: number[];
	/** In flight, and dropped by a person meanwhile. */
	toBeDropped: boolean;
}

/** A change on its way into the ledger. */
export interface Draft {
	kind: Kind;
	version: string;
	lane: Lane;
	desired: Record<string, unknown>;
	source: Change['source'];
	warnings: Warning[];
	purpose: 'write' | 'lookUp';
	/** Wait this long before it may be taken (ms). */
	delayMs: number;
}

/** Where a draft went. `fields`: what it changes against what is known of Khaos. */
export type Placed =
	/** Nothing to do: what is confirmed, in flight or queued already says the same. */
	| { outcome: 'unchanged'; newerVersion: boolean; dropWaiting: boolean; dropped?: string }
	/** Older than what was accepted before. */
	| { outcome: 'stale' }
	| { outcome: 'placed'; state: 'queued' | 'held' | 'next' | 'retrying'; fields: string[]; lane: Lane };

/**
 * Where a draft goes, given what is known of its record.
 * Strictly older is ignored; equal to what is confirmed is dropped; otherwise it replaces what waits, also while a
 * former content is in flight, and is sent next.
 */
export function place(record: KnownRecord, draft: Draft, needs: KnownRecord[]): Placed {
	if (record.version !== null && draft.version < record.version) return { outcome: 'stale' };
	const newerVersion = record.version === null || draft.version > record.version;
	const { leased, waiting } = record;

	if (draft.purpose === 'write') {
		const settled = leased === null && !record.takenSince && !record.uncertain;
		if (settled && sameContent(draft.kind, draft.desired, record.confirmed)) {
			return { outcome: 'unchanged', newerVersion, dropWaiting: waiting !== null };
		}
		const inFlight =
			leased !== null && leased.purpose !== 'lookUp' && sameContent(draft.kind, draft.desired, leased.desired);
		if (waiting === null && inFlight && (!leased.toBeDropped || sameNeeds(leased, needs))) {
			return { outcome: 'unchanged', newerVersion, dropWaiting: false };
		}
		// Our own status write makes Pimberly send the product again, so a newer version alone says nothing.
		const nothingWaits = waiting === null || waiting.purpose === 'lookUp';
		if (nothingWaits && record.dropped !== null && isDropped(record.dropped, draft, needs)) {
			return { outcome: 'unchanged', newerVersion, dropWaiting: false, dropped: record.dropped.reason };
		}
		if (
			waiting !== null &&
			waiting.purpose !== 'lookUp' &&
			sameContent(draft.kind, draft.desired, waiting.desired) &&
			sameNeeds(waiting, needs)
		) {
			// A person who touches a product that failed, or waits for its next attempt, means "try again".
			const stuck = waiting.state === 'failed' || waiting.state === 'retrying' || waiting.overdue;
			const tryAgain = newerVersion && stuck && draft.kind !== 'status';
			if (!tryAgain) return { outcome: 'unchanged', newerVersion, dropWaiting: false };
		}
	} else if (leased !== null || waiting !== null || record.present === true) {
		return { outcome: 'unchanged', newerVersion: false, dropWaiting: false };
	}

	const { fields, lane } = weigh(draft.kind, draft.desired, record, draft.lane);
	const unmet = needs.some((need) => need.present !== true);
	const state = leased !== null ? 'next' : unmet ? 'held' : draft.delayMs > 0 ? 'retrying' : 'queued';
	return { outcome: 'placed', state, fields, lane };
}

/** The same content, waiting for the same, as a person took out of the queue. */
function isDropped(dropped: DroppedChange, draft: Draft, needs: KnownRecord[]): boolean {
	const before = dropped.needs.map((need) => `${need.kind} ${need.key}`).sort();
	const now = [...new Set(needs.map((need) => `${need.kind} ${need.key}`))].sort();
	return sameContent(draft.kind, draft.desired, dropped.draft.desired) && before.join('\n') === now.join('\n');
}

/** A relation that was mended in Pimberly changes what is waited for, though no column differs. */
function sameNeeds(waiting: OpenChange, needs: KnownRecord[]): boolean {
	const wanted = new Set(needs.map((need) => need.recordId));
	return waiting.needs.length === wanted.size && waiting.needs.every((id) => wanted.has(id));
}
