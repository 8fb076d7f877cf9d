import { HttpFailure } from '../../../lib/http';
import { PimberlyClient } from '../../../lib/pimberly/client';
import { toConnection } from '../../../lib/pimberly/connection';
import { PimberlyError } from '../../../lib/pimberly/pimberlyError';
import { updateProduct } from '../../../lib/pimberly/update';
import { answer, feedClient, NOON, noRows, TOKEN, world } from './world';

const errorOf = async (task: Promise<unknown>): Promise<PimberlyError> => {
	const outcome = await task.then(
		() => new Error('it worked'),
		(error: unknown) => error,
	);
	expect(outcome).toBeInstanceOf(PimberlyError);
	const error = outcome as PimberlyError;
	expect(`${error.message} ${error.remedy}`).not.toContain(TOKEN);
	expect(error.remedy).not.toBe('');
	return error;
};
const page = (maxId: string | null, ...ids: string[]) =>
	answer(200, { data: ids.map((id) => ({ _id: id, primaryId: id })), ...(maxId === null ? {} : { maxId }) });

describe('how a call is made', () => {
	test('the token goes as it is, and attributes are asked for', async () => {
		const given = world(noRows());
		await feedClient(given).listPage({
			limit: 50,
			sinceId: 'a1',
			filters: { dateUpdated: { $gte: '2026-08-12T09:00:00.000Z' } },
		});
		const [sent] = given.sent;
		expect(sent?.headers).toMatchObject({ Authorization: TOKEN, Accept: 'application/json' });
		const url = new URL(sent!.url);
		expect(url.pathname).toBe('/core/products');
		expect(Object.fromEntries(url.searchParams)).toEqual({
			limit: '50',
			sinceId: 'a1',
			filters: '{"dateUpdated":{"$gte":"2026-08-12T09:00:00.000Z"}}',
			extendResponse: '1',
			attributes: '*',
		});
		expect(sent?.url).not.toContain('+');
	});

	test('the token can go as a parameter', async () => {
		const given = world(noRows());
		await feedClient(given, { sendTokenAs: 'query' }).listPage();
		expect(new URL(given.sent[0]!.url).searchParams.get('access_token')).toBe(TOKEN);
		expect(given.sent[0]!.headers).not.toHaveProperty('Authorization');
	});

	test.each([
		['A/B 1#x?', 'A%2FB%201%23x%3F'],
		['naïve+50%', 'na%C3%AFve%2B50%25'],
		["it's(1)*!", 'it%27s%281%29%2A%21'],
		['12345', '12345'],
	])('the primary id %s is one segment of the path', async (primaryId, path) => {
		const given = world(answer(200, { primaryId }));
		await feedClient(given).product(primaryId);
		expect(given.sent[0]!.url).toContain(`/core/products/${path}?`);
	});

	test.each(['', '.', '..'])(
		'the primary id “%s” is never asked for: it would be another address',
		async (primaryId) => {
			const given = world(noRows());
			await errorOf(feedClient(given).product(primaryId));
			expect(given.sent).toHaveLength(0);
		},
	);

	test.each([
		['https://pim.example/core/', 'https://pim.example/core'],
		[' https://pim.example/api/v2.2/products ', 'https://pim.example/api/v2.2'],
	])('the base URL %s is tidied', (typed, tidy) =>
		expect(toConnection({ baseUrl: typed, tokenKind: 'feed', token: TOKEN }).baseUrl).toBe(tidy),
	);
	test.each([
		['pim.example/core', TOKEN],
		['ftp://pim.example/core', TOKEN],
		['https://user:secret@pim.example/core', TOKEN],
		['https://pim.example/core', ''],
		['https://pim.example/core', `Bearer ${TOKEN}`],
	])('a credential that can’t work says so: %s', (baseUrl, token) =>
		expect(() => toConnection({ baseUrl, tokenKind: 'feed', token })).toThrow(PimberlyError),
	);
});

describe('where a list ends', () => {
	test.each([
		['at a 404 of the API', noRows()],
		['at an empty page', answer(200, { data: [] })],
		['where there is no cursor', page(null, 'b')],
		['where the cursor is blank', page('', 'b')],
		['where the cursor stands still', page('a', 'b')],
	])('%s', async (_where, last) =>
		expect((await feedClient(world(last)).listPage({ sinceId: 'a' })).nextSinceId).toBeNull(),
	);

	test('not at a short page: a server may cap the size', async () => {
		const given = world(page('a', 'a'), page('b', 'b'), noRows());
		const rows = [];
		for await (const row of feedClient(given).listRows({ limit: 100 })) rows.push(row['_id']);
		expect(rows).toEqual(['a', 'b']);
		expect(given.sent).toHaveLength(3);
	});

	test('a list that goes round in circles is an error', async () => {
		const given = world(page('a', 'a'), page('b', 'b'), page('a', 'a'));
		const reading = async () => {
			for await (const row of feedClient(given).listRows()) void row;
		};
		expect((await errorOf(reading())).message).toContain('repeat');
	});
});

describe('half an answer', () => {
	test.each([
		['JSON that breaks off', '{"data":[{"_id":"1"'],
		['nothing at all', ''],
		['JSON without data', '{"maxId":"1"}'],
		['data that is no list', '{"data":{"a":1}}'],
		['rows that are no products', '{"data":[null]}'],
		['a text', 'OK'],
	])('is asked for again, never taken for the end: %s', async (_what, body) => {
		const given = world(answer(200, body), page('a', 'a'));
		expect((await feedClient(given).listPage()).rows).toHaveLength(1);
		expect(given.slept).toEqual([1000]);
	});

	test('is an error when it stays so', async () => {
		const given = world(answer(200, '{"data":['));
		expect(await errorOf(feedClient(given).listPage())).toMatchObject({ kind: 'incomplete', transient: true });
	});
});

describe('what is tried again', () => {
	test('an outage, after 1, 2, 4, 8 and 16 seconds; then it is given up', async () => {
		const given = world(answer(503, {}));
		expect(await errorOf(feedClient(given).listPage())).toMatchObject({
			kind: 'unavailable',
			status: 503,
			transient: true,
		});
		expect(given.slept).toEqual([1000, 2000, 4000, 8000, 16000]);
		expect(given.sent).toHaveLength(6);
	});

	test.each([429, 502, 503, 504])('%d', async (status) => {
		const given = world(answer(status, ''), page('a', 'a'));
		await feedClient(given).listPage();
		expect(given.sent).toHaveLength(2);
	});

	test.each(['refused', 'notFound', 'tls', 'timeout', 'dropped', 'truncated'] as const)(
		'a connection that was %s',
		async (kind) => {
			const given = world(new HttpFailure(kind, 'no luck'), page('a', 'a'));
			await feedClient(given).listPage();
			expect(given.sent).toHaveLength(2);
		},
	);

	test.each([400, 401, 403, 413, 422])('not %d', async (status) => {
		const given = world(answer(status, { error: { status, message: 'no' } }));
		expect((await errorOf(feedClient(given).listPage())).status).toBe(status);
		expect(given.sent).toHaveLength(1);
	});

	test('waits differ a little, so that parallel calls do not come back together', async () => {
		const given = { ...world(answer(503, {}), page('a', 'a')), random: () => 0.8 };
		await feedClient(given).listPage();
		expect(given.slept).toEqual([1200]);
	});

	test.each([
		['seconds', { 'retry-after': '7' }, 7_000],
		['a date', { 'retry-after': new Date(NOON + 9_000).toUTCString() }, 9_000],
		[
			'a date by the server’s own clock',
			{ date: new Date(NOON + 3_600_000).toUTCString(), 'retry-after': new Date(NOON + 3_605_000).toUTCString() },
			5_000,
		],
		['an hour, but no longer than a minute', { 'retry-after': '3600' }, 60_000],
		['nonsense', { 'retry-after': 'soon' }, 1_000],
	])('as long as the server asks: %s', async (_what, headers, waited) => {
		const given = world(answer(429, {}, headers), page('a', 'a'));
		await feedClient(given).listPage();
		expect(given.slept).toEqual([waited]);
	});

	test('one call that is asked to wait makes the others wait too', async () => {
		const given = world(answer(429, {}, { 'retry-after': '30' }), answer(200, { primaryId: 'B' }));
		const client = feedClient(given);
		await errorOf(client.until(given.now() + 10_000).product('A'));
		expect(given.slept).toEqual([]);
		await client.product('B');
		expect(given.slept).toEqual([30_000]);
	});

	test('not beyond the time that is left', async () => {
		const given = world(answer(503, {}));
		await errorOf(
			feedClient(given)
				.until(NOON + 5_000)
				.listPage(),
		);
		expect(given.slept).toEqual([1000, 2000]);
	});
});

describe('errors say what to do', () => {
	const html = '<!DOCTYPE html><html><body>Please log in</body></html>';
	test.each([
		[
			'a web server’s 404',
			answer(404, '<html>Not Found</html>'),
			'wrongUrl',
			'no Pimberly API at pim.example/core/products',
		],
		['a 404 without an error in it', answer(404, { message: 'Not Found' }), 'wrongUrl', 'no Pimberly API'],
		['a page to log in', answer(200, html, { 'content-type': 'text/html' }), 'wrongUrl', 'log in'],
		[
			'a redirect',
			answer(302, '', { location: 'https://login.example/?next=1' }),
			'wrongUrl',
			'redirects to login.example/',
		],
		[
			'a wrong token',
			answer(401, { error: { status: 401, message: 'Invalid token' } }),
			'unauthorised',
			'Invalid token',
		],
		['a token that may not', answer(403, { message: 'Feed only' }), 'forbidden', 'Feed only'],
		['a server that repeats the token', answer(400, { error: `Token ${TOKEN} is odd` }), 'refused', 'Token *** is odd'],
	])('%s', async (_what, response, kind, text) => {
		const error = await errorOf(feedClient(world(response)).listPage());
		expect(error.kind).toBe(kind);
		expect(error.message).toContain(text);
	});

	test('a page of an ailing server is an outage, not a wrong address', async () => {
		expect(await errorOf(feedClient(world(answer(500, '<html>IIS</html>'))).listPage())).toMatchObject({
			kind: 'unavailable',
		});
	});
});

describe('relations', () => {
	test('none is an answer; a wrong address is not', async () => {
		expect(await feedClient(world(noRows())).parents('A')).toEqual([]);
		expect(await errorOf(feedClient(world(answer(404, 'nothing here'))).parents('A'))).toMatchObject({
			kind: 'wrongUrl',
		});
	});

	test('may come in pages', async () => {
		const given = world(page('1', 'A', 'B'), page('2', 'C'), noRows());
		expect((await feedClient(given).items('P')).map((row) => row['primaryId'])).toEqual(['A', 'B', 'C']);
	});

	test('a server that does not page them is not asked for ever', async () => {
		const given = world(page('1', 'A', 'B'));
		expect(await feedClient(given).items('P')).toHaveLength(2);
		expect(given.sent).toHaveLength(2);
	});

	test('a page that is shorter than another one was is whole', async () => {
		const given = world(page('1', 'A', 'B'), noRows(), page('3', 'C'));
		const client = feedClient(given);
		await client.items('P');
		await client.items('Q');
		expect(given.sent).toHaveLength(3);
	});
});

describe('channels', () => {
	test('are listed without the keys that Pimberly shows with them', async () => {
		const given = world(
			answer(200, { channels: [{ id: 7, name: 'ERP', dataAPIKeys: [{ token: TOKEN }], apiKey: 'x', note: TOKEN }] }),
		);
		expect(await feedClient(given).channels()).toEqual([{ id: 7, name: 'ERP' }]);
		expect(given.sent[0]!.url).toBe('https://pim.example/api/channels');
	});
});

describe('writing', () => {
	const values = { khaosStatus: 'Live', khaosStockId: 12, flag: true, list: ['a', 'b'], gone: null };

	test('several attributes go as one product on /core', async () => {
		const given = world(answer(200, 'OK'));
		await updateProduct(feedClient(given), 'A/1', values, { style: 'auto', mustExist: false });
		expect(given.sent).toHaveLength(1);
		expect(given.sent[0]).toMatchObject({
			method: 'PUT',
			url: 'https://pim.example/core/products/A%2F1',
			body: '{"khaosStatus":"Live","khaosStockId":"12","flag":"true","list":["a","b"],"gone":""}',
		});
	});

	test('each attribute goes alone, as a bare text, on /api/v2.2', async () => {
		const given = world(answer(200, ''));
		const client = feedClient(given, { baseUrl: 'https://pim.example/api/v2.2' });
		await updateProduct(client, 'A', { 'khaos Status': 'Live', other: '' }, { style: 'auto', mustExist: false });
		expect(given.sent.map(({ url, body }) => [new URL(url).pathname, body])).toEqual([
			['/api/v2.2/products/A/attributes/khaos%20Status', '"Live"'],
			['/api/v2.2/products/A/attributes/other', '""'],
		]);
	});

	test('a channel’s token is not even tried', async () => {
		const given = world(answer(200, ''));
		const error = await errorOf(
			updateProduct(feedClient(given, { tokenKind: 'channel' }), 'A', { a: 1 }, { style: 'auto', mustExist: false }),
		);
		expect(error).toMatchObject({ kind: 'settings', remedy: expect.stringContaining('Write Token') });
		expect(given.sent).toHaveLength(0);
	});

	test('the write token is used where there is one', async () => {
		const given = world(answer(200, ''));
		const client = feedClient(given, { tokenKind: 'channel', writeToken: 'WriteToken' });
		await updateProduct(client, 'A', { a: 1 }, { style: 'product', mustExist: false });
		expect(given.sent[0]!.headers).toMatchObject({ Authorization: 'WriteToken' });
	});

	test('an error names product and attribute', async () => {
		const given = world(answer(400, { error: { message: 'There is no attribute khaosStatus' } }));
		const error = await errorOf(
			updateProduct(feedClient(given), 'A', { khaosStatus: 'Live' }, { style: 'attribute', mustExist: false }),
		);
		expect(error.message).toContain('Product A: writing khaosStatus failed');
	});

	test('a product that must exist is looked for first', async () => {
		const given = world(noRows());
		const error = await errorOf(updateProduct(feedClient(given), 'A', { a: 1 }, { style: 'auto', mustExist: true }));
		expect(error.kind).toBe('notFound');
		expect(given.sent.map(({ method }) => method)).toEqual(['GET']);
	});
});

test('a channel’s list is read with the channel’s token', async () => {
	const given = world(noRows());
	await new PimberlyClient(
		toConnection({
			baseUrl: 'https://pim.example/core',
			tokenKind: 'channel',
			token: 'ChannelToken',
			writeToken: TOKEN,
		}),
		given,
	).listPage();
	expect(given.sent[0]!.headers).toMatchObject({ Authorization: 'ChannelToken' });
	expect(new URL(given.sent[0]!.url).searchParams.has('attributes')).toBe(false);
});
