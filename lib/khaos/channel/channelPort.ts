import type { Difference, PriceReadBack, ReadBack } from '../../shapes';
import type { StockUpload } from './uploads';

/** A change that is to be told over the channel. */
export interface Publication {
	changeId: string;
	/** Of the batch's lease: a change that was handed to somebody else meanwhile is not told. */
	token: string;
	/** What else Khaos has to have been told before it can make sense of this one: an SCS parent, a kit's components. */
	refersTo: string[];
	/**
	 * How it is confirmed: by the next StockUpload of its stock item, or (a kit, whose relation no upload shows) by a
	 * read-back over the web services.
	 */
	confirmedBy: 'upload' | 'webServices';
}

/** What became of a publication. */
export interface Published {
	/** `told`: Khaos gets it with its next fetch. `notOurs`: the lease is over, or newer content waits. */
	outcome: 'told' | 'notOurs';
	/** Of what it refers to: keys that were never told to Khaos, and of which nothing is known that could be told now. */
	unknown: string[];
}

/** One entry of the feed: the newest of its record. */
export interface ProvidedEntry {
	kind: 'stockItem' | 'kit';
	key: string;
	desired: Record<string, unknown>;
	/** What Khaos was last read to hold of the stock item. */
	known: ReadBack | null;
	/** The key of the stock item that it needs, where it needs exactly one. */
	parentKey: string | null;
}

/** One answer of ProvidedStock. */
export interface ProvidedPage {
	entries: ProvidedEntry[];
	/** What Khaos is to send with its next fetch. */
	continuation: string;
	/** Whether there is more beyond this page. */
	more: boolean;
}

/** What an upload meant for the sync. */
export interface UploadOutcome {
	/** Codes of changes that it confirmed. */
	confirmed: string[];
	/** Changes that Khaos was told and shows differently; they are told again, or have failed. */
	different: Array<{ key: string; differences: Difference[]; failed: boolean }>;
	/** What was confirmed earlier (stock items, prices) and that somebody has changed in Khaos since. */
	drifted: Array<{ key: string; differences: Difference[] }>;
	/** Keys of stock items that Khaos no longer holds. */
	deleted: string[];
}

/** What the channel needs of the Sync Ledger, which is its only memory: any process may answer any call. */
export interface ChannelPort {
	/** Put these where Khaos fetches them; what a record was told before is replaced. In the order of `changes`. */
	publish(changes: Publication[]): Promise<Published[]>;

	/**
	 * Of these keys, those whose newest telling is the change's own: so that a check can tell what is on its way from what
	 * was never told.
	 */
	told(changeIds: string[]): Promise<Set<string>>;

	/** What Khaos was last told of these stock items. */
	lastTold(keys: string[]): Promise<Map<string, Record<string, unknown>>>;

	/** The entries after what Khaos says it has had; from the start where that can't be read, or is another feed's. */
	provide(continuation: string | null, limit: number): Promise<ProvidedPage>;

	/** Keep what Khaos holds, and settle what was told and is shown. Safe to repeat. */
	stockUpload(upload: Pick<StockUpload, 'items' | 'deleted'>): Promise<UploadOutcome>;

	/** Settle prices that were sent, as far as the lists show them, and note what was confirmed otherwise. Safe to repeat. */
	priceListUpload(rows: PriceReadBack[]): Promise<UploadOutcome>;
}
