import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { ENVIRONMENT, REPOSITORY } from '../../scripts/demo';
import type { WorkflowNode, WorkflowTemplate } from '../../scripts/n8nApi';
import type { Outcome } from '../../scripts/syncRun';
import { generateCatalogue } from '../../simulators/generate';
import { PATIENCE_MS, Story } from './story';

jest.setTimeout(PATIENCE_MS);

/** Products that can't reach Khaos as they are, and of each the field at fault (of a price its list), and what has to be told. */
const AT_FAULT: Record<string, [field: string, reason: RegExp]> = {
	'SET-MISSING-PART': ['components', /NOT-IN-THE-CATALOGUE/],
	'SET-OF-SETS': ['components', /SET-\S+.* kit/i],
	'VARIANT-ALONE': ['parents', /parent/i],
	'UNKNOWN-LIST': ['Club', /Club/],
};

let folder: string;
let story: Story;
let ledger: Ledger;

function catalogueFile(): string {
	const catalogue = generateCatalogue({ simple: 10, families: 2, kits: 3, contradictions: true });
	const contradictory = new Set(
		catalogue.products.slice(generateCatalogue({ simple: 10, families: 2, kits: 3 }).products.length),
	);
	catalogue.products = catalogue.products.filter((one) => !contradictory.has(one) || one.primaryId in AT_FAULT);
	const simple = catalogue.products.find(({ attributes }) => attributes.productType === 'Simple')!;
	const attributes: typeof simple.attributes = { ...simple.attributes, itemName: 'For members', clubPrice: '9.50' };
	delete attributes.barcode;
	catalogue.products.push({ ...simple, primaryId: 'UNKNOWN-LIST', attributes });
	// The gate is about launches.
	for (const product of catalogue.products) product.attributes.discontinued = 'false';
	const file = join(folder, 'catalogue.json');
	writeFileSync(
		file,
		JSON.stringify({ ...catalogue, attributeTypes: { ...catalogue.attributeTypes, clubPrice: 'currency' } }),
	);
	return file;
}

/** As the launch gate's note asks for: its own lane for statuses is off. And a price list that Khaos does not have. */
function adapted(template: WorkflowTemplate): WorkflowTemplate {
	const nodes = template.nodes.map((node): WorkflowNode => {
		if (node.name === 'Next Statuses') return { ...node, disabled: true };
		if (node.name !== 'Map to Stock Items') return node;
		const { row } = node.parameters!.priceLists as { row: Array<Record<string, unknown>> };
		const club = { ...row[0]!, priceList: 'Club', attribute: 'clubPrice' };
		return { ...node, parameters: { ...node.parameters, priceLists: { row: [...row, club] } } };
	});
	return { ...template, nodes };
}

async function imported(template: WorkflowTemplate): Promise<string> {
	const { api } = story.run.demo;
	const { id } = await api.importWorkflow(template, await api.credentials());
	return id;
}

/** Looks again and again until it is so. */
async function comes(what: string, isSo: () => Promise<boolean>): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS / 4;
	while (!(await isSo())) {
		if (Date.now() > deadline) throw new Error(`It did not come: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

async function runs(name: string, trigger: string): Promise<void> {
	const { api } = story.run.demo;
	const { id: workflowId } = (await api.workflows()).find((workflow) => workflow.name === name)!;
	const executionId = await api.run(workflowId, trigger);
	let status: string | undefined;
	await comes(`the end of ${name}`, async () => {
		status = (await api.executions({ workflowId })).find(({ id }) => id === executionId)?.status;
		return status !== undefined && !['new', 'running', 'waiting'].includes(status);
	});
	expect([name, status]).toEqual([name, 'success']);
}

const live = (): string[] =>
	story.simulators.pimberly
		.all()
		.filter(({ attributes }) => attributes.khaosStatus === 'Live')
		.map(({ primaryId }) => primaryId);

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'templates-'));
	story = await Story.begin({ catalogue: catalogueFile(), once: false, variation: () => ({ adapt: adapted }) });
	const gate = JSON.parse(
		await readFile(join(REPOSITORY, 'workflows', 'launch-gate.json'), 'utf8'),
	) as WorkflowTemplate;
	for (const node of gate.nodes)
		if (node.name === 'Next Statuses and Launches') node.parameters = { ...node.parameters, livePriceLists: 'Trade' };
	await story.run.demo.api.activate(await imported(gate));
});
afterAll(async () => {
	await ledger?.close();
	await story?.end();
	rmSync(folder, { recursive: true, force: true });
});

describe('the launch gate', () => {
	let outcome: Outcome;

	test('lets nothing be Live while relation and chosen list wait for a person, though every item is confirmed', async () => {
		await story.run.importingPerson!.stop();
		await story.run.activate();
		ledger = await openLedger({
			environment: ENVIRONMENT,
			store: { backend: 'sqlite', file: story.run.data.ledger },
			readOnly: true,
		});
		const all = story.simulators.pimberly.all();
		// All but the variant without a parent; of the kit of kits only the relation is at fault.
		await comes('every stock item in Khaos', async () => (await ledger.stats()).confirmed === all.length - 1);
		await comes('files for kits and prices', async () => {
			const { kit, price } = (await ledger.stats()).byKind;
			return kit.sent === 3 && price.sent >= all.length - 2 && price.queued + price.leased === 0;
		});
		await comes('launches that wait', async () => {
			const { held, leased, queued } = (await ledger.stats()).pimberly;
			return held >= all.length - 4 && leased + queued === 0;
		});
		expect(live()).toEqual([]);
	});

	test('lets each be Live once they are confirmed, whatever becomes of a list that was not chosen', async () => {
		await story.run.importingPerson!.start();
		const expected = story.simulators.pimberly.all().map(({ primaryId }) => primaryId);
		const never = ['SET-MISSING-PART', 'SET-OF-SETS', 'VARIANT-ALONE'];
		// What was sent is looked at again less and less often; the sync may rest in between.
		await comes(
			'Live of all that can be',
			async () => await Promise.resolve(live().length === expected.length - never.length),
		);
		outcome = await story.toTheEnd();
		expect(live().sort()).toEqual(expected.filter((one) => !never.includes(one)).sort());
	});

	test('each product at fault is one exception with field, reason and remedy; every other one is equal', () => {
		const { exceptions, orderViolations } = outcome.report;
		// What is not equal or not Live, and nothing explains it, would stand here as well.
		expect(exceptions.map(({ product }) => product).sort()).toEqual(Object.keys(AT_FAULT).sort());
		for (const { product, field, reason, remedy } of exceptions) {
			const [fieldAtFault, told] = AT_FAULT[product]!;
			expect([product, field, reason]).toEqual([product, fieldAtFault, expect.stringMatching(told)]);
			expect([product, remedy]).toEqual([product, expect.stringMatching(/\w/)]);
		}
		expect(orderViolations).toBe(0);
	});
});

describe('the error handler', () => {
	test('makes one exception of a workflow that fails, however often', async () => {
		const { api, url } = story.run.demo;
		const handler = (await api.workflows()).find(({ name }) => name === 'Error handler')!;
		await api.activate(handler.id);
		const id = await imported({
			name: 'Shop export',
			nodes: [
				{
					name: 'Called',
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2,
					position: [0, 0],
					webhookId: 'shop-export',
					parameters: { path: 'shop-export', options: {} },
				},
				{
					name: 'Send to the Shop',
					type: 'n8n-nodes-base.stopAndError',
					typeVersion: 1,
					position: [200, 0],
					parameters: { errorMessage: 'The shop is closed' },
				},
			],
			connections: { Called: { main: [[{ node: 'Send to the Shop', type: 'main', index: 0 }]] } },
			settings: { errorWorkflow: handler.id },
		});
		await api.activate(id);
		const found = async () => (await ledger.exceptions({})).filter(({ type }) => type === 'failedExecution');
		for (const time of [1, 2]) {
			// Not there until n8n has published the workflow.
			await comes('an answer', async () => (await fetch(`${url}/webhook/shop-export`)).status !== 404);
			const failed = async () => (await api.executions({ workflowId: id, status: 'error' })).map((one) => one.id);
			await comes(`failure ${time}`, async () => (await failed()).length === time);
			const [latest] = await failed();
			await comes('its exception', async () => (await found()).some(({ value }) => value === latest));
		}
		expect(await found()).toEqual([
			expect.objectContaining({
				key: id,
				owner: 'operations',
				severity: 'medium',
				state: 'open',
				reason: 'The workflow Shop export failed at the node Send to the Shop: The shop is closed.',
				remedy: expect.stringContaining('Open the execution in n8n'),
			}),
		]);
	});
});

describe('the checks', () => {
	test('find what somebody did in Khaos, and nothing else', async () => {
		const before = new Set((await ledger.exceptions({})).map(({ exceptionId }) => exceptionId));
		const [drifted, gone] = story.simulators.pimberly
			.all()
			.filter(({ primaryId, attributes }) => attributes.productType === 'Simple' && !(primaryId in AT_FAULT))
			.map(({ primaryId }) => primaryId);
		const edited = await fetch(`${story.simulators.controlUrl}/khaos/stock`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify([
				{ code: drifted, set: { WEIGHT: '99' } },
				{ code: gone, delete: true },
			]),
		});
		expect(edited.status).toBe(200);
		await runs('Missing SKUs', 'Before Opening');
		await runs('Drift check', 'Every Night');
		await runs('Queue health alert', 'Every Five Minutes');
		const found = (await ledger.exceptions({})).filter(({ exceptionId }) => !before.has(exceptionId));
		const told = found.map(({ type, primaryId, owner }) => `${primaryId}: ${type}, ${owner}`);
		expect(told.filter((one) => one.startsWith(`${drifted}:`))).toEqual([`${drifted}: attributeDrift, operations`]);
		expect(told.filter((one) => one.startsWith(`${gone}:`))).toEqual([`${gone}: missingInKhaos, operations`]);
	});
});
