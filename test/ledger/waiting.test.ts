import { backends, beginStory, change, confirmed, keys, readBackOf, result, stockItem, type Story } from './story';

const minute = 60_000;
const at = (minutes: number): string =>
	new Date(Date.parse('2026-11-02T08:59:00.000Z') + minutes * minute).toISOString();

describe.each(backends)('%s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const takeKhaos = async (limit = 100) => await story.ledger.take({ target: 'khaos', limit });
	const settleAll = async () => await story.ledger.settle((await takeKhaos()).map(confirmed));

	test('however many prices come, a description that has waited a quarter of an hour goes in every eighth batch', async () => {
		const prices = Array.from({ length: 9 }, (_, index) => `PRICE-${index}`);
		await story.ledger.add([change('WORDS'), ...prices.map((key) => change(key))]);
		await settleAll();
		await story.ledger.add([change('WORDS', { version: at(1), columns: { SHORT_DESC: 'New words' } })]);
		story.later(16 * minute);
		await story.ledger.add(prices.map((key) => change(key, { version: at(2), columns: { SELL_PRICE: '3.00' } })));

		// The first batch was the one above; the count goes on in a ledger that is opened again.
		const served: string[][] = [];
		for (let batch = 2; batch <= 9; batch++) {
			if (batch === 5) await story.reopen();
			served.push(keys(await takeKhaos(1)));
		}
		expect(served.flat()).toEqual([
			'PRICE-0',
			'PRICE-1',
			'PRICE-2',
			'PRICE-3',
			'PRICE-4',
			'PRICE-5',
			'WORDS',
			'PRICE-6',
		]);
	});

	test('each trigger has its own eighth batch, though several take in turns', async () => {
		const prices = Array.from({ length: 20 }, (_, index) => `PRICE-${index}`);
		const weights = Array.from({ length: 20 }, (_, index) => `WEIGHT-${index}`);
		await story.ledger.add(['WORDS', ...prices, ...weights].map((key) => change(key)));
		await settleAll();
		await story.ledger.add([change('WORDS', { version: at(1), columns: { SHORT_DESC: 'New words' } })]);
		story.later(16 * minute);
		await story.ledger.add([
			...prices.map((key) => change(key, { version: at(2), columns: { SELL_PRICE: '3.00' } })),
			...weights.map((key) => change(key, { version: at(2), columns: { WEIGHT: '0.3' } })),
		]);
		const served: string[] = [];
		for (let round = 0; round < 10; round++) {
			for (const lanes of [[1], [2, 3, 4]] as const) {
				served.push(...keys(await story.ledger.take({ target: 'khaos', limit: 1, lanes: [...lanes] })));
			}
		}
		expect(served).toContain('WORDS');
	});

	test('what has not waited long keeps its place, also in the eighth batch', async () => {
		const prices = Array.from({ length: 8 }, (_, index) => `PRICE-${index}`);
		await story.ledger.add([change('WORDS'), ...prices.map((key) => change(key))]);
		await settleAll();
		await story.ledger.add([
			change('WORDS', { version: at(1), columns: { SHORT_DESC: 'New words' } }),
			...prices.map((key) => change(key, { version: at(1), columns: { SELL_PRICE: '3.00' } })),
		]);
		story.later(14 * minute);
		for (let batch = 2; batch <= 9; batch++) expect(keys(await takeKhaos(1))).not.toContain('WORDS');
	});

	test('a product that is edited all the time keeps its turn', async () => {
		await story.ledger.add([change('WORDS')]);
		for (let edit = 1; edit <= 10; edit++) {
			story.later(minute);
			await story.ledger.add([change('WORDS', { version: at(edit), columns: { SHORT_DESC: `Words ${edit}` } })]);
		}
		const ready = Date.parse((await story.ledger.stats()).oldestReadyAt!);
		expect(story.now - ready).toBe(10 * minute);
	});

	test('a hold of more than an hour is an exception, until the hold ends', async () => {
		await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' })]);
		const [parent] = await takeKhaos();
		await story.ledger.settle([result(parent!, 'failed', { reason: 'Stock type unknown.', remedy: 'Create it.' })]);
		story.later(59 * minute);
		expect(await story.ledger.housekeeping()).toEqual({ ended: 0, heldTooLong: 0, lookUps: 0 });
		story.later(2 * minute);
		expect(await story.ledger.housekeeping()).toMatchObject({ ended: 0, heldTooLong: 1 });
		expect(await story.ledger.housekeeping()).toBeNull();
		expect(await story.ledger.exceptions()).toMatchObject([
			{ type: 'failedTransfer', key: 'TEE' },
			{
				type: 'heldTooLong',
				key: 'TEE-RED',
				primaryId: 'TEE-RED',
				value: 'TEE',
				owner: 'ecommerce',
				reason: 'TEE-RED has waited for TEE for 61 minutes. TEE failed: Stock type unknown.',
				remedy: expect.stringContaining('Sequencer: Release'),
			},
		]);
		story.later(minute);
		expect(await story.ledger.housekeeping()).toMatchObject({ ended: 0, heldTooLong: 0 });

		expect(await story.ledger.endHold(['TEE-RED'], 'The parent is in Khaos under another code')).toBe(1);
		story.later(minute);
		expect(await story.ledger.housekeeping()).toMatchObject({ ended: 1 });
		expect((await story.ledger.exceptions()).map((one) => one.type)).toEqual(['failedTransfer']);
	});

	test('what waits for a parent that moves itself is no exception, however long the queue; it is when the parent stops', async () => {
		await story.ledger.add([
			change('TEE'),
			change('TEE-RED', { parent: 'TEE' }),
			change('TEE-RED-S', { parent: 'TEE-RED' }),
			change('CUP-L', { parent: 'CUP' }),
		]);
		const told = async () => {
			story.later(minute);
			await story.ledger.housekeeping();
			return (await story.ledger.exceptions({ types: ['heldTooLong'] })).map((one) => one.key);
		};
		story.later(3 * 60 * minute);
		expect(await told()).toEqual(['CUP-L']);
		const taken = await takeKhaos();
		const tee = taken.find((item) => item.key === 'TEE')!;
		expect(await told()).toEqual(['CUP-L']);
		await story.ledger.settle([result(tee, 'retry', { cause: 'unavailable', reason: 'Khaos does not answer.' })]);
		expect(await told()).toEqual(['CUP-L']);

		const again = (await takeKhaos()).find((item) => item.key === 'TEE')!;
		await story.ledger.settle([result(again, 'failed', { reason: 'Stock type unknown.', remedy: 'Create it.' })]);
		expect(await told()).toEqual(['CUP-L', 'TEE-RED']);
		expect(await told()).toEqual(['CUP-L', 'TEE-RED', 'TEE-RED-S']);
	});

	test('what was written is read back in the end, however much there is to write', async () => {
		await story.ledger.add([change('LAMP'), change('VASE')]);
		const [lamp, vase] = await takeKhaos();
		const port = story.ledger.deliveryPort('https://erp.example');
		await story.ledger.settle([result(lamp!, 'sent', { awaiting: 'harmonisation', readBack: readBackOf(lamp!) })]);
		// VASE may have been written; its newest content waits for a parent that nobody sends.
		await port.beginWrite([{ changeId: vase!.changeId, token: vase!.lease.token }]);
		await story.ledger.add([change('VASE', { version: at(1), parent: 'GHOST' })]);
		await story.ledger.release(vase!.lease.token, 'The execution failed');
		await story.ledger.add(Array.from({ length: 30 }, (_, index) => change(`MORE-${index}`)));
		story.later(16 * minute);
		const served: string[] = [];
		for (let batch = 2; batch <= 9; batch++) served.push(...keys(await takeKhaos(2)));
		expect(served.filter((key) => key === 'LAMP' || key === 'VASE').sort()).toEqual(['LAMP', 'VASE']);
	});

	test('a hold that is over because the product is again as confirmed is not told to Pimberly', async () => {
		const told = async () => {
			const statuses = await story.ledger.take({ target: 'pimberly' });
			await story.ledger.settle(statuses.map(confirmed));
			return statuses.map((item) => item.desired['status']);
		};
		await story.ledger.add([change('TEE-RED')]);
		await settleAll();
		expect(await told()).toEqual(['Live']);
		await story.ledger.add([change('TEE-RED', { version: at(1), parent: 'TEE', columns: { SELL_PRICE: '3.00' } })]);
		await story.ledger.add([change('TEE-RED', { version: at(2) })]);
		story.later(10 * minute);
		expect(await told()).toEqual([]);
	});

	test('Khaos is asked again for what a long hold waits for: a person may have made it meanwhile', async () => {
		await story.ledger.add([change('TEE-RED', { parent: 'TEE' })]);
		const answer = async (exists: boolean) => {
			const [lookUp] = await takeKhaos();
			expect(lookUp).toMatchObject({ key: 'TEE', purpose: 'lookUp' });
			const readBack = { exists, stockCode: 'TEE', stockId: exists ? '7' : '', parentCode: '', columns: {} };
			await story.ledger.settle([result(lookUp!, exists ? 'confirmed' : 'failed', { readBack })]);
		};
		story.later(minute);
		await answer(false);
		story.later(60 * minute);
		await story.ledger.housekeeping();
		await answer(true);
		expect(keys(await takeKhaos())).toEqual(['TEE-RED']);
	});

	test('a relation that is mended in Pimberly changes what is waited for, though no column differs', async () => {
		await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TYPO' })]);
		await settleAll();
		expect(await takeKhaos()).toEqual([]);
		const [mended] = await story.ledger.add([change('TEE-RED', { version: at(1), parent: 'TEE' })]);
		expect(mended!.outcome).toBe('accepted');
		expect(keys(await takeKhaos())).toEqual(['TEE-RED']);
	});

	describe('a change that waits for a product and for its stock code waits once', () => {
		const addChild = async (): Promise<void> => {
			const child = stockItem('C-1');
			child.needs = [
				{ kind: 'stockItem', key: 'primaryId:parent' },
				{ kind: 'stockItem', key: 'P-1' },
			];
			await story.ledger.add([{ type: 'change', change: child }]);
		};

		test('where the stock item comes later', async () => {
			await addChild();
			await story.ledger.add([change('P-1', { primaryId: 'parent' })]);
			await settleAll();
			expect(keys(await takeKhaos())).toEqual(['C-1']);
		});

		test('where Khaos is known to hold it already', async () => {
			const port = story.ledger.deliveryPort('https://erp.example/KhaosKSD.exe');
			await story.ledger.add([change('X', { parent: 'P-1' })]);
			await port.observe(
				new Map([['P-1', { exists: true, stockCode: 'P-1', stockId: '7', parentCode: '', columns: {} }]]),
			);
			await addChild();
			await story.ledger.add([change('P-1', { primaryId: 'parent' })]);
			expect(keys(await takeKhaos()).sort()).toEqual(['C-1', 'P-1', 'X']);
		});
	});

	test('a parent that is found missing in Khaos holds its child again', async () => {
		await story.ledger.add([change('TEE')]);
		await settleAll();
		await story.ledger.add([change('TEE-RED', { parent: 'TEE' })]);
		const port = story.ledger.deliveryPort('https://erp.example/KhaosKSD.exe');
		const missing = { exists: false, stockCode: 'TEE', stockId: '', parentCode: '', columns: {} };
		await port.observe(new Map([['TEE', missing]]));
		expect(await takeKhaos()).toEqual([]);
		await port.observe(new Map([['TEE', { ...missing, exists: true, stockId: '7' }]]));
		expect(keys(await takeKhaos())).toEqual(['TEE-RED']);
	});

	describe('content that goes back to what was confirmed', () => {
		beforeEach(async () => {
			await story.ledger.add([change('LAMP')]);
			await settleAll();
			await story.ledger.add([change('LAMP', { version: at(1), columns: { SELL_PRICE: '3.00' } })]);
		});

		test('is dropped while nothing else was handed out', async () => {
			await story.ledger.add([change('LAMP', { version: at(2) })]);
			expect(await takeKhaos()).toEqual([]);
		});

		test('is sent once something else may have been written', async () => {
			const [lamp] = await takeKhaos();
			await story.ledger.settle([result(lamp!, 'retry', { cause: 'different', reason: 'The weight differs.' })]);
			await story.ledger.add([change('LAMP', { version: at(2), columns: { SELL_PRICE: '4.00' } })]);
			await story.ledger.add([change('LAMP', { version: at(3) })]);
			expect(await takeKhaos()).toMatchObject([
				{ key: 'LAMP', version: at(3), desired: { columns: { SELL_PRICE: '2.00' } } },
			]);
		});

		test('is sent where the other content still waits for its read-back', async () => {
			const [lamp] = await takeKhaos();
			await story.ledger.settle([result(lamp!, 'sent', { awaiting: 'harmonisation' })]);
			await story.ledger.add([change('LAMP', { version: at(2) })]);
			expect(await takeKhaos()).toMatchObject([
				{ key: 'LAMP', purpose: 'write', desired: { columns: { SELL_PRICE: '2.00' } } },
			]);
		});
	});

	test('what was sent and waits for its read-back is not sent again because it was scanned again', async () => {
		await story.ledger.add([change('LAMP')]);
		const [lamp] = await takeKhaos();
		await story.ledger.settle([result(lamp!, 'sent', { awaiting: 'harmonisation' })]);
		const [again] = await story.ledger.add([change('LAMP', { version: at(1) })]);
		expect(again!.outcome).toBe('unchanged');
		expect((await story.ledger.stats()).khaos.sent).toBe(1);
		story.later(10_000);
		const [check] = await takeKhaos();
		expect(check!.purpose).toBe('check');
		await story.ledger.add([change('LAMP', { version: at(2) })]);
		await story.ledger.settle([confirmed(check!)]);
		expect(await takeKhaos()).toEqual([]);
	});

	test('a reading that reaches the ledger late says nothing over a newer one', async () => {
		await story.ledger.add([change('TEE')]);
		const slow = story.ledger.deliveryPort('https://erp.example');
		await slow.throughGate(2, async () => undefined);
		story.later(minute);
		const batch = await takeKhaos();
		const quick = story.ledger.deliveryPort('https://erp.example');
		await quick.throughGate(2, async () => {
			await quick.beginWrite(batch.map((item) => ({ changeId: item.changeId, token: item.lease.token })));
		});
		const absent = { exists: false, stockCode: 'TEE', stockId: '', parentCode: '', columns: {} };
		await slow.observe(new Map([['TEE', absent]]));
		expect(await quick.uncertain(['TEE'])).toEqual(new Set(['TEE']));

		story.later(minute);
		await story.ledger.settle(batch.map(confirmed));
		await slow.observe(new Map([['TEE', absent]]));
		const [child] = await story.ledger.add([change('TEE-RED', { parent: 'TEE' })]);
		expect(child!.outcome).toBe('accepted');
	});

	test('a record that may have been written is read back, also while its newest content is held', async () => {
		await story.ledger.add([change('TEE')]);
		const batch = await takeKhaos();
		const port = story.ledger.deliveryPort('https://erp.example');
		await port.beginWrite(batch.map((item) => ({ changeId: item.changeId, token: item.lease.token })));
		// The process dies here. Meanwhile the parent got a parent of its own, and a child waits for it.
		await story.ledger.add([
			change('TEE', { version: at(5), parent: 'RANGE', columns: { SELL_PRICE: '3.00' } }),
			change('TEE-RED', { parent: 'TEE' }),
		]);
		story.later(story.ledger.settings.leaseMs + 1);
		expect(await takeKhaos()).toMatchObject([{ key: 'RANGE', purpose: 'lookUp' }]);
		const lookedAt = await takeKhaos();
		expect(lookedAt).toMatchObject([{ key: 'TEE', purpose: 'check' }]);
		await story.ledger.settle(
			lookedAt.map((item) =>
				result(item, 'retry', { cause: 'different', readBack: readBackOf(item), reason: 'It reads back different.' }),
			),
		);
		expect(keys(await takeKhaos())).toContain('TEE-RED');
	});
});
