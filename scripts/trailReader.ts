import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { LedgerStore } from '../lib/ledger/ledger';
import type { TrailLine } from './oracle';

const STATEMENT = 'SELECT at, kind, key, primary_id, event, version, details FROM trail ORDER BY event_id';

/** The whole audit trail of a ledger, oldest first. */
export async function readTrail(store: LedgerStore): Promise<TrailLine[]> {
	if (store.backend === 'sqlite') return readFile(store.file);
	const { host, port, database, user, password, schema, tls } = store;
	const ssl = tls === 'disable' ? false : { rejectUnauthorized: tls === 'verify' };
	const client = new Client({ host, port, database, user, password, ssl, options: `-c search_path=${schema}` });
	await client.connect();
	try {
		const { rows } = await client.query<Omit<TrailLine, 'at'> & { at: string }>(STATEMENT);
		return rows.map((row) => ({ ...row, at: Number(row.at) }));
	} finally {
		await client.end();
	}
}

function readFile(file: string): TrailLine[] {
	const database = new DatabaseSync(file, { readOnly: true });
	try {
		return database
			.prepare(STATEMENT)
			.all()
			.map((row) => ({ ...row }) as unknown as TrailLine);
	} finally {
		database.close();
	}
}
