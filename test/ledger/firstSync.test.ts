import { everything } from '../../lib/khaos/delivery/firstSync';
import type { Approval, BatchItem, FirstSyncDifference, Result } from '../../lib/shapes';
import { backends, beginStory, change, confirmed, keys, readBackOf, result, type Story } from './story';

const at = (minutes: number): string =>
	new Date(Date.parse('2026-11-02T08:59:00.000Z') + minutes * 60_000).toISOString();
const only = (...columns: string[]): Approval => ({ columns, newItems: false });
const hour = 60 * 60_000;

/** As delivery says it of an item that Khaos holds with other values. */
const differing = (item: BatchItem, ...fields: string[]): Result => {
	const firstSync = fields.map(
		(field): FirstSyncDifference => ({ field, owner: 'pimberly', expected: 'new', actual: 'old' }),
	);
	return result(item, 'held', { firstSync, reason: `${item.key} differs.`, readBack: readBackOf(item) });
};
const notInKhaos = (item: BatchItem): Result =>
	result(item, 'held', {
		firstSync: [{ field: 'STOCK_CODE', owner: 'pimberly', expected: item.key, actual: null }],
		reason: `${item.key} is not in Khaos.`,
		readBack: { ...readBackOf(item), exists: false },
	});

describe.each(backends)('%s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const take = async (): Promise<BatchItem[]> => await story.ledger.take({ target: 'khaos' });
	const allow = async (approval: Approval, id = 'node') =>
		await story.ledger.setFirstSync({ id, label: `Trigger ${id}` }, approval);
	const waiting = async () =>
		(await story.ledger.getMany({ states: ['held'], kinds: ['stockItem'], limit: 100 }))
			.filter((one) => one.awaiting === 'approval')
			.map((one) => one.key);
	const found = async () => (await story.ledger.firstSync()).fields.map(({ field, items }) => `${field} ${items}`);

	test('nobody who sets nothing notices anything', async () => {
		await story.ledger.add([change('LAMP')]);
		await allow(everything);
		expect((await take())[0]).not.toHaveProperty('approval');
	});

	test('each field that is allowed lets go what waits for it, until nothing differs any more', async () => {
		await allow(only());
		await story.ledger.add([change('LAMP'), change('VASE'), change('BOWL')]);
		const [lamp, vase, bowl] = await take();
		expect(lamp!.approval).toEqual(only());
		await story.ledger.settle([differing(lamp!, 'SELL_PRICE', 'WEIGHT'), differing(vase!, 'WEIGHT'), confirmed(bowl!)]);
		expect(await found()).toEqual(['WEIGHT 2', 'SELL_PRICE 1']);
		expect(await take()).toEqual([]);

		expect(await allow(only('SELL_PRICE'))).toBe(1);
		const [again] = await take();
		expect(again).toMatchObject({ key: 'LAMP', attempt: 1, approval: only('SELL_PRICE') });
		await story.ledger.settle([differing(again!, 'WEIGHT')]);
		expect(await found()).toEqual(['WEIGHT 2']);

		await story.reopen();
		expect(await allow(everything)).toBe(2);
		const both = await take();
		expect(both.map((item) => [item.key, item.approval])).toEqual([
			['LAMP', undefined],
			['VASE', undefined],
		]);
		await story.ledger.settle(both.map(confirmed));
		expect(await found()).toEqual([]);
	});

	test('what is allowed while an item is looked at lets it go at once', async () => {
		await allow(only());
		await story.ledger.add([change('LAMP')]);
		const [lamp] = await take();
		await allow(only('SELL_PRICE'));
		await story.ledger.settle([differing(lamp!, 'SELL_PRICE')]);
		expect(await take()).toMatchObject([{ key: 'LAMP', approval: only('SELL_PRICE') }]);
	});

	test('several takers are as strict as the strictest, until its workflow is gone for a day', async () => {
		await allow(only(), 'sync');
		await allow(everything, 'prices');
		await story.ledger.add([change('LAMP')]);
		const [lamp] = await take();
		expect(lamp!.approval).toEqual(only());
		await story.ledger.settle([differing(lamp!, 'SELL_PRICE')]);
		expect((await story.ledger.firstSync()).takers.map(({ taker }) => taker)).toEqual([
			'Trigger prices',
			'Trigger sync',
		]);
		story.later(25 * hour);
		expect(await allow(everything, 'prices')).toBe(1);
		expect(keys(await take())).toEqual(['LAMP']);
	});

	test('an item that is confirmed flows from then on, whatever is allowed; one that waits is looked at again when it is edited', async () => {
		await allow(only());
		await story.ledger.add([change('LAMP'), change('VASE')]);
		const [lamp, vase] = await take();
		await story.ledger.settle([confirmed(lamp!), differing(vase!, 'SELL_PRICE')]);
		await story.ledger.add(
			['LAMP', 'VASE'].map((code) => change(code, { version: at(1), columns: { SHORT_DESC: 'Edited' } })),
		);
		const batch = await take();
		expect(Object.fromEntries(batch.map((item) => [item.key, item.approval]))).toEqual({
			LAMP: undefined,
			VASE: only(),
		});
		await story.ledger.settle(
			batch.map((item) => (item.key === 'LAMP' ? confirmed(item) : differing(item, 'SELL_PRICE', 'SHORT_DESC'))),
		);
		expect(await found()).toEqual(['SELL_PRICE 1', 'SHORT_DESC 1']);
	});

	test('new items wait until they are allowed; what was made by us is nobody else’s', async () => {
		await allow(only());
		await story.ledger.add([change('LAMP'), change('VASE')]);
		const [lamp, vase] = await take();
		await story.ledger.settle([notInKhaos(lamp!), differing(vase!, 'SELL_PRICE')]);
		expect(await story.ledger.firstSync()).toMatchObject({
			fields: [{ field: 'SELL_PRICE' }, { field: 'STOCK_CODE', isNewItem: true }],
			waiting: 2,
		});
		expect(await allow({ columns: [], newItems: true })).toBe(1);
		const [again] = await take();
		expect(again).toMatchObject({ key: 'LAMP', approval: { newItems: true } });
		// It is written, and its execution dies: what is then found in Khaos is ours.
		await story.ledger
			.deliveryPort('https://erp.example')
			.beginWrite([{ changeId: again!.changeId, token: again!.lease.token }]);
		await story.ledger.release(again!.lease.token, 'The process died');
		expect((await take())[0]).not.toHaveProperty('approval');
	});

	test('what is held for its parent is looked at too, so the list is whole; it is not written for that', async () => {
		await allow(only('SELL_PRICE'));
		await story.ledger.add([
			change('TEE'),
			change('TEE-RED', { parent: 'TEE' }),
			change('TEE-BLUE', { parent: 'TEE' }),
		]);
		const [tee] = await take();
		await story.ledger.settle([notInKhaos(tee!)]);
		const children = await take();
		expect(children.map(({ key, purpose, approval }) => ({ key, purpose, approval }))).toEqual(
			['TEE-RED', 'TEE-BLUE'].map((key) => ({ key, purpose: 'check', approval: only() })),
		);
		await story.ledger.settle([differing(children[0]!, 'SELL_PRICE'), notInKhaos(children[1]!)]);
		expect(await found()).toEqual(['STOCK_CODE 2', 'SELL_PRICE 1']);
		expect(await take()).toEqual([]);
		// None of it is a hold that lasts too long: a person decides.
		story.later(2 * hour);
		await story.ledger.housekeeping();
		expect(await story.ledger.exceptions()).toEqual([]);
		expect(await story.ledger.getMany({ search: 'TEE-RED', kinds: ['stockItem'], limit: 1 })).toMatchObject([
			{ waitsFor: ['TEE'], waitingReason: 'TEE waits for approval: TEE is not in Khaos.' },
		]);

		await allow({ columns: ['SELL_PRICE'], newItems: true });
		const [parent] = await take();
		expect(parent!.key).toBe('TEE');
		await story.ledger.settle([confirmed(parent!)]);
		expect((await take()).map(({ key, purpose }) => `${key} ${purpose}`)).toEqual(['TEE-RED write', 'TEE-BLUE write']);
	});

	test('Pimberly is told after a while that a product waits, and Live when it is confirmed', async () => {
		const statuses = async () => {
			const batch = await story.ledger.take({ target: 'pimberly' });
			await story.ledger.settle(batch.map((item) => result(item, 'confirmed')));
			return batch.map(({ desired }) => `${String(desired['status'])}: ${String(desired['message'])}`);
		};
		await allow(only());
		await story.ledger.add([change('LAMP')]);
		await story.ledger.settle([differing((await take())[0]!, 'SELL_PRICE')]);
		expect(await statuses()).toEqual([]);
		story.later(60_000);
		expect(await statuses()).toEqual(['Held: LAMP differs.']);
		await allow(everything);
		await story.ledger.settle((await take()).map(confirmed));
		expect(await statuses()).toEqual(['Live: Confirmed in Khaos']);
	});

	test('a person sends one item all the same, or drops it', async () => {
		await allow(only());
		await story.ledger.add([change('LAMP'), change('VASE')]);
		await story.ledger.settle((await take()).map((item) => differing(item, 'SELL_PRICE')));
		expect(await waiting()).toEqual(['LAMP', 'VASE']);
		expect(await story.ledger.endHold(['LAMP'], 'Checked by hand')).toBe(1);
		expect((await take())[0]).toMatchObject({ key: 'LAMP' });
		expect((await story.ledger.getMany({ search: 'LAMP', kinds: ['stockItem'], limit: 1 }))[0]).toMatchObject({
			state: 'leased',
		});
		await story.ledger.drop({ names: ['VASE'], kinds: ['stockItem'] }, 'Not sold');
		expect(await found()).toEqual(['SELL_PRICE 1']);
	});

	test('thousands of differences are counted, sampled and read in pages by the database', async () => {
		await allow(only());
		const count = backend === 'sqlite' ? 5_000 : 1_000;
		await story.ledger.add(
			Array.from({ length: count }, (_, index) => change(`ITEM-${String(index).padStart(5, '0')}`)),
		);
		for (let batch = await story.ledger.take({ target: 'khaos', limit: 1_000 }); batch.length > 0; ) {
			await story.ledger.settle(batch.map((item) => differing(item, 'SELL_PRICE', 'WEIGHT', 'SHORT_DESC')));
			batch = await story.ledger.take({ target: 'khaos', limit: 1_000 });
		}
		const report = await story.ledger.firstSync();
		expect(report.fields.map(({ items, samples }) => [items, samples.length])).toEqual(Array(3).fill([count, 5]));
		const seen = new Set<string>();
		for (let after: number | null = 0; after !== null; ) {
			const page: Awaited<ReturnType<typeof story.ledger.firstSyncDifferences>> =
				await story.ledger.firstSyncDifferences({ fields: ['WEIGHT'], after, limit: 400 });
			for (const row of page.rows) seen.add(row.stockCode);
			after = page.last;
		}
		expect(seen.size).toBe(count);
		expect(await allow(only('WEIGHT'))).toBe(count);
	}, 60_000);
});
