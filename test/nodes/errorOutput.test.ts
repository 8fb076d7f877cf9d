import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	NodeConnectionTypes,
	Workflow,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type OnError,
} from 'n8n-workflow';

import { KhaosControlKit } from '../../nodes/KhaosControl/KhaosControlKit.node';
import { KhaosControlPriceList } from '../../nodes/KhaosControl/KhaosControlPriceList.node';
import { KhaosControlStockItem } from '../../nodes/KhaosControl/KhaosControlStockItem.node';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { Pimberly } from '../../nodes/Pimberly/Pimberly.node';
import { PimberlyKhaosMapper } from '../../nodes/PimberlyKhaosMapper/PimberlyKhaosMapper.node';
import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import { SyncMonitor } from '../../nodes/SyncMonitor/SyncMonitor.node';
import { startSimulators, type Simulators } from '../../simulators/start';
import { additionalDataOf, itemsOf, run } from './harness';

/** What n8n's engine does with a node that is to go on after an error. */
async function runOnEngine(
	node: INodeType,
	parameters: INodeParameters,
	credentials: Record<string, IDataObject>,
	onError: OnError,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const before: INodeType = {
		description: {
			displayName: 'Before',
			name: 'before',
			group: ['transform'],
			version: 1,
			description: '',
			defaults: {},
			inputs: [],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		execute: async () => [items],
	};
	const types: Record<string, INodeType> = { before, tested: node };
	const placed = (name: string, more: Partial<INode> = {}): INode => ({
		id: name,
		name,
		type: name,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		...more,
	});
	const nodes = [
		placed('before'),
		placed('tested', {
			parameters,
			onError,
			credentials: Object.fromEntries(Object.keys(credentials).map((type) => [type, { id: '1', name: type }])),
		}),
	];
	const connections = { before: { main: [[{ node: 'tested', type: NodeConnectionTypes.Main, index: 0 }]] } };
	const workflow = new Workflow({
		id: 'w',
		nodes,
		connections,
		active: false,
		nodeTypes: {
			getByName: (type: string) => types[type]!,
			getByNameAndVersion: (type: string) => types[type]!,
			getKnownTypes: () => ({}),
		} as unknown as INodeTypes,
		settings: { executionOrder: 'v1' },
	});
	const data = { id: 'w', name: 'w', nodes, connections, active: false } as never;
	const additional = {
		...additionalDataOf({ node, credentials }),
		hooks: new ExecutionLifecycleHooks('manual', '1', data),
	};
	const { data: outcome } = await new WorkflowExecute(additional, 'manual').run({
		workflow,
		startNode: workflow.getNode('before')!,
	});
	const ran = outcome.resultData.runData['tested']?.[0];
	if (!ran?.data?.['main'])
		throw (ran?.error ?? outcome.resultData.error ?? new Error('The node did not run')) as Error;
	return ran.data['main'].map((output) => output ?? []);
}

describe('an item that fails', () => {
	let simulators: Simulators;
	beforeAll(async () => {
		simulators = await startSimulators();
	});
	afterAll(async () => await simulators.stop());

	const khaos = () => ({
		khaosControlWebServicesApi: { url: simulators.khaosUrl, authentication: 'none', timeoutSeconds: 5 },
	});
	const pimberly = () => ({
		pimberlyApi: {
			baseUrl: simulators.pimberlyUrl,
			tokenKind: 'feed',
			token: simulators.feedToken,
			sendTokenAs: 'header',
		},
	});
	const inErrorOutput = async (
		...[node, parameters, credentials, items]: [
			INodeType,
			INodeParameters,
			Record<string, IDataObject>,
			INodeExecutionData[],
		]
	) => await runOnEngine(node, parameters, credentials, 'continueErrorOutput', items);

	const failed = (sku: string) => ({
		json: { sku, error: expect.any(String) as string, details: expect.stringMatching(/\w/) as string },
		pairedItem: { item: 0 },
	});

	test.each<[string, () => INodeType, INodeParameters, () => Record<string, IDataObject>, number]>([
		['Stock Item: Get', () => new KhaosControlStockItem(), { operation: 'get', value: '={{ $json.sku }}' }, khaos, 1],
		['Stock Item: Confirm', () => new KhaosControlStockItem(), { operation: 'confirm' }, khaos, 1],
		[
			'Stock Item: Create Import File',
			() => new KhaosControlStockItem(),
			{ operation: 'createImportFile' },
			() => ({}),
			2,
		],
		['Kit: Get', () => new KhaosControlKit(), { operation: 'get', stockCode: '={{ $json.sku }}' }, khaos, 1],
		['Kit: Compare', () => new KhaosControlKit(), { operation: 'compare' }, khaos, 2],
		[
			'Price List: Get Prices',
			() => new KhaosControlPriceList(),
			{ operation: 'getPrices', priceList: '={{ $json.sku }}' },
			khaos,
			1,
		],
		[
			'Pimberly: Get',
			() => new Pimberly(),
			{ resource: 'product', operation: 'get', primaryId: '={{ $json.sku }}' },
			pimberly,
			1,
		],
		['Mapper', () => new PimberlyKhaosMapper(), {}, () => ({}), 2],
	])(
		'leaves by the error output with what came in, and says what to do: %s',
		async (_name, make, parameters, credentials, usual) => {
			const outputs = await inErrorOutput(make(), parameters, credentials(), itemsOf({ sku: 'NO-SUCH' }));
			expect(outputs).toHaveLength(usual + 1);
			expect(outputs.slice(0, usual).flat()).toEqual([]);
			expect(outputs[usual]).toMatchObject([failed('NO-SUCH')]);
		},
	);

	test('stays in its place where n8n is to go on with the usual output', async () => {
		const [output] = await runOnEngine(
			new KhaosControlStockItem(),
			{ operation: 'get', value: '={{ $json.sku }}' },
			khaos(),
			'continueRegularOutput',
			itemsOf({ sku: 'NO-SUCH' }),
		);
		expect(output).toMatchObject([
			{
				json: { error: "Khaos Control holds no stock item 'NO-SUCH'", details: expect.stringContaining('Look Up By') },
			},
		]);
	});
});

describe('what fails for all items', () => {
	const nowhere = 'http://127.0.0.1:9/';
	const ledger = { syncLedgerApi: { environment: '', backend: 'sqlite', file: '' } };
	const noKhaos = { khaosControlWebServicesApi: { url: 'no address', authentication: 'none' } };
	const noPimberly = { pimberlyApi: { baseUrl: nowhere, tokenKind: 'feed', token: '', sendTokenAs: 'header' } };

	test.each<[string, () => INodeType, INodeParameters, Record<string, IDataObject>]>([
		['Stock Item', () => new KhaosControlStockItem(), { operation: 'createOrUpdate' }, noKhaos],
		['Kit', () => new KhaosControlKit(), { operation: 'compare' }, noKhaos],
		['Price List', () => new KhaosControlPriceList(), { operation: 'getAll' }, noKhaos],
		['Pimberly', () => new Pimberly(), { resource: 'product', operation: 'getAll' }, noPimberly],
		['Sequencer', () => new Sequencer(), { operation: 'getStats' }, ledger],
		['Sync Monitor', () => new SyncMonitor(), { resource: 'health', operation: 'get' }, ledger],
	])(
		'is said once for each, and nothing is passed on as if it had worked: %s',
		async (_name, make, parameters, credentials) => {
			const items = itemsOf({ sku: 'A' }, { sku: 'B' });
			const outputs = await runOnEngine(make(), parameters, credentials, 'continueErrorOutput', items);
			expect(outputs.slice(0, -1).flat()).toEqual([]);
			expect(outputs.at(-1)!.map(({ json }) => json)).toEqual([
				{ sku: 'A', error: expect.any(String) as string, details: expect.any(String) as string },
				{ sku: 'B', error: expect.any(String) as string, details: expect.any(String) as string },
			]);
		},
	);
});

describe('what is wrong with a parameter or an item', () => {
	const withLedger = async (
		node: INodeType,
		parameters: INodeParameters,
		items: INodeExecutionData[] = itemsOf({}),
	): Promise<unknown> => {
		const folder = mkdtempSync(join(tmpdir(), 'errors-'));
		const syncLedgerApi = { environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') };
		try {
			return await run({ node, parameters, credentials: { syncLedgerApi } }, items);
		} finally {
			await (await openFromCredential(syncLedgerApi)).close();
			rmSync(folder, { recursive: true });
		}
	};

	test('a choice that an expression got wrong is named, with what it may be', async () => {
		await expect(
			withLedger(new Sequencer(), { operation: 'getAll', filters: { states: ['=waiting'] } }),
		).rejects.toMatchObject({
			message: "A parameter has a value that it can't have (states > 0)",
			description: expect.stringContaining("'queued' | 'held'") as string,
		});
		await expect(
			withLedger(new SyncMonitor(), { resource: 'exception', operation: 'getAll', filters: { owners: ['=sales'] } }),
		).rejects.toMatchObject({ description: expect.stringContaining('correct the expression') as string });
	});

	test('Report Failed Execution takes what the Error Trigger says, and nothing else', async () => {
		await expect(
			withLedger(new SyncMonitor(), { resource: 'exception', operation: 'reportFailure' }, itemsOf({ message: 'Oh.' })),
		).rejects.toMatchObject({
			message: 'This item does not say which workflow failed',
			description: expect.stringContaining('Error Trigger') as string,
		});
	});

	test('Publish to Channel names the ledger that it needs', async () => {
		await expect(
			run({ node: new KhaosControlStockItem(), parameters: { operation: 'publishToChannel' } }, itemsOf()),
		).rejects.toMatchObject({
			message: 'No Sync Ledger is chosen',
			description: expect.stringContaining('Khaos Control Channel Trigger') as string,
		});
	});
});
