import { KhaosError, KhaosFault, KhaosUnknownOutcome } from '../../khaos/webServices/fault';
import type { Database } from '../store/database';

/** While all is well, or all is not, it is noted so often at most (ms on the machine's clock). */
const noteEveryMs = 15_000;

/** Whether a call that ended with this error had no answer of Khaos Control, as opposed to one that displeases. */
const hasNoAnswer = (error: KhaosError): boolean =>
	(error instanceof KhaosFault && (error.turnedAway || error.kind === 'busy')) ||
	(error instanceof KhaosUnknownOutcome && error.kind !== 'truncated' && error.kind !== 'tooLarge');

/** Notes whether Khaos Control answers, so that a silence can be told from a quiet day. */
export function khaosContacts(
	database: Database,
	environmentId: number,
): { told<T>(call: () => Promise<T>): Promise<T> } {
	let answers: boolean | null = null;
	let notedAt = -Infinity;
	const note = async (error: KhaosError | null): Promise<void> => {
		const answered = error === null;
		const now = performance.now();
		if (answers === answered && now - notedAt < noteEveryMs) return;
		answers = answered;
		notedAt = now;
		await database.write(async (tx) => {
			await tx.run(
				`INSERT INTO contacts (environment_id, system, answered_at, failing_since, failed_at, last_error) VALUES (?, 'khaos', ?, ?, ?, ?)
				 ON CONFLICT (environment_id, system) DO UPDATE SET answered_at = COALESCE(excluded.answered_at, contacts.answered_at),
					failing_since = CASE WHEN excluded.failing_since IS NOT NULL THEN COALESCE(contacts.failing_since, excluded.failing_since) END,
					failed_at = excluded.failed_at, last_error = excluded.last_error`,
				environmentId,
				answered ? tx.now : null,
				answered ? null : tx.now,
				answered ? null : tx.now,
				error?.message ?? null,
			);
		});
	};
	return {
		told: async (call) => {
			try {
				const value = await call();
				// What the call brought counts, also where this can't be noted.
				await note(null).catch(() => undefined);
				return value;
			} catch (error) {
				if (error instanceof KhaosError) await note(hasNoAnswer(error) ? error : null).catch(() => undefined);
				throw error;
			}
		},
	};
}
