import type { ExceptionFilter, ListedException } from '../ledger/exceptions/exceptions';
import type { Health, HealthThresholds } from './health';
import type { TrailEvent } from '../ledger/changes/trail';
import type { Kind } from '../shapes';

/** The sync's health at one time, as it is kept for the charts. Ages and lags in minutes. */
export interface HealthSample {
	/** ISO 8601 UTC. */
	at: string;
	waiting: number;
	held: number;
	failed: number;
	exceptions: number;
	oldestMinutes: number | null;
	lagP50Minutes: number | null;
	lagP95Minutes: number | null;
}

/** Changes that are held for one and the same record. */
export interface HeldFamily {
	/** The kind and key of the record that they wait for. */
	waitsFor: { kind: Kind; key: string };
	/** What became of that, in a sentence. */
	reason: string;
	/** Since when the oldest of them is held (ISO 8601 UTC). */
	since: string;
	count: number;
	/** The first of them. */
	keys: string[];
}

/** What was done in one hour. */
export interface HourOfWork {
	/** The start of the hour (ISO 8601 UTC). */
	hour: string;
	/** Read back as desired, those that Khaos held already among them. */
	confirmed: number;
	/** Handed out to be written or read. */
	taken: number;
	retried: number;
	failed: number;
}

/** One entry of the audit trail. */
export interface TrailedEvent {
	/** ISO 8601 UTC. */
	at: string;
	kind: Kind;
	key: string;
	primaryId: string;
	event: TrailEvent;
	version: string;
	lagMs: number | null;
	details: Record<string, unknown>;
}

/** What happened to one SKU, as the ledger has it. */
export interface TrailOfSku {
	/** The keys and primary ids it goes by. */
	keys: string[];
	primaryIds: string[];
	/** Oldest first. */
	events: TrailedEvent[];
	exceptions: Array<ListedException & { history: Array<{ at: string; event: string; by: string; note: string }> }>;
	/** Where it stands now, one entry an open change. */
	open: Array<{
		kind: Kind;
		key: string;
		state: string;
		reason: string;
		waitsFor: string[];
		waitingReason: string;
		dueAt: string | null;
	}>;
	/** The stock item as Khaos was last read to hold it. */
	readBack: { exists: boolean; stockId: string; readAt: string } | null;
}

/** What the monitor asks of the ledger. */
export interface MonitorPort {
	readonly environment: string;
	/**
	 * Look at the sync's health: judged, kept as a sample (one a minute at most), and its breaches opened as exceptions or
	 * resolved. `windowMs`: the lag is that of changes confirmed in so many milliseconds (an hour).
	 */
	checkHealth(thresholds?: Partial<HealthThresholds>, windowMs?: number): Promise<Health>;
	/**
	 * The same look for a page. What is a breach is decided by the limits of the last `checkHealth` (or else the defaults), so
	 * that a page never ends what that opened; `thresholds`, where a page has its own, only say how its measures are shown.
	 */
	viewHealth(thresholds?: Partial<HealthThresholds>): Promise<Health>;
	/** Samples since this time (milliseconds since 1970), oldest first. */
	healthSamples(since: number): Promise<HealthSample[]>;
	exceptions(filter: ExceptionFilter): Promise<ListedException[]>;
	/** Pimberly's own ids of these products. */
	internalIdsOf(primaryIds: string[]): Promise<Map<string, string>>;
	/** The largest first, at most so many. */
	heldFamilies(limit: number): Promise<HeldFamily[]>;
	workByHour(since: number): Promise<HourOfWork[]>;
	/** Everything that is known of a stock code or primary id, its last `limit` events. */
	trailOf(search: string, limit: number): Promise<TrailOfSku>;
}
