import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import {
	TransactionOver,
	type ColumnType,
	type Database,
	type Dialect,
	type SqlValue,
	type Transaction,
} from './database';
import { keptParameters } from './text';

const sqliteDialect: Dialect = {
	name: 'sqlite',
	rows: (alias, columns) => {
		const list = Object.entries(columns).map(([name, type]) => `${expression(name, type)} AS ${name}`);
		return `(SELECT ${list.join(', ')} FROM json_each(?)) AS ${alias}`;
	},
	among: (column) => `${column} IN (SELECT value FROM json_each(?))`,
	findTable: `SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?`,
	skipLocked: '',
};

const expression = (name: string, type: ColumnType): string =>
	type === 'integer' ? `CAST(value ->> '$.${name}' AS INTEGER)` : `value ->> '$.${name}'`;

export interface SqliteOptions {
	file: string;
	/** Milliseconds since 1970. */
	clock?: () => number;
	/** Open an existing ledger to look at; nothing is created, migrated or owned. */
	readOnly?: boolean;
}

// Transactions on one file take turns in this process, also those of several connections (two environments in one file):
// SQLite would make the second wait by blocking the process, and so the first could never end. Other processes wait in SQLite.
const turns = new Map<string, Promise<unknown>>();

/**
 * A ledger file. Created with mode 0600, in WAL mode, so that readers never wait for a writer; one connection a process,
 * transactions one after another. A crash loses nothing that was committed (synchronous = FULL).
 */
export function openSqlite(options: SqliteOptions): Database {
	const clock = options.clock ?? Date.now;
	if (options.readOnly !== true) createPrivateFile(options.file);
	const connection = new DatabaseSync(options.file, { readOnly: options.readOnly === true });
	connection.exec('PRAGMA busy_timeout = 15000');
	// 64 MB, so that the indexes of a ledger of a few hundred thousand records stay in memory.
	connection.exec('PRAGMA cache_size = -65536');
	if (options.readOnly !== true) {
		connection.exec('PRAGMA journal_mode = WAL');
		connection.exec('PRAGMA synchronous = FULL');
		connection.exec('PRAGMA foreign_keys = ON');
	}

	const statements = new Map<string, StatementSync>();
	const prepare = (sql: string): StatementSync => {
		let statement = statements.get(sql);
		if (statement === undefined) {
			statement = connection.prepare(sql);
			statements.set(sql, statement);
		}
		return statement;
	};

	const oneAtATime = async <T>(work: () => Promise<T>): Promise<T> => {
		const file = resolve(options.file);
		const turn = (turns.get(file) ?? Promise.resolve()).then(work, work);
		turns.set(
			file,
			turn.catch(() => undefined),
		);
		return await turn;
	};

	const run = async <T>(begin: string, work: (tx: Transaction) => Promise<T>): Promise<T> =>
		await oneAtATime(async () => {
			connection.exec(begin);
			const transaction = new FileTransaction(clock(), prepare);
			try {
				const result = await work(transaction);
				transaction.end();
				connection.exec('COMMIT');
				return result;
			} catch (error) {
				transaction.stop(error as Error);
				if (connection.isTransaction) connection.exec('ROLLBACK');
				throw error;
			}
		});

	return {
		dialect: sqliteDialect,
		// IMMEDIATE takes the write lock at once: what the transaction reads can't change under it.
		write: async (work) => await run('BEGIN IMMEDIATE', work),
		read: async (work) => await run('BEGIN', work),
		close: async () =>
			await oneAtATime(async () => {
				if (connection.isOpen) connection.close();
			}),
	};
}

/** SQLite answers at once; the promises are for what the ledger's operations share with PostgreSQL. */
class FileTransaction implements Transaction {
	readonly dialect = sqliteDialect;
	private refusal: Error | undefined;

	constructor(
		readonly now: number,
		private readonly prepare: (sql: string) => StatementSync,
	) {}

	async all<T extends object>(sql: string, ...parameters: SqlValue[]): Promise<T[]> {
		return this.done(sql, parameters, (statement, kept) => statement.all(...kept)) as T[];
	}

	async get<T extends object>(sql: string, ...parameters: SqlValue[]): Promise<T | undefined> {
		return this.done(sql, parameters, (statement, kept) => statement.get(...kept)) as T | undefined;
	}

	async run(sql: string, ...parameters: SqlValue[]): Promise<void> {
		this.done(sql, parameters, (statement, kept) => statement.run(...kept));
	}

	async changed(sql: string, ...parameters: SqlValue[]): Promise<number> {
		return this.done(sql, parameters, (statement, kept) => Number(statement.run(...kept).changes));
	}

	/** @throws the error of a statement that failed, also of one that nobody heard of. */
	end(): void {
		if (this.refusal !== undefined) throw this.refusal;
		this.refusal = new TransactionOver();
	}

	stop(error: Error): void {
		this.refusal ??= error;
	}

	/** On a disk that is full SQLite undoes the transaction by itself: another statement would be committed alone. */
	private done<T>(sql: string, parameters: SqlValue[], run: (statement: StatementSync, kept: SqlValue[]) => T): T {
		if (this.refusal !== undefined) throw this.refusal;
		try {
			return run(this.prepare(sql), keptParameters(parameters));
		} catch (error) {
			this.refusal = error as Error;
			throw error;
		}
	}
}

function createPrivateFile(file: string): void {
	if (existsSync(file)) return;
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
	closeSync(openSync(file, 'a', 0o600));
	chmodSync(file, 0o600);
}
