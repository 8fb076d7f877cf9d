import type { BatchItem, Kind } from '../../lib/shapes';
import { backends, beginStory, change, confirmed, keys, result, type Story } from './story';

const kinds: Kind[] = ['stockItem', 'kit', 'price'];
const at = (minutes: number): string =>
	new Date(Date.parse('2026-11-02T08:59:00.000Z') + minutes * 60_000).toISOString();

describe.each(backends)('%s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const take = async (): Promise<BatchItem[]> => await story.ledger.take({ target: 'khaos' });
	const refuse = async (...batch: BatchItem[]): Promise<void> => {
		await story.ledger.settle(
			batch.map((item) => result(item, 'failed', { reason: 'Stock type unknown.', remedy: 'Create it.' })),
		);
	};
	const drop = async (...names: string[]) => await story.ledger.drop({ names, kinds }, 'Will not be sold');
	const replay = async (...names: string[]) => await story.ledger.replay({ names, kinds }, 'The type is there now');
	const statuses = async (): Promise<Record<string, { status: string; message: string }>> => {
		const batch = await story.ledger.take({ target: 'pimberly' });
		await story.ledger.settle(batch.map((item) => result(item, 'confirmed')));
		return Object.fromEntries(batch.map((item) => [item.key, item.desired as { status: string; message: string }]));
	};
	const exceptions = async () => (await story.ledger.exceptions()).map(({ type, key }) => `${type} ${key}`);

	describe('replay', () => {
		test('what failed is sent again from the start, under its stock code or its product', async () => {
			await story.ledger.add([change('Lamp'), change('VASE', { primaryId: 'P-7' })]);
			await refuse(...(await take()));
			const outcomes = await replay('lamp', 'P-7');
			expect(outcomes).toMatchObject([
				{ name: 'lamp', outcome: 'replayed', message: 'LAMP is queued again, and goes with the next batch.' },
				{ name: 'P-7', outcome: 'replayed', changes: [{ key: 'VASE', primaryId: 'P-7', state: 'queued' }] },
			]);
			const batch = await take();
			expect(batch.map(({ key, attempt }) => ({ key, attempt }))).toEqual([
				{ key: 'LAMP', attempt: 1 },
				{ key: 'VASE', attempt: 1 },
			]);
			// The failures of before count no more: three may follow without giving up.
			await story.ledger.settle(batch.map((item) => result(item, 'retry', { cause: 'refused' })));
			expect((await story.ledger.stats()).khaos).toMatchObject({ retrying: 2, failed: 0 });
			expect(await exceptions()).toEqual(['failedTransfer LAMP', 'failedTransfer VASE']);
			await replay('LAMP', 'VASE');
			await story.ledger.settle((await take()).map(confirmed));
			expect(await exceptions()).toEqual([]);
		});

		test('all that failed, however much; the rest is left alone', async () => {
			const many = Array.from({ length: 1_200 }, (_, index) => `ITEM-${index}`);
			await story.ledger.add(many.map((code) => change(code)));
			for (let batch = await story.ledger.take({ target: 'khaos', limit: 600 }); batch.length > 0; ) {
				await refuse(...batch);
				batch = await story.ledger.take({ target: 'khaos', limit: 600 });
			}
			await story.ledger.add([change('LAMP')]);
			const outcomes = await story.ledger.replayAll({ states: ['failed'], kinds }, 'Khaos is mended');
			expect(outcomes).toHaveLength(1_200);
			expect((await story.ledger.stats()).khaos).toMatchObject({ queued: 1_201, failed: 0 });
			expect(await story.ledger.replayAll({ states: ['failed'], kinds }, 'Once more')).toEqual([]);
		});

		test('what waits for its parent waits again; what is on its way already is said to be', async () => {
			await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' }), change('LAMP')]);
			const [tee] = await take();
			await refuse(tee!);
			expect(await replay('TEE-RED', 'LAMP', 'NOBODY')).toMatchObject([
				{ outcome: 'unchanged', message: expect.stringContaining('waits for TEE, and is sent by itself then') },
				{ outcome: 'unchanged', message: 'LAMP is in the hands of an execution already.' },
				{ outcome: 'notFound', message: 'The ledger knows nothing named NOBODY of these kinds.' },
			]);
			expect(await replay('TEE')).toMatchObject([{ outcome: 'replayed' }]);
		});

		test('what was written and is not read back is written again', async () => {
			await story.ledger.add([change('LAMP')]);
			const [lamp] = await take();
			await story.ledger.settle([result(lamp!, 'sent', { awaiting: 'import' })]);
			await replay('LAMP');
			expect(await take()).toMatchObject([{ key: 'LAMP', purpose: 'write' }]);
		});
	});

	describe('drop', () => {
		test('a failed change is gone, with its exception, and Pimberly is told why', async () => {
			await story.ledger.add([change('LAMP')]);
			await refuse(...(await take()));
			await statuses();
			expect(await drop('LAMP')).toMatchObject([
				{ outcome: 'dropped', message: 'LAMP was failed and is dropped: Will not be sold' },
			]);
			expect(await story.ledger.getMany({ limit: 10, kinds })).toEqual([]);
			expect(await exceptions()).toEqual([]);
			expect(await statuses()).toMatchObject({ LAMP: { status: 'Pending', message: 'Dropped: Will not be sold' } });
			expect(await drop('LAMP')).toMatchObject([
				{ outcome: 'unchanged', message: 'LAMP: it was dropped before (Will not be sold).' },
			]);
		});

		test('a product that is Live stays Live, and says why its last change is not in Khaos', async () => {
			await story.ledger.add([change('LAMP')]);
			await story.ledger.settle((await take()).map(confirmed));
			await statuses();
			await story.ledger.add([change('LAMP', { version: at(1), columns: { SELL_PRICE: '9.00' } })]);
			await drop('LAMP');
			expect(await statuses()).toMatchObject({ LAMP: { status: 'Live', message: 'Dropped: Will not be sold' } });
		});

		test('it does not come back because our status made Pimberly send the product again, but when its content changes', async () => {
			await story.ledger.add([change('LAMP')]);
			await drop('LAMP');
			expect(await story.ledger.add([change('LAMP', { version: at(1) })])).toMatchObject([
				{ outcome: 'unchanged', reason: expect.stringContaining('Dropped by a person (Will not be sold)') },
			]);
			await story.reopen();
			expect(await take()).toEqual([]);
			await story.ledger.add([change('LAMP', { version: at(2), columns: { SELL_PRICE: '9.00' } })]);
			expect(keys(await take())).toEqual(['LAMP']);
		});

		test('replay brings it back as it was, with what it needs', async () => {
			await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' })]);
			await drop('TEE', 'TEE-RED');
			await story.ledger.add([change('TEE', { version: at(1) })]);
			expect(await take()).toEqual([]);
			expect(await replay('TEE', 'TEE-RED')).toMatchObject([
				{ outcome: 'replayed', message: 'TEE is queued again, and goes with the next batch.' },
				{ outcome: 'replayed', message: 'TEE-RED is held again until what it needs is confirmed in Khaos.' },
			]);
			const [tee, ...others] = await take();
			expect({ key: tee!.key, version: tee!.version, others }).toEqual({ key: 'TEE', version: at(1), others: [] });
			await story.ledger.settle([confirmed(tee!)]);
			expect(keys(await take())).toEqual(['TEE-RED']);
		});

		test('what is in flight runs out: confirmed it counts, otherwise it is dropped then', async () => {
			await story.ledger.add([change('LAMP'), change('VASE'), change('BOWL'), change('DISH')]);
			const [lamp, vase, bowl, dish] = await take();
			expect(await drop('LAMP', 'VASE', 'BOWL', 'DISH')).toMatchObject([
				{ outcome: 'dropped', message: expect.stringContaining('in the hands of an execution') },
				{ outcome: 'dropped' },
				{ outcome: 'dropped' },
				{ outcome: 'dropped' },
			]);
			expect(await replay('DISH')).toMatchObject([
				{ outcome: 'replayed', message: expect.stringContaining('no longer to be dropped') },
			]);
			await story.ledger.settle([
				confirmed(lamp!),
				result(vase!, 'retry', { cause: 'unavailable' }),
				result(dish!, 'failed', { reason: 'Stock type unknown.' }),
			]);
			await story.ledger.release(bowl!.lease.token, 'It failed');
			expect((await story.ledger.getMany({ limit: 10, kinds })).map(({ key, state }) => `${key} ${state}`)).toEqual([
				'DISH failed',
			]);
			expect(await statuses()).toMatchObject({
				LAMP: { status: 'Live' },
				VASE: { status: 'Pending', message: 'Dropped: Will not be sold' },
				BOWL: { status: 'Pending', message: 'Dropped: Will not be sold' },
				DISH: { status: 'Failed' },
			});
			expect(await exceptions()).toEqual(['failedTransfer DISH']);
			expect(await story.ledger.add([change('VASE', { version: at(1) })])).toMatchObject([{ outcome: 'unchanged' }]);
		});

		test('newer content behind what is in flight is dropped with it', async () => {
			await story.ledger.add([change('LAMP')]);
			const [lamp] = await take();
			await story.ledger.add([change('LAMP', { version: at(1), columns: { SELL_PRICE: '9.00' } })]);
			await drop('LAMP');
			await story.ledger.settle([confirmed(lamp!)]);
			expect(await take()).toEqual([]);
			await story.ledger.add([change('LAMP', { version: at(2), columns: { SELL_PRICE: '9.00' } })]);
			expect(await take()).toEqual([]);
			await replay('LAMP');
			expect(await take()).toMatchObject([{ desired: { columns: { SELL_PRICE: '9.00' } } }]);
		});

		test('what waits for a dropped parent is an exception at once, until the parent comes back', async () => {
			await story.ledger.add([
				change('TEE'),
				change('CAP'),
				change('TEE-RED', { parent: 'TEE' }),
				change('CAP-RED', { parent: 'CAP' }),
			]);
			await drop('TEE');
			await story.ledger.add([change('TEE-BLUE', { parent: 'TEE' })]);
			expect(await story.ledger.exceptions()).toMatchObject([
				{
					type: 'heldTooLong',
					key: 'TEE-RED',
					value: 'TEE',
					reason: 'TEE-RED waits for TEE, which was dropped (Will not be sold).',
					remedy: expect.stringContaining('Bring TEE back with Sequencer: Replay'),
				},
				{ key: 'TEE-BLUE' },
			]);
			expect(await story.ledger.getMany({ limit: 10, search: 'TEE-RED', kinds })).toMatchObject([
				{ waitsFor: ['TEE'], waitingReason: 'TEE was dropped: Will not be sold' },
			]);
			// It is told once, not again after the hour.
			story.later(61 * 60_000);
			await story.ledger.settle((await take()).map(confirmed));
			await story.ledger.housekeeping();
			expect(await exceptions()).toEqual(['heldTooLong TEE-RED', 'heldTooLong TEE-BLUE']);

			await story.ledger.add([change('TEE', { version: at(1), columns: { SELL_PRICE: '9.00' } })]);
			expect(await exceptions()).toEqual([]);
			// From now on it is a hold like any other.
			await refuse(...(await take()).filter((item) => item.key === 'TEE'));
			story.later(30 * 60_000);
			await story.ledger.housekeeping();
			expect(await exceptions()).toEqual(['failedTransfer TEE']);
			story.later(31 * 60_000);
			await story.ledger.housekeeping();
			expect(await exceptions()).toEqual(['failedTransfer TEE', 'heldTooLong TEE-RED', 'heldTooLong TEE-BLUE']);
		});

		test('what happened is in the trail, with the person’s reason', async () => {
			await story.ledger.add([change('LAMP')]);
			await refuse(...(await take()));
			await replay('LAMP');
			await drop('LAMP');
			expect(await story.ledger.getMany({ limit: 10, search: 'LAMP', kinds })).toEqual([]);
			expect((await trailOf('LAMP')).slice(-2)).toEqual([
				{ event: 'replayed', details: { reason: 'The type is there now', state: 'failed' } },
				{ event: 'dropped', details: { reason: 'Will not be sold', by: 'person', state: 'queued' } },
			]);
		});

		const trailOf = async (key: string): Promise<Array<{ event: string; details: unknown }>> =>
			await story
				.look<{
					event: string;
					details: string;
				}>(`SELECT event, details FROM trail WHERE key = '${key}' AND kind = 'stockItem' ORDER BY event_id`)
				.then((rows) => rows.map(({ event, details }) => ({ event, details: JSON.parse(details) as unknown })));
	});
});
