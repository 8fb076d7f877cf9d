import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import { SequencerTrigger } from '../../nodes/Sequencer/SequencerTrigger.node';
import { openFromCredential, refuseSeveralProcesses } from '../../nodes/ledgerFromCredentials';
import type { BatchItem, Change } from '../../lib/shapes';
import { confirmed, kit, price, rejection, result, stockItem } from '../ledger/story';
import { itemsOf, run, startTrigger, type NodeUnderTest } from './harness';

let folder: string;
let credential: IDataObject;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'sequencer-'));
	credential = { environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') };
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
const trigger = (parameters: IDataObject = {}): NodeUnderTest => ({
	node: new SequencerTrigger(),
	parameters: { target: 'khaos', options: { quietSeconds: 0 }, ...parameters } as never,
	credentials: { syncLedgerApi: credential },
});
const json = (value: object): IDataObject => value as IDataObject;
const settleItems = (items: INodeExecutionData[]): INodeExecutionData[] =>
	itemsOf(...items.map((item) => json(confirmed(item.json as unknown as BatchItem))));

async function until(met: () => boolean | Promise<boolean>): Promise<void> {
	for (let look = 0; look < 500; look++) {
		if (await met()) return;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error('It did not come to that');
}

test('Add tells what became of each item, by output, paired with what came in', async () => {
	const parentless = rejection('P9', 'itemName');
	const [accepted, held, unchanged, rejected] = await run(
		sequencer('add'),
		itemsOf(
			json(stockItem('TEE')),
			json(stockItem('TEE-RED', { parent: 'TEE' })),
			json(stockItem('TEE')),
			json(parentless.type === 'rejection' ? parentless.rejection : {}),
		),
	);
	expect(accepted).toMatchObject([{ json: { key: 'TEE' }, pairedItem: { item: 0 } }]);
	expect(held).toMatchObject([{ json: { key: 'TEE-RED', waitsFor: ['TEE'] }, pairedItem: { item: 1 } }]);
	expect(unchanged).toMatchObject([{ json: { key: 'TEE' }, pairedItem: { item: 2 } }]);
	expect(rejected).toMatchObject([{ json: { primaryId: 'P9' }, pairedItem: { item: 3 } }]);
});

test('an item that is no change names itself, what is wrong and what to connect', async () => {
	await expect(run(sequencer('add'), itemsOf(json(stockItem('A')), { hello: 'world' }))).rejects.toMatchObject({
		message: 'This item is not a change or a rejection',
		description: expect.stringContaining('Connect the Pimberly to Khaos Mapper to this node'),
	});
	await expect(run(sequencer('add'), itemsOf(json(stockItem('A')), { hello: 'world' }))).rejects.toMatchObject({
		context: { itemIndex: 1 },
	});
	expect((await run(sequencer('getAll')))[0]).toEqual([]);
});

test('with Continue On Fail Add and Settle take what they can read', async () => {
	const continuing = (operation: string): NodeUnderTest => ({ ...sequencer(operation), continueOnFail: true });
	const [accepted, , , others] = await run(
		continuing('add'),
		itemsOf({ hello: 'world' }, json(stockItem('LAMP')), json(stockItem('VASE'))),
	);
	expect(accepted).toMatchObject([
		{ json: { key: 'LAMP' }, pairedItem: { item: 1 } },
		{ json: { key: 'VASE' }, pairedItem: { item: 2 } },
	]);
	expect(others).toMatchObject([
		{ json: { error: 'This item is not a change or a rejection' }, pairedItem: { item: 0 } },
	]);
	const [batch] = await run(sequencer('take', { target: 'khaos' }));
	const [lamp, vase] = settleItems(batch!);
	const [settled] = await run(continuing('settle'), [{ ...lamp!, json: { key: 'LAMP' } }, vase!]);
	expect(settled).toMatchObject([
		{ json: { outcome: 'confirmed' }, pairedItem: { item: 1 } },
		{ json: { error: 'This item is not the result of a change' }, pairedItem: { item: 0 } },
	]);
});

test('Get Many answers each question once, whatever its input items ask for', async () => {
	await run(sequencer('add'), itemsOf(json(stockItem('LAMP')), json(stockItem('VASE')), json(stockItem('CUP'))));
	const asking = sequencer('getAll', { filters: { search: '={{ $json.sku }}' } });
	const [found] = await run(asking, itemsOf({ sku: 'VASE' }, { sku: 'LAMP' }, { sku: 'VASE' }));
	expect(found).toMatchObject([
		{ json: { key: 'VASE' }, pairedItem: { item: 0 } },
		{ json: { key: 'LAMP' }, pairedItem: { item: 1 } },
	]);
	expect((await run(sequencer('getAll'), itemsOf({}, {})))[0]).toHaveLength(3);
});

const changeIn = (item: ReturnType<typeof kit>): IDataObject => json(item.type === 'change' ? item.change : {});

test('Take and the trigger give the kinds that they are asked for', async () => {
	await run(
		sequencer('add'),
		itemsOf(
			json(stockItem('SOCKS')),
			json(stockItem('SET')),
			changeIn(kit('SET', ['SOCKS*2'])),
			changeIn(price('SOCKS', 'Trade', '1.50')),
		),
	);
	expect(await run(sequencer('take', { target: 'khaos', kinds: ['kit', 'price'] }))).toEqual([[]]);
	const [items] = await run(sequencer('take', { target: 'khaos', kinds: ['stockItem'] }));
	await run(sequencer('settle'), settleItems(items!));
	const [prices] = await run(sequencer('take', { target: 'khaos', kinds: ['price'] }));
	expect(prices).toMatchObject([{ json: { kind: 'price' } }]);
	const started = await startTrigger(trigger({ kinds: ['kit'] }));
	await until(() => started.emitted.length > 0);
	expect(started.emitted[0]![0]).toMatchObject([{ json: { kind: 'kit', key: 'SET' } }]);
	await started.stop();
});

test('a launch waits for what Live Waits For names', async () => {
	await run(sequencer('add'), itemsOf(json(stockItem('SOCKS')), changeIn(price('SOCKS', 'Trade', '1.50'))));
	const [items] = await run(sequencer('take', { target: 'khaos', kinds: ['stockItem'] }));
	await run(sequencer('settle'), settleItems(items!));
	const waiting = { target: 'pimberly', liveWaitsFor: ['priceLists'] };
	expect(await run(sequencer('take', { ...waiting, livePriceLists: 'Retail, trade' }))).toEqual([[]]);
	expect((await run(sequencer('getAll')))[0]).toContainEqual(
		expect.objectContaining({ json: expect.objectContaining({ kind: 'status', state: 'held' }) }),
	);
	const [prices] = await run(sequencer('take', { target: 'khaos', kinds: ['price'] }));
	await run(sequencer('settle'), settleItems(prices!));
	expect((await run(sequencer('take', waiting)))[0]).toMatchObject([{ json: { desired: { status: 'Live' } } }]);
});

test('Add holds new components until their kit parent is there, where that is chosen', async () => {
	const options = { addOptions: { holdComponents: true } };
	const [, held] = await run(
		sequencer('add', options),
		itemsOf(changeIn(kit('SET', ['SOCKS*2'])), json(stockItem('SOCKS'))),
	);
	expect(held!.map(({ json: { kind, waitsFor } }) => [kind, waitsFor])).toEqual([
		['kit', ['SET', 'SOCKS']],
		['stockItem', ['SET']],
	]);
});

test('Take, Settle, Get Many and Get Stats work on one queue', async () => {
	await run(sequencer('add'), itemsOf(json(stockItem('A')), json(stockItem('B'))));
	const [batch] = await run(sequencer('take', { target: 'khaos', batchSize: 1 }));
	expect(batch).toMatchObject([{ json: { key: 'A', attempt: 1 } }]);
	expect((await run(sequencer('getAll', { filters: { states: ['leased'] } })))[0]).toMatchObject([
		{ json: { key: 'A', state: 'leased' } },
	]);
	expect((await run(sequencer('settle'), settleItems(batch!)))[0]).toMatchObject([{ json: { outcome: 'confirmed' } }]);
	expect((await run(sequencer('settle'), settleItems(batch!)))[0]).toMatchObject([{ json: { outcome: 'overtaken' } }]);
	expect((await run(sequencer('getStats')))[0]).toMatchObject([{ json: { confirmed: 1, khaos: { queued: 1 } } }]);
});

test('Release gives a batch back, and sends held changes on a person’s word', async () => {
	await run(sequencer('add'), itemsOf(json(stockItem('TEE-RED', { parent: 'TEE' })), json(stockItem('LAMP'))));
	const [batch] = await run(sequencer('take', { target: 'khaos' }));
	expect(batch).toHaveLength(1);
	const [released] = await run(sequencer('release', { release: 'batch', reason: 'Stopped by hand' }), batch);
	expect(released).toMatchObject([{ json: { released: 1 } }]);
	const [ended] = await run(sequencer('release', { release: 'hold', stockCode: 'tee-red', reason: 'Made by hand' }));
	expect(ended).toMatchObject([{ json: { released: 1 } }]);
	const [both] = await run(sequencer('take', { target: 'khaos' }));
	expect(both!.map((item) => item.json['key']).sort()).toEqual(['LAMP', 'TEE-RED']);
});

test('with Continue On Fail an item that says too little keeps none of the others from what a person asked for', async () => {
	const continuing = (operation: string, parameters: IDataObject): NodeUnderTest => ({
		...sequencer(operation, parameters),
		continueOnFail: true,
	});
	await run(sequencer('add'), itemsOf(json(stockItem('LAMP')), json(stockItem('VASE'))));
	const [batch] = await run(sequencer('take', { target: 'khaos' }));
	const [lamp, vase] = batch!;
	const without = { ...lamp!, json: { key: 'LAMP' } };
	expect(
		(await run(continuing('release', { release: 'batch', reason: 'Stopped by hand' }), [without, vase!]))[0],
	).toMatchObject([
		{ json: { error: 'This item has no lease to release' }, pairedItem: { item: 0 } },
		{ json: { key: 'VASE', released: 2 }, pairedItem: { item: 1 } },
	]);
	const named = { names: '={{ $json.key }}', kinds: ['stockItem'], reason: '={{ $json.why }}' };
	const asked = itemsOf(
		{ key: 'LAMP', why: 'Not sold any more' },
		{ key: 'VASE', why: '' },
		{ key: '', why: 'Not sold' },
	);
	expect((await run(continuing('drop', named), asked))[0]).toMatchObject([
		{ json: { outcome: 'dropped' } },
		{ json: { error: 'Reason is empty' } },
		{ json: { error: 'Stock Codes is empty' } },
	]);
	expect((await run(sequencer('getAll', { filters: { kinds: ['stockItem'] } })))[0]).toMatchObject([
		{ json: { key: 'VASE', state: 'queued' } },
	]);
	expect((await run(continuing('replay', { ...named, replay: 'names' }), [...asked].reverse()))[0]).toMatchObject([
		{ json: { error: 'Stock Codes is empty' } },
		{ json: { error: 'Reason is empty' } },
		{ json: { outcome: 'replayed' } },
	]);
});

test('Confirm ends on a person’s word what was sent and can’t be read back', async () => {
	const table = kit('TABLE', ['LEG*4']) as { change: Change };
	await run(sequencer('add'), itemsOf(json(stockItem('TABLE')), json(stockItem('LEG')), json(table.change)));
	const take = async () =>
		(await run(sequencer('take', { target: 'khaos' })))[0]!.map((item) => item.json as unknown as BatchItem);
	await run(sequencer('settle'), itemsOf(...(await take()).map((item) => json(confirmed(item)))));
	const [relation] = await take();
	await run(sequencer('settle'), itemsOf(json(result(relation!, 'sent', { awaiting: 'import' }))));
	await expect(run(sequencer('confirm', { names: 'TABLE' }))).rejects.toMatchObject({ message: 'Reason is empty' });
	const [done] = await run(sequencer('confirm', { names: 'table', reason: 'Seen in Khaos Control' }));
	expect(done).toMatchObject([
		{ json: { name: 'table', outcome: 'confirmed', changes: [{ kind: 'kit', key: 'TABLE' }] } },
	]);
	expect((await run(sequencer('getAll', { filters: { kinds: ['kit'] } })))[0]).toEqual([]);
});

test('Replay and Drop act on the items of Get Many, or on a list of stock codes, and say what happened', async () => {
	await run(sequencer('add'), itemsOf(...['TEE', 'LAMP', 'VASE'].map((code) => json(stockItem(code)))));
	const [batch] = await run(sequencer('take', { target: 'khaos' }));
	const refused = batch!.map((item) =>
		json(result(item.json as unknown as BatchItem, 'failed', { reason: 'Stock type unknown.' })),
	);
	await run(sequencer('settle'), itemsOf(...refused));
	const [failed] = await run(sequencer('getAll', { filters: { states: ['failed'], kinds: ['stockItem'] } }));
	const [replayed] = await run(sequencer('replay', { reason: 'It is there now' }), failed!.slice(0, 1));
	expect(replayed).toMatchObject([{ json: { name: 'TEE', outcome: 'replayed' }, pairedItem: { item: 0 } }]);
	const [dropped] = await run(sequencer('drop', { names: 'lamp\nNOBODY', reason: 'Not sold' }));
	expect(dropped).toMatchObject([
		{ json: { name: 'lamp', outcome: 'dropped', changes: [{ key: 'LAMP' }] } },
		{ json: { name: 'NOBODY', outcome: 'notFound' } },
	]);
	const [rest] = await run(sequencer('replay', { replay: 'failed', reason: 'All of it' }), itemsOf({}, {}));
	expect(rest).toMatchObject([{ json: { name: 'VASE', outcome: 'replayed' } }]);
	expect((await run(sequencer('replay', { names: '={{ ["LAMP"] }}', reason: 'After all' })))[0]).toMatchObject([
		{ json: { name: 'LAMP', outcome: 'replayed' } },
	]);
	await expect(run(sequencer('drop', { names: 'VASE' }))).rejects.toMatchObject({ message: 'Reason is empty' });
	await expect(run(sequencer('drop', { reason: 'Not sold' }))).rejects.toMatchObject({
		message: 'Stock Codes is empty',
	});
});

test('the trigger hands out one batch after another, each when the one before is settled', async () => {
	await run(sequencer('add'), itemsOf(...['A', 'B', 'C'].map((code) => json(stockItem(code)))));
	let inFlight = 0;
	let most = 0;
	const started = await startTrigger(trigger({ batchSize: 1 }), async (items) => {
		most = Math.max(most, ++inFlight);
		await new Promise((resolve) => setTimeout(resolve, 30));
		await run(sequencer('settle'), settleItems(items));
		inFlight--;
	});
	try {
		await until(() => started.emitted.length === 3);
	} finally {
		await started.stop();
	}
	expect(started.emitted.map(([items]) => items!.map((item) => item.json['key']))).toEqual([['A'], ['B'], ['C']]);
	expect(most).toBe(1);
});

test('a batch whose execution ends without settling is handed out again', async () => {
	await run(sequencer('add'), itemsOf(json(stockItem('A'))));
	let executions = 0;
	const started = await startTrigger(trigger(), async (items) => {
		if (++executions > 1) await run(sequencer('settle'), settleItems(items));
	});
	try {
		await until(async () => (await run(sequencer('getStats')))[0]![0]!.json['confirmed'] === 1);
	} finally {
		await started.stop();
	}
	expect(started.emitted.map(([items]) => items![0]!.json['attempt'])).toEqual([1, 2]);
});

test('a SQLite ledger is refused where several processes work', () => {
	expect(() => refuseSeveralProcesses({ EXECUTIONS_MODE: 'queue' })).toThrow('Choose PostgreSQL');
	expect(() => refuseSeveralProcesses({ N8N_MULTI_MAIN_SETUP_ENABLED: 'true' })).toThrow('multi-main');
	expect(() => refuseSeveralProcesses({ EXECUTIONS_MODE: 'regular' })).not.toThrow();
});
