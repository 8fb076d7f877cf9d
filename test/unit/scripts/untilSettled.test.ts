import { isSettled, untilSettled, type SyncState } from '../../../scripts/untilSettled';

const done: SyncState = {
	queued: 0,
	held: 0,
	leased: 0,
	retrying: 0,
	sent: 0,
	failed: 0,
	dueWithinAMinute: 0,
	parts: 0,
	confirmed: 300,
	rejected: 0,
	intakeComplete: true,
	unrecorded: 0,
};
const forever = new Promise<string>(() => {});

/** Shows one state after the other, the last one for ever; each look takes a second of the story's time. */
const story = (states: Array<SyncState | null>) => {
	let looks = 0;
	return {
		read: async () => await Promise.resolve(states[Math.min(looks++, states.length - 1)]!),
		now: () => looks * 1_000,
		looks: () => looks,
		everyMs: 0,
		show: () => {},
		ended: forever,
		giveUpAfterMs: 60_000,
	};
};

describe('a run of the sync', () => {
	test('ends when nothing is left to do', async () => {
		const run = story([
			null,
			{ ...done, intakeComplete: false },
			{ ...done, queued: 40 },
			{ ...done, leased: 40 },
			done,
		]);
		expect(await untilSettled(run)).toEqual({ how: 'settled' });
		expect(run.looks()).toBeGreaterThan(5);
	});

	test('does not end between two batches', async () => {
		const run = story([done, { ...done, queued: 100 }, done, { ...done, queued: 3 }, done]);
		expect(await untilSettled(run)).toEqual({ how: 'settled' });
		expect(run.looks()).toBe(7);
	});

	test('ends although children are held for ever: somebody has to look at their parent', async () => {
		expect(await untilSettled(story([{ ...done, held: 12, failed: 1 }]))).toEqual({ how: 'settled' });
	});

	test.each<[string, Partial<SyncState>]>([
		['something is queued', { queued: 1 }],
		['a batch is out', { leased: 1 }],
		['a retry is due soon', { retrying: 1, dueWithinAMinute: 1 }],
		['the scan is not at its end', { intakeComplete: false }],
		['a product has no receipt', { unrecorded: 1 }],
	])('goes on while %s', (_, part) => {
		expect(isSettled({ ...done, ...part })).toBe(false);
	});

	test('gives up when nothing new happens', async () => {
		const ending = await untilSettled(story([{ ...done, leased: 25 }]));
		expect(ending).toEqual({ how: 'stuck', idleSeconds: 61 });
	});

	test('a state that comes back again and again is nothing new', async () => {
		const circle = Array.from({ length: 200 }, (_, index) => ({ ...done, [index % 2 === 0 ? 'queued' : 'leased']: 1 }));
		expect(await untilSettled(story(circle))).toMatchObject({ how: 'stuck' });
	});

	test('ends when n8n does', async () => {
		const run = { ...story([{ ...done, queued: 1 }]), ended: Promise.resolve('SIGKILL') };
		expect(await untilSettled(run)).toEqual({ how: 'ended', reason: 'SIGKILL' });
	});
});
