/**
 * Runs a task for each item, at most `limit` at a time, and keeps the order of the results. After a rejection nothing new
 * is started; it is passed on once the tasks under way have ended, so nothing goes on behind the caller's back.
 */
export async function concurrently<T, R>(
	items: readonly T[],
	limit: number,
	task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
	const results: R[] = Array.from({ length: items.length });
	const failures: unknown[] = [];
	let next = 0;
	const worker = async (): Promise<void> => {
		while (failures.length === 0 && next < items.length) {
			const index = next++;
			await task(items[index] as T, index).then(
				(result) => {
					results[index] = result;
				},
				(failure: unknown) => failures.push(failure),
			);
		}
	};
	await Promise.all(Array.from({ length: Math.min(Math.max(1, Math.floor(limit)), items.length) }, worker));
	if (failures.length > 0) throw failures[0];
	return results;
}
