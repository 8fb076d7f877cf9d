import type { Hint } from '../../lib/pimberly/hintPort';
import { backends, beginStory, change, confirmed, keys, rejection, type Story } from './story';

describe.each(backends)('notifications of Pimberly, kept in %s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const named = (id: string, deleted = false): Hint => ({ idKind: 'primaryId', id, deleted });
	const internal = (id: string, deleted = false): Hint => ({ idKind: 'internalId', id, deleted });
	const take = async () => await story.ledger.hints.take(100, 60_000);
	const waiting = async () => (await take()).hints.map((hint) => hint.id);
	const version = '2026-11-02T08:59:00.000Z';

	/** Reads what is due and emits it, as the trigger does. */
	const emit = async (dateUpdated = version) => {
		const { token, hints } = await take();
		await story.ledger.hints.emit(
			token,
			hints.map(({ hintId, id }) => ({ hintId, primaryId: id, dateUpdated })),
		);
		return token;
	};
	const grace = () => story.later(story.ledger.settings.emissionGraceMs);

	test('survive a restart, each product once', async () => {
		await story.ledger.hints.add([named('A'), named('B'), named('A')]);
		await story.ledger.hints.add([named('A', true)]);
		await story.reopen();
		expect((await take()).hints).toMatchObject([
			{ id: 'A', primaryId: 'A', deleted: true },
			{ id: 'B', primaryId: 'B', deleted: false },
		]);
	});

	test('say that a product was deleted also where an older one arrives after that', async () => {
		await story.ledger.hints.add([named('A', true)]);
		await story.ledger.hints.add([named('A')]);
		expect((await take()).hints).toMatchObject([{ id: 'A', deleted: true }]);
	});

	test('end with the receipt of their product, also where it was rejected', async () => {
		await story.ledger.hints.add([named('A'), named('B')]);
		const emission = await emit();
		expect(await waiting()).toEqual([]);
		expect((await story.ledger.stats()).intake.notifications).toBe(2);
		await story.ledger.add([change('A', { emission }), rejection('B', 'itemName', { emission, source: undefined })]);
		expect((await story.ledger.stats()).intake.notifications).toBe(0);
		grace();
		expect(await waiting()).toEqual([]);
	});

	test('come again where their product got lost on the way', async () => {
		await story.ledger.hints.add([named('A'), named('B')]);
		const emission = await emit();
		await story.ledger.add([change('A', { emission })]);
		grace();
		expect(await waiting()).toEqual(['B']);
	});

	test('are not held by a reading that died, and are not taken twice before', async () => {
		await story.ledger.hints.add([named('A')]);
		const first = await take();
		expect(await waiting()).toEqual([]);
		story.later(60_000);
		const second = await take();
		expect(second.hints).toMatchObject([{ id: 'A' }]);
		const product = (token: typeof first) =>
			token.hints.map(({ hintId, id }) => ({ hintId, primaryId: id, dateUpdated: version }));
		expect(await story.ledger.hints.emit(first.token, product(first))).toEqual([]);
		expect(await story.ledger.hints.emit(second.token, product(second))).toEqual([second.hints[0]!.hintId]);
	});

	test('the same product is read again when another notification comes while it is on its way', async () => {
		await story.ledger.hints.add([named('A')]);
		const emission = await emit();
		await story.ledger.hints.add([named('A')]);
		await story.ledger.add([change('A', { emission })]);
		expect(await waiting()).toEqual(['A']);
	});

	test('a late receipt of the first emission counts for the second, and so does that of a scan', async () => {
		await story.ledger.hints.add([named('A'), named('B'), named('C')]);
		const first = await emit();
		grace();
		await emit();
		await story.ledger.add([change('A', { emission: first }), change('B', { emission: '7.scan' })]);
		await story.ledger.add([change('C', { version: '2026-11-02T08:00:00.000Z', emission: '7.scan' })]);
		grace();
		expect(await waiting()).toEqual(['C']);
	});

	test('what could not be read waits longer each time', async () => {
		await story.ledger.hints.add([named('A')]);
		for (const wait of [2_000, 4_000, 8_000]) {
			const { token, hints } = await take();
			await story.ledger.hints.fail(
				token,
				hints.map((hint) => hint.hintId),
				'Pimberly has a problem (503).',
				null,
			);
			story.later(wait - 1);
			expect(await waiting()).toEqual([]);
			story.later(1);
		}
		const { token, hints } = await take();
		await story.ledger.hints.finish(
			token,
			hints.map((hint) => hint.hintId),
		);
		story.later(60 * 60_000);
		expect(await waiting()).toEqual([]);
	});

	test('an internal id leads to the product that was seen with it', async () => {
		await story.ledger.add([change('LAMP', { primaryId: 'P1' })]);
		await story.ledger.hints.add([internal('id-LAMP'), internal('id-UNKNOWN')]);
		expect((await take()).hints).toMatchObject([
			{ id: 'id-LAMP', primaryId: 'P1' },
			{ id: 'id-UNKNOWN', primaryId: null },
		]);
		expect(await story.ledger.hints.primaryIdsOf(['id-LAMP', ''])).toEqual(new Map([['id-LAMP', 'P1']]));
	});

	describe('a product that was deleted in Pimberly', () => {
		const deleted = async (...ids: string[]) => {
			await story.ledger.hints.add(ids.map((id) => named(id, true)));
			const { token, hints } = await take();
			await story.ledger.hints.gone(
				token,
				hints.map(({ hintId, primaryId }) => ({ hintId, primaryId })),
			);
		};

		test('is an orphan in Khaos: what is queued is dropped, nothing is sent', async () => {
			await story.ledger.add([change('LAMP'), change('VASE')]);
			await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
			story.later(60_000);
			const later = '2026-11-02T09:00:30.000Z';
			await story.ledger.add([
				change('LAMP', { version: later, columns: { SELL_PRICE: '3.00' } }),
				change('VASE', { version: later, columns: { SELL_PRICE: '3.00' } }),
			]);
			await deleted('LAMP');
			expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['VASE']);
			expect((await story.ledger.take({ target: 'pimberly' })).map((item) => item.source.primaryId)).toEqual(['VASE']);
			expect(await story.ledger.exceptions()).toMatchObject([
				{
					type: 'orphan',
					primaryId: 'LAMP',
					key: 'LAMP',
					owner: 'operations',
					reason: expect.stringContaining('Khaos Control still holds its stock item LAMP'),
				},
			]);
			await deleted('LAMP');
			expect(await story.ledger.exceptions()).toHaveLength(1);
		});

		test('leaves those that waited for it to a person, at once', async () => {
			await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' }), change('LAMP')]);
			await deleted('TEE');
			expect(await story.ledger.exceptions()).toMatchObject([
				{
					type: 'heldTooLong',
					primaryId: 'TEE-RED',
					reason: 'TEE-RED waits for TEE, whose product was deleted in Pimberly.',
				},
				{ type: 'orphan', primaryId: 'TEE' },
			]);
			expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['LAMP']);
			await story.ledger.endHold(['TEE-RED'], 'Its parent is not needed.');
			expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['TEE-RED']);
			story.later(story.ledger.settings.housekeepingMs);
			await story.ledger.housekeeping();
			expect((await story.ledger.exceptions()).map((one) => one.type)).toEqual(['orphan']);
		});

		test('is no orphan any more when it comes again, unless it was read before it was deleted', async () => {
			await story.ledger.add([change('LAMP')]);
			await deleted('LAMP');
			expect((await story.ledger.exceptions())[0]!.reason).toContain('before its stock item LAMP was confirmed');
			await story.ledger.add([change('LAMP', { version: '2026-11-02T08:59:59.000Z' })]);
			expect(await story.ledger.exceptions()).toHaveLength(1);
			await story.ledger.add([change('LAMP', { version: '2026-11-02T09:00:01.000Z' })]);
			expect(await story.ledger.exceptions()).toEqual([]);
			expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['LAMP']);
		});

		test('that never became a stock item leaves nothing to look at; one that is not known means nothing', async () => {
			await story.ledger.add([rejection('P1', 'itemName')]);
			await deleted('P1', 'NEVER-SEEN');
			expect(await story.ledger.exceptions()).toEqual([]);
			expect((await story.ledger.stats()).rejected).toBe(0);
			expect(await waiting()).toEqual([]);
		});
	});
});
