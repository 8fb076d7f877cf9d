import { Story, LedgerWindow, PATIENCE_MS } from './story';

jest.setTimeout(PATIENCE_MS);

let story: Story;
let ledger: LedgerWindow;

beforeAll(async () => {
	story = await Story.begin();
});
afterAll(async () => {
	ledger?.close();
	await story?.end();
});

const complete = {
	complete: true,
	report: { changes: { held: 0, failed: 0, rejected: 0 }, orderViolations: 0, exceptions: [] },
};

const writes = () => story.calls('khaos', /^ImportStockTSV$/);
const statusWrites = () => story.calls('pimberly', /^PUT/);

/** Products of the account with a new description; variants and their parents among them. */
const redescribed = (count: number, text: string) =>
	story.simulators.pimberly
		.all()
		.slice(0, count)
		.map(({ primaryId, attributes }) => ({
			primaryId,
			attributes: { itemName: `${String(attributes.itemName)}, ${text}` },
		}));

describe('the delta sync in a real n8n', () => {
	test('the templates import, take their credentials and activate', async () => {
		await story.run.activate();
		ledger = new LedgerWindow(story.run.data.ledger);
		const workflows = await story.run.demo.api.workflows();
		const imported = story.run.demo.workflows.map(
			(workflow) => expect.objectContaining({ ...workflow, active: true }) as unknown,
		);
		expect(workflows).toHaveLength(imported.length);
		expect(workflows).toEqual(expect.arrayContaining(imported));
	});

	test('the whole account arrives in Khaos, in order, and is Live in Pimberly', async () => {
		const outcome = await story.toTheEnd();
		expect(outcome).toMatchObject(complete);
		expect(outcome.report.changes.confirmed).toBe(outcome.report.khaos.stockItems);
		expect(outcome.report.lag.max).toBeGreaterThan(0);
		const { kits, prices } = outcome.report;
		expect([kits.sent, prices.sent]).toEqual([0, 0]);
		expect(kits.confirmed).toBe(story.simulators.khaos.kits.size);
		expect(prices.confirmed).toBeGreaterThan(0);

		const rows = writes().reduce((sum, call) => sum + (call.rows ?? 0), 0);
		expect(rows).toBe(outcome.report.khaos.stockItems);
	});

	test('nothing was Live before its read-back', () => {
		const firstReadBack = new Map<string, number>();
		for (const call of story.calls('khaos', /^ExportStock$/)) {
			for (const code of call.codes ?? []) {
				if (!firstReadBack.has(code.toUpperCase())) firstReadBack.set(code.toUpperCase(), call.seq);
			}
		}
		for (const call of statusWrites()) {
			if (call.attributes?.khaosStatus !== 'Live') continue;
			const [code] = call.codes ?? [];
			expect(firstReadBack.get(code!.toUpperCase())).toBeLessThan(call.seq);
		}
	});

	test('executions end well', async () => {
		const failed = await story.run.demo.api.executions({ status: 'error' });
		expect(failed).toEqual([]);
	});

	test('a second look with nothing changed writes nothing: our own status is no change', async () => {
		story.forgetCalls();
		expect(await story.pollAndRunToTheEnd()).toMatchObject(complete);
		expect(writes()).toEqual([]);
		expect(statusWrites()).toEqual([]);
	});

	test('one changed description is one row', async () => {
		story.forgetCalls();
		const [product] = redescribed(1, 'second edition');
		await story.changeProducts([product!]);
		const outcome = await story.pollAndRunToTheEnd();
		expect(outcome).toMatchObject(complete);
		expect(writes().map(({ rows, codes }) => ({ rows, codes }))).toEqual([{ rows: 1, codes: [product!.primaryId] }]);
		expect(outcome.report.lag.max).toBeGreaterThan(0);
	});
});

describe('a crash of n8n loses nothing', () => {
	test('between the poll and Sequencer: Add', async () => {
		await story.changeProducts(redescribed(40, 'crash one'));
		// At the next poll, whatever the workflow wants to write after the emission has to wait, and then n8n is gone.
		await story.crashWhen(
			() => ledger.count('emitted_products WHERE recorded = 0') > 0,
			() => ledger.hold(),
		);
		ledger.letGo();
		expect(ledger.count('emitted_products WHERE recorded = 0')).toBeGreaterThanOrEqual(40);

		await story.startAgain();
		expect(await story.toTheEnd()).toMatchObject(complete);
	});

	test('between a write to Khaos and its settle', async () => {
		story.forgetCalls();
		story.simulators.control.setLatency({ khaosMs: 400 });
		await story.changeProducts(redescribed(60, 'crash two'));
		const crashed = story.crashWhen(() => writes().some(({ outcome }) => outcome === 'ok'));
		await story.run.demo.api.deactivate(story.run.demo.workflow.id);
		await story.run.demo.activate().catch(() => {});
		await crashed;
		expect(ledger.count(`changes WHERE target = 'khaos' AND state = 'leased'`)).toBeGreaterThan(0);
		story.simulators.control.setLatency({ khaosMs: 0 });

		await story.startAgain();
		expect(await story.toTheEnd()).toMatchObject(complete);
	});

	test('between the settle and the status in Pimberly', async () => {
		// New ones, whose status has something to say.
		const simple = story.simulators.pimberly.all().find(({ attributes }) => attributes.productType === 'Simple');
		await story.changeProducts(newProducts(30, simple!.primaryId));
		story.forgetCalls();
		story.simulators.control.setLatency({ pimberlyMs: 400 });
		const crashed = story.crashWhen(
			() => ledger.count(`changes WHERE target = 'pimberly' AND desired LIKE '%"Live"%'`) > 0,
		);
		await story.run.demo.api.deactivate(story.run.demo.workflow.id);
		await story.run.demo.activate().catch(() => {});
		await crashed;
		expect(ledger.count(`changes WHERE target = 'pimberly'`)).toBeGreaterThan(0);
		story.simulators.control.setLatency({ pimberlyMs: 0 });

		await story.startAgain();
		expect(await story.toTheEnd()).toMatchObject(complete);
	});
});

/** Products that were not there before, made after one that is. */
function newProducts(count: number, like: string): Array<{ primaryId: string; attributes: Record<string, string> }> {
	const model = story.simulators.pimberly.all().find(({ primaryId }) => primaryId === like)!;
	const own = Object.entries(model.attributes).filter(([name]) => name !== 'barcode' && !name.startsWith('khaos'));
	const attributes = Object.fromEntries(own) as Record<string, string>;
	return Array.from({ length: count }, (_, index) => ({
		primaryId: `NEW-${String(index + 1).padStart(3, '0')}`,
		attributes: { ...attributes, itemName: `New product ${index + 1}`, productType: 'Simple' },
	}));
}
