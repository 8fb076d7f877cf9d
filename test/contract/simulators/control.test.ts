import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoggedCall } from '../../../simulators/callLog';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { call, control, exportCodes, importRows, row, SHOP } from './shop';

interface State {
	orderViolations: Array<{ code: string }>;
	khaos: {
		count: number;
		stockItems: Record<string, Record<string, unknown>>;
		kitLinks: Record<string, { parent: string; type: string; items: Array<{ code: string; qty: number }> }>;
		priceLists: Record<string, { net: boolean; rows: Record<string, Record<string, string>> }>;
		levelWrites: unknown[];
	};
	pimberly: { count: number; products: Array<Record<string, unknown>> };
}

describe('the control calls', () => {
	let simulators: Simulators;
	const ask = async <T = unknown>(method: string, path: string, body?: unknown) =>
		await control<T>(simulators.controlUrl, method, path, body);
	const state = async () => (await ask<State>('GET', '/state')).body;

	beforeEach(async () => {
		simulators = await startSimulators({ catalogue: SHOP });
	});
	afterEach(async () => await simulators.stop());

	test('the state shows both sides as an oracle needs them', async () => {
		await importRows(
			simulators.khaosUrl,
			row('TEE-RED', { 'UDA:Size': 'L', 'Harmonisation:Code': '61091000', 'Harmonisation:Country': 'PT' }),
		);
		expect(await state()).toEqual({
			orderViolations: [{ code: 'TEE-RED', missingParents: ['TEE'], at: expect.any(String) as string }],
			khaos: {
				count: 1,
				stockItems: {
					'TEE-RED': {
						code: 'TEE-RED',
						stockId: 1,
						parentCode: '',
						fields: {
							CONTROLLED: '-1',
							SHORT_DESC: 'TEE-RED description',
							STOCK_TYPE1: 'Clothing',
							STOCK_TYPE2: 'Tees',
							BUY_PRICE: '4.20',
							SELL_PRICE: '9.99',
							TAX_CODE: '1',
						},
						udas: { Size: 'L' },
						harmonisation: [{ Code: '61091000', Country: 'PT' }],
						firstImportedAt: expect.stringMatching(/Z$/) as string,
						imports: 1,
					},
				},
				kitLinks: {},
				priceLists: { Trade: { net: true, rows: {} }, Outlet: { net: true, rows: {} } },
				levelWrites: [],
			},
			pimberly: {
				count: 5,
				products: expect.arrayContaining([
					{
						internalId: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
						primaryId: 'TEE',
						classes: ['Clothing/Tees'],
						parents: [],
						items: ['TEE-RED', 'TEE-BLUE'],
						attributes: { itemName: 'Tee', readyForErp: 'true', material: ['Cotton', 'CoolTech&trade;'] },
						dateUpdated: expect.stringMatching(/Z$/) as string,
					},
				]) as unknown[],
			},
		});
	});

	test('the log holds every call in order, and can be emptied', async () => {
		await importRows(simulators.khaosUrl, row('TEE'), row('TEE-RED'));
		await exportCodes(simulators.khaosUrl, 'TEE', 'NOPE');
		await fetch(simulators.khaosWsdlUrl);
		const { body } = await ask<LoggedCall[]>('GET', '/log');
		expect(body).toEqual([
			{
				seq: 1,
				t: expect.stringMatching(/Z$/) as string,
				side: 'khaos',
				method: 'ImportStockTSV',
				codes: ['TEE', 'TEE-RED'],
				rows: 2,
				status: 200,
				outcome: 'ok',
				ms: expect.any(Number) as number,
				applied: true,
			},
			{
				seq: 2,
				t: expect.any(String) as string,
				side: 'khaos',
				method: 'ExportStock',
				codes: ['TEE', 'NOPE'],
				rows: 1,
				status: 200,
				outcome: 'ok',
				ms: expect.any(Number) as number,
			},
			{
				seq: 3,
				t: expect.any(String) as string,
				side: 'khaos',
				method: 'wsdl',
				status: 200,
				outcome: 'ok',
				ms: expect.any(Number) as number,
			},
		]);
		await ask('POST', '/reset-log');
		expect((await ask('GET', '/log')).body).toEqual([]);
		await call(simulators.khaosUrl, 'GetVersion');
		expect((await ask('GET', '/log')).body).toMatchObject([{ seq: 1, method: 'GetVersion' }]);
	});

	test('products are merged, bumped, created and deleted', async () => {
		const before = simulators.pimberly.get('TEE')?.dateUpdated ?? '';
		await ask('POST', '/products', {
			products: [
				{ primaryId: 'TEE', attributes: { itemName: 'Tee, new', material: [] } },
				{ primaryId: 'TEE-GREEN', parents: ['TEE'], attributes: { itemName: 'Tee, green', readyForErp: true } },
			],
		});
		const products = (await state()).pimberly.products;
		const tee = products.find(({ primaryId }) => primaryId === 'TEE');
		expect(tee).toMatchObject({
			attributes: { itemName: 'Tee, new', readyForErp: 'true' },
			items: ['TEE-RED', 'TEE-BLUE', 'TEE-GREEN'],
		});
		expect(tee?.attributes).not.toHaveProperty('material');
		expect(String(tee?.dateUpdated) > before).toBe(true);
		expect(products.at(-1)).toMatchObject({ primaryId: 'TEE-GREEN', attributes: { readyForErp: 'true' } });

		expect((await ask('DELETE', `/products/${encodeURIComponent('LAMP/12 V')}`)).status).toBe(200);
		expect((await ask('DELETE', '/products/TEE-GREEN')).status).toBe(200);
		expect((await ask('DELETE', '/products/NOPE')).status).toBe(404);
		expect((await state()).pimberly.products.map(({ primaryId }) => primaryId)).toEqual([
			'TEE-RED',
			'TEE-BLUE',
			'TEE',
			'SET-1',
		]);
		expect(simulators.pimberly.get('TEE')?.items).toEqual(['TEE-RED', 'TEE-BLUE']);
	});

	test('a touch without a change bumps dateUpdated all the same', async () => {
		const before = simulators.pimberly.get('TEE')?.dateUpdated ?? '';
		await ask('POST', '/products', { products: [{ primaryId: 'TEE' }] });
		expect((simulators.pimberly.get('TEE')?.dateUpdated ?? '') > before).toBe(true);
	});

	test("stock is edited, created and deleted behind the sync's back", async () => {
		await ask('POST', '/khaos/stock', {
			code: 'OLD-1',
			set: {
				SHORT_DESC: 'An old one',
				'UDA:Size': 'M',
				'Harmonisation:Code': '61091000',
				'Harmonisation:Country': 'GB',
				WEIGHT: 1.5,
			},
		});
		expect((await state()).khaos.stockItems['OLD-1']).toMatchObject({
			fields: { SHORT_DESC: 'An old one', WEIGHT: '1.5' },
			udas: { Size: 'M' },
			harmonisation: [{ Code: '61091000', Country: 'GB' }],
			firstImportedAt: null,
			imports: 0,
		});
		expect((await ask('POST', '/khaos/stock', { code: 'OLD-1', set: { WIEGHT: '1' } })).status).toBe(400);
		await ask('POST', '/khaos/stock', [
			{ code: 'TEE', set: row('TEE') },
			{ code: 'old-1', delete: true },
		]);
		expect(Object.keys((await state()).khaos.stockItems)).toEqual(['TEE']);
		await importRows(simulators.khaosUrl, row('TEE-RED'));
		expect((await state()).orderViolations).toEqual([]);
	});

	test('a person imports relationships: a parent with a missing child is refused whole', async () => {
		await importRows(simulators.khaosUrl, row('SET-1'), row('TEE'), row('TEE-RED'), row('SET-2'));
		const file = (...lines: string[]) => ['PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP', ...lines].join('\r\n');
		const run = async (kind: string, ...lines: string[]) =>
			(
				await ask<{ imported: string[]; refused: Array<{ reason: string }> }>(
					'POST',
					`/khaos/import/relationships?kind=${kind}`,
					file(...lines),
				)
			).body;
		expect(
			await run('pack', 'SET-1\tTEE\t2\t', 'SET-1\tTEE-RED\t1\t', 'SET-2\tTEE\t1\t', 'SET-2\tNOPE\t1\t'),
		).toMatchObject({
			imported: ['SET-1'],
			refused: [{ parent: 'SET-2', reason: expect.stringMatching(/NOPE does not exist/) as string }],
		});
		expect((await state()).khaos.kitLinks).toEqual({
			'SET-1': {
				parent: 'SET-1',
				type: 'pack',
				items: [
					{ code: 'TEE', qty: 2 },
					{ code: 'TEE-RED', qty: 1 },
				],
			},
		});
		expect((await exportCodes(simulators.khaosUrl, 'SET-1')).result).toContain(
			'<LINK_ITEM><STOCK_CODE>TEE</STOCK_CODE><LINK_TYPE>3</LINK_TYPE><LINK_VALUE>2</LINK_VALUE></LINK_ITEM>',
		);
		expect((await run('build', 'SET-1\tTEE\t1\t')).refused[0]?.reason).toMatch(/pack already/);
		expect((await run('pack', 'SET-2\tTEE\t\t')).refused[0]?.reason).toMatch(/quantity/);
		expect((await run('pack', 'SET-2\tSET-1\t1\t')).refused[0]?.reason).toMatch(/nesting/);
		expect((await run('pack', 'TEE\tSET-2\t1\t')).refused[0]?.reason).toMatch(/nesting/);
		expect((await run('pack', 'SET-1\tTEE\t3\t')).imported).toEqual(['SET-1']);
		expect((await state()).khaos.kitLinks['SET-1']?.items).toEqual([{ code: 'TEE', qty: 3 }]);
		const cloud = 'PARENT_CODE\tCHILD_CODE\tQTY\tREL_TYPE\nSET-2\tTEE-RED\t2\tBUILD';
		expect((await ask('POST', '/khaos/import/relationships', cloud)).body).toMatchObject({ imported: ['SET-2'] });
		expect((await ask('POST', '/khaos/import/relationships', file('SET-2\tTEE\t1\t'))).status).toBe(400);
	});

	test('a person imports prices: lists are never created, what matches nothing is skipped silently', async () => {
		await importRows(simulators.khaosUrl, row('TEE'));
		const file =
			'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\tNo Such List\r\ntee\t1\t99999\t6.30\t1.00\r\nNOPE\t1\t99999\t6.30\t\r\nTEE\t10\t99\t6.00\t';
		expect((await ask('POST', '/khaos/import/prices', file)).body).toMatchObject({
			imported: 1,
			refused: [{ line: 4, reason: expect.stringMatching(/overlaps/) as string }],
		});
		expect((await state()).khaos.priceLists).toEqual({
			Trade: { net: true, rows: { TEE: { '1-99999': '6.30' } } },
			Outlet: { net: true, rows: {} },
		});
		const exported = (
			await call(simulators.khaosUrl, 'ExportPriceListEx', { PriceLists: 'Trade,Outlet', PriceListType: '3' })
		).result;
		expect(exported).toContain(
			'<StockItem-CustomerClassifications CompClass="Trade" PricelistNet="-1"><StockItem><StockID>1</StockID><StockCode>TEE</StockCode>',
		);
		expect(exported).toContain('<AmountValue>6.30</AmountValue>');

		const edited = (exported.split('?>')[1] ?? '').replace('6.30</AmountValue>', '5.90</AmountValue>');
		expect((await ask('POST', '/khaos/import/prices', edited)).body).toMatchObject({ imported: 1 });
		expect((await state()).khaos.priceLists.Trade?.rows).toEqual({ TEE: { '1-99999': '5.90' } });
		expect((await ask('POST', '/khaos/import/prices', exported)).status).toBe(400);
	});

	test('a webhook hears of later changes, thinly, and is tried three times', async () => {
		const heard: unknown[] = [];
		let failures = 1;
		const receiver = createServer((request, response) => {
			let body = '';
			request.on('data', (chunk: Buffer) => (body += chunk.toString()));
			request.on('end', () => {
				heard.push({ secret: request.headers['x-pimberly-secret'], ...(JSON.parse(body) as object) });
				response.writeHead(failures-- > 0 ? 500 : 200).end();
			});
		});
		await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
		const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
		await ask('POST', '/webhook', { url, headers: { 'X-Pimberly-Secret': 'shared' } });
		await ask('POST', '/products', { products: [{ primaryId: 'TEE' }] });
		while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
		await ask('DELETE', '/products/TEE');
		while (heard.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
		const update = { secret: 'shared', action: 'update', primaryId: 'TEE' };
		expect(heard).toEqual([update, update, { secret: 'shared', action: 'delete', primaryId: 'TEE' }]);
		await new Promise((resolve) => receiver.close(resolve).closeAllConnections());
	});

	test('Khaos serves one call at a time', async () => {
		await ask('POST', '/latency', { khaosMs: 200 });
		const order: string[] = [];
		const first = call(simulators.khaosUrl, 'GetVersion').then(() => order.push('first'));
		while (!simulators.control.log().length) await new Promise((resolve) => setTimeout(resolve, 5));
		await ask('POST', '/latency', { khaosMs: 0 });
		await Promise.all([first, call(simulators.khaosUrl, 'GetVersion').then(() => order.push('second'))]);
		expect(order).toEqual(['first', 'second']);
		expect((await ask('POST', '/latency', { khaosMs: -1 })).status).toBe(400);
	});

	test('Pimberly serves several at once', async () => {
		await ask('POST', '/latency', { pimberlyMs: 60_000 });
		const first = fetch(simulators.pimberlyUrl).catch(() => 'cut off');
		while (!simulators.control.log().length) await new Promise((resolve) => setTimeout(resolve, 5));
		await ask('POST', '/latency', { pimberlyMs: 0 });
		expect((await fetch(simulators.pimberlyUrl)).status).toBe(404);
		expect(simulators.control.log().map(({ outcome }) => outcome)).toEqual(['open', 'notFound']);
		await simulators.stop();
		await first;
	});

	test('what is no control call, or no JSON, is refused with a reason', async () => {
		expect(await ask('GET', '/nothing')).toMatchObject({
			status: 404,
			body: { error: { message: expect.stringMatching(/no control call/) as string } },
		});
		expect((await ask('POST', '/products', '{')).status).toBe(400);
		expect((await ask('POST', '/products', { products: [{}] })).status).toBe(400);
		expect((await ask('POST', '/faults', [{ side: 'khaos', kind: 'nosuch' }])).status).toBe(400);
		expect((await ask('POST', '/settings', { khaos: { nosuch: 1 } })).status).toBe(400);
	});
});
