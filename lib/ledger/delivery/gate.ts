import type { Lane } from '../../shapes';
import { endingWith } from '../../khaos/webServices/endOfCall';
import type { Database, Transaction } from '../store/database';

/** How long calls to one system wait for each other. */
export interface GateSettings {
	/** How long a hold lasts without a sign of life (ms). */
	holdMs: number;
	/** How long after its last sign of life that reached the ledger a holder ends its call itself, which has to be sooner (ms). */
	giveUpMs: number;
	/** How often a waiter looks again (ms). */
	lookAgainMs: number;
}

export const defaultGate: GateSettings = { holdMs: 30_000, giveUpMs: 25_000, lookAgainMs: 20 };

/** Time and chance for the gate; tests bring their own. */
export interface GateTools {
	newToken: () => string;
	sleep: (ms: number) => Promise<void>;
	/** Call repeatedly until the returned function is called. */
	every: (ms: number, run: () => unknown) => () => void;
	/** Milliseconds on a clock that nobody sets, from whatever beginning. */
	elapsed: () => number;
}

/**
 * One call in flight to one system, from all executions and processes together; among those
 * that wait, the most urgent lane goes first, then who came first. The hold is renewed while the call runs; that of a
 * process that died ends by itself. A process that lives and can't renew it (the ledger is out of reach) ends its call before
 * the ledger would let another one in: what became of that call is unknown then, and read back.
 */
export async function throughGate<T>(
	database: Database,
	tools: GateTools,
	settings: GateSettings,
	system: string,
	lane: Lane,
	call: () => Promise<T>,
	/** Told when the gate was entered, by the ledger's clock. */
	onEntered: (at: number) => void = () => undefined,
): Promise<T> {
	const token = tools.newToken();
	const enteredAt = await enter(database, tools, settings, system, lane, token, onEntered);
	const hold = keepHold(database, tools, settings, system, token, enteredAt);
	try {
		return await endingWith(hold.end, call);
	} finally {
		hold.stop();
		// What the call brought counts, also where the ledger is out of reach now: the hold ends by itself.
		await database
			.write(
				async (tx) =>
					await tx.run('UPDATE gates SET holder = NULL, held_until = 0 WHERE system = ? AND holder = ?', system, token),
			)
			.catch(() => undefined);
	}
}

/** Waits for the gate. Returns when it was entered, on this process's clock. */
async function enter(
	database: Database,
	tools: GateTools,
	settings: GateSettings,
	system: string,
	lane: Lane,
	token: string,
	onEntered: (at: number) => void,
): Promise<number> {
	let since: number | null = null;
	for (;;) {
		const entered = await database.write(async (tx): Promise<number | null> => {
			const at = tools.elapsed();
			since ??= tx.now;
			await tx.run('INSERT INTO gates (system) VALUES (?) ON CONFLICT DO NOTHING', system);
			await tx.run('DELETE FROM gate_waiters WHERE system = ? AND until <= ?', system, tx.now);
			const ahead = await tx.get<{ token: string }>(
				`SELECT token FROM gate_waiters WHERE system = ? AND token <> ? AND (lane < ? OR (lane = ? AND (since < ? OR (since = ? AND token < ?)))) LIMIT 1`,
				system,
				token,
				lane,
				lane,
				since,
				since,
				token,
			);
			const taken =
				ahead === undefined
					? await tx.changed(
							'UPDATE gates SET holder = ?, held_until = ?, entered = entered + 1 WHERE system = ? AND (holder IS NULL OR holder = ? OR held_until <= ?)',
							token,
							tx.now + settings.holdMs,
							system,
							token,
							tx.now,
						)
					: 0;
			if (taken > 0) {
				await tx.run('DELETE FROM gate_waiters WHERE token = ?', token);
				onEntered(tx.now);
				return at;
			}
			await tx.run(
				`INSERT INTO gate_waiters (token, system, lane, since, until) VALUES (?, ?, ?, ?, ?)
				 ON CONFLICT (token) DO UPDATE SET until = excluded.until`,
				token,
				system,
				lane,
				since,
				tx.now + settings.holdMs,
			);
			return null;
		});
		if (entered !== null) return entered;
		await tools.sleep(settings.lookAgainMs);
	}
}

/** Renews the hold until it is stopped; `end` says that the call has to end, because the hold can't be renewed or is another's. */
function keepHold(
	database: Database,
	tools: GateTools,
	settings: GateSettings,
	system: string,
	token: string,
	enteredAt: number,
): { end: AbortSignal; stop: () => void } {
	const ending = new AbortController();
	let renewedAt = enteredAt;
	const renew = async (): Promise<void> => {
		const renewal = await database.write(async (tx) => ({
			at: tools.elapsed(),
			held: await tx.changed(
				'UPDATE gates SET held_until = ? WHERE system = ? AND holder = ?',
				tx.now + settings.holdMs,
				system,
				token,
			),
		}));
		if (renewal.held === 0) ending.abort();
		else renewedAt = Math.max(renewedAt, renewal.at);
	};
	const stops = [
		tools.every(settings.holdMs / 3, async () => await renew().catch(() => undefined)),
		tools.every(settings.holdMs / 30, () => {
			if (tools.elapsed() - renewedAt >= settings.giveUpMs) ending.abort();
		}),
	];
	return { end: ending.signal, stop: () => stops.forEach((stop) => stop()) };
}

/** How many calls the gates of all systems have let in since the ledger was made. */
export async function callsLetIn(tx: Transaction): Promise<number> {
	const row = await tx.get<{ calls: number | null }>('SELECT sum(entered) AS calls FROM gates');
	return Number(row?.calls ?? 0);
}
