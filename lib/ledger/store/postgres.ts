import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';

import { Client, Pool, types, type PoolClient } from 'pg';

import type { ColumnType, Database, Dialect, SqlValue, Transaction } from './database';

const typeNames: Record<ColumnType, string> = { text: 'text', integer: 'bigint' };

export const postgresDialect: Dialect = {
	name: 'postgres',
	rows: (alias, columns) => {
		const list = Object.entries(columns).map(([name, type]) => `${name} ${typeNames[type]}`);
		return `jsonb_to_recordset(?::jsonb) AS ${alias} (${list.join(', ')})`;
	},
	among: (column, type = 'text') =>
		`${column} = ANY (ARRAY(SELECT value::${typeNames[type]} FROM jsonb_array_elements_text(?::jsonb)))`,
	skipLocked: 'FOR UPDATE SKIP LOCKED',
};

/**
 * - `disable`: no TLS. `require`: TLS, any certificate. `verify`: TLS, the certificate is verified against the system's
 *   authorities or the given one.
 */
export type TlsMode = 'disable' | 'require' | 'verify';

export interface PostgresOptions {
	host: string;
	port: number;
	database: string;
	user: string;
	password: string;
	/** The ledger's own schema; made when missing. */
	schema: string;
	tls: TlsMode;
	/** PEM of the authority, for `verify`. */
	ca?: string;
	/** Milliseconds since 1970; the database's clock when left out. */
	clock?: () => number;
	/** Attempts at an operation whose connection was lost before it was committed. */
	attempts?: number;
}

// Times and ids are far below 2^53.
const parsers = {
	getTypeParser: ((oid: number, format?: 'text') => (oid === 20 ? Number : types.getTypeParser(oid, format))) as never,
};

/** SQLSTATE classes that say the connection or the server went away, or that a transaction has to be tried again. */
const passing = /^(08|57P0|53300|40001|40P01|55P03)/;
const passingMessages = /terminated|ECONNREFUSED|ECONNRESET|EPIPE|timeout|Connection ended|not queryable/i;

/**
 * A ledger in PostgreSQL. Writers of one ledger take turns (an advisory lock for the length of a transaction), as they do
 * in SQLite, so that every decision is made on what holds when it is written; readers never wait.
 */
export function openPostgres(options: PostgresOptions): Database {
	const pool = new Pool({
		...connection(options),
		max: 8,
		idleTimeoutMillis: 30_000,
		connectionTimeoutMillis: 10_000,
		keepAlive: true,
		// So that whoever looks after the database sees whose connections these are.
		application_name: `ledger ${options.schema}`.slice(0, 63),
		types: parsers,
		options: `-c search_path=${identifier(options.schema)} -c lock_timeout=60000 -c statement_timeout=120000`,
	});
	// A connection that breaks while idle is replaced when the next one is asked for.
	pool.on('error', () => undefined);
	// Between two owners (the pool and a transaction) nobody listens: a connection that breaks right then would end the process.
	pool.on('connect', (client) => client.on('error', () => undefined));
	// About 25 seconds: what a restart or a failover of the server takes.
	const attempts = options.attempts ?? 10;

	const once = async <T>(begin: string, exclusive: boolean, work: (tx: Transaction) => Promise<T>): Promise<T> => {
		const client = await pool.connect();
		let broken: Error | undefined;
		// A connection that is lost between two statements says so by an event; the next statement fails and is dealt with.
		const lost = (error: Error): void => {
			broken = error;
		};
		client.on('error', lost);
		try {
			await client.query(begin);
			if (exclusive)
				await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ledger ${options.schema}`]);
			const now = options.clock?.() ?? (await databaseTime(client));
			const result = await work(transactionOver(client, now));
			await client.query('COMMIT');
			return result;
		} catch (error) {
			broken = error as Error;
			await client.query('ROLLBACK').catch(() => undefined);
			throw error;
		} finally {
			client.removeListener('error', lost);
			client.release(broken !== undefined && isPassing(broken) ? broken : undefined);
		}
	};

	const patiently = async <T>(run: () => Promise<T>): Promise<T> => {
		for (let attempt = 1; ; attempt++) {
			try {
				return await run();
			} catch (error) {
				if (attempt >= attempts || !isPassing(error as Error)) throw error;
				await sleep(Math.min(5_000, 100 * 2 ** attempt));
			}
		}
	};

	return {
		dialect: postgresDialect,
		write: async (work) => await patiently(async () => await once('BEGIN', true, work)),
		read: async (work) =>
			await patiently(async () => await once('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', false, work)),
		close: async () => await pool.end(),
	};
}

/** Make the ledger's schema where it is missing; several processes may race to do it. */
export async function makeSchema(options: PostgresOptions): Promise<void> {
	const client = new Client({ ...connection(options), connectionTimeoutMillis: 10_000 });
	client.on('error', () => undefined);
	await client.connect();
	try {
		await client.query('BEGIN');
		await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ledger ${options.schema}`]);
		await client.query(`CREATE SCHEMA IF NOT EXISTS ${identifier(options.schema)}`);
		await client.query('COMMIT');
	} finally {
		await client.end();
	}
}

function connection(options: PostgresOptions): {
	host: string;
	port: number;
	database: string;
	user: string;
	password: string;
	ssl: boolean | ConnectionOptions;
} {
	const { host, port, database, user, password } = options;
	const ssl =
		options.tls === 'disable'
			? false
			: { rejectUnauthorized: options.tls === 'verify', ...(options.ca ? { ca: options.ca } : {}) };
	return { host, port, database, user, password, ssl };
}

/**
 * A name that can stand in SQL as it is.
 * @throws when it is anything but small letters, digits and underscores.
 */
function identifier(name: string): string {
	if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
		throw new Error(
			`"${name}" can't be the ledger's schema: use small letters, digits and underscores, such as pimberly_khaos.`,
		);
	}
	return name;
}

const isPassing = (error: Error & { code?: string }): boolean =>
	passing.test(error.code ?? '') || passingMessages.test(error.message) || passingMessages.test(error.code ?? '');

async function databaseTime(client: PoolClient): Promise<number> {
	const { rows } = await client.query<{ now: number }>(
		'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
	);
	return rows[0]!.now;
}

const numbered = new Map<string, string>();

/** `?` becomes $1, $2 … ; the ledger's statements hold no `?` in text. */
function withNumbers(sql: string): string {
	let text = numbered.get(sql);
	if (text === undefined) {
		let count = 0;
		text = sql.replace(/\?/g, () => `$${++count}`);
		numbered.set(sql, text);
	}
	return text;
}

const transactionOver = (client: PoolClient, now: number): Transaction => ({
	dialect: postgresDialect,
	now,
	all: async <T extends object>(sql: string, ...parameters: SqlValue[]) =>
		(await client.query(withNumbers(sql), parameters)).rows as T[],
	get: async <T extends object>(sql: string, ...parameters: SqlValue[]) =>
		(await client.query(withNumbers(sql), parameters)).rows[0] as T | undefined,
	run: async (sql: string, ...parameters: SqlValue[]) =>
		(await client.query(withNumbers(sql), parameters)).rowCount ?? 0,
});
