import type { AddItem } from '../../lib/ledger/intake/add';
import type { BatchItem, Kind, Target } from '../../lib/shapes';
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
	rejection,
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
	describe('what waits for what', () => {
		test('a kit relation waits for its parent and every component', async () => {
			expect(await add(kit('SET', ['SOCKS*2', 'SHOES*1']), change('SET'), change('SOCKS'))).toEqual([
				'held',
				'accepted',
				'accepted',
			]);
			expect(await confirmAll(story.ledger)).toEqual(['stockItem SET', 'stockItem SOCKS']);
			const [held] = await story.ledger.getMany({ kinds: ['kit'], limit: 10 });
			expect(held).toMatchObject({ state: 'held', waitsFor: ['SHOES'] });
			await add(change('SHOES'));
			expect(await confirmAll(story.ledger)).toEqual(['stockItem SHOES', 'kit SET']);
		});

		test('a kit whose component is nowhere is an exception as soon as Khaos was asked, and ends when it comes', async () => {
			await add(change('SET'), change('SOCKS'), kit('SET', ['SOCKS*2', 'SHOES*1']));
			await confirmAll(story.ledger);
			story.later(46_000);
			const [lookUp] = await take(['stockItem']);
			expect(lookUp).toMatchObject({ key: 'SHOES', purpose: 'lookUp' });
			const nothing = { exists: false, stockCode: 'SHOES', stockId: '', parentCode: '', columns: {} };
			await story.ledger.settle([result(lookUp!, 'failed', { readBack: nothing, reason: 'Not in Khaos.' })]);
			expect(await story.ledger.exceptions()).toMatchObject([
				{
					type: 'heldTooLong',
					primaryId: 'SET',
					field: 'components',
					value: 'SHOES',
					reason:
						'The kit relation of SET names SHOES, which is not in Khaos Control and has not come from Pimberly. Nothing of the relation is written.',
				},
			]);
			await add(change('SHOES'));
			expect(await confirmAll(story.ledger)).toEqual(['stockItem SHOES', 'kit SET']);
			expect(await story.ledger.exceptions()).toEqual([]);
		});

		test('a price waits for its stock item, and then goes before everything else', async () => {
			await add(price('LAMP', 'Trade', '9.50'), change('LAMP'));
			await confirmAll(story.ledger, ['stockItem']);
			await add(change('MUG'));
			expect((await take()).map((item) => item.kind)).toEqual(['price', 'stockItem']);
		});

		test('a kit and its parent share a key and nothing else', async () => {
			await confirmedBundle(story.ledger);
			await add(change('SET', { version: later, columns: { SHORT_DESC: 'Running set' } }));
			const [item] = await take(['stockItem']);
			await story.ledger.settle([result(item!, 'failed', { reason: 'Khaos says no.', remedy: 'Ask it.' })]);
			expect((await add(kit('SET', ['SOCKS*2', 'SHOES*2'], { version: again })))[0]).toBe('accepted');
			const [relation] = await take(['kit']);
			await story.ledger.settle([result(relation!, 'failed', { reason: 'It is locked.', remedy: 'Unlock it.' })]);
			expect((await story.ledger.exceptions()).map(({ type, key, field }) => [type, key, field])).toEqual([
				['failedTransfer', 'SET', ''],
				['failedTransfer', 'SET', 'components'],
			]);
			await add(change('SET', { version: '2026-11-02T08:59:50.000Z', columns: { SHORT_DESC: 'Running set, blue' } }));
			await story.ledger.settle((await take(['stockItem'])).map(confirmed));
			expect((await story.ledger.exceptions()).map(({ field, reason }) => [field, reason])).toEqual([
				['components', 'The kit relation of SET: It is locked.'],
			]);
		});
	});

	describe('what is the same', () => {
		test('components in another order, in another case and with other noughts are the same kit', async () => {
			await confirmedBundle(story.ledger);
			expect(await add(kit('SET', ['Shoes*1.0', 'socks*2.00'], { version: later }))).toEqual(['unchanged']);
			expect(await add(kit('SET', ['SHOES*1', 'SOCKS*3'], { version: again }))).toEqual(['accepted']);
		});

		test('amounts are compared as numbers', async () => {
			await add(change('LAMP'), price('LAMP', 'Trade', '9.50'));
			await confirmAll(story.ledger);
			expect(await add(price('LAMP', 'Trade', '9.5', { version: later }))).toEqual(['unchanged']);
			expect(await add(price('LAMP', 'Trade', '9.51', { version: again }))).toEqual(['accepted']);
		});

		test('a new price of a component never touches the kit', async () => {
			await confirmedBundle(story.ledger);
			await add(
				change('SOCKS', { version: later, columns: { SELL_PRICE: '3.00' } }),
				kit('SET', ['SOCKS*2', 'SHOES*1'], { version: later }),
			);
			expect(await confirmAll(story.ledger)).toEqual(['stockItem SOCKS']);
		});

		test('a parent that is renamed never sends its children again', async () => {
			await add(change('TEE'), change('TEE-S', { parent: 'TEE' }), change('TEE-M', { parent: 'TEE' }));
			await confirmAll(story.ledger);
			await add(
				change('TEE', { version: later, columns: { SHORT_DESC: 'Crew tee' } }),
				change('TEE-S', { version: later, parent: 'TEE' }),
				change('TEE-M', { version: later, parent: 'TEE' }),
			);
			expect(await confirmAll(story.ledger)).toEqual(['stockItem TEE']);
		});
	});

	describe('what Khaos would refuse', () => {
		const refusal = async (): Promise<Array<{ primaryId: string; field: string; reason: string; remedy: string }>> =>
			(await story.ledger.exceptions()).map(({ primaryId, field, reason, remedy }) => ({
				primaryId,
				field,
				reason,
				remedy,
			}));

		test('a component that is a kit itself; the rest of the product goes', async () => {
			await confirmedBundle(story.ledger);
			expect(await add(change('GIFT'), kit('GIFT', ['SET*1', 'SOCKS*1']))).toEqual(['accepted', 'rejected']);
			expect(await refusal()).toEqual([
				{
					primaryId: 'GIFT',
					field: 'components',
					reason:
						"The component SET of GIFT is itself a kit, and Khaos Control can't nest kits. Nothing of the relation was written.",
					remedy:
						'Name the components of SET in its place in Pimberly, or take the components of SET away; then save GIFT again.',
				},
			]);
			expect(await confirmAll(story.ledger)).toEqual(['stockItem GIFT']);
		});

		test('a kit that is a component of another, whichever comes first, also in one go', async () => {
			const outcomes = await add(change('SET'), change('GIFT'), kit('GIFT', ['SET*1']), kit('SET', ['SOCKS*2']));
			expect(outcomes).toEqual(['accepted', 'accepted', 'held', 'rejected']);
			expect(await refusal()).toMatchObject([
				{ primaryId: 'SET', reason: expect.stringContaining('also a component of GIFT') as string },
			]);
		});

		test('a mended kit ends the exception', async () => {
			await confirmedBundle(story.ledger);
			await add(change('GIFT'), kit('GIFT', ['SET*1']));
			await add(change('GIFT', { version: later }), kit('GIFT', ['SOCKS*1'], { version: later }));
			expect(await refusal()).toEqual([]);
			expect(await confirmAll(story.ledger)).toEqual(['stockItem GIFT', 'kit GIFT']);
		});

		test('a build on what is a pack', async () => {
			await confirmedBundle(story.ledger);
			expect(await add(kit('SET', ['SOCKS*2', 'SHOES*1'], { version: later, relation: 'build' }))).toEqual([
				'rejected',
			]);
			expect(await refusal()).toMatchObject([
				{
					primaryId: 'SET',
					reason: expect.stringContaining("is a pack in Khaos Control and can't be made a build") as string,
				},
			]);
			await add(kit('SET', [], { version: later }));
			await confirmAll(story.ledger);
			expect(
				await add(change('SET', { version: again }), kit('SET', ['SOCKS*2'], { version: again, relation: 'build' })),
			).toEqual(['unchanged', 'accepted']);
			expect(await refusal()).toEqual([]);
		});

		test('a component that is named twice, and a quantity that Khaos has no place for', async () => {
			expect(await add(kit('A', ['SOCKS*1', 'socks*2']), kit('B', ['SOCKS*0']), kit('C', ['SOCKS*1.005']))).toEqual([
				'rejected',
				'rejected',
				'rejected',
			]);
		});

		test('a code that another product has claimed takes neither a kit nor a price', async () => {
			await add(change('SET', { primaryId: 'P1' }));
			expect(
				await add(kit('SET', ['SOCKS*1'], { primaryId: 'P2' }), price('SET', 'Trade', '1.00', { primaryId: 'P2' })),
			).toEqual(['rejected', 'rejected']);
			expect((await story.ledger.exceptions()).map(({ type, primaryId }) => [type, primaryId])).toEqual([
				['duplicateStockCode', 'P2'],
			]);
		});
	});

	describe('components held until their kit parent is confirmed', () => {
		const addHolding = async (...items: AddItem[]): Promise<void> =>
			void (await story.ledger.add(items, { holdComponents: true }));

		test('the kit comes first', async () => {
			await addHolding(kit('SET', ['SOCKS*2']), change('SET', { parent: 'RANGE' }));
			await addHolding(change('SOCKS'));
			expect(await take()).toEqual([]);
			await addHolding(change('RANGE'));
			expect(await confirmAll(story.ledger)).toEqual([
				'stockItem RANGE',
				'stockItem SET',
				'stockItem SOCKS',
				'kit SET',
			]);
		});

		test('the component comes first', async () => {
			await addHolding(change('SOCKS'));
			await addHolding(kit('SET', ['SOCKS*2']));
			expect(await take()).toEqual([]);
			await addHolding(change('SET'));
			expect(await confirmAll(story.ledger)).toEqual(['stockItem SET', 'stockItem SOCKS', 'kit SET']);
		});

		test('a component that Khaos has is not held', async () => {
			await add(change('SOCKS'));
			await confirmAll(story.ledger);
			await addHolding(kit('SET', ['SOCKS*2']), change('SOCKS', { version: later, columns: { SELL_PRICE: '3.00' } }));
			expect(await confirmAll(story.ledger)).toEqual(['stockItem SOCKS']);
		});
	});

	describe('what a person imports', () => {
		const minute = 60_000;
		const send = async (): Promise<void> => {
			await add(change('SOCKS'), change('SET'), kit('SET', ['SOCKS*2']));
			await confirmAll(story.ledger, ['stockItem']);
			const [item] = await take(['kit']);
			await story.ledger.settle([result(item!, 'sent', { awaiting: 'import', reason: 'In relations.tsv' })]);
		};
		const stillOut = (item: BatchItem) =>
			result(item, 'sent', {
				awaiting: 'import',
				reason: 'SOCKS is missing',
				differences: [{ field: 'SOCKS', expected: '2', actual: null }],
			});

		test('it is looked for soon, then less and less often, and confirmed when Khaos shows it', async () => {
			await send();
			expect(await take(['kit'])).toEqual([]);
			const waits: number[] = [];
			for (let look = 0; look < 4; look++) {
				let waited = 0;
				let batch: BatchItem[] = [];
				while (batch.length === 0) {
					story.later(1_000);
					waited += 1_000;
					batch = await take(['kit']);
				}
				expect(batch[0]).toMatchObject({ purpose: 'check', key: 'SET' });
				waits.push(waited);
				await story.ledger.settle([look === 3 ? confirmed(batch[0]!) : stillOut(batch[0]!)]);
			}
			expect(waits).toEqual([10_000, 20_000, 40_000, 80_000]);
			expect(await story.ledger.getMany({ kinds: ['kit'], limit: 10 })).toEqual([]);
		});

		test('a look that fails, or finds something else, is no attempt and writes nothing again', async () => {
			await send();
			for (const cause of ['unavailable', 'different', 'different', 'different', 'refused', 'refused'] as const) {
				story.later(20 * minute);
				const [item] = await take(['kit']);
				expect(item?.purpose).toBe('check');
				await story.ledger.settle([result(item!, 'retry', { cause, reason: 'No answer' })]);
			}
			expect((await story.ledger.stats()).byKind.kit.sent).toBe(1);
			expect(await story.ledger.exceptions()).toEqual([]);
		});

		test('after a day it is an exception, it stays in sight, and ends by itself when Khaos shows it', async () => {
			await send();
			let looks = 0;
			for (let waited = 0; waited <= 26 * 60; waited += 5, story.later(5 * minute)) {
				for (const item of await take(['kit'])) {
					await story.ledger.settle([stillOut(item)]);
					if (waited > 24 * 60 + 10) looks += 1;
				}
			}
			expect(looks).toBeLessThanOrEqual(3);
			const [exception] = await story.ledger.exceptions();
			expect(exception).toMatchObject({ type: 'failedTransfer', primaryId: 'SET', key: 'SET', field: 'components' });
			expect(exception?.reason).toMatch(
				/kit relation of SET was handed over with an import file 2[456] hours ago, and Khaos Control does not show it\. SOCKS is missing/,
			);
			expect(exception?.remedy).toContain('its file was not imported');
			expect((await story.ledger.getMany({ kinds: ['kit'], limit: 10 }))[0]?.state).toBe('sent');

			story.later(60 * minute);
			await story.ledger.settle((await take(['kit'])).map(confirmed));
			expect(await story.ledger.exceptions()).toEqual([]);
		});

		test('saving the product again after that writes the file anew; before, it does not', async () => {
			await send();
			expect(await add(kit('SET', ['SOCKS*2'], { version: later }))).toEqual(['unchanged']);
			story.later(25 * 60 * minute);
			await story.ledger.settle((await take(['kit'])).map(stillOut));
			expect(await add(kit('SET', ['SOCKS*2'], { version: again }))).toEqual(['accepted']);
			expect((await take(['kit']))[0]?.purpose).toBe('write');
		});

		test('newer content takes its place', async () => {
			await send();
			expect(await add(kit('SET', ['SOCKS*3'], { version: later }))).toEqual(['accepted']);
			const [item] = await take(['kit']);
			expect(item).toMatchObject({
				purpose: 'write',
				desired: { components: [{ stockCode: 'SOCKS', quantity: '3' }] },
			});
			expect((await story.ledger.stats()).byKind.kit.sent).toBe(0);
		});

		test('the limit is a setting of the one who settles', async () => {
			await send();
			story.later(2 * 60 * minute);
			await story.ledger.settle((await take(['kit'])).map(stillOut), { sentLimitMs: 60 * minute });
			expect((await story.ledger.exceptions()).map(({ type }) => type)).toEqual(['failedTransfer']);
		});

		test('what waits for the product is dropped when it is deleted, what was sent is watched to its end', async () => {
			await send();
			await add(price('SET', 'Trade', '5.00'));
			await story.ledger.hints.add([{ idKind: 'primaryId', id: 'SET', deleted: true }]);
			const { token, hints } = await story.ledger.hints.take(10, minute);
			await story.ledger.hints.gone(token, [{ hintId: hints[0]!.hintId, primaryId: 'SET' }]);
			expect((await story.ledger.getMany({ limit: 10 })).map(({ kind, state }) => [kind, state])).toContainEqual([
				'kit',
				'sent',
			]);
			expect(await story.ledger.getMany({ kinds: ['price'], limit: 10 })).toEqual([]);
		});
	});

	describe('by kind', () => {
		test('a taker of prices gets prices, and never their neighbours', async () => {
			await add(change('A'), change('B'));
			await confirmAll(story.ledger);
			await add(
				change('A', { version: later, columns: { SELL_PRICE: '3.00' } }),
				price('A', 'Trade', '1.00'),
				price('B', 'Trade', '1.00'),
			);
			expect(keys(await take(['price']))).toEqual(['A | Trade | 1-99999', 'B | Trade | 1-99999']);
			expect(keys(await take(['kit']))).toEqual([]);
			expect(keys(await take(['stockItem']))).toEqual(['A']);
		});

		test('a hold of a stock item is ended with those of its prices, and a search finds them all', async () => {
			await add(price('A', 'Trade', '1.00'), price('AB', 'Trade', '1.00'));
			expect((await story.ledger.getMany({ search: 'a', kinds: ['price'], limit: 10 })).map(({ key }) => key)).toEqual([
				'A | Trade | 1-99999',
			]);
			expect(await story.ledger.endHold(['A'], 'It is there')).toBe(1);
			expect(keys(await take(['price']))).toEqual(['A | Trade | 1-99999']);
		});
	});

	test('a rejection of a product says nothing of its kit that is under way', async () => {
		await confirmedBundle(story.ledger);
		await add(kit('SET', ['SOCKS*5'], { version: later }));
		await add(rejection('SET', 'itemName', { source: { primaryId: 'SET', internalId: '', dateUpdated: again } }));
		expect(await confirmAll(story.ledger)).toEqual(['kit SET']);
	});
});
