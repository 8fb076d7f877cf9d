import { openLedger, type Ledger } from '../lib/ledger/ledger';
import { print, timed } from './figures';
import { inChunks, stockItem, withStores } from './ledgers';

const takes = 10_000;

/**
 * Two takers on one PostgreSQL ledger take 10,000 times, one change at a time, each with connections of its own.
 * @returns false when any change was held twice or was never taken.
 */
export async function benchTakers(): Promise<boolean> {
	let good = true;
	await withStores(async (newStore) => {
		const store = newStore('postgres');
		const ledgers = await Promise.all([1, 2].map(async () => await openLedger({ store, environment: 'Bench' })));
		for (const items of inChunks(
			Array.from({ length: takes }, (_, index) => stockItem(`ITEM-${index}`)),
			1_000,
		)) {
			await ledgers[0]!.add(items);
		}
		const holders = new Map<string, number>();
		const takeAll = async (ledger: Ledger): Promise<number> => {
			for (let taken = 0; ; taken++) {
				const [item] = await ledger.take({ target: 'khaos', limit: 1 });
				if (item === undefined) return taken;
				holders.set(item.changeId, (holders.get(item.changeId) ?? 0) + 1);
			}
		};
		const { ms, result: shares } = await timed(async () => await Promise.all(ledgers.map(takeAll)));
		const twice = [...holders.values()].filter((count) => count > 1).length;
		print('takers.takes', shares[0]! + shares[1]!, 'takes');
		print('takers.smallerShare', Math.min(...shares), 'takes');
		print('takers.heldTwice', twice, 'changes');
		print('takers.rate', (takes * 1000) / ms, 'takes/s');
		good = twice === 0 && holders.size === takes;
		for (const ledger of ledgers) await ledger.close();
	});
	return good;
}
