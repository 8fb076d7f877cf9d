/**
 * Runs a task for each item, at most `limit` at a time, and keeps the order of the results. A rejection stops the ones
 * that have not started and is passed on; tasks that may fail one by one return their failure as a value.
 */
export async function concurrently<T, R>(
	items: readonly T[],
	limit: number,
	task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
	const results: R[] = Array.from({ length: items.length });
	let next = 0;
	let stopped = false;
	const worker = async (): Promise<void> => {
		while (!stopped && next < items.length) {
			const index = next++;
			results[index] = await task(items[index] as T, index).catch((error: unknown) => {
				stopped = true;
				return Promise.reject(error);
			});
		}
	};
	await Promise.all(Array.from({ length: Math.min(Math.max(1, Math.floor(limit)), items.length) }, worker));
	return results;
}
