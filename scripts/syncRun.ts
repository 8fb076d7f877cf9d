import { generateCatalogue } from '../simulators/generate';
import { startSimulators, type Simulators } from '../simulators/start';
import { channelTarget, isWork, notCarriedIn, ofCarried } from './channelTransport';
import { Cleanup } from './cleanup';
import { openDataFolder, type DataFolder } from './dataFolder';
import { Demo, ENVIRONMENT, REPOSITORY, type DemoVariation } from './demo';
import { lookAtBoth, type Look } from './finalLook';
import { LedgerView } from './ledgerView';
import { ImportingPerson } from './importingPerson';
import { lastFailure } from './lastFailure';
import { installN8n } from './n8nInstallation';
import { N8nServer } from './n8nServer';
import { buildPackage } from './packageBuild';
import type { Progress } from './progress';
import { differencesOf, isDiscontinued, isReady, type Difference } from './expectedItems';
import type { Report, ReportedException } from './report';
import { requireRedisServer } from './redisServer';
import type { OtherServers, StartOptions } from './startOptions';
import { serversAnswer } from './serversAnswer';
import { openStores, type Stores } from './stores';
import { untilSettled, type Ending, type SyncState } from './untilSettled';

/** Longer than any single wait of the sync: a call that times out, a retry that is due within a minute. */
const GIVE_UP_AFTER_MS = 6 * 60_000;

export type RunOptions = Pick<StartOptions, 'catalogue' | 'generate' | 'servers' | 'keep'> &
	Partial<Pick<StartOptions, 'ledger' | 'once' | 'queueMode' | 'redis' | 'transport'>> & {
		/** For n8n. */
		env?: Record<string, string>;
		variation?: (data: DataFolder) => DemoVariation;
		giveUpAfterMs?: number;
	};

export interface Outcome {
	report: Report;
	/** Every ready product is equal in Khaos and Live in Pimberly, and nothing is held, failed or rejected. */
	complete: boolean;
	/** In a sentence. */
	verdict: string;
}

const viewOf = ({ ledger, clockAheadMs }: Stores, startedAt: number): LedgerView =>
	new LedgerView(ledger, ENVIRONMENT, startedAt + clockAheadMs, () => Date.now() + clockAheadMs);

/** One run of the sync in a real n8n, from the simulators (or other servers) to the report. */
export class SyncRun {
	private startedAt = Date.now();
	private view: LedgerView;
	private activated = false;

	private constructor(
		private readonly options: RunOptions,
		private readonly progress: Progress,
		readonly data: DataFolder,
		readonly servers: OtherServers,
		/** Null between other servers. */
		readonly simulators: Simulators | null,
		readonly demo: Demo,
		/** Null between other servers. */
		readonly importingPerson: ImportingPerson | null,
		readonly stores: Stores,
		private readonly cleanup: Cleanup,
		/** When n8n was about to start. */
		private readonly preparedAt: number,
		/** Calls to Khaos before what the report is about. */
		private callsBefore: number,
	) {
		this.view = viewOf(this.stores, this.startedAt);
	}

	/**
	 * Installs, builds and starts everything; the sync is not active yet.
	 *
	 * @param cleanup gets what has to be undone, as it comes to be; whoever does not reach `stop` runs it
	 */
	static async prepare(options: RunOptions, progress: Progress, cleanup = new Cleanup()): Promise<SyncRun> {
		const { ledger = { backend: 'sqlite' }, queueMode = null, redis = null, transport = 'soap' } = options;
		try {
			// Said before anything takes its time.
			if (queueMode !== null && redis === null) requireRedisServer();
			if (options.servers) {
				progress.step('Asking both servers');
				await serversAnswer(options.servers);
				progress.done('they answer');
			}
			const installation = await installN8n(progress);
			await buildPackage(REPOSITORY, progress);
			const data = await openDataFolder(options.keep);
			cleanup.add(async () => await data.close());
			const simulators = options.servers ? null : await bundledSimulators(options, data);
			if (simulators) cleanup.add(async () => await simulators.stop());
			const servers = options.servers ?? {
				pimberlyUrl: simulators!.pimberlyUrl,
				pimberlyToken: simulators!.feedToken,
				khaosUrl: simulators!.khaosUrl,
			};
			const stores = await openStores({ ledger, queueMode, redis }, data, progress, cleanup);
			const env = { ...stores.env, ...options.env };
			cleanup.add(async () => await N8nServer.killAll());
			const preparedAt = Date.now();
			const before = viewOf(stores, preparedAt);
			const callsBefore = await before.calls();
			await before.close();
			const workers = queueMode ?? 0;
			const variation = options.variation?.(data);
			const demo = await Demo.prepare({
				installation,
				data,
				servers,
				progress,
				env,
				ledger: stores.ledger,
				workers,
				transport,
				// Tests, and whoever runs it with --once, don't look.
				watched: options.once === false,
				...(variation ? { variation } : {}),
			});
			cleanup.add(async () => await demo.stop());
			const person = simulators ? new ImportingPerson(data.importFiles, simulators.controlUrl, progress) : null;
			await person?.start();
			cleanup.add(async () => await person?.stop());
			return new SyncRun(
				options,
				progress,
				data,
				servers,
				simulators,
				demo,
				person,
				stores,
				cleanup,
				preparedAt,
				callsBefore,
			);
		} catch (error) {
			await cleanup.run();
			throw error;
		}
	}

	/** Switch the sync on; from here on the clock of the report runs. */
	async activate(): Promise<void> {
		if (this.demo.activeFromBefore && !this.activated) {
			// It is running already, since n8n started.
			await this.restartClock(this.preparedAt);
		} else {
			await this.restartClock();
			await this.demo.activate();
		}
		// Somebody enters the channel's address in Khaos Control, once.
		if (this.byChannel && !this.activated)
			this.simulators?.channel.configure(channelTarget(this.demo.url, this.data.settings.channelPassword!));
		this.activated = true;
	}

	private get byChannel(): boolean {
		return this.options.transport === 'channel';
	}

	/** Forget what was before: the next report is about what happens from now on. */
	async restartClock(since?: number): Promise<void> {
		this.startedAt = since ?? Date.now();
		if (since === undefined) this.callsBefore = await this.view.calls();
		await this.view.close();
		this.view = viewOf(this.stores, this.startedAt);
	}

	/** What the ledger says now; null while there is none. */
	async state(): Promise<SyncState | null> {
		return await this.view.state();
	}

	async exceptions(): Promise<ReportedException[]> {
		return await this.view.exceptions();
	}

	/** Waits until there is nothing left to do, or no hope that there will be. */
	async untilSettled(): Promise<Ending> {
		const { progress } = this;
		progress.step('Syncing');
		const ending = await untilSettled({
			read: async () => await this.state(),
			activity: async () =>
				await Promise.resolve(this.simulators ? String(this.simulators.control.log().filter(isWork).length) : ''),
			ended: this.demo.whenEnded(),
			giveUpAfterMs: this.options.giveUpAfterMs ?? GIVE_UP_AFTER_MS,
			show: (state) => progress.detail(inWords(state)),
		});
		progress.done(ending.how === 'settled' ? 'nothing left to do' : `ended early: ${whyEarly(ending)}`);
		return ending;
	}

	/** Compares both sides and makes the report. */
	async conclude(ending: Ending): Promise<Outcome> {
		const { progress, simulators } = this;
		// The calls of the comparison that follows are not the sync's.
		const calls =
			simulators?.control.log().filter(({ side }) => side === 'khaos').length ??
			(await this.view.calls()) - this.callsBefore;
		const seconds = (Date.now() - this.startedAt) / 1000;
		const stats = await this.view.stats();
		const exceptions = await this.view.exceptions();
		const failure = ending.how === 'settled' ? null : await lastFailure(this.demo.api);

		progress.step('Comparing Khaos with the catalogue');
		const look = await lookAtBoth(this.servers, simulators, this.options.catalogue).catch(asError);
		if (look instanceof Error) {
			progress.done('that could not be done');
			exceptions.unshift(notCompared(look));
		}
		// Elsewhere a person has to import the file; what waits for that is counted apart.
		const waiting = simulators ? new Set<string>() : await this.view.sent();
		const found = look instanceof Error ? [] : differencesIn(look, this.byChannel);
		const differences = found.filter(({ kind, primaryId }) => !waiting.has(`${kind} ${primaryId}`));
		const explained = new Set(exceptions.map(({ product }) => product));
		const unexplained = differences.filter(({ primaryId }) => !explained.has(primaryId));
		if (!(look instanceof Error))
			progress.done(differences.length === 0 ? 'everything is equal' : `${differences.length} differences`);

		const changes = {
			confirmed: stats?.confirmed ?? 0,
			sent: stats?.khaos.sent ?? 0,
			held: stats?.khaos.held ?? 0,
			failed:
				(stats?.khaos.failed ?? 0) +
				(stats?.khaos.retrying ?? 0) +
				(stats?.pimberly.failed ?? 0) +
				(stats?.pimberly.retrying ?? 0),
			rejected: stats?.rejected ?? 0,
		};
		const report: Report = {
			products: look instanceof Error ? (stats?.products ?? 0) : look.products.length,
			changes,
			kits: { confirmed: stats?.confirmedParts.kit ?? 0, sent: stats?.byKind.kit.sent ?? 0 },
			prices: { confirmed: stats?.confirmedParts.price ?? 0, sent: stats?.byKind.price.sent ?? 0 },
			khaos: { stockItems: simulators?.khaos.count ?? (look instanceof Error ? null : look.items.size), calls },
			orderViolations: simulators ? simulators.khaos.orderViolations.length : null,
			exceptions: [...asException(ending, failure), ...exceptions, ...asExceptions(unexplained)],
			seconds: rounded(seconds),
			lag: {
				p50: rounded((stats?.lag.p50 ?? 0) / 1000),
				p95: rounded((stats?.lag.p95 ?? 0) / 1000),
				max: rounded((stats?.lag.max ?? 0) / 1000),
			},
			itemsPerSecond: rounded((stats?.lag.count ?? 0) / Math.max(seconds, 0.1)),
		};
		if (this.byChannel && !(look instanceof Error)) report.notCarried = notCarriedIn(look.products.filter(isReady));
		const complete =
			ending.how === 'settled' &&
			!(look instanceof Error) &&
			differences.length === 0 &&
			changes.held + changes.failed + changes.rejected === 0;
		return { report, complete, verdict: verdictOf(ending, report, unexplained, complete, look instanceof Error) };
	}

	/** Ends everything, and throws the data away unless it is to be kept. */
	async stop(): Promise<void> {
		await this.view.close();
		await this.cleanup.run();
	}
}

async function bundledSimulators(options: RunOptions, data: DataFolder): Promise<Simulators> {
	const { ports } = data.settings;
	const start = async (wanted: typeof ports): Promise<Simulators> =>
		await startSimulators({
			// A generated account that goes on is in its state already.
			catalogue: options.catalogue ?? (data.goesOn ? undefined : generateCatalogue(options.generate)),
			stateFile: data.simulators,
			pimberlyPort: wanted.pimberly ?? 0,
			khaosPort: wanted.khaos ?? 0,
			controlPort: wanted.control ?? 0,
		});
	const simulators = await start(ports);
	Object.assign(ports, {
		pimberly: portOf(simulators.pimberlyUrl),
		khaos: portOf(simulators.khaosUrl),
		control: portOf(simulators.controlUrl),
	});
	await data.saveSettings();
	return simulators;
}

const portOf = (url: string): number => Number(new URL(url).port);

const rounded = (value: number): number => Math.round(value * 10) / 10;

function inWords(state: SyncState): string {
	const waiting = state.queued + state.leased + state.retrying;
	return [
		`${state.confirmed} confirmed`,
		...(state.parts > 0 ? [`${state.parts} kits and prices`] : []),
		`${waiting} to do`,
		...(state.sent > 0 ? [`${state.sent} sent, to be seen in Khaos`] : []),
		...(state.held > 0 ? [`${state.held} held`] : []),
		...(state.rejected > 0 ? [`${state.rejected} rejected`] : []),
		...(state.failed > 0 ? [`${state.failed} failed`] : []),
		...(state.intakeComplete ? [] : ['still reading Pimberly']),
	].join(', ');
}

/** What is not as it should be; a product that is not even equal in Khaos is not asked for its status. */
function differencesIn(look: Look, byChannel: boolean): Difference[] {
	return look.products.filter(isReady).flatMap((product) => {
		const { primaryId } = product;
		const all = differencesOf(product, look.items.get(keyOf(primaryId)));
		const differences = byChannel ? ofCarried(all) : all;
		const status = look.statuses.get(primaryId) ?? '';
		// A product that is discontinued is confirmed like any other, and not Live: nobody is to sell it.
		const expected = isDiscontinued(product) ? 'Pending' : 'Live';
		if (differences.length > 0 || status === expected) return differences;
		return [{ primaryId, kind: 'stockItem' as const, field: 'khaosStatus', expected, actual: status }];
	});
}

const keyOf = (code: string): string => code.trim().toUpperCase();

function asExceptions(differences: Difference[]): ReportedException[] {
	return differences.map(({ primaryId, field, expected, actual }) => ({
		type: field === 'khaosStatus' ? 'statusNotWritten' : 'different',
		severity: 'high',
		owner: 'operations',
		product: primaryId,
		stockCode: primaryId,
		field,
		value: actual,
		reason: `Expected "${shortened(expected)}", found "${shortened(actual)}".`,
		remedy: 'Look at the last executions of the workflow for this product.',
	}));
}

const shortened = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}...` : text);

function whyEarly(ending: Exclude<Ending, { how: 'settled' }>): string {
	return ending.how === 'ended' ? `n8n is gone (${ending.reason})` : `nothing new for ${ending.idleSeconds} s`;
}

function asException(ending: Ending, failure: string | null): ReportedException[] {
	if (ending.how === 'settled') return [];
	return [
		{
			type: 'incomplete',
			severity: 'high',
			owner: 'operations',
			product: '',
			stockCode: '',
			field: '',
			value: null,
			reason: `The sync ended early: ${whyEarly(ending)}.${failure === null ? '' : ` The last execution that failed says: ${failure}`}`,
			remedy: 'Look at the executions in n8n and at its log, and whether both servers answer.',
		},
	];
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function notCompared(error: Error): ReportedException {
	return {
		type: 'notCompared',
		severity: 'high',
		owner: 'operations',
		product: '',
		stockCode: '',
		field: '',
		value: null,
		reason: `What Khaos and Pimberly hold at the end could not be read: ${error.message}`,
		remedy: 'See whether both servers answer, and run it again with --keep.',
	};
}

function verdictOf(
	ending: Ending,
	report: Report,
	differences: Difference[],
	complete: boolean,
	unread: boolean,
): string {
	if (ending.how !== 'settled') return `The sync did not come to its end: ${whyEarly(ending)}.`;
	const sent = report.kits.sent + report.prices.sent;
	if (complete && sent > 0)
		return `Every ready product is equal in Khaos Control and Live in Pimberly, but for ${sent} kits and prices whose import files wait for a person.`;
	if (complete) return 'Every ready product is equal in Khaos Control and Live in Pimberly.';
	const { held, failed, rejected } = report.changes;
	const parts = [
		...(unread ? ['the final comparison was not possible'] : []),
		...(held > 0 ? [`${held} held`] : []),
		...(failed > 0 ? [`${failed} failed`] : []),
		...(rejected > 0 ? [`${rejected} rejected`] : []),
		...(differences.length > 0
			? [`${new Set(differences.map(({ primaryId }) => primaryId)).size} products not as they should be`]
			: []),
	];
	return `The sync is through, and somebody has to look at it: ${parts.join(', ')}.`;
}
