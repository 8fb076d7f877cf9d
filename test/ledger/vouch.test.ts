import { backends, beginStory, change, confirmed, kit, result, type Story } from './story';

describe.each(backends)('%s: what no read-back shows is confirmed on a person’s word', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
		await story.ledger.add([change('TABLE'), change('LEG'), kit('TABLE', ['LEG*4'])]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
	});
	afterEach(async () => await story.end());

	const takeKit = async () => (await story.ledger.take({ target: 'khaos', kinds: ['kit'] }))[0]!;
	const send = async () =>
		await story.ledger.settle([
			result(await takeKit(), 'sent', { awaiting: 'import', reason: 'Written to an import file' }),
		]);
	const named = { names: ['table'], kinds: ['kit' as const] };
	const states = async () => (await story.ledger.getMany({ limit: 10, kinds: ['kit'] })).map(({ state }) => state);

	test('a sent build leaves the queue, and its content does not come back', async () => {
		await send();
		expect(await story.ledger.vouch(named, 'Seen in Khaos')).toMatchObject([
			{ name: 'table', outcome: 'confirmed', message: expect.stringContaining('Seen in Khaos') as unknown },
		]);
		expect(await states()).toEqual([]);
		const [again] = await story.ledger.add([kit('TABLE', ['LEG*4.00'], { version: '2026-11-02T09:30:00.000Z' })]);
		expect(again!.outcome).toBe('unchanged');
	});

	test('the exception of one that was overdue is resolved', async () => {
		await send();
		story.later(25 * 3_600_000);
		await story.ledger.settle([
			result(await takeKit(), 'sent', { reason: "Builds aren't shown", remedy: 'Look at it' }),
		]);
		expect(await story.ledger.exceptions()).toMatchObject([{ type: 'failedTransfer', key: 'TABLE' }]);
		await story.ledger.vouch(named, 'Seen in Khaos');
		expect(await story.ledger.exceptions()).toEqual([]);
	});

	test('only what was sent, and never a stock item', async () => {
		expect(await story.ledger.vouch(named, 'Seen')).toMatchObject([
			{ outcome: 'unchanged', changes: [{ state: 'queued', message: expect.stringContaining('not sent') as unknown }] },
		]);
		const item = await takeKit();
		expect(await story.ledger.vouch(named, 'Seen')).toMatchObject([
			{ outcome: 'unchanged', changes: [{ state: 'leased' }] },
		]);
		await story.ledger.settle([result(item, 'sent', { awaiting: 'import' })]);
		expect(await story.ledger.vouch({ names: ['TABLE'], kinds: ['stockItem'] }, 'Seen')).toMatchObject([
			{ outcome: 'notFound' },
		]);
		expect(await states()).toEqual(['sent']);
	});
});
