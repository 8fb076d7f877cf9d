import type { Lane, ReadBack } from '../../shapes';

/** One row of GetStockList: a code that Khaos holds. */
export interface StockListRow {
	stockCode: string;
	stockId: string;
	/** Not empty: an SCS child, which ExportStock shows inside its parent only. */
	parentCode: string;
}

/** A stock item whose columns are confirmed but for the commodity code, which another method shows. */
export interface AwaitingHarmonisation {
	changeId: string;
	key: string;
	code: string;
}

/**
 * What delivery asks of the ledger. The ledger implements it over its tables, so it holds across executions, processes
 * and crashes; without a ledger an in-process stand-in (lib/khaos/processPort) does, for one execution.
 */
export interface DeliveryPort {
	/** Run one call to Khaos while holding the gate: one call in flight to one Khaos, most urgent lane first. */
	throughGate<T>(lane: Lane, call: () => Promise<T>): Promise<T>;

	/**
	 * Just before a write, inside the gate: which of these changes are still ours (lease token valid, version not
	 * overtaken)? Their leases are renewed, and each is marked as of unknown outcome until it is observed again.
	 */
	beginWrite(changes: Array<{ changeId: string; token: string }>): Promise<Set<string>>;

	/** Keys that were written with unknown outcome: they must be read back before anything is written to them. */
	uncertain(keys: string[]): Promise<Set<string>>;

	/** Record what Khaos was just read to hold (`exists: false`: it does not hold the key). Ends uncertainty. */
	observe(observations: Map<string, ReadBack>): Promise<void>;

	/** Age of the last whole GetStockList in milliseconds; null if there was none. */
	stockListAge(): Promise<number | null>;

	/** Keep a whole GetStockList, replacing the previous one. */
	saveStockList(rows: StockListRow[]): Promise<void>;

	/** Of these keys, those in the kept list. */
	inStockList(keys: string[]): Promise<Map<string, StockListRow>>;

	/** Are there more stock items that could be sent now, this batch aside? */
	moreReady(): Promise<boolean>;

	/** Changes of earlier batches whose commodity code is still to be read back, and how long the oldest has waited (ms). */
	awaitingHarmonisation(): Promise<{ changes: AwaitingHarmonisation[]; oldestMs: number }>;

	/** Settle them: `codes` holds the codes that Khaos shows for each key; a change that is equal is confirmed, else retried. */
	settleHarmonisation(codes: Map<string, string[]>): Promise<void>;
}
