import { publishKits } from '../../lib/khaos/channel/publishing';
import type { Change, PriceReadBack } from '../../lib/shapes';
import { beginChannelStory, item, shows, type ChannelStory } from './channelStory';
import { backends, keys, result, type Story } from './story';

describe.each(backends)('kits and prices over the channel, kept in %s', (backend) => {
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

	describe('kits', () => {
		const kit = (components: string[], version = '2026-11-02T08:59:00.000Z'): Change => ({
			...item('SET'),
			kind: 'kit',
			version,
			needs: ['SET', ...components].map((key) => ({ kind: 'stockItem', key })),
			desired: {
				stockCode: 'SET',
				relation: 'pack',
				components: components.map((stockCode) => ({ stockCode, quantity: '2' })),
			},
		});
		const publishKit = async (confirmedBy: 'upload' | 'webServices') => {
			const batch = await take();
			const results = await publishKits(channel(), batch, confirmedBy);
			await story.ledger.settle(results);
			return results;
		};

		test('a kit is told after its components, and components that were adopted are told for it', async () => {
			await upload(shows(item('LAMP')), shows(item('SET')));
			await add(item('LAMP'), item('BULB'), item('SET'), kit(['LAMP', 'BULB']));
			// LAMP and SET are adopted from what Khaos uploaded: the feed has not named them.
			await publish();
			expect(keys((await fetched()).entries)).toEqual(['BULB']);
			await upload(shows(item('BULB')));
			const [told] = await publishKit('webServices');
			expect(told).toMatchObject({ status: 'sent', awaiting: 'channel' });
			const { entries } = await fetched();
			expect(entries.map(({ kind, key }) => `${kind} ${key}`).slice(-1)).toEqual(['kit SET']);
			expect(keys(entries).sort()).toEqual(['BULB', 'LAMP', 'SET', 'SET']);
		});

		test('a Khaos that begins anew gets a component before its kit, also one that changed since', async () => {
			await add(item('LAMP'), item('SET'), kit(['LAMP']));
			await publish();
			await fetched();
			await upload(shows(item('LAMP')), shows(item('SET')));
			await publishKit('upload');
			const before = await fetched();
			await add(item('LAMP', { version: '2026-11-02T08:59:30.000Z', columns: { SELL_PRICE: '3.00' } }));
			await publish();
			expect((await fetched(before.continuation)).entries.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
				'stockItem LAMP',
			]);
			expect((await fetched(null, 2)).entries.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
				'stockItem SET',
				'stockItem LAMP',
				'kit SET',
			]);
		});

		test('a component that nobody has ever sent is named in a warning', async () => {
			await upload(shows(item('LAMP')), shows(item('SET')));
			await add(kit(['LAMP']));
			expect((await publishKit('webServices'))[0]!.warnings?.map(({ message }) => message).join()).toContain(
				'SET refers to LAMP',
			);
		});

		test('the upload of its stock item confirms a kit only where a site says so, and only after it was fetched', async () => {
			await upload(shows(item('LAMP')), shows(item('SET')));
			await add(kit(['LAMP']));
			await publishKit('upload');
			expect(await upload(shows(item('SET')))).toMatchObject({ confirmed: [] });
			await fetched();
			expect(await upload(shows(item('LAMP')))).toMatchObject({ confirmed: [] });
			expect(await upload(shows(item('SET')))).toMatchObject({ confirmed: ['SET'] });
			await add(kit(['LAMP', 'SET-2'], '2026-11-02T08:59:10.000Z'), item('SET-2'));
			await publish();
			await fetched();
			await upload(shows(item('SET-2')));
			await publishKit('webServices');
			await fetched();
			expect(await upload(shows(item('SET')))).toMatchObject({ confirmed: [] });
		});
	});

	describe('prices that were sent in a file', () => {
		const price: Change = {
			...item('LAMP'),
			kind: 'price',
			key: 'LAMP | Trade | 1-99999',
			lane: 1,
			needs: [],
			desired: {
				stockCode: 'LAMP',
				priceList: 'Trade',
				bandLow: 1,
				bandHigh: 99999,
				amount: '21.50',
				currency: '',
				net: true,
			},
		};
		const row = (amount: string, extra: Partial<PriceReadBack> = {}): PriceReadBack => ({
			exists: true,
			stockCode: 'lamp',
			priceList: 'Trade',
			bandLow: 1,
			bandHigh: 99999,
			amount,
			net: true,
			...extra,
		});

		test('are confirmed when Khaos uploads its lists, and stay sent until somebody has imported the file', async () => {
			await add(price);
			const [sent] = await take();
			await story.ledger.settle([result(sent!, 'sent', { awaiting: 'import' })]);
			expect(await channel().priceListUpload([row('20.00'), row('21.5', { bandLow: 10 })])).toMatchObject({
				confirmed: [],
				different: [{ key: price.key }],
			});
			expect(await states()).toMatchObject({ [price.key]: 'sent' });
			expect(await channel().priceListUpload([row('21.5')])).toMatchObject({ confirmed: [price.key] });
			expect(await channel().priceListUpload([row('21.5')])).toMatchObject({ confirmed: [], different: [] });
		});

		test('and changed in Khaos afterwards are drift, until they are put back', async () => {
			await add(price);
			const [sent] = await take();
			await story.ledger.settle([result(sent!, 'sent', { awaiting: 'import' })]);
			await channel().priceListUpload([row('21.5')]);
			expect(await channel().priceListUpload([row('19.99'), row('1', { stockCode: 'OTHER' })])).toMatchObject({
				confirmed: [],
				different: [],
				drifted: [{ key: price.key, differences: [{ field: 'Trade 1-99999', expected: '21.5', actual: '19.99' }] }],
			});
			expect(await story.ledger.exceptions()).toMatchObject([{ type: 'priceMismatch', key: price.key }]);
			expect(await channel().priceListUpload([row('21.50')])).toMatchObject({ drifted: [] });
			expect(await story.ledger.exceptions()).toEqual([]);
		});
	});
});
