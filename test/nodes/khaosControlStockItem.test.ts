import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { stockFiles } from '../../lib/khaos/stockImport/stockFile';
import { changeSchema, resultSchema, type BatchItem } from '../../lib/shapes';
import { KhaosControlStockItem } from '../../nodes/KhaosControl/KhaosControlStockItem.node';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { startSimulators, type Simulators } from '../../simulators/start';
import { itemOf, lamp } from '../contract/khaos/kit';
import { executeContext, itemsOf, run } from './harness';

describe('Khaos Control Stock Item', () => {
	let simulators: Simulators;
	let credentials: Record<string, IDataObject>;
	let url: string;

	beforeEach(async () => {
		simulators = await startSimulators();
		url = simulators.khaosUrl;
		credentials = { khaosControlWebServicesApi: { url, authentication: 'none', timeoutSeconds: 5 } };
	});
	afterEach(async () => await simulators.stop());

	const node = new KhaosControlStockItem();
	const outputs = async (parameters: INodeParameters, items?: INodeExecutionData[], continueOnFail = false) =>
		await run({ node, parameters, credentials, continueOnFail }, items);
	const execute = async (...given: Parameters<typeof outputs>) => (await outputs(...given))[0]!;
	const batch = (...items: BatchItem[]) => itemsOf(...(items as unknown as IDataObject[]));
	const lamps = (count: number) => Array.from({ length: count }, (_, at) => itemOf(lamp(`LAMP-${at}`)));
	const columnsOf = (columns: Record<string, string>): INodeParameters => ({
		column: Object.entries(columns).map(([name, value]) => ({ name, value })),
	});
	const methods = () => simulators.control.log().map((call) => call.method);

	describe('Create or Update', () => {
		test('takes a whole batch in few calls and gives a result for each item, paired with it', async () => {
			const output = await execute({ operation: 'createOrUpdate' }, batch(...lamps(60)));
			expect(output).toHaveLength(60);
			expect(output.map(({ pairedItem }) => pairedItem)).toEqual(lamps(60).map((_, item) => ({ item })));
			expect(resultSchema.parse(output[41]!.json)).toMatchObject({ status: 'confirmed', changeId: 'change-LAMP-41' });
			expect(methods().filter((method) => method === 'ImportStockTSV')).toHaveLength(3);
		});

		test('takes stock items that are put together on the canvas', async () => {
			const columns = lamp('x') as Record<string, string>;
			const parameters = {
				operation: 'createOrUpdate',
				source: 'columns',
				stockCode: '={{ $json.sku }}',
				columns: columnsOf({ ...columns, SHORT_DESC: '={{ $json.name }}' }),
			};
			const output = await execute(parameters, itemsOf({ sku: 'A-1', name: 'One' }, { sku: 'A-2', name: 'Two' }));
			expect(output.map(({ json }) => [json.stockCode, json.status])).toEqual([
				['A-1', 'confirmed'],
				['A-2', 'confirmed'],
			]);
			expect(simulators.khaos.get('A-2')!.fields.SHORT_DESC).toBe('Two');
		});

		test('updates one column of an item and leaves the others as Khaos holds them', async () => {
			await execute({ operation: 'createOrUpdate' }, batch(...lamps(1)));
			const parameters = {
				operation: 'createOrUpdate',
				source: 'columns',
				stockCode: 'LAMP-0',
				columns: columnsOf({ SHORT_DESC: 'Oak lamp' }),
			};
			expect((await execute(parameters))[0]!.json).toMatchObject({ status: 'confirmed' });
			expect(simulators.khaos.get('LAMP-0')!.fields).toMatchObject({ SHORT_DESC: 'Oak lamp', BUY_PRICE: '12.50' });
		});

		test('an item that belongs to no batch ends the node and says what to connect', async () => {
			await expect(execute({ operation: 'createOrUpdate' }, itemsOf({ sku: 'A-1' }))).rejects.toMatchObject({
				message: 'This item is not part of a batch of the Sequencer',
				description: expect.stringContaining('Connect a Sequencer Trigger') as unknown,
				context: { itemIndex: 0 },
			});
		});

		test('or is set apart with Continue On Fail, and the others go on', async () => {
			const items = [...itemsOf({ sku: 'A-1' }), ...batch(...lamps(1))];
			const output = await execute({ operation: 'createOrUpdate' }, items, true);
			expect(output[0]).toMatchObject({ json: { error: expect.any(String) as unknown }, pairedItem: { item: 0 } });
			expect(output[1]).toMatchObject({ json: { status: 'confirmed' }, pairedItem: { item: 1 } });
		});

		test('a Khaos that takes no imports is a result, not an error: the batch can be settled', async () => {
			simulators.control.changeSettings({ khaos: { missingMethods: ['ImportStockTSV'] } });
			const [item] = await execute({ operation: 'createOrUpdate' }, batch(...lamps(1)));
			expect(item!.json).toMatchObject({ status: 'retry', cause: 'unavailable' });
			expect(item!.json.remedy).toContain('Stock Import Tool');
		});

		test('says in hints what became of the items, and that there is no ledger', async () => {
			const context = executeContext(
				{ node, parameters: { operation: 'createOrUpdate' }, credentials },
				batch(...lamps(2)),
			);
			const hints: string[] = [];
			context.addExecutionHints = (...given) => hints.push(...given.map((hint) => hint.message));
			await node.execute.call(context);
			expect(hints).toEqual([expect.stringContaining('No Sync Ledger is chosen'), '2 confirmed.']);
		});
	});

	describe('with a Sync Ledger', () => {
		let folder: string;
		beforeEach(async () => {
			folder = await mkdtemp(join(tmpdir(), 'stock-item-'));
			credentials.syncLedgerApi = { environment: 'Live', backend: 'sqlite', file: join(folder, 'ledger.sqlite') };
		});
		afterEach(async () => {
			const ledger = await openFromCredential(credentials.syncLedgerApi);
			await ledger.close();
			await rm(folder, { recursive: true });
		});

		test('a batch is delivered and settled', async () => {
			const ledger = await openFromCredential(credentials.syncLedgerApi);
			await ledger.add([{ type: 'change', change: changeSchema.parse(itemOf(lamp('LAMP-1'))) }]);
			const items = await ledger.take({ target: 'khaos' });
			const output = await execute({ operation: 'createOrUpdate' }, batch(...items));
			expect(output[0]!.json).toMatchObject({ status: 'confirmed', key: 'LAMP-1' });
			const outcomes = await ledger.settle(output.map(({ json }) => resultSchema.parse(json)));
			expect(outcomes).toMatchObject([{ outcome: 'confirmed' }]);
		});

		test('stock items of the canvas go through its gate', async () => {
			const parameters = {
				operation: 'createOrUpdate',
				source: 'columns',
				stockCode: 'LAMP-1',
				columns: columnsOf(lamp('LAMP-1') as Record<string, string>),
			};
			expect((await execute(parameters))[0]!.json).toMatchObject({ status: 'confirmed' });
		});

		test('a ledger of another Khaos stops with a question', async () => {
			await execute({ operation: 'createOrUpdate' }, batch());
			const ledger = await openFromCredential(credentials.syncLedgerApi);
			await ledger.useHost('khaos', url.toLowerCase());
			credentials.khaosControlWebServicesApi = { url: 'http://127.0.0.1:9/test/KhaosKSD.exe' };
			await expect(execute({ operation: 'createOrUpdate' }, batch(...lamps(1)))).rejects.toThrow('another');
		});
	});

	test('Confirm compares and writes nothing', async () => {
		await execute({ operation: 'createOrUpdate' }, batch(...lamps(2)));
		simulators.khaos.edit({ code: 'LAMP-1', set: { SELL_PRICE: '1.00' } });
		simulators.control.resetLog();
		const output = await execute({ operation: 'confirm' }, batch(...lamps(2)));
		expect(output.map(({ json }) => json.status)).toEqual(['confirmed', 'retry']);
		expect(output[1]!.json.differences).toEqual([{ field: 'SELL_PRICE', expected: '29.99', actual: '1.00' }]);
		expect(methods()).toEqual(['ExportStock']);
	});

	describe('Get', () => {
		beforeEach(async () => {
			await execute({ operation: 'createOrUpdate' }, batch(...lamps(2), itemOf(lamp('TEE', { OTHER_REF: 'OLD-TEE' }))));
			const child = simulators.khaos.obtain('TEE-R', 'TEE');
			child.fields = { ...(lamp('TEE-R') as Record<string, string>) };
			child.scs = { suffixes: ['R'], descriptions: ['Red'] };
			simulators.control.resetLog();
		});

		test('reads many items in one call, each paired', async () => {
			const output = await execute(
				{ operation: 'get', value: '={{ $json.sku }}' },
				itemsOf({ sku: 'lamp-1' }, { sku: 'LAMP-0' }),
			);
			expect(output).toMatchObject([
				{ json: { stockCode: 'LAMP-1', columns: { SELL_PRICE: '29.99' } }, pairedItem: { item: 0 } },
				{ json: { stockCode: 'LAMP-0' }, pairedItem: { item: 1 } },
			]);
			expect(methods()).toEqual(['ExportStock']);
		});

		test('finds a variant inside its parent', async () => {
			const [item] = await execute({ operation: 'get', value: 'TEE-R' });
			expect(item!.json).toMatchObject({ stockCode: 'TEE-R', parentCode: 'TEE' });
		});

		test('finds an item by its other reference', async () => {
			const [item] = await execute({ operation: 'get', lookUpBy: 'otherRef', value: 'OLD-TEE', simplify: false });
			expect(item!.json).toMatchObject({ stockCode: 'TEE', elements: { ASSOCIATED_REF: 'OLD-TEE' } });
		});

		test('names the one that is not there', async () => {
			await expect(execute({ operation: 'get', value: 'GHOST' })).rejects.toThrow(
				"Khaos Control holds no stock item 'GHOST'",
			);
			const output = await execute(
				{ operation: 'get', value: '={{ $json.sku }}' },
				itemsOf({ sku: 'GHOST' }, { sku: 'TEE' }),
				true,
			);
			expect(output).toMatchObject([
				{ json: { error: expect.any(String) as unknown } },
				{ json: { stockCode: 'TEE' } },
			]);
		});
	});

	test('Get Many lists items up to its limit, variants inside their parents', async () => {
		await execute({ operation: 'createOrUpdate' }, batch(...lamps(5)));
		expect(await execute({ operation: 'getAll', limit: 3 })).toHaveLength(3);
		const all = await execute({ operation: 'getAll', returnAll: true, options: { codesOnly: true } });
		expect(all.map(({ json }) => json.stockCode)).toEqual(['LAMP-0', 'LAMP-1', 'LAMP-2', 'LAMP-3', 'LAMP-4']);
		const since = await execute({ operation: 'getAll', returnAll: true, changedSince: '2099-01-01T00:00:00' });
		expect(since).toEqual([]);
	});

	test('Get Many does not take a date that is none for all items, and goes on with the next item where it is to', async () => {
		await execute({ operation: 'createOrUpdate' }, batch(...lamps(2)));
		const asked = { operation: 'getAll', returnAll: true, changedSince: '={{ $json.since }}' };
		await expect(execute(asked, itemsOf({ since: 'last week' }))).rejects.toMatchObject({
			message: 'Changed Since “last week” is not a date',
		});
		const output = await execute(asked, itemsOf({ since: 'last week' }, { since: '2001-01-01' }), true);
		expect(output).toMatchObject([
			{ json: { error: 'Changed Since “last week” is not a date' }, pairedItem: { item: 0 } },
			{ json: { stockCode: 'LAMP-0' }, pairedItem: { item: 1 } },
			{ json: { stockCode: 'LAMP-1' }, pairedItem: { item: 1 } },
		]);
	});

	test('Get Stock Status reads levels by site, potentials, and the sites', async () => {
		await execute({ operation: 'createOrUpdate' }, batch(...lamps(2)));
		simulators.khaos.edit({ code: 'LAMP-1', set: { LEVEL: '7' } });
		const [item] = await execute({ operation: 'getStockStatus', stockCode: 'LAMP-1' });
		expect(item).toMatchObject({
			json: { stockCode: 'LAMP-1', site: 'Main Site', level: '7' },
			pairedItem: { item: 0 },
		});
		const potential = await execute(
			{ operation: 'getStockStatus', show: 'potential', stockCode: '={{ $json.sku }}' },
			itemsOf({ sku: 'LAMP-1' }, { sku: 'GHOST' }, { sku: 'lamp-0' }),
		);
		expect(potential).toMatchObject([
			{ json: { stockCode: 'LAMP-1', available: '7' }, pairedItem: { item: 0 } },
			{ json: { stockCode: 'LAMP-0', available: '0' }, pairedItem: { item: 2 } },
		]);
		expect(methods().slice(-2)).toEqual(['ExportStockStatus', 'GetStockPotential']);
		await expect(execute({ operation: 'getStockStatus', stockCode: '={{ $json.sku }}' })).rejects.toMatchObject({
			message: 'Stock Code is empty',
		});
		const [site] = await execute({ operation: 'getStockStatus', show: 'sites' });
		expect(site!.json).toEqual({ siteId: '1', name: 'Main Site' });
		expect(simulators.khaos.levelWrites).toEqual([]);
	});

	test('reads items as a zip where the credential says so', async () => {
		credentials.khaosControlWebServicesApi!.compressedExports = true;
		await execute({ operation: 'createOrUpdate' }, batch(...lamps(2)));
		const [item] = await execute({ operation: 'get', value: 'LAMP-1' });
		expect(item!.json).toMatchObject({ stockCode: 'LAMP-1', columns: { SELL_PRICE: '29.99' } });
		expect(methods()).not.toContain('ExportStock');
		expect(methods()).toContain('ExportStockCompressed');
	});

	describe('Create Import File', () => {
		const read = (item: INodeExecutionData, property = 'data') => Buffer.from(item.binary![property]!.data, 'base64');

		test('writes the table of the Stock Import Tool, and a result for each item', async () => {
			const [files, results] = await outputs({ operation: 'createImportFile' }, batch(...lamps(30)));
			expect(files).toHaveLength(1);
			expect(files![0]!.json).toMatchObject({
				fileName: expect.stringMatching(/^stock-items-\d{4}-\d\d-\d\d-\d{6}-\d{3}\.tsv$/) as unknown,
				rows: 30,
			});
			expect(files![0]!.binary!['data']!.mimeType).toBe('text/tab-separated-values');
			const lines = read(files![0]!).toString('utf8').split('\r\n');
			expect(lines[0]).toBe(
				'STOCK_CODE\tCONTROLLED\tSHORT_DESC\tSTOCK_TYPE1\tSTOCK_TYPE2\tBUY_PRICE\tSELL_PRICE\tTAX_CODE',
			);
			expect(lines).toHaveLength(31);
			expect(lines[30]).toBe('LAMP-29\t-1\tLamp LAMP-29\tLighting\tDesk Lamps\t12.50\t29.99\t1');
			expect(results).toHaveLength(30);
			expect(resultSchema.parse(results![29]!.json)).toMatchObject({
				status: 'sent',
				awaiting: 'import',
				changeId: 'change-LAMP-29',
			});
			expect(simulators.control.log()).toEqual([]);
		});

		test('has no limit of rows unless one is set', async () => {
			expect(
				stockFiles(
					lamps(12_000).map((item) => ({ item })),
					new Map(),
				).files,
			).toMatchObject([{ rows: 12_000 }]);
			// The node sets none of its own: more than any batch or page that a node may be set to in its place.
			const [whole] = await outputs({ operation: 'createImportFile' }, batch(...lamps(1_001)));
			expect(whole!.map(({ json }) => json.rows)).toEqual([1_001]);
			const options = { rowsPerFile: 20 };
			const [files] = await outputs({ operation: 'createImportFile', options }, batch(...lamps(30)));
			expect(files!.map(({ json }) => json.rows)).toEqual([20, 10]);
			expect(new Set(files!.map(({ json }) => json.fileName)).size).toBe(2);
		});

		describe('of variants that go by the SCS columns', () => {
			const child = () => {
				const item = itemOf(lamp('TEE-R', { SHORT_DESC: 'Tee Red' }));
				const scs = {
					by: 'columns',
					headings: ['Colour'],
					parentCode: 'TEE',
					parentPrimaryId: 'TEE',
					values: ['R'],
					descriptions: ['Red'],
				};
				return { ...item, desired: { ...item.desired, scs } };
			};

			test('their rows carry their parent’s code and description, in a file of their own', async () => {
				await execute({ operation: 'createOrUpdate' }, batch(itemOf(lamp('TEE', { SHORT_DESC: 'Tee' }))));
				const parameters = { operation: 'createImportFile', readParents: true };
				const [files, results] = await outputs(parameters, batch(child(), ...lamps(1)));
				expect(files!.map((file) => [file.json.fileName, read(file).toString('utf8')])).toEqual([
					[
						expect.stringMatching(/-scs\.tsv$/),
						'STOCK_CODE\tCONTROLLED\tSHORT_DESC\tSTOCK_TYPE1\tSTOCK_TYPE2\tBUY_PRICE\tSELL_PRICE\tTAX_CODE\tSCS_SK1\tSCS_DESC1\r\nTEE\t-1\tTee\tLighting\tDesk Lamps\t12.50\t29.99\t1\tR\tRed',
					],
					[expect.stringMatching(/\d\.tsv$/), expect.not.stringContaining('SCS_')],
				]);
				expect(files![0]!.json.stockCodes).toEqual(['TEE-R']);
				expect(results!.map(({ json }) => json.status)).toEqual(['sent', 'sent']);
			});

			test('without the parent’s description they are failed, and nothing is asked of Khaos', async () => {
				const [files, results] = await outputs({ operation: 'createImportFile' }, batch(child()));
				expect(files).toEqual([]);
				expect(results![0]!.json.reason).toContain("The description of TEE isn't known");
				expect(methods()).toEqual([]);
			});
		});

		test('names what is missing, and writes the others', async () => {
			const broken = itemOf(lamp('LAMP-1', { BUY_PRICE: null }));
			const [files, results] = await outputs({ operation: 'createImportFile' }, batch(broken, ...lamps(1)));
			expect(files!.map(({ json }) => json.stockCodes)).toEqual([['LAMP-0']]);
			expect(results!.map(({ json }) => json.status)).toEqual(['failed', 'sent']);
			expect(results![0]!.json.reason).toContain('BUY_PRICE has no value');
		});

		test('what is handed out only to be read is not written', async () => {
			const check = itemOf(lamp('LAMP-1'), { purpose: 'check' });
			const [files, results] = await outputs({ operation: 'createImportFile' }, batch(check));
			expect(files).toEqual([]);
			expect(results).toMatchObject([
				{ json: { status: 'sent', remedy: expect.stringContaining('Confirm') as unknown } },
			]);
		});
	});

	describe('Call Method', () => {
		test('calls any method and returns its members as lists', async () => {
			const [item] = await execute({ operation: 'callMethod', method: 'GetVersion' });
			expect(item!.json).toMatchObject({
				method: 'GetVersion',
				data: null,
				text: expect.stringMatching(/^8\./) as unknown,
			});
			const parameters = { parameter: [{ name: 'DateType', type: 'int', value: '0' }] };
			await execute({ operation: 'createOrUpdate' }, batch(...lamps(1)));
			const [list] = await execute({ operation: 'callMethod', method: 'GetStockList', parameters });
			expect(list!.json.data).toMatchObject({ Count: ['1'] });
		});

		test('never one that writes stock levels', async () => {
			await expect(execute({ operation: 'callMethod', method: 'ImportStockStatus' })).rejects.toThrow('stock levels');
			expect(methods()).toEqual([]);
		});

		test('a fault ends the node with its text and what to do', async () => {
			await expect(execute({ operation: 'callMethod', method: 'GetNothing' })).rejects.toMatchObject({
				message: expect.stringContaining('no method GetNothing') as unknown,
				description: expect.stringContaining('spelling') as unknown,
			});
		});
	});
});
