import { publishStockItems } from '../../lib/khaos/channel/publishing';
import { beginChannelStory, item, shows, type ChannelStory } from './channelStory';
import { backends, confirmed, keys, result, type Story } from './story';

describe.each(backends)('the channel, kept in %s', (backend) => {
	let story: Story;
	let channel: ChannelStory['channel'];
	let add: ChannelStory['add'];
	let take: ChannelStory['take'];
	let publish: ChannelStory['publish'];
	let fetched: ChannelStory['fetched'];
	let upload: ChannelStory['upload'];
	let states: ChannelStory['states'];
	beforeEach(async () => {
		({ story, channel, add, take, publish, fetched, upload, states } = await beginChannelStory(backend));
	});
	afterEach(async () => await story.end());

	test('what is published is fetched once, and confirmed when Khaos uploads it', async () => {
		await add(item('LAMP'), item('BULB'));
		await publish();
		expect(await states()).toMatchObject({ LAMP: 'sent', BULB: 'sent' });
		const page = await fetched('2019-12-31 12:00:00Z');
		expect(keys(page.entries)).toEqual(['LAMP', 'BULB']);
		expect((await fetched(page.continuation)).entries).toEqual([]);
		expect(await upload(shows(item('LAMP')), shows(item('BULB')))).toMatchObject({
			confirmed: ['LAMP', 'BULB'],
			different: [],
		});
		expect((await story.ledger.stats()).confirmed).toBe(2);
		// Pimberly hears of it, with Khaos's own number.
		const [status] = await story.ledger.take({ target: 'pimberly' });
		expect(status!.desired).toMatchObject({ status: 'Live', stockId: 'khaos-LAMP' });
	});

	test('an upload that comes twice, or long after, changes nothing more', async () => {
		await add(item('LAMP'));
		await publish();
		await fetched();
		const lamp = shows(item('LAMP'));
		await upload(lamp);
		const before = await story.ledger.stats();
		expect(await upload(lamp)).toMatchObject({ confirmed: [], different: [], drifted: [] });
		await story.reopen();
		expect(await upload(lamp, lamp)).toMatchObject({ confirmed: [], different: [], drifted: [] });
		expect(await story.ledger.stats()).toEqual(before);
	});

	test('an upload says nothing of the columns that it never shows: what was read of them otherwise stays known', async () => {
		const sold = item('LAMP', { columns: { SELL_PRICE: '2.00', 'UDA:Colour': 'Red' } });
		await add(sold);
		await story.ledger.settle((await take()).map(confirmed));
		const shown = { ...shows(sold).columns };
		delete shown['UDA:Colour'];
		await upload({ ...shows(sold), columns: { ...shown, SELL_PRICE: '3.00' } });
		await add(
			item('LAMP', { version: '2026-11-02T09:05:00.000Z', columns: { SELL_PRICE: '4.00', 'UDA:Colour': 'Red' } }),
		);
		const [next] = await take();
		expect(next!.confirmed).toMatchObject({ columns: { SELL_PRICE: '3.00', 'UDA:Colour': 'Red' } });
	});

	test('a child waits for its parent’s upload, and is fetched after it', async () => {
		await add(item('TEE'), item('TEE-RED', { parent: 'TEE' }));
		expect(keys(await publish())).toEqual(['TEE']);
		const first = await fetched();
		expect(await publish()).toEqual([]);
		await upload(shows(item('TEE')));
		expect(keys(await publish())).toEqual(['TEE-RED']);
		expect(keys((await fetched(first.continuation)).entries)).toEqual(['TEE-RED']);
		expect(keys((await fetched()).entries)).toEqual(['TEE', 'TEE-RED']);
	});

	test('pages are as large as asked for, in order, and a continuation of another feed begins anew', async () => {
		const codes = ['A', 'B', 'C', 'D', 'E'];
		await add(...codes.map((code) => item(code)));
		await publish();
		const seen: string[] = [];
		let continuation: string | null = null;
		for (;;) {
			const page = await fetched(continuation, 2);
			seen.push(...keys(page.entries));
			continuation = page.continuation;
			if (!page.more) break;
		}
		expect(seen).toEqual(codes);
		for (const other of ['another.3', '', 'rubbish', `${continuation!.split('.')[0]}.99`, '2019-12-31 12:00:00Z']) {
			expect(keys((await fetched(other)).entries)).toEqual(codes);
		}
	});

	test('a Khaos that begins anew gets a parent before its children, also one that was renamed since', async () => {
		const child = item('TEE-RED', { parent: 'TEE' });
		await add(item('TEE'), { ...child, desired: { ...child.desired, parentKey: 'TEE' } }, item('LAMP'));
		await publish();
		await fetched();
		await upload(shows(item('TEE')));
		await publish();
		const before = await fetched();
		const renamed = item('TEE', { version: '2026-11-02T08:59:30.000Z', columns: { SHORT_DESC: 'New tee' } });
		await add(renamed);
		await publish();
		// Who has had the child is told of its parent alone.
		expect(keys((await fetched(before.continuation)).entries)).toEqual(['TEE']);
		await upload(shows(renamed));
		expect(keys((await fetched()).entries)).toEqual(['LAMP', 'TEE', 'TEE-RED']);
		// The page that ends with the child brings the parent along, and the next one tells it again.
		const first = await fetched(null, 2);
		expect(keys(first.entries)).toEqual(['LAMP', 'TEE', 'TEE-RED']);
		expect(keys((await fetched(first.continuation, 2)).entries)).toEqual(['TEE']);
	});

	test('before anything was published there is nothing to fetch, and what comes then is fetched', async () => {
		const page = await fetched('2019-12-31 12:00:00Z');
		expect(page).toMatchObject({ entries: [], more: false });
		await add(item('LAMP'));
		await publish();
		expect(keys((await fetched(page.continuation)).entries)).toEqual(['LAMP']);
	});

	test('newer content takes the place of what was published, at the end of the feed', async () => {
		await add(item('LAMP'), item('BULB'));
		await publish();
		await add(item('LAMP', { version: '2026-11-02T08:59:30.000Z', columns: { SHORT_DESC: 'New lamp' } }));
		await publish();
		const { entries } = await fetched();
		expect(
			entries.map(({ key, desired }) => [key, (desired as { columns: Record<string, string> }).columns['SHORT_DESC']]),
		).toEqual([
			['BULB', 'Item BULB'],
			['LAMP', 'New lamp'],
		]);
		// What Khaos shows is the older content: not what it was told last.
		expect(await upload(shows(item('LAMP')))).toMatchObject({ confirmed: [], different: [{ key: 'LAMP' }] });
	});

	test('what was dropped is not handed out, and what was confirmed is, to a Khaos that begins anew', async () => {
		await add(item('LAMP'), item('BULB'));
		await publish();
		const page = await fetched();
		await upload(shows(item('LAMP')));
		await add(item('SHADE'));
		await publish();
		await story.ledger.drop({ names: ['SHADE', 'BULB'], kinds: ['stockItem'] }, 'A mistake');
		expect((await fetched(page.continuation)).entries).toEqual([]);
		expect(keys((await fetched()).entries)).toEqual(['LAMP']);
	});

	test('an upload from before Khaos fetched it says nothing; one from after is told again, and fails in the end', async () => {
		await add(item('LAMP'));
		await publish();
		const other = shows(item('LAMP'), { SELL_PRICE: '1.99' });
		expect(await upload(other)).toMatchObject({ confirmed: [], different: [] });
		expect(await states()).toMatchObject({ LAMP: 'sent' });
		let continuation: string | null = null;
		for (let attempt = 1; attempt <= story.ledger.settings.refusedAttempts; attempt += 1) {
			const page = await fetched(continuation);
			continuation = page.continuation;
			expect(keys(page.entries)).toEqual(['LAMP']);
			const { different } = await upload(other);
			expect(different).toEqual([
				{
					key: 'LAMP',
					differences: [{ field: 'SELL_PRICE', expected: '2.00', actual: '1.99' }],
					failed: attempt === story.ledger.settings.refusedAttempts,
				},
			]);
			story.later(10 * 60_000);
			await publish();
		}
		expect(await states()).toMatchObject({ LAMP: 'failed' });
		expect(await story.ledger.exceptions()).toMatchObject([
			{ type: 'failedTransfer', key: 'LAMP', field: 'SELL_PRICE' },
		]);
		// Somebody puts it right in Khaos.
		expect(await upload(shows(item('LAMP')))).toMatchObject({ confirmed: ['LAMP'] });
		expect(await story.ledger.exceptions()).toEqual([]);
	});

	test('an upload that overtakes Settle confirms all the same', async () => {
		await add(item('LAMP'));
		const batch = await take();
		const results = await publishStockItems(channel(), batch);
		await fetched();
		expect(await upload(shows(item('LAMP')))).toMatchObject({ confirmed: ['LAMP'] });
		expect(await story.ledger.settle(results)).toMatchObject([{ outcome: 'overtaken' }]);
		expect(await states()).not.toHaveProperty('LAMP');
	});

	test('what Khaos holds already is adopted, also where nobody had sent it when it was uploaded', async () => {
		await upload(shows(item('LAMP')), shows(item('STRAY')));
		await add(item('LAMP'));
		await publish();
		expect((await fetched()).entries).toEqual([]);
		expect((await story.ledger.stats()).confirmed).toBe(1);
		// A column that the channel can't carry is no reason to publish either, and comes as a warning.
		await add(item('LAMP', { version: '2026-11-02T08:59:30.000Z', columns: { 'UDA:Colour': 'Oak' } }));
		const batch = await take();
		const [told] = await publishStockItems(channel(), batch);
		expect(told).toMatchObject({ status: 'confirmed', adopted: true, warnings: [{ field: 'UDA:Colour' }] });
	});

	test('what Khaos has deleted is missing again, by its own number, and what needs it waits', async () => {
		await add(item('TEE'));
		await publish();
		await fetched();
		await upload(shows(item('TEE')));
		await add(item('TEE-RED', { parent: 'TEE' }));
		expect(await states()).toMatchObject({ 'TEE-RED': 'queued' });
		expect(await channel().stockUpload({ items: [], deleted: ['khaos-TEE', 'unheard-of'] })).toMatchObject({
			deleted: ['TEE'],
			drifted: [{ key: 'TEE', differences: [{ field: 'STOCK_CODE' }] }],
		});
		expect(await states()).toMatchObject({ 'TEE-RED': 'held' });
	});

	test('an id of something that was never uploaded is not the code of another item', async () => {
		await upload({ ...shows(item('1001')), stockId: '77' });
		expect(await channel().stockUpload({ items: [], deleted: ['1001'] })).toMatchObject({ deleted: [] });
		expect(await channel().stockUpload({ items: [], deleted: ['77'] })).toMatchObject({ deleted: ['1001'] });
		await upload(shows(item('LAMP')));
		expect(await channel().stockUpload({ items: [], deleted: ['lamp'] })).toMatchObject({ deleted: ['LAMP'] });
	});

	test('an edit in Khaos of a confirmed item is drift, and nothing is written over it', async () => {
		await add(item('LAMP'));
		await publish();
		await fetched();
		await upload(shows(item('LAMP')));
		const outcome = await upload(shows(item('LAMP'), { WEIGHT: '3', SELL_PRICE: '9.99' }));
		expect(outcome).toMatchObject({
			drifted: [{ key: 'LAMP', differences: [{ field: 'SELL_PRICE', expected: '2.00', actual: '9.99' }] }],
		});
		expect(await take()).toEqual([]);
		expect(await story.ledger.exceptions()).toMatchObject([
			{ type: 'priceMismatch', key: 'LAMP', field: 'SELL_PRICE' },
		]);
		// Somebody puts it back.
		expect(await upload(shows(item('LAMP')))).toMatchObject({ drifted: [] });
		expect(await story.ledger.exceptions()).toEqual([]);
	});

	test('a confirmed item that Khaos says it has deleted is missing, and no longer Live until it is there again', async () => {
		await add(item('LAMP'));
		await publish();
		await fetched();
		await upload(shows(item('LAMP')));
		const statuses = async () => {
			const batch = await story.ledger.take({ target: 'pimberly' });
			await story.ledger.settle(batch.map((one) => result(one, 'confirmed')));
			return batch.map(({ desired }) => desired['status']);
		};
		expect(await statuses()).toEqual(['Live']);
		await channel().stockUpload({ items: [], deleted: ['khaos-LAMP'] });
		expect(await story.ledger.exceptions()).toMatchObject([{ type: 'missingInKhaos', key: 'LAMP' }]);
		expect(await statuses()).toEqual(['Failed']);
		await upload(shows(item('LAMP')));
		expect(await story.ledger.exceptions()).toEqual([]);
		expect(await statuses()).toEqual(['Live']);
	});

	test('an item that can’t be told fails with every reason, and the others go', async () => {
		await add(item('LAMP', { columns: { SHORT_DESC: null, BUY_PRICE: 'twelve' } }), item('BULB'));
		await publish();
		expect(keys((await fetched()).entries)).toEqual(['BULB']);
		expect(await states()).toMatchObject({ LAMP: 'failed', BULB: 'sent' });
	});

	test('a batch that was lost is not told, and one that is redone is told once more', async () => {
		await add(item('LAMP'));
		const lost = await take();
		story.later(story.ledger.settings.leaseMs + 1);
		const redone = await take();
		expect(await publishStockItems(channel(), lost)).toMatchObject([{ status: 'retry', cause: 'notOurs' }]);
		expect((await fetched()).entries).toEqual([]);
		expect(await publishStockItems(channel(), redone)).toMatchObject([{ status: 'sent', awaiting: 'channel' }]);
	});

	test('the channel and the web services know the same stock', async () => {
		await add(item('TEE'), item('TEE-RED', { parent: 'TEE' }));
		const [tee] = await take();
		await story.ledger.settle([confirmed(tee!)]);
		await publish();
		await fetched();
		expect(await upload(shows(item('TEE-RED')))).toMatchObject({ confirmed: ['TEE-RED'] });
	});
});
