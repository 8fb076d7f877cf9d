import { concurrently } from '../../lib/concurrently';

describe('tasks run a few at a time', () => {
	test('in the order of their items, never more than the limit at once', async () => {
		let running = 0;
		let most = 0;
		const results = await concurrently([3, 1, 2, 5, 4], 2, async (n) => {
			most = Math.max(most, ++running);
			for (let turn = 0; turn < n; turn++) await Promise.resolve();
			running--;
			return n * 10;
		});
		expect(results).toEqual([30, 10, 20, 50, 40]);
		expect(most).toBe(2);
	});

	test('after a failure nothing new starts, and what was under way has ended', async () => {
		const ended: number[] = [];
		const task = async (n: number) => {
			if (n === 1) throw new Error('no');
			for (let turn = 0; turn < 20; turn++) await Promise.resolve();
			ended.push(n);
		};
		await expect(concurrently([0, 1, 2, 3], 2, task)).rejects.toThrow('no');
		expect(ended).toEqual([0]);
	});

	test('none at all is fine', async () => expect(await concurrently([], 4, async () => 1)).toEqual([]));
});
