import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

import { PostgresServer } from '../../scripts/postgresServer';

jest.setTimeout(120_000);

let folder: string;
let server: PostgresServer;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'postgres-server-'));
	// As root, PostgreSQL runs as another user.
	chmodSync(folder, 0o711);
	server = await PostgresServer.start({ folder: join(folder, 'postgres'), password: 'only here' });
});
afterEach(async () => {
	await server.stop();
	rmSync(folder, { recursive: true });
});

const ask = async (sql: string): Promise<unknown[]> => {
	const { host, port, database, user, password } = server.target;
	const client = new Client({ host, port, database, user, password, ssl: false });
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
};

test.each(['stop', 'kill'] as const)('what was committed is there at the same address after a %s', async (end) => {
	await ask('CREATE TABLE kept (value text)');
	await ask(`INSERT INTO kept VALUES ('committed')`);
	await server[end]();
	await expect(ask('SELECT 1')).rejects.toThrow();
	await server.startAgain();
	expect(await ask('SELECT value FROM kept')).toEqual([{ value: 'committed' }]);
});
