import { randomNumbers } from '../../simulators/generate';

/** Everything that a simulation leaves to chance, from one seed. */
export class Chance {
	private readonly next: () => number;

	constructor(seed: number) {
		this.next = randomNumbers(seed);
	}

	/** In [0, 1). */
	readonly random = (): number => this.next();

	/** Does something happen that happens this often? */
	happens(share: number): boolean {
		return this.next() < share;
	}

	whole(from: number, to: number): number {
		return from + Math.floor(this.next() * (to - from + 1));
	}

	pick<T>(values: readonly T[]): T {
		return values[Math.floor(this.next() * values.length)] as T;
	}

	/** A name that nothing else has. */
	readonly token = (): string => `${this.hex()}${this.hex()}`;

	private hex(): string {
		return Math.floor(this.next() * 0x1_0000_0000)
			.toString(16)
			.padStart(8, '0');
	}
}
