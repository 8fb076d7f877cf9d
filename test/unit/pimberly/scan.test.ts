import fc from 'fast-check';

import type { Product } from '../../../lib/shapes';
import { DEFAULT_HEADINGS } from '../../../lib/pimberly/product';
import { DEFAULT_RELATIONS } from '../../../lib/pimberly/relations';
import { sampleProducts, scanStep, type ScanSettings, type StepOutcome } from '../../../lib/pimberly/scan';
import type { ScanPort } from '../../../lib/pimberly/scanPort';
import { newProcessMemory, staticScanPort, type StaticMemory } from '../../../lib/pimberly/staticScanPort';
import { Account, dropped } from './account';
import { answer, feedClient, NOON, world } from './world';

const MINUTE = 60_000;
const everything: ScanSettings = {
	source: 'updated',
	startFrom: { from: 'all' },
	overlapMs: 5 * MINUTE,
	fullResyncAt: null,
	maxPerStep: 5_000,
	pageSize: 100,
	onlyWhen: null,
	relations: null,
	headings: DEFAULT_HEADINGS,
};
const withRelations: ScanSettings = {
	...everything,
	relations: {
		...DEFAULT_RELATIONS,
		typeAttribute: 'type',
		variantParentValues: ['VariantParent'],
		variantValues: ['Variant'],
		otherwise: 'none',
	},
};

/** An account, a trigger's memory and a clock. */
function stage(settings: ScanSettings = everything, budgetMs = 300_000) {
	const account = new Account();
	const given = { ...world(), request: account.request };
	const kept: StaticMemory = {};
	const memory = newProcessMemory();
	let tokens = 0;
	const port = staticScanPort(kept, memory, given.now, () => `step-${++tokens}`);
	const step = async (more: Partial<ScanSettings> = {}, through: ScanPort = port): Promise<StepOutcome> =>
		await scanStep({ client: feedClient(given), port: through, now: given.now, budgetMs }, { ...settings, ...more });
	const products = async (more: Partial<ScanSettings> = {}): Promise<Product[]> => {
		const outcome = await step(more);
		return outcome.status === 'done' ? outcome.products : [];
	};
	const hold = (...ids: string[]) => {
		for (const id of ids) account.put({ internalId: id, primaryId: `P-${id}`, dateUpdated: given.now() });
	};
	return { account, given, kept, memory, port, step, products, hold };
}
const ids = (products: Product[]): string[] => products.map((product) => product.internalId);

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

describe('relations', () => {
	const family = (account: Account, now: number, ...sizes: string[]) => {
		for (const size of sizes) {
			account.put({
				internalId: `1-${size}`,
				primaryId: `SHIRT-${size}`,
				dateUpdated: now,
				parents: ['SHIRT'],
				attributes: { type: 'Variant' },
			});
		}
		account.put({ internalId: '2', primaryId: 'SHIRT', dateUpdated: now, attributes: { type: 'VariantParent' } });
		account.put({ internalId: '3', primaryId: 'MUG', dateUpdated: now, attributes: { type: 'Simple' } });
	};

	test('one look-up of a variant parent says the parent of all its variants, that come first in the list', async () => {
		const { account, given, products } = stage(withRelations);
		family(account, given.now(), 'S', 'M');
		const emitted = await products();
		expect(emitted.map(({ primaryId, parents, items }) => ({ primaryId, parents, items }))).toEqual([
			{ primaryId: 'SHIRT-M', parents: ['SHIRT'], items: [] },
			{ primaryId: 'SHIRT-S', parents: ['SHIRT'], items: [] },
			{ primaryId: 'SHIRT', parents: [], items: ['SHIRT-S', 'SHIRT-M'] },
			{ primaryId: 'MUG', parents: [], items: [] },
		]);
		expect(account.calls.filter((call) => call !== 'GET')).toEqual(['GET SHIRT items', 'GET SHIRT items']);
	});

	test('a variant that changes alone has its parent from memory, for a day', async () => {
		const { account, given, products } = stage(withRelations);
		family(account, given.now(), 'S');
		await products();
		const change = () => account.put({ ...account.products.get('1-S')!, dateUpdated: given.now() });
		given.pass(MINUTE);
		change();
		account.calls.length = 0;
		expect(await products()).toMatchObject([{ primaryId: 'SHIRT-S', parents: ['SHIRT'] }]);
		expect(account.calls.filter((call) => call !== 'GET')).toEqual([]);
		given.pass(25 * 60 * MINUTE);
		change();
		expect(await products()).toMatchObject([{ primaryId: 'SHIRT-S', parents: ['SHIRT'] }]);
		expect(account.calls).toContain('GET SHIRT-S parents');
	});

	test('a variant that moved to another parent is looked up where memory and the scan differ', async () => {
		const { account, given, products } = stage(withRelations);
		family(account, given.now(), 'S');
		await products();
		given.pass(MINUTE);
		account.put({
			internalId: '4',
			primaryId: 'POLO',
			dateUpdated: given.now(),
			attributes: { type: 'VariantParent' },
		});
		account.put({ ...account.products.get('1-S')!, dateUpdated: given.now(), parents: ['POLO'] });
		const emitted = await products();
		expect(emitted.find((product) => product.primaryId === 'SHIRT-S')?.parents).toEqual(['POLO']);
		expect(account.calls).toContain('GET SHIRT-S parents');
	});

	test('a variant that came before its parent comes again with it, and once more when the parent drops it', async () => {
		const { account, given, products, step } = stage(withRelations);
		const tee = { internalId: '1', primaryId: 'TEE-S', dateUpdated: given.now(), attributes: { type: 'Variant' } };
		account.put(tee);
		expect(await products()).toMatchObject([{ primaryId: 'TEE-S', parents: [] }]);
		const edit = (parents: string[]) => {
			given.pass(10 * MINUTE);
			account.put({ ...tee, parents });
			account.put({ internalId: '2', primaryId: 'TEE', dateUpdated: given.now(), attributes: { type: 'VariantParent' } });
		};
		edit(['TEE']);
		// It can't be read at first: the parent goes on, the variant is not forgotten.
		account.fault = (call) => (call === 'GET TEE-S' ? answer(403, { error: 'not now' }) : null);
		expect(await step()).toMatchObject({
			products: [{ primaryId: 'TEE', items: ['TEE-S'] }],
			cutShortBy: { status: 403 },
		});
		account.fault = () => null;
		given.pass(MINUTE);
		expect(await products()).toMatchObject([{ primaryId: 'TEE-S', parents: ['TEE'] }]);
		given.pass(MINUTE);
		expect(await products()).toEqual([]);

		edit([]);
		expect(await products()).toMatchObject([
			{ primaryId: 'TEE', items: [] },
			{ primaryId: 'TEE-S', parents: [] },
		]);
	});

	test('a product of unknown type is looked up both ways', async () => {
		const { account, given, products } = stage(withRelations);
		account.put({ internalId: '1', primaryId: 'X', dateUpdated: given.now() });
		await products();
		expect(account.calls).toEqual(expect.arrayContaining(['GET X items', 'GET X parents']));
	});

	test('a look-up that keeps failing fails the step: nothing is passed on without its parents', async () => {
		const { account, given, step, kept } = stage(withRelations);
		account.put({
			internalId: '1',
			primaryId: 'V',
			dateUpdated: given.now(),
			parents: ['P'],
			attributes: { type: 'Variant' },
		});
		account.fault = (call) => (call === 'GET V parents' ? dropped() : null);
		await expect(step()).rejects.toThrow('Product V: reading its parents failed');
		expect(kept.cursor).toBeUndefined();
		account.fault = () => null;
		account.put({ internalId: '2', primaryId: 'P', dateUpdated: given.now(), attributes: { type: 'Simple' } });
		given.pass(MINUTE);
		expect(await step()).toMatchObject({ products: [{ primaryId: 'V', parents: ['P'] }, { primaryId: 'P' }] });
	});

	test('pages before the one with the failing look-up are passed on', async () => {
		const { account, given, step } = stage({ ...withRelations, pageSize: 1 });
		account.put({ internalId: '1', primaryId: 'MUG', dateUpdated: given.now(), attributes: { type: 'Simple' } });
		account.put({ internalId: '2', primaryId: 'V', dateUpdated: given.now(), attributes: { type: 'Variant' } });
		account.fault = (call) => (call === 'GET V parents' ? answer(403, { error: 'no' }) : null);
		expect(await step()).toMatchObject({
			products: [{ primaryId: 'MUG' }],
			complete: false,
			cutShortBy: { status: 403 },
		});
	});

	test('a refusal that others contradict is tried once more', async () => {
		const { account, given, products } = stage(withRelations);
		for (const id of ['A', 'B', 'C', 'D'])
			account.put({ internalId: id, primaryId: id, dateUpdated: given.now(), attributes: { type: 'VariantParent' } });
		let refused = 0;
		account.fault = (call) => (call === 'GET C items' && refused++ === 0 ? answer(401, { error: 'odd' }) : null);
		expect(ids(await products())).toEqual(['A', 'B', 'C', 'D']);
	});

	test('with a token that is refused, a thousand products do not make a thousand calls', async () => {
		const { account, given, step } = stage(withRelations);
		for (let n = 100; n < 300; n++)
			account.put({
				internalId: `${n}`,
				primaryId: `${n}`,
				dateUpdated: given.now(),
				attributes: { type: 'VariantParent' },
			});
		account.fault = (call) => (call === 'GET' ? null : answer(401, { error: 'no' }));
		await expect(step()).rejects.toThrow('401');
		expect(account.calls.filter((call) => call !== 'GET').length).toBeLessThan(10);
	});

	test('what does not fit into the time is left to the next step', async () => {
		const { account, given, step } = stage({ ...withRelations, pageSize: 1 }, 10_000);
		for (const id of ['1', '2', '3', '4', '5', '6']) {
			account.put({
				internalId: id,
				primaryId: `V${id}`,
				dateUpdated: given.now(),
				parents: ['P'],
				attributes: { type: 'Variant' },
			});
		}
		account.afterCall = () => given.pass(1_000);
		const seen: string[] = [];
		for (let round = 0; round < 10; round++) {
			const outcome = await step();
			if (outcome.status !== 'done') throw new Error(outcome.status);
			seen.push(...outcome.products.map((product) => product.primaryId));
			if (outcome.complete) break;
		}
		expect(seen).toEqual(['V1', 'V2', 'V3', 'V4', 'V5', 'V6']);
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
