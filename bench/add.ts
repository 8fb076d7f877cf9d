import { openLedger } from '../lib/ledger/ledger';
import { print, timed } from './figures';
import { backends, inChunks, stockItem, withStores } from './ledgers';

const count = 50_000;
const chunk = 1_000;

/** New stock items into an empty ledger, and the same again, as a full resync brings them. */
export async function benchAdd(): Promise<boolean> {
	await withStores(async (newStore) => {
		for (const backend of backends) {
			const ledger = await openLedger({ store: newStore(backend), environment: 'Bench' });
			const chunks = inChunks(
				Array.from({ length: count }, (_, index) => stockItem(`ITEM-${index}`)),
				chunk,
			);
			const addAll = async (): Promise<void> => {
				for (const items of chunks) await ledger.add(items);
			};
			const { ms: first } = await timed(addAll);
			const { ms: again } = await timed(addAll);
			print(`add.${backend}.new`, (count * 1000) / first, 'changes/s');
			print(`add.${backend}.unchanged`, (count * 1000) / again, 'changes/s');
			await ledger.close();
		}
	});
	return true;
}
