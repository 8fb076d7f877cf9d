/** One figure, one line of JSON on stdout. */
export function print(figure: string, value: number, unit: string): void {
	process.stdout.write(`${JSON.stringify({ figure, value: Math.round(value * 1000) / 1000, unit })}\n`);
}

export function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)]!;
}

/** Milliseconds that the work takes, and what it returns. */
export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
	const from = performance.now();
	const result = await work();
	return { ms: performance.now() - from, result };
}
