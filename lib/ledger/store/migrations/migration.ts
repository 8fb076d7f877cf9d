import type { Dialect } from '../database';

/**
 * Numbered, forward only. A migration that has been released is never edited: what it did is what users' ledgers hold.
 * Times are milliseconds since 1970 on the ledger's clock; versions are ISO 8601 UTC, which sorts as text.
 */
export interface Migration {
	number: number;
	statements: (dialect: Dialect) => string[];
}

/** The type of a row number that the database gives. */
export const identity = (dialect: Dialect): string =>
	dialect.name === 'sqlite' ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY';
/** The type of a whole number of 64 bits. */
export const big = (dialect: Dialect): string => (dialect.name === 'sqlite' ? 'INTEGER' : 'BIGINT');
