import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
		expect(read()).toEqual({ once: false, catalogue: null, generate: 300, report: null, servers: null, keep: null });
	});

	test('files are meant from where it was started', () => {
		expect(read('--once', '--catalogue', 'catalogue.json', '--report', 'r.json', '--keep', 'data')).toEqual({
			once: true,
			catalogue: join(folder, 'catalogue.json'),
			generate: 300,
			report: join(folder, 'r.json'),
			servers: null,
			keep: join(folder, 'data'),
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
		['no number', ['--generate', 'many'], /whole number/],
		['a ledger in PostgreSQL', ['--ledger', 'postgres://sync:secret@db/ledger'], /only supported value is "sqlite"/],
		['queue mode', ['--queue-mode', '2'], /n8n runs as one process/],
		['another transport', ['--transport', 'channel'], /only supported value is "soap"/],
		['what nobody knows', ['--fast'], /--fast/],
	])('%s is refused with what to do', (_, args, words) => {
		expect(() => read(...args)).toThrow(UsageError);
		expect(() => read(...args)).toThrow(words);
	});

	test('a refusal never repeats a password', () => {
		expect(() => read('--ledger', 'postgres://sync:secret@db/ledger')).not.toThrow(/secret/);
	});

	test('the supported values may be said', () => {
		expect(read('--ledger', 'sqlite', '--transport', 'soap')).not.toBeNull();
	});

	test('the report has its place even where the rest is wrong', () => {
		expect(reportFileOf(['--fast', '--report', 'r.json'], folder)).toBe(join(folder, 'r.json'));
	});
});
