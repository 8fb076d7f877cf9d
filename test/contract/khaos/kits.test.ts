import { compareKits, type KitComparisonOptions } from '../../../lib/khaos/kits/kitComparison';
import { keyOf, type BatchItem, type Result } from '../../../lib/shapes';
import type { SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { clientOf, Memory } from './kit';
import { build, kitItem, pack } from './records';

const DIALECTS: Array<NonNullable<SettingsInput['dialect']>> = [
	{},
	{ multiRef: 'all', typed: false, resultName: 'Result', envelopePrefix: 'q', methodPrefix: '' },
	{ documentResult: 'inline', exportRoot: 'ANYTHING' },
];

describe('kits are compared with Khaos', () => {
	let simulators: Simulators;
	let memory: Memory;
	beforeEach(async () => {
		simulators = await startSimulators();
		memory = new Memory();
		for (const code of ['SET', 'BOX', 'LAMP', 'BULB', 'SHADE']) simulators.khaos.edit({ code });
	});
	afterEach(async () => await simulators.stop());

	const compare = async (items: BatchItem[], options: Partial<KitComparisonOptions> = {}) => {
		const client = clientOf(simulators.khaosUrl);
		const sleep = async () => await Promise.resolve();
		return await compareKits({ client, port: memory, sleep, buildsShown: 'never', ...options }, items);
	};
	const resultOf = async (item: BatchItem, options: Partial<KitComparisonOptions> = {}): Promise<Result> => {
		const [judged] = await compare([item], options);
		if (!('settled' in judged!)) throw new Error(`${item.key} is to be written`);
		return judged.settled;
	};
	const holds = (parent: string, type: 'pack' | 'build', ...items: Array<[code: string, qty: number]>) =>
		simulators.khaos.kits.set(keyOf(parent), { parent, type, items: items.map(([code, qty]) => ({ code, qty })) });
	const calls = () => simulators.control.log().map((call) => call.method);

	describe.each(DIALECTS)('over a server that speaks %j', (dialect) => {
		beforeEach(() => simulators.control.changeSettings({ dialect }));

		test('equal packs are adopted, different ones are to be written, each with what Khaos holds', async () => {
			holds('SET', 'pack', ['LAMP', 1], ['BULB', 2.5]);
			holds('BOX', 'pack', ['LAMP', 1]);
			const [equal, different] = await compare([
				kitItem(pack('SET', ['bulb', '2.50'], ['LAMP', '1'])),
				kitItem(pack('BOX', ['LAMP', '2'], ['SHADE', '1'])),
			]);
			expect(equal).toMatchObject({
				settled: { status: 'confirmed', adopted: true, kitReadBack: { relation: 'pack' } },
			});
			expect(different).toMatchObject({
				toWrite: { key: 'BOX', confirmed: { exists: true, components: [{ stockCode: 'LAMP', quantity: '1' }] } },
			});
		});
	});

	test('parents are exported fifty a call, components only of those that are to be written', async () => {
		const items = Array.from({ length: 60 }, (_, at) => {
			simulators.khaos.edit({ code: `SET-${at}` });
			holds(`SET-${at}`, 'pack', ['LAMP', 1]);
			return kitItem(pack(`SET-${at}`, ['LAMP', at === 0 ? '2' : '1']));
		});
		const judged = await compare(items);
		expect(judged.filter((one) => 'toWrite' in one)).toHaveLength(1);
		expect(calls()).toEqual(['ExportStock', 'ExportStock', 'ExportStock']);
		expect(memory.laneOfCalls).toEqual([2, 2, 2]);
	});

	test('a check that reads back equal is confirmed, one that does not stays sent with what differs', async () => {
		holds('SET', 'pack', ['LAMP', 1], ['SHADE', 1]);
		const check = { purpose: 'check' as const };
		expect(await resultOf(kitItem(pack('SET', ['LAMP', '1'], ['SHADE', '1']), check))).toMatchObject({
			status: 'confirmed',
		});
		const waiting = await resultOf(kitItem(pack('SET', ['LAMP', '2'], ['BULB', '1']), check));
		expect(waiting).toMatchObject({ status: 'sent' });
		expect(waiting.differences).toEqual([
			{ field: 'component BULB', expected: '1', actual: null },
			{ field: 'component LAMP', expected: '2', actual: '1' },
			{ field: 'component SHADE', expected: null, actual: '1' },
		]);
		expect(waiting.remedy).toContain('Import the relationship file');
	});

	test('a missing component holds the whole relation and is named; the ledger learns that it is gone', async () => {
		const result = await resultOf(kitItem(pack('SET', ['LAMP', '1'], ['GHOST', '1'])));
		expect(result).toMatchObject({ status: 'retry', cause: 'different' });
		expect(result.reason).toBe(
			'The component GHOST of SET is not in Khaos, and Khaos refuses a relation that lacks one component',
		);
		expect(result.differences).toEqual([{ field: 'component GHOST', expected: 'GHOST', actual: null }]);
		expect(memory.records.get('GHOST')).toMatchObject({ exists: false });
		expect(memory.records.has('LAMP')).toBe(false);
	});

	test('a missing parent is named', async () => {
		const result = await resultOf(kitItem(pack('GHOST', ['LAMP', '1'])));
		expect(result).toMatchObject({ status: 'retry', reason: 'The kit parent GHOST is not in Khaos' });
		expect(result.kitReadBack).toMatchObject({ exists: false });
	});

	test('a variant is found inside its parent, as kit parent and as component', async () => {
		simulators.khaos.obtain('TEE').fields = { SHORT_DESC: 'Tee' };
		simulators.khaos.obtain('TEE-R', 'TEE').fields = { SHORT_DESC: 'Tee red' };
		const [judged] = await compare([kitItem(pack('SET', ['TEE-R', '1'], ['LAMP', '1']))]);
		expect(judged).toMatchObject({ toWrite: { key: 'SET' } });
	});

	test('a component whose code holds a comma is known by the stock list', async () => {
		simulators.khaos.edit({ code: 'A,B' });
		const [there, gone] = await compare([kitItem(pack('SET', ['A,B', '1'])), kitItem(pack('BOX', ['C,D', '1']))]);
		expect(there).toMatchObject({ toWrite: { key: 'SET' } });
		expect(gone).toMatchObject({ settled: { status: 'retry', reason: expect.stringContaining('C,D') as unknown } });
		expect(await resultOf(kitItem(pack('A,B', ['LAMP', '1'])))).toMatchObject({
			status: 'failed',
			reason: expect.stringContaining('comma') as unknown,
		});
	});

	describe('Khaos takes no kits in kits', () => {
		test('a component that has components in Khaos', async () => {
			holds('BOX', 'pack', ['LAMP', 1]);
			const result = await resultOf(kitItem(pack('SET', ['BOX', '1'])));
			expect(result).toMatchObject({
				status: 'failed',
				reason: expect.stringContaining('BOX is a component of SET') as unknown,
			});
		});

		test('two relations of one batch, also where the inner one is in Khaos already', async () => {
			const judged = await compare([kitItem(pack('SET', ['BOX', '1'])), kitItem(pack('BOX', ['LAMP', '1']))]);
			expect(judged).toMatchObject([
				{ settled: { status: 'failed', reason: expect.stringContaining("doesn't take kits in kits") as unknown } },
				{ settled: { status: 'failed', reason: expect.stringContaining('BOX has components of its own') as unknown } },
			]);
			holds('BOX', 'pack', ['LAMP', 1]);
			expect(await compare([kitItem(pack('SET', ['BOX', '1'])), kitItem(pack('BOX', ['LAMP', '1']))])).toMatchObject([
				{ settled: { status: 'failed' } },
				{ settled: { status: 'confirmed' } },
			]);
		});
	});

	describe('builds', () => {
		test('where Khaos shows packs only, a build is to be written, then stays sent until a person says so', async () => {
			holds('SET', 'build', ['LAMP', 1]);
			const desired = build('SET', ['LAMP', '1']);
			expect(await compare([kitItem(desired)])).toMatchObject([{ toWrite: { key: 'SET' } }]);
			const waiting = await resultOf(kitItem(desired, { purpose: 'check' }));
			expect(waiting).toMatchObject({ status: 'sent' });
			expect(waiting.reason).toContain("don't show builds");
			expect(waiting.remedy).toContain('Sequencer');
		});

		test('a build is never put on an item that is a pack', async () => {
			holds('SET', 'pack', ['LAMP', 1]);
			const result = await resultOf(kitItem(build('SET', ['LAMP', '1'])));
			expect(result).toMatchObject({ status: 'failed', differences: [{ field: 'relation', expected: 'build' }] });
			expect(result.reason).toContain('SET is a pack (Move With) in Khaos');
		});

		test('where Khaos shows builds, an equal one is confirmed with a warning', async () => {
			simulators.control.changeSettings({ khaos: { buildsInExport: true } });
			holds('SET', 'build', ['LAMP', 1]);
			const options = { buildsShown: 'findOut' as const };
			const result = await resultOf(kitItem(build('SET', ['LAMP', '1']), { purpose: 'check' }), options);
			expect(result).toMatchObject({ status: 'confirmed', kitReadBack: { relation: 'unknown' } });
			expect(result.warnings?.[0]?.message).toContain("doesn't say whether they are a build or a pack");
			expect(await resultOf(kitItem(build('SET', ['LAMP', '2']), { purpose: 'check' }), options)).toMatchObject({
				status: 'sent',
			});
		});
	});

	test('a relation that is to go is confirmed when it is gone', async () => {
		expect(await resultOf(kitItem(pack('SET')))).toMatchObject({
			status: 'confirmed',
			kitReadBack: { relation: 'none' },
		});
		holds('SET', 'pack', ['LAMP', 1]);
		expect(await compare([kitItem(pack('SET'))])).toMatchObject([{ toWrite: { key: 'SET' } }]);
	});

	test('a look-up says whether there is a relation', async () => {
		holds('SET', 'pack', ['LAMP', 1]);
		const lookUp = { purpose: 'lookUp' as const, desired: {} };
		expect(await resultOf(kitItem(pack('SET'), lookUp))).toMatchObject({ status: 'confirmed' });
		expect(await resultOf(kitItem(pack('BOX'), lookUp))).toMatchObject({ status: 'failed' });
	});

	test('an item that breaks its call does not hold up the others', async () => {
		simulators.control.addFaults([{ side: 'khaos', method: 'ExportStock', codes: ['BOX'], kind: 'fault' }]);
		holds('SET', 'pack', ['LAMP', 1]);
		expect(await compare([kitItem(pack('BOX', ['LAMP', '1'])), kitItem(pack('SET', ['LAMP', '1']))])).toMatchObject([
			{ settled: { status: 'retry', cause: 'unavailable' } },
			{ settled: { status: 'confirmed' } },
		]);
	});

	test('a Khaos that is away makes every item one to try again', async () => {
		await simulators.stop();
		const judged = await compare([kitItem(pack('SET', ['LAMP', '1'])), kitItem(build('BOX', ['LAMP', '1']))]);
		for (const one of judged) expect(one).toMatchObject({ settled: { status: 'retry', cause: 'unavailable' } });
	});

	test('what is no kit is refused', async () => {
		expect(await resultOf({ ...kitItem(pack('SET')), kind: 'price' })).toMatchObject({ status: 'failed' });
		expect(await resultOf(kitItem(pack('SET'), { desired: { stockCode: 'SET' } }))).toMatchObject({
			status: 'failed',
			reason: expect.stringContaining("can't be read") as unknown,
		});
	});
});
