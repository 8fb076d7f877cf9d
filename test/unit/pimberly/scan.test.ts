import fc from 'fast-check';

import { sampleProducts } from '../../../lib/pimberly/scan';
import { dropped } from './account';
import { MINUTE, everything, withRelations, stage, ids } from './scanStage';
import { answer, feedClient, NOON } from './world';

describe('several polls', () => {
	test('first everything, then only what changed, and nothing twice', async () => {
		const { given, hold, products } = stage();
		hold('a', 'b', 'c');
		expect(ids(await products())).toEqual(['a', 'b', 'c']);
		given.pass(MINUTE);
		expect(await products()).toEqual([]);
		hold('b', 'd');
		given.pass(MINUTE);
		expect(ids(await products())).toEqual(['b', 'd']);
		given.pass(MINUTE);
		expect(await products()).toEqual([]);
	});

	test('from now on: what was there before is left alone', async () => {
		const { given, hold, products } = stage({ ...everything, startFrom: { from: 'now' } });
		hold('a');
		given.pass(60 * MINUTE);
		expect(await products()).toEqual([]);
		hold('b');
		given.pass(MINUTE);
		expect(ids(await products())).toEqual(['b']);
	});

	test('more than one step may take is carried over, by the page', async () => {
		const { given, hold, products, kept } = stage({ ...everything, maxPerStep: 4, pageSize: 3 });
		hold('a', 'b', 'c', 'd', 'e', 'f', 'g');
		expect(ids(await products())).toEqual(['a', 'b', 'c', 'd']);
		expect(kept.cursor).toMatchObject({ watermark: null, scan: { sinceId: 'd' } });
		given.pass(MINUTE);
		expect(ids(await products())).toEqual(['e', 'f', 'g']);
		expect(kept.cursor).toMatchObject({ watermark: new Date(NOON - 5 * MINUTE).toISOString(), scan: null });
	});

	test('a product that changes behind the cursor during a scan comes with the next one', async () => {
		const { given, hold, products } = stage({ ...everything, maxPerStep: 2, pageSize: 2 });
		hold('a', 'b', 'c');
		expect(ids(await products())).toEqual(['a', 'b']);
		given.pass(MINUTE);
		hold('a');
		given.pass(MINUTE);
		expect(ids(await products())).toEqual(['c']);
		given.pass(MINUTE);
		expect(ids(await products())).toEqual(['a']);
	});

	test('a server that gives more than asked for does not make a step larger than its Max', async () => {
		const { account, hold, products } = stage({ ...everything, maxPerStep: 4, pageSize: 3 });
		hold('a', 'b', 'c', 'd', 'e');
		account.pageSize = () => 3;
		expect(ids(await products())).toEqual(['a', 'b', 'c']);
		expect(ids(await products())).toEqual(['d', 'e']);
	});

	test('a server that gives less than asked for is read to the end', async () => {
		const { account, hold, products } = stage();
		hold('a', 'b', 'c', 'd', 'e');
		account.pageSize = () => 2;
		expect(ids(await products())).toEqual(['a', 'b', 'c', 'd', 'e']);
	});

	test('a step that is still under way is not overtaken', async () => {
		const { hold, port, step } = stage();
		hold('a');
		await port.begin(10 * MINUTE);
		expect(await step()).toEqual({ status: 'busy' });
	});

	test('a step that took longer than its lease emits nothing', async () => {
		const { account, given, hold, step, kept } = stage(everything, 1_000);
		hold('a');
		account.afterCall = () => given.pass(60 * MINUTE);
		expect(await step()).toEqual({ status: 'overtaken' });
		expect(kept.cursor).toBeUndefined();
	});
});

describe('errors', () => {
	test('at the first page leave the cursor where it was', async () => {
		const { account, given, hold, products, kept } = stage();
		hold('a');
		await products();
		given.pass(10 * MINUTE);
		hold('b');
		const before = kept.cursor;
		account.fault = () => dropped();
		await expect(products()).rejects.toThrow('dropped');
		expect(kept.cursor).toEqual(before);
		account.fault = () => null;
		expect(ids(await products())).toEqual(['b']);
	});

	test('later on keep the pages that are whole, and go on from there', async () => {
		const { account, hold, step } = stage({ ...everything, pageSize: 2 });
		hold('a', 'b', 'c', 'd');
		account.fault = (_call, number) => (number === 2 ? answer(401, { error: 'odd' }) : null);
		expect(await step()).toMatchObject({
			products: [{ internalId: 'a' }, { internalId: 'b' }],
			complete: false,
			cutShortBy: { status: 401 },
		});
		expect(await step()).toMatchObject({
			products: [{ internalId: 'c' }, { internalId: 'd' }],
			complete: true,
			cutShortBy: null,
		});
	});

	test('a page that is cut off is asked for again, at the same place', async () => {
		const { account, hold, products } = stage({ ...everything, pageSize: 2 });
		hold('a', 'b', 'c');
		account.fault = (_call, number) => (number === 2 ? answer(200, '{"data":[{"_id":"c","prima') : null);
		expect(ids(await products())).toEqual(['a', 'b', 'c']);
	});

	test('a place in the list that is not taken any more starts the scan over', async () => {
		const { account, hold, products } = stage({ ...everything, maxPerStep: 1, pageSize: 1 });
		hold('a', 'b');
		await products();
		account.fault = (_call, number) => (number === 2 ? answer(400, { error: 'sinceId is not an id' }) : null);
		expect(ids(await products())).toEqual(['a']);
		expect(ids(await products())).toEqual(['b']);
	});

	test('a list without end is an error', async () => {
		const { account, step } = stage();
		const pages = ['x', 'y'];
		account.fault = (_call, number) =>
			answer(200, { data: [{ _id: '1', primaryId: '1', name: 'One' }], maxId: pages[number % 2] });
		await expect(step()).rejects.toThrow('repeat');
	});
});

describe('a sample', () => {
	test('is what a scan would emit, and moves nothing', async () => {
		const { account, given, kept, port } = stage();
		account.put({
			internalId: '1',
			primaryId: 'V',
			dateUpdated: given.now(),
			parents: ['P'],
			attributes: { type: 'Variant' },
		});
		account.put({ internalId: '2', primaryId: 'P', dateUpdated: given.now(), attributes: { type: 'VariantParent' } });
		const sample = await sampleProducts(feedClient(given), port, withRelations, 1);
		expect(sample).toMatchObject([{ primaryId: 'V', parents: ['P'], emission: null }]);
		expect(kept.cursor).toBeUndefined();
	});
});

test('Only When that names an attribute nobody has says so', async () => {
	const { hold, step } = stage({ ...everything, onlyWhen: { attribute: 'readyForERP', values: ['true'] } });
	hold('a', 'b');
	expect(await step()).toMatchObject({ products: [], warnings: [expect.stringContaining('readyForERP')] });
});

test('whatever changes when, and whatever fails: the last state of every product is emitted in the end', async () => {
	const change = fc.record({ id: fc.integer({ min: 10, max: 29 }), afterMs: fc.integer({ min: 0, max: 90_000 }) });
	await fc.assert(
		fc.asyncProperty(
			fc.array(change, { maxLength: 60 }),
			fc.integer({ min: 1, max: 7 }),
			fc.integer({ min: 1, max: 12 }),
			fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 20 }),
			fc.integer({ min: -120_000, max: 120_000 }),
			async (changes, pageSize, maxPerStep, faultyCalls, skew) => {
				const { account, given, step } = stage({ ...everything, pageSize, maxPerStep });
				const last = new Map<string, string>();
				const waiting = [...changes];
				const happen = () => {
					const next = waiting.shift();
					if (next === undefined) return;
					given.pass(next.afterMs);
					// Pimberly's clock may be ahead of ours or behind it.
					account.put({ internalId: `${next.id}`, primaryId: `P-${next.id}`, dateUpdated: given.now() + skew });
				};
				account.afterCall = happen;
				account.fault = (_call, number) => (faultyCalls.includes(number) ? answer(401, { error: 'odd' }) : null);
				const run = async () =>
					await step().then(
						(outcome) => {
							if (outcome.status !== 'done') return false;
							for (const product of outcome.products) last.set(product.internalId, product.dateUpdated);
							return outcome.complete;
						},
						() => false,
					);
				for (let round = 0; round < 300 && (waiting.length > 0 || round < 3); round++) {
					await run();
					happen();
					given.pass(20_000);
				}
				faultyCalls.length = 0;
				let complete = 0;
				for (let round = 0; round < 100 && complete < 2; round++) {
					if (await run()) complete++;
					given.pass(20_000);
				}
				const held = new Map(
					[...account.products.values()].map((each) => [each.internalId, new Date(each.dateUpdated).toISOString()]),
				);
				expect(last).toEqual(held);
			},
		),
		{ numRuns: 150 },
	);
});
