import { backends, beginStory, change, confirmed, defaultVersion, keys, rejection, result, type Story } from './story';

describe.each(backends)('%s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const takeKhaos = async (limit = 100) => await story.ledger.take({ target: 'khaos', limit });
	const takePimberly = async () => await story.ledger.take({ target: 'pimberly' });

	test('a child waits until its parent is confirmed, and says what it waits for', async () => {
		const outcomes = await story.ledger.add([change('TEE-RED', { parent: 'TEE' }), change('TEE')]);
		expect(outcomes.map((one) => one.outcome)).toEqual(['held', 'accepted']);
		expect((await story.ledger.getMany({ states: ['held'], limit: 10 })).map((one) => [one.key, one.waitsFor])).toEqual(
			[['TEE-RED', ['TEE']]],
		);

		const first = await takeKhaos();
		expect(keys(first)).toEqual(['TEE']);
		expect(await takeKhaos()).toEqual([]);

		await story.ledger.settle(first.map(confirmed));
		expect(keys(await takeKhaos())).toEqual(['TEE-RED']);
	});

	test('a parent that Khaos refuses keeps its child held, with the reason; touched in Pimberly, both flow', async () => {
		await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' })]);
		for (let attempt = 1; attempt <= 4; attempt++) {
			story.later(60_000);
			const [parent] = await takeKhaos();
			expect(parent).toMatchObject({ key: 'TEE', attempt });
			await story.ledger.settle([
				result(parent!, 'retry', { cause: 'refused', reason: 'Stock type unknown.', remedy: 'Create it.' }),
			]);
		}
		story.later(60 * 60_000);
		expect(await takeKhaos()).toEqual([]);
		const [held] = await story.ledger.getMany({ states: ['held'], limit: 10 });
		expect(held).toMatchObject({ key: 'TEE-RED', waitingReason: 'TEE failed: Stock type unknown.' });
		expect(await story.ledger.exceptions()).toMatchObject([
			{ type: 'failedTransfer', key: 'TEE', reason: 'Stock type unknown.' },
		]);

		await story.ledger.add([change('TEE', { version: '2026-11-02T11:00:00.000Z' })]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		expect((await story.ledger.stats()).confirmed).toBe(2);
		expect(await story.ledger.exceptions()).toEqual([]);
	});

	test('an unreachable Khaos never turns a change into a failed one', async () => {
		await story.ledger.add([change('LAMP')]);
		for (let attempt = 1; attempt <= 30; attempt++) {
			story.later(10 * 60_000);
			const [lamp] = await takeKhaos();
			expect(lamp?.attempt).toBe(attempt);
			await story.ledger.settle([result(lamp!, 'retry', { cause: 'unavailable', reason: 'Khaos does not answer.' })]);
		}
		expect((await story.ledger.stats()).khaos).toMatchObject({ retrying: 1, failed: 0 });
	});

	test('what an execution did not write because it was not its own is no failed attempt', async () => {
		await story.ledger.add([change('LAMP')]);
		for (let attempt = 1; attempt <= story.ledger.settings.refusedAttempts + 1; attempt++) {
			const [lamp] = await takeKhaos();
			expect(await story.ledger.settle([result(lamp!, 'retry', { cause: 'notOurs' })])).toMatchObject([
				{ outcome: 'retrying' },
			]);
		}
	});

	test('what the other side asks to wait is waited', async () => {
		await story.ledger.add([change('LAMP')]);
		const [lamp] = await takeKhaos();
		await story.ledger.settle([result(lamp!, 'retry', { cause: 'unavailable', retryAfter: 90 })]);
		story.later(89_000);
		expect(await takeKhaos()).toEqual([]);
		story.later(1_000);
		expect(keys(await takeKhaos())).toEqual(['LAMP']);
	});

	test('an older version is ignored, an equal one dropped, a newer one takes the place of what waits', async () => {
		await story.ledger.add([change('LAMP', { version: '2026-11-02T08:00:00.000Z' })]);
		const again = await story.ledger.add([
			change('LAMP', { version: '2026-11-02T08:00:00.000Z' }),
			change('LAMP', { version: '2026-11-02T07:00:00.000Z', columns: { SELL_PRICE: '9.00' } }),
			change('LAMP', { version: '2026-11-02T08:30:00.000Z', columns: { SELL_PRICE: '3.00' } }),
		]);
		expect(again.map((one) => one.outcome)).toEqual(['unchanged', 'unchanged', 'accepted']);
		const batch = await takeKhaos();
		expect(batch).toHaveLength(1);
		expect(batch[0]).toMatchObject({
			version: '2026-11-02T08:30:00.000Z',
			desired: { columns: { SELL_PRICE: '3.00' } },
		});

		await story.ledger.settle(batch.map(confirmed));
		const [echo] = await story.ledger.add([
			change('LAMP', { version: '2026-11-02T10:00:00.000Z', columns: { SELL_PRICE: '3.00' } }),
		]);
		expect(echo!.outcome).toBe('unchanged');
		expect(await takeKhaos()).toEqual([]);
	});

	test('content that comes while its record is in flight is sent next, and not before', async () => {
		await story.ledger.add([change('LAMP')]);
		const first = await takeKhaos();
		await story.ledger.add([change('LAMP', { version: '2026-11-02T09:10:00.000Z', columns: { SELL_PRICE: '5.00' } })]);
		expect(await takeKhaos()).toEqual([]);
		await story.ledger.settle(first.map(confirmed));
		const second = await takeKhaos();
		expect(second).toMatchObject([
			{ key: 'LAMP', lane: 1, changedFields: ['SELL_PRICE'], desired: { columns: { SELL_PRICE: '5.00' } } },
		]);
	});

	test('a price overtakes descriptions; a description changed back is not sent at all', async () => {
		await story.ledger.add([change('A'), change('B')]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		await story.ledger.add([
			change('A', { version: '2026-11-02T09:01:00.000Z', columns: { SHORT_DESC: 'New words' } }),
			change('B', { version: '2026-11-02T09:01:00.000Z', columns: { SELL_PRICE: '7.00' } }),
		]);
		await story.ledger.add([change('A', { version: '2026-11-02T09:02:00.000Z' })]);
		await story.ledger.add([
			change('A', { version: '2026-11-02T09:03:00.000Z', columns: { SHORT_DESC: 'Newer words' } }),
		]);
		expect((await takeKhaos()).map((item) => [item.key, item.lane])).toEqual([
			['B', 1],
			['A', 4],
		]);
	});

	test('a batch whose process died is given out again; the late result of the first changes nothing', async () => {
		await story.ledger.add([change('LAMP')]);
		const first = await takeKhaos();
		story.later(story.ledger.settings.leaseMs + 1);
		const second = await takeKhaos();
		expect(keys(second)).toEqual(['LAMP']);
		expect(await story.ledger.settle(first.map(confirmed))).toEqual([
			{ changeId: first[0]!.changeId, outcome: 'overtaken' },
		]);
		expect(await story.ledger.settle(second.map(confirmed))).toMatchObject([{ outcome: 'confirmed' }]);
	});

	test('a failed execution gives its batch back at once, and more slowly when it keeps failing', async () => {
		await story.ledger.add([change('LAMP')]);
		const [lamp] = await takeKhaos();
		expect(await story.ledger.release(lamp!.lease.token, 'The workflow failed')).toBe(1);
		const [again] = await takeKhaos();
		expect(again?.attempt).toBe(2);
		await story.ledger.release(again!.lease.token, 'The workflow failed');
		expect(await takeKhaos()).toEqual([]);
		story.later(2_000);
		expect(keys(await takeKhaos())).toEqual(['LAMP']);
	});

	test('a backlog gathers for a moment; a full batch and a price do not wait', async () => {
		const take = async (limit: number) => await story.ledger.take({ target: 'khaos', limit, quietMs: 2_000 });
		await story.ledger.add([change('A'), change('B')]);
		expect(await take(100)).toEqual([]);
		expect(keys(await take(2))).toEqual(['A', 'B']);
		await story.ledger.add([change('C')]);
		story.later(2_000);
		const c = await take(100);
		expect(keys(c)).toEqual(['C']);
		await story.ledger.settle(c.map(confirmed));
		await story.ledger.add([change('C', { version: '2026-11-02T09:05:00.000Z', columns: { SELL_PRICE: '8.00' } })]);
		expect(keys(await take(100))).toEqual(['C']);
	});

	test('Pimberly hears Live after the confirmation and never before; a hold is told only when it lasts', async () => {
		await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' })]);
		expect(await takePimberly()).toEqual([]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		const live = await takePimberly();
		expect(live.map((item) => item.desired)).toMatchObject([
			{ primaryId: 'TEE', status: 'Live', stockId: 'khaos-TEE' },
		]);
		await story.ledger.settle(live.map(confirmed));
		story.later(44_999);
		expect(await takePimberly()).toEqual([]);
		story.later(1);
		const held = await takePimberly();
		expect(held.map((item) => item.desired)).toMatchObject([
			{ primaryId: 'TEE-RED', status: 'Held', message: 'Waits for TEE to be confirmed in Khaos' },
		]);
		await story.ledger.settle(held.map(confirmed));
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		expect((await takePimberly()).map((item) => item.desired)).toMatchObject([
			{ primaryId: 'TEE-RED', status: 'Live' },
		]);
	});

	test('a product once Live stays Live when a later change fails; the message says what is wrong', async () => {
		await story.ledger.add([change('LAMP')]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		await story.ledger.settle((await takePimberly()).map(confirmed));
		await story.ledger.add([change('LAMP', { version: '2026-11-02T10:00:00.000Z', columns: { TAX_CODE: '9' } })]);
		await story.ledger.settle(
			(await takeKhaos()).map((item) =>
				result(item, 'failed', { reason: 'Tax code 9 is unknown.', remedy: 'Use 1 to 6.' }),
			),
		);
		expect((await takePimberly()).map((item) => item.desired)).toMatchObject([
			{ status: 'Live', message: 'Tax code 9 is unknown. Use 1 to 6.' },
		]);
	});

	test('a Pimberly outage never holds up Khaos, and the status is written when it is over', async () => {
		await story.ledger.add([change('A'), change('B')]);
		await story.ledger.settle((await takeKhaos(1)).map(confirmed));
		const [status] = await takePimberly();
		await story.ledger.settle([
			result(status!, 'retry', { cause: 'unavailable', reason: 'Pimberly does not answer.' }),
		]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		story.later(10 * 60_000);
		expect((await takePimberly()).map((item) => item.key).sort()).toEqual(['A', 'B']);
	});

	test('a status that waits for Pimberly to be back is not hurried by news that says the same', async () => {
		await story.ledger.add([change('A')]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		const [status] = await takePimberly();
		await story.ledger.settle([result(status!, 'retry', { cause: 'unavailable', retryAfter: 90 })]);
		await story.ledger.add([
			change('A', { version: '2026-11-02T10:00:00.000Z', columns: { SHORT_DESC: 'Another name' } }),
		]);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		story.later(89_000);
		expect(await takePimberly()).toEqual([]);
		story.later(1_000);
		expect(await takePimberly()).toMatchObject([{ key: 'A', attempt: 2 }]);
	});

	test('a status that was written after its lease is followed by the newest one', async () => {
		const tell = async () => (await story.ledger.take({ target: 'pimberly' }))[0]!;
		await story.ledger.add([rejection('A', 'itemName')]);
		const slow = await tell();
		story.later(story.ledger.settings.leaseMs);
		await story.ledger.add([change('A', { version: '2026-11-02T09:30:00.000Z' })]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		const newer = await tell();
		expect(newer.desired).toMatchObject({ status: 'Live' });
		await story.ledger.settle([confirmed(newer)]);

		// The slow execution has written Failed over it, and says so only now.
		const late = { ...confirmed(slow), kind: slow.kind, key: slow.key };
		expect(await story.ledger.settle([late])).toMatchObject([{ outcome: 'overtaken' }]);
		const again = await tell();
		expect(again.desired).toMatchObject({ status: 'Live' });
		await story.ledger.settle([confirmed(again)]);
		expect(await story.ledger.take({ target: 'pimberly' })).toEqual([]);
	});

	test('lag is the time from the change in Pimberly to its confirmation', async () => {
		await story.ledger.add([change('LAMP')]);
		story.later(5_000);
		await story.ledger.settle((await takeKhaos()).map(confirmed));
		const expected = story.now - Date.parse(defaultVersion);
		expect((await story.ledger.stats()).lag).toEqual({ count: 1, p50: expected, p95: expected, max: expected });
	});
});
