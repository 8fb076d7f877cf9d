import { statSync } from 'node:fs';

import { openLedger } from '../../lib/ledger/ledger';
import type { ScanCursor } from '../../lib/pimberly/scanPort';
import { backends, beginStory, change, confirmed, keys, rejection, stockItem, type Story } from './story';

describe.each(backends)('%s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const cursor = (watermark: string): ScanCursor => ({
		watermark,
		scan: null,
		boundary: {},
		lastCompleteAt: watermark,
	});
	const product = (primaryId: string, dateUpdated = '2026-11-02T08:59:00.000Z') => ({
		primaryId,
		internalId: `id-${primaryId}`,
		dateUpdated,
	});

	describe('a scan', () => {
		test('moves its cursor only when every product it emitted is in the ledger', async () => {
			const scan = story.ledger.scanPort('trigger');
			const step = (await scan.begin(60_000))!;
			expect(step.cursor).toBeNull();
			expect(
				await scan.emit(step.token, step.token, [product('A'), product('B')], cursor('2026-11-02T09:00:00.000Z')),
			).toBe(true);
			expect((await story.ledger.stats()).intake).toMatchObject({ complete: false, unrecorded: 2 });

			await story.ledger.add([change('A', { emission: step.token })]);
			expect((await story.ledger.stats()).intake).toMatchObject({ complete: false, unrecorded: 1 });
			await story.ledger.add([rejection('B', 'itemName', { emission: step.token })]);
			expect((await story.ledger.stats()).intake).toMatchObject({ complete: true, unrecorded: 0 });
			expect((await scan.begin(60_000))!.cursor).toEqual(cursor('2026-11-02T09:00:00.000Z'));
		});

		test('is read again where products got lost on the way, and knows which ones arrived', async () => {
			const scan = story.ledger.scanPort('trigger');
			const step = (await scan.begin(60_000))!;
			await scan.emit(step.token, step.token, [product('A'), product('B')], cursor('2026-11-02T09:00:00.000Z'));
			await story.ledger.add([change('A', { emission: step.token })]);
			expect(await scan.begin(60_000)).toBeNull();
			story.later(story.ledger.settings.emissionGraceMs);
			const again = (await scan.begin(60_000))!;
			expect(again.cursor).toBeNull();
			expect(again.recorded).toEqual({ A: '2026-11-02T08:59:00.000Z' });
			await scan.emit(again.token, again.token, [product('B')], cursor('2026-11-02T09:00:00.000Z'));
			// The first emission arrives after all: it counts.
			await story.ledger.add([change('B', { emission: step.token })]);
			expect((await story.ledger.stats()).intake.complete).toBe(true);
		});

		test('of a workflow that is gone keeps nobody waiting', async () => {
			const [former, present] = [story.ledger.scanPort('deleted'), story.ledger.scanPort('trigger')];
			const lost = (await former.begin(60_000))!;
			await former.emit(lost.token, lost.token, [product('A')], cursor('2026-11-02T09:00:00.000Z'));
			const poll = async () => {
				const step = (await present.begin(60_000))!;
				await present.emit(step.token, step.token, [], cursor('2026-11-02T09:00:00.000Z'));
			};
			story.later(23 * 60 * 60_000);
			await poll();
			expect((await story.ledger.stats()).intake).toMatchObject({ complete: false, unrecorded: 1 });
			story.later(2 * 60 * 60_000);
			expect((await story.ledger.stats()).intake).toMatchObject({ complete: false, unrecorded: 1 });
			await poll();
			expect((await story.ledger.stats()).intake).toMatchObject({ complete: true, unrecorded: 0 });
		});

		test('can not overlap itself', async () => {
			const scan = story.ledger.scanPort('trigger');
			const step = (await scan.begin(60_000))!;
			expect(await scan.begin(60_000)).toBeNull();
			story.later(60_001);
			const second = (await scan.begin(60_000))!;
			expect(await scan.emit(step.token, step.token, [product('A')], cursor('2026-11-02T09:00:00.000Z'))).toBe(false);
			expect(await scan.emit(second.token, second.token, [], cursor('2026-11-02T09:01:00.000Z'))).toBe(true);
		});

		test('of a process that died can be taken up after a minute; one that lives keeps it for as long as it may take', async () => {
			const minute = 60_000;
			const beats: Array<() => unknown> = [];
			const every = (_: number, run: () => unknown) => {
				beats.push(run);
				return () => void beats.splice(beats.indexOf(run), 1);
			};
			const { store } = story;
			const living = await openLedger({ store, environment: 'Test', clock: () => story.now, tools: { every } });
			const ownBeats = beats.length;
			try {
				const port = living.scanPort('trigger');
				const other = story.ledger.scanPort('trigger');
				const step = (await port.begin(5 * minute))!;
				for (let passed = 20_000; passed < 5 * minute; passed += 20_000) {
					story.later(20_000);
					for (const beat of [...beats]) await beat();
					expect(await other.begin(5 * minute)).toBeNull();
				}
				story.later(20_001);
				const second = (await other.begin(5 * minute))!;
				expect(await port.emit(step.token, step.token, [], cursor('2026-11-02T09:00:00.000Z'))).toBe(false);
				expect(beats).toHaveLength(ownBeats);

				// Nobody shows that the second one lives.
				story.later(minute + 1);
				expect(await port.begin(minute)).not.toBeNull();
				expect(await other.emit(second.token, second.token, [], cursor('2026-11-02T09:00:00.000Z'))).toBe(false);
			} finally {
				await living.close();
			}
		});

		test('remembers the parents of variants, and forgets those a parent no longer lists', async () => {
			const scan = story.ledger.scanPort('trigger');
			await scan.rememberItems(new Map([['TEE', ['TEE-S', 'TEE-M']]]), null);
			await scan.rememberItems(
				new Map([
					['TEE', ['TEE-S']],
					['SHIRT', ['TEE-M']],
				]),
				null,
			);
			expect(await scan.parentsOf(['TEE-S', 'TEE-M', 'X'], 60_000)).toEqual(
				new Map([
					['TEE-S', ['TEE']],
					['TEE-M', ['SHIRT']],
				]),
			);
			story.later(60_001);
			expect(await scan.parentsOf(['TEE-S'], 60_000)).toEqual(new Map());
		});

		test('has variants read again that their parent lists anew, or no longer, and that were not edited', async () => {
			const scan = story.ledger.scanPort('trigger');
			const due = async () => (await story.ledger.hints.take(100, 60_000)).hints.map((hint) => hint.id);
			// TEE-S came before its parent; TEE-M is new to the sync, and comes by itself.
			await scan.rememberParents(new Map([['TEE-S', []]]));
			await scan.rememberItems(new Map([['TEE', ['TEE-S', 'TEE-M']]]), new Set(['TEE']));
			expect(await due()).toEqual(['TEE-S']);

			story.later(60_000);
			await scan.rememberItems(new Map([['TEE', ['TEE-S', 'TEE-M']]]), new Set(['TEE']));
			const { token, hints } = await story.ledger.hints.take(100, 60_000);
			expect(hints.map((hint) => hint.id)).toEqual(['TEE-S']);
			await story.ledger.hints.emit(token, [{ hintId: hints[0]!.hintId, ...product('TEE-S') }]);
			// What was emitted before it had a parent arrives late: it is not what is waited for.
			await story.ledger.add([rejection('TEE-S', 'parents', { emission: '7.scan' })]);
			story.later(story.ledger.settings.emissionGraceMs);
			expect(await due()).toEqual(['TEE-S']);

			await scan.rememberItems(new Map([['TEE', ['TEE-M', 'TEE-L']]]), new Set(['TEE', 'TEE-L']));
			expect(await due()).toEqual(['TEE-S']);
			await scan.rememberItems(new Map([['SHIRT', ['TEE-M']]]), new Set(['SHIRT', 'TEE-M']));
			expect(await due()).toEqual([]);
		});
	});

	test('two products with one stock code: the first keeps it, the second is told so', async () => {
		const outcomes = await story.ledger.add([change('LAMP', { primaryId: 'P1' }), change('lamp', { primaryId: 'P2' })]);
		expect(outcomes.map((one) => one.outcome)).toEqual(['accepted', 'rejected']);
		expect(await story.ledger.exceptions()).toMatchObject([
			{
				type: 'duplicateStockCode',
				primaryId: 'P2',
				field: 'STOCK_CODE',
				reason: expect.stringContaining('Products P1 and P2 both have the stock code lamp'),
			},
		]);
		expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['LAMP']);
		const [status] = await story.ledger.take({ target: 'pimberly' });
		expect(status).toMatchObject({ desired: { primaryId: 'P2', status: 'Failed' } });
	});

	test('a product whose code changes is not written until a person decides', async () => {
		await story.ledger.add([change('OLD', { primaryId: 'P1' })]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		const [outcome] = await story.ledger.add([change('NEW', { primaryId: 'P1', version: '2026-11-02T09:30:00.000Z' })]);
		expect(outcome!.outcome).toBe('rejected');
		expect(await story.ledger.exceptions()).toMatchObject([{ type: 'stockCodeChanged', primaryId: 'P1' }]);
		expect(await story.ledger.take({ target: 'khaos' })).toEqual([]);
	});

	test('a product whose code changed may have it once a person says that the item was renamed in Khaos', async () => {
		await story.ledger.add([change('OLD', { primaryId: 'P1' })]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		const asNew = change('NEW', { primaryId: 'P1', version: '2026-11-02T09:30:00.000Z' });
		await story.ledger.add([asNew]);
		expect(await story.ledger.endHold(['OTHER'], 'renamed')).toBe(0);
		expect(await story.ledger.endHold(['NEW'], 'renamed in Khaos')).toBe(1);
		// It is due to be read again, and is taken as it is this time.
		const hints = await story.ledger.hints.take(10, 60_000);
		expect(hints.hints).toMatchObject([{ id: 'P1' }]);
		expect((await story.ledger.add([asNew])).map((one) => one.outcome)).toEqual(['accepted']);
		expect(await story.ledger.exceptions()).toEqual([]);
		expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['NEW']);
		// The former code is anybody's, and not known to be in Khaos.
		const asOld = await story.ledger.add([change('OLD', { primaryId: 'P2' })]);
		expect(asOld.map((one) => one.outcome)).toEqual(['accepted']);
	});

	test('a rejected product is an exception until a later version is good', async () => {
		await story.ledger.add([rejection('P1', 'itemName'), rejection('P2', 'costPrice')]);
		expect((await story.ledger.exceptions()).map((one) => [one.primaryId, one.field, one.remedy])).toEqual([
			['P1', 'itemName', 'Fill in itemName in Pimberly.'],
			['P2', 'costPrice', 'Fill in costPrice in Pimberly.'],
		]);
		expect((await story.ledger.stats()).rejected).toBe(2);
		await story.ledger.add([change('P1', { version: '2026-11-02T09:30:00.000Z' })]);
		expect((await story.ledger.exceptions()).map((one) => one.primaryId)).toEqual(['P2']);
		expect((await story.ledger.stats()).rejected).toBe(1);
	});

	test('a Live product that was invalid for a while says so, and no longer when it is as it was; it keeps its stock id', async () => {
		const tell = async () => {
			const [item] = await story.ledger.take({ target: 'pimberly' });
			if (item) await story.ledger.settle([confirmed(item)]);
			return item?.desired;
		};
		await story.ledger.add([change('A')]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		expect(await tell()).toMatchObject({ status: 'Live', message: 'Confirmed in Khaos', stockId: 'khaos-A' });

		const invalid = '2026-11-02T09:10:00.000Z';
		await story.ledger.add([
			rejection('A', 'itemName', { source: { primaryId: 'A', internalId: 'id-A', dateUpdated: invalid } }),
		]);
		expect(await tell()).toMatchObject({
			status: 'Live',
			message: expect.stringContaining('Fill in itemName'),
			stockId: 'khaos-A',
		});

		await story.ledger.add([change('A', { version: '2026-11-02T09:11:00.000Z' })]);
		expect(await story.ledger.take({ target: 'khaos' })).toEqual([]);
		expect(await tell()).toMatchObject({ status: 'Live', message: 'Confirmed in Khaos', stockId: 'khaos-A' });
		expect(await story.ledger.exceptions()).toEqual([]);
	});

	test('where only a description is invalid and the item exists, the rest still goes', async () => {
		const withoutInvalid = stockItem('LAMP', { version: '2026-11-02T09:30:00.000Z', columns: { SELL_PRICE: '4.00' } });
		const rejected = rejection('LAMP', 'itemName', { withoutInvalid, source: withoutInvalid.source });
		await story.ledger.add([rejected]);
		expect(await story.ledger.take({ target: 'khaos' })).toEqual([]);

		await story.ledger.add([change('LAMP', { version: '2026-11-02T09:31:00.000Z' })]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		const later = stockItem('LAMP', { version: '2026-11-02T09:32:00.000Z', columns: { SELL_PRICE: '4.00' } });
		await story.ledger.add([rejection('LAMP', 'itemName', { withoutInvalid: later, source: later.source })]);
		expect(await story.ledger.take({ target: 'khaos' })).toMatchObject([
			{ key: 'LAMP', changedFields: ['SELL_PRICE'] },
		]);
		expect(await story.ledger.exceptions()).toMatchObject([{ type: 'invalidProduct', field: 'itemName' }]);
	});

	test('a parent that was made in Khaos by hand years ago does not hold its child for ever', async () => {
		await story.ledger.add([change('TEE-RED', { parent: 'TEE' })]);
		expect(await story.ledger.take({ target: 'khaos' })).toEqual([]);
		story.later(60_000);
		const [lookUp] = await story.ledger.take({ target: 'khaos' });
		expect(lookUp).toMatchObject({ key: 'TEE', purpose: 'lookUp' });
		await story.ledger.settle([confirmedLookUp(lookUp!)]);
		expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['TEE-RED']);
	});

	const confirmedLookUp = (item: Parameters<typeof confirmed>[0]) => ({
		...confirmed({ ...item, desired: { columns: {} } }),
		readBack: { exists: true, stockCode: 'TEE', stockId: '7', parentCode: '', columns: {} },
	});

	test('a need by product is met once that product has its stock code', async () => {
		const child = stockItem('C-1', { primaryId: 'child' });
		child.needs = [{ kind: 'stockItem', key: 'primaryId:parent' }];
		await story.ledger.add([{ type: 'change', change: child }]);
		await story.ledger.add([change('P-1', { primaryId: 'parent' })]);
		const first = await story.ledger.take({ target: 'khaos' });
		expect(keys(first)).toEqual(['P-1']);
		await story.ledger.settle(first.map(confirmed));
		expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['C-1']);
	});

	test('products that wait for each other are rejected, naming the cycle; the others flow', async () => {
		const [self] = await story.ledger.add([change('LOOP', { parent: 'LOOP' })]);
		expect(self).toMatchObject({
			outcome: 'rejected',
			rejection: { reasons: [{ reason: expect.stringContaining('LOOP -> LOOP') }] },
		});

		const outcomes = await story.ledger.add([
			change('A', { parent: 'B' }),
			change('B', { parent: 'C' }),
			change('C', { parent: 'A' }),
			change('D', { parent: 'E' }),
			change('E'),
		]);
		expect(outcomes.map((one) => one.outcome)).toEqual(['rejected', 'rejected', 'rejected', 'held', 'accepted']);
		expect(outcomes[0]).toMatchObject({
			rejection: { reasons: [{ reason: expect.stringContaining('A -> B -> C -> A') }] },
		});
		expect((await story.ledger.exceptions()).map((one) => [one.type, one.key])).toEqual([
			['circularNeed', 'LOOP'],
			['circularNeed', 'A'],
			['circularNeed', 'B'],
			['circularNeed', 'C'],
		]);
		expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['E']);
	});

	test('the file is private, survives a crash, and belongs to one environment of one pair of systems', async () => {
		if (story.store.backend === 'sqlite') expect(statSync(story.store.file).mode & 0o777).toBe(0o600);
		await story.ledger.add([change('LAMP')]);
		await story.ledger.useHost('khaos', 'https://erp.example/KhaosKSD.exe');
		await story.reopen();
		expect(keys(await story.ledger.take({ target: 'khaos' }))).toEqual(['LAMP']);
		await story.ledger.useHost('khaos', 'https://ERP.example/KhaosKSD.exe/');
		await expect(story.ledger.useHost('khaos', 'https://sandbox.example/KhaosKSD.exe')).rejects.toThrow(
			'give the Sync Ledger credential another Environment name',
		);
	});
});
