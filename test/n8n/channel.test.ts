import { Story, PATIENCE_MS } from './story';

jest.setTimeout(PATIENCE_MS);

let story: Story;

beforeAll(async () => {
	story = await Story.begin({ transport: 'channel', generate: { simple: 20, families: 8, kits: 5 } });
});
afterAll(async () => await story?.end());

const complete = {
	complete: true,
	report: { changes: { sent: 0, held: 0, failed: 0, rejected: 0 }, orderViolations: 0, exceptions: [] },
};
const told = () => story.calls('khaos', /^Channel\.ProvidedStock$/).flatMap(({ codes = [] }) => codes);

describe('the channel feed in a real n8n', () => {
	test('the whole account arrives by what Khaos fetches, in order, and is confirmed by what it uploads', async () => {
		await story.run.activate();
		const outcome = await story.toTheEnd();
		expect(outcome).toMatchObject(complete);
		expect(outcome.report.changes.confirmed).toBe(outcome.report.khaos.stockItems);
		expect(outcome.report.kits).toEqual({ confirmed: 5, sent: 0 });
		expect(outcome.report.notCarried).toMatchObject({ commodityCode: expect.any(Number) });
		expect(story.calls('khaos', /^Import/)).toEqual([]);
		expect(story.calls('khaos', /^Channel\.StockUpload$/).length).toBeGreaterThan(0);
		expect(story.simulators.khaos.levelWrites).toEqual([]);
	});

	test('nothing was Live before Khaos had uploaded it', () => {
		const uploaded = new Map<string, number>();
		for (const { codes = [], seq } of story.calls('khaos', /^Channel\.StockUpload$/)) {
			for (const code of codes) if (!uploaded.has(code)) uploaded.set(code, seq);
		}
		for (const { codes = [], seq, attributes } of story.calls('pimberly', /^PUT/)) {
			if (attributes?.khaosStatus === 'Live') expect(uploaded.get(codes[0]!)).toBeLessThan(seq);
		}
	});

	test('one changed description is one item', async () => {
		story.forgetCalls();
		const [product] = story.simulators.pimberly.all().filter(({ attributes }) => attributes.productType === 'Simple');
		await story.changeProducts([{ primaryId: product!.primaryId, attributes: { itemName: 'Renamed' } }]);
		expect(await story.pollAndRunToTheEnd()).toMatchObject(complete);
		expect(told()).toEqual([product!.primaryId]);
		expect(story.simulators.khaos.get(product!.primaryId)!.fields.SHORT_DESC).toBe('Renamed');
	});

	test('n8n is killed while Khaos fetches: nothing is lost, and the login is asked for as before', async () => {
		story.forgetCalls();
		await story.changeProducts(
			story.simulators.pimberly.all().map(({ primaryId, attributes }) => ({
				primaryId,
				attributes: { itemName: `${String(attributes.itemName)}, again` },
			})),
		);
		await story.run.demo.api.deactivate(story.run.demo.workflow.id);
		const activated = story.run.activate();
		await story.crashWhen(
			() => told().length > 0,
			() => void activated.catch(() => undefined),
		);
		await activated.catch(() => undefined);
		await story.startAgain();
		expect(await story.toTheEnd()).toMatchObject(complete);
		const { url } = story.run.demo;
		expect((await fetch(`${url}/webhook/demo-channel/stock`)).status).toBe(401);
	});

	test('executions end well', async () => {
		const failed = await story.run.demo.api.executions({ status: 'error' });
		expect(failed).toEqual([]);
	});
});
