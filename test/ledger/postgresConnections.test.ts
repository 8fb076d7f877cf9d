import { Client } from 'pg';

import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import { makeSchema, openPostgres } from '../../lib/ledger/store/postgres';
import type { Database } from '../../lib/ledger/store/database';
import { change, freshStore } from './story';

type PostgresStore = Extract<LedgerStore, { backend: 'postgres' }>;

/** What a database administrator does, and what else works in the same database. */
async function operatorOf({ host, port, database, user, password }: PostgresStore): Promise<Client> {
	const operator = new Client({ host, port, database, user, password });
	await operator.connect();
	return operator;
}

describe('a ledger in PostgreSQL', () => {
	const store = freshStore('postgres').store as PostgresStore;
	let operator: Client;
	let ledger: Ledger;
	let database: Database;
	beforeAll(async () => {
		operator = await operatorOf(store);
		ledger = await openLedger({ store, environment: 'Live' });
		database = openPostgres(store);
	});
	afterAll(async () => {
		await database.close();
		await ledger.close();
		await operator.end();
	});

	test('is read while many writers wait for their turn', async () => {
		await operator.query('BEGIN');
		await operator.query(`SELECT pg_advisory_xact_lock(hashtextextended('ledger ${store.schema}', 0))`);
		const adds = Array.from({ length: 20 }, async (_, index) => await ledger.add([change(`ITEM-${index}`)]));
		expect((await ledger.stats()).products).toBe(0);
		await operator.query('COMMIT');
		await Promise.all(adds);
		expect((await ledger.stats()).products).toBe(20);
	});

	test('undoes a transaction whole when a statement fails that nobody waited for, and says which', async () => {
		const before = await ledger.stats();
		const halfDone = database.write(async (tx) => {
			await tx.run(`DELETE FROM changes`);
			await tx.run('UPDATE no_such_table SET x = 1');
			await tx.run(`DELETE FROM products`);
		});
		await expect(halfDone).rejects.toThrow('relation "no_such_table" does not exist');
		const readOn = database.write(async (tx) => {
			await tx.run('UPDATE no_such_table SET x = 1');
			return await tx.all('SELECT 1 AS one');
		});
		await expect(readOn).rejects.toThrow('relation "no_such_table" does not exist');
		expect(await ledger.stats()).toEqual(before);
	});

	test('ends a transaction that stands still, so that a machine which vanished keeps nobody waiting, and does it again', async () => {
		let attempts = 0;
		const done = await database.write(async (tx) => {
			attempts += 1;
			const row = await tx.get<{ limit: string }>(
				`SELECT current_setting('idle_in_transaction_session_timeout') AS limit`,
			);
			if (attempts === 1) {
				await tx.run(`SELECT set_config('idle_in_transaction_session_timeout', '20', true)`);
				const { rows } = await operator.query<{ pid: number }>(
					`SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND state LIKE 'idle in transaction%'`,
					[`ledger ${store.schema}`],
				);
				// Gone when the server has ended it.
				for (let there = rows.length; there > 0; )
					there = (await operator.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [rows[0]!.pid])).rows.length;
				await tx.run('SELECT 1');
			}
			return row!.limit;
		});
		expect({ attempts, done }).toEqual({ attempts: 2, done: '30s' });
	});
});

describe('who may work with a ledger but make nothing', () => {
	const store = freshStore('postgres').store as PostgresStore;
	const role = `worker_${store.schema}`;
	const asWorker: PostgresStore = { ...store, user: role, password: 'for-this-test' };
	let operator: Client;
	beforeAll(async () => {
		operator = await operatorOf(store);
		await operator.query(`CREATE ROLE ${role} LOGIN PASSWORD 'for-this-test'`);
		await operator.query(`REVOKE CREATE ON DATABASE ${store.database} FROM PUBLIC`);
	});
	afterAll(async () => {
		await operator.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
		await operator.end();
	});

	test('is told what to ask for where the schema is missing', async () => {
		await expect(openLedger({ store: asWorker, environment: 'Live' })).rejects.toThrow(
			`The database user ${role} may not make the schema ${store.schema} in ${store.database}. Have it made: CREATE SCHEMA ${store.schema} AUTHORIZATION "${role}".`,
		);
	});

	test('makes the tables in a schema that was made for it', async () => {
		const schema = `${store.schema}_own`;
		await operator.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`);
		const ledger = await openLedger({ store: { ...asWorker, schema }, environment: 'Live' });
		await ledger.add([change('LAMP')]);
		expect((await ledger.stats()).khaos.queued).toBe(1);
		await ledger.close();
	});

	test('works in a ledger whose tables are another’s', async () => {
		await makeSchema(store);
		await (await openLedger({ store, environment: 'Live' })).close();
		await operator.query(
			`GRANT USAGE ON SCHEMA ${store.schema} TO ${role};
			 GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${store.schema} TO ${role};
			 GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${store.schema} TO ${role}`,
		);
		const ledger = await openLedger({ store: asWorker, environment: 'Live' });
		await ledger.add([change('LAMP')]);
		expect((await ledger.stats()).khaos.queued).toBe(1);
		await ledger.close();
	});
});
