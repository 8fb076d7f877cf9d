import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, ILoadOptionsFunctions, INodeExecutionData } from 'n8n-workflow';

import type { BatchItem, FirstSyncDifference } from '../../lib/shapes';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import { SequencerTrigger } from '../../nodes/Sequencer/SequencerTrigger.node';
import { confirmed, readBackOf, result, stockItem } from '../ledger/story';
import { itemsOf, run, startTrigger, type NodeUnderTest } from './harness';

let folder: string;
let credential: IDataObject;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'first-sync-node-'));
	credential = { environment: 'Live', backend: 'sqlite', file: join(folder, 'ledger.sqlite') };
});
afterEach(async () => {
	await (await openFromCredential(credential)).close();
	rmSync(folder, { recursive: true });
});

const sequencer = (operation: string, parameters: IDataObject = {}): NodeUnderTest => ({
	node: new Sequencer(),
	parameters: { operation, ...parameters } as never,
	credentials: { syncLedgerApi: credential },
});
const json = (value: object): IDataObject => value as IDataObject;
const itemOf = (item: INodeExecutionData): BatchItem => item.json as unknown as BatchItem;

/** As Khaos Control Stock Item says it of an item that differs in these columns. */
const differing = (item: BatchItem, columns: Record<string, string>): IDataObject => {
	const differences = Object.entries(columns).map(
		([field, actual]): FirstSyncDifference => ({
			field,
			owner: 'pimberly',
			actual,
			expected: (item.desired['columns'] as Record<string, string>)[field] ?? null,
		}),
	);
	return json(
		result(item, 'held', { firstSync: differences, differences, reason: 'It differs.', readBack: readBackOf(item) }),
	);
};

/** A first look at three items: two differ. */
const look = async (): Promise<void> => {
	await run(sequencer('add'), itemsOf(...['LAMP', 'VASE', 'BOWL'].map((code) => json(stockItem(code)))));
	const [batch] = await run(sequencer('take', { target: 'khaos', firstSync: 'report' }));
	expect(batch!.map((item) => itemOf(item).approval)).toEqual(Array(3).fill({ columns: [], newItems: false }));
	const [lamp, vase, bowl] = batch!.map(itemOf);
	const [settled] = await run(
		sequencer('settle'),
		itemsOf(
			differing(lamp!, { SELL_PRICE: '7.00', SHORT_DESC: 'Old | <lamp>' }),
			differing(vase!, { SELL_PRICE: '8.00' }),
			json(confirmed(bowl!)),
		),
	);
	expect(settled!.map((item) => item.json['outcome'])).toEqual(['held', 'held', 'confirmed']);
};

test('Get First Sync lists what differs, by field, item by item, and as a table that is safe to show', async () => {
	await look();
	expect((await run(sequencer('getFirstSync')))[0]).toMatchObject([
		{
			json: {
				field: 'SELL_PRICE',
				items: 2,
				owner: 'pimberly',
				team: 'finance',
				allowed: false,
				samples: [
					{ stockCode: 'LAMP', primaryId: 'LAMP', inKhaos: '7.00', desired: '2.00' },
					{ stockCode: 'VASE', inKhaos: '8.00' },
				],
			},
		},
		{ json: { field: 'SHORT_DESC', items: 1, team: 'ecommerce' } },
	]);
	const [differences] = await run(
		sequencer('getFirstSync', { firstSyncOutput: 'differences', fields: 'SELL_PRICE', returnAll: true }),
	);
	expect(
		differences!.map((item) => [
			item.json['stockCode'],
			item.json['field'],
			item.json['inKhaos'],
			item.json['desired'],
		]),
	).toEqual([
		['LAMP', 'SELL_PRICE', '7.00', '2.00'],
		['VASE', 'SELL_PRICE', '8.00', '2.00'],
	]);
	expect((await run(sequencer('getFirstSync', { firstSyncOutput: 'differences', limit: 1 })))[0]).toHaveLength(1);
	const [table] = await run(sequencer('getFirstSync', { firstSyncOutput: 'table' }));
	expect(table).toMatchObject([
		{ json: { summary: '1 stock items are as Pimberly says, 2 wait for approval (2 fields). All are compared.' } },
	]);
	expect(table![0]!.json['markdown']).toContain(
		'| SHORT\\_DESC | 1 | Pimberly | Ecommerce | no | LAMP: "Old \\| \\<lamp\\>" in Khaos',
	);
	expect(table![0]!.json['html']).toContain('&quot;Old | &lt;lamp&gt;&quot; in Khaos');
});

test('allowing a field in the Sequencer Trigger lets the items go that wait for it', async () => {
	await look();
	const trigger = (parameters: IDataObject): NodeUnderTest => ({
		node: new SequencerTrigger(),
		id: '8b6e33a9-0c05-4bb5-9b5b-3f2f4f7a1c11',
		parameters: { target: 'khaos', options: { quietSeconds: 0 }, ...parameters } as never,
		credentials: { syncLedgerApi: credential },
	});
	const started = await startTrigger(
		trigger({ firstSync: 'allowed', allowedFields: ['SHORT_DESC'] }),
		async (items) => {
			await run(sequencer('settle'), itemsOf(...items.map((item) => differing(itemOf(item), { SELL_PRICE: '7.00' }))));
		},
	);
	try {
		for (let wait = 0; started.emitted.length === 0 && wait < 500; wait++)
			await new Promise((resolve) => setTimeout(resolve, 20));
	} finally {
		await started.stop();
	}
	expect(started.emitted.map(([items]) => items!.map((item) => [itemOf(item).key, itemOf(item).approval]))).toEqual([
		[['LAMP', { columns: ['SHORT_DESC'], newItems: false }]],
	]);
	expect((await run(sequencer('getAll', { filters: { states: ['held'] } })))[0]).toMatchObject([
		{ json: { key: 'LAMP', awaiting: 'approval', differences: [{ field: 'SELL_PRICE', actual: '7.00' }] } },
		{ json: { key: 'VASE' } },
	]);
	// A trigger beside it that would send everything is as strict as this one.
	const [batch] = await run({ ...sequencer('take', { target: 'khaos' }), id: 'another-node' });
	expect(batch).toEqual([]);
});

test('the list of fields to allow shows first what was found to differ', async () => {
	await look();
	const context = {
		getCredentials: async () => credential,
		getNode: () => ({ name: 'Sequencer' }),
	} as unknown as ILoadOptionsFunctions;
	const options = await new SequencerTrigger().methods.loadOptions.getDifferingFields.call(context);
	expect(options.slice(0, 3)).toEqual([
		{ name: 'SELL_PRICE (2 Items)', value: 'SELL_PRICE' },
		{ name: 'SHORT_DESC (1 Items)', value: 'SHORT_DESC' },
		expect.objectContaining({ value: 'CONTROLLED' }),
	]);
});
