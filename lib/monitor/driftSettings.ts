import type { KhaosClient } from '../khaos/webServices/client';
import type { DeliveryPort } from '../khaos/delivery/deliveryPort';
import type { BuildsShown } from '../khaos/kits/kits';
import type { PriceListOptions } from '../khaos/prices/priceLists';
import type { NewException } from '../ledger/exceptions/exceptions';
import type { Difference, Kind } from '../shapes';
import type { DriftPort, DriftRun } from './driftPort';
import type { Tolerance } from './tolerance';

export interface DriftDeps {
	client: KhaosClient;
	/** The gate, and what was last read. */
	port: DeliveryPort;
	drift: DriftPort;
	sleep: (ms: number) => Promise<void>;
	/** Milliseconds since 1970. */
	now: () => number;
}

export interface DriftSettings {
	/** Names the check, so that one that was cut is gone on with. */
	name: string;
	/** Null: everything; a time (ISO 8601 UTC): what was revised in Khaos since. */
	since: string | null;
	tolerance: Tolerance;
	kits: boolean;
	prices: boolean;
	commodityCodes: boolean;
	/** Also prices that a mapped list holds for our items and Pimberly says nothing of. */
	pricesWithoutPimberly: boolean;
	buildsShown: BuildsShown;
	priceLists: PriceListOptions;
	/** Put what differs, or is missing, back into the queue. */
	repair: boolean;
	/** Stop after so many items and go on at the next call; null: to the end. */
	mostItems: number | null;
	/** Stop after this time (ms) and go on at the next call. */
	budgetMs: number;
	/** What Khaos calls local time, for a date that it is asked with; from ISO 8601 UTC. */
	khaosTime: (iso: string) => string;
}

/** A difference as it is handed to a workflow. */
export interface DriftFinding extends NewException {
	kind: Kind;
	differences: Difference[];
}

/** What one call of a drift check came to. */
export type DriftReport =
	/** Another execution is at this check. */
	| { status: 'busy' }
	| {
			/** `cut`: it stopped before the end and goes on at the next call; `error` says why where that was no wish. */
			status: 'finished' | 'cut';
			run: DriftRun;
			findings: DriftFinding[];
			error: Error | null;
			/** What was not compared, and why. */
			notes: string[];
	  };
