import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFolder } from './dataFolder';
import { N8nApi, N8nRefused, type Credential, type WorkflowTemplate } from './n8nApi';
import type { N8nInstallation } from './n8nInstallation';
import { N8nServer } from './n8nServer';
import { installPackage } from './packageInstallation';
import { freePorts } from './ports';
import type { Progress } from './progress';
import type { OtherServers } from './startOptions';

export const REPOSITORY = join(__dirname, '..');

/** The name that the demo's ledger keeps its environment under. */
export const ENVIRONMENT = 'Demo';

const TEMPLATE = join(REPOSITORY, 'workflows', 'delta-sync.json');
/** A poll fails the activation it is part of, and a server may be out of order for a while. */
const ACTIVATION_ATTEMPTS = 8;

export interface DemoOptions {
	installation: N8nInstallation;
	data: DataFolder;
	servers: OtherServers;
	progress: Progress;
	/** For n8n; tests make it quicker or slower with them. */
	env?: Record<string, string>;
}

/** A real n8n with the package installed, the template imported and its credentials filled in. */
export class Demo {
	private constructor(
		private readonly options: DemoOptions,
		private readonly ports: { n8n: number; broker: number },
		private server: N8nServer,
		/** Signed in as the owner. */
		public api: N8nApi,
		readonly workflow: { id: string; name: string },
		/** Whether an earlier run was ended without its consent: n8n switched the sync on by itself when it started. */
		readonly activeFromBefore: boolean,
	) {}

	/** Everything up to, but not including, the activation. Goes on from what the data folder holds. */
	static async prepare(options: DemoOptions): Promise<Demo> {
		const { data, progress } = options;
		const { ports } = data.settings;
		const [n8n, broker] = (await freePorts(2, [ports.n8n, ports.broker])) as [number, number];
		Object.assign(ports, { n8n, broker });
		await data.saveSettings();

		progress.step('Starting n8n');
		await installPackage(REPOSITORY, data.n8n);
		const server = await N8nServer.start(serverOptions(options, { n8n, broker }));
		try {
			progress.detail('importing the workflow and its credentials');
			const api = await N8nApi.signIn(server.url, data.settings.owner);
			const credentials = await fillCredentials(api, options);
			const { active, ...workflow } = await importOnce(api, credentials);
			progress.done(`ready at ${server.url}`);
			return new Demo(options, { n8n, broker }, server, api, workflow, active);
		} catch (error) {
			await server.kill();
			throw error;
		}
	}

	/** Switch the sync on. Its first poll is part of it. */
	async activate(): Promise<void> {
		const { progress } = this.options;
		progress.step('Activating the workflow');
		for (let attempt = 1; ; attempt += 1) {
			try {
				await this.api.activate(this.workflow.id);
				break;
			} catch (error) {
				if (!mayPass(error) || attempt === ACTIVATION_ATTEMPTS) throw error;
				progress.detail(`attempt ${attempt} failed, trying again`);
				await new Promise((resolve) => setTimeout(resolve, 2_000 * attempt));
			}
		}
		progress.done('active');
	}

	get url(): string {
		return this.server.url;
	}

	get running(): boolean {
		return this.server.running;
	}

	whenEnded(): Promise<string> {
		return this.server.whenEnded();
	}

	logTail(lines?: number): string {
		return this.server.logTail(lines);
	}

	/** Ends n8n as a crash or a power cut would. */
	async kill(): Promise<void> {
		await this.server.kill();
	}

	/** Starts n8n again on what it left, and switches the sync on where the crash came before that was done. */
	async startAgain(): Promise<void> {
		this.server = await N8nServer.start(serverOptions(this.options, this.ports));
		this.api = await N8nApi.signIn(this.server.url, this.options.data.settings.owner);
		const active = (await this.api.workflows()).some(({ id, active }) => id === this.workflow.id && active);
		if (!active) await this.activate();
	}

	/** Ends n8n in order, with the sync switched off, so that the next start decides when it goes on. */
	async stop(): Promise<void> {
		if (this.running) {
			// An n8n that does not answer is ended all the same.
			await this.api.deactivate(this.workflow.id, 5_000).catch(() => {});
		}
		await this.server.stop();
	}
}

/** A first poll that failed; not a workflow that n8n finds fault with. */
function mayPass(error: unknown): boolean {
	return error instanceof N8nRefused && !/cannot publish/i.test(error.message);
}

function serverOptions({ installation, data, env }: DemoOptions, ports: { n8n: number; broker: number }) {
	return {
		installation,
		userFolder: data.n8n,
		port: ports.n8n,
		brokerPort: ports.broker,
		encryptionKey: data.settings.encryptionKey,
		logFile: data.n8nLog,
		...(env ? { env } : {}),
	};
}

/** The three credentials that the templates ask for, made or brought up to date. */
async function fillCredentials(api: N8nApi, { servers, data }: DemoOptions): Promise<Credential[]> {
	const wanted = [
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
			data: { environment: ENVIRONMENT, backend: 'sqlite', file: data.ledger },
		},
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

async function importOnce(
	api: N8nApi,
	credentials: Credential[],
): Promise<{ id: string; name: string; active: boolean }> {
	const template = JSON.parse(await readFile(TEMPLATE, 'utf8')) as WorkflowTemplate;
	const found = (await api.workflows()).find(({ name }) => name === template.name);
	return found ?? (await api.importWorkflow(template, credentials));
}
