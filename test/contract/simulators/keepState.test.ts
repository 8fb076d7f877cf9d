import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startSimulators, type Urls } from '../../../simulators/start';
import { control, importRows, row, SHOP } from './shop';

describe('simulators that go on where they stopped', () => {
	let folder: string;
	beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'simulators-'))));
	afterEach(() => rmSync(folder, { recursive: true }));

	test('tokens, products, statuses and stock survive; the file is private and whole', async () => {
		const stateFile = join(folder, 'state.json');
		const first = await startSimulators({ catalogue: SHOP, stateFile });
		await importRows(first.khaosUrl, row('TEE'), row('TEE-RED'));
		first.pimberly.upsert([{ primaryId: 'TEE', attributes: { khaosStatus: 'Live' } }]);
		first.pimberly.delete('SET-1');
		const before = first.control.state();
		await first.stop();
		expect(statSync(stateFile).mode & 0o777).toBe(0o600);
		expect(readdirSync(folder)).toEqual(['state.json']);

		const second = await startSimulators({ stateFile, khaosSeed: [{ code: 'SEEDED' }] });
		expect(JSON.parse(JSON.stringify(second.control.state()))).toEqual(JSON.parse(JSON.stringify(before)));
		expect([second.feedToken, second.channelToken]).toEqual([first.feedToken, first.channelToken]);
		await importRows(second.khaosUrl, row('NEW'));
		expect(second.khaos.get('NEW')?.stockId).toBe(3);
		await second.stop();
	});

	test('an edited entry of the catalogue file is an update, an unedited one is not', async () => {
		const stateFile = join(folder, 'state.json');
		const first = await startSimulators({ catalogue: SHOP, stateFile });
		first.pimberly.upsert([{ primaryId: 'TEE', attributes: { khaosStatus: 'Live' } }]);
		const dates = first.pimberly.all().map(({ dateUpdated }) => dateUpdated);
		await first.stop();

		const edited = structuredClone(SHOP);
		const lamp = edited.products[3];
		if (lamp) lamp.attributes.itemName = 'Lamp, brass';
		const second = await startSimulators({ catalogue: edited, stateFile });
		const products = second.pimberly.all();
		expect(products.map(({ dateUpdated }, index) => dateUpdated === dates[index])).toEqual([
			true,
			true,
			true,
			false,
			true,
		]);
		expect(products[3]?.attributes).toMatchObject({ itemName: 'Lamp, brass', costPrice: '12.50' });
		expect(products[2]?.attributes).toMatchObject({ khaosStatus: 'Live' });
		await second.stop();
	});

	test('a file that is no state says so', async () => {
		const stateFile = join(folder, 'state.json');
		writeFileSync(stateFile, 'x');
		await expect(startSimulators({ stateFile })).rejects.toThrow(/state .*could not be read/);
	});

	test('Khaos can begin half full', async () => {
		const simulators = await startSimulators({
			catalogue: SHOP,
			khaosSeed: [
				{ code: 'TEE', set: row('TEE') },
				{ code: 'POLO-R', parentCode: 'POLO', set: row('POLO-R') },
			],
		});
		expect(simulators.khaos.get('TEE')).toMatchObject({
			imports: 0,
			firstImportedAt: null,
			fields: { SHORT_DESC: 'TEE description' },
		});
		expect(simulators.khaos.get('POLO-R')?.parentCode).toBe('POLO');
		await simulators.stop();
	});
});

describe('the program', () => {
	const root = join(__dirname, '..', '..', '..');
	const run = (...parameters: string[]) =>
		spawn(process.execPath, [require.resolve('tsx/cli'), join(root, 'simulators', 'main.ts'), ...parameters]);

	test('prints one JSON line with the URLs and tokens, serves, and stops when it is told to', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'simulators-'));
		const faults = join(folder, 'faults.json');
		writeFileSync(faults, JSON.stringify([{ side: 'pimberly', kind: '503', times: 1 }]));
		const program = run(
			'--generate',
			'20',
			'--faults',
			faults,
			'--dialect',
			'{"envelopePrefix":"s"}',
			'--state',
			join(folder, 'state.json'),
		);
		const ended = new Promise<number | null>((resolve) => program.on('exit', resolve));
		const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
		const urls = JSON.parse((await lines.next()).value as string) as Urls;
		expect(urls).toEqual({
			pimberlyUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/core$/) as string,
			pimberlyV22Url: expect.stringMatching(/\/api\/v2\.2$/) as string,
			feedToken: expect.stringMatching(/^[A-Za-z0-9]{64}$/) as string,
			channelToken: expect.stringMatching(/^[A-Za-z0-9]{64}$/) as string,
			khaosUrl: expect.stringMatching(/\/KhaosKSD\.exe$/) as string,
			khaosWsdlUrl: expect.stringMatching(/\/KhaosKSD\.exe\/wsdl\/IKosWeb$/) as string,
			controlUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
		});
		expect(urls.feedToken).not.toBe(urls.channelToken);
		const list = async () =>
			(await fetch(`${urls.pimberlyUrl}/products`, { headers: { Authorization: urls.feedToken } })).status;
		expect(await list()).toBe(503);
		expect(await list()).toBe(200);
		expect((await importRows(urls.khaosUrl, row('TEE'))).body).toContain('<s:Envelope');
		expect((await control<{ pimberly: { count: number } }>(urls.controlUrl, 'GET', '/state')).body.pimberly.count).toBe(
			20,
		);
		program.kill('SIGTERM');
		expect(await ended).toBe(0);
		expect(statSync(join(folder, 'state.json')).size).toBeGreaterThan(1000);
		rmSync(folder, { recursive: true });
	});

	test.each([
		[[], /--catalogue or --generate/],
		[['--generate', 'many'], /whole number/],
		[['--catalogue', 'no-such-file.json'], /no-such-file\.json/],
		[['--generate', '5', '--dialect', '{"nosuch":1}'], /nosuch/],
	])('%j ends with what is wrong', async (parameters, message) => {
		const program = run(...parameters);
		let said = '';
		program.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
		expect(await new Promise((resolve) => program.on('close', resolve))).toBe(2);
		expect(said).toMatch(message);
		expect(said).not.toMatch(/\n\s+at /);
	});
});
