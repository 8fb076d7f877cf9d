import type { PoolClient, QueryResult } from 'pg';

import { TransactionOver, type Dialect, type SqlValue, type Transaction } from './database';
import { keptParameters } from './text';

/** The database undid a transaction that it was asked to commit. */
export class NotCommitted extends Error {
	override readonly name = 'NotCommitted';
}

/**
 * A PostgreSQL transaction whose statements go out as they come, over a connection that does not wait for the answers
 * (`pipeline` of pg). Only what an operation has to know before it goes on costs it a round trip: a read, not a write.
 */
export class Pipeline implements Transaction {
	/** The first statement that failed. The server refuses all that come after it, which says nothing. */
	private failed: Error | undefined;
	private over = false;

	constructor(
		readonly dialect: Dialect,
		readonly now: number,
		private readonly client: PoolClient,
	) {}

	async all<T extends object>(sql: string, ...parameters: SqlValue[]): Promise<T[]> {
		return (await this.answered(this.send(sql, parameters))).rows as T[];
	}

	async get<T extends object>(sql: string, ...parameters: SqlValue[]): Promise<T | undefined> {
		return (await this.answered(this.send(sql, parameters))).rows[0] as T | undefined;
	}

	async run(sql: string, ...parameters: SqlValue[]): Promise<void> {
		void this.send(sql, parameters);
		await Promise.resolve();
	}

	async changed(sql: string, ...parameters: SqlValue[]): Promise<number> {
		return (await this.answered(this.send(sql, parameters))).rowCount ?? 0;
	}

	/** @throws the error of the first statement that failed, also of one that nobody waited for. */
	async commit(): Promise<void> {
		const answer = this.send('COMMIT', []);
		this.end();
		const { command } = await this.answered(answer);
		if (this.failed !== undefined) throw this.failed;
		if (command !== 'COMMIT') throw new NotCommitted(`PostgreSQL answered ${command} to COMMIT`);
	}

	/** Nothing more is sent: the connection goes on to others. */
	end(): void {
		this.over = true;
	}

	private send(sql: string, parameters: SqlValue[]): Promise<QueryResult> {
		if (this.over) throw this.failed ?? new TransactionOver();
		const answer = this.client.query(withNumbers(sql), keptParameters(parameters));
		answer.catch((error: unknown) => {
			this.failed ??= error as Error;
		});
		return answer;
	}

	private async answered(answer: Promise<QueryResult>): Promise<QueryResult> {
		return await answer.catch((error: unknown) => Promise.reject(this.failed ?? (error as Error)));
	}
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
