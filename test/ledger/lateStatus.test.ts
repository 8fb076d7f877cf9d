import type { BatchItem } from '../../lib/shapes';
import { backends, beginStory, change, confirmed, rejection, result, type Story } from './story';

describe.each(backends)('a status that may reach Pimberly late, %s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	const tell = async (): Promise<BatchItem | undefined> => (await story.ledger.take({ target: 'pimberly' }))[0];
	const mayWrite = async ({ changeId, lease }: BatchItem) =>
		await story.ledger.statuses.beginWrite({ changeId, token: lease.token });
	const told = (item: BatchItem) => ({ ...confirmed(item), kind: item.kind, key: item.key });
	const leaseEnds = () => story.later(story.ledger.settings.leaseMs);

	/** A is Failed in Pimberly's eyes, and an execution has that in its hands. */
	const failedInHand = async (): Promise<BatchItem> => {
		await story.ledger.add([rejection('A', 'itemName')]);
		return (await tell())!;
	};
	const becomesLive = async (): Promise<void> => {
		await story.ledger.add([change('A', { version: '2026-11-02T09:30:00.000Z' })]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
	};

	test('may be written as long as its execution shows signs of life', async () => {
		const item = await failedInHand();
		for (let minute = 0; minute < 30; minute += 9) {
			expect(await mayWrite(item)).toBe(true);
			story.later(9 * 60_000);
			expect(await tell()).toBeUndefined();
		}
		expect(await story.ledger.settle([told(item)])).toMatchObject([{ outcome: 'confirmed' }]);
	});

	test('is not written by an execution that lost it, nor where a newer one waits', async () => {
		const slow = await failedInHand();
		leaseEnds();
		const second = (await tell())!;
		expect(await mayWrite(slow)).toBe(false);
		expect(await mayWrite(second)).toBe(true);
		await becomesLive();
		expect(await mayWrite(second)).toBe(false);
		expect(await story.ledger.settle([result(second, 'retry', { cause: 'notOurs' })])).toMatchObject([
			{ outcome: 'retrying' },
		]);
		expect((await tell())!.desired).toMatchObject({ status: 'Live' });
	});

	test('is written over once more when it can not arrive any more, though nobody ever said what became of it', async () => {
		const slow = await failedInHand();
		expect(await mayWrite(slow)).toBe(true);
		leaseEnds();
		await becomesLive();
		const newer = (await tell())!;
		expect(newer.desired).toMatchObject({ status: 'Live' });
		await story.ledger.settle([told(newer)]);
		expect(await tell()).toBeUndefined();

		story.later(story.ledger.settings.lateWriteMs);
		const again = (await tell())!;
		expect(again.desired).toEqual(newer.desired);
		await story.ledger.settle([told(again)]);
		story.later(2 * story.ledger.settings.lateWriteMs);
		expect(await tell()).toBeUndefined();
	});

	test('is no trouble where the newest says the same', async () => {
		const slow = await failedInHand();
		await mayWrite(slow);
		leaseEnds();
		const second = (await tell())!;
		await story.ledger.settle([told(second)]);
		story.later(story.ledger.settings.lateWriteMs);
		expect(await tell()).toBeUndefined();
	});

	test('is one of several: the newest says the same as one of them, and another may still arrive', async () => {
		await mayWrite(await failedInHand());
		leaseEnds();
		const later = { primaryId: 'A', internalId: 'id-A', dateUpdated: '2026-11-02T09:20:00.000Z' };
		await story.ledger.add([rejection('A', 'costPrice', { source: later })]);
		const second = (await tell())!;
		await mayWrite(second);
		leaseEnds();
		const newest = (await tell())!;
		expect(newest.desired).toEqual(second.desired);
		await story.ledger.settle([told(newest)]);
		expect(await tell()).toBeUndefined();
		story.later(story.ledger.settings.lateWriteMs);
		expect((await tell())!.desired).toEqual(newest.desired);
	});

	test('is trouble also after an outage in the middle of a write, and equal news does not end it', async () => {
		const first = await failedInHand();
		await mayWrite(first);
		await story.ledger.settle([result(first, 'retry', { cause: 'unavailable', reason: 'No answer within 20 s.' })]);
		await becomesLive();
		const newer = (await tell())!;
		await story.ledger.settle([told(newer)]);

		// Invalid and put right again: the news is what Pimberly was told last.
		await story.ledger.add([
			rejection('A', 'itemName', {
				source: { primaryId: 'A', internalId: 'id-A', dateUpdated: '2026-11-02T09:40:00.000Z' },
			}),
		]);
		await story.ledger.add([change('A', { version: '2026-11-02T09:50:00.000Z' })]);
		for (let item = await tell(); item !== undefined; item = await tell()) {
			expect(item.desired).toMatchObject({ status: 'Live' });
			await story.ledger.settle([told(item)]);
		}
		story.later(story.ledger.settings.lateWriteMs);
		const again = (await tell())!;
		expect(again.desired).toMatchObject({ status: 'Live', message: 'Confirmed in Khaos' });
	});
});
