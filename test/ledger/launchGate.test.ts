import type { AddItem } from '../../lib/ledger/intake/add';
import type { BatchItem, Change, Kind, Target } from '../../lib/shapes';
import {
	backends,
	beginStory,
	change,
	confirmAll,
	confirmed,
	confirmedBundle,
	keys,
	kit,
	price,
	result,
	type Story,
} from './story';

const later = '2026-11-02T08:59:30.000Z';
const again = '2026-11-02T08:59:45.000Z';

describe.each(backends)('%s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => {
		await story.end();
	});

	const take = async (kinds: Kind[] = [], target: Target = 'khaos'): Promise<BatchItem[]> =>
		await story.ledger.take({ target, kinds });
	const add = async (...items: AddItem[]): Promise<string[]> =>
		(await story.ledger.add(items)).map(({ outcome }) => outcome);

	describe('the launch gate', () => {
		const gate = { kit: true, priceLists: ['Trade'] };
		const statuses = async (
			liveWaitsFor: { kit: boolean; priceLists: 'all' | string[] } | null = gate,
		): Promise<string[]> => {
			const batch = await story.ledger.take({ target: 'pimberly', ...(liveWaitsFor ? { liveWaitsFor } : {}) });
			await story.ledger.settle(batch.map(confirmed));
			return batch.map(({ key, desired }) => `${key} ${String(desired['status'])}: ${String(desired['message'])}`);
		};
		const everything = async (): Promise<void> =>
			void (await add(
				change('SOCKS'),
				change('SET'),
				kit('SET', ['SOCKS*2']),
				price('SET', 'trade', '5.00'),
				price('SET', 'Outlet', '4.00'),
			));

		test('a product is Live once its relation and the chosen price lists are confirmed', async () => {
			await everything();
			await confirmAll(story.ledger, ['stockItem']);
			expect(await statuses()).toEqual(['SOCKS Live: Confirmed in Khaos']);
			expect((await story.ledger.getMany({ kinds: ['status'], limit: 10 }))[0]).toMatchObject({
				key: 'SET',
				state: 'held',
				waitsFor: ['SET', 'SET | trade | 1-99999'],
			});
			await confirmAll(story.ledger, ['kit']);
			expect(await statuses()).toEqual([]);
			const prices = await take(['price']);
			await story.ledger.settle(prices.filter(({ key }) => key.includes('trade')).map(confirmed));
			expect(await statuses()).toEqual(['SET Live: Confirmed in Khaos']);
		});

		test('without a gate, the item is enough', async () => {
			await everything();
			await confirmAll(story.ledger, ['stockItem']);
			expect(await statuses(null)).toHaveLength(2);
		});

		test('a product once Live stays Live', async () => {
			await confirmedBundle(story.ledger);
			await statuses();
			await add(
				change('SET', { version: later, columns: { SELL_PRICE: '9.00' } }),
				kit('SET', ['SOCKS*9'], { version: later }),
			);
			await confirmAll(story.ledger, ['stockItem']);
			const [item] = await take(['kit']);
			await story.ledger.settle([result(item!, 'failed', { reason: 'No.', remedy: 'Mend it.' })]);
			expect(await statuses()).toEqual(['SET Live: The kit relation of SET: No. Mend it.']);
			await add(kit('SET', ['SOCKS*8'], { version: again }));
			await confirmAll(story.ledger);
			expect(await statuses()).toEqual(['SET Live: Confirmed in Khaos']);
		});

		test('a relation that fails is told instead of Live, and its end makes the product Live', async () => {
			await everything();
			await confirmAll(story.ledger, ['stockItem']);
			await confirmAll(story.ledger, ['price']);
			const [item] = await take(['kit']);
			await story.ledger.settle([result(item!, 'failed', { reason: 'No.', remedy: 'Mend it.' })]);
			expect(await statuses()).toEqual([
				'SOCKS Live: Confirmed in Khaos',
				'SET Failed: The kit relation of SET: No. Mend it.',
			]);
			await add(kit('SET', ['SOCKS*1'], { version: later }));
			await confirmAll(story.ledger, ['kit']);
			expect(await statuses()).toEqual(['SET Live: Confirmed in Khaos']);
		});

		test('so it is where the failure comes while the launch is held', async () => {
			await everything();
			await confirmAll(story.ledger, ['stockItem']);
			await statuses();
			await confirmAll(story.ledger, ['price']);
			const [item] = await take(['kit']);
			await story.ledger.settle([result(item!, 'failed', { reason: 'No.', remedy: 'Mend it.' })]);
			expect(await statuses()).toEqual(['SET Failed: The kit relation of SET: No. Mend it.']);
		});

		test('a relation that was refused at Add keeps the product from going Live', async () => {
			await confirmedBundle(story.ledger);
			await statuses();
			await add(change('GIFT'), kit('GIFT', ['SET*1']));
			await confirmAll(story.ledger);
			expect((await statuses())[0]).toMatch(/^GIFT Failed: components: The component SET of GIFT is itself a kit/);
			await add(change('GIFT', { version: later }));
			expect(await statuses()).toEqual(['GIFT Live: Confirmed in Khaos']);
		});

		test('a launch whose relation is dropped is not forgotten', async () => {
			await add(change('SOCKS'), change('SET'), kit('SET', ['SOCKS*2']));
			await confirmAll(story.ledger, ['stockItem']);
			await statuses();
			const bundle = change('SET', { version: later }) as { type: 'change'; change: Change };
			bundle.change.desired = { ...bundle.change.desired, productType: 'Simple' };
			await story.ledger.add([bundle]);
			story.later(61_000);
			await story.ledger.housekeeping();
			expect(await statuses()).toEqual(['SET Live: Confirmed in Khaos']);
		});

		test('many launches that wait are no reason for an empty batch', async () => {
			for (let at = 0; at < 30; at++) await add(change(`SET-${at}`), kit(`SET-${at}`, ['NEVER*1']));
			await add(change('LAMP'));
			await confirmAll(story.ledger, ['stockItem']);
			const batch = await story.ledger.take({ target: 'pimberly', limit: 5, liveWaitsFor: gate });
			expect(keys(batch)).toEqual(['LAMP']);
		});
	});
});
