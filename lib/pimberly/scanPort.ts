import type { Product } from '../shapes';

/** Where a scan stands. Plain data, small enough for static data when there is no ledger. */
export interface ScanCursor {
	/** Products updated at or after this are still to be read; null: everything is. ISO 8601 UTC. */
	watermark: string | null;
	/** A scan under way that has not reached the end of the list. */
	scan: {
		/** When it started, on our clock; becomes the next watermark (less the overlap). */
		startedAt: string;
		/** What it filters by; null: no filter. */
		since: string | null;
		/** maxId of the last page that was read; null before the first. */
		sinceId: string | null;
		/** Failures in a row at this place. */
		failures: number;
	} | null;
	/** Products that the overlap will show again: internal id -> dateUpdated that was emitted. */
	boundary: Record<string, string>;
	/** When the last scan that reached the end of the list started. */
	lastCompleteAt: string | null;
	/** The request for a full resync that the last or present full scan answers. */
	fullResyncAt?: string | null;
	/** Relation columns that the channel was seen to map. */
	mappedColumns?: { parents: boolean; items: boolean };
}

/** What the trigger needs of the Sync Ledger. */
export interface ScanPort {
	/** Whether emissions are receipted; false: nobody waits, the cursor moves at once. Left out: they are. */
	readonly receipts?: boolean;

	/**
	 * Claim the scan for one step, so that an overlong step can't overlap itself. Null: another step holds it.
	 * While products of the last step have no receipt from Sequencer: Add, the cursor still stands before that step and it
	 * is read again; `recorded` (primary id -> dateUpdated) holds those of it that have one and need not be emitted again.
	 */
	begin(
		leaseMs: number,
	): Promise<{ token: string; cursor: ScanCursor | null; recorded: Record<string, string> } | null>;

	/**
	 * End the step: the products are emitted under `emission` (the step's token); the cursor moves to `next` once each of them is receipted
	 * (at once when there are none). False: the lease was lost, nothing may be emitted.
	 */
	emit(
		token: string,
		emission: string,
		products: Array<Pick<Product, 'primaryId' | 'internalId' | 'dateUpdated'>>,
		next: ScanCursor,
	): Promise<boolean>;

	/** End the step without emitting, after an error; the cursor may keep its failure count. */
	fail(token: string, message: string): Promise<void>;

	/** Relations remembered from earlier look-ups, not older than maxAgeMs. */
	parentsOf(primaryIds: string[], maxAgeMs: number): Promise<Map<string, string[]>>;
	rememberParents(parents: Map<string, string[]>): Promise<void>;
	/**
	 * What parents list now. Products that are listed anew, or no longer, have other parents than they were emitted with: they
	 * are to be read again, but for those that this step has read. Null: nothing is to be read again.
	 */
	rememberItems(items: Map<string, string[]>, alreadyRead: ReadonlySet<string> | null): Promise<void>;

	/**
	 * Those to be read again, for the next step to emit, and the word that it did. Left out: they are brought like notified
	 * products (HintPort).
	 */
	readonly toReadAgain?: { ids(): string[]; done(ids: string[]): void };
}
