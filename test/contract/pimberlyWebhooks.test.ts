import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fetchRequest } from '../../lib/fetchRequest';
import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { PimberlyClient } from '../../lib/pimberly/client';
import { toConnection } from '../../lib/pimberly/connection';
import type { Hint } from '../../lib/pimberly/hintPort';
import { hintStep, type HintSettings } from '../../lib/pimberly/hintStep';
import { DEFAULT_HEADINGS } from '../../lib/pimberly/product';
import { DEFAULT_RELATIONS } from '../../lib/pimberly/relations';
import { holdsSecret } from '../../lib/pimberly/sharedSecret';
import { readNotification } from '../../lib/pimberly/webhookPayload';
import type { Product } from '../../lib/shapes';
import type { SettingsInput } from '../../simulators/settings';
import { startSimulators, type Simulators } from '../../simulators/start';
import { SHOP } from './simulators/shop';

/** The simulated Pimberly notifies of its changes; they are kept in a real ledger and read again over real HTTP. */

const shared = { headerName: 'X-Pimberly-Secret', secret: 'a secret of the test' };
let simulators: Simulators;
let receiver: Server;
let ledger: Ledger;
let folder: string;
let now: number;
let deliveries: number;

async function start(pimberly: SettingsInput['pimberly'] = {}): Promise<void> {
	simulators = await startSimulators({ catalogue: SHOP, settings: { pimberly }, hangMs: 500 });
	folder = await mkdtemp(join(tmpdir(), 'ledger-'));
	now = Date.now();
	const store = { backend: 'sqlite' as const, file: join(folder, 'ledger.sqlite') };
	ledger = await openLedger({ environment: 'Test', store, clock: () => now });
	deliveries = 0;
	receiver = createServer((request, response) => {
		const receive = async (): Promise<number> => {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			if (!holdsSecret(request.headers, shared)) return 401;
			const notification = readNotification(JSON.parse(Buffer.concat(chunks).toString()));
			if (!notification.ok) return 400;
			await ledger.hints.add(notification.hints);
			deliveries += 1;
			return 200;
		};
		void receive().then((status) => response.writeHead(status).end());
	});
	await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
	const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhook`;
	await fetch(`${simulators.controlUrl}/webhook`, {
		method: 'POST',
		body: JSON.stringify({ url, headers: { [shared.headerName]: shared.secret } }),
	});
}
afterEach(async () => {
	await simulators.stop();
	await new Promise((closed) => receiver.close(closed));
	await ledger.close();
	await rm(folder, { recursive: true, force: true });
});

const delivered = async (count: number): Promise<void> => {
	while (deliveries < count) await new Promise((later) => setTimeout(later, 10));
};
const settings: HintSettings = { headings: DEFAULT_HEADINGS, relations: DEFAULT_RELATIONS, onlyWhen: null };
const read = async (baseUrl = simulators.pimberlyUrl) => {
	const connection = toConnection({ baseUrl, tokenKind: 'feed', token: simulators.feedToken });
	const surroundings = { request: fetchRequest, sleep: async () => undefined, random: Math.random, now: Date.now };
	const client = new PimberlyClient(connection, surroundings, { timeoutMs: 300 });
	const deps = { client, port: ledger.hints, relations: ledger.scanPort('test'), now: Date.now, budgetMs: 20_000 };
	return await hintStep(deps, settings, 100);
};
const record = async (products: Product[]): Promise<void> => {
	await ledger.add(
		products.map(({ primaryId, internalId, dateUpdated, emission }) => ({
			type: 'change',
			change: {
				kind: 'stockItem',
				key: primaryId,
				version: dateUpdated,
				lane: 2,
				changedFields: [],
				needs: [],
				desired: { stockCode: primaryId, columns: { STOCK_CODE: primaryId } },
				source: { primaryId, internalId, dateUpdated },
				warnings: [],
				emission,
			},
		})),
	);
};
const held = (primaryId: string) => simulators.pimberly.all().find((product) => product.primaryId === primaryId)!;
const edit = (primaryId: string, itemName: string) =>
	simulators.pimberly.upsert([{ primaryId, attributes: { itemName } }]);

describe.each(['extended', 'always', 'never'] as const)(
	'where a single product says its date %s',
	(singleDateUpdated) => {
		test.each(['pimberlyUrl', 'pimberlyV22Url'] as const)(
			'edits arrive with their date and relations from %s',
			async (surface) => {
				await start({ singleDateUpdated });
				edit('TEE-RED', 'Tee, crimson');
				edit('TEE', 'T-shirt');
				edit('TEE-RED', 'Tee, scarlet');
				await delivered(3);
				const { products, error } = await read(simulators[surface]);
				expect(error).toBeNull();
				// Deliveries overtake each other.
				const sorted = products.toSorted((one, other) => one.primaryId.localeCompare(other.primaryId));
				expect(sorted).toMatchObject([
					{ primaryId: 'TEE', dateUpdated: held('TEE').dateUpdated, items: ['TEE-RED', 'TEE-BLUE'] },
					{
						primaryId: 'TEE-RED',
						dateUpdated: held('TEE-RED').dateUpdated,
						parents: ['TEE'],
						attributes: { itemName: 'Tee, scarlet' },
					},
				]);
				await record(products);
				now += ledger.settings.emissionGraceMs;
				expect((await read()).taken).toBe(0);
			},
		);
	},
);

describe.each(['primaryId', 'products'] as const)('a deletion that is named by %s', (deleteNotice) => {
	test('makes an orphan of what was recorded, and nothing of what was not', async () => {
		await start({ deleteNotice });
		edit('SET-1', 'Set of two');
		await delivered(1);
		await record((await read()).products);
		simulators.pimberly.delete('SET-1');
		simulators.pimberly.delete('TEE-BLUE');
		await delivered(3);
		expect(await read()).toMatchObject({ taken: 2, products: [], error: null });
		expect((await ledger.exceptions()).map(({ type, primaryId }) => [type, primaryId])).toEqual([['orphan', 'SET-1']]);
		expect(await ledger.take({ target: 'khaos' })).toEqual([]);
	});

	test('and that is taken back before it is read changes nothing', async () => {
		await start({ deleteNotice });
		const { primaryId, internalId } = held('LAMP/12 V');
		const named: Hint =
			deleteNotice === 'primaryId'
				? { idKind: 'primaryId', id: primaryId, deleted: true }
				: { idKind: 'internalId', id: internalId, deleted: true };
		await ledger.hints.add([named]);
		expect((await read()).products).toMatchObject([{ primaryId: 'LAMP/12 V' }]);
		expect(await ledger.exceptions()).toEqual([]);
	});
});

test('whatever fails, the notification stays until its product was read whole', async () => {
	await start();
	edit('TEE-RED', 'Tee, crimson');
	await delivered(1);
	for (const kind of ['503', 'html500', 'drop', 'truncate', 'timeout', '401'] as const) {
		for (const method of ['GET /products/{id}', 'GET /products/{id}/parents']) {
			simulators.control.addFaults([{ side: 'pimberly', method, kind }]);
			const { products, error } = await read();
			expect(products).toEqual([]);
			expect(error).not.toBeNull();
			simulators.control.clearFaults();
			now += 10 * 60_000;
		}
	}
	expect((await read()).products).toMatchObject([{ primaryId: 'TEE-RED', parents: ['TEE'] }]);
});
