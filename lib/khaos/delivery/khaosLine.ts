import type { Lane } from '../../shapes';
import type { DeliveryPort } from './deliveryPort';
import { KhaosError, KhaosFault, KhaosUnknownOutcome } from '../webServices/fault';

/** What became of a call: its value, or why there is none. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: Error };

/** Waits before the second and the third attempt of a call, in milliseconds. */
const BACKOFF_MS = [1_000, 4_000];
/** Longest wait within a batch that a server can ask for; beyond it the batch's items are tried again later. */
const LONGEST_WAIT_MS = 15_000;
/** Calls in a row without an answer after which the batch ends: the server is down, and calling on would only burden it. */
const STOP_AFTER_UNANSWERED = 4;
/** The same for calls that never got to Khaos, a refused credential among them; a single one may be a hiccup. */
const STOP_AFTER_TURNED_AWAY = 3;

/**
 * The calls of one batch to one Khaos: each through the gate, reads with a few attempts, and an end to all of them when
 * the server isn't there.
 */
export class KhaosLine {
	/** Why no more calls are made; null while they are. */
	stopped: Error | null = null;

	private unanswered = 0;
	private turnedAway = 0;

	constructor(
		private readonly port: DeliveryPort,
		private readonly sleep: (ms: number) => Promise<void>,
	) {}

	/** A call that changes nothing: tried up to three times, a timed-out one twice. */
	async read<T>(lane: Lane, call: () => Promise<T>, attempts = BACKOFF_MS.length + 1): Promise<Outcome<T>> {
		for (let attempt = 1; ; attempt++) {
			const outcome = await this.once(lane, call);
			if (outcome.ok || this.stopped !== null || attempt >= attempts) return outcome;
			const { error } = outcome;
			if (!(error instanceof KhaosError)) return outcome;
			if (error instanceof KhaosFault && error.kind === 'methodNotFound') return outcome;
			if (error instanceof KhaosUnknownOutcome && error.kind === 'timeout' && attempt >= 2) return outcome;
			await this.pause(error, attempt);
		}
	}

	/** A call that writes: made once. Only a call that never got to Khaos is made again. */
	async write<T>(lane: Lane, call: () => Promise<T>): Promise<Outcome<T>> {
		for (let attempt = 1; ; attempt++) {
			const outcome = await this.once(lane, call);
			if (outcome.ok || this.stopped !== null) return outcome;
			const { error } = outcome;
			const notDone = error instanceof KhaosFault && (error.turnedAway || error.kind === 'busy');
			if (!notDone || attempt > BACKOFF_MS.length) {
				if (error instanceof KhaosUnknownOutcome) await this.pause(error, 1);
				return outcome;
			}
			await this.pause(error, attempt);
		}
	}

	/** End the batch's calls, with the reason that its open items get. */
	stop(error: Error): void {
		this.stopped ??= error;
	}

	private async once<T>(lane: Lane, call: () => Promise<T>): Promise<Outcome<T>> {
		if (this.stopped !== null) return { ok: false, error: this.stopped };
		try {
			const value = await this.port.throughGate(lane, call);
			this.unanswered = 0;
			this.turnedAway = 0;
			return { ok: true, value };
		} catch (thrown) {
			const error = thrown instanceof Error ? thrown : new Error(String(thrown));
			this.judge(error);
			return { ok: false, error };
		}
	}

	private judge(error: Error): void {
		if (error instanceof KhaosUnknownOutcome) {
			this.turnedAway = 0;
			if (++this.unanswered >= STOP_AFTER_UNANSWERED) this.stop(error);
		} else if (error instanceof KhaosFault) {
			this.unanswered = 0;
			if (!error.turnedAway) this.turnedAway = 0;
			else if (++this.turnedAway >= STOP_AFTER_TURNED_AWAY) this.stop(error);
		}
	}

	private async pause(error: KhaosError, attempt: number): Promise<void> {
		const asked = (error.retryAfter ?? 0) * 1_000;
		if (asked > LONGEST_WAIT_MS) {
			this.stop(error);
			return;
		}
		await this.sleep(Math.max(asked, BACKOFF_MS[attempt - 1] ?? BACKOFF_MS.at(-1)!));
	}
}
