import { startSimulators, type Simulators } from '../../../simulators/start';
import { call, control, exportCodes, importRows, row, SHOP } from './shop';

describe('faults', () => {
	let simulators: Simulators;
	const post = async (...rules: unknown[]) => await control(simulators.controlUrl, 'POST', '/faults', rules);
	const products = async (path = '/products') =>
		await fetch(simulators.pimberlyUrl + path, { headers: { Authorization: simulators.feedToken } });
	const outcomes = () => simulators.control.log().map(({ outcome }) => outcome);

	beforeEach(async () => {
		simulators = await startSimulators({ catalogue: SHOP, hangMs: 100 });
	});
	afterEach(async () => await simulators.stop());

	test('a SOAP fault, so many times, then no more', async () => {
		await post({ side: 'khaos', method: 'ImportStockTSV', kind: 'fault', message: 'Deadlock', times: 2 });
		expect(await importRows(simulators.khaosUrl, row('TEE'))).toMatchObject({ status: 500, fault: 'Deadlock' });
		expect(await exportCodes(simulators.khaosUrl, 'TEE')).toMatchObject({ status: 200 });
		expect(await importRows(simulators.khaosUrl, row('TEE'))).toMatchObject({ status: 500, fault: 'Deadlock' });
		expect(simulators.khaos.count).toBe(0);
		expect(await importRows(simulators.khaosUrl, row('TEE'))).toMatchObject({ status: 200 });
		expect(outcomes()).toEqual(['fault', 'ok', 'fault', 'ok']);
	});

	test('until they are deleted', async () => {
		await post({ side: 'khaos', kind: 'http500' });
		for (let index = 0; index < 3; index += 1) expect((await call(simulators.khaosUrl, 'GetVersion')).status).toBe(500);
		await control(simulators.controlUrl, 'DELETE', '/faults');
		expect((await call(simulators.khaosUrl, 'GetVersion')).status).toBe(200);
	});

	test.each([
		['http500', 500, /^Internal Server Error$/, 'text/plain'],
		['html500', 500, /<title>500 - Internal server error/, 'text/html'],
		['401', 401, /401 - Unauthorized/, 'text/html'],
		[429, 429, /Too Many Requests/, 'text/html'],
		['503', 503, /Service Unavailable/, 'text/html'],
	])('%s on Khaos', async (kind, status, body, type) => {
		await post({ side: 'khaos', kind, retryAfter: 3 });
		const response = await fetch(`${simulators.khaosUrl}/soap/IKosWeb`, { method: 'POST', body: '<x/>' });
		expect(response.status).toBe(status);
		expect(response.headers.get('content-type')).toBe(type);
		expect(response.headers.get('retry-after')).toBe(['401', 'http500', 'html500'].includes(String(kind)) ? null : '3');
		expect(await response.text()).toMatch(body);
	});

	test.each([
		['fault', 500],
		['401', 401],
		['429', 429],
		['503', 503],
	])('%s on Pimberly has an error body', async (kind, status) => {
		await post({ side: 'pimberly', kind });
		const response = await products();
		expect(response.status).toBe(status);
		expect(response.headers.get('retry-after')).toBe(kind === '429' ? '1' : null);
		expect(await response.json()).toMatchObject({ error: { status } });
	});

	test('a drop happens before anything is applied, applyThenDrop after', async () => {
		await post({ side: 'khaos', kind: 'drop', times: 1 });
		await expect(importRows(simulators.khaosUrl, row('TEE'))).rejects.toThrow();
		expect(simulators.khaos.count).toBe(0);
		await post({ side: 'khaos', kind: 'applyThenDrop', times: 1 });
		await expect(importRows(simulators.khaosUrl, row('TEE'))).rejects.toThrow();
		expect(simulators.khaos.count).toBe(1);
		expect(simulators.control.log()).toMatchObject([
			{ outcome: 'drop', status: 0, codes: ['TEE'] },
			{ outcome: 'applyThenDrop', status: 0, codes: ['TEE'], applied: true },
		]);
	});

	test('an answer cut in the middle is shorter than it says, and took effect', async () => {
		await post({ side: 'khaos', kind: 'truncate', times: 1 });
		await expect(importRows(simulators.khaosUrl, row('TEE'))).rejects.toThrow(/terminated/);
		expect(simulators.khaos.count).toBe(1);
		await post({ side: 'pimberly', kind: 'truncate', times: 1 });
		const response = await products();
		expect(response.status).toBe(200);
		await expect(response.text()).rejects.toThrow(/terminated/);
	});

	test('a call that hangs is dropped in the end, and does not hold up the next one', async () => {
		await post({ side: 'khaos', kind: 'timeout', times: 1, hangMs: 60_000 });
		const hanging = expect(importRows(simulators.khaosUrl, row('TEE'))).rejects.toThrow();
		expect((await call(simulators.khaosUrl, 'GetVersion')).status).toBe(200);
		expect(simulators.khaos.count).toBe(0);
		expect(outcomes()).toEqual(['open', 'ok']);
		await post({ side: 'khaos', kind: 'timeout', times: 1, apply: true });
		await expect(importRows(simulators.khaosUrl, row('TEE'))).rejects.toThrow();
		expect(simulators.khaos.count).toBe(1);
		await simulators.stop();
		await hanging;
	});

	test('rejectRow refuses the rows it names and applies the others', async () => {
		await post({ side: 'khaos', kind: 'rejectRow', codes: ['tee-red'], message: 'Locked by another user' });
		const answer = await importRows(simulators.khaosUrl, row('TEE'), row('TEE-RED'), row('TEE-BLUE'));
		expect(answer).toMatchObject({ status: 200, fault: null });
		expect(answer.result).toMatch(/<STOCK_CODE>TEE-RED<\/STOCK_CODE><MESSAGE>Locked by another user</);
		expect([...simulators.khaos.all()].map(({ code }) => code)).toEqual(['TEE', 'TEE-BLUE']);
		expect(simulators.control.log()[0]).toMatchObject({
			outcome: 'partial',
			refused: [{ code: 'TEE-RED', reason: 'Locked by another user' }],
		});
		expect((await exportCodes(simulators.khaosUrl, 'TEE-RED')).status).toBe(200);
	});

	test('codes limit a whole-call fault to the calls that hold one of them', async () => {
		await post({ side: 'khaos', kind: 'fault', codes: ['TEE-RED'] });
		expect((await importRows(simulators.khaosUrl, row('TEE'), row('TEE-RED'))).status).toBe(500);
		expect((await importRows(simulators.khaosUrl, row('TEE'), row('TEE-BLUE'))).status).toBe(200);
		expect((await exportCodes(simulators.khaosUrl, 'tee-red')).status).toBe(500);
		await post({ side: 'pimberly', kind: '503', codes: ['LAMP/12 V'] });
		expect((await products('/products/TEE')).status).toBe(200);
		expect((await products(`/products/${encodeURIComponent('LAMP/12 V')}`)).status).toBe(503);
		expect((await products('/products?limit=3')).status).toBe(200);
		expect((await products('/products?limit=4')).status).toBe(503);
	});

	test('one call in seven', async () => {
		await post({ side: 'khaos', kind: '503', every: 7 });
		const statuses: number[] = [];
		for (let index = 0; index < 21; index += 1) statuses.push((await call(simulators.khaosUrl, 'GetVersion')).status);
		expect(statuses.map((status, index) => (status === 503 ? index + 1 : 0)).filter(Boolean)).toEqual([7, 14, 21]);
	});

	test('several kinds at one in seven take turns', async () => {
		await post(...['fault', 'http500', '503'].map((kind) => ({ side: 'khaos', kind, every: 7 })));
		for (let index = 0; index < 28; index += 1) await call(simulators.khaosUrl, 'GetVersion');
		expect(outcomes().filter((outcome) => outcome !== 'ok')).toEqual(['fault', 'http500', '503', 'fault']);
	});

	test.each([
		['GET', ['list', 'get', 'parents']],
		['GET /products', ['list']],
		['GET /core/products/', ['list']],
		['GET /products/{primaryId}', ['get']],
		['list', ['list']],
		['get', ['get']],
		['parents', ['parents']],
		['GET /products/{id}/parents', ['parents']],
		['update', ['update', 'updateOne']],
		['PUT', ['update', 'updateOne']],
		['PUT /products/{id}', ['update']],
		['PUT /products/{id}/attributes/{attribute}', ['updateOne']],
	])('on Pimberly the method %s means %j', async (method, meant) => {
		await post({ side: 'pimberly', method, kind: '503' });
		const put = async (path: string, body: string) =>
			await fetch(simulators.pimberlyUrl + path, {
				method: 'PUT',
				body,
				headers: { Authorization: simulators.feedToken },
			});
		const calls: Record<string, () => Promise<Response>> = {
			list: async () => await products(),
			get: async () => await products('/products/TEE'),
			parents: async () => await products('/products/TEE-RED/parents'),
			update: async () => await put('/products/TEE', '{"khaosStatus":"Live"}'),
			updateOne: async () => await put('/products/TEE/attributes/khaosStatus', '"Live"'),
		};
		const struck: string[] = [];
		for (const [name, run] of Object.entries(calls)) if ((await run()).status === 503) struck.push(name);
		expect(struck).toEqual(meant);
	});
});
