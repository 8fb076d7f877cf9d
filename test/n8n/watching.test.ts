import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { openBrowser, signIn } from '../../scripts/browser';
import { Cleanup } from '../../scripts/cleanup';
import { ENVIRONMENT, REPOSITORY } from '../../scripts/demo';
import type { WorkflowTemplate } from '../../scripts/n8nApi';
import { PATIENCE_MS, Story } from './story';

jest.setTimeout(PATIENCE_MS);

const HOSTILE = '=HYPERLINK("x")<script>alert(1)</script>';
const folder = join(REPOSITORY, 'workflows');
const templates = readdirSync(folder).filter((file) => file.endsWith('.json'));

let story: Story;
let ledger: Ledger;
/** The browsers of one test. */
const openPages: Cleanup[] = [];
/** What the browser's console said, of every page. */
const said: string[] = [];

/** A page that remembers what its console says; the team's password is for the dashboard. */
async function browserPage(viewport = { width: 1100, height: 1400 }): Promise<Page> {
	const password = story.run.data.settings.dashboardPassword!;
	const pages = new Cleanup();
	openPages.push(pages);
	const page = await openBrowser({ viewport, httpCredentials: { username: 'team', password } }, pages);
	page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
	page.on('pageerror', (error) => said.push(String(error)));
	return page;
}

async function seriousFindings(page: Page): Promise<string[]> {
	const found = await page.evaluate(async (source) => {
		await (0, eval)(source);
		return await (globalThis as unknown as { axe: typeof axe }).axe.run();
	}, axe.source);
	return found.violations
		.filter(({ impact }) => impact === 'serious' || impact === 'critical')
		.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** The execution's end; fails with what went wrong in it. */
async function succeeds(executionId: string, workflowId: string): Promise<void> {
	for (let looks = 0; looks < 240; looks += 1) {
		const runs = await story.run.demo.api.executions({ workflowId, includeData: true });
		const own = runs.find(({ id }) => id === executionId);
		if (own?.status === 'success') return;
		if (own?.status === 'error' || own?.status === 'crashed') throw new Error(JSON.stringify(own.data).slice(-1_500));
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
	throw new Error(`Execution ${executionId} has not ended.`);
}

beforeAll(async () => {
	story = await Story.begin({ generate: 40, once: false });
	const [first, second] = story.simulators.pimberly.all();
	await story.changeProducts([
		{ primaryId: first!.primaryId, attributes: { costPrice: '12,50', itemName: HOSTILE } },
		{ primaryId: second!.primaryId, attributes: { itemName: HOSTILE } },
		{ primaryId: `SKU-${HOSTILE}`, attributes: { readyForErp: 'true', productType: 'Simple' } },
	]);
	await story.run.activate();
	await story.toTheEnd();
	ledger = await openLedger({
		environment: ENVIRONMENT,
		store: { backend: 'sqlite', file: story.run.data.ledger },
		readOnly: true,
	});
});
afterEach(async () => {
	for (const pages of openPages.splice(0)) await pages.run();
});
afterAll(async () => {
	await ledger?.close();
	await story?.end();
});

describe('what people look at, in a real n8n and a real browser', () => {
	test('the dashboard shows the figures of the ledger, and keeps everybody else out', async () => {
		const url = `${story.run.demo.url}/webhook/sync-dashboard`;
		expect((await fetch(url)).status).toBe(401);

		const page = await browserPage();
		await page.goto(url);
		const open = await ledger.exceptions({});
		expect(open.length).toBeGreaterThan(1);
		for (const owner of ['ecommerce', 'operations', 'finance']) {
			const count = await page.locator(`.tiles a[href="#${owner}"]`).textContent();
			expect([owner, Number(count)]).toEqual([owner, open.filter((one) => one.owner === owner).length]);
		}
		const shown = await page.locator('.items > li').allTextContents();
		expect(shown).toHaveLength(open.length);
		for (const { reason } of open)
			expect(shown.some((text) => text.replace(/\s+/g, ' ').includes(reason.replace(/\s+/g, ' ')))).toBe(true);
		const { held } = (await ledger.stats()).khaos;
		expect(await page.locator('.tiles li', { hasText: 'held' }).locator('strong').textContent()).toBe(String(held));
		expect(await seriousFindings(page)).toEqual([]);
	});

	test('a SKU is found with the keyboard alone, and its history told', async () => {
		const page = await browserPage({ width: 390, height: 800 });
		await page.goto(`${story.run.demo.url}/webhook/sync-dashboard`);
		const { primaryId } = story.simulators.pimberly.all().find(({ attributes }) => attributes.khaosStatus === 'Live')!;
		await page.locator('#sku').focus();
		await page.keyboard.type(primaryId);
		await page.keyboard.press('Enter');
		await page.locator('#history').waitFor();
		expect(await page.locator('#history').textContent()).toBe(`History of ${primaryId}`);
		expect(await page.locator('main table').first().textContent()).toMatch(/confirmed/i);
		// Nothing is wider than a phone.
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
		expect(await seriousFindings(page)).toEqual([]);
	});

	test('a product that would be a formula and a script is neither', async () => {
		const page = await browserPage();
		let alerted = false;
		page.on('dialog', (dialog) => {
			alerted = true;
			void dialog.dismiss();
		});
		await page.goto(`${story.run.demo.url}/webhook/sync-dashboard?report`);
		expect(await page.locator('main').textContent()).toContain('<script>alert(1)</script>');
		expect(await page.locator('script').count()).toBe(0);
		expect(await seriousFindings(page)).toEqual([]);
		expect(alerted).toBe(false);
	});

	test('no page had anything to complain of', () => {
		expect(said).toEqual([]);
	});

	test('the report is made, and the worklist goes both ways', async () => {
		const { api } = story.run.demo;
		const workflow = (await api.workflows()).find(({ name }) => name === 'Exception report')!;
		await succeeds(await api.run(workflow.id, 'Every Morning'), workflow.id);
		const report = await readFile(join(story.run.data.importFiles, 'sync-report.html'), 'utf8');
		expect(report).toContain('What needs doing today');
		expect(report).not.toContain('<script>alert');

		await succeeds(await api.run(workflow.id, 'Every Quarter of an Hour'), workflow.id);
		const rows = await api.dataTableRows('Sync exceptions');
		const open = await ledger.exceptions({});
		expect(rows.map(({ exceptionId }) => exceptionId).sort()).toEqual(
			open.map(({ exceptionId }) => exceptionId).sort(),
		);

		const [mine, theirs, misspelt] = rows;
		await api.updateDataTableRow('Sync exceptions', String(mine!.exceptionId), {
			state: 'Resolved ',
			note: 'Not for sale.',
		});
		// One row that nobody can read keeps back no other.
		await api.updateDataTableRow('Sync exceptions', String(misspelt!.exceptionId), { state: 'done', note: 'Was me.' });
		await api.updateDataTableRow('Sync exceptions', String(theirs!.exceptionId), {
			assignedTo: 'ada@example.com',
			state: 'acknowledged',
		});
		await succeeds(await api.run(workflow.id, 'Every Quarter of an Hour'), workflow.id);
		const after = await ledger.exceptions({ states: ['open', 'acknowledged', 'resolved'] });
		const of = (row: Record<string, unknown>) => after.find(({ exceptionId }) => exceptionId === row.exceptionId);
		expect(of(mine!)).toMatchObject({ state: 'resolved', resolvedBy: 'worklist' });
		expect(of(theirs!)).toMatchObject({ state: 'acknowledged', assignedTo: 'ada@example.com' });

		await succeeds(await api.run(workflow.id, 'Every Quarter of an Hour'), workflow.id);
		const again = await api.dataTableRows('Sync exceptions');
		const rowOf = (row: Record<string, unknown>) => again.find(({ exceptionId }) => exceptionId === row.exceptionId);
		expect(rowOf(mine!)).toMatchObject({ state: 'resolved', note: '', lastNote: 'Not for sale.' });
		expect(rowOf(misspelt!)).toMatchObject({
			state: 'open',
			note: '',
			lastNote: 'Was me. Not taken over: “done” is no state; it can be open, acknowledged or resolved.',
		});
	});

	test.each([
		['Queue health alert', 'Every Five Minutes'],
		['Drift check', 'Every Night'],
		['Missing SKUs', 'Before Opening'],
	])('%s runs as it is', async (name, trigger) => {
		const { api } = story.run.demo;
		const { id } = (await api.workflows()).find((workflow) => workflow.name === name)!;
		await succeeds(await api.run(id, trigger), id);
	});

	test('every template imports through the editor', async () => {
		const page = await browserPage({ width: 1500, height: 1000 });
		await signIn(page, story.run.demo.url, story.run.data.settings.owner);
		for (const file of templates) {
			const template = JSON.parse(await readFile(join(folder, file), 'utf8')) as WorkflowTemplate;
			await page.goto(`${story.run.demo.url}/workflow/new`);
			// The menu's Import > From file opens this.
			await page
				.locator('[data-test-id="workflow-import-input"]')
				.setInputFiles(join(folder, file), { timeout: 60_000 });
			const names = template.nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote').map(({ name }) => name);
			await page.locator(`[data-test-id="canvas-node"][data-node-name="${names[0]}"]`).waitFor({ timeout: 60_000 });
			const shown = await page
				.locator('[data-test-id="canvas-node"]')
				.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node-name')));
			expect([file, ...names.filter((name) => !shown.includes(name))]).toEqual([file]);
			// A node that n8n does not know is drawn with a question mark.
			expect([file, await page.getByText('Install this node', { exact: false }).count()]).toEqual([file, 0]);
		}
	});
});
