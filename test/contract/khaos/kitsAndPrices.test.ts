import { compareKits } from '../../../lib/khaos/kits/kitComparison';
import { kitFiles } from '../../../lib/khaos/kits/kitFile';
import { comparePrices } from '../../../lib/khaos/prices/priceComparison';
import { cloudPriceFiles } from '../../../lib/khaos/prices/priceFile';
import type { Judged } from '../../../lib/khaos/recordComparison';
import type { AddItem } from '../../../lib/ledger/intake/add';
import type { BatchItem, DesiredKit, DesiredPrice } from '../../../lib/shapes';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { beginStory, change, confirmed, kit, price, result, type Story } from '../../ledger/story';
import { clientOf } from './kit';

/** A ledger, a Khaos, and between them what the templates for kits and prices do. */
describe('kits and prices from the ledger to Khaos and back', () => {
	let story: Story;
	let simulators: Simulators;
	beforeEach(async () => {
		story = await beginStory('sqlite');
		simulators = await startSimulators();
	});
	afterEach(async () => {
		await simulators.stop();
		await story.end();
	});

	const add = async (...items: AddItem[]) => await story.ledger.add(items);
	const tools = () => ({
		client: clientOf(simulators.khaosUrl),
		port: story.ledger.deliveryPort('https://erp.example'),
		sleep: async () => await Promise.resolve(),
	});

	/** Stock items are made as if Create or Update had written them. */
	async function deliverItems(): Promise<void> {
		for (;;) {
			const batch = await story.ledger.take({ target: 'khaos', kinds: ['stockItem'] });
			if (batch.length === 0) return;
			const writes = batch.filter(({ purpose }) => purpose === 'write');
			for (const { desired } of writes) {
				const { stockCode, columns } = desired as { stockCode: string; columns: Record<string, string> };
				const set = { ...columns };
				delete set['STOCK_CODE'];
				simulators.khaos.edit({ code: stockCode, set });
			}
			await story.ledger.settle(
				batch.map((item) => {
					if (item.purpose === 'write') return confirmed(item);
					const readBack = { exists: false, stockCode: item.key, stockId: '', parentCode: '', columns: {} };
					return result(item, 'failed', { readBack, reason: 'Not in Khaos.' });
				}),
			);
		}
	}

	/** One batch of a kind: compared, what differs written to a file, all of it settled. Returns the files. */
	async function deliver(kind: 'kit' | 'price'): Promise<string[]> {
		const batch = await story.ledger.take({ target: 'khaos', kinds: [kind] });
		const judged: Judged[] =
			kind === 'kit'
				? await compareKits({ ...tools(), buildsShown: 'never' }, batch)
				: await comparePrices({ ...tools(), currencies: { base: 'GBP', byList: {} } }, batch);
		await story.ledger.settle(judged.flatMap((one) => ('settled' in one ? [one.settled] : [])));
		const toWrite = judged.flatMap((one) => ('toWrite' in one ? [one.toWrite] : []));
		const files = filesOf(kind, toWrite);
		await story.ledger.settle(toWrite.map((item) => result(item, 'sent', { awaiting: 'import' })));
		return files;
	}

	function filesOf(kind: 'kit' | 'price', items: BatchItem[]): string[] {
		if (kind === 'kit')
			return kitFiles(
				items.map(({ desired }) => ({ kit: desired as unknown as DesiredKit })),
				'cloud',
			).files.map(({ content }) => content);
		const entries = items.map(({ desired }) => ({ price: desired as unknown as DesiredPrice }));
		return cloudPriceFiles(entries, { newline: '\r\n', withoutPrice: 'separate' }).files.map(({ content }) => content);
	}

	async function importInKhaos(tool: 'relationships' | 'prices', files: string[]): Promise<void> {
		for (const body of files) {
			const answer = await fetch(`${simulators.controlUrl}/khaos/import/${tool}`, { method: 'POST', body });
			expect(answer.status).toBe(200);
		}
	}
	const open = async () =>
		(await story.ledger.getMany({ kinds: ['kit', 'price'], limit: 100 })).map(({ key, state }) => `${key} ${state}`);

	test('what a person imports is confirmed by the next look', async () => {
		await add(change('SOCKS'), change('SET'), kit('SET', ['SOCKS*2']), price('SET', 'Trade', '9.50'));
		await deliverItems();
		const [relations, prices] = [await deliver('kit'), await deliver('price')];
		expect((await open()).sort()).toEqual(['SET sent', 'SET | Trade | 1-99999 sent']);

		story.later(11_000);
		expect([await deliver('kit'), await deliver('price')]).toEqual([[], []]);
		expect(await open()).toHaveLength(2);

		await importInKhaos('relationships', relations);
		await importInKhaos('prices', prices);
		story.later(21_000);
		await deliver('kit');
		await deliver('price');
		expect(await open()).toEqual([]);
		expect((await story.ledger.stats()).confirmedParts).toEqual({ kit: 1, price: 1 });
	});

	test('what Khaos holds already is adopted without a file', async () => {
		await add(change('SOCKS'), change('SET'), kit('SET', ['SOCKS*2']));
		await deliverItems();
		simulators.khaos.kits.set('SET', { parent: 'SET', type: 'pack', items: [{ code: 'SOCKS', qty: 2 }] });
		expect(await deliver('kit')).toEqual([]);
		expect(await open()).toEqual([]);
	});

	test('a missing component, a kit in a kit and an unknown price list are one exception each, and the rest goes', async () => {
		await add(
			...['SOCKS', 'SET', 'GIFT', 'LONELY'].map((code) => change(code)),
			kit('SET', ['SOCKS*2']),
			kit('GIFT', ['SET*1']),
			kit('LONELY', ['NOWHERE*1']),
			price('SOCKS', 'Trade', '1.50'),
			price('SET', 'Wholesale', '8.00'),
		);
		await deliverItems();
		story.later(46_000);
		await deliverItems();
		const [relations, prices] = [await deliver('kit'), await deliver('price')];
		await importInKhaos('relationships', relations);
		await importInKhaos('prices', prices);
		story.later(11_000);
		await deliver('kit');
		await deliver('price');

		const exceptions = await story.ledger.exceptions();
		expect(exceptions.map(({ type, primaryId, field }) => `${primaryId}: ${type} ${field}`).sort()).toEqual([
			'GIFT: invalidProduct components',
			'LONELY: heldTooLong components',
			'SET: failedTransfer Wholesale',
		]);
		for (const { reason, remedy } of exceptions) expect([reason, remedy]).not.toContain('');
		expect(exceptions.find(({ field }) => field === 'Wholesale')?.reason).toMatch(
			/^The price SET \| Wholesale \| 1-99999: .*Wholesale/,
		);
		expect((await story.ledger.stats()).confirmedParts).toEqual({ kit: 1, price: 1 });
		expect([...simulators.khaos.kits.keys()]).toEqual(['SET']);
	});
});
