import { randomUUID } from 'node:crypto';

import type { ChannelPort } from '../khaos/channel/channelPort';
import type { DeliveryPort } from '../khaos/delivery/deliveryPort';
import type { DriftPort } from '../monitor/driftPort';
import type { MissingPort } from '../monitor/missingPort';
import type { MonitorPort } from '../monitor/monitorPort';
import type { HintPort } from '../pimberly/hintPort';
import type { ScanPort } from '../pimberly/scanPort';
import type { StatusPort } from '../pimberly/statusPort';
import type { Approval, BatchItem, Kind, Result } from '../shapes';
import { add, type AddItem, type AddOptions, type AddOutcome } from './intake/add';
import {
	firstSyncReport,
	listDifferences,
	type DifferenceFilter,
	type FirstSyncReport,
	type ListedDifference,
} from './firstSync/baseline';
import { beginWrite } from './delivery/beginWrite';
import { channelPort } from './channel/channel';
import type { Database } from './store/database';
import { deliveryPort } from './delivery/delivery';
import { drop } from './onRequest/drop';
import { driftPort } from './watch/driftRuns';
import { openHost, type System } from './store/environment';
import {
	listExceptions,
	type ExceptionFilter,
	type ExceptionType,
	type ListedException,
	type Owner,
} from './exceptions/exceptions';
import {
	exceptionHistory,
	setDefaultOwner,
	updateExceptions,
	type ExceptionHistory,
	type ExceptionUpdate,
	type ExceptionUpdated,
} from './exceptions/exceptionWork';
import { setFirstSync, type Taker } from './firstSync/firstSync';
import { callsLetIn, defaultGate, type GateTools } from './delivery/gate';
import { executionFailed, executionSucceeded, type FailedExecution } from './exceptions/failedExecutions';
import { hintPort } from './intake/hints';
import { housekeeping, type Housekeeping } from './watch/housekeeping';
import { migrate } from './store/migrations';
import { missingPort } from './watch/missing';
import { monitorPort } from './watch/monitor';
import { instance, showLife, takeOwnership } from './store/ownership';
import { allowNewCodes } from './onRequest/newCodes';
import { batchState, endHold, releaseBatch } from './delivery/release';
import type { NamedChanges, NamedOutcome } from './onRequest/namedChanges';
import { replay, replayAll, type ReplayableState } from './onRequest/replay';
import { scanPort } from './intake/scan';
import { defaultSettings, type LedgerSettings } from './settings';
import { settle, type SettleOutcome } from './delivery/settle';
import { makeSchema, openPostgres, type PostgresOptions } from './store/postgres';
import { openSqlite } from './store/sqlite';
import { kept } from './store/text';
import { listChanges, stats, type ChangeFilter, type LedgerStats, type ListedChange } from './watch/stats';
import { take, type TakeOptions } from './delivery/take';
import { vouch } from './onRequest/vouch';

/** SQLite for one process, PostgreSQL for many. */
export type LedgerStore =
	| { backend: 'sqlite'; file: string }
	| ({ backend: 'postgres' } & Omit<PostgresOptions, 'clock'>);

export interface LedgerOptions {
	/** Names a pair of systems, such as Live or Sandbox; what is confirmed in one says nothing about another. */
	environment: string;
	store: LedgerStore;
	/** To look at an existing ledger only: nothing is created, migrated or owned. */
	readOnly?: boolean;
	settings?: Partial<LedgerSettings>;
	/** Milliseconds since 1970; the machine's (SQLite) or the database's (PostgreSQL) clock when left out. */
	clock?: () => number;
	tools?: Partial<GateTools>;
}

/** The durable store of the sync: what each record must be, what is confirmed, what waits and for what. */
export interface Ledger {
	readonly environment: string;
	readonly settings: LedgerSettings;
	/** One outcome for each item, in order; all of it in one transaction. */
	add(items: AddItem[], options?: AddOptions): Promise<AddOutcome[]>;
	/** The next batch, leased; empty when nothing is ready. */
	take(options: Partial<TakeOptions> & Pick<TakeOptions, 'target'>): Promise<BatchItem[]>;
	/** `patience`: of this batch, where it is not the ledger's own. */
	settle(results: Result[], patience?: Partial<LedgerSettings>): Promise<SettleOutcome[]>;
	/** Give a batch back; returns how many changes it held. */
	release(token: string, reason: string): Promise<number>;
	/** How many changes a batch still holds, and until when. */
	batch(token: string): Promise<{ open: number; until: number | null }>;
	/**
	 * Let held changes go although what they need is not confirmed, and let products have these codes where their code changed;
	 * returns how many.
	 */
	endHold(keys: string[], reason: string): Promise<number>;
	/** Send again what failed, waits for its next attempt or was dropped; one outcome a name. */
	replay(named: NamedChanges, reason: string): Promise<NamedOutcome[]>;
	/** The same of everything in these states. */
	replayAll(asked: { states: ReplayableState[]; kinds: Kind[] }, reason: string): Promise<NamedOutcome[]>;
	/** Take what waits out of the queue for good, with a reason; one outcome a name. */
	drop(named: NamedChanges, reason: string): Promise<NamedOutcome[]>;
	/** Confirm on a person's word kits and prices that were sent and can't be read back; one outcome a name. */
	vouch(named: NamedChanges, reason: string): Promise<NamedOutcome[]>;
	/**
	 * What a taker lets through of items that were never confirmed; the strictest of all counts. Returns how many changes waited
	 * for what this allows.
	 */
	setFirstSync(taker: Taker, approval: Approval): Promise<number>;
	/** What a first sync into a Khaos that is already full would change. */
	firstSync(): Promise<FirstSyncReport>;
	/** The same, item by item, in pages. */
	firstSyncDifferences(filter: DifferenceFilter): Promise<{ rows: ListedDifference[]; last: number | null }>;
	/** Raise what is held too long, resolve what no longer is; null when it was done a moment ago. */
	housekeeping(): Promise<Housekeeping | null>;
	getMany(filter: ChangeFilter): Promise<ListedChange[]>;
	stats(sinceMs?: number): Promise<LedgerStats>;
	/** How many calls to any Khaos went through this ledger's gate, since the ledger was made. */
	callsLetIn(): Promise<number>;
	/** What a person has to look at, worst first; without a filter what is not resolved. */
	exceptions(filter?: ExceptionFilter): Promise<ListedException[]>;
	/** What people do with exceptions; one outcome for each update, in order. */
	updateExceptions(updates: ExceptionUpdate[]): Promise<ExceptionUpdated[]>;
	/** A workflow of the sync stopped with an error: an exception, until it works again. */
	executionFailed(failure: FailedExecution): Promise<void>;
	/** A workflow got its work done: an earlier failure of it is over. */
	executionSucceeded(workflowId: string): Promise<void>;
	/** What happened to these exceptions, oldest first, by their ids. */
	exceptionHistory(exceptionIds: string[]): Promise<Map<string, ExceptionHistory[]>>;
	/** From now on exceptions of this type are this owner's; those that are open go over to it. Null: as the package has it. */
	setDefaultOwner(type: ExceptionType, owner: Owner | null, by: string): Promise<void>;
	/** What the monitor looks at. */
	readonly monitor: MonitorPort;
	/** The memory of drift checks. */
	readonly drift: DriftPort;
	/** What the search for missing SKUs knows. */
	readonly missing: MissingPort;
	/** The memory of one Pimberly Trigger. */
	scanPort(name: string): ScanPort;
	/** Pimberly's notifications, kept until each product is recorded. */
	readonly hints: HintPort;
	/** What writers of statuses to Pimberly ask. */
	readonly statuses: StatusPort;
	/** What Khaos is told over the channel, and what it says it holds. */
	readonly channel: ChannelPort;
	/** The memory of deliveries to the Khaos at this endpoint. */
	deliveryPort(endpoint: string): DeliveryPort;
	/**
	 * Remember that this system belongs to the environment.
	 * @throws when another one was confirmed under the same environment before.
	 */
	useHost(system: System, address: string): Promise<void>;
	close(): Promise<void>;
}

const everyMs: GateTools['every'] = (ms, run) => {
	const timer = setInterval(run, ms);
	timer.unref();
	return () => clearInterval(timer);
};

/** Open a ledger, made or brought to the newest schema where needed. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
	const settings = { ...defaultSettings, ...options.settings };
	const tools: GateTools = {
		newToken: randomUUID,
		sleep: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
		every: everyMs,
		elapsed: () => performance.now(),
		...options.tools,
	};
	const database = await openStore(options);
	try {
		if (options.readOnly !== true) {
			await migrate(database);
			if (options.store.backend === 'sqlite') await takeOwnership(database);
		}
		const environmentId = await environmentNumber(database, options.environment, options.readOnly === true);
		return ledgerOver(database, environmentId, options.environment, settings, tools);
	} catch (error) {
		await database.close();
		throw error;
	}
}

async function openStore(options: LedgerOptions): Promise<Database> {
	const { store, clock, readOnly } = options;
	if (store.backend === 'sqlite') return openSqlite({ file: store.file, clock, readOnly });
	if (readOnly !== true) await makeSchema(store);
	return openPostgres({ ...store, clock });
}

async function environmentNumber(database: Database, name: string, readOnly: boolean): Promise<number> {
	if (!readOnly) {
		await database.write(async (tx) => {
			await tx.run('INSERT INTO environments (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING', name, tx.now);
		});
	}
	const row = await database.read(
		async (tx) =>
			await tx.get<{ environment_id: number }>('SELECT environment_id FROM environments WHERE name = ?', name),
	);
	if (row === undefined) throw new Error(`This ledger has no environment named ${name}.`);
	return row.environment_id;
}

function ledgerOver(
	database: Database,
	environmentId: number,
	environment: string,
	settings: LedgerSettings,
	tools: GateTools,
): Ledger {
	const owned = database.dialect.name === 'sqlite';
	const stopShowingLife = owned
		? tools.every(20_000, () => void showLife(database).catch(() => undefined))
		: () => undefined;
	return {
		environment,
		settings,
		add: async (items, options) =>
			await database.write(async (tx) => await add(tx, environmentId, settings, kept(items), options)),
		take: async (options) => {
			const all: TakeOptions = {
				limit: 100,
				leaseMs: settings.leaseMs,
				quietMs: 0,
				token: tools.newToken(),
				...options,
			};
			let again = false;
			return await database.write(async (tx) => {
				const batch = await take(tx, environmentId, settings, { ...all, again });
				again = true;
				return batch;
			});
		},
		settle: async (results, patience) =>
			await database.write(async (tx) => await settle(tx, environmentId, { ...settings, ...patience }, kept(results))),
		release: async (token, reason) =>
			await database.write(async (tx) => await releaseBatch(tx, environmentId, settings, token, reason)),
		batch: async (token) => await database.read(async (tx) => await batchState(tx, token)),
		endHold: async (keys, reason) =>
			await database.write(
				async (tx) =>
					(await endHold(tx, environmentId, keys, reason)) + (await allowNewCodes(tx, environmentId, keys, reason)),
			),
		replay: async (named, reason) => await database.write(async (tx) => await replay(tx, environmentId, named, reason)),
		replayAll: async (asked, reason) => {
			const outcomes: NamedOutcome[] = [];
			for (let after: number | null = 0; after !== null; ) {
				const from: number = after;
				const part = await database.write(
					async (tx) => await replayAll(tx, environmentId, { ...asked, after: from, limit: 1_000 }, reason),
				);
				outcomes.push(...part.outcomes);
				after = part.last;
			}
			return outcomes;
		},
		drop: async (named, reason) => await database.write(async (tx) => await drop(tx, environmentId, named, reason)),
		vouch: async (named, reason) =>
			await database.write(async (tx) => await vouch(tx, environmentId, settings, named, reason)),
		setFirstSync: async (taker, approval) =>
			await database.write(async (tx) => await setFirstSync(tx, environmentId, taker, approval)),
		firstSync: async () => await database.read(async (tx) => await firstSyncReport(tx, environmentId)),
		firstSyncDifferences: async (filter) =>
			await database.read(async (tx) => await listDifferences(tx, environmentId, filter)),
		housekeeping: async () => await database.write(async (tx) => await housekeeping(tx, environmentId, settings)),
		getMany: async (filter) => await database.read(async (tx) => await listChanges(tx, environmentId, filter)),
		stats: async (sinceMs = 24 * 60 * 60_000) =>
			await database.read(async (tx) => await stats(tx, environmentId, sinceMs)),
		callsLetIn: async () => await database.read(async (tx) => await callsLetIn(tx)),
		exceptions: async (filter = {}) =>
			await database.read(async (tx) => await listExceptions(tx, environmentId, filter)),
		updateExceptions: async (updates) =>
			await database.write(async (tx) => await updateExceptions(tx, environmentId, updates)),
		executionFailed: async (failure) =>
			await database.write(async (tx) => await executionFailed(tx, environmentId, failure)),
		executionSucceeded: async (workflowId) => await executionSucceeded(database, environmentId, workflowId),
		exceptionHistory: async (ids) => await database.read(async (tx) => await exceptionHistory(tx, environmentId, ids)),
		setDefaultOwner: async (type, owner, by) =>
			await database.write(async (tx) => await setDefaultOwner(tx, environmentId, type, owner, by)),
		drift: driftPort(database, environmentId, tools.newToken),
		missing: missingPort(database, environmentId),
		monitor: monitorPort(database, environmentId, environment),
		scanPort: (name) => scanPort(database, environmentId, settings, instance.id, tools, name),
		hints: hintPort(database, environmentId, settings, tools.newToken),
		statuses: {
			beginWrite: async (change) =>
				await database.write(async (tx) =>
					(await beginWrite(tx, environmentId, settings, [change])).has(change.changeId),
				),
		},
		channel: channelPort(database, environmentId, settings, tools.newToken),
		deliveryPort: (endpoint) => deliveryPort(database, environmentId, settings, defaultGate, tools, endpoint),
		useHost: async (system, address) => await openHost(database, environmentId, environment, system, address),
		close: async () => {
			stopShowingLife();
			await database.close();
		},
	};
}
