import { openLedger, type LedgerStore } from '../../lib/ledger/ledger';
import type { LedgerStats } from '../../lib/ledger/watch/stats';
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
		const seen = await look(options.store);
		if (seen) options.show(inWords(seen));
		calm = seen && isDrained(seen, since) ? calm + 1 : 0;
		if (calm === CALM_LOOKS) return [];
		last = seen?.stats ?? last;
		await new Promise((resolve) => setTimeout(resolve, 1_000));
	}
	return await whatIsOpen(options.store, last);
}

interface Seen {
	stats: LedgerStats;
	/** Statuses that Pimberly shows already, to be written once more in case an older one still arrives: a precaution. */
	repeats: number;
}

async function look(store: LedgerStore): Promise<Seen | null> {
	return await withLedger(store, async (ledger) => {
		const waiting = await ledger.getMany({ states: ['retrying'], kinds: ['status'], limit: 1_000_000 });
		const repeats = waiting.filter(({ changedFields, attempt }) => changedFields.length === 0 && attempt === 0).length;
		return { stats: await ledger.stats(), repeats };
	}).catch(() => null);
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

const openOf = ({ stats: { khaos, pimberly }, repeats }: Seen): number =>
	[khaos, pimberly]
		.flatMap((states) => Object.entries(states))
		.reduce((sum, [state, count]) => sum + (state === 'failed' ? 0 : count), -repeats);

function isDrained(seen: Seen, since: number): boolean {
	const { complete, unrecorded, lastCompleteAt } = seen.stats.intake;
	const scanned = lastCompleteAt !== null && Date.parse(lastCompleteAt) >= since;
	return complete && unrecorded === 0 && scanned && openOf(seen) === 0;
}

const inWords = (seen: Seen): string => `${seen.stats.confirmed} confirmed, ${openOf(seen)} open`;

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
