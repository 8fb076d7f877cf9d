import type { Lane } from '../../shapes';

interface Waiting {
	lane: Lane;
	go: () => void;
}

/** One call in flight, the most urgent lane first, within one lane in order of arrival. */
class Gate {
	private busy = false;
	private readonly waiting: Waiting[] = [];

	async through<T>(lane: Lane, call: () => Promise<T>): Promise<T> {
		if (this.busy) await new Promise<void>((go) => this.waiting.push({ lane, go }));
		this.busy = true;
		try {
			return await call();
		} finally {
			this.next();
		}
	}

	private next(): void {
		let first = 0;
		this.waiting.forEach(({ lane }, at) => {
			if (lane < this.waiting[first]!.lane) first = at;
		});
		const [next] = this.waiting.splice(first, 1);
		// The gate stays busy for the one that goes in.
		if (next) next.go();
		else this.busy = false;
	}
}

// One gate a Khaos for the whole process, however many executions share it.
const gates = new Map<string, Gate>();

/** Run a call while holding this process's gate to one Khaos (named by Endpoint.identity). */
export async function throughProcessGate<T>(identity: string, lane: Lane, call: () => Promise<T>): Promise<T> {
	let gate = gates.get(identity);
	if (!gate) {
		gate = new Gate();
		gates.set(identity, gate);
	}
	return await gate.through(lane, call);
}
