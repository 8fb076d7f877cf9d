import { answer } from './world';
import { Account, dropped } from './account';
import { MINUTE, withRelations, stage, ids } from './scanStage';

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
			account.put({
				internalId: '2',
				primaryId: 'TEE',
				dateUpdated: given.now(),
				attributes: { type: 'VariantParent' },
			});
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
