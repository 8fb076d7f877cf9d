import type { IRun } from 'n8n-workflow';

import type { Ledger } from '../../lib/ledger/ledger';

/**
 * Waits until a batch's execution has ended, and gives back what it did not settle. A ledger that is out of reach (a database
 * that restarts, a disk that is full) is asked again until it answers: a batch that was forgotten would be nobody's until its
 * lease is over, and the next one would start beside it.
 *
 * @param done resolves when the execution has ended, where the engine tells
 * @param trouble told of each error of the ledger; the ledger is asked again when it resolves
 */
export async function endOfBatch(
	ledger: Pick<Ledger, 'batch' | 'release'>,
	token: string,
	done: Promise<IRun>,
	signal: AbortSignal,
	trouble: (error: Error) => Promise<void>,
): Promise<{ released: number; reason: string }> {
	for (;;) {
		try {
			const run = await endOfExecution(ledger, token, done, signal);
			// Switched off while it ran: the execution goes on and settles, or the lease ends.
			if (run === null && signal.aborted) return { released: 0, reason: '' };
			const reason =
				(run as Partial<IRun> | null)?.data?.resultData.error?.message ??
				'The execution ended without settling the batch';
			return { released: await ledger.release(token, reason), reason };
		} catch (error) {
			await trouble(error as Error);
			if (signal.aborted) return { released: 0, reason: '' };
		}
	}
}

/** Resolves when the execution has ended or, where the engine can't tell, when the batch is settled or its lease is over. */
async function endOfExecution(
	ledger: Pick<Ledger, 'batch'>,
	token: string,
	done: Promise<IRun>,
	signal: AbortSignal,
): Promise<IRun | null> {
	let run: IRun | null = null;
	let ended = false;
	done
		.then((result) => {
			run = result;
		})
		.catch(() => undefined)
		.finally(() => {
			ended = true;
		});
	while (!ended && !signal.aborted) {
		await pause(20, signal);
		if (ended) break;
		if ((await ledger.batch(token)).open === 0) {
			// Settled: the execution needs a moment to end, and where nobody tells of its end that is all there is to wait for.
			for (let waited = 0; !ended && waited < 1_000 && !signal.aborted; waited += 20) await pause(20, signal);
			break;
		}
		await pause(80, signal);
	}
	return run;
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return;
	await new Promise<void>((resolve) => {
		const end = (): void => {
			clearTimeout(timer);
			signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = setTimeout(end, ms);
		signal.addEventListener('abort', end);
	});
}
