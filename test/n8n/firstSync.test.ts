import { DEMO_MAPPING } from '../../lib/catalogue/demoMapping';
import { mapProduct } from '../../lib/catalogue/mapProduct';
import { parseProfile } from '../../lib/catalogue/checkProfile';
import type { DesiredStockItem } from '../../lib/shapes';
import { LedgerWindow, PATIENCE_MS, Story } from './story';

jest.setTimeout(PATIENCE_MS);

let story: Story;
let ledger: LedgerWindow;
/** Stock codes of items that Khaos held before, by what somebody typed there long ago. */
const withOldPrice: string[] = [];
const withOldWeight: string[] = [];

beforeAll(async () => {
	story = await Story.begin({ generate: 60 });
	await fillKhaos();
});
afterAll(async () => {
	ledger?.close();
	await story?.end();
});

/** Every second simple product is in Khaos already: some as Pimberly says, some not. */
async function fillKhaos(): Promise<void> {
	const profile = parseProfile(DEMO_MAPPING);
	const simple = story.simulators.pimberly
		.all()
		.filter(({ attributes }) => attributes.productType === 'Simple' && attributes.readyForErp === 'true');
	const edits = simple
		.filter((_, index) => index % 2 === 0)
		.map((product, index) => {
			const mapped = mapProduct({ ...product, dateUpdated: new Date().toISOString(), emission: null }, profile);
			const item = 'changes' in mapped ? mapped.changes.find(({ kind }) => kind === 'stockItem') : undefined;
			const { stockCode, columns } = item!.desired as DesiredStockItem;
			const set = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null));
			if (index % 3 === 1) {
				set.SELL_PRICE = '777.00';
				withOldPrice.push(stockCode);
			}
			if (index % 4 === 1) {
				set.WEIGHT = '99';
				withOldWeight.push(stockCode);
			}
			return { code: stockCode, set };
		});
	const answer = await fetch(`${story.simulators.controlUrl}/khaos/stock`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(edits),
	});
	expect(answer.status).toBe(200);
	expect(Math.min(withOldPrice.length, withOldWeight.length)).toBeGreaterThan(0);
}

/** As the integrator does it in the editor: the node's panel, then publish. */
async function setFirstSync(parameters: Record<string, unknown>): Promise<void> {
	const { api, workflow } = story.run.demo;
	await api.deactivate(workflow.id);
	await api.changeNode(workflow.id, 'Next Batch for Khaos', parameters);
	await api.activate(workflow.id);
	await story.run.untilSettled();
}

const writes = () => story.calls('khaos', /^ImportStockTSV$/);
const differences = (field: string): number =>
	ledger.count(`first_sync_differences WHERE field = '${field}' AND owner = 'pimberly'`);

test('report only: the whole account is compared, nothing is written, and the ledger has the list', async () => {
	const { demo } = story.run;
	await demo.api.changeNode(demo.workflow.id, 'Next Batch for Khaos', { firstSync: 'report' });
	story.forgetCalls();
	await story.run.activate();
	await story.run.untilSettled();
	ledger = new LedgerWindow(story.run.data.ledger);
	expect(writes()).toEqual([]);
	expect(differences('SELL_PRICE')).toBe(withOldPrice.length);
	expect(differences('WEIGHT')).toBe(withOldWeight.length);
	const inKhaos = story.simulators.khaos.count;
	expect(ledger.count(`records WHERE kind = 'stockItem' AND confirmed IS NOT NULL`)).toBe(
		inKhaos - new Set([...withOldPrice, ...withOldWeight]).size,
	);
	expect(differences('STOCK_CODE')).toBe(ledger.count(`records WHERE kind = 'stockItem' AND present = 0`));
	expect(await demo.api.executions({ status: 'error' })).toEqual([]);
});

test('a field that is allowed is written in the items that differ in it, without reading Pimberly again', async () => {
	await setFirstSync({ firstSync: 'allowed', allowedFields: ['SELL_PRICE'] });
	expect(
		writes()
			.flatMap(({ codes }) => codes ?? [])
			.sort(),
	).toEqual([...withOldPrice].sort());
	for (const code of withOldWeight) expect(Number(story.simulators.khaos.get(code)!.fields.WEIGHT)).toBe(99);
	expect(differences('SELL_PRICE')).toBe(0);
	expect(differences('WEIGHT')).toBe(withOldWeight.length);
});

test('with everything sent every product is equal in Khaos and Live in Pimberly', async () => {
	await setFirstSync({ firstSync: 'send' });
	const outcome = await story.toTheEnd();
	expect(outcome).toMatchObject({
		complete: true,
		report: { changes: { held: 0, failed: 0 }, orderViolations: 0, exceptions: [] },
	});
	expect(ledger.count('first_sync_differences')).toBe(0);
});
