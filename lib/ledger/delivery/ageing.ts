import type { Kind, Lane } from '../../shapes';
import type { Transaction } from '../store/database';
import type { TakeOptions } from './take';

const everyBatch = 8;

type Asked = Pick<TakeOptions, 'target' | 'lanes' | 'kinds'>;

/**
 * Batches are counted apart for each selection of lanes and kinds: of two triggers that take in turns, one would otherwise
 * have every eighth batch and the other none. Those that ask for everything have the target's own count.
 */
function lineOf({ target, lanes, kinds }: Asked): string {
	const chosen = [...(lanes?.length ? [...lanes].sort() : []), ...(kinds?.length ? [...kinds].sort() : [])];
	return [target, ...chosen].join(' ');
}

/** A batch was handed out. The count is kept in the ledger, so it goes on after a restart and is one for all takers alike. */
export async function countBatch(tx: Transaction, environmentId: number, asked: Asked): Promise<void> {
	await tx.run(
		`INSERT INTO takes (environment_id, target, batches) VALUES (?, ?, 1)
		 ON CONFLICT (environment_id, target) DO UPDATE SET batches = takes.batches + 1`,
		environmentId,
		lineOf(asked),
	);
}

/** The number of the batch that is handed out next; 1 for the first. */
export async function nextBatch(tx: Transaction, environmentId: number, asked: Asked): Promise<number> {
	const count = await tx.get<{ batches: number }>(
		'SELECT batches FROM takes WHERE environment_id = ? AND target = ?',
		environmentId,
		lineOf(asked),
	);
	return (count?.batches ?? 0) + 1;
}

/** In every eighth batch of a selection what has waited long goes first, so that however many prices come, a description is sent in the end. */
export const isTurnOfAged = (batch: number): boolean => batch % everyBatch === 0;

/** Half way between two of those batches it is the turn of read-backs that are overdue, however much there is to write. */
export const isTurnOfChecks = (batch: number): boolean => batch % everyBatch === everyBatch / 2;

/** What could have been sent for longer than `agedMs`, oldest first, whatever its lane. */
export async function agedIds(
	tx: Transaction,
	environmentId: number,
	agedMs: number,
	limit: number,
	lines: Array<{ lane: Lane; kind: Kind }>,
): Promise<number[]> {
	const aged = await Promise.all(
		lines.map(
			async ({ lane, kind }) =>
				await tx.all<{ change_id: number; ready_at: number }>(
					`SELECT change_id, ready_at FROM changes WHERE environment_id = ? AND kind = ? AND lane = ? AND state = 'queued' AND ready_at < ?
					 ORDER BY ready_at LIMIT ?`,
					environmentId,
					kind,
					lane,
					tx.now - agedMs,
					limit,
				),
		),
	);
	return aged
		.flat()
		.sort((a, b) => a.ready_at - b.ready_at || a.change_id - b.change_id)
		.slice(0, limit)
		.map((row) => row.change_id);
}
