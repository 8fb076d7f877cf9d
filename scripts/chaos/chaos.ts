import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '../cleanup';
import { Oracle, type Violation } from '../oracle';
import type { Progress } from '../progress';
import { Chance } from '../simulation/chance';
import { Editors, shopOf } from '../simulation/edits';
import { SyncRun } from '../syncRun';
import { readTrail } from '../trailReader';
import { drained, failedProducts } from './drain';
import { Meddling } from './meddling';
import type { ChaosOptions } from './options';
import { planOf, type Blow } from './plan';
import { Relay, type RelayFigures } from './relay';
import { Victims } from './victims';
import { NotifiedWorkflow } from './workflow';

export interface ChaosFigures {
	seed: number;
	ledger: 'sqlite' | 'postgres';
	/** Processes of n8n that ran executions beside the main one. */
	workers: number;
	products: number;
	edits: number;
	kills: number;
	killsOfMain: number;
	killsOfWorkers: number;
	endedByThemselves: number;
	/** Calls that took effect and whose connection was then cut. */
	droppedAfterWrite: number;
	postgresRestarts: number;
	/** How often the SQLite file was not allowed to grow, and how often that refused a write. */
	ledgerFull: number;
	refusedByFullLedger: number;
	clockSkews: number;
	notifications: RelayFigures;
	callsToKhaos: number;
	callsToPimberly: number;
	lost: number;
	reordered: number;
	staleOverwrites: number;
	unaccounted: number;
	otherViolations: number;
	seconds: number;
}

export interface ChaosResult {
	figures: ChaosFigures;
	violations: Violation[];
	/** The story of each record that has violations. */
	stories: Map<string, string>;
}

/** Every call takes a while, so that a kill finds some under way. */
const LATENCY = { khaosMs: 120, pimberlyMs: 15 };
const EDIT_EVERY_MS = [100, 1_500] as const;
/** Longer than a lease, the wait for an emission without receipt and the longest wait between attempts, together. */
const DRAIN_WITHIN_MS = 25 * 60_000;
const MOVES_WITHIN_MS = 60_000;
const FULL_AT_MOST_MS = 30_000;
const STRIKES_WITHIN_MS = 60_000;
/** A run whose processes no longer come up ends by itself. */
const TROUBLE_MS = { atLeast: 10 * 60_000, perKill: 3 * 60_000 };

/**
 * One run: products sync in a real n8n while they are edited and the blows of the plan fall; then everything calms down and
 * drains, and the oracle judges.
 *
 * @param cleanup gets what has to be undone, as it comes to be; it is run at the end
 * @throws Error when it could not run as planned
 */
export async function chaos(options: ChaosOptions, progress: Progress, cleanup = new Cleanup()): Promise<ChaosResult> {
	try {
		return await new ChaosRun(options, progress, cleanup).whole();
	} finally {
		await cleanup.run();
	}
}

class ChaosRun {
	private readonly startedAt = Date.now();
	private readonly counts = { edits: 0, main: 0, worker: 0, postgresRestarts: 0, ledgerFull: 0, clockSkews: 0 };

	constructor(
		private readonly options: ChaosOptions,
		private readonly progress: Progress,
		private readonly cleanup: Cleanup,
	) {}

	async whole(): Promise<ChaosResult> {
		const { seed, queueMode } = this.options;
		const workflow = new NotifiedWorkflow();
		const { run, meddling } = await this.prepare(workflow);
		const { simulators, demo } = run;
		if (!simulators) throw new Error('Chaos needs the bundled simulators.');
		const { pimberly, khaos, control } = simulators;
		const oracle = new Oracle(pimberly, khaos, { entries: () => control.log() }, Date.now, true);
		const relay = await Relay.start(new Chance(seed + 1), {
			url: `${demo.url}${workflow.path}`,
			headers: workflow.headers,
		});
		this.cleanup.add(async () => await relay.stop());
		control.webhooks.set('control', {
			url: relay.url,
			headers: {},
			enabled: true,
			action: ['create', 'update', 'delete'],
		});
		control.setLatency(LATENCY);

		const editors = new Editors(pimberly, new Chance(seed + 2));
		const stopEditing = this.edit(editors, new Chance(seed + 3));
		const victims = new Victims(demo);
		// Also where it ends in the middle: nothing may go on over what is thrown away.
		this.cleanup.add(async () => {
			stopEditing();
			await victims.giveUp();
		});
		await run.activate();
		const plan = planOf({ ...this.options, workers: queueMode ?? 0 });
		await this.strike(plan, run, victims, meddling);

		stopEditing();
		await this.calmDown(run, victims, meddling, relay, editors);
		const open = await this.drain(run, victims);
		const trail = await readTrail(run.stores.ledger);
		const violations = [...open, ...oracle.judge(trail)];
		const records = [...new Set(violations.map(({ record }) => record))].filter((record) => record !== '');
		return {
			figures: this.figures(run, victims, meddling, relay, violations),
			violations,
			stories: new Map(records.slice(0, 5).map((record) => [record, oracle.story(record, trail)])),
		};
	}

	private async prepare(workflow: NotifiedWorkflow): Promise<{ run: SyncRun; meddling: Meddling }> {
		const { seed, products, queueMode, ledger } = this.options;
		const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
		this.cleanup.add(async () => await rm(folder, { recursive: true, force: true }));
		const catalogue = join(folder, 'catalogue.json');
		await writeFile(catalogue, JSON.stringify(shopOf(products, new Chance(seed))));
		let meddling: Meddling | null = null;
		const run = await SyncRun.prepare(
			{
				catalogue,
				generate: products,
				servers: null,
				keep: this.options.keep,
				ledger: ledger === 'sqlite' ? { backend: 'sqlite' } : { backend: 'postgres', target: null },
				queueMode,
				redis: null,
				env: NOTICED_SOON,
				variation: (data) => {
					meddling = new Meddling(join(folder, 'control'), ledger === 'sqlite' ? data.ledger : '');
					const envOf = meddling.environmentOf.bind(meddling);
					return { adapt: workflow.adapt, credential: workflow.credential, envOf };
				},
			},
			this.progress,
			this.cleanup,
		);
		return { run, meddling: meddling! };
	}

	/** People edit all the time. */
	private edit(editors: Editors, chance: Chance): () => void {
		let timer: NodeJS.Timeout;
		const next = (): void => {
			timer = setTimeout(
				() => {
					editors.edit();
					this.counts.edits += 1;
					next();
				},
				chance.whole(...EDIT_EVERY_MS),
			);
		};
		next();
		return () => clearTimeout(timer);
	}

	private async strike(plan: Blow[], run: SyncRun, victims: Victims, meddling: Meddling): Promise<void> {
		const { progress } = this;
		const deadline = Date.now() + TROUBLE_MS.atLeast + this.options.kills * TROUBLE_MS.perKill;
		progress.step('Chaos');
		for (const [index, blow] of plan.entries()) {
			if (Date.now() > deadline) {
				throw new Error(`Only ${index} of ${plan.length} blows fell in time: n8n takes too long to come up again.`);
			}
			progress.detail(
				`${index} of ${plan.length} blows, ${this.counts.main + this.counts.worker} kills, ${this.counts.edits} edits`,
			);
			// Without the main process and its triggers nothing moves that a blow could hit.
			await this.untilMoving(run, victims);
			await pause(blow.afterMs);
			await this.fall(blow, run, victims, meddling);
		}
		await victims.untilAllUp();
		// What was to be dropped is dropped as soon as there is something to write.
		await until(() => droppedAfterWrite(run) > 0, STRIKES_WITHIN_MS);
		progress.done(`${this.counts.main + this.counts.worker} kills, ${this.counts.edits} edits`);
	}

	/** n8n takes its time from the first answer of its main process to the first execution. */
	private async untilMoving(run: SyncRun, victims: Victims): Promise<void> {
		const writes = (): number =>
			run.simulators!.control.log().filter(({ method }) => method === 'ImportStockTSV' || /^PUT/.test(method)).length;
		await victims.untilUp('main');
		const before = writes();
		await until(() => writes() > before, MOVES_WITHIN_MS);
	}

	private async fall(blow: Blow, run: SyncRun, victims: Victims, meddling: Meddling): Promise<void> {
		const { counts } = this;
		switch (blow.kind) {
			case 'kill':
				await victims.kill(blow.process);
				counts[blow.process === 'main' ? 'main' : 'worker'] += 1;
				return;
			case 'dropAfterWrite': {
				const method = blow.side === 'khaos' ? 'ImportStockTSV' : 'PUT';
				run.simulators!.control.addFaults([{ side: blow.side, method, kind: 'applyThenDrop', times: blow.times }]);
				return;
			}
			case 'restartPostgres': {
				const { postgres } = run.stores;
				await (blow.how === 'stop' ? postgres!.stop() : postgres!.kill());
				await postgres!.startAgain();
				counts.postgresRestarts += 1;
				return;
			}
			case 'fullLedger': {
				const refusedBefore = meddling.refused;
				meddling.full(true);
				await pause(blow.forMs);
				// A page may have room for a while.
				await until(() => meddling.refused > refusedBefore, FULL_AT_MOST_MS);
				meddling.full(false);
				counts.ledgerFull += 1;
				return;
			}
			case 'skewClock':
				meddling.skew(blow.process, blow.seconds);
				counts.clockSkews += 1;
		}
	}

	private async calmDown(
		run: SyncRun,
		victims: Victims,
		meddling: Meddling,
		relay: Relay,
		editors: Editors,
	): Promise<void> {
		const { control } = run.simulators!;
		control.clearFaults();
		control.setLatency({ khaosMs: 0, pimberlyMs: 0 });
		meddling.end();
		editors.finish();
		// What this process emitted, and could not record, it would wait for for minutes; another one emits it again at once.
		await victims.kill('main');
		await victims.untilAllUp();
		await relay.settle();
	}

	private async drain(run: SyncRun, victims: Victims): Promise<Violation[]> {
		const { progress } = this;
		const { ledger: store, clockAheadMs } = run.stores;
		const untilDrained = async (): Promise<Violation[]> =>
			await drained({
				store,
				clockAheadMs,
				keepAlive: async () => await victims.untilAllUp(),
				withinMs: DRAIN_WITHIN_MS,
				show: (text) => progress.detail(text),
			});
		progress.step('Calming down');
		const open = await untilDrained();
		const failed = open.length > 0 ? [] : await failedProducts(store);
		const unseen = failed
			.filter(({ hasException }) => !hasException)
			.map(
				({ primaryId }): Violation => ({
					rule: 'accounting',
					record: primaryId,
					what: 'It failed without an exception.',
				}),
			);
		// Each failure is an exception that somebody sees, who touches the product: then it is tried again.
		for (const { primaryId } of failed) run.simulators!.pimberly.upsert([{ primaryId }]);
		const again = failed.length > 0 ? await untilDrained() : [];
		progress.done(open.length + again.length === 0 ? 'nothing left to do' : 'it did not come to rest');
		return [...open, ...unseen, ...again];
	}

	private figures(
		run: SyncRun,
		victims: Victims,
		meddling: Meddling,
		relay: Relay,
		violations: Violation[],
	): ChaosFigures {
		const { seed, ledger, queueMode } = this.options;
		const { counts } = this;
		const calls = run.simulators!.control.log();
		const of = (...rules: Array<Violation['rule']>): number =>
			violations.filter(({ rule }) => rules.includes(rule)).length;
		const [lost, reordered, staleOverwrites, unaccounted] = [
			of('lost', 'status', 'stuck'),
			of('order', 'live'),
			of('stale', 'mixed'),
			of('accounting'),
		] as const;
		return {
			seed,
			ledger,
			workers: queueMode ?? 0,
			products: run.simulators!.pimberly.count,
			edits: counts.edits,
			kills: counts.main + counts.worker,
			killsOfMain: counts.main,
			killsOfWorkers: counts.worker,
			endedByThemselves: victims.endedByThemselves,
			droppedAfterWrite: droppedAfterWrite(run),
			postgresRestarts: counts.postgresRestarts,
			ledgerFull: counts.ledgerFull,
			refusedByFullLedger: meddling.refused,
			clockSkews: counts.clockSkews,
			notifications: relay.figures,
			callsToKhaos: calls.filter(({ side }) => side === 'khaos').length,
			callsToPimberly: calls.filter(({ side }) => side === 'pimberly').length,
			lost,
			reordered,
			staleOverwrites,
			unaccounted,
			otherViolations: violations.length - lost - reordered - staleOverwrites - unaccounted,
			seconds: Math.round((Date.now() - this.startedAt) / 1000),
		};
	}
}

/**
 * A worker that died, and an activation that was cut off, are noticed by n8n sooner than after minutes. An activation that takes
 * longer than seven tenths of the lease is given up by n8n for good, so the lease is long enough for a slow machine.
 */
const NOTICED_SOON = {
	N8N_WORKFLOW_PUBLICATION_OUTBOX_LEASE_SECONDS: '60',
	QUEUE_WORKER_LOCK_DURATION: '10000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '5000',
};

const droppedAfterWrite = (run: SyncRun): number =>
	run.simulators!.control.log().filter(({ outcome }) => outcome === 'applyThenDrop').length;

async function until(come: () => boolean, atMostMs: number): Promise<void> {
	const deadline = Date.now() + atMostMs;
	while (!come() && Date.now() < deadline) await pause(200);
}

async function pause(ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms));
}
