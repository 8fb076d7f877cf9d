import type { StockListRow } from '../khaos/delivery/deliveryPort';
import type { NewException } from '../ledger/exceptions/exceptions';
import type { DesiredKit, DesiredPrice, DesiredStockItem, Kind, ReadBack } from '../shapes';

/** What one drift check covers: everything, or what was revised in Khaos since a time (ISO 8601 UTC). */
export interface DriftScope {
	since: string | null;
}

/** How far a check is. */
export interface DriftPosition {
	phase: 'list' | 'codes' | 'items' | 'prices' | 'done';
	/** The last record that was looked at, in the ledger's own order. */
	after: number;
	/** Price lists that are done. */
	lists: string[];
	/** Whether Khaos shows commodity codes, and they were read. */
	codes: boolean;
}

/** Figures of a check so far. */
export interface DriftCounts {
	items: number;
	kits: number;
	prices: number;
	/** Records with at least one difference. */
	different: number;
	missing: number;
	/** Records that could not be compared: Khaos did not show them, or they are being written. */
	skipped: number;
	/** Put back into the queue. */
	requeued: number;
	calls: number;
}

/** A drift check under way. `token` is this execution's hold on it. */
export interface DriftRun {
	runId: number;
	token: string;
	scope: DriftScope;
	/** ISO 8601 UTC. */
	startedAt: string;
	/** It was cut before, and goes on. */
	resumed: boolean;
	position: DriftPosition;
	counts: DriftCounts;
}

/** A confirmed stock item to be compared. */
export interface DriftItem {
	recordId: number;
	key: string;
	primaryId: string;
	desired: DesiredStockItem;
	/** As last read from Khaos. */
	readBack: ReadBack | null;
	/** The code to export: its own, or its SCS parent's. */
	exportCode: string;
	/** The relation that was confirmed for it, where it is a kit. */
	kit: DesiredKit | null;
	/** The commodity codes that Khaos shows; null where they were not read. */
	codes: string[] | null;
	/** Whether its product is Live. */
	live: boolean;
	/** Something may be on its way to Khaos: a comparison would prove nothing. */
	busy: boolean;
	/** Its product was deleted in Pimberly: all that counts is whether Khaos still sells it. */
	orphaned: boolean;
}

/** A price-list row as the ledger has it. `busy`: a change of it is open, so that a difference is no drift. */
export interface DriftPrice {
	recordId: number;
	key: string;
	primaryId: string;
	desired: DesiredPrice;
	/** False: it was never confirmed; only its list counts. */
	confirmed: boolean;
	busy: boolean;
}

/** What became of some records of a check; written down in one go. */
export interface DriftOutcome {
	/** When the records were taken from the ledger: what changed since proves nothing (milliseconds since 1970). */
	readAt: number;
	/** Stock items as read; `exists: false`: Khaos does not hold them. */
	observations: Map<string, ReadBack>;
	/** The kinds and keys of what was compared. */
	checked: Array<{ kind: Kind; key: string }>;
	findings: Array<{ kind: Kind; exception: NewException }>;
	/** Keys of orphans that are gone or discontinued in Khaos. */
	orphansGone: string[];
	/** Price lists that were looked through to the end. */
	listsDone: string[];
	/** Put these back into the queue. */
	repair: Array<{ kind: Kind; key: string }>;
	position: DriftPosition;
	counts: DriftCounts;
}

/** What a drift check asks of the ledger. */
export interface DriftPort {
	/**
	 * Go on with the check of this name that was cut, or begin a new one. Null: another execution is at it. One that nobody
	 * has touched for a day, or of another scope, is given up.
	 */
	begin(name: string, scope: DriftScope): Promise<DriftRun | null>;
	/** When the last finished check of this name began (ISO 8601 UTC). */
	lastFinished(name: string): Promise<string | null>;
	/** Keep what Khaos listed as revised; for a check that does not cover everything. */
	keepListed(run: DriftRun, rows: StockListRow[], position: DriftPosition, counts: DriftCounts): Promise<boolean>;
	/** Keep the commodity codes of all items. */
	keepCodes(
		run: DriftRun,
		codes: Map<string, string[]>,
		position: DriftPosition,
		counts: DriftCounts,
	): Promise<boolean>;
	/** Whether any confirmed item has a commodity code. */
	hasCommodityCodes(): Promise<boolean>;
	/** The next confirmed stock items, at most so many; `readAt` on the ledger's clock. */
	nextItems(run: DriftRun, after: number, limit: number): Promise<{ items: DriftItem[]; readAt: number }>;
	nextPrices(after: number, limit: number): Promise<{ prices: DriftPrice[]; readAt: number }>;
	/** Of these stock items, those whose product the ledger knows: key -> primary id. */
	knownItems(keys: string[]): Promise<Map<string, string>>;
	/** Write down what was found, and how far the check is. False: the check belongs to another execution by now. */
	record(run: DriftRun, outcome: DriftOutcome): Promise<boolean>;
	/** Move on without a finding, or end (`phase: 'done'`), or let go for another execution to go on (`release`). */
	move(run: DriftRun, position: DriftPosition, counts: DriftCounts, release?: boolean): Promise<boolean>;
}

export const noCounts: DriftCounts = {
	items: 0,
	kits: 0,
	prices: 0,
	different: 0,
	missing: 0,
	skipped: 0,
	requeued: 0,
	calls: 0,
};
