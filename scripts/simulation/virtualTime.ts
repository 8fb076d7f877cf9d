/** Time that passes only when nothing else is left to do. */
interface Due {
	at: number;
	run: () => void;
}

/**
 * A clock and its timers for a program whose every wait goes through it: what is due next runs as soon as all that the
 * last one started has come to rest, and the clock jumps there. The same program runs the same way each time.
 */
export class VirtualTime {
	private due: Due[] = [];

	constructor(
		/** Milliseconds since 1970. */
		public now: number,
	) {}

	/** Run something later; returns what calls it off. Of several that are due at once the first one asked for goes first. */
	at(afterMs: number, run: () => void): () => void {
		const entry: Due = { at: this.now + Math.max(0, afterMs), run };
		let index = this.due.length;
		while (index > 0 && this.due[index - 1]!.at > entry.at) index -= 1;
		this.due.splice(index, 0, entry);
		return () => {
			const found = this.due.indexOf(entry);
			if (found >= 0) this.due.splice(found, 1);
		};
	}

	async wait(ms: number): Promise<void> {
		await new Promise<void>((resolve) => void this.at(ms, resolve));
	}

	/** Let time pass until the work is done. @throws what the work throws; Error when nothing is left that could end it */
	async runUntilDone<T>(work: Promise<T>): Promise<T> {
		let ended = false;
		const marked = work.finally(() => {
			ended = true;
		});
		marked.catch(() => undefined);
		for (;;) {
			// Everything that can go on without time passing has done so when the event loop turns.
			await new Promise((resolve) => setImmediate(resolve));
			if (ended) return await marked;
			const next = this.due.shift();
			if (next === undefined) throw new Error('Nothing is due any more, and the work has not ended.');
			this.now = Math.max(this.now, next.at);
			next.run();
		}
	}
}
