import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AddItem } from '../lib/ledger/intake/add';
import type { Database } from '../lib/ledger/store/database';
import type { LedgerStore } from '../lib/ledger/ledger';
import { openPostgres } from '../lib/ledger/store/postgres';
import { openSqlite } from '../lib/ledger/store/sqlite';
import { startEmbeddedPostgres } from '../scripts/embeddedPostgres';

export const backends = ['sqlite', 'postgres'] as const;
export type Backend = (typeof backends)[number];

/** Both backends for the length of the work, the PostgreSQL a real one of its own; `newStore` gives an empty ledger each time. */
export async function withStores(work: (newStore: (backend: Backend) => LedgerStore) => Promise<void>): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
	const server = await startEmbeddedPostgres();
	try {
		const url = new URL(server.url);
		await work((backend) => {
			const name = `bench_${randomBytes(6).toString('hex')}`;
			if (backend === 'sqlite') return { backend, file: join(folder, `${name}.sqlite`) };
			return {
				backend,
				host: url.hostname,
				port: Number(url.port),
				database: url.pathname.slice(1),
				user: url.username,
				password: url.password,
				schema: name,
				tls: 'disable',
			};
		});
	} finally {
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** A second way into a ledger, to look at its plans and to put it back. */
export const databaseOf = (store: LedgerStore): Database =>
	store.backend === 'postgres' ? openPostgres(store) : openSqlite({ file: store.file });

/** A new stock item, as the mapper makes it. */
export function stockItem(key: string, parent?: string): AddItem {
	const version = '2026-11-02T08:59:00.000Z';
	return {
		type: 'change',
		change: {
			kind: 'stockItem',
			key,
			version,
			lane: 2,
			changedFields: [],
			needs: parent === undefined ? [] : [{ kind: 'stockItem', key: parent }],
			desired: {
				stockCode: key,
				columns: {
					STOCK_CODE: key,
					SHORT_DESC: `Item ${key}`,
					LONG_DESC: 'A lamp for the desk. '.repeat(10),
					BUY_PRICE: '1.00',
					SELL_PRICE: '2.00',
					TAX_CODE: '1',
				},
			},
			source: { primaryId: key, internalId: `id-${key}`, dateUpdated: version },
			warnings: [],
			emission: null,
		},
	};
}

export const inChunks = <T>(items: T[], size: number): T[][] =>
	Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
