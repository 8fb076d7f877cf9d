import { keptJson } from './text';

/**
 * The little that the ledger's operations need of a database. Every operation is written once, in SQL that SQLite and
 * PostgreSQL both take; what differs between the two stands in a Dialect.
 */
export type SqlValue = string | number | null;
export type Row = Record<string, SqlValue>;

/** A statement that comes when its transaction has ended: it would be one of its own, or somebody else's. */
export class TransactionOver extends Error {
	override readonly name = 'TransactionOver';
	constructor() {
		super('A transaction of the ledger is over, and a statement of it came afterwards.');
	}
}

/**
 * Runs statements inside one transaction. Parameters are `?`, in order. After the first statement that fails, and after the
 * end, every other is refused: parts of an operation that run side by side don't stop when one of them fails.
 */
export interface Transaction {
	readonly dialect: Dialect;
	/** The ledger's clock: milliseconds since 1970, the same for the whole transaction. */
	readonly now: number;
	all<T extends object = Row>(sql: string, ...parameters: SqlValue[]): Promise<T[]>;
	get<T extends object = Row>(sql: string, ...parameters: SqlValue[]): Promise<T | undefined>;
	/** Nothing is waited for: where the statement fails, the next one that is waited for says so, or the commit. */
	run(sql: string, ...parameters: SqlValue[]): Promise<void>;
	/** The same, and waits to know how many rows changed. */
	changed(sql: string, ...parameters: SqlValue[]): Promise<number>;
}

/** A store of the ledger; statements are the same for both kinds but for what the dialect words. */
export interface Database {
	readonly dialect: Dialect;
	/** All of it or nothing. Writers of one ledger take turns, whatever their process. */
	write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
	/** A consistent view; nothing may be written. */
	read<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
	close(): Promise<void>;
}

export type ColumnType = 'text' | 'integer';

/** What SQLite and PostgreSQL word differently. */
export interface Dialect {
	readonly name: 'sqlite' | 'postgres';
	/**
	 * A table expression over one parameter, a JSON array of objects: so that any number of rows goes in one statement.
	 * Nested values arrive as JSON text.
	 */
	rows(alias: string, columns: Record<string, ColumnType>): string;
	/** A condition: the column is one of the values of one JSON-array parameter. */
	among(column: string, type?: ColumnType): string;
	/** A SELECT that finds a row where there is a table of the name that is its one parameter. */
	readonly findTable: string;
	/** Appended to a SELECT that claims rows. */
	readonly skipLocked: string;
}

/** The parameter for Dialect.rows and Dialect.among. */
export const jsonParameter = (values: unknown[]): string => keptJson(values);
