import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { batchItemSchema, keyOf, resultSchema, type BatchItem } from '../../lib/shapes';
import { KhaosControlKit } from '../../nodes/KhaosControl/KhaosControlKit.node';
import { importRelationships } from '../../simulators/khaos/relationships';
import { startSimulators, type Simulators } from '../../simulators/start';
import { build, kitItem, pack } from '../contract/khaos/records';
import { executeContext, itemsOf, run } from './harness';

describe('Khaos Control Kit', () => {
	let simulators: Simulators;
	let credentials: Record<string, IDataObject>;

	beforeEach(async () => {
		simulators = await startSimulators();
		credentials = {
			khaosControlWebServicesApi: { url: simulators.khaosUrl, authentication: 'none', timeoutSeconds: 5 },
		};
		for (const code of ['SET', 'TABLE', 'LAMP', 'BULB', 'LEG']) simulators.khaos.edit({ code });
		simulators.control.resetLog();
	});
	afterEach(async () => await simulators.stop());

	const node = new KhaosControlKit();
	const execute = async (parameters: INodeParameters, items?: INodeExecutionData[], continueOnFail = false) =>
		await run({ node, parameters, credentials, continueOnFail }, items);
	const batch = (...items: BatchItem[]) => itemsOf(...(items as unknown as IDataObject[]));
	const holds = (parent: string, type: 'pack' | 'build', ...items: Array<[code: string, qty: number]>) =>
		simulators.khaos.kits.set(keyOf(parent), { parent, type, items: items.map(([code, qty]) => ({ code, qty })) });
	const methods = () => simulators.control.log().map((call) => call.method);
	const contentOf = (item: INodeExecutionData, property = 'data') =>
		Buffer.from(item.binary![property]!.data, 'base64').toString('utf8');
	const fields = (stockCode: string, components: unknown, more: INodeParameters = {}): INodeParameters => ({
		source: 'fields',
		stockCode,
		components: components as string,
		...more,
	});

	test('has outputs of its own for Compare and for Create Import File', () => {
		expect(node.description.outputs).toContain('"Settled"');
		expect(node.description.outputs).toContain('"To Write"');
		expect(node.description.outputs).toContain('"File"');
	});

	describe('Get', () => {
		test('reads many kits in one call, each paired', async () => {
			holds('SET', 'pack', ['LAMP', 1], ['BULB', 2.5]);
			const [output] = await execute(
				{ operation: 'get', stockCode: '={{ $json.sku }}' },
				itemsOf({ sku: 'set' }, { sku: 'LAMP' }),
			);
			expect(output).toMatchObject([
				{
					json: {
						stockCode: 'SET',
						relation: 'pack',
						components: [
							{ stockCode: 'LAMP', quantity: '1' },
							{ stockCode: 'BULB', quantity: '2.5' },
						],
					},
					pairedItem: { item: 0 },
				},
				{ json: { stockCode: 'LAMP', relation: 'none', components: [] }, pairedItem: { item: 1 } },
			]);
			expect(methods()).toEqual(['ExportStock']);
		});

		test('names the one that is not there', async () => {
			await expect(execute({ operation: 'get', stockCode: 'GHOST' })).rejects.toThrow(
				"Khaos Control holds no stock item 'GHOST'",
			);
			const [output] = await execute({ operation: 'get', stockCode: 'GHOST' }, undefined, true);
			expect(output).toMatchObject([{ json: { error: expect.any(String) as unknown } }]);
		});
	});

	describe('Compare', () => {
		test('settles what is equal and passes on what is to be written, with what Khaos holds', async () => {
			holds('SET', 'pack', ['LAMP', 1], ['BULB', 2.5]);
			const [settled, toWrite] = await execute(
				{ operation: 'compare' },
				batch(kitItem(pack('TABLE', ['LEG', '4'])), kitItem(pack('SET', ['BULB', '2.50'], ['lamp', '1']))),
			);
			expect(settled).toMatchObject([{ pairedItem: { item: 1 } }]);
			expect(resultSchema.parse(settled![0]!.json)).toMatchObject({
				status: 'confirmed',
				adopted: true,
				changeId: 'change-SET',
			});
			expect(toWrite).toMatchObject([{ pairedItem: { item: 0 } }]);
			expect(batchItemSchema.parse(toWrite![0]!.json)).toMatchObject({
				...kitItem(pack('TABLE', ['LEG', '4'])),
				confirmed: { exists: true, relation: 'none', components: [] },
			});
		});

		test('says of kits from the canvas what is missing, what is extra and what has the wrong quantity', async () => {
			holds('SET', 'pack', ['LAMP', 1], ['LEG', 1]);
			const [equal, different] = await execute(
				{ operation: 'compare', ...fields('={{ $json.sku }}', '={{ $json.parts }}') },
				itemsOf(
					{ sku: 'SET', parts: 'LAMP*2|BULB' },
					{ sku: 'SET', parts: [{ stockCode: 'LAMP' }, { stockCode: 'LEG' }] },
				),
			);
			expect(different).toMatchObject([
				{
					json: {
						stockCode: 'SET',
						relation: 'pack',
						status: 'different',
						missing: [{ stockCode: 'BULB', quantity: '1' }],
						extra: [{ stockCode: 'LEG', quantity: '1' }],
						wrongQuantity: [{ stockCode: 'LAMP', expected: '2', actual: '1' }],
					},
					pairedItem: { item: 0 },
				},
			]);
			expect(equal).toMatchObject([{ json: { stockCode: 'SET', status: 'equal' }, pairedItem: { item: 1 } }]);
		});

		test('says in hints what became of the kits', async () => {
			const context = executeContext(
				{ node, parameters: { operation: 'compare' }, credentials },
				batch(kitItem(pack('SET', ['LAMP', '1'])), kitItem(pack('TABLE', ['GHOST', '1']))),
			);
			const hints: string[] = [];
			context.addExecutionHints = (...given) => hints.push(...given.map((hint) => hint.message));
			await node.execute.call(context);
			expect(hints).toEqual([
				expect.stringContaining('No Sync Ledger is chosen'),
				expect.stringMatching(/^1 to be tried again\. Most often: .*GHOST.* 1 to write\.$/),
			]);
		});

		test('an item that belongs to no batch, and components that cannot be read, name what to do', async () => {
			await expect(execute({ operation: 'compare' }, itemsOf({ sku: 'A-1' }))).rejects.toMatchObject({
				description: expect.stringContaining("set 'Kits From' to 'Fields Below'") as unknown,
			});
			await expect(execute({ operation: 'compare', ...fields('SET', 'LAMP*two') })).rejects.toMatchObject({
				message: "The components of SET can't be read",
				context: { itemIndex: 0 },
			});
		});

		test('a Khaos that is away is a result, not an error: the batch can be settled', async () => {
			await simulators.stop();
			const [settled] = await execute({ operation: 'compare' }, batch(kitItem(pack('SET', ['LAMP', '1']))));
			expect(settled![0]!.json).toMatchObject({ status: 'retry', cause: 'unavailable' });
		}, 20_000);
	});

	describe('Create Import File', () => {
		const kits = () =>
			batch(kitItem(pack('SET', ['LAMP', '1'], ['BULB', '2.5'])), kitItem(build('TABLE', ['LEG', '4'])));

		test('desktop: a file for each kind, which Khaos imports whole, and a result for each kit', async () => {
			const [files, results] = await execute({ operation: 'createImportFile' }, kits());
			expect(files!.map(({ json, pairedItem }) => [json.tool, json.rows, json.stockCodes, pairedItem])).toEqual([
				['Move With Relationships (TSV)', 2, ['SET'], [{ item: 0 }]],
				['Stock Build Relationships (TSV)', 1, ['TABLE'], [{ item: 1 }]],
			]);
			expect(files!.map((file) => file.binary!['data'])).toMatchObject([
				{
					mimeType: 'text/tab-separated-values',
					fileName: expect.stringMatching(/^kit-relations-\d{4}-\d\d-\d\d-\d{6}-\d{3}-move-with\.tsv$/) as unknown,
				},
				{ fileName: expect.stringMatching(/-build\.tsv$/) as unknown },
			]);
			expect(results!.map(({ json }) => resultSchema.parse(json))).toMatchObject([
				{ status: 'sent', awaiting: 'import', kind: 'kit', changeId: 'change-SET' },
				{ status: 'sent', awaiting: 'import', kind: 'kit', changeId: 'change-TABLE' },
			]);
			expect(importRelationships(simulators.khaos, contentOf(files![0]!), 'pack')).toEqual({
				imported: ['SET'],
				refused: [],
			});
			expect(importRelationships(simulators.khaos, contentOf(files![1]!), 'build')).toEqual({
				imported: ['TABLE'],
				refused: [],
			});
			expect(simulators.khaos.kits.get('SET')).toMatchObject({ items: [{ code: 'LAMP' }, { code: 'BULB', qty: 2.5 }] });
			expect(methods()).toEqual([]);
		});

		test('what was sent is confirmed by the next check', async () => {
			const item = kitItem(pack('SET', ['LAMP', '1']));
			const [files] = await execute({ operation: 'createImportFile' }, batch(item));
			const check = batch({ ...item, purpose: 'check' });
			expect((await execute({ operation: 'compare' }, check))[0]![0]!.json.status).toBe('sent');
			importRelationships(simulators.khaos, contentOf(files![0]!), 'pack');
			expect((await execute({ operation: 'compare' }, check))[0]![0]!.json.status).toBe('confirmed');
		});

		test('Cloud: one file with the kind in each row, line ends and name as set', async () => {
			const [files] = await execute(
				{
					operation: 'createImportFile',
					format: 'cloud',
					fileName: 'kits.txt',
					binaryPropertyName: 'file',
					options: { newline: 'lf', encoding: 'bom' },
				},
				kits(),
			);
			expect(files).toHaveLength(1);
			expect(files![0]!.json.fileName).toBe('kits.txt');
			expect(contentOf(files![0]!, 'file')).toBe(
				'\ufeffPARENT_CODE\tCHILD_CODE\tQTY\tREL_TYPE\nSET\tLAMP\t1.00\tPACK\nSET\tBULB\t2.50\tPACK\nTABLE\tLEG\t4.00\tBUILD',
			);
		});

		test('a code that is long for the Cloud goes with a warning', async () => {
			const [, results] = await execute(
				{ operation: 'createImportFile', format: 'cloud' },
				batch(kitItem(pack('SET', ['X'.repeat(50), '1']))),
			);
			expect(results![0]!.json).toMatchObject({
				status: 'sent',
				warnings: [{ message: expect.stringContaining('has 50 characters') as unknown }],
			});
		});

		test('a code that the encoding cannot write is refused, never changed', async () => {
			const [files, results] = await execute(
				{ operation: 'createImportFile', options: { encoding: 'latin1' } },
				batch(kitItem(pack('SÉT', ['漢字', '1'])), kitItem(pack('ÉT', ['LAMP', '1']))),
			);
			expect(files!.map(({ json }) => json.stockCodes)).toEqual([['ÉT']]);
			expect(Buffer.from(files![0]!.binary!['data']!.data, 'base64').includes(Buffer.from('ÉT\tLAMP', 'latin1'))).toBe(
				true,
			);
			expect(results![0]!.json).toMatchObject({ status: 'failed', reason: expect.stringContaining('漢字') as unknown });
		});

		test('a kit that no file can hold is failed with the reason; the others are in the file', async () => {
			const [files, results] = await execute(
				{ operation: 'createImportFile', format: 'desktopMoveWith' },
				batch(kitItem(build('TABLE', ['LEG', '4'])), kitItem(pack('SET', ['LAMP', '1'])), kitItem(pack('BULB'))),
			);
			expect(files!.map(({ json }) => json.stockCodes)).toEqual([['SET']]);
			expect(results!.map(({ json }) => json.status)).toEqual(['failed', 'sent', 'failed']);
			expect(results![0]!.json.reason).toContain('TABLE is a build');
			expect(results![2]!.json.reason).toContain('no import file can remove a relation');
		});

		test('what is handed out only to be read is not written', async () => {
			const [files, results] = await execute(
				{ operation: 'createImportFile' },
				batch(
					kitItem(pack('SET', ['LAMP', '1']), { purpose: 'check' }),
					kitItem(pack('TABLE'), { purpose: 'lookUp', desired: {} }),
				),
			);
			expect(files).toEqual([]);
			expect(results!.map(({ json }) => json.status)).toEqual(['sent', 'retry']);
		});

		test('kits from the canvas need no batch', async () => {
			const [files, results] = await execute({
				operation: 'createImportFile',
				...fields('TABLE', '[{"stockCode": "LEG|*", "quantity": 4}]', { relation: 'build' }),
			});
			expect(contentOf(files![0]!)).toBe('PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP\r\nTABLE\tLEG|*\t4.00\t');
			expect(results).toMatchObject([{ json: { stockCode: 'TABLE', status: 'sent' } }]);
		});
	});
});
