import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresTargetOf } from '../../../scripts/postgresTarget';
import { readStartOptions, reportFileOf, UsageError } from '../../../scripts/startOptions';

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'start-options-'));
	writeFileSync(join(folder, 'catalogue.json'), '{"products": []}');
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (...args: string[]) => readStartOptions(args, folder);

const OTHERS = [
	'--pimberly-url',
	'https://api.example.com/core',
	'--pimberly-token',
	'T',
	'--khaos-url',
	'https://erp.example.com/KhaosIDS.exe',
];

describe('the command line of npm start', () => {
	test('without flags: bundled simulators, a generated catalogue, everything fresh', () => {
		expect(read()).toEqual({
			once: false,
			catalogue: null,
			generate: 300,
			report: null,
			servers: null,
			keep: null,
			ledger: { backend: 'sqlite' },
			queueMode: null,
			redis: null,
			transport: 'soap',
		});
	});

	test('files are meant from where it was started', () => {
		expect(read('--once', '--catalogue', 'catalogue.json', '--report', 'r.json', '--keep', 'data')).toEqual({
			once: true,
			catalogue: join(folder, 'catalogue.json'),
			generate: 300,
			report: join(folder, 'r.json'),
			servers: null,
			keep: join(folder, 'data'),
			ledger: { backend: 'sqlite' },
			queueMode: null,
			redis: null,
			transport: 'soap',
		});
	});

	test('a catalogue of so many kits and families', () => {
		expect(read('--generate', '20')?.generate).toBe(20);
		expect(read('--generate', '20', '--kits', '5')?.generate).toEqual({
			simple: 20,
			families: 0,
			kits: 5,
			contradictions: false,
		});
		expect(read('--families', '3', '--contradictions')?.generate).toEqual({
			simple: 0,
			families: 3,
			kits: 0,
			contradictions: true,
		});
	});

	test('a ledger in a PostgreSQL that is started, or in one that is there', () => {
		expect(read('--ledger', 'postgres')?.ledger).toEqual({ backend: 'postgres', target: null });
		expect(read('--ledger', 'postgres://sync:se%20cret@db.example.com/ledger')?.ledger).toEqual({
			backend: 'postgres',
			target: {
				host: 'db.example.com',
				port: 5432,
				database: 'ledger',
				user: 'sync',
				password: 'se cret',
				tls: 'prefer',
			},
		});
		expect(read('--ledger', 'postgresql://sync:x@[::1]:5433/ledger?sslmode=verify-full')?.ledger).toMatchObject({
			target: { host: '::1', port: 5433, tls: 'verify' },
		});
	});

	test('queue mode brings its PostgreSQL along, and may be given a Redis', () => {
		expect(read('--queue-mode', '2')).toMatchObject({
			ledger: { backend: 'postgres', target: null },
			queueMode: 2,
			redis: null,
			transport: 'soap',
		});
		expect(read('--queue-mode', '3', '--redis', 'redis://:secret@cache:6380/2')?.redis).toEqual({
			host: 'cache',
			port: 6380,
			user: '',
			password: 'secret',
			database: 2,
			tls: false,
		});
	});

	test('other servers', () => {
		expect(read(...OTHERS)?.servers).toEqual({
			pimberlyUrl: 'https://api.example.com/core',
			pimberlyToken: 'T',
			khaosUrl: 'https://erp.example.com/KhaosIDS.exe',
		});
	});

	test.each([
		[
			'half of the servers',
			['--pimberly-url', 'https://api.example.com/core', '--pimberly-token', 'T'],
			/--khaos-url missing/,
		],
		['a server without a scheme', [...OTHERS.slice(0, 5), 'erp.example.com'], /--khaos-url wants a URL/],
		['a catalogue that is not there', ['--catalogue', 'no.json'], /there is no file/],
		['a file and a number', ['--catalogue', 'catalogue.json', '--generate', '5'], /exclude each other/],
		['a file and shapes', ['--catalogue', 'catalogue.json', '--kits', '5'], /exclude each other/],
		['no number', ['--generate', 'many'], /whole number/],
		['no number of kits', ['--kits', '1.5'], /whole number/],
		['a ledger that nobody knows', ['--ledger', 'mysql://sync:secret@db/ledger'], /sqlite, postgres or postgres:/],
		['a database without a name', ['--ledger', 'postgres://sync:secret@db'], /has no database/],
		['an sslmode that nobody knows', ['--ledger', 'postgres://sync:secret@db/ledger?sslmode=on'], /sslmode is none of/],
		['no workers', ['--queue-mode', '0'], /number of workers/],
		['queue mode with a file', ['--queue-mode', '2', '--ledger', 'sqlite'], /a SQLite ledger serves one/],
		['a Redis without queue mode', ['--redis', 'redis://cache'], /--redis is for --queue-mode/],
		['a Redis that is none', ['--queue-mode', '1', '--redis', 'http://:secret@cache'], /a Redis URL looks like/],
		['another transport', ['--transport', 'ftp'], /"soap" or "channel"/],
		[
			'a channel between other servers',
			[
				'--transport',
				'channel',
				'--pimberly-url',
				'http://p/core',
				'--pimberly-token',
				't',
				'--khaos-url',
				'http://k/x.exe',
			],
			/between the bundled simulators/,
		],
		['what nobody knows', ['--fast'], /--fast/],
	])('%s is refused with what to do', (_, args, words) => {
		expect(() => read(...args)).toThrow(UsageError);
		expect(() => read(...args)).toThrow(words);
	});

	test.each([
		[['--ledger', 'mysql://sync:secret@db/ledger']],
		[['--ledger', 'postgres://sync:secret@db']],
		[['--ledger', 'postgres://sync:secret%@db/ledger']],
		[['--ledger', 'postgres://sync:secret@db/ledger?sslmode=on']],
		[['--queue-mode', '1', '--redis', 'http://:secret@cache']],
		[['--redis', 'redis://:secret@cache']],
	])('a refusal never repeats a password: %s', (args) => {
		expect(() => read(...args)).toThrow(UsageError);
		expect(() => read(...args)).not.toThrow(/secret/);
	});

	test('a password that is not in the URL comes from PGPASSWORD', () => {
		expect(postgresTargetOf('postgres://sync@db/ledger', { PGPASSWORD: 'kept apart' }).password).toBe('kept apart');
	});

	test('the supported values may be said', () => {
		expect(read('--ledger', 'sqlite', '--transport', 'soap')?.transport).toBe('soap');
		expect(read('--transport', 'channel')?.transport).toBe('channel');
	});

	test('the report has its place even where the rest is wrong', () => {
		expect(reportFileOf(['--fast', '--report', 'r.json'], folder)).toBe(join(folder, 'r.json'));
	});
});
