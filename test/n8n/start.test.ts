import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../scripts/report';
import type { LoggedCall } from '../../simulators/callLog';
import { generateCatalogue } from '../../simulators/generate';
import { Command } from './command';
import { PATIENCE_MS } from './story';

jest.setTimeout(PATIENCE_MS);

let folder: string;
const commands: Command[] = [];
const npm = (...args: string[]): Command => {
	const command = Command.start(...args);
	commands.push(command);
	return command;
};
const inFolder = (name: string): string => join(folder, name);
const reportIn = (name: string): Report => JSON.parse(readFileSync(inFolder(name), 'utf8')) as Report;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'start-'));
});
afterAll(() => {
	for (const command of commands) command.endAnyway();
	rmSync(folder, { recursive: true, force: true });
});

describe('npm start -- --once', () => {
	test('syncs what is valid, and reports each invalid product with what to do', async () => {
		const catalogue = generateCatalogue(60);
		const simple = catalogue.products.filter(({ attributes }) => attributes.productType === 'Simple');
		const [noType, hash, price, twice] = simple;
		delete noType!.attributes.stockType2;
		hash!.attributes.itemName = 'Lamp #5';
		price!.attributes.costPrice = '12,50';
		catalogue.products.push({ ...twice!, primaryId: twice!.primaryId.toLowerCase() });
		catalogue.products.push({ ...twice!, primaryId: 'X'.repeat(60) });
		writeFileSync(inFolder('catalogue.json'), JSON.stringify(catalogue));

		const run = npm('start', '--', '--once', '--catalogue', inFolder('catalogue.json'), '--report', inFolder('r.json'));
		expect(await run.end()).toBe(1);

		const report = reportIn('r.json');
		const invalid = [noType!.primaryId, hash!.primaryId, price!.primaryId, 'X'.repeat(60)];
		for (const product of invalid) {
			expect(report.exceptions).toContainEqual(
				expect.objectContaining({ product, reason: expect.stringMatching(/\w/), remedy: expect.stringMatching(/\w/) }),
			);
		}
		expect(
			report.exceptions.some(
				({ product, reason }) =>
					/duplicate|same|claim|both/i.test(reason) && product.toUpperCase() === twice!.primaryId.toUpperCase(),
			),
		).toBe(true);
		expect(report.products).toBe(62);
		expect(report.changes).toMatchObject({ confirmed: 57, held: 0, failed: 0, rejected: 5 });
		expect(report.orderViolations).toBe(0);
		expect(report.khaos.stockItems).toBe(57);
		expect(run.output).toContain('to look at');
	});

	test('runs between other servers, goes on from what it kept, and writes nothing where nothing changed', async () => {
		const dialect = JSON.stringify({ khaos: { longDescription: 'decoded', numbers: 'fourDecimals' } });
		const simulators = npm('run', 'simulators', '--', '--generate', '60', '--settings', dialect);
		const [line] = await simulators.prints(/^\{.*\}$/m);
		const { pimberlyV22Url, feedToken, khaosWsdlUrl, controlUrl } = JSON.parse(line) as Record<string, string>;
		const start = (report: string) =>
			npm(
				'start',
				'--',
				'--once',
				'--keep',
				inFolder('kept'),
				'--report',
				inFolder(report),
				'--pimberly-url',
				pimberlyV22Url!,
				'--pimberly-token',
				feedToken!,
				'--khaos-url',
				khaosWsdlUrl!,
			);
		const calls = async () => {
			const log = (await (await fetch(`${controlUrl}/log`)).json()) as LoggedCall[];
			return log.filter(({ side }) => side === 'khaos');
		};
		const imports = async () => (await calls()).filter(({ method }) => method === 'ImportStockTSV');

		const first = start('first.json');
		expect(await first.end()).toBe(0);
		expect(reportIn('first.json')).toMatchObject({
			products: 60,
			changes: { confirmed: 60, held: 0, failed: 0, rejected: 0 },
			orderViolations: null,
			exceptions: [],
		});
		expect(first.output).not.toContain(feedToken);
		// The questions before the sync, and the comparison after it, are calls too, but not the sync's.
		const ofTheSync = reportIn('first.json').khaos.calls;
		expect(ofTheSync).toBeGreaterThan((await imports()).length);
		expect(ofTheSync).toBeLessThan((await calls()).length);
		const before = (await imports()).length;

		expect(await start('second.json').end()).toBe(0);
		expect(await imports()).toHaveLength(before);

		await simulators.interrupt();
	});
});

describe('npm start', () => {
	test('shows a person where to look, stays, and stops all at Ctrl-C', async () => {
		const run = npm('start', '--', '--generate', '30');
		const [, editor] = await run.prints(/Editor\s+(http:\S+)/);
		const [, control] = await run.prints(/Simulators\s+(http:\S+)\/state/);
		await run.prints(/Ctrl-C stops everything/);
		expect(run.output).toMatch(/Every ready product is equal in Khaos Control and Live in Pimberly/);
		expect(run.output).toMatch(/sign in as \S+ with the password \S+/);
		expect((await fetch(editor!)).status).toBe(200);
		expect((await fetch(`${control}/state`)).status).toBe(200);

		await run.interrupt();
		await expect(fetch(editor!)).rejects.toThrow();
		await expect(fetch(`${control}/state`)).rejects.toThrow();
	});
});
