import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { LedgerStore } from '../lib/ledger/ledger';
import type { TlsMode } from '../lib/ledger/store/postgres';
import type { Cleanup } from './cleanup';
import type { DataFolder, KeptIn } from './dataFolder';
import { placeOf, type PostgresTarget } from './postgresTarget';
import { PostgresServer } from './postgresServer';
import type { Progress } from './progress';
import { NoRedis, ping, startRedis, type RedisTarget } from './redisServer';
import type { StartOptions } from './startOptions';

/** Where one run keeps the ledger and n8n's own data, and what the queue between n8n's processes is in. */
export interface Stores {
	ledger: LedgerStore;
	/** For people; never who connects and how. */
	ledgerPlace: string;
	/** The ledger's clock minus ours, in milliseconds. */
	clockAheadMs: number;
	/** For every n8n process. */
	env: Record<string, string>;
	/** Null: the ledger is a file, or the server is somebody else's. */
	postgres: PostgresServer | null;
}

export type StoreOptions = Pick<StartOptions, 'ledger' | 'queueMode' | 'redis'>;

/**
 * Starts what is missing and makes what the run needs, all of it under names of its own: nothing that was there before is
 * read or changed. Fresh runs drop it at their end, kept ones go on with it.
 *
 * @throws Error that says what can't be reached or is missing, and what to do
 */
export async function openStores(
	options: StoreOptions,
	data: DataFolder,
	progress: Progress,
	cleanup: Cleanup,
): Promise<Stores> {
	const { ledger, queueMode } = options;
	const names = await goOnWith(options, data);
	if (ledger.backend === 'sqlite') {
		const store: LedgerStore = { backend: 'sqlite', file: data.ledger };
		return { ledger: store, ledgerPlace: `SQLite, ${data.ledger}`, clockAheadMs: 0, env: {}, postgres: null };
	}
	const postgres = ledger.target ? null : await ownPostgres(data, progress, cleanup);
	const { target, tls } = await reachable(ledger.target ?? postgres!.target);
	const schemas = [names.ledgerSchema, ...(queueMode === null ? [] : [names.n8nSchema])];
	const clockAheadMs = await prepareSchemas(target, tls, schemas);
	// With a server of our own the whole of its data goes with the folder.
	if (ledger.target && !data.keeps) cleanup.add(async () => await dropSchemas(target, tls, schemas));
	const env = queueMode === null ? {} : await queueEnvironment(options, target, tls, names, data, cleanup);
	const { host, port, database, user, password } = target;
	return {
		ledger: { backend: 'postgres', host, port, database, user, password, schema: names.ledgerSchema, tls },
		ledgerPlace: `PostgreSQL, ${placeOf(target)}, schema ${names.ledgerSchema}`,
		clockAheadMs,
		env,
		postgres,
	};
}

/** The names that a kept folder goes on with, or new ones. @throws Error when its data is somewhere else */
async function goOnWith({ ledger, queueMode }: StoreOptions, data: DataFolder): Promise<KeptIn> {
	const place =
		ledger.backend === 'sqlite'
			? 'sqlite'
			: ledger.target === null
				? 'postgres'
				: `postgres://${placeOf(ledger.target)}`;
	const n8n = queueMode === null ? 'sqlite' : 'postgres';
	const kept = data.settings.keptIn ?? (data.goesOn ? { ledger: 'sqlite', n8n: 'sqlite' } : null);
	if (kept && (kept.ledger !== place || kept.n8n !== n8n)) {
		throw new Error(
			`${data.path} was made with ${inFlags(kept)}. Go on with the same, or choose another folder for --keep.`,
		);
	}
	const name = `pimberly_khaos_${randomBytes(4).toString('hex')}`;
	data.settings.keptIn ??= { ledger: place, n8n, ledgerSchema: name, n8nSchema: `${name}_n8n` };
	await data.saveSettings();
	return data.settings.keptIn;
}

const inFlags = ({ ledger, n8n }: Pick<KeptIn, 'ledger' | 'n8n'>): string =>
	`--ledger ${ledger}${n8n === 'postgres' ? ' and --queue-mode' : ', without --queue-mode'}`;

async function ownPostgres(data: DataFolder, progress: Progress, cleanup: Cleanup): Promise<PostgresServer> {
	progress.step('Starting PostgreSQL');
	// Root's PostgreSQL runs as another user, which has to get through to its own folder, and to nothing else.
	if (process.getuid?.() === 0) await chmod(data.path, 0o711);
	data.settings.postgresPassword ??= randomBytes(18).toString('hex');
	const { ports, postgresPassword } = data.settings;
	const server = await PostgresServer.start({
		folder: join(data.path, 'postgres'),
		password: postgresPassword,
		...(ports.postgres === undefined ? {} : { port: ports.postgres }),
	});
	cleanup.add(async () => await server.stop());
	ports.postgres = server.target.port;
	await data.saveSettings();
	progress.done(`ready at ${placeOf(server.target)}`);
	return server;
}

function clientOf({ host, port, database, user, password }: PostgresTarget, tls: TlsMode): Client {
	const ssl = tls === 'disable' ? false : { rejectUnauthorized: tls === 'verify' };
	return new Client({ host, port, database, user, password, ssl, connectionTimeoutMillis: 10_000 });
}

async function withClient<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
	try {
		await client.connect();
		return await work(client);
	} finally {
		await client.end().catch(() => undefined);
	}
}

/** How the server is connected to. @throws Error naming the server and what it said */
async function reachable(target: PostgresTarget): Promise<{ target: PostgresTarget; tls: TlsMode }> {
	const modes: TlsMode[] = target.tls === 'prefer' ? ['require', 'disable'] : [target.tls];
	let problem: Error | undefined;
	for (const tls of modes) {
		try {
			await withClient(clientOf(target, tls), async (client) => await client.query('SELECT 1'));
			return { target, tls };
		} catch (error) {
			problem = error as Error;
			if (!/does not support SSL/i.test(problem.message)) break;
		}
	}
	throw new Error(`The PostgreSQL at ${placeOf(target)} can't be used: ${problem!.message}`);
}

/** Makes the schemas where they are missing. Returns how far the server's clock is ahead of ours, in milliseconds. */
async function prepareSchemas(target: PostgresTarget, tls: TlsMode, schemas: string[]): Promise<number> {
	return await withClient(clientOf(target, tls), async (client) => {
		for (const schema of schemas) {
			await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`).catch((error: Error) => {
				throw new Error(
					`The schema ${schema} can't be made in the PostgreSQL at ${placeOf(target)}: ${error.message}. Its user needs the right to create schemas (GRANT CREATE ON DATABASE).`,
				);
			});
		}
		const asked = Date.now();
		const { rows } = await client.query<{ now: string }>(
			'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
		);
		return Number(rows[0]!.now) - Math.round((asked + Date.now()) / 2);
	});
}

async function dropSchemas(target: PostgresTarget, tls: TlsMode, schemas: string[]): Promise<void> {
	await withClient(clientOf(target, tls), async (client) => {
		for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
	});
}

/** What makes n8n processes share one database and one queue. */
async function queueEnvironment(
	{ redis }: StoreOptions,
	target: PostgresTarget,
	tls: TlsMode,
	names: KeptIn,
	data: DataFolder,
	cleanup: Cleanup,
): Promise<Record<string, string>> {
	const queue = redis ?? (await ownRedis(data, cleanup));
	await ping(queue).catch((error: Error) => {
		throw new NoRedis(`The Redis can't be used: ${error.message}`);
	});
	return {
		EXECUTIONS_MODE: 'queue',
		QUEUE_BULL_REDIS_HOST: queue.host,
		QUEUE_BULL_REDIS_PORT: String(queue.port),
		QUEUE_BULL_REDIS_USERNAME: queue.user,
		QUEUE_BULL_REDIS_PASSWORD: queue.password,
		QUEUE_BULL_REDIS_DB: String(queue.database),
		QUEUE_BULL_REDIS_TLS: String(queue.tls),
		// Names of our own in a Redis that others may use too.
		QUEUE_BULL_PREFIX: `${names.ledgerSchema}_queue`,
		N8N_REDIS_KEY_PREFIX: names.ledgerSchema,
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: target.host,
		DB_POSTGRESDB_PORT: String(target.port),
		DB_POSTGRESDB_DATABASE: target.database,
		DB_POSTGRESDB_USER: target.user,
		DB_POSTGRESDB_PASSWORD: target.password,
		DB_POSTGRESDB_SCHEMA: names.n8nSchema,
		// Either of them makes n8n ask for TLS, whatever it says.
		...(tls === 'disable'
			? {}
			: {
					DB_POSTGRESDB_SSL_ENABLED: 'true',
					DB_POSTGRESDB_SSL_REJECT_UNAUTHORIZED: String(tls === 'verify'),
				}),
	};
}

async function ownRedis(data: DataFolder, cleanup: Cleanup): Promise<RedisTarget> {
	const redis = await startRedis(join(data.path, 'redis'));
	cleanup.add(async () => await redis.stop());
	return redis.target;
}
