import type { Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';

/**
 * What the audit trail tells of. `replaced`: newer content took the place of what waited; `ready`: what held it is over;
 * `adopted`: Khaos held it as desired already; `stale`: older than what was accepted before.
 */
export type TrailEvent =
	| 'added'
	| 'replaced'
	| 'held'
	| 'ready'
	| 'taken'
	| 'sent'
	| 'retry'
	| 'failed'
	| 'confirmed'
	| 'adopted'
	| 'dropped'
	| 'replayed'
	| 'released'
	| 'rejected'
	| 'stale';

/** One event of the audit trail. */
export interface TrailEntry {
	kind: Kind;
	key: string;
	primaryId: string;
	event: TrailEvent;
	version: string;
	/** Milliseconds from Pimberly's dateUpdated to now; with confirmed and adopted. */
	lag?: number | null;
	/** How urgent it was; with confirmed and adopted. */
	lane?: number | null;
	/** When it happened, where that was before now (ms). */
	at?: number;
	details?: Record<string, unknown>;
}

/** Append to the audit trail; nothing is ever removed from it by the sync itself. */
export async function writeTrail(tx: Transaction, environmentId: number, entries: TrailEntry[]): Promise<void> {
	if (entries.length === 0) return;
	await tx.run(
		`INSERT INTO trail (environment_id, at, kind, key, primary_id, event, version, lag, lane, details)
		 SELECT ?, r.at, r.kind, r.key, r.primary_id, r.event, r.version, r.lag, r.lane, r.details
		 FROM ${tx.dialect.rows('r', { at: 'integer', kind: 'text', key: 'text', primary_id: 'text', event: 'text', version: 'text', lag: 'integer', lane: 'integer', details: 'text' })}`,
		environmentId,
		jsonParameter(
			entries.map((entry) => ({
				at: entry.at ?? tx.now,
				kind: entry.kind,
				key: entry.key,
				primary_id: entry.primaryId,
				event: entry.event,
				version: entry.version,
				lag: entry.lag ?? null,
				lane: entry.lane ?? null,
				details: JSON.stringify(entry.details ?? {}),
			})),
		),
	);
}

/**
 * That a change was taken, told when its lease ends. A batch costs the same in a large ledger as in a small one that way: at
 * the end another entry for the same record is written anyway, to the same page of the index.
 * @returns nothing for a change that is in nobody's hands.
 */
export const takenEntry = (
	change: { taken_at: number | null; attempt: number; purpose: string },
	entry: Pick<TrailEntry, 'kind' | 'key' | 'primaryId' | 'version'>,
): TrailEntry[] =>
	change.taken_at === null
		? []
		: [
				{
					...entry,
					event: 'taken',
					at: change.taken_at,
					details: { attempt: change.attempt, purpose: change.purpose },
				},
			];
