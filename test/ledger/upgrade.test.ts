import type { Database } from '../../lib/ledger/database';
import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { latestSchema, migrate, migrations, type Migration } from '../../lib/ledger/migrations';
import { openPostgres } from '../../lib/ledger/postgres';
import { openSqlite } from '../../lib/ledger/sqlite';
import { backends, change, confirmed, freshStore, keys, rejection, result } from './story';

/** What the next version of the package might do to a ledger. */
const next: Migration = {
	number: latestSchema + 1,
	statements: () => [`ALTER TABLE records ADD COLUMN checked_at BIGINT`, `UPDATE records SET checked_at = 0`],
};

describe.each(backends)('%s', (backend) => {
	const { store, remove } = freshStore(backend);
	const openDatabase = (): Database =>
		store.backend === 'postgres' ? openPostgres(store) : openSqlite({ file: store.file });
	const withLedger = async <T>(work: (ledger: Ledger) => Promise<T>): Promise<T> => {
		const ledger = await openLedger({ store, environment: 'Live' });
		try {
			return await work(ledger);
		} finally {
			await ledger.close();
		}
	};
	const withDatabase = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
		const database = openDatabase();
		try {
			return await work(database);
		} finally {
			await database.close();
		}
	};
	const tables = ['records', 'changes', 'change_needs', 'products', 'exceptions', 'trail', 'environments'];
	const everything = async (): Promise<Record<string, Array<Record<string, unknown>>>> =>
		await withDatabase(
			async (database) =>
				await database.read(async (tx) => {
					const rows: Record<string, Array<Record<string, unknown>>> = {};
					for (const table of tables) rows[table] = await tx.all(`SELECT * FROM ${table} ORDER BY 1, 2`);
					return rows;
				}),
		);
	const schemaNumbers = async (): Promise<number[]> =>
		await withDatabase(
			async (database) =>
				await database.read(async (tx) =>
					(await tx.all<{ number: number }>('SELECT number FROM schema_version ORDER BY number')).map(
						(row) => row.number,
					),
				),
		);

	beforeAll(async () => {
		await withLedger(async (ledger) => {
			await ledger.add([
				change('TEE'),
				change('TEE-RED', { parent: 'TEE' }),
				change('LAMP'),
				change('BULB'),
				rejection('BAD', 'itemName'),
			]);
			const batch = await ledger.take({ target: 'khaos' });
			const [tee, lamp] = [batch.find((item) => item.key === 'TEE')!, batch.find((item) => item.key === 'LAMP')!];
			await ledger.settle([confirmed(tee), result(lamp, 'failed', { reason: 'Khaos says no.', remedy: 'Mend it.' })]);
		});
	});
	afterAll(() => remove());

	test('two environments of one ledger work side by side in one process', async () => {
		const [live, sandbox] = await Promise.all(
			['Live', 'Sandbox'].map(async (environment) => await openLedger({ store, environment })),
		);
		await Promise.all([live!, sandbox!, live!, sandbox!].map(async (ledger) => await ledger.add([])));
		expect((await sandbox!.stats()).products).toBe(0);
		await Promise.all([live!.close(), sandbox!.close()]);
	});

	test('a ledger of the schema of today is opened as it is', async () => {
		const before = await everything();
		await withLedger(async () => undefined);
		expect(await everything()).toEqual(before);
		expect(await schemaNumbers()).toEqual(migrations.map((migration) => migration.number));
	});

	test('an upgrade that fails half way leaves the ledger as it was', async () => {
		const before = await everything();
		const broken: Migration = {
			number: next.number,
			statements: () => [...next.statements(undefined as never), 'UPDATE no_such_table SET x = 1'],
		};
		await expect(withDatabase(async (database) => await migrate(database, [...migrations, broken]))).rejects.toThrow(
			'no_such_table',
		);
		expect(await everything()).toEqual(before);
	});

	test('an upgrade keeps every record, change, exception and trail entry, whoever races to make it', async () => {
		const before = await everything();
		await Promise.all(
			[1, 2, 3].map(async () => await withDatabase(async (database) => await migrate(database, [...migrations, next]))),
		);
		const after = await everything();
		for (const record of after['records']!) {
			expect(record['checked_at']).toBe(0);
			delete record['checked_at'];
		}
		expect(after).toEqual(before);
		expect(await schemaNumbers()).toEqual([...migrations.map((migration) => migration.number), next.number]);
	});

	test('a ledger of a newer version of the package is refused, and says what to do', async () => {
		await expect(withLedger(async () => undefined)).rejects.toThrow(
			`This ledger was written by a newer version of the package (schema ${next.number}, this version knows ${latestSchema}). Update the package, or choose another ledger.`,
		);
	});

	test('work goes on after the upgrade', async () => {
		await withDatabase(async (database) => {
			await database.write(async (tx) => await tx.run('DELETE FROM schema_version WHERE number = ?', next.number));
		});
		await withLedger(async (ledger) => {
			expect(keys(await ledger.take({ target: 'khaos' }))).toEqual(['TEE-RED']);
			expect((await ledger.getMany({ states: ['leased'], limit: 10 })).map((one) => one.key).sort()).toEqual([
				'BULB',
				'TEE-RED',
			]);
		});
	});
});
