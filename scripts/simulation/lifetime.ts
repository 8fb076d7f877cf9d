import type { VirtualTime } from './virtualTime';

/** The time in which one process lives. When it dies, nothing that waits in it ever goes on. */
export class Lifetime {
	private alive = true;

	constructor(
		private readonly time: VirtualTime,
		/** How far its clock is ahead of the true time, in milliseconds. */
		private readonly clockAheadMs: number,
		private readonly onError: (error: unknown) => void,
	) {}

	/** What its clock shows, in milliseconds since 1970. */
	readonly now = (): number => this.time.now + this.clockAheadMs;

	die(): void {
		this.alive = false;
	}

	readonly sleep = async (ms: number): Promise<void> =>
		await new Promise((resolve) => {
			this.time.at(ms, () => {
				if (this.alive) resolve();
			});
		});

	readonly every = (ms: number, run: () => void): (() => void) => {
		let callOff = (): void => undefined;
		const again = (): void => {
			callOff = this.time.at(ms, () => {
				if (!this.alive) return;
				run();
				again();
			});
		};
		again();
		return () => callOff();
	};

	/** The same function, whose answers never reach a process that is dead by then. */
	guard<A extends unknown[], T>(call: (...given: A) => Promise<T>): (...given: A) => Promise<T> {
		return async (...given) =>
			await new Promise<T>((resolve, reject) => {
				call(...given).then(
					(value) => this.alive && resolve(value),
					(error: unknown) => this.alive && reject(error as Error),
				);
			});
	}

	/** Start something that nobody waits for. */
	spawn(work: () => Promise<void>): void {
		work().catch(this.onError);
	}

	/** Wait for it, but not longer than this; it goes on all the same. */
	async atMost(ms: number, work: () => Promise<void>): Promise<void> {
		await new Promise<void>((resolve) => {
			void this.sleep(ms).then(resolve);
			this.spawn(async () => {
				await work();
				resolve();
			});
		});
	}

	/** Do it over and over, as long as the process lives. */
	loop(work: () => Promise<void>): void {
		this.spawn(async () => {
			while (this.alive) await work();
		});
	}
}
