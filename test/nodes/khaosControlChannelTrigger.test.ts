import { mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeParameters, WorkflowExecuteMode } from 'n8n-workflow';

import { keyOf, type BatchItem, type Change } from '../../lib/shapes';
import type { Ledger } from '../../lib/ledger/ledger';
import { khaosControlChannelTest } from '../../nodes/credentialTests';
import { KhaosControlChannelTrigger } from '../../nodes/KhaosControl/KhaosControlChannelTrigger.node';
import { KhaosControlKit } from '../../nodes/KhaosControl/KhaosControlKit.node';
import { KhaosControlStockItem } from '../../nodes/KhaosControl/KhaosControlStockItem.node';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import { itemsOf, run, serveWebhook, type ServedWebhook } from './harness';

/** The Khaos Control Channel Trigger in n8n's own webhook context, called as Khaos calls it, and the nodes that publish. */

const LOGIN = { user: 'khaos', password: randomUUID() };
const basic = (user: string, password: string) => ({
	Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const AUTHENTIC = basic(LOGIN.user, LOGIN.password);

let folder: string;
let served: ServedWebhook[];
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'ledger-'));
	served = [];
});
afterEach(async () => {
	for (const webhook of served) await webhook.stop();
	await (await ledger()).close();
	await rm(folder, { recursive: true, force: true });
});

const syncLedgerApi = () => ({ environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') });
const ledger = async (): Promise<Ledger> => await openFromCredential(syncLedgerApi());

const serve = async (
	parameters: INodeParameters = {},
	{ login = LOGIN, mode }: { login?: IDataObject; mode?: WorkflowExecuteMode } = {},
): Promise<ServedWebhook> => {
	const node = new KhaosControlChannelTrigger();
	const webhook = await serveWebhook(
		{ node, parameters, credentials: { khaosControlChannelApi: login, syncLedgerApi: syncLedgerApi() } },
		mode,
	);
	served.push(webhook);
	return webhook;
};
const call = async (
	webhook: ServedWebhook,
	path: string,
	body?: string | object,
	headers: Record<string, string> = AUTHENTIC,
) => {
	const response = await fetch(`${webhook.url}/${path}`, {
		method: body === undefined ? 'GET' : 'POST',
		headers: { ...(typeof body === 'object' ? { 'Content-Type': 'application/json' } : {}), ...headers },
		...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
	});
	const text = await response.text();
	await webhook.settled();
	return { status: response.status, text, headers: response.headers };
};
const fetchStock = async (webhook: ServedWebhook, continuation: string) => {
	const { text, headers } = await call(webhook, 'stock', undefined, {
		...AUTHENTIC,
		'Sirion-Continuation': continuation,
	});
	const { StockItems, Relationships } = JSON.parse(text) as {
		StockItems: { Items: Array<Record<string, unknown>> };
		Relationships: { Relationships: Array<Record<string, unknown>> };
	};
	return {
		items: StockItems.Items,
		relationships: Relationships.Relationships,
		continuation: headers.get('sirion-continuation')!,
	};
};

const lamp = (stockCode: string, columns: Record<string, string | null> = {}): Change => ({
	kind: 'stockItem',
	key: keyOf(stockCode),
	version: '2026-11-02T08:59:00.000Z',
	lane: 2,
	changedFields: [],
	needs: [],
	desired: {
		stockCode,
		columns: {
			STOCK_CODE: stockCode,
			CONTROLLED: '-1',
			SHORT_DESC: `Lamp ${stockCode}`,
			STOCK_TYPE1: 'Lighting',
			STOCK_TYPE2: 'Lamps',
			BUY_PRICE: '12.50',
			SELL_PRICE: '29.99',
			TAX_CODE: '1',
			...columns,
		},
	},
	source: { primaryId: stockCode, internalId: `id-${stockCode}`, dateUpdated: '2026-11-02T08:59:00.000Z' },
	warnings: [],
});
const publish = async (...changes: Change[]) => {
	const book = await ledger();
	await book.add(changes.map((change) => ({ type: 'change', change })));
	const batch = await book.take({ target: 'khaos', kinds: ['stockItem'] });
	const [results] = await run(
		{
			node: new KhaosControlStockItem(),
			parameters: { operation: 'publishToChannel' },
			credentials: { syncLedgerApi: syncLedgerApi() },
		},
		itemsOf(...batch.map((item) => item as unknown as IDataObject)),
	);
	await run(
		{ node: new Sequencer(), parameters: { operation: 'settle' }, credentials: { syncLedgerApi: syncLedgerApi() } },
		results,
	);
	return results!.map(({ json }) => json);
};
/** Khaos's own view of an item it was told, with its own id. */
const held = (item: Record<string, unknown>, changes: object = {}) => ({
	...item,
	StockID: `9${String(item['StockID']).length}`,
	...changes,
});

describe('Khaos finds its way', () => {
	test.each(['JSON', 'XML'])('with a configuration in %s whose addresses are this trigger’s', async (format) => {
		const webhook = await serve({ format });
		const { status, text, headers } = await call(webhook, 'config');
		expect(status).toBe(200);
		expect(headers.get('content-type')).toContain(format.toLowerCase());
		for (const path of ['stock', 'orders', 'stock-upload', 'status-upload', 'prices-upload'])
			expect(text).toMatch(new RegExp(`http://localhost/webhook/[^"<]+/${path}["<]`));
		expect(webhook.started).toEqual([]);
	});

	test('and always finds no orders, with ApiVersion', async () => {
		const webhook = await serve();
		const { text, headers } = await call(webhook, 'orders', undefined, {
			...AUTHENTIC,
			'Sirion-Continuation': '2019-12-31 12:00:00Z',
		});
		expect(text).toBe('{"Orders":[],"ApiVersion":1000}');
		expect(headers.get('sirion-continuation')).toBe('2019-12-31 12:00:00Z');
	});

	test('and nothing at another address', async () => {
		expect((await call(await serve(), 'elsewhere')).status).toBe(400);
	});
});

describe('what was published', () => {
	test('is fetched page by page and confirmed by the uploads that follow', async () => {
		const webhook = await serve({ sellPriceIs: 'gross', options: { pageSize: 2, barcodeType: 'EAN' } });
		expect(await publish(lamp('A', { BARCODE: '0501' }), lamp('B'), lamp('C', { 'UDA:Colour': 'Oak' }))).toMatchObject([
			{ status: 'sent', awaiting: 'channel' },
			{ status: 'sent' },
			{ status: 'sent', warnings: [{ field: 'UDA:Colour' }] },
		]);
		const first = await fetchStock(webhook, '2019-12-31 12:00:00Z');
		expect(first.items).toMatchObject([
			{
				StockID: 'A',
				SellPrice: { Gross: 29.99 },
				BuyPrice: { Net: 12.5 },
				Barcodes: [{ Barcode: '0501', Type: { Name: 'EAN' } }],
			},
			{ StockID: 'B' },
		]);
		const second = await fetchStock(webhook, first.continuation);
		expect(second.items.map((item) => item['StockCode'])).toEqual(['C']);
		expect((await fetchStock(webhook, second.continuation)).items).toEqual([]);

		const items = [...first.items, ...second.items].map((item) => held(item));
		expect((await call(webhook, 'stock-upload', { Items: items, Deleted: [] })).status).toBe(200);
		expect(webhook.started).toEqual([
			[
				{
					json: { upload: 'stock', stockItems: 3, confirmed: ['A', 'B', 'C'], different: [], drifted: [], deleted: [] },
				},
			],
		]);
		expect((await (await ledger()).stats()).confirmed).toBe(3);
		// Retried, because the answer was lost.
		expect((await call(webhook, 'stock-upload', { Items: items, Deleted: [] })).status).toBe(200);
		expect(webhook.started[1]).toMatchObject([{ json: { confirmed: [], different: [] } }]);
	});

	test('and stored otherwise comes out as different, and is told again', async () => {
		const webhook = await serve({ startOn: 'different' });
		await publish(lamp('A'), lamp('B'));
		const { items } = await fetchStock(webhook, '');
		await call(webhook, 'stock-upload', { Items: [held(items[1]!)] });
		expect(webhook.started).toEqual([]);
		await call(webhook, 'stock-upload', { Items: [held(items[0]!, { ShortDescription: 'Something else' })] });
		expect(webhook.started).toMatchObject([
			[
				{
					json: {
						different: [{ key: 'A', differences: [{ field: 'SHORT_DESC', actual: 'Something else' }], failed: false }],
					},
				},
			],
		]);
	});

	test('a kit goes by Khaos Control Kit, after its components', async () => {
		const webhook = await serve();
		await publish(lamp('SET'), lamp('LAMP'));
		const first = await fetchStock(webhook, '');
		await call(webhook, 'stock-upload', { Items: first.items.map((item, at) => held(item, { StockID: `${at}` })) });
		const book = await ledger();
		const desired = { stockCode: 'SET', relation: 'pack', components: [{ stockCode: 'LAMP', quantity: '2' }] };
		await book.add([
			{ type: 'change', change: { ...lamp('SET'), kind: 'kit', desired, needs: [{ kind: 'stockItem', key: 'LAMP' }] } },
		]);
		const batch = await book.take({ target: 'khaos' });
		const [results] = await run(
			{
				node: new KhaosControlKit(),
				parameters: { operation: 'publishToChannel' },
				credentials: { syncLedgerApi: syncLedgerApi() },
			},
			itemsOf(...batch.map((item) => item as unknown as IDataObject)),
		);
		expect(results!.map(({ json }) => json)).toMatchObject([{ status: 'sent', awaiting: 'channel', kind: 'kit' }]);
		expect((await fetchStock(webhook, first.continuation)).relationships).toEqual([
			{ StockID: 'SET', PackType: 'Pack', PackItems: [{ LinkedStockID: 'LAMP', Quantity: 2, ValueProportion: 0 }] },
		]);
	});

	test('is no batch of the Sequencer: the error says what to connect', async () => {
		const publishing = run(
			{
				node: new KhaosControlStockItem(),
				parameters: { operation: 'publishToChannel' },
				credentials: { syncLedgerApi: syncLedgerApi() },
			},
			itemsOf({ sku: 'A' } as unknown as BatchItem as unknown as IDataObject),
		);
		await expect(publishing).rejects.toMatchObject({
			description: expect.stringContaining('Connect a Sequencer Trigger'),
		});
	});
});

describe('uploads', () => {
	test('of levels are handed on and used for nothing, from none to a hundred', async () => {
		const webhook = await serve();
		const statuses = Array.from({ length: 100 }, (_, at) => ({
			StockCode: `C${at}`,
			StockID: `${at}`,
			SiteID: 1,
			Levels: { Available: at, OnOrder: 0 },
		}));
		expect((await call(webhook, 'status-upload', { Statuses: [] })).status).toBe(200);
		expect((await call(webhook, 'status-upload', { Statuses: statuses })).status).toBe(200);
		expect(webhook.started.flat().map(({ json }) => json['statuses'])).toEqual([0, 100]);
		expect(webhook.started[1]).toMatchObject([
			{
				json: {
					upload: 'stockStatus',
					levels: expect.arrayContaining([expect.objectContaining({ stockCode: 'C7', available: '7' })]),
				},
			},
		]);
		expect(await (await ledger()).getMany({ limit: 10 })).toEqual([]);
	});

	test('in XML are read whatever their content type says', async () => {
		const webhook = await serve();
		const xml =
			'<StockItems><Items><StockItem><StockID>7</StockID><StockCode>A</StockCode></StockItem></Items></StockItems>';
		expect((await call(webhook, 'stock-upload', xml, { ...AUTHENTIC, 'Content-Type': 'text/plain' })).status).toBe(200);
		const prices = '<PriceLists><PriceList><PriceListName>Trade</PriceListName><StockPrices/></PriceList></PriceLists>';
		expect((await call(webhook, 'prices-upload', prices)).status).toBe(200);
		expect(webhook.started.flat().map(({ json }) => [json['upload'], json['stockItems'] ?? json['prices']])).toEqual([
			['stock', 1],
			['priceList', 0],
		]);
	});

	test.each([
		['stock-upload', 'not JSON'],
		['stock-upload', '{"Statuses":[]}'],
		['status-upload', '{"Items":[]}'],
		['prices-upload', '<a/>'],
		['stock-upload', ''],
	])('that can’t be understood at %s are refused with a 400: %s', async (path, body) => {
		const webhook = await serve();
		const { status } = await call(webhook, path, body === '' ? ' ' : body);
		expect(status).toBe(400);
		expect(webhook.started).toEqual([]);
	});

	test('with an item that has no code are taken without it, and say so', async () => {
		const webhook = await serve();
		const body = { Items: [{ StockID: '1' }, { StockID: '2', StockCode: 'A' }] };
		expect((await call(webhook, 'stock-upload', body)).status).toBe(200);
		expect(webhook.started).toMatchObject([[{ json: { upload: 'stock', stockItems: 1, unreadable: 1 } }]]);
	});

	test('that are too large are refused', async () => {
		const webhook = await serve();
		const { status, text } = await call(webhook, 'stock-upload', `{"Items":["${'x'.repeat(16_000_001)}"]}`);
		expect([status, JSON.parse(text)]).toEqual([400, { message: 'The upload is too large.' }]);
	});

	test('that can’t be kept are answered with a 500 that tells nothing, so that Khaos tries again', async () => {
		const webhook = await serve();
		await (await ledger()).close();
		const { status, text } = await call(webhook, 'stock-upload', { Items: [{ StockCode: 'A' }] });
		expect([status, JSON.parse(text)]).toEqual([500, { message: 'The call could not be served. Try again.' }]);
		expect(webhook.started).toEqual([]);
	});

	test('in a test run are shown, and the ledger learns nothing', async () => {
		await publish(lamp('A'));
		const webhook = await serve({}, { mode: 'manual' });
		expect((await fetchStock(webhook, '')).items).toEqual([]);
		await call(webhook, 'stock-upload', { Items: [{ StockCode: 'A', StockID: '1' }] });
		expect(webhook.started).toMatchObject([[{ json: { upload: 'stock', stockItems: 1, confirmed: [] } }]]);
		expect(await (await ledger()).getMany({ limit: 10 })).toMatchObject([{ key: 'A', state: 'sent' }]);
	});
});

describe('a call without the channel’s login', () => {
	test.each([
		['none', {}],
		['a wrong password', basic(LOGIN.user, `${LOGIN.password}x`)],
		['a wrong user', basic('Khaos', LOGIN.password)],
		['the password alone', { Authorization: LOGIN.password }],
	])('(%s) is refused at every address without a word', async (_how, headers) => {
		const webhook = await serve();
		for (const [path, body] of [
			['config'],
			['orders'],
			['stock'],
			['stock-upload', { Items: [] }],
			['status-upload', 'x'],
			['elsewhere'],
		] as Array<[string, (string | object)?]>) {
			const refused = await call(webhook, path, body, headers as Record<string, string>);
			expect([path, refused.status, refused.text]).toEqual([path, 401, '{"message":"Unauthorized"}']);
			expect(refused.headers.get('www-authenticate')).toContain('Basic');
		}
		expect(webhook.started).toEqual([]);
	});

	test('is refused by a credential without a password', async () => {
		const webhook = await serve({}, { login: { user: 'khaos', password: '' } });
		expect((await call(webhook, 'config', undefined, basic('khaos', ''))).status).toBe(401);
	});
});

test.each([
	['both parts', {}, 'OK', 'will do'],
	['no password', { password: '' }, 'Error', 'Fill in'],
	['a short password', { password: 'khaos' }, 'Error', 'easy to guess'],
	['a user with a colon', { user: 'a:b' }, 'Error', 'colon'],
])('the credential’s test looks at %s', async (_what, given, status, message) => {
	const credential = { id: '1', name: 'Channel', type: 'khaosControlChannelApi', data: { ...LOGIN, ...given } };
	expect(await khaosControlChannelTest.call({} as never, credential)).toMatchObject({
		status,
		message: expect.stringContaining(message),
	});
});

test('the configuration is also written as a file', async () => {
	const parameters = {
		operation: 'createChannelConfiguration',
		triggerUrl: 'https://n8n.example.com/webhook/4f/config',
		format: 'JSON',
	};
	const [[file] = []] = await run({ node: new KhaosControlStockItem(), parameters });
	expect(file!.json).toEqual({ fileName: 'config.xml', format: 'JSON' });
	const text = Buffer.from(file!.binary!['data']!.data, 'base64').toString();
	expect(text).toContain(
		'<EndpointConfig><OrderDownload><URL>https://n8n.example.com/webhook/4f/orders</URL><Format>JSON</Format><Frequency>60</Frequency>',
	);
	const wrong = run({
		node: new KhaosControlStockItem(),
		parameters: { ...parameters, triggerUrl: 'https://n8n.example.com/webhook/4f' },
	});
	await expect(wrong).rejects.toThrow('not an address of a Khaos Control Channel Trigger');
});
