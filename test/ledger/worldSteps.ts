import type { LedgerStore } from '../../lib/ledger/ledger';
import { documentedTransitions, seenTransitions } from '../../scripts/simulation/transitions';
import type { DesiredStockItem, Lane, ReadBack } from '../../lib/shapes';

/** What can happen around a ledger; a test makes scripts of these. */
export type Step =
	| { do: 'add'; key: string; age: 'older' | 'equal' | 'newer'; price: number; words: number; parent: string | null }
	| { do: 'reject'; key: string }
	| { do: 'allow'; everything: boolean }
	| { do: 'replay'; key: string }
	| { do: 'drop'; key: string }
	| { do: 'take'; taker: number; limit: number; lanes: Lane[] }
	| { do: 'write'; taker: number }
	| { do: 'settle'; taker: number; as: 'confirmed' | 'different' | 'unavailable' | 'failed' | 'sent' }
	| { do: 'settleLate'; at: number }
	| { do: 'readCodes' }
	| { do: 'look'; key: string }
	| { do: 'release'; taker: number }
	| { do: 'crash'; taker: number }
	| { do: 'restart' }
	| { do: 'wait'; ms: number };

/** Made in Khaos by hand years ago; Pimberly never sends it. */
export const madeByHand = 'OLD';

/** The newest that was accepted of a record. */
export interface Accepted {
	version: string;
	content: string;
	parent: string | null;
}

/** The two columns that the stories change, as one text. */
export const contentOf = (item: { desired: Record<string, unknown> }): string => {
	const { columns } = item.desired as unknown as DesiredStockItem;
	return `${columns['SELL_PRICE']} ${columns['SHORT_DESC']}`;
};
/** What Khaos shows of an item with this content. */
export function shownOf(key: string, held: { content: string } | undefined): ReadBack {
	const [price = '', ...words] = (held?.content ?? '').split(' ');
	return {
		exists: held !== undefined,
		stockCode: key,
		stockId: held === undefined ? '' : `khaos-${key}`,
		parentCode: '',
		columns: { BUY_PRICE: '1.00', SELL_PRICE: price, SHORT_DESC: words.join(' ') },
	};
}
/** `dateUpdated`, this many minutes into the day. */
export const versionAt = (minute: number): string =>
	new Date(Date.parse('2026-11-02T08:00:00.000Z') + minute * 60_000).toISOString();

/** What a story has to be true. */
export function check(truth: boolean, otherwise: string): asserts truth {
	if (!truth) throw new Error(otherwise);
}

/** Every way that a change went between two states is on the page that names them all. */
export function checkTransitions(store: LedgerStore): void {
	if (store.backend !== 'sqlite') return;
	const known = documentedTransitions();
	for (const way of seenTransitions(store.file)) check(known.has(way), `${way} is not in docs/ledger.md`);
}
