import { startSimulators, type Simulators } from '../../../simulators/start';
import { Delivery, itemOf, lamp, statuses } from './kit';

const lamps = (count: number, more: (index: number) => Record<string, string | null> = () => ({})) =>
	Array.from({ length: count }, (_, index) => itemOf(lamp(`LAMP-${String(index).padStart(3, '0')}`, more(index))));

describe('a call of unknown outcome', () => {
	let simulators: Simulators;
	let delivery: Delivery;
	const held = (code: string) => simulators.khaos.get(code);
	const fresh = () => {
		simulators.control.resetLog();
	};

	beforeEach(async () => {
		simulators = await startSimulators({ hangMs: 2_500 });
		delivery = new Delivery(simulators, 1_500);
	});
	afterEach(async () => await simulators.stop());

	test.each(['applyThenDrop', 'truncate'])(
		'that took effect (%s) is found out by reading back, not repeated',
		async (kind) => {
			simulators.control.addFaults([{ side: 'khaos', method: 'ImportStockTSV', kind, times: 1 }]);
			const results = await delivery.send(...lamps(25));
			expect(statuses(results)).toEqual({ confirmed: 25 });
			expect(delivery.count('ImportStockTSV')).toBe(1);
			expect(held('LAMP-024')!.imports).toBe(1);
		},
	);

	test.each(['drop', 'html500', 'http500', '503'])('that had no effect (%s) is made again', async (kind) => {
		simulators.control.addFaults([{ side: 'khaos', method: 'ImportStockTSV', kind, times: 1 }]);
		const results = await delivery.send(...lamps(25));
		expect(statuses(results)).toEqual({ confirmed: 25 });
		expect(held('LAMP-024')!.imports).toBe(1);
	});

	test('after a timeout Khaos is left in peace: the rest is for the next batch', async () => {
		simulators.control.addFaults([{ side: 'khaos', method: 'ImportStockTSV', kind: 'timeout', times: 1 }]);
		const items = lamps(2);
		const results = await delivery.send(...items);
		expect(results).toMatchObject([
			{ status: 'retry', cause: 'unavailable' },
			{ status: 'retry', cause: 'unavailable' },
		]);
		expect(results[0]!.reason).toContain("didn't answer ImportStockTSV in time");
		expect(delivery.memory.doubtful.size).toBe(0);
		expect(statuses(await delivery.send(...items))).toEqual({ confirmed: 2 });
	});

	test('that nobody could read back stays in doubt, and is read before the next write', async () => {
		simulators.control.addFaults([
			{ side: 'khaos', method: 'ImportStockTSV', kind: 'applyThenDrop', times: 1 },
			{ side: 'khaos', method: 'ExportStock', kind: 'fault', message: 'Out of memory' },
		]);
		// Too many to be unknown without a list, so the first export is the read-back.
		const items = lamps(60);
		const results = await delivery.send(...items);
		expect(statuses(results)).toEqual({ retry: 60 });
		expect(results[0]).toMatchObject({ cause: 'unavailable', readBack: null });
		expect(results[0]!.reason).toContain('Out of memory');
		expect(delivery.memory.doubtful.size).toBe(60);

		simulators.control.clearFaults();
		fresh();
		expect(statuses(await delivery.send(...items))).toEqual({ confirmed: 60 });
		expect(delivery.calls).toEqual(['ExportStock', 'ExportStock']);
	});

	test('an n8n killed between the write and its settle: the next attempt adopts what arrived', async () => {
		const items = lamps(2);
		await delivery.send(...items);
		for (const item of items) {
			delivery.memory.records.delete(item.key);
			delivery.memory.doubtful.add(item.key);
		}
		fresh();
		const results = await delivery.send(...items.map((item) => ({ ...item, attempt: 2 })));
		expect(results).toMatchObject([
			{ status: 'confirmed', adopted: true },
			{ status: 'confirmed', adopted: true },
		]);
		expect(delivery.calls).toEqual(['ExportStock']);
	});
});
