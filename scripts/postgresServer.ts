import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { postgresTargetOf, type PostgresTarget } from './postgresTarget';

export interface PostgresServerOptions {
	/** Where its data is, and stays. */
	folder: string;
	password: string;
	/** Taken if it is free. */
	port?: number;
}

const answerSchema = z.union([z.object({ url: z.string() }), z.object({ problem: z.string() })]);

/** A PostgreSQL of our own, in a process group of its own; it ends with this process, however that ends. */
export class PostgresServer {
	private constructor(
		private readonly options: PostgresServerOptions,
		private child: ChildProcess,
		private ended: Promise<void>,
		readonly target: PostgresTarget,
	) {}

	/** @throws Error that says why it did not start, and what to do */
	static async start(options: PostgresServerOptions): Promise<PostgresServer> {
		mkdirSync(options.folder, { recursive: true });
		refuseClosedFolders(options.folder);
		const { child, ended, url } = await launch(options);
		return new PostgresServer(options, child, ended, { ...postgresTargetOf(url), tls: 'disable' });
	}

	/** Ends in order: connections are cut, what was committed is written. */
	async stop(): Promise<void> {
		if (this.child.connected) this.child.disconnect();
		await this.ended;
	}

	/** Ends at once, as in a power cut. */
	async kill(): Promise<void> {
		try {
			process.kill(-this.child.pid!, 'SIGKILL');
		} catch {
			// It has ended by itself.
		}
		await this.ended;
	}

	/** Starts again, at the same address, on what the last one left. */
	async startAgain(): Promise<void> {
		for (let attempt = 1; ; attempt += 1) {
			try {
				const { child, ended, url } = await launch({ ...this.options, port: this.target.port });
				this.child = child;
				this.ended = ended;
				if (postgresTargetOf(url).port === this.target.port) return;
				await this.stop();
			} catch (error) {
				if (attempt === ATTEMPTS) throw error;
			}
			// What a killed server leaves (its processes, its port) is gone after a moment.
			await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
			if (attempt === ATTEMPTS) throw new Error(`PostgreSQL did not get its port ${this.target.port} again.`);
		}
	}
}

const ATTEMPTS = 8;

async function launch(
	options: PostgresServerOptions,
): Promise<{ child: ChildProcess; ended: Promise<void>; url: string }> {
	const loader = pathToFileURL(require.resolve('tsx')).href;
	const child = spawn(process.execPath, ['--import', loader, join(__dirname, 'postgresProcess.ts')], {
		// Ctrl-C in a terminal is for us alone: n8n still needs its database then.
		detached: true,
		stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
	});
	let said = '';
	child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
	const ended = new Promise<void>((resolve) => {
		child.once('error', () => resolve());
		child.once('exit', () => resolve());
	});
	const answer = await new Promise<z.infer<typeof answerSchema>>((resolve, reject) => {
		child.once('message', (message) => resolve(answerSchema.parse(message)));
		void ended.then(() => reject(new Error(`PostgreSQL did not start. ${said}`.trim())));
		child.send(options);
	});
	if ('problem' in answer) throw new Error(answer.problem);
	return { child, ended, url: answer.url };
}

/** PostgreSQL does not run as root, so for root it runs as another user, which has to reach its data. */
function refuseClosedFolders(folder: string): void {
	if (process.getuid?.() !== 0) return;
	for (let path = dirname(folder); path !== dirname(path); path = dirname(path)) {
		if ((statSync(path).mode & 0o001) === 0) {
			throw new Error(
				`PostgreSQL keeps its data in ${folder} and does not run as root, and no other user gets into ${path}. Choose another folder for --keep, let others into this one (chmod o+x), run as another user, or name a PostgreSQL that runs: --ledger postgres://USER:PASSWORD@HOST:PORT/DATABASE`,
			);
		}
	}
}
