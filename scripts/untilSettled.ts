/** What the end of a run depends on. */
export interface SyncState {
	/** Changes waiting, by state. */
	queued: number;
	held: number;
	leased: number;
	retrying: number;
	sent: number;
	failed: number;
	/** Of the waiting ones: how many may move by themselves within a minute. */
	dueWithinAMinute: number;
	confirmed: number;
	/** Kit relations and prices that are confirmed. */
	parts: number;
	/** Products with every reason why they can't be sent. */
	rejected: number;
	/** Whether a scan that started after the run did has reached the end of the list, and all it emitted is in the ledger. */
	intakeComplete: boolean;
	/** Of the last emission: products that the ledger has no receipt for. */
	unrecorded: number;
}

export type Ending =
	| { how: 'settled' }
	/** Nothing new happened for too long. */
	| { how: 'stuck'; idleSeconds: number }
	/** n8n is gone. */
	| { how: 'ended'; reason: string };

export interface WaitOptions {
	read: () => Promise<SyncState | null>;
	/** A sign of life beside the state, like the number of calls made; any new value counts. */
	activity?: () => Promise<string>;
	/** Resolves when n8n ends by itself. */
	ended: Promise<string>;
	giveUpAfterMs: number;
	show: (state: SyncState) => void;
	everyMs?: number;
	now?: () => number;
}

/** Several in a row, so that what is between two tables of the ledger at the moment of one look is seen by the other. */
const CALM_LOOKS = 3;

/**
 * Waits until the sync has nothing left to do: the intake is complete, and no change is queued, leased or due within a
 * minute. It always ends: where nothing that was not there before is seen for a while, it is stuck. A state that comes
 * back again and again is no progress.
 */
export async function untilSettled(options: WaitOptions): Promise<Ending> {
	const { now = Date.now, everyMs = 1_000 } = options;
	let ended: string | null = null;
	void options.ended.then((reason) => (ended = reason));
	const seen = new Set<string>();
	let lastNewAt = now();
	let calm = 0;
	for (;;) {
		if (ended !== null) return { how: 'ended', reason: ended };
		const state = await options.read();
		const fingerprint = JSON.stringify([state, (await options.activity?.()) ?? '']);
		if (!seen.has(fingerprint)) {
			seen.add(fingerprint);
			lastNewAt = now();
		}
		if (state) options.show(state);
		calm = state && isSettled(state) ? calm + 1 : 0;
		if (calm >= CALM_LOOKS) return { how: 'settled' };
		const idleMs = now() - lastNewAt;
		if (idleMs > options.giveUpAfterMs) return { how: 'stuck', idleSeconds: Math.round(idleMs / 1000) };
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
}

export function isSettled(state: SyncState): boolean {
	return (
		state.intakeComplete &&
		state.unrecorded === 0 &&
		state.queued === 0 &&
		state.leased === 0 &&
		state.dueWithinAMinute === 0
	);
}
