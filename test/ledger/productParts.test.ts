import type { AddItem } from '../../lib/ledger/intake/add';
import { priceKeyOf, type Change, type Rejection } from '../../lib/shapes';
import { backends, beginStory, change, confirmed, keys, rejection, stockItem, type Story } from './story';

describe.each(backends)('%s: what belongs to one product', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const later = (minutes: number) => new Date(Date.parse('2026-11-02T09:00:00.000Z') + minutes * 60_000).toISOString();

	const price = (stockCode: string, amount: string, version?: string): Change => {
		const row = { stockCode, priceList: 'Trade', bandLow: 1, bandHigh: 99999, amount, currency: '', net: true };
		return {
			...stockItem(stockCode, version === undefined ? {} : { version }),
			kind: 'price',
			key: priceKeyOf(row),
			lane: 1,
			needs: [{ kind: 'stockItem', key: stockCode }],
			desired: row,
		};
	};

	const kit = (stockCode: string, components: Array<[string, string]>, version?: string): Change => ({
		...stockItem(stockCode, version === undefined ? {} : { version }),
		kind: 'kit',
		needs: [stockCode, ...components.map(([code]) => code)].map((key) => ({ kind: 'stockItem' as const, key })),
		desired: {
			stockCode,
			relation: 'pack',
			components: components.map(([code, quantity]) => ({ stockCode: code, quantity })),
		},
	});

	const asItem = (one: Change): AddItem => ({ type: 'change', change: one });

	const partly = (good: Change[], extra: Partial<Rejection> = {}): AddItem =>
		rejection('LAMP', 'tradePrice', { unaffected: good, source: good[0]!.source, ...extra });

	/** Everything open for Khaos, by kind and key, with its state. */
	const open = async (): Promise<string[]> =>
		(await story.ledger.getMany({ kinds: ['stockItem', 'kit', 'price'], limit: 50 }))
			.map(({ kind, key, state }) => `${kind} ${key} ${state}`)
			.sort();

	test('an invalid price is an exception of its own: the product is sent and becomes Live all the same', async () => {
		await story.ledger.add([partly([stockItem('LAMP'), price('LAMP', '5.00')])]);
		expect(await story.ledger.exceptions()).toMatchObject([
			{ type: 'invalidProduct', primaryId: 'LAMP', field: 'tradePrice' },
		]);
		expect((await story.ledger.stats()).rejected).toBe(0);

		const batch = await story.ledger.take({ target: 'khaos' });
		expect(keys(batch)).toEqual(['LAMP']);
		await story.ledger.settle(batch.map(confirmed));
		expect(await story.ledger.take({ target: 'pimberly' })).toMatchObject([
			{ desired: { primaryId: 'LAMP', status: 'Live' } },
		]);
		expect(await open()).toEqual(['price LAMP | Trade | 1-99999 queued']);

		await story.ledger.add([change('LAMP', { version: later(5) })]);
		expect(await story.ledger.exceptions()).toEqual([]);
	});

	test('a price without a row in the mapping is for finance to look at', async () => {
		const unmapped = {
			field: 'promoPrice',
			value: '9.99',
			reason: 'No row takes it.',
			remedy: 'Add one.',
			type: 'unmappedPrice' as const,
		};
		await story.ledger.add([partly([stockItem('LAMP')], { reasons: [unmapped] })]);
		expect(await story.ledger.exceptions()).toMatchObject([
			{ type: 'unmappedPrice', owner: 'finance', field: 'promoPrice' },
		]);
	});

	test('where the kit is at fault, a new product is not sent, nor its prices; of one in Khaos all but the relation is', async () => {
		const broken = (version: string): AddItem => {
			const item = stockItem('LAMP', { version, columns: { SELL_PRICE: '9.00' } });
			return rejection('LAMP', 'components', {
				withoutInvalid: item,
				unaffected: [price('LAMP', '5.00', version)],
				source: item.source,
			});
		};
		await story.ledger.add([broken(later(1))]);
		expect(await open()).toEqual([]);
		expect(await story.ledger.take({ target: 'pimberly' })).toMatchObject([{ desired: { status: 'Failed' } }]);

		await story.ledger.add([change('LAMP', { version: later(2) })]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		await story.ledger.add([broken(later(3))]);
		expect(await open()).toEqual(['price LAMP | Trade | 1-99999 queued', 'stockItem LAMP queued']);
		expect(await story.ledger.exceptions()).toMatchObject([{ type: 'invalidProduct', field: 'components' }]);
	});

	test('a second product with the same stock code brings neither its kit nor its prices', async () => {
		await story.ledger.add([change('LAMP', { primaryId: 'P1' })]);
		const second = (one: Change): AddItem => asItem({ ...one, source: { ...one.source, primaryId: 'P2' } });
		await story.ledger.add([
			change('LAMP', { primaryId: 'P2' }),
			second(price('LAMP', '5.00')),
			second(kit('LAMP', [['BULB', '2']])),
		]);
		expect(await open()).toEqual(['stockItem LAMP queued']);
		expect((await story.ledger.exceptions()).map(({ type, primaryId }) => [type, primaryId])).toEqual([
			['duplicateStockCode', 'P2'],
		]);
		expect((await story.ledger.stats()).rejected).toBe(1);
	});

	test('prices that wait for their own item are no reason to call a product held', async () => {
		await story.ledger.add([change('LAMP'), asItem(price('LAMP', '5.00'))]);
		story.later(story.ledger.settings.heldStatusAfterMs + 1);
		expect(await story.ledger.take({ target: 'pimberly' })).toEqual([]);
	});

	test.each([
		['primaryId', 'primaryId:bulb-product'],
		['internalId', 'internalId:id-BULB'],
	])('a component given by its %s is sent by its stock code, whichever comes first', async (_, standIn) => {
		const waiting = kit('SET', [[standIn, '2']]);
		await story.ledger.add([change('SET'), asItem(waiting)]);
		await story.ledger.add([change('BULB', { primaryId: 'bulb-product' })]);
		const components = [{ stockCode: 'BULB', quantity: '2' }];
		// The same again means nothing new.
		const [again] = await story.ledger.add([asItem({ ...waiting, version: later(1) })]);
		expect(again!.outcome).toBe('unchanged');
		expect(await open()).toEqual(['kit SET held', 'stockItem BULB queued', 'stockItem SET queued']);

		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		expect(await story.ledger.take({ target: 'khaos' })).toMatchObject([
			{ kind: 'kit', key: 'SET', desired: { components } },
		]);
		const [other] = await story.ledger.add([asItem(kit('SET-2', [[standIn, '1']]))]);
		expect(other).toMatchObject({ change: { desired: { components: [{ stockCode: 'BULB', quantity: '1' }] } } });
	});

	test('the relation of a product that is no bundle any more is not sent', async () => {
		const typed = (productType: string, version: string): AddItem => {
			const item = stockItem('SET', { version });
			return asItem({ ...item, desired: { ...item.desired, productType } });
		};
		await story.ledger.add([typed('Bundle', later(1)), asItem(kit('SET', [['BULB', '2']], later(1)))]);
		expect(await open()).toContain('kit SET held');
		// Older news changes nothing.
		await story.ledger.add([typed('Simple', later(0))]);
		expect(await open()).toContain('kit SET held');
		await story.ledger.add([typed('Simple', later(2))]);
		expect((await open()).filter((one) => one.startsWith('kit'))).toEqual([]);
	});

	describe('a variant whose parent is a variant itself', () => {
		const typed = (code: string, productType: string, parent?: string, version?: string): AddItem => {
			const item = stockItem(code, {
				...(parent === undefined ? {} : { parent }),
				...(version === undefined ? {} : { version }),
			});
			return asItem({ ...item, desired: { ...item.desired, productType, parentKey: parent ?? null } });
		};
		const parent = typed('TEE', 'VariantParent');
		const variant = typed('TEE-RED', 'Variant', 'TEE');
		const below = typed('TEE-RED-L', 'Variant', 'TEE-RED');
		const itsPrice = asItem(price('TEE-RED-L', '5.00'));

		test.each([
			['together', [[parent, below, itsPrice, variant]]],
			['one after the other', [[parent], [variant], [below, itsPrice]]],
			['the lowest first', [[below, itsPrice], [variant], [parent]]],
		])('is rejected, and the other is sent: %s', async (_, calls) => {
			for (const items of calls) await story.ledger.add(items);
			expect(await story.ledger.exceptions()).toMatchObject([
				{
					type: 'invalidProduct',
					primaryId: 'TEE-RED-L',
					field: 'parents',
					value: 'TEE-RED',
					reason: expect.stringContaining('a variant of TEE-RED, which is a variant itself'),
				},
			]);
			expect((await story.ledger.stats()).rejected).toBe(1);
			expect(await open()).toEqual(['stockItem TEE queued', 'stockItem TEE-RED held']);
		});

		test('is sent once that is mended', async () => {
			await story.ledger.add([parent, variant, below]);
			await story.ledger.add([typed('TEE-RED-L', 'Variant', 'TEE', later(5))]);
			expect(await story.ledger.exceptions()).toEqual([]);
			expect(await open()).toContain('stockItem TEE-RED-L held');
			// Or by the other's type.
			await story.ledger.add([typed('CAP-1', 'Variant', 'CAP'), typed('CAP', 'Variant', 'HATS')]);
			await story.ledger.add([
				typed('CAP', 'VariantParent', undefined, later(6)),
				typed('CAP-1', 'Variant', 'CAP', later(6)),
			]);
			expect(await story.ledger.exceptions()).toEqual([]);
		});
	});

	test('taking a relation away means something only where there was one', async () => {
		const clear = (version: string): AddItem =>
			asItem({ ...kit('SET', [], version), needs: [{ kind: 'stockItem', key: 'SET' }] });
		const [never] = await story.ledger.add([clear(later(1))]);
		expect(never).toMatchObject({ outcome: 'unchanged', reason: 'There is no relation to take away' });

		await story.ledger.add([change('SET'), change('BULB'), asItem(kit('SET', [['BULB', '2']], later(2)))]);
		for (let round = 0; round < 2; round++)
			await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		const [once] = await story.ledger.add([clear(later(3))]);
		expect(once!.outcome).toBe('accepted');
	});
});
