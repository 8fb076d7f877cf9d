import { openLedger, type LedgerStore } from '../../lib/ledger/ledger';
import type { LedgerStats } from '../../lib/ledger/stats';
import { ENVIRONMENT } from '../demo';
import type { Violation } from '../oracle';

export interface DrainOptions {
	store: LedgerStore;
	/** The ledger's clock minus ours, in milliseconds. */
	clockAheadMs: number;
	/** Keeps n8n alive meanwhile. */
	keepAlive: () => Promise<void>;
	withinMs: number;
	show: (text: string) => void;
}

const CALM_LOOKS = 3;

/**
 * Waits until a scan that began after now has brought nothing that is still open, but for what has failed.
 *
 * @returns what is still open when the time is over
 */
export async function drained(options: DrainOptions): Promise<Violation[]> {
	const since = Date.now() + options.clockAheadMs;
	const deadline = Date.now() + options.withinMs;
	let calm = 0;
	let last: LedgerStats | null = null;
	while (Date.now() < deadline) {
		await options.keepAlive();
		const stats = await look(options.store);
		if (stats) options.show(inWords(stats));
		calm = stats && isDrained(stats, since) ? calm + 1 : 0;
		if (calm === CALM_LOOKS) return [];
		last = stats ?? last;
		await new Promise((resolve) => setTimeout(resolve, 1_000));
	}
	return await whatIsOpen(options.store, last);
}

async function look(store: LedgerStore): Promise<LedgerStats | null> {
	return await withLedger(store, async (ledger) => await ledger.stats()).catch(() => null);
}

/** Primary ids of what has been given up. */
export async function failedProducts(store: LedgerStore): Promise<Array<{ primaryId: string; hasException: boolean }>> {
	return await withLedger(store, async (ledger) => {
		const open = new Set((await ledger.exceptions({ limit: 1_000_000 })).map(({ primaryId }) => primaryId));
		const failed = await ledger.getMany({ states: ['failed'], limit: 1_000_000 });
		return failed.map(({ primaryId }) => ({ primaryId, hasException: open.has(primaryId) }));
	});
}

async function withLedger<T>(store: LedgerStore, work: (ledger: Awaited<ReturnType<typeof openLedger>>) => Promise<T>) {
	const ledger = await openLedger({ environment: ENVIRONMENT, store, readOnly: true });
	try {
		return await work(ledger);
	} finally {
		await ledger.close();
	}
}

const openOf = ({ khaos, pimberly }: LedgerStats): Array<[string, number]> =>
	[khaos, pimberly].flatMap((states) => Object.entries(states).filter(([state]) => state !== 'failed'));

function isDrained(stats: LedgerStats, since: number): boolean {
	const { complete, unrecorded, lastCompleteAt } = stats.intake;
	const scanned = lastCompleteAt !== null && Date.parse(lastCompleteAt) >= since;
	return complete && unrecorded === 0 && scanned && openOf(stats).every(([, count]) => count === 0);
}

function inWords(stats: LedgerStats): string {
	const open = openOf(stats).reduce((sum, [, count]) => sum + count, 0);
	return `${stats.confirmed} confirmed, ${open} open`;
}

async function whatIsOpen(store: LedgerStore, last: LedgerStats | null): Promise<Violation[]> {
	const open = await withLedger(store, async (ledger) => await ledger.getMany({ limit: 1_000 })).catch(() => []);
	return [
		{ rule: 'stuck', record: '', what: `It did not come to rest: ${JSON.stringify(last)}` },
		...open.map(
			({ kind, key, state, reason }): Violation => ({
				rule: 'stuck',
				record: key,
				what: `${kind} ${key} is ${state}: ${reason}`,
			}),
		),
	];
}
