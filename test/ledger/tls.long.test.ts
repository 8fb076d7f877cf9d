import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import { openLedger } from '../../lib/ledger/ledger';
import type { TlsMode } from '../../lib/ledger/store/postgres';
import { PostgresServer } from '../../scripts/postgresServer';

/** A real PostgreSQL with and without TLS, and a certificate of an authority that only this test knows. */
describe('TLS to PostgreSQL', () => {
	let folder: string;
	let server: PostgresServer;
	let schemas = 0;

	const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
	const authority = (name: string): void =>
		openssl(
			'req',
			'-x509',
			'-newkey',
			'rsa:2048',
			'-nodes',
			'-days',
			'2',
			'-subj',
			`/CN=${name}`,
			'-keyout',
			`${name}.key`,
			'-out',
			`${name}.crt`,
		);
	const pem = (name: string): string => readFileSync(join(folder, `${name}.crt`), 'utf8');

	const open = async (tls: TlsMode, more: { ca?: string; host?: string } = {}): Promise<void> => {
		const store = { backend: 'postgres' as const, ...server.target, tls, schema: `tls_${++schemas}`, ...more };
		await (await openLedger({ store, environment: 'Live' })).close();
	};
	const withOperator = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
		const { host, port, database, user, password } = server.target;
		const client = new Client({ host, port, database, user, password, ssl: false });
		await client.connect();
		try {
			return await work(client);
		} finally {
			await client.end();
		}
	};

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'tls-'));
		// The server runs as another user where we are root.
		chmodSync(folder, 0o755);
		authority('ours');
		authority('another');
		writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1');
		openssl(
			'req',
			'-newkey',
			'rsa:2048',
			'-nodes',
			'-subj',
			'/CN=ledger',
			'-keyout',
			'server.key',
			'-out',
			'server.csr',
		);
		openssl(
			'x509',
			'-req',
			'-days',
			'2',
			'-in',
			'server.csr',
			'-CA',
			'ours.crt',
			'-CAkey',
			'ours.key',
			'-CAcreateserial',
			'-extfile',
			'names',
			'-out',
			'server.crt',
		);
		server = await PostgresServer.start({ folder: join(folder, 'postgres'), password: 'for-this-test' });
	}, 60_000);
	afterAll(async () => {
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test('a server without it is refused where it is asked for, and never spoken to in the clear', async () => {
		await expect(open('require')).rejects.toThrow('The server does not support SSL connections');
		await expect(open('verify')).rejects.toThrow('The server does not support SSL connections');
		await open('disable');
	});

	test('a server with it is verified against the given authority and its address', async () => {
		const data = join(folder, 'postgres', 'data');
		const { uid, gid } = statSync(data);
		for (const name of ['server.crt', 'server.key']) {
			writeFileSync(join(data, name), readFileSync(join(folder, name)), { mode: 0o600 });
			chownSync(join(data, name), uid, gid);
		}
		await withOperator(async (client) => {
			await client.query('ALTER SYSTEM SET ssl = on');
			await client.query('SELECT pg_reload_conf()');
			while ((await client.query<{ ssl: string }>('SHOW ssl')).rows[0]!.ssl !== 'on')
				await new Promise((resolve) => setTimeout(resolve, 50));
		});
		await open('disable');
		await open('require');
		await open('verify', { ca: pem('ours') });
		await expect(open('verify')).rejects.toThrow(/self.signed certificate|unable to (verify|get)/);
		await expect(open('verify', { ca: pem('another') })).rejects.toThrow(
			/self.signed certificate|unable to (verify|get)/,
		);
		// The certificate says 127.0.0.1, not this name.
		await expect(open('verify', { ca: pem('ours'), host: 'localhost' })).rejects.toThrow(/altname/i);
	});

	test('what is asked for is what the connection has', async () => {
		const store = { backend: 'postgres' as const, ...server.target, tls: 'require' as const, schema: 'encrypted' };
		const ledger = await openLedger({ store, environment: 'Live' });
		const rows = await withOperator(
			async (client) =>
				(
					await client.query<{ ssl: boolean }>(
						`SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'ledger encrypted'`,
					)
				).rows,
		);
		expect(rows.length).toBeGreaterThan(0);
		expect(rows.every((row) => row.ssl)).toBe(true);
		await ledger.close();
	});
});
