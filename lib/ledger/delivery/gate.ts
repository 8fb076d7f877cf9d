import type { Lane } from '../../shapes';
import type { Database } from '../store/database';

export interface GateSettings {
	/** How long a hold lasts without a sign of life (ms). */
	holdMs: number;
	/** How often a waiter looks again (ms). */
	lookAgainMs: number;
}

export const defaultGate: GateSettings = { holdMs: 30_000, lookAgainMs: 20 };

export interface GateTools {
	newToken: () => string;
	sleep: (ms: number) => Promise<void>;
	/** Call repeatedly until the returned function is called. */
	every: (ms: number, run: () => unknown) => () => void;
}

/**
 * One call in flight to one system, from all executions and processes together; among those
 * that wait, the most urgent lane goes first, then who came first. The hold is renewed while the call runs; that of a
 * process that died ends by itself.
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
	let since: number | null = null;
	for (;;) {
		const entered = await database.write(async (tx) => {
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
							'UPDATE gates SET holder = ?, held_until = ? WHERE system = ? AND (holder IS NULL OR holder = ? OR held_until <= ?)',
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
				return true;
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
			return false;
		});
		if (entered) break;
		await tools.sleep(settings.lookAgainMs);
	}
	const stop = tools.every(settings.holdMs / 3, () => {
		database
			.write(
				async (tx) =>
					await tx.run(
						'UPDATE gates SET held_until = ? WHERE system = ? AND holder = ?',
						tx.now + settings.holdMs,
						system,
						token,
					),
			)
			.catch(() => undefined);
	});
	try {
		return await call();
	} finally {
		stop();
		// What the call brought counts, also where the ledger is out of reach now: the hold ends by itself.
		await database
			.write(
				async (tx) =>
					await tx.run('UPDATE gates SET holder = NULL, held_until = 0 WHERE system = ? AND holder = ?', system, token),
			)
			.catch(() => undefined);
	}
}
