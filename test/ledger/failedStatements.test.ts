import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { openLedger } from '../../lib/ledger/ledger';
import type { Database, Transaction } from '../../lib/ledger/store/database';
import { openPostgres } from '../../lib/ledger/store/postgres';
import { openSqlite } from '../../lib/ledger/store/sqlite';
import { backends, change, freshStore } from './story';

const name = async (tx: Transaction, environment: string): Promise<void> =>
	await tx.run('INSERT INTO environments (name, created_at) VALUES (?, ?)', environment, tx.now);

/** What an operation does at the same time as a part of it fails goes with it: all of an operation holds, or nothing. */
describe.each(backends)('an operation of which a part fails, %s', (backend) => {
	const { store, remove } = freshStore(backend);
	let database: Database;
	beforeAll(async () => {
		await (await openLedger({ store, environment: 'Live' })).close();
		database = store.backend === 'postgres' ? openPostgres(store) : openSqlite({ file: store.file });
	});
	afterAll(async () => {
		await database.close();
		remove();
	});
	const names = async (): Promise<string[]> =>
		await database.read(async (tx) => {
			const rows = await tx.all<{ name: string }>('SELECT name FROM environments ORDER BY name');
			return rows.map((row) => row.name);
		});

	test('writes nothing with the parts that go on', async () => {
		let goOn = (): void => undefined;
		const told = new Promise<void>((resolve) => (goOn = resolve));
		let slow: Promise<void> | undefined;
		const operation = database.write(async (tx) => {
			slow = told.then(async () => await name(tx, 'Too late'));
			await Promise.all([tx.all('SELECT no_such_column FROM environments'), slow]);
		});
		await expect(operation).rejects.toThrow('no_such_column');
		// The next operation has the connection by now.
		const next = database.write(async (tx) => {
			goOn();
			await slow!.catch(() => undefined);
			await name(tx, 'Next');
		});
		await next;
		await expect(slow).rejects.toThrow('no_such_column');
		expect(await names()).toEqual(['Live', 'Next']);
	});

	test('fails as a whole, whoever hears of it', async () => {
		const operation = database.write(async (tx) => {
			await name(tx, 'Half');
			await tx.all('SELECT no_such_column FROM environments').catch(() => undefined);
		});
		await expect(operation).rejects.toThrow('no_such_column');
		expect(await names()).not.toContain('Half');
	});

	test('keeps no statement that comes when it is done', async () => {
		let kept: Transaction | undefined;
		await database.write(async (tx) => {
			kept = tx;
			await tx.get('SELECT 1 AS one');
		});
		await expect(name(kept!, 'Afterwards')).rejects.toThrow('is over');
		expect(await names()).not.toContain('Afterwards');
	});
});

describe('a ledger file', () => {
	const { store, remove } = freshStore('sqlite');
	const file = (store as { file: string }).file;
	afterAll(remove);

	test('on a disk that is full keeps what it had, and none of the rest of a failed operation', async () => {
		await (await openLedger({ store, environment: 'Live' })).close();
		const database = openSqlite({ file });
		const operation = database.write(async (tx) => {
			// SQLite undoes the transaction by itself; what comes in the same breath would be one of its own.
			const { page_count: pages } = (await tx.get<{ page_count: number }>('PRAGMA page_count'))!;
			await tx.all(`PRAGMA max_page_count = ${pages}`);
			await Promise.all([name(tx, 'x'.repeat(100_000)), name(tx, 'Half')]);
		});
		await expect(operation).rejects.toMatchObject({ errcode: 13 });
		await database.close();
		const look = new DatabaseSync(file, { readOnly: true });
		expect(look.prepare('SELECT name FROM environments').all()).toEqual([expect.objectContaining({ name: 'Live' })]);
		look.close();
	});

	test('and what SQLite keeps beside it are for its owner alone', async () => {
		const ledger = await openLedger({ store, environment: 'Live' });
		await ledger.add([change('LAMP')]);
		for (const beside of ['', '-wal', '-shm']) expect(statSync(file + beside).mode & 0o777).toBe(0o600);
		await ledger.close();
	});
});
