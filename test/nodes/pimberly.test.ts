import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { productSchema, resultSchema } from '../../lib/shapes';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { Pimberly } from '../../nodes/Pimberly/Pimberly.node';
import { startSimulators, type Simulators } from '../../simulators/start';
import { SHOP } from '../contract/simulators/shop';
import { rejection } from '../ledger/story';
import { itemsOf, run } from './harness';

/** The Pimberly node in n8n's own execution context, against the simulated Pimberly. */

let simulators: Simulators;
beforeEach(async () => {
	simulators = await startSimulators({ catalogue: SHOP });
});
afterEach(async () => await simulators.stop());

const account = (more: IDataObject = {}): IDataObject => ({
	baseUrl: simulators.pimberlyUrl,
	tokenKind: 'feed',
	token: simulators.feedToken,
	writeToken: '',
	sendTokenAs: 'header',
	...more,
});
const pimberly = (parameters: INodeParameters, credential = account(), continueOnFail = false) => ({
	node: new Pimberly(),
	parameters: { resource: 'product', ...parameters },
	credentials: { pimberlyApi: credential },
	continueOnFail,
});
const attributesOf = (primaryId: string) => simulators.pimberly.get(primaryId)?.attributes;

describe('Get', () => {
	const get = { operation: 'get', primaryId: '={{ $json.sku }}' };

	test('reads products by expression, whole, each paired with its item', async () => {
		const [output] = await run(pimberly(get), itemsOf({ sku: 'TEE-RED' }, { sku: 'LAMP/12 V' }));
		expect(output).toHaveLength(2);
		const [red, lamp] = output!;
		expect(productSchema.parse(red!.json)).toMatchObject({
			primaryId: 'TEE-RED',
			parents: ['TEE'],
			items: [],
			classes: ['Clothing/Tees'],
			attributes: { itemName: 'Tee, red', costPrice: '4.20' },
			emission: null,
		});
		expect(lamp!.json).toMatchObject({ primaryId: 'LAMP/12 V', parents: [], classes: [] });
		expect([red!.pairedItem, lamp!.pairedItem]).toEqual([{ item: 0 }, { item: 1 }]);
	});

	test('without relations leaves them out, rather than saying there are none', async () => {
		const [output] = await run(pimberly({ ...get, includeRelations: false }), itemsOf({ sku: 'TEE-RED' }));
		expect(Object.keys(output![0]!.json)).not.toContain('parents');
	});

	test('of a product that does not exist names it and the item', async () => {
		await expect(run(pimberly(get), itemsOf({ sku: 'TEE' }, { sku: 'NO-SUCH' }))).rejects.toMatchObject({
			message: 'Product NO-SUCH does not exist in Pimberly.',
			description: 'Check the Primary ID.',
			context: { itemIndex: 1 },
		});
	});

	test('goes on with the other items where it is told to', async () => {
		const [output] = await run(
			pimberly(get, account(), true),
			itemsOf({ sku: 'NO-SUCH' }, { sku: 'TEE' }, { sku: '' }),
		);
		expect(output!.map(({ json, pairedItem }) => [json['error'] ?? json['primaryId'], pairedItem])).toEqual([
			['Product NO-SUCH does not exist in Pimberly.', { item: 0 }],
			['TEE', { item: 1 }],
			['Primary ID is empty', { item: 2 }],
		]);
	});
});

describe('Get Many', () => {
	test('returns up to the limit, or all', async () => {
		const some = await run(pimberly({ operation: 'getAll', limit: 2 }));
		expect(some[0]!.map(({ json }) => json['primaryId'])).toEqual(['TEE-RED', 'TEE-BLUE']);
		const [all] = await run(pimberly({ operation: 'getAll', returnAll: true, options: { pageSize: 2 } }));
		expect(all!.map(({ json }) => [json['primaryId'], json['parents'], json['items']])).toEqual([
			['TEE-RED', ['TEE'], []],
			['TEE-BLUE', ['TEE'], []],
			['TEE', [], ['TEE-RED', 'TEE-BLUE']],
			['LAMP/12 V', [], []],
			['SET-1', [], []],
		]);
	});

	test('takes a date and filters', async () => {
		const many = (options: IDataObject) =>
			run(
				pimberly({
					operation: 'getAll',
					returnAll: true,
					includeRelations: false,
					options: options as INodeParameters,
				}),
			);
		expect((await many({ updatedSince: '2999-01-01T00:00:00' }))[0]).toEqual([]);
		expect((await many({ updatedSince: '2020-01-01T00:00:00' }))[0]).toHaveLength(5);
		expect((await many({ filters: '{"itemName": "Lamp"}' }))[0]).toMatchObject([{ json: { primaryId: 'LAMP/12 V' } }]);
		await expect(many({ filters: '{"itemName":' })).rejects.toThrow('Filters (JSON) is not valid JSON');
	});
});

describe('Get Parents, Get Items, Get Classes, channels', () => {
	test('return an item each, and none where there is none', async () => {
		const items = itemsOf({ sku: 'TEE-RED' }, { sku: 'TEE' });
		const of = async (operation: string, more: INodeParameters = {}) =>
			(await run(pimberly({ operation, primaryId: '={{ $json.sku }}', ...more }), items))[0]!.map(
				({ json, pairedItem }) => [json, pairedItem],
			);
		expect(await of('getParents')).toEqual([[{ primaryId: 'TEE', of: 'TEE-RED' }, { item: 0 }]]);
		expect(await of('getItems', { includeAttributes: true })).toMatchObject([
			[{ primaryId: 'TEE-RED', attributes: { itemName: 'Tee, red' }, of: 'TEE' }, { item: 1 }],
			[{ primaryId: 'TEE-BLUE', of: 'TEE' }, { item: 1 }],
		]);
		expect(await of('getClasses')).toEqual([
			[{ path: 'Clothing/Tees', of: 'TEE-RED' }, { item: 0 }],
			[{ path: 'Clothing/Tees', of: 'TEE' }, { item: 1 }],
		]);
	});

	test('channels come without their tokens', async () => {
		const [output] = await run(pimberly({ resource: 'channel', operation: 'getAll' }));
		expect(output).toMatchObject([{ json: { name: 'ERP work queue' } }]);
		expect(JSON.stringify(output)).not.toContain(simulators.channelToken);
	});
});

describe('Update', () => {
	const rows = (...attribute: IDataObject[]) => ({ attribute }) as INodeParameters;
	const statusRows = rows(
		{ name: 'khaosStatus', value: '={{ $json.desired.status }}' },
		{ name: 'itemName', value: '={{ $json.desired.message }}' },
	);
	const change = (n: number, primaryId: string) => ({
		changeId: String(n),
		lease: { token: 'lease-1', until: '2026-11-24T12:00:00.000Z' },
		kind: 'status',
		key: primaryId,
		desired: { primaryId, status: 'Live', message: 'In Khaos' },
	});
	const update = (
		attributes: INodeParameters,
		primaryId = '={{ $json.desired.primaryId }}',
		credential = account(),
		options = {},
	) => pimberly({ operation: 'update', primaryId, attributes, options }, credential);
	const writes = () => simulators.control.log().filter(({ method }) => method.startsWith('PUT'));

	test('writes the attributes of each product', async () => {
		const [output] = await run(
			update(rows({ name: 'khaosStatus', value: 'Held' }, { name: 'itemName', value: '' }), 'TEE'),
		);
		expect(output).toEqual([
			{ json: { primaryId: 'TEE', updated: { khaosStatus: 'Held', itemName: '' } }, pairedItem: { item: 0 } },
		]);
		expect(attributesOf('TEE')).toMatchObject({ khaosStatus: 'Held' });
		expect(writes()).toHaveLength(1);
	});

	test.each([
		['/core', () => simulators.pimberlyUrl, 2],
		['/api/v2.2', () => simulators.pimberlyV22Url, 4],
	])('turns a batch of the Sequencer into results, on %s', async (_surface, url, calls) => {
		const batch = itemsOf(change(1, 'TEE-RED'), change(2, 'LAMP/12 V'));
		const [output] = await run(update(statusRows, undefined, account({ baseUrl: url() })), batch);
		expect(output!.map(({ json }) => resultSchema.parse(json))).toMatchObject([
			{ changeId: '1', status: 'confirmed', lease: { token: 'lease-1' }, reason: '', key: 'TEE-RED', kind: 'status' },
			{ changeId: '2', status: 'confirmed' },
		]);
		expect(output!.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(attributesOf('LAMP/12 V')).toMatchObject({ khaosStatus: 'Live', itemName: 'In Khaos' });
		expect(writes()).toHaveLength(calls);
	});

	test('with a Sync Ledger writes only what is still in its hands', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'pimberly-'));
		const syncLedgerApi = { environment: 'Live', backend: 'sqlite', file: join(folder, 'ledger.sqlite') };
		const ledger = await openFromCredential(syncLedgerApi);
		await ledger.add([rejection('TEE', 'itemName'), rejection('TEE-RED', 'itemName')]);
		const [lost] = await ledger.take({ target: 'pimberly', limit: 1 });
		const [held] = await ledger.take({ target: 'pimberly', limit: 1 });
		await ledger.release(lost!.lease.token, 'The execution failed');
		const test = update(rows({ name: 'khaosStatus', value: '={{ $json.desired.status }}' }));
		const [output] = await run(
			{ ...test, credentials: { ...test.credentials, syncLedgerApi } },
			itemsOf(lost as unknown as IDataObject, held as unknown as IDataObject),
		);
		const results = output!.map(({ json }) => resultSchema.parse(json));
		expect(results).toMatchObject([
			{ key: lost!.key, status: 'retry', cause: 'notOurs', reason: expect.stringContaining(lost!.key) },
			{ key: held!.key, status: 'confirmed' },
		]);
		expect(attributesOf(lost!.key)).not.toHaveProperty('khaosStatus');
		expect(attributesOf(held!.key)).toMatchObject({ khaosStatus: 'Failed' });
		expect(writes()).toHaveLength(1);
		expect(await ledger.settle(results)).toMatchObject([{ outcome: 'overtaken' }, { outcome: 'confirmed' }]);
		await ledger.close();
		rmSync(folder, { recursive: true });
	});

	test('says for each change of a batch what went wrong, and what to do', async () => {
		const batch = itemsOf(change(1, 'NO-SUCH'), change(2, 'TEE'));
		const [missing] = await run(update(statusRows), batch);
		expect(missing!.map(({ json }) => resultSchema.parse(json))).toMatchObject([
			{
				changeId: '1',
				status: 'failed',
				reason: expect.stringContaining('Product NO-SUCH: writing khaosStatus, itemName'),
			},
			{ changeId: '2', status: 'confirmed' },
		]);
		const [refused] = await run(update(rows({ name: 'noSuchAttribute', value: 'x' })), itemsOf(change(1, 'TEE')));
		expect(resultSchema.parse(refused![0]!.json)).toMatchObject({
			status: 'failed',
			reason: expect.stringContaining('noSuchAttribute'),
			remedy: expect.stringContaining('API name'),
			retryAfter: null,
		});
	});

	test('leaves what may pass to the ledger: an outage with its time, a token that is not accepted', async () => {
		simulators.control.addFaults([{ side: 'pimberly', kind: '401', times: 1 }]);
		const [odd] = await run(update(statusRows), itemsOf(change(1, 'TEE')));
		expect(resultSchema.parse(odd![0]!.json)).toMatchObject({
			status: 'retry',
			cause: 'unavailable',
			reason: expect.stringContaining('401'),
		});
		simulators.control.addFaults([{ side: 'pimberly', kind: '429', retryAfter: 0.01 }]);
		const [busy] = await run(update(statusRows), itemsOf(change(1, 'TEE')));
		expect(resultSchema.parse(busy![0]!.json)).toMatchObject({
			status: 'retry',
			cause: 'unavailable',
			retryAfter: expect.any(Number),
		});
	});

	test('with a channel’s token needs a write token', async () => {
		const channel = account({ tokenKind: 'channel', token: simulators.channelToken });
		await expect(run(update(statusRows, undefined, channel), itemsOf(change(1, 'TEE')))).rejects.toMatchObject({
			message: 'A channel token can’t write to Pimberly',
			description: expect.stringContaining('Write Token'),
		});
		expect(writes()).toHaveLength(0);
		const both = account({ tokenKind: 'channel', token: simulators.channelToken, writeToken: simulators.feedToken });
		const [output] = await run(update(statusRows, undefined, both), itemsOf(change(1, 'TEE')));
		expect(output![0]!.json).toMatchObject({ status: 'confirmed' });
	});

	test('a wrong token ends the node with what to check, without showing it', async () => {
		const token = 'wrong'.repeat(12);
		const outcome = await run(update(rows({ name: 'khaosStatus', value: 'x' }), 'TEE', account({ token }))).then(
			() => null,
			(error: Error & { description?: string; httpCode?: string }) => error,
		);
		expect(outcome).toMatchObject({ httpCode: '401', message: expect.stringContaining('does not accept the token') });
		expect(JSON.stringify(outcome)).not.toContain(token);
	});

	test('a row without a name is a mistake of the node, told before anything is written', async () => {
		await expect(run(update(rows({ name: ' ', value: 'x' }), 'TEE'))).rejects.toThrow(
			'A row of Attributes has no API Name',
		);
		expect(writes()).toHaveLength(0);
	});
});
