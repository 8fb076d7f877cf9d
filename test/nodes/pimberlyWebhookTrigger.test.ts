import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData, INodeParameters, WorkflowExecuteMode } from 'n8n-workflow';

import type { Ledger } from '../../lib/ledger/ledger';
import { openSqlite } from '../../lib/ledger/store/sqlite';
import { productSchema, type Product, type Rejection } from '../../lib/shapes';
import { pimberlyWebhookSecretTest } from '../../nodes/credentialTests';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { PimberlyTrigger } from '../../nodes/Pimberly/PimberlyTrigger.node';
import { PimberlyWebhookTrigger } from '../../nodes/Pimberly/PimberlyWebhookTrigger.node';
import { startSimulators, type Simulators } from '../../simulators/start';
import { SHOP } from '../contract/simulators/shop';
import { poll, serveWebhook, type ServedWebhook } from './harness';

/** The Pimberly Webhook Trigger in n8n's own webhook context, notified by the simulated Pimberly and by others. */

const SECRET = randomUUID();
let simulators: Simulators;
let folder: string;
let served: ServedWebhook[];
beforeEach(async () => {
	simulators = await startSimulators({ catalogue: SHOP, hangMs: 200 });
	folder = await mkdtemp(join(tmpdir(), 'ledger-'));
	served = [];
});
afterEach(async () => {
	for (const webhook of served) await webhook.stop();
	await simulators.stop();
	await (await ledger()).close();
	await rm(folder, { recursive: true, force: true });
});

const ledgerCredential = () => ({ environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') });
const ledger = async (): Promise<Ledger> => await openFromCredential(ledgerCredential());
const credentials = (account: IDataObject = {}, secret: IDataObject = {}) => ({
	pimberlyWebhookApi: { headerName: 'X-Pimberly-Secret', secret: SECRET, ...secret },
	pimberlyApi: {
		baseUrl: simulators.pimberlyUrl,
		tokenKind: 'feed',
		token: simulators.feedToken,
		writeToken: '',
		sendTokenAs: 'header',
		...account,
	},
	syncLedgerApi: ledgerCredential(),
});

interface Given {
	parameters?: INodeParameters;
	account?: IDataObject;
	secret?: IDataObject;
	mode?: WorkflowExecuteMode;
}
const serve = async ({ parameters, account, secret, mode }: Given = {}): Promise<ServedWebhook> => {
	const node = new PimberlyWebhookTrigger();
	const webhook = await serveWebhook({ node, parameters, credentials: credentials(account, secret) }, mode);
	served.push(webhook);
	return webhook;
};
const post = async (
	webhook: ServedWebhook,
	body: unknown,
	headers: Record<string, string> = { 'X-Pimberly-Secret': SECRET },
) => {
	const response = await fetch(webhook.url, { method: 'POST', headers, body: JSON.stringify(body) });
	const answer = { status: response.status, body: await response.text() };
	await webhook.settled();
	return answer;
};
const productsOf = (webhook: ServedWebhook): Product[] =>
	webhook.started.flat().map(({ json }) => productSchema.parse(json));
const ids = (webhook: ServedWebhook) => webhook.started.map((items) => items.map(({ json }) => json['primaryId']));
const held = (primaryId: string) => simulators.pimberly.all().find((product) => product.primaryId === primaryId)!;
const calls = () => simulators.control.log().filter(({ side }) => side === 'pimberly').length;

/** As Sequencer: Add does with what the mapper makes of the products. */
const record = async (products: Product[]) => {
	const rejections = products.map(
		({ primaryId, internalId, dateUpdated, emission }): Rejection => ({
			primaryId,
			key: primaryId,
			reasons: [{ field: 'itemName', value: null, reason: 'It is missing.', remedy: 'Fill it in.' }],
			source: { primaryId, internalId, dateUpdated },
			emission,
		}),
	);
	await (await ledger()).add(rejections.map((rejection) => ({ type: 'rejection', rejection })));
};
/** What waits for its next reading is due now, as it would be after some seconds. */
const waitIsOver = async (): Promise<void> => {
	const database = openSqlite({ file: ledgerCredential().file });
	await database.write(async (tx) => await tx.run('UPDATE hints SET due_at = ?', tx.now));
	await database.close();
};
/** Notifications that are still kept. */
const kept = async (): Promise<number> => (await (await ledger()).stats()).intake.notifications;

describe('a notification', () => {
	test('starts the workflow with the product as Pimberly holds it now, with its date and parents', async () => {
		const webhook = await serve();
		expect(await post(webhook, { action: 'update', primaryId: 'TEE-RED' })).toEqual({
			status: 200,
			body: '{"received":1}',
		});
		const { internalId, dateUpdated } = held('TEE-RED');
		expect(productsOf(webhook)).toMatchObject([
			{
				primaryId: 'TEE-RED',
				internalId,
				dateUpdated,
				parents: ['TEE'],
				attributes: { itemName: 'Tee, red' },
				emission: expect.stringMatching(/^hint\./),
			},
		]);
		expect(productsOf(webhook)[0]).not.toHaveProperty('dateUpdatedIsReadTime');
	});

	test.each(['create', 'update', 'delete', 'release'])(
		'of %s is read in both shapes, with several products',
		async (action) => {
			const webhook = await serve();
			await post(webhook, {
				action,
				products: [{ productId: held('TEE-RED').internalId }, { primaryId: 'LAMP/12 V' }],
			});
			await post(webhook, { action, primaryId: 'SET-1', products: [] });
			expect(ids(webhook)).toEqual([['TEE-RED', 'LAMP/12 V'], ['SET-1']]);
			expect(await (await ledger()).exceptions()).toEqual([]);
		},
	);

	test('is kept until its product is recorded, and not a moment longer', async () => {
		const webhook = await serve();
		await post(webhook, { action: 'update', primaryId: 'TEE' });
		expect(await kept()).toBe(1);
		await record(productsOf(webhook));
		expect(await kept()).toBe(0);
	});

	test('of a product that is not ready starts nothing', async () => {
		const webhook = await serve({
			parameters: { onlyWhen: { condition: { attribute: 'readyForErp', values: 'true' } } },
		});
		expect((await post(webhook, { action: 'update', primaryId: 'TEE-BLUE' })).status).toBe(200);
		expect(webhook.started).toEqual([]);
		expect(await kept()).toBe(0);
	});

	test('comes twice, late, and many at a time: each product is in the ledger once', async () => {
		const webhook = await serve();
		const notices = ['TEE', 'TEE', 'TEE-RED', 'SET-1', 'TEE'].map((primaryId) => ({ action: 'update', primaryId }));
		await Promise.all(notices.map(async (notice) => await post(webhook, notice)));
		await record(productsOf(webhook));
		await post(webhook, { action: 'create', primaryId: 'TEE' });
		await record(productsOf(webhook));
		expect((await (await ledger()).stats()).products).toBe(3);
		expect(await kept()).toBe(0);
	});

	test('in a test run shows the product, and the ledger learns nothing', async () => {
		const webhook = await serve({ mode: 'manual' });
		await post(webhook, { action: 'delete', products: [{ productId: held('TEE-BLUE').internalId }] });
		expect(productsOf(webhook)).toMatchObject([{ primaryId: 'TEE-BLUE', parents: ['TEE'], emission: null }]);
		expect(await kept()).toBe(0);
	});
});

describe('a call that is no notification of Pimberly', () => {
	test.each([
		['without the secret', {}],
		['with a wrong secret', { 'X-Pimberly-Secret': `${SECRET}x` }],
		['with the secret in another header', { Authorization: SECRET }],
		['with an empty secret', { 'X-Pimberly-Secret': '' }],
	])('%s is refused without a word, and reads nothing', async (_how, headers) => {
		const webhook = await serve();
		const refused = { status: 401, body: '{"message":"Unauthorized"}' };
		expect(await post(webhook, { action: 'delete', primaryId: 'TEE' }, headers as Record<string, string>)).toEqual(
			refused,
		);
		expect(await post(webhook, 'x'.repeat(300_000), headers as Record<string, string>)).toEqual(refused);
		expect([webhook.started, calls(), await kept()]).toEqual([[], 0, 0]);
	});

	test('is refused by a credential without a secret, whatever it sends', async () => {
		const webhook = await serve({ secret: { secret: '' } });
		expect((await post(webhook, { action: 'update', primaryId: 'TEE' }, { 'X-Pimberly-Secret': '' })).status).toBe(401);
	});

	test.each([
		['a list', []],
		['no action', { primaryId: 'TEE' }],
		['no product', { action: 'update' }],
		['an empty list', { action: 'update', products: [] }],
		['a product without an id', { action: 'update', products: [{ primaryId: 'TEE' }, {}] }],
		['an id that is an object', { action: 'update', primaryId: { $ne: '' } }],
		['an id that is too long', { action: 'update', primaryId: 'x'.repeat(256) }],
	])('is not understood: %s', async (_what, body) => {
		const webhook = await serve();
		expect((await post(webhook, body)).status).toBe(400);
		expect([webhook.started, await kept()]).toEqual([[], 0]);
	});

	test('is not JSON', async () => {
		const webhook = await serve();
		const headers = { 'X-Pimberly-Secret': SECRET };
		const { status } = await fetch(webhook.url, { method: 'POST', headers, body: 'action=update&primaryId=TEE' });
		expect(status).toBe(400);
	});

	test('is too large', async () => {
		const products = Array.from({ length: 10_000 }, (_, at) => ({ primaryId: `product number ${at}` }));
		expect((await post(await serve(), { action: 'update', products })).status).toBe(413);
	});

	test('names what does not exist: that is all it can do', async () => {
		const webhook = await serve();
		for (const notice of [
			{ action: 'update', primaryId: 'NEVER' },
			{ action: 'update', primaryId: '..' },
			{ action: 'delete', products: [{ productId: 'f'.repeat(24) }, { productId: 'NEVER' }] },
		]) {
			expect((await post(webhook, notice)).status).toBe(200);
		}
		expect([webhook.started, webhook.errors, await kept()]).toEqual([[], [], 0]);
		expect(await (await ledger()).exceptions()).toEqual([]);
	});
});

describe('a product that is deleted in Pimberly', () => {
	test.each([
		['its primary id', () => ({ primaryId: 'LAMP/12 V' })],
		['its internal id', () => ({ products: [{ productId: held('LAMP/12 V').internalId }] })],
	])('by %s becomes an orphan, and nothing is emitted', async (_by, named) => {
		const book = await ledger();
		const { internalId, dateUpdated } = held('LAMP/12 V');
		const source = { primaryId: 'LAMP/12 V', internalId, dateUpdated };
		const desired = { stockCode: 'LAMP-12', columns: { STOCK_CODE: 'LAMP-12' } };
		const common = {
			kind: 'stockItem' as const,
			key: 'LAMP-12',
			lane: 2 as const,
			changedFields: [],
			needs: [],
			warnings: [],
		};
		await book.add([{ type: 'change', change: { ...common, version: dateUpdated, desired, source } }]);
		const webhook = await serve();
		const notice = { action: 'delete', ...named() };
		simulators.pimberly.delete(held('LAMP/12 V').primaryId);
		await post(webhook, notice);
		await post(webhook, notice);
		expect(await book.exceptions()).toMatchObject([{ type: 'orphan', primaryId: 'LAMP/12 V', key: 'LAMP-12' }]);
		expect(await book.take({ target: 'khaos' })).toEqual([]);
		expect(webhook.started).toEqual([]);
		expect(await kept()).toBe(0);
	});
});

describe('when something is in the way', () => {
	test('Pimberly is down: the notification is accepted and kept, and a later one brings both', async () => {
		const webhook = await serve();
		simulators.control.addFaults([{ side: 'pimberly', kind: '503', retryAfter: 0.01 }]);
		expect((await post(webhook, { action: 'update', primaryId: 'TEE' })).status).toBe(200);
		expect([webhook.started, webhook.errors]).toEqual([[], []]);
		simulators.control.clearFaults();
		await waitIsOver();
		await post(webhook, { action: 'update', primaryId: 'SET-1' });
		expect(ids(webhook).flat().sort()).toEqual(['SET-1', 'TEE']);
	});

	test('what got lost on its way comes with a poll of the Pimberly Trigger over the same ledger', async () => {
		const { pimberlyApi, syncLedgerApi } = credentials();
		const trigger = {
			node: new PimberlyTrigger(),
			id: 'poll-beside-webhook',
			parameters: { startFrom: 'now', options: { overlapMinutes: 0 } },
			credentials: { pimberlyApi, syncLedgerApi },
		};
		const polled = async (): Promise<INodeExecutionData[]> => (await poll(trigger)) ?? [];
		expect(await polled()).toEqual([]);
		await (await ledger()).hints.add([{ idKind: 'primaryId', id: 'TEE-RED', deleted: false }]);
		const items = await polled();
		expect(items.map(({ json }) => [json['primaryId'], json['parents']])).toEqual([['TEE-RED', ['TEE']]]);
		await record(items.map(({ json }) => productSchema.parse(json)));
		expect(await kept()).toBe(0);
		expect(await polled()).toEqual([]);
	});

	test('a channel’s token, or another Pimberly than the ledger’s: nothing is accepted, and the error says why', async () => {
		const channel = await serve({ account: { tokenKind: 'channel', token: simulators.channelToken } });
		expect((await post(channel, { action: 'update', primaryId: 'TEE' })).status).toBe(500);
		expect(channel.errors[0]!.message).toContain('with the token of a feed');
		await post(await serve(), { action: 'update', primaryId: 'TEE' });
		const other = await serve({ account: { baseUrl: simulators.pimberlyV22Url } });
		expect((await post(other, { action: 'update', primaryId: 'TEE' })).status).toBe(500);
		expect(other.errors[0]!.message).toContain('belongs to another Pimberly');
	});
});

test('Pimberly itself notifies of what changes in it', async () => {
	const webhook = await serve();
	const { status } = await fetch(`${simulators.controlUrl}/webhook`, {
		method: 'POST',
		body: JSON.stringify({ url: webhook.url, headers: { 'X-Pimberly-Secret': SECRET } }),
	});
	expect(status).toBe(200);
	simulators.pimberly.upsert([{ primaryId: 'TEE-RED', attributes: { itemName: 'Tee, crimson' } }]);
	while (webhook.started.length === 0) await new Promise((later) => setTimeout(later, 20));
	expect(productsOf(webhook)).toMatchObject([
		{ primaryId: 'TEE-RED', dateUpdated: held('TEE-RED').dateUpdated, attributes: { itemName: 'Tee, crimson' } },
	]);
});

test.each([
	['both parts', {}, 'OK', 'will do'],
	['no secret', { secret: '' }, 'Error', 'Fill in'],
	['a name that no header has', { headerName: 'X Pimberly' }, 'Error', 'name of a header'],
	['a short secret', { secret: 'secret' }, 'Error', 'easy to guess'],
	['a long and simple secret', { secret: 'a'.repeat(40) }, 'Error', 'easy to guess'],
	['a secret that no header can hold', { secret: `${SECRET} £` }, 'Error', 'can’t hold'],
])('the credential’s test looks at %s', async (_what, given, status, message) => {
	const data = { ...credentials().pimberlyWebhookApi, ...given };
	const credential = { id: '1', name: 'Webhook', type: 'pimberlyWebhookApi', data };
	expect(await pimberlyWebhookSecretTest.call({} as never, credential)).toMatchObject({
		status,
		message: expect.stringContaining(message),
	});
});
