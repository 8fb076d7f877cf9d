import { startSimulators, type Simulators } from '../../../simulators/start';
import { SHOP } from './shop';

interface Reply {
	status: number;
	type: string;
	body: Record<string, unknown> & {
		data?: Array<Record<string, unknown>>;
		maxId?: string;
		error?: { status: number; message: string };
	};
}

describe('the simulated Pimberly is as strict as the contract', () => {
	let simulators: Simulators;

	beforeEach(async () => {
		simulators = await startSimulators({ catalogue: SHOP });
	});
	afterEach(async () => await simulators.stop());

	const ask = async (url: string, init: RequestInit & { token?: string } = {}): Promise<Reply> => {
		const { token = simulators.feedToken, ...rest } = init;
		const response = await fetch(url, { ...rest, headers: { Authorization: token, ...rest.headers } });
		const type = response.headers.get('content-type') ?? '';
		return {
			status: response.status,
			type,
			body: type.startsWith('application/json') ? ((await response.json()) as Reply['body']) : {},
		};
	};
	const core = async (path: string, init?: Parameters<typeof ask>[1]) => await ask(simulators.pimberlyUrl + path, init);
	const v22 = async (path: string, init?: Parameters<typeof ask>[1]) =>
		await ask(simulators.pimberlyV22Url + path, init);
	const put = async (path: string, value: unknown, init?: Parameters<typeof ask>[1]) =>
		await core(path, { method: 'PUT', body: JSON.stringify(value), ...init });
	const ids = (reply: Reply) => reply.body.data?.map(({ primaryId }) => primaryId);

	test('the token goes bare in the header or in the query; anything else is refused', async () => {
		expect((await core('/products')).status).toBe(200);
		const inQuery = await fetch(`${simulators.pimberlyUrl}/products?access_token=${simulators.feedToken}`);
		expect(inQuery.status).toBe(200);
		for (const token of [`Bearer ${simulators.feedToken}`, 'wrong', simulators.feedToken.slice(1)]) {
			expect(await core('/products', { token })).toMatchObject({ status: 401, body: { error: { status: 401 } } });
		}
		expect((await fetch(`${simulators.pimberlyUrl}/products`)).status).toBe(401);
	});

	test('a feed row holds ids only unless it is asked for more, and never a relation', async () => {
		expect((await core('/products?limit=1')).body.data).toEqual([
			{ _id: expect.stringMatching(/^[0-9a-f]{24}$/) as string, primaryId: 'TEE-RED' },
		]);
		expect(Object.keys((await core('/products?limit=1&attributes=*')).body.data?.[0] ?? {})).toEqual([
			'_id',
			'primaryId',
		]);
		expect(Object.keys((await core('/products?limit=1&extendResponse=1')).body.data?.[0] ?? {})).toEqual([
			'_id',
			'primaryId',
			'dateUpdated',
		]);
		const full = (await core('/products?limit=1&extendResponse=1&attributes=*')).body.data?.[0];
		expect(full).toMatchObject({
			itemName: 'Tee, red',
			costPrice: '4.20',
			dateUpdated: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) as string,
		});
		expect(Object.keys(full ?? {})).not.toEqual(expect.arrayContaining(['parents']));
		expect(full).not.toHaveProperty('note');
		const some = (await core('/products?limit=1&extendResponse=1&attributes=colour,itemName')).body.data?.[0];
		expect(Object.keys(some ?? {})).toEqual(['_id', 'primaryId', 'dateUpdated', 'itemName', 'colour']);
	});

	test('`id` and `next` (without filters) on v2.2, `_id` on core', async () => {
		const filters = encodeURIComponent(JSON.stringify({ dateUpdated: { $gte: '2020-01-01T00:00:00.000Z' } }));
		const page = await v22(`/products?limit=2&filters=${filters}`);
		expect(page.body.data?.[0]).toHaveProperty('id');
		expect(page.body.data?.[0]).not.toHaveProperty('_id');
		expect(page.body.next).toBe(`${simulators.pimberlyV22Url}/products?sinceId=${page.body.maxId}`);
		expect((await core('/products')).body).not.toHaveProperty('next');
	});

	test('pages come in internal-id order, children before parents where they are; the end is 404 with an error body', async () => {
		const seen: unknown[] = [];
		let sinceId = '';
		for (;;) {
			const page = await core(`/products/?limit=2&sinceId=${sinceId}`);
			if (page.status === 404) {
				expect(page.body).toEqual({ error: { status: 404, message: expect.any(String) as string } });
				break;
			}
			seen.push(...(ids(page) ?? []));
			sinceId = page.body.maxId ?? '';
		}
		expect(seen).toEqual(['TEE-RED', 'TEE-BLUE', 'TEE', 'LAMP/12 V', 'SET-1']);
		expect(ids(await core('/products?limit=2', { headers: { sinceId } }))).toBeUndefined();
	});

	test('limit is capped without a word; nonsense is refused', async () => {
		simulators.control.changeSettings({ pimberly: { defaultLimit: 2, maxLimit: 3 } });
		expect(ids(await core('/products'))).toHaveLength(2);
		expect(ids(await core('/products?limit=500'))).toHaveLength(3);
		for (const query of [
			'limit=0',
			'limit=x',
			'sinceId=5',
			'filters=%7B',
			'filters=%7B%22a%22%3A%7B%22%24regex%22%3A1%7D%7D',
		]) {
			expect((await core(`/products?${query}`)).status).toBe(400);
		}
	});

	test('a delta is filtered by dateUpdated, inclusive; nothing new is 404 on the first page', async () => {
		const [changed] = simulators.pimberly.upsert([{ primaryId: 'SET-1', attributes: { itemName: 'Set of two' } }]);
		const since = async (date: string) =>
			await core(`/products?filters=${encodeURIComponent(JSON.stringify({ dateUpdated: { $gte: date } }))}`);
		const date = changed?.dateUpdated ?? '';
		expect(ids(await since(date))).toEqual(['SET-1']);
		expect((await since(new Date(Date.parse(date) + 1).toISOString())).status).toBe(404);
		simulators.control.changeSettings({ pimberly: { emptyList: '200' } });
		expect((await since('2999-01-01T00:00:00.000Z')).body).toEqual({ data: [] });
	});

	test('other operators work, and are noted in the log as never attested', async () => {
		const filters = encodeURIComponent(JSON.stringify({ costPrice: { $lt: '5' }, colour: { $in: ['Red'] } }));
		expect(ids(await core(`/products?filters=${filters}`))).toEqual(['TEE-RED']);
		expect(simulators.control.log().at(-1)?.notes?.join()).toMatch(/\$lt.*\$in/);
	});

	test('a single product is found by its percent-encoded primary id', async () => {
		const path = `/products/${encodeURIComponent('LAMP/12 V')}`;
		expect((await core(path)).body).toMatchObject({
			_id: expect.any(String) as string,
			primaryId: 'LAMP/12 V',
			itemName: 'Lamp',
		});
		expect((await core(path)).body).not.toHaveProperty('data');
		expect(Object.keys((await v22(path)).body)).toEqual(['id', 'primaryId']);
		expect((await v22(`${path}?attributes=*`)).body).toMatchObject({ itemName: 'Lamp' });
		expect((await core(`${path}?extendResponse=1`)).body).toHaveProperty('dateUpdated');
		expect((await core(`${path}/attributes`)).body).toMatchObject({
			primaryId: 'LAMP/12 V',
			classifications: [],
			itemName: 'Lamp',
		});
		expect(await core('/products/NOPE')).toMatchObject({ status: 404, body: { error: { status: 404 } } });
		expect(await core('/products/LAMP/12%20V')).toMatchObject({ status: 404, type: 'text/html; charset=utf-8' });
	});

	test('relations are asked for, paged, and 404 when there are none', async () => {
		expect((await core('/products/TEE/items')).body.data).toEqual([
			{ primaryId: 'TEE-RED' },
			{ primaryId: 'TEE-BLUE' },
		]);
		expect((await core('/products/TEE-RED/parents?extendResponse=1&attributes=*')).body.data).toMatchObject([
			{ primaryId: 'TEE', itemName: 'Tee' },
		]);
		const first = await core('/products/TEE/items?limit=1');
		expect(ids(await core(`/products/TEE/items?limit=1&sinceId=${first.body.maxId}`))).toEqual(['TEE-BLUE']);
		expect((await core(`/products/TEE/items?sinceId=ffffffffffffffffffffffff`)).status).toBe(404);
		expect(await core('/products/TEE/parents')).toMatchObject({ status: 404, body: { error: { status: 404 } } });
		expect((await core('/products/TEE/classes')).body).toEqual({ data: [{ path: 'Clothing/Tees' }] });
		expect((await core('/products/SET-1/classes')).status).toBe(404);
	});

	test('a wrong base path is an HTML 404, not the end of a list', async () => {
		for (const url of [
			simulators.pimberlyUrl.replace('core', 'cor'),
			simulators.pimberlyV22Url.replace('2.2', '2.4'),
		]) {
			expect(await ask(`${url}/products`)).toMatchObject({ status: 404, type: 'text/html; charset=utf-8' });
		}
	});

	test('a channel token sees its own products with headings as keys, and may do nothing else', async () => {
		const token = simulators.channelToken;
		const page = await core('/products', { token });
		expect(page.body.data?.map((row) => row['Primary ID'])).toEqual(['TEE-RED', 'TEE', 'LAMP/12 V', 'SET-1']);
		expect(page.body.data?.[0]).toMatchObject({ 'Item Name': 'Tee, red', Parents: ['TEE'] });
		expect(page.body.data?.[0]).not.toHaveProperty('primaryId');
		expect(page.body.data?.[1]).toMatchObject({ Items: ['TEE-RED', 'TEE-BLUE'] });
		expect((await core('/products?limit=1&extendResponse=1', { token })).body.data?.[0]).toMatchObject({
			primaryId: 'TEE-RED',
			dateUpdated: expect.any(String) as string,
		});
		for (const path of ['/products/TEE', '/products/TEE/items']) expect((await core(path, { token })).status).toBe(403);
		expect((await put('/products/TEE', { khaosStatus: 'Live' }, { token })).status).toBe(403);
	});

	test('a product that is Live leaves the work queue; the empty queue is 404', async () => {
		const token = simulators.channelToken;
		for (const primaryId of ['TEE-RED', 'TEE', 'LAMP/12 V', 'SET-1']) {
			expect((await put(`/products/${encodeURIComponent(primaryId)}`, { khaosStatus: 'Live' })).status).toBe(200);
		}
		expect((await core('/products', { token })).status).toBe(404);
	});

	test('channels are listed for a feed token, with the token of each', async () => {
		const response = await ask(simulators.pimberlyUrl.replace(/\/core$/, '/api/channels'));
		expect(response.body).toMatchObject([
			{ name: 'ERP work queue', dataAPIKeys: [{ token: simulators.channelToken }] },
		]);
	});

	test('a write changes what it names, coerces texts, and bumps dateUpdated', async () => {
		const before = simulators.pimberly.get('TEE-RED')?.dateUpdated ?? '';
		expect(
			(
				await put('/products/TEE-RED', {
					readyForErp: 'FALSE',
					costPrice: '4.5',
					khaosStatus: 'Live',
					khaosStockId: 12,
				})
			).status,
		).toBe(200);
		const after = simulators.pimberly.get('TEE-RED');
		expect(after?.attributes).toMatchObject({
			readyForErp: 'false',
			costPrice: '4.5',
			khaosStatus: 'Live',
			khaosStockId: '12',
			colour: 'Red',
		});
		expect((after?.dateUpdated ?? '') > before).toBe(true);
		await put('/products/TEE-RED', { colour: '' });
		expect(simulators.pimberly.get('TEE-RED')?.attributes).not.toHaveProperty('colour');
	});

	test('one attribute is written as a bare JSON value', async () => {
		const write = async (name: string, body: string) =>
			(await v22(`/products/TEE/attributes/${name}`, { method: 'PUT', body })).status;
		expect(await write('khaosStatus', '"Held"')).toBe(200);
		expect(await write('material', '["Wool","Cotton"]')).toBe(200);
		expect(simulators.pimberly.get('TEE')?.attributes).toMatchObject({
			khaosStatus: 'Held',
			material: ['Wool', 'Cotton'],
		});
		expect(await write('khaosStatus', '{"a":1}')).toBe(400);
		expect(await write('khaosStatus', 'Held')).toBe(400);
		expect(await write('nosuch', '"x"')).toBe(400);
	});

	test.each([
		['an unknown attribute', { khaosStatus: 'Live', nosuch: 'x' }],
		['a heading instead of an API name', { 'Item Name': 'x' }],
		['a number that is none', { costPrice: '4,20' }],
		['a boolean that is none', { readyForErp: 'perhaps' }],
		['a date that is none', { launchDate: '31/12/2026' }],
		['null', { khaosStatus: null }],
		['a list for one value', { khaosStatus: ['Live'] }],
		['no object', ['x']],
	])('a write with %s is refused and changes nothing', async (_, body) => {
		const before = simulators.pimberly.get('TEE')?.dateUpdated;
		expect(await put('/products/TEE', body)).toMatchObject({ status: 400, body: { error: { status: 400 } } });
		expect(simulators.pimberly.get('TEE')?.dateUpdated).toBe(before);
		expect(simulators.pimberly.get('TEE')?.attributes).not.toHaveProperty('khaosStatus');
	});

	test('an unknown product is not created by a write, unless the account does that', async () => {
		expect((await put('/products/NEW', { khaosStatus: 'Live' })).status).toBe(404);
		simulators.control.changeSettings({ pimberly: { unknownProduct: 'create' } });
		expect((await put('/products/NEW', { khaosStatus: 'Live' })).status).toBe(200);
		expect(simulators.pimberly.get('NEW')?.attributes.khaosStatus).toBe('Live');
	});

	test('a write may wait for approval: it is answered with 200 and not seen', async () => {
		simulators.control.changeSettings({ pimberly: { writeMode: 'approval' } });
		expect((await put('/products/TEE', { khaosStatus: 'Live' })).status).toBe(200);
		expect(simulators.pimberly.get('TEE')?.attributes).not.toHaveProperty('khaosStatus');
	});

	test('the log holds what was written, when, and with which outcome', async () => {
		await put('/products/TEE', { khaosStatus: 'Live' });
		await put('/products/TEE', { nosuch: '1' });
		expect(simulators.control.log()).toMatchObject([
			{
				seq: 1,
				side: 'pimberly',
				method: 'PUT /products/{id}',
				codes: ['TEE'],
				status: 200,
				outcome: 'ok',
				attributes: { khaosStatus: 'Live' },
			},
			{ seq: 2, status: 400, outcome: 'refused', attributes: { nosuch: '1' } },
		]);
	});

	test('values may come typed', async () => {
		simulators.control.changeSettings({ pimberly: { values: 'typed' } });
		expect((await core('/products/TEE-RED')).body).toMatchObject({
			readyForErp: true,
			costPrice: 4.2,
			itemName: 'Tee, red',
		});
	});

	test('an asset is taken, a large one is not', async () => {
		const upload = async (bytes: number) => {
			const form = new FormData();
			form.append('file', new Blob(['x'.repeat(bytes)], { type: 'image/png' }), 'tee.png');
			return (await core('/assets', { method: 'POST', body: form })).status;
		};
		simulators.control.changeSettings({ pimberly: { maxAssetBytes: 2000 } });
		expect(await upload(10)).toBe(201);
		expect(await upload(3000)).toBe(413);
	});
});
