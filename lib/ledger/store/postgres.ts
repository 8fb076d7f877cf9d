import { setTimeout as sleep } from 'node:timers/promises';

import { Client, DatabaseError, Pool, types, type ClientConfig, type QueryResult } from 'pg';

import type { ColumnType, Database, Dialect, Transaction } from './database';
import { Pipeline } from './pipeline';

const typeNames: Record<ColumnType, string> = { text: 'text', integer: 'bigint' };

const postgresDialect: Dialect = {
	name: 'postgres',
	rows: (alias, columns) => {
		const list = Object.entries(columns).map(([name, type]) => `${name} ${typeNames[type]}`);
		return `jsonb_to_recordset(?::jsonb) AS ${alias} (${list.join(', ')})`;
	},
	among: (column, type = 'text') =>
		`${column} = ANY (ARRAY(SELECT value::${typeNames[type]} FROM jsonb_array_elements_text(?::jsonb)))`,
	findTable: 'SELECT tablename AS name FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = ?',
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

/**
 * SQLSTATEs that say the connection or the server went away, that it is now another server's stand-in, or that a transaction
 * has to be tried again. Not a statement that took too long: it would again, with everybody waiting behind it.
 */
const passing = /^(08...|57P0.|25P03|25006|53300|40001|40P01|55P03)$/;
/** Of errors that are Node's or pg's own. */
const passingCodes = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/;
const passingMessages = /terminated|timeout|Connection ended|not queryable/i;

/**
 * How long a transaction may wait for another or stand still, and a statement take (ms). A machine that vanished in the middle
 * of a transaction would otherwise keep everybody from writing until TCP gives it up, hours later.
 */
const lockTimeoutMs = 60_000;
const statementTimeoutMs = 120_000;
const idleInTransactionMs = 30_000;

/**
 * A ledger in PostgreSQL. Writers of one ledger take turns (an advisory lock for the length of a transaction), as they do
 * in SQLite, so that every decision is made on what holds when it is written; readers never wait.
 */
export function openPostgres(options: PostgresOptions): Database {
	const pool = new Pool({
		...connection(options),
		max: 8,
		idleTimeoutMillis: 30_000,
		types: parsers,
		pipeline: true,
	});
	// A connection that breaks while idle is replaced when the next one is asked for.
	pool.on('error', () => undefined);
	// Between two owners (the pool and a transaction) nobody listens: a connection that breaks right then would end the process.
	pool.on('connect', (client) => client.on('error', () => undefined));
	// About 25 seconds: what a restart or a failover of the server takes.
	const attempts = options.attempts ?? 10;

	const once = async <T>(begin: string, work: (tx: Transaction) => Promise<T>): Promise<T> => {
		const client = await pool.connect();
		let broken: Error | undefined;
		// A connection that is lost between two statements says so by an event; the next statement fails and is dealt with.
		const lost = (error: Error): void => {
			broken = error;
		};
		client.on('error', lost);
		let transaction: Pipeline | undefined;
		try {
			const began = await client.query<{ now: number }>(begin);
			const now = (began as unknown as Array<QueryResult<{ now: number }>>).at(-1)!.rows[0]!.now;
			transaction = new Pipeline(postgresDialect, options.clock?.() ?? now, client);
			const result = await work(transaction);
			await transaction.commit();
			return result;
		} catch (error) {
			broken = error as Error;
			transaction?.end();
			// A connection that is in doubt is given up with its transaction, not asked once more.
			if (!isPassing(broken)) await client.query('ROLLBACK').catch(() => undefined);
			throw error;
		} finally {
			client.removeListener('error', lost);
			client.release(broken !== undefined && isPassing(broken) ? broken : undefined);
		}
	};

	// Those of one process line up here: on the database's lock each would keep a connection, until readers had none.
	let turn: Promise<unknown> = Promise.resolve();
	const inTurn = async <T>(run: () => Promise<T>): Promise<T> => {
		const mine = turn.then(run);
		turn = mine.catch(() => undefined);
		return await mine;
	};

	const reading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings(options.schema)}; ${clock}`;
	const writing = `BEGIN; ${settings(options.schema)}; ${turnOf(options.schema)}; ${clock}`;
	return {
		dialect: postgresDialect,
		write: async (work) => await patiently(attempts, async () => await inTurn(async () => await once(writing, work))),
		read: async (work) => await patiently(attempts, async () => await once(reading, work)),
		close: async () => await pool.end(),
	};
}

/**
 * Make the ledger's schema where it is missing; several processes may race to do it.
 * @throws where it is missing and the user may not make it, saying what to ask for.
 */
export async function makeSchema(options: PostgresOptions): Promise<void> {
	await patiently(options.attempts ?? 10, async () => {
		const client = new Client(connection(options));
		client.on('error', () => undefined);
		await client.connect();
		try {
			// Looked for first: a user that may not make schemas is refused even where there is nothing to make.
			const found = await client.query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [options.schema]);
			if (found.rows.length > 0) return;
			await client.query('BEGIN');
			await client.query(turnOf(options.schema));
			await client.query(`CREATE SCHEMA IF NOT EXISTS ${identifier(options.schema)}`);
			await client.query('COMMIT');
		} catch (error) {
			const { code } = error as { code?: string };
			if (code !== '42501') throw error;
			throw new Error(
				`The database user ${options.user} may not make the schema ${options.schema} in ${options.database}. Have it made: CREATE SCHEMA ${options.schema} AUTHORIZATION "${options.user}".`,
			);
		} finally {
			await client.end();
		}
	});
}

/** Again while the connection is lost or has to wait, with growing pauses. */
async function patiently<T>(attempts: number, run: () => Promise<T>): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await run();
		} catch (error) {
			if (attempt >= attempts || !isPassing(error as Error)) throw error;
			await sleep(Math.min(5_000, 100 * 2 ** attempt));
		}
	}
}

/**
 * What holds for one transaction, said in it and not when the connection is made: a pooler such as PgBouncer takes no
 * such options, and may give each transaction another connection.
 */
const settings = (schema: string): string =>
	[
		`SET LOCAL search_path TO ${identifier(schema)}`,
		`SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
		`SET LOCAL statement_timeout TO ${statementTimeoutMs}`,
		`SET LOCAL idle_in_transaction_session_timeout TO ${idleInTransactionMs}`,
	].join('; ');

/** The turn of one writer of this ledger, until its transaction ends. */
const turnOf = (schema: string): string =>
	`SELECT pg_advisory_xact_lock(hashtextextended('ledger ${identifier(schema)}', 0))`;

const clock = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';

function connection(options: PostgresOptions): ClientConfig {
	const { host, port, database, user, password, schema } = options;
	const ssl =
		options.tls === 'disable'
			? false
			: { rejectUnauthorized: options.tls === 'verify', ...(options.ca ? { ca: options.ca } : {}) };
	return {
		host,
		port,
		database,
		user,
		password,
		ssl,
		connectionTimeoutMillis: 10_000,
		// A line that went dead in silence is noticed: while nothing is asked by TCP, else by an answer that does not come.
		keepAlive: true,
		keepAliveInitialDelayMillis: 10_000,
		query_timeout: statementTimeoutMs + 10_000,
		// So that whoever looks after the database sees whose connections these are.
		application_name: `ledger ${schema}`.slice(0, 63),
	};
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
	error instanceof DatabaseError
		? passing.test(error.code ?? '')
		: passingCodes.test(error.code ?? '') || passingMessages.test(error.message);
