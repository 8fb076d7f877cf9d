import { openLedger } from '../lib/ledger/ledger';
import { print, timed } from './figures';
import { inChunks, stockItem, withStores } from './ledgers';
import { workTogether } from './workers';

const takes = 10_000;
const processes = 2;

/**
 * Two processes on one PostgreSQL ledger take 10,000 times, one change at a time.
 * @returns false when any change was held twice or was never taken.
 */
export async function benchTakers(): Promise<boolean> {
	let good = true;
	await withStores(async (newStore) => {
		const store = newStore('postgres');
		const ledger = await openLedger({ store, environment: 'Bench' });
		for (const items of inChunks(
			Array.from({ length: takes }, (_, index) => stockItem(`ITEM-${index}`)),
			1_000,
		)) {
			await ledger.add(items);
		}
		const options = { store, environment: 'Bench', task: { do: 'take' as const, limit: 1 } };
		const { ms, result } = await timed(
			async () => await workTogether(Array.from({ length: processes }, () => options)),
		);
		const holders = new Map<string, number>();
		for (const { changeId } of result.flatMap(({ taken }) => taken)) {
			holders.set(changeId, (holders.get(changeId) ?? 0) + 1);
		}
		const shares = result.map(({ taken }) => taken.length);
		const twice = [...holders.values()].filter((count) => count > 1).length;
		print('takers.processes', processes, 'processes');
		print(
			'takers.takes',
			shares.reduce((sum, share) => sum + share, 0),
			'takes',
		);
		print('takers.smallerShare', Math.min(...shares), 'takes');
		print('takers.heldTwice', twice, 'changes');
		print('takers.rate', (takes * 1000) / ms, 'takes and settlements/s');
		good = twice === 0 && holders.size === takes;
		await ledger.close();
	});
	return good;
}
