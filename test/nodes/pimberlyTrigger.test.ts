import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { openLedger } from '../../lib/ledger/ledger';
import { productSchema, type Product, type Rejection } from '../../lib/shapes';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { PimberlyTrigger } from '../../nodes/Pimberly/PimberlyTrigger.node';
import { startSimulators, type Simulators } from '../../simulators/start';
import { SHOP } from '../contract/simulators/shop';
import { poll, startPolling, type PollOptions } from './harness';

/** The Pimberly Trigger in n8n's own poll context, against the simulated Pimberly, over several polls. */

let simulators: Simulators;
beforeEach(async () => {
	simulators = await startSimulators({ catalogue: SHOP, hangMs: 200 });
});
afterEach(async () => await simulators.stop());

let activations = 0;
const trigger = (parameters: INodeParameters = {}, more: IDataObject = {}, ledger?: IDataObject) => ({
	node: new PimberlyTrigger(),
	// Each test has a node of its own: what a process remembers is kept by node.
	id: `node-${++activations}`,
	parameters: { startFrom: 'all', ...parameters },
	credentials: {
		pimberlyApi: {
			baseUrl: simulators.pimberlyUrl,
			tokenKind: 'feed',
			token: simulators.feedToken,
			writeToken: '',
			sendTokenAs: 'header',
			...more,
		},
		...(ledger === undefined ? {} : { syncLedgerApi: ledger }),
	},
});
const rejectionOf = ({ primaryId, internalId, dateUpdated, emission }: Product): Rejection => ({
	primaryId,
	key: primaryId,
	reasons: [{ field: 'itemName', value: null, reason: 'It is missing.', remedy: 'Fill it in.' }],
	source: { primaryId, internalId, dateUpdated },
	emission,
});
const ids = (items: INodeExecutionData[] | null) => (items ?? []).map(({ json }) => json['primaryId']);
const touch = (primaryId: string, attributes: Record<string, string> = { note: String(Math.random()) }) =>
	simulators.pimberly.upsert([{ primaryId, attributes }]);
const ALL = ['TEE-RED', 'TEE-BLUE', 'TEE', 'LAMP/12 V', 'SET-1'];

describe('over several polls', () => {
	test('brings everything with its parents, then what changed, then nothing', async () => {
		const staticData: IDataObject = {};
		const { poll: next } = startPolling(trigger(), { staticData });
		const first = await next();
		expect(ids(first)).toEqual(ALL);
		expect(
			first!.map(({ json }) => productSchema.parse(json)).map(({ parents, emission }) => [parents, emission]),
		).toEqual([
			[['TEE'], null],
			[['TEE'], null],
			[[], null],
			[[], null],
			[[], null],
		]);
		expect(staticData['cursor']).toMatchObject({ scan: null, watermark: expect.any(String) });
		expect(await next()).toBeNull();
		touch('TEE-BLUE');
		expect(ids(await next())).toEqual(['TEE-BLUE']);
		expect(await next()).toBeNull();
	});

	test('carries over what is more than Max per Poll', async () => {
		const { poll: next } = startPolling(trigger({ options: { maxPerPoll: 2, pageSize: 2 } }));
		expect([ids(await next()), ids(await next()), ids(await next())]).toEqual([
			ALL.slice(0, 2),
			ALL.slice(2, 4),
			ALL.slice(4),
		]);
		expect(await next()).toBeNull();
	});

	test('takes on only what is ready, and then all that becomes ready', async () => {
		const onlyWhen = { condition: { attribute: 'readyForErp', values: 'true' } };
		const { poll: next } = startPolling(trigger({ onlyWhen }));
		expect(ids(await next())).toEqual(ALL.filter((id) => id !== 'TEE-BLUE'));
		touch('TEE-BLUE', { readyForErp: 'true' });
		expect(ids(await next())).toEqual(['TEE-BLUE']);
	});

	test('Full Resync brings everything once more', async () => {
		const test = trigger();
		const staticData: IDataObject = {};
		await poll(test, { staticData });
		const again = { ...test, parameters: { ...test.parameters, options: { fullResyncAt: '2026-01-01T00:00:00' } } };
		expect(ids(await poll(again, { staticData }))).toEqual(ALL);
		expect(await poll(again, { staticData })).toBeNull();
	});

	test('Start From has to be chosen', async () => {
		await expect(poll(trigger({ startFrom: '' }))).rejects.toThrow('Start From is not chosen');
	});
	test('from now on, nothing old comes but what the overlap covers', async () => {
		const { poll: next } = startPolling(trigger({ startFrom: 'now', options: { overlapMinutes: 0 } }));
		expect(await next()).toBeNull();
		touch('TEE');
		expect(ids(await next())).toEqual(['TEE']);
	});
	test('from a date, without Include Relations, nothing is looked up', async () => {
		expect(
			ids(await poll(trigger({ startFrom: 'date', startDate: '2020-01-01T00:00:00', includeRelations: false }))),
		).toEqual(ALL);
		expect(simulators.control.log().every(({ method }) => method === 'GET /products')).toBe(true);
	});
});

describe('a work-queue channel', () => {
	const channel = () => ({ tokenKind: 'channel', token: simulators.channelToken });

	test('brings its products with each poll until they leave it', async () => {
		const { poll: next } = startPolling(trigger({ source: 'channel' }, channel()));
		const first = await next();
		expect(ids(first)).toEqual(ALL.filter((id) => id !== 'TEE-BLUE'));
		expect(first![0]!.json).toMatchObject({ parents: ['TEE'], attributes: { 'Item Name': 'Tee, red' } });
		touch('TEE', { khaosStatus: 'Live' });
		expect(ids(await next())).toEqual(['TEE-RED', 'LAMP/12 V', 'SET-1']);
	});

	test('is not read with a feed token: that would be the whole account', async () => {
		await expect(poll(trigger({ source: 'channel' }))).rejects.toThrow('read with the token of that channel');
	});
});

describe('a test run', () => {
	test('shows a few products and moves nothing', async () => {
		const staticData: IDataObject = {};
		const manual: PollOptions = { staticData, mode: 'manual', activation: 'manual' };
		expect(ids(await poll(trigger(), manual))).toEqual(ALL);
		expect(staticData).toEqual({});
	});
	test('says when there is nothing to show', async () => {
		const onlyWhen = { condition: { attribute: 'readyForErp', values: 'never' } };
		await expect(poll(trigger({ onlyWhen }), { mode: 'manual' })).rejects.toThrow('There is no product to show');
	});
});

describe('when Pimberly can’t be read', () => {
	const down = () => simulators.control.addFaults([{ side: 'pimberly', kind: '503', retryAfter: 0.01 }]);

	test('an outage does not keep the workflow from being activated, and is an error later on', async () => {
		down();
		const { poll: next } = startPolling(trigger());
		expect(await next()).toBeNull();
		await expect(next()).rejects.toMatchObject({
			httpCode: '503',
			description: expect.stringContaining('tried again'),
		});
		simulators.control.clearFaults();
		expect(ids(await next())).toEqual(ALL);
	});

	test('a wrong token and a wrong address do', async () => {
		await expect(poll(trigger({}, { token: 'wrong'.repeat(12) }))).rejects.toMatchObject({ httpCode: '401' });
		await expect(poll(trigger({}, { baseUrl: `${simulators.pimberlyUrl}x` }))).rejects.toThrow(
			'there is no Pimberly API',
		);
	});
});

describe('with a Sync Ledger', () => {
	let folder: string;
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'ledger-'));
	});
	afterEach(async () => await rm(folder, { recursive: true, force: true }));
	const ledgerCredential = () => ({ environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') });

	test('products come again until they are recorded, under the emission that Add needs; nothing is kept in static data', async () => {
		const test = trigger({}, {}, ledgerCredential());
		const staticData: IDataObject = {};
		const first = await poll(test, { staticData });
		expect(ids(first)).toEqual(ALL);
		const emission = first![0]!.json['emission'];
		expect(emission).toEqual(expect.any(String));
		expect(first!.every(({ json }) => json['emission'] === emission)).toBe(true);
		expect(staticData).toEqual({});
		// They are on their way through the workflow: another poll waits for them.
		expect(await poll(test)).toBeNull();
	});

	test('once all of them are recorded the next poll goes on from there', async () => {
		const test = trigger({ options: { maxPerPoll: 3, pageSize: 3 } }, {}, ledgerCredential());
		const record = async (items: INodeExecutionData[] | null) => {
			const ledger = await openFromCredential(ledgerCredential());
			await ledger.add(
				(items ?? []).map(({ json }) => ({ type: 'rejection', rejection: rejectionOf(productSchema.parse(json)) })),
			);
		};
		const first = await poll(test);
		expect(ids(first)).toEqual(ALL.slice(0, 3));
		await record(first!.slice(0, 2));
		expect(await poll(test)).toBeNull();
		await record(first!.slice(2));
		const rest = await poll(test);
		expect(ids(rest)).toEqual(ALL.slice(3));
		await record(rest);
		expect(await poll(test)).toBeNull();
		touch('TEE');
		expect(ids(await poll(test))).toEqual(['TEE']);
	});

	test('another Pimberly under the same environment is refused', async () => {
		await poll(trigger({}, {}, ledgerCredential()));
		const other = trigger({}, { baseUrl: simulators.pimberlyV22Url }, ledgerCredential());
		await expect(poll(other)).rejects.toThrow('The sync ledger belongs to another Pimberly');
	});

	test('an outage is recorded in it', async () => {
		simulators.control.addFaults([{ side: 'pimberly', kind: '503', retryAfter: 0.01 }]);
		await poll(trigger({}, {}, ledgerCredential()));
		const ledger = await openLedger({
			environment: 'Test',
			store: { backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
			readOnly: true,
		});
		try {
			expect(JSON.stringify(await ledger.stats())).toContain('Reading the list of products failed');
		} finally {
			await ledger.close();
		}
	});
});
