import type { NewException } from '../ledger/exceptions/exceptions';

/** What the ledger knows of a SKU. */
export interface KnownSku {
	key: string;
	primaryId: string;
	/** It was confirmed in Khaos once. */
	confirmed: boolean;
	/** Why it is not there, as far as that is known; '' otherwise. */
	why: string;
}

/** What a search for missing SKUs found, for the ledger to keep. */
export interface MissingOutcome {
	/** The channel whose SKUs these are. */
	channel: string;
	/** Whether they are all of the channel's: then what is no longer among them is over. */
	complete: boolean;
	/** Keys of all SKUs that were looked at. */
	checked: string[];
	/** Keys of those that Khaos holds. */
	inKhaos: string[];
	/** Everything that was found, of whatever type. */
	findings: NewException[];
	/** Whether all of Khaos was looked through for orphans. */
	orphansLookedFor: boolean;
	/** Products that Pimberly does not hold any more, and those that it holds again. */
	deleted: string[];
	restored: string[];
}

/** What the search for missing SKUs asks of the ledger. */
export interface MissingPort {
	/** By key; a product that never had a stock item is known by its primary id. */
	knownSkus(skus: string[]): Promise<Map<string, KnownSku>>;
	/** Stock items of the last whole stock list that no product has claimed, by code; `after` a key, '' from the start. */
	unclaimedItems(after: string, limit: number): Promise<Array<{ key: string; stockCode: string; parentCode: string }>>;
	/** Products with a stock item, and rejected ones, by primary id; `after` a primary id, '' from the start. */
	claimedProducts(after: string, limit: number): Promise<string[]>;
	/** Products that were found deleted in Pimberly. */
	orphanedProducts(): Promise<string[]>;
	/** The first stock types that are in use. */
	stockTypes(): Promise<Set<string>>;
	record(outcome: MissingOutcome): Promise<void>;
}
