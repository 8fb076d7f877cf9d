import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
	NodeConnectionTypes,
	NodeHelpers,
	type IDataObject,
	type INodeExecutionData,
	type INodeParameters,
} from 'n8n-workflow';

import { SyncMonitor } from '../../nodes/SyncMonitor/SyncMonitor.node';
import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import type { Simulators } from '../../simulators/start';
import { change, rejection, stockItem } from '../ledger/story';
import { executeContext, itemsOf, run, workflowOf } from './harness';
import { beginMonitoring, type Monitored } from './monitored';

let monitored: Monitored;
let simulators: Simulators;
let credentials: Record<string, IDataObject>;
beforeEach(async () => {
	monitored = await beginMonitoring();
	({ simulators, credentials } = monitored);
});
afterEach(async () => await monitored.end());

const ledger = async () => await monitored.ledger();
const monitor = async (...asked: Parameters<Monitored['monitor']>) => await monitored.monitor(...asked);
const confirm = async (...codes: string[]) => await monitored.confirm(...codes);
const jsonOf = (items: INodeExecutionData[] | undefined): IDataObject[] => (items ?? []).map(({ json }) => json);

test.each<[string, string, string[]]>([
	['drift', 'find', ['Differences', 'Summary']],
	['missingSku', 'find', ['Not in Khaos', 'Not in Pimberly', 'Discontinued', 'Orphaned']],
	['exception', 'getAll', [NodeConnectionTypes.Main]],
	['health', 'get', [NodeConnectionTypes.Main]],
])('%s: %s has its outputs, as n8n works them out', (resource, operation, names) => {
	const node = new SyncMonitor();
	const { workflow, node: placed } = workflowOf({ node, parameters: { resource, operation } }, {});
	const outputs = NodeHelpers.getNodeOutputs(workflow, placed, node.description);
	expect(outputs.map((output) => (typeof output === 'string' ? output : output.displayName))).toEqual(names);
});

test('Health: Get judges by its own thresholds', async () => {
	await (await ledger()).add([change('TEE'), change('TEE-RED', { parent: 'TEE' })]);
	const [items] = await monitor('health', 'get', { thresholds: { held: { warn: 1, breach: 5 } } });
	expect(jsonOf(items)).toMatchObject([{ level: 'warn', opened: [], resolved: [] }]);
	expect((items![0]!.json['measures'] as IDataObject[]).filter(({ level }) => level !== 'ok')).toMatchObject([
		{ name: 'held', value: 1, warn: 1, breach: 5 },
	]);
});

test('Exception: Get Many and Update', async () => {
	await (await ledger()).add([rejection('P1', 'itemName'), rejection('P2', 'weightKg')]);
	const [found] = await monitor('exception', 'getAll', {
		filters: { search: 'p1', owners: ['ecommerce'] },
		returnAll: true,
	});
	expect(jsonOf(found)).toMatchObject([
		{ type: 'invalidProduct', title: 'Invalid product', primaryId: 'P1', severity: 'high', state: 'open' },
	]);
	const [updated] = await monitor(
		'exception',
		'update',
		{ by: '=Ada', changes: { state: 'acknowledged', assignedTo: 'Ada', note: 'Asked.' } },
		itemsOf(found![0]!.json, { exceptionId: 'nonsense' }),
	);
	expect(jsonOf(updated)).toMatchObject([
		{ outcome: 'updated', state: 'acknowledged', assignedTo: 'Ada' },
		{ outcome: 'notFound', exceptionId: 'nonsense' },
	]);
	const [withHistory] = await monitor('exception', 'getAll', {
		filters: { states: ['acknowledged'] },
		includeHistory: true,
	});
	expect((jsonOf(withHistory)[0]!['history'] as IDataObject[]).map(({ event }) => event)).toEqual([
		'opened',
		'acknowledged',
		'assigned',
	]);
	await monitor('exception', 'setOwner', { type: 'invalidProduct', owner: 'operations', by: 'Ada' });
	const [owned] = await monitor('exception', 'getAll', { filters: { owners: ['operations'] } });
	expect(owned).toHaveLength(2);
});

test('a word that is no state is an error of its own item; the others count, also where nobody says who they are', async () => {
	await (await ledger()).add([rejection('P1', 'itemName'), rejection('P2', 'weightKg')]);
	const [first, second] = (await (await ledger()).exceptions()).map(({ exceptionId }) => exceptionId);
	const parameters = {
		resource: 'exception',
		operation: 'update',
		by: '={{ $json.who }}',
		changes: { state: '={{ $json.state }}', owner: '={{ $json.owner }}' },
	};
	const items = itemsOf(
		{ exceptionId: first, state: 'done', owner: 'everybody' },
		{ exceptionId: second, state: 'acknowledged' },
	);
	const test = { node: new SyncMonitor(), parameters: parameters as never, credentials };
	await expect(run(test, items)).rejects.toThrow('“done” is no state; it can be open, acknowledged or resolved');
	const [updated] = await run({ ...test, continueOnFail: true }, items);
	expect(updated).toMatchObject([
		{ json: { outcome: 'updated', exceptionId: second, state: 'acknowledged' }, pairedItem: { item: 1 } },
		{
			json: {
				error: expect.stringContaining('“everybody” is no owner; it can be ecommerce, operations or finance') as string,
			},
			pairedItem: { item: 0 },
		},
	]);
	const history = (await (await ledger()).exceptionHistory([second!])).get(second!)!;
	expect(history.at(-1)).toMatchObject({ event: 'acknowledged', by: 'somebody' });
});

test('the worklist takes over what people changed, and nothing that the ledger has changed since', () => {
	const template = JSON.parse(readFileSync(join(__dirname, '../../workflows/exception-report.json'), 'utf8')) as {
		nodes: Array<{ name: string; parameters: INodeParameters }>;
	};
	const { parameters } = template.nodes.find(({ name }) => name === 'Take It Over')!;
	const row = { exceptionId: '7', state: 'open', assignedTo: 'a|b', owner: 'finance', mirrored: 'open|a|b|finance' };
	const taken = (edit: IDataObject): unknown =>
		executeContext({ node: new SyncMonitor(), parameters }, itemsOf({ ...row, note: '', ...edit })).getNodeParameter(
			'changes',
			0,
		);
	// It may be resolved by itself meanwhile: whoever writes a note does not open it again.
	expect(taken({ note: ' Asked. ' })).toEqual({ note: 'Asked.' });
	expect(taken({ state: 'Resolved ' })).toEqual({ note: '', state: 'resolved' });
	expect(taken({ assignedTo: null, owner: 'Operations' })).toEqual({ note: '', assignedTo: '', owner: 'operations' });
});

test('an alert that came back after somebody resolved it is told again', () => {
	const template = JSON.parse(readFileSync(join(__dirname, '../../workflows/queue-health-alert.json'), 'utf8')) as {
		nodes: Array<{ name: string; parameters: INodeParameters }>;
	};
	const keyOf = (node: string, foundAgainAt: string | null): unknown =>
		executeContext(
			{
				node: new SyncMonitor(),
				// A parameter of any node: what counts is its expression.
				parameters: {
					resource: 'exception',
					operation: 'update',
					by: template.nodes.find(({ name }) => name === node)!.parameters['dedupeValue']!,
				},
			},
			itemsOf({ exceptionId: '7', foundAgainAt }),
		).getNodeParameter('by', 0);
	for (const node of ['Not Told Yet', 'Not Told Up Yet']) {
		expect(keyOf(node, null)).toBe(keyOf(node, null));
		expect(keyOf(node, '2026-11-02T10:00:00.000Z')).not.toBe(keyOf(node, null));
	}
});

test('exceptions are found and snoozed by dates as n8n gives them, in the time zone of the workflow', async () => {
	await (await ledger()).add([rejection('P1', 'itemName'), rejection('P2', 'weightKg')]);
	const since = async (date: string) => jsonOf((await monitor('exception', 'getAll', { filters: { since: date } }))[0]);
	expect(await since('={{ $now.minus({ days: 1 }) }}')).toHaveLength(2);
	expect(await since('={{ $now.plus({ days: 1 }) }}')).toEqual([]);
	await expect(since('yesterday')).rejects.toMatchObject({ message: 'Since “yesterday” is not a date' });
	const found = await monitor(
		'exception',
		'getAll',
		{ filters: { search: '={{ $json.sku }}' } },
		itemsOf({ sku: 'P2' }, { sku: 'P1' }, { sku: 'P2' }),
	);
	expect(found[0]).toMatchObject([
		{ json: { primaryId: 'P2' }, pairedItem: { item: 0 } },
		{ json: { primaryId: 'P1' }, pairedItem: { item: 1 } },
	]);
	// British summer time is an hour ahead.
	const changes = { state: 'resolved', snoozeUntil: '2099-07-01T09:00:00' };
	const [updated] = await monitor('exception', 'update', { by: 'Ada', changes }, found[0]!.slice(0, 1));
	expect(jsonOf(updated)).toMatchObject([{ outcome: 'updated', snoozedUntil: '2099-07-01T08:00:00.000Z' }]);
});

test('with Continue On Fail an item without a SKU keeps none of the others from their history', async () => {
	await (await ledger()).add([rejection('P1', 'itemName')]);
	const continuing = async (resource: string, operation: string, parameters: IDataObject, items: IDataObject[]) =>
		(
			await run(
				{
					node: new SyncMonitor(),
					parameters: { resource, operation, ...parameters } as never,
					credentials,
					continueOnFail: true,
				},
				itemsOf(...items),
			)
		)[0];
	expect(await continuing('history', 'get', { sku: '={{ $json.sku }}' }, [{}, { sku: 'P1' }])).toMatchObject([
		{ json: { error: 'SKU is empty' }, pairedItem: { item: 0 } },
		{ json: { sku: 'P1' }, pairedItem: { item: 1 } },
	]);
});

test('a failed execution is one exception, until the workflow gets its work done again', async () => {
	const failure = {
		workflow: { id: 'harness-workflow', name: 'Delta sync' },
		execution: {
			id: '17',
			url: 'https://n8n.example/workflow/1/executions/17',
			lastNodeExecuted: 'Mapper',
			error: { message: 'No such attribute' },
		},
	};
	await monitor(
		'exception',
		'reportFailure',
		{},
		itemsOf(failure, { ...failure, execution: { ...failure.execution, id: '18' } }),
	);
	await monitor(
		'exception',
		'reportFailure',
		{},
		itemsOf({ workflow: { id: 'w2', name: 'Prices' }, trigger: { error: { message: 'No token.' } } }),
	);
	expect(await (await ledger()).exceptions()).toMatchObject([
		{
			type: 'failedExecution',
			key: 'harness-workflow',
			value: '18',
			reason: 'The workflow Delta sync failed at the node Mapper: No such attribute.',
			remedy: expect.stringContaining('https://n8n.example/workflow/1/executions/17') as string,
		},
		{ key: 'w2', reason: 'The workflow Prices failed: No token.' },
	]);
	await run(
		{
			node: new Sequencer(),
			parameters: { operation: 'add' },
			credentials: { syncLedgerApi: credentials['syncLedgerApi']! },
		},
		itemsOf(stockItem('TEE') as unknown as IDataObject),
	);
	expect((await (await ledger()).exceptions()).map(({ key }) => key)).toEqual(['w2']);
});

test('History: Get tells of each SKU', async () => {
	await confirm('TEE');
	const [items] = await monitor(
		'history',
		'get',
		{ sku: '={{ $json.sku }}' },
		itemsOf({ sku: 'tee' }, { sku: 'NOBODY' }),
	);
	expect(jsonOf(items)).toMatchObject([{ sku: 'tee' }, { sku: 'NOBODY', now: [], lines: [] }]);
	expect((items![0]!.json['lines'] as IDataObject[]).at(-2)!['text']).toContain('is confirmed');
});

test('Drift: Find, with repair', async () => {
	await confirm('TEE', 'LAMP');
	await fetch(`${simulators.controlUrl}/khaos/stock`, {
		method: 'POST',
		body: JSON.stringify({ code: 'TEE', set: { BUY_PRICE: '9.00' } }),
	});
	const [differences, summary] = await monitor('drift', 'find', {
		tolerance: { ignoredColumns: 'SELL_PRICE' },
		repair: true,
	});
	expect(jsonOf(differences)).toMatchObject([
		{
			type: 'attributeDrift',
			key: 'TEE',
			field: 'BUY_PRICE',
			severity: 'high',
			owner: 'finance',
			differences: [{ expected: '1.00', actual: '9.00' }],
		},
	]);
	expect(jsonOf(summary)).toMatchObject([
		{ status: 'finished', items: 2, different: 1, requeued: 1, found: 1, error: null },
	]);
	expect(
		(await (await ledger()).getMany({ states: ['queued'], kinds: ['stockItem'], limit: 10 })).map(
			({ key, changedFields }) => [key, changedFields],
		),
	).toEqual([['TEE', ['BUY_PRICE']]]);
});

test('Drift: Find says when it was cut, and goes on', async () => {
	await confirm('TEE');
	simulators.control.addFaults([{ side: 'khaos', method: 'GetStockList', kind: '401', times: 3 }]);
	const [, cut] = await monitor('drift', 'find');
	expect(jsonOf(cut)).toMatchObject([{ status: 'cut', error: expect.stringContaining('401') as string }]);
	const [, whole] = await monitor('drift', 'find');
	expect(jsonOf(whole)).toMatchObject([{ status: 'finished', resumed: true, items: 1 }]);
}, 60_000);

test('Report: Build hands out what the report shows', async () => {
	await (await ledger()).add([rejection('P1', 'itemName')]);
	const [items] = await monitor('report', 'build', { page: 'data', productUrl: 'https://pim.example/{primaryId}' });
	expect(items![0]!.json).toMatchObject({ environment: 'Test', open: 1, bySeverity: { high: 1 } });
	expect((items![0]!.json['toDo'] as IDataObject[])[0]).toMatchObject({
		owner: 'ecommerce',
		items: [{ productUrl: 'https://pim.example/P1' }],
	});
});

test('Report: Build makes the report as files, and as the text of a mail', async () => {
	await (await ledger()).add([rejection('P1', 'itemName')]);
	const [items] = await monitor('report', 'build', { files: ['html', 'csv', 'json'] });
	const { json, binary } = items![0]!;

	expect(json).toMatchObject({ open: 1, byOwner: { ecommerce: 1, operations: 0, finance: 0 } });
	expect(json['subject']).toMatch(/^Sync report Test: 1 exception needs doing: 1 high\./);
	expect(json['html']).toContain('<code>itemName</code>');
	const text = (name: string): string => Buffer.from(binary![name]!.data, 'base64').toString('utf8');
	expect(text('html')).toBe(json['html']);
	expect(text('csv')).toMatch(/\r\necommerce,high,Invalid product,P1,/);
	expect(JSON.parse(text('json'))).toMatchObject({ open: 1 });
	expect(binary!['csv']).toMatchObject({
		mimeType: 'text/csv',
		fileName: expect.stringMatching(/^sync-report-\d{4}-\d\d-\d\d\.csv$/),
	});
});

test('Report: Build makes the dashboard, with the history of the SKU that a webhook was asked for', async () => {
	await (await ledger()).add([change('TEE')]);
	const [still] = await monitor('report', 'build', { page: 'dashboard' }, itemsOf({ query: {} }));
	expect(still![0]!.json['html']).toContain('location.reload');
	const [asked] = await monitor('report', 'build', { page: 'dashboard' }, itemsOf({ query: { sku: ' tee ' } }));
	expect(asked![0]!.json['html']).toContain('History of tee');
	const [unknown] = await monitor('report', 'build', { page: 'dashboard' }, itemsOf({ query: { sku: '<b>' } }));
	expect(unknown![0]!.json['html']).toContain('History of &lt;b&gt;');
});
