import type { Database } from '../../lib/ledger/store/database';
import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { latestSchema, migrate, migrations, type Migration } from '../../lib/ledger/store/migrations';
import { makeSchema, openPostgres } from '../../lib/ledger/store/postgres';
import { openSqlite } from '../../lib/ledger/store/sqlite';
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

describe.each(backends)('a ledger that the first released version wrote, %s', (backend) => {
	const { store, remove } = freshStore(backend);
	const openDatabase = (): Database =>
		store.backend === 'postgres' ? openPostgres(store) : openSqlite({ file: store.file });
	afterAll(() => remove());

	const desired = (stockCode: string) =>
		JSON.stringify({
			stockCode,
			columns: { STOCK_CODE: stockCode, SHORT_DESC: `Item ${stockCode}`, SELL_PRICE: '2.00' },
		});
	const source = (primaryId: string) =>
		JSON.stringify({ primaryId, internalId: `id-${primaryId}`, dateUpdated: '2026-11-02T08:59:00.000Z' });
	const written = [
		'records',
		'changes',
		'change_needs',
		'products',
		'relations',
		'scans',
		'exceptions',
		'trail',
		'hints',
		'takes',
	];
	const rowsOf = async (database: Database): Promise<Record<string, Array<Record<string, unknown>>>> =>
		await database.read(async (tx) => {
			const rows: Record<string, Array<Record<string, unknown>>> = {};
			for (const table of written) rows[table] = await tx.all(`SELECT * FROM ${table} ORDER BY 1, 2`);
			return rows;
		});

	test('keeps every row with all that it says, and goes on with its work', async () => {
		if (store.backend === 'postgres') await makeSchema(store);
		const database = openDatabase();
		await migrate(
			database,
			migrations.filter(({ number }) => number <= 2),
		);
		await database.write(async (tx) => {
			const insert = async (table: string, row: Record<string, string | number | null>): Promise<void> => {
				const names = Object.keys(row);
				await tx.run(
					`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
					...Object.values(row),
				);
			};
			const version = '2026-11-02T08:59:00.000Z';
			await insert('environments', { name: 'Live', created_at: 1 });
			for (const key of ['TEE', 'TEE-RED', 'LAMP', 'CUP']) {
				await insert('records', {
					environment_id: 1,
					kind: 'stockItem',
					key,
					primary_id: key,
					internal_id: `id-${key}`,
					version,
				});
				await insert('products', {
					environment_id: 1,
					primary_id: key,
					internal_id: `id-${key}`,
					version,
					stock_key: key,
					seen_at: 1,
				});
			}
			await tx.run(
				`UPDATE records SET confirmed = ?, confirmed_version = ?, present = 1 WHERE key = 'CUP'`,
				desired('CUP'),
				version,
			);
			const open = {
				environment_id: 1,
				target: 'khaos',
				kind: 'stockItem',
				lane: 2,
				version,
				changed_fields: '[]',
				warnings: '[]',
				added_at: 1,
			};
			await insert('changes', {
				...open,
				record_id: 1,
				key: 'TEE',
				state: 'leased',
				desired: desired('TEE'),
				source: source('TEE'),
				lease_token: 'of the dead',
				lease_until: 1,
				attempt: 1,
			});
			await insert('changes', {
				...open,
				record_id: 2,
				key: 'TEE-RED',
				state: 'held',
				desired: desired('TEE-RED'),
				source: source('TEE-RED'),
				unmet: 1,
				held_since: 1,
			});
			await insert('changes', {
				...open,
				record_id: 3,
				key: 'LAMP',
				state: 'queued',
				desired: desired('LAMP'),
				source: source('LAMP'),
				ready_at: 1,
			});
			await insert('change_needs', { change_id: 2, need_record_id: 1, met: 0 });
			await insert('relations', { environment_id: 1, primary_id: 'TEE-RED', parents: '["TEE"]', seen_at: 1 });
			await insert('scans', {
				environment_id: 1,
				name: 'trigger',
				cursor: '{"watermark":null,"scan":null,"boundary":{},"lastCompleteAt":null}',
			});
			await insert('exceptions', {
				environment_id: 1,
				type: 'invalidProduct',
				severity: 'high',
				owner: 'ecommerce',
				primary_id: 'BAD',
				key: 'BAD',
				field: 'itemName',
				reason: 'It is empty.',
				remedy: 'Fill it in.',
				opened_at: 1,
				last_seen_at: 1,
			});
			await insert('trail', {
				environment_id: 1,
				at: 1,
				kind: 'stockItem',
				key: 'CUP',
				primary_id: 'CUP',
				event: 'confirmed',
				version,
				lag: 5,
				details: '{}',
			});
			await insert('hints', {
				environment_id: 1,
				id_kind: 'primaryId',
				product_id: 'CUP',
				deleted: 0,
				received_at: 1,
				due_at: 1,
			});
			await insert('takes', { environment_id: 1, target: 'khaos', batches: 3 });
		});
		const before = await rowsOf(database);
		await migrate(database);
		const after = await rowsOf(database);
		for (const table of written) expect(after[table]).toMatchObject(before[table]!);
		await database.close();

		const ledger = await openLedger({ store, environment: 'Live' });
		const first = await ledger.take({ target: 'khaos' });
		expect(keys(first).sort()).toEqual(['LAMP', 'TEE']);
		await ledger.settle(first.map(confirmed));
		const second = await ledger.take({ target: 'khaos' });
		expect(keys(second)).toEqual(['TEE-RED']);
		await ledger.settle(second.map(confirmed));
		expect(await ledger.stats()).toMatchObject({ confirmed: 4, products: 4, khaos: { queued: 0, held: 0, leased: 0 } });
		expect(await ledger.exceptions()).toMatchObject([{ type: 'invalidProduct', primaryId: 'BAD' }]);
		await ledger.close();
	});
});
