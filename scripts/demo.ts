import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LedgerStore } from '../lib/ledger/ledger';
import { CHANNEL_TEMPLATES, channelCredential, forChannel, type Transport } from './channelTransport';
import type { DataFolder } from './dataFolder';
import { N8nApi, N8nRefused, type Credential, type WorkflowTemplate } from './n8nApi';
import type { N8nInstallation } from './n8nInstallation';
import { N8nServer, type N8nServerOptions } from './n8nServer';
import { installPackage } from './packageInstallation';
import { freePorts } from './ports';
import type { Progress } from './progress';
import type { OtherServers } from './startOptions';
import { dashboardCredential, importWatching, type Watching } from './watching';

export const REPOSITORY = join(__dirname, '..');
const WORKFLOWS = join(REPOSITORY, 'workflows');

/** The name that the demo's ledger keeps its environment under. */
export const ENVIRONMENT = 'Demo';

/**
 * The whole sync of the demo. The delta sync comes last to be activated: its first poll is part of that, and fills the
 * queue that the others empty. The launch gate is not among them: it takes the place of the delta sync's own status lane.
 */
const TEMPLATES = ['kit-sync', 'priority-price-sync', 'delta-sync'];
/** A poll fails the activation it is part of, and a server may be out of order for a while. */
const ACTIVATION_ATTEMPTS = 8;

export interface DemoOptions {
	installation: N8nInstallation;
	data: DataFolder;
	servers: OtherServers;
	progress: Progress;
	ledger: LedgerStore;
	/** How many workers there are beside the main process: none without queue mode. */
	workers: number;
	transport: Transport;
	/** Whether a person watches: then dashboard, report, alerts and nightly checks run as well. */
	watched: boolean;
	/** For every n8n process; tests make it quicker or slower with them. */
	env: Record<string, string>;
	variation?: DemoVariation;
}

/** What somebody wants otherwise than the templates have it. */
export interface DemoVariation {
	adapt: (template: WorkflowTemplate) => WorkflowTemplate;
	/** Beside those that the templates ask for. */
	credential?: DemoCredential;
	/** For one process. */
	envOf?: (name: ProcessName) => Record<string, string>;
}

export interface DemoCredential {
	name: string;
	type: string;
	data: Record<string, unknown>;
}

interface Ports {
	n8n: number;
	broker: number;
}

export interface Workflow {
	id: string;
	name: string;
}

/** A process of n8n: the main one, or a worker by its number from 1. */
export type ProcessName = 'main' | number;

/** A real n8n with the package installed, the template imported and its credentials filled in. */
export class Demo {
	private constructor(
		private readonly options: DemoOptions,
		private readonly ports: Ports,
		private server: N8nServer,
		/** The first one is worker 1. */
		private readonly workers: N8nServer[],
		/** Signed in as the owner. */
		public api: N8nApi,
		/** In the order in which they are activated; the last one reads Pimberly. */
		readonly workflows: Workflow[],
		/** Beside them, what people look at. */
		private readonly watching: Workflow[],
		/** Whether an earlier run was ended without its consent: n8n switched the sync on by itself when it started. */
		readonly activeFromBefore: boolean,
	) {}

	/** Everything up to, but not including, the activation. Goes on from what the data folder holds. */
	static async prepare(options: DemoOptions): Promise<Demo> {
		const { data, progress } = options;
		const { ports } = data.settings;
		const [n8n, broker] = (await freePorts(2, [ports.n8n, ports.broker])) as [number, number];
		Object.assign(ports, { n8n, broker });
		data.settings.channelPassword ??= randomUUID();
		data.settings.dashboardPassword ??= randomUUID();
		await data.saveSettings();

		progress.step('Starting n8n');
		await installPackage(REPOSITORY, data.n8n);
		const server = await N8nServer.start(mainOptions(options, { n8n, broker }));
		try {
			progress.detail('importing the workflows and their credentials');
			// The main process has made n8n's tables by now.
			const workers = Promise.all(
				Array.from({ length: options.workers }, async (_, index) => await startWorker(options, index + 1)),
			);
			workers.catch(() => undefined);
			const api = await N8nApi.signIn(server.url, data.settings.owner);
			const credentials = await fillCredentials(api, options);
			const watching = options.watched ? await importWatching(api, credentials, WORKFLOWS) : null;
			const imported = await importOnce(api, credentials, options, watching);
			const active = imported.at(-1)!.active;
			const workflows = imported.map(({ id, name }) => ({ id, name }));
			const demo = new Demo(
				options,
				{ n8n, broker },
				server,
				await workers,
				api,
				workflows,
				watching?.workflows ?? [],
				active,
			);
			progress.done(`ready at ${server.url}${options.workers > 0 ? `, with ${inWords(options.workers)}` : ''}`);
			return demo;
		} catch (error) {
			await N8nServer.killAll();
			throw error;
		}
	}

	/** Switch the sync on. Its first poll is part of it. */
	async activate(): Promise<void> {
		const { progress } = this.options;
		progress.step('Activating the workflows');
		for (const workflow of [...this.watching, ...this.workflows]) await this.activateOne(workflow);
		progress.done('active');
	}

	/** The workflow that reads Pimberly and writes stock items. */
	get workflow(): Workflow {
		return this.workflows.at(-1)!;
	}

	private async activateOne({ id, name }: Workflow): Promise<void> {
		const { progress } = this.options;
		progress.detail(name);
		for (let attempt = 1; ; attempt += 1) {
			try {
				await this.api.activate(id);
				return;
			} catch (error) {
				if (!mayPass(error) || attempt === ACTIVATION_ATTEMPTS) throw error;
				progress.detail(`attempt ${attempt} failed, trying again`);
				await new Promise((resolve) => setTimeout(resolve, 2_000 * attempt));
			}
		}
	}

	get url(): string {
		return this.server.url;
	}

	get running(): boolean {
		return this.server.running;
	}

	/** Resolves when a process of n8n has ended, with which and how. */
	async whenEnded(): Promise<string> {
		return await Promise.race([
			this.server.whenEnded(),
			...this.workers.map(async (worker, index) => `worker ${index + 1}: ${await worker.whenEnded()}`),
		]);
	}

	logTail(lines?: number): string {
		return this.server.logTail(lines);
	}

	/** Every process of n8n. */
	get processes(): ProcessName[] {
		return ['main', ...this.workers.map((_, index) => index + 1)];
	}

	isRunning(name: ProcessName): boolean {
		return this.processOf(name).running;
	}

	/** Ends a process of n8n as a crash or a power cut would. */
	async kill(name: ProcessName = 'main'): Promise<void> {
		await this.processOf(name).kill();
	}

	/** Starts a process again on what it left, and switches the sync on where the crash came before that was done. */
	async startAgain(name: ProcessName = 'main'): Promise<void> {
		if (name !== 'main') {
			this.workers[name - 1] = await startWorker(this.options, name);
			return;
		}
		this.server = await N8nServer.start(mainOptions(this.options, this.ports));
		this.api = await N8nApi.signIn(this.server.url, this.options.data.settings.owner);
		const known = await this.api.workflows();
		const active = this.workflows.every((own) => known.some(({ id, active }) => id === own.id && active));
		if (!active) await this.activate();
	}

	/** Ends n8n in order, with the sync switched off, so that the next start decides when it goes on. */
	async stop(): Promise<void> {
		if (this.running) {
			// An n8n that does not answer is ended all the same.
			await Promise.all(
				[...this.watching, ...this.workflows].map(
					async ({ id }) => await this.api.deactivate(id, 5_000).catch(() => {}),
				),
			);
		}
		await Promise.all([this.server, ...this.workers].map(async (server) => await server.stop()));
	}

	private processOf(name: ProcessName): N8nServer {
		const server = name === 'main' ? this.server : this.workers[name - 1];
		if (!server) throw new Error(`There is no worker ${name} of n8n.`);
		return server;
	}
}

const inWords = (workers: number): string => (workers === 1 ? '1 worker' : `${workers} workers`);

/** A first poll that failed; not a workflow that n8n finds fault with. */
function mayPass(error: unknown): boolean {
	return error instanceof N8nRefused && !/cannot publish/i.test(error.message);
}

const mainOptions = (options: DemoOptions, ports: Ports): N8nServerOptions => ({
	role: 'main',
	port: ports.n8n,
	brokerPort: ports.broker,
	logFile: options.data.n8nLog,
	...commonOptions(options, 'main'),
});

/** Workers are told nothing but their own ports: they find their work in the queue. */
async function startWorker(options: DemoOptions, number: number): Promise<N8nServer> {
	const [port, brokerPort] = (await freePorts(2)) as [number, number];
	const logFile = options.data.workerLog(number);
	return await N8nServer.start({ role: 'worker', port, brokerPort, logFile, ...commonOptions(options, number) });
}

const commonOptions = ({ installation, data, env, variation }: DemoOptions, name: ProcessName) => ({
	installation,
	userFolder: data.n8n,
	encryptionKey: data.settings.encryptionKey,
	// The one folder that workflows may write files to.
	env: { N8N_RESTRICT_FILE_ACCESS_TO: data.importFiles, ...env, ...variation?.envOf?.(name) },
});

const ledgerCredential = (ledger: LedgerStore): Record<string, unknown> => ({ environment: ENVIRONMENT, ...ledger });

/** The credentials that the templates ask for, made or brought up to date. */
async function fillCredentials(
	api: N8nApi,
	{ servers, ledger, variation, transport, watched, data }: DemoOptions,
): Promise<Credential[]> {
	const wanted: DemoCredential[] = [
		{
			name: 'Pimberly',
			type: 'pimberlyApi',
			data: {
				baseUrl: servers.pimberlyUrl,
				tokenKind: 'feed',
				token: servers.pimberlyToken,
				writeToken: '',
				sendTokenAs: 'header',
			},
		},
		{
			name: 'Khaos Control',
			type: 'khaosControlWebServicesApi',
			data: { url: servers.khaosUrl, authentication: 'none', allowUnauthorizedCerts: false, timeoutSeconds: 60 },
		},
		{
			name: 'Sync ledger',
			type: 'syncLedgerApi',
			data: ledgerCredential(ledger),
		},
		...(variation?.credential ? [variation.credential] : []),
		...(transport === 'channel' ? [channelCredential(data.settings.channelPassword!)] : []),
		...(watched ? [dashboardCredential(data.settings.dashboardPassword!)] : []),
	];
	const existing = await api.credentials();
	const filled: Credential[] = [];
	for (const { name, type, data: content } of wanted) {
		const found = existing.find((credential) => credential.name === name && credential.type === type);
		if (found) await api.updateCredential(found.id, content);
		filled.push(found ?? (await api.createCredential(name, type, content)));
	}
	return filled;
}

/** Those that are there already stay as they are. */
async function importOnce(
	api: N8nApi,
	credentials: Credential[],
	{ transport, variation }: DemoOptions,
	watching: Watching | null,
): Promise<Array<Workflow & { active: boolean }>> {
	const adapt = variation?.adapt ?? ((template: WorkflowTemplate) => template);
	const existing = await api.workflows();
	const imported: Array<Workflow & { active: boolean }> = [];
	for (const template of transport === 'channel' ? CHANNEL_TEMPLATES : TEMPLATES) {
		const asShipped = JSON.parse(await readFile(join(WORKFLOWS, `${template}.json`), 'utf8')) as WorkflowTemplate;
		const workflow = transport === 'channel' ? forChannel(asShipped) : asShipped;
		const settings = { ...workflow.settings, ...(watching === null ? {} : { errorWorkflow: watching.errorWorkflow }) };
		const found = existing.find(({ name }) => name === workflow.name);
		imported.push(found ?? (await api.importWorkflow(adapt({ ...workflow, settings }), credentials)));
	}
	return imported;
}
