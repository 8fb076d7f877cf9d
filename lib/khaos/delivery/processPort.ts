import { keyOf } from '../../shapes';
import type { DeliveryPort, StockListRow } from './deliveryPort';
import { throughProcessGate } from './processGate';

/**
 * Delivery without a ledger: a gate within this process, and a memory for one execution. Other n8n processes are not held
 * back, and after a crash nothing is remembered (everything is read again first, so nothing is lost either).
 *
 * @param identity names the Khaos: Endpoint.identity
 * @param now the time in milliseconds
 * @param gate another gate to go through, such as the ledger's
 */
export function processPort(
	identity: string,
	now: () => number,
	gate: Pick<DeliveryPort, 'throughGate'> = {
		throughGate: async (lane, call) => await throughProcessGate(identity, lane, call),
	},
): DeliveryPort {
	let list: Map<string, StockListRow> | null = null;
	let listedAt = 0;
	return {
		throughGate: async (lane, call) => await gate.throughGate(lane, call),
		beginWrite: async (changes) => await Promise.resolve(new Set(changes.map(({ changeId }) => changeId))),
		// Without a memory nothing is certain: what an item says of its last read-back may have been overtaken.
		uncertain: async (keys) => await Promise.resolve(new Set(keys.map(keyOf))),
		observe: async () => await Promise.resolve(),
		stockListAge: async () => await Promise.resolve(list === null ? null : now() - listedAt),
		saveStockList: async (rows) => {
			list = new Map(rows.map((row) => [keyOf(row.stockCode), row]));
			listedAt = now();
			await Promise.resolve();
		},
		inStockList: async (asked) =>
			await Promise.resolve(
				new Map(
					asked.flatMap((key): Array<[string, StockListRow]> => {
						const row = list?.get(keyOf(key));
						return row ? [[keyOf(key), row]] : [];
					}),
				),
			),
		moreReady: async () => await Promise.resolve(false),
		awaitingHarmonisation: async () => await Promise.resolve({ changes: [], oldestMs: 0 }),
		settleHarmonisation: async () => await Promise.resolve(),
	};
}
