import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { N8nInstallation } from './n8nInstallation';

export interface N8nServerOptions {
	/** `main` serves the editor and runs triggers; a `worker` runs executions in queue mode. */
	role: 'main' | 'worker';
	installation: N8nInstallation;
	/** N8N_USER_FOLDER: n8n's database, key and packages are below it. */
	userFolder: string;
	/** Of the editor, or of a worker's health check. */
	port: number;
	/** Of the task broker, which two n8n on one machine would otherwise fight over. */
	brokerPort: number;
	encryptionKey: string;
	logFile: string;
	env?: Record<string, string>;
}

const READY_WITHIN_MS = 180_000;
/** n8n waits for running executions when it is told to stop, this long. */
const GRACE_MS = 30_000;

const COMMANDS = { main: 'start', worker: 'worker' } as const;

/** One n8n process on the loopback address. */
export class N8nServer {
	private static readonly alive = new Set<N8nServer>();

	private constructor(
		private readonly child: ChildProcess,
		private readonly options: N8nServerOptions,
		private readonly ended: Promise<string>,
	) {}

	/** Starts n8n and waits until it answers. @throws Error with the end of n8n's log when it does not come up */
	static async start(options: N8nServerOptions): Promise<N8nServer> {
		await mkdir(options.userFolder, { recursive: true });
		const log = openSync(options.logFile, 'a', 0o600);
		const child = spawn(
			process.execPath,
			['--require', join(__dirname, 'exitWithParent.cjs'), options.installation.command, COMMANDS[options.role]],
			{
				cwd: options.userFolder,
				env: environment(options),
				// Its own group, so that Ctrl-C in a terminal reaches only us and we can end it in order, task runner included.
				detached: true,
				stdio: ['ignore', log, log, 'ipc'],
			},
		);
		closeSync(log);
		const ended = new Promise<string>((resolve) => {
			child.once('error', (error) => resolve(error.message));
			child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
		});
		const server = new N8nServer(child, options, ended);
		N8nServer.alive.add(server);
		void ended.then(() => N8nServer.alive.delete(server));
		await server.untilReady();
		return server;
	}

	/** Ends every n8n that this process started, also one that is still coming up. */
	static async killAll(): Promise<void> {
		await Promise.all([...N8nServer.alive].map(async (server) => await server.kill()));
	}

	get url(): string {
		return `http://127.0.0.1:${this.options.port}`;
	}

	get running(): boolean {
		return this.child.exitCode === null && this.child.signalCode === null;
	}

	/** Resolves when the process has ended, with how. */
	whenEnded(): Promise<string> {
		return this.ended;
	}

	/** Ends n8n in order: it lets running executions finish for a while. */
	async stop(): Promise<void> {
		if (!this.running) return;
		this.signal('SIGTERM');
		const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS + 5_000);
		await this.ended;
		clearTimeout(timer);
		this.signalGroup('SIGKILL');
	}

	/** Ends n8n and its task runner at once, as a crash or a power cut would. */
	async kill(): Promise<void> {
		this.signalGroup('SIGKILL');
		await this.ended;
	}

	/** The end of n8n's log. */
	logTail(lines = 20): string {
		return readFileSync(this.options.logFile, 'utf8').trim().split('\n').slice(-lines).join('\n');
	}

	private signal(signal: NodeJS.Signals): void {
		if (this.running) this.child.kill(signal);
	}

	private signalGroup(signal: NodeJS.Signals): void {
		if (this.child.pid === undefined) return;
		try {
			process.kill(-this.child.pid, signal);
		} catch {
			// Nobody of the group is left.
		}
	}

	private async untilReady(): Promise<void> {
		const deadline = Date.now() + READY_WITHIN_MS;
		let end: string | null = null;
		void this.ended.then((how) => (end = how));
		while (end === null && Date.now() < deadline) {
			if (await this.answers()) return;
			await new Promise((resolve) => setTimeout(resolve, 250));
		}
		await this.kill();
		const what = end === null ? `did not answer within ${READY_WITHIN_MS / 1000} s` : `ended with ${end}`;
		throw new Error(
			`${this.options.role === 'main' ? 'n8n' : 'A worker of n8n'} ${what}. The end of its log (${this.options.logFile}):\n${this.logTail()}`,
		);
	}

	private async answers(): Promise<boolean> {
		try {
			const ready = await fetch(`${this.url}/healthz/readiness`, { signal: AbortSignal.timeout(2_000) });
			if (!ready.ok) return false;
			if (this.options.role === 'worker') return true;
			// The database is there before the REST API is.
			const settings = await fetch(`${this.url}/rest/settings`, { signal: AbortSignal.timeout(5_000) });
			return settings.ok && (settings.headers.get('content-type') ?? '').includes('json');
		} catch {
			return false;
		}
	}
}

/** Settings of somebody's own n8n in this shell must not reach ours, nor Node's debugging options. */
const FOREIGN =
	/^(N8N_|DB_|QUEUE_|EXECUTIONS_|CREDENTIALS_|PG[A-Z]+$|WEBHOOK_URL$|VUE_APP_|NODE_OPTIONS$|NODE_ENV$|JEST_|npm_)/;

function environment(options: N8nServerOptions): NodeJS.ProcessEnv {
	const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
	return {
		...inherited,
		NODE_ENV: 'production',
		N8N_USER_FOLDER: options.userFolder,
		N8N_ENCRYPTION_KEY: options.encryptionKey,
		N8N_HOST: '127.0.0.1',
		...(options.role === 'main' ? mainAddress(options.port) : workerAddress(options.port)),
		N8N_RUNNERS_BROKER_LISTEN_ADDRESS: '127.0.0.1',
		N8N_RUNNERS_BROKER_PORT: String(options.brokerPort),
		// The editor is served without TLS, on the loopback address only.
		N8N_SECURE_COOKIE: 'false',
		// Khaos Control's own times (and so the names of its files) are London's.
		GENERIC_TIMEZONE: 'Europe/London',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: String(GRACE_MS / 1000),
		N8N_LOG_OUTPUT: 'console',
		// Nothing of a demo or a test calls home.
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		...options.env,
	};
}

const mainAddress = (port: number) => ({ N8N_LISTEN_ADDRESS: '127.0.0.1', N8N_PORT: String(port) });

const workerAddress = (port: number) => ({
	QUEUE_HEALTH_CHECK_ACTIVE: 'true',
	N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
	QUEUE_HEALTH_CHECK_PORT: String(port),
});
