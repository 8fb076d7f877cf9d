import { fetchRequest } from '../../lib/fetchRequest';
import type { Product } from '../../lib/shapes';
import { PimberlyClient } from '../../lib/pimberly/client';
import { toConnection } from '../../lib/pimberly/connection';
import { PimberlyError } from '../../lib/pimberly/pimberlyError';
import { DEFAULT_HEADINGS } from '../../lib/pimberly/product';
import { DEFAULT_RELATIONS } from '../../lib/pimberly/relations';
import { scanStep, type ScanSettings } from '../../lib/pimberly/scan';
import { newProcessMemory, staticScanPort } from '../../lib/pimberly/staticScanPort';
import { updateProduct } from '../../lib/pimberly/update';
import { verifyConnection } from '../../lib/pimberly/verifyConnection';
import { FAULT_KINDS } from '../../simulators/faults';
import type { SettingsInput } from '../../simulators/settings';
import { startSimulators, type Simulators } from '../../simulators/start';

/** The client and the scan against the simulated Pimberly, over real HTTP. */

const CATALOGUE_SIZE = 150;
let simulators: Simulators;

const start = async (pimberly: SettingsInput['pimberly'] = {}): Promise<void> => {
	simulators = await startSimulators({ catalogue: CATALOGUE_SIZE, settings: { pimberly }, hangMs: 500 });
};
afterEach(async () => await simulators.stop());

const surroundings = { request: fetchRequest, sleep: async () => undefined, random: Math.random, now: Date.now };
type Given = Partial<Record<'baseUrl' | 'tokenKind' | 'token' | 'writeToken' | 'sendTokenAs', string>>;
const credential = (more: Given = {}) => ({
	baseUrl: simulators.pimberlyUrl,
	tokenKind: 'feed',
	token: simulators.feedToken,
	...more,
});
const client = (more: Given = {}, timeoutMs = 300) =>
	new PimberlyClient(toConnection(credential(more)), surroundings, { timeoutMs });
const channel = (): Given => ({ tokenKind: 'channel', token: simulators.channelToken });

const settings: ScanSettings = {
	source: 'updated',
	startFrom: { from: 'all' },
	overlapMs: 5 * 60_000,
	fullResyncAt: null,
	maxPerStep: 60,
	pageSize: 25,
	onlyWhen: null,
	relations: {
		...DEFAULT_RELATIONS,
		typeAttribute: 'productType',
		variantParentValues: ['VariantParent'],
		variantValues: ['Variant'],
		otherwise: 'none',
	},
	headings: DEFAULT_HEADINGS,
};

/** A trigger over this account, with a memory of its own. */
function trigger(of: PimberlyClient, more: Partial<ScanSettings> = {}) {
	const port = staticScanPort({}, newProcessMemory(), Date.now, () => String(Math.random()));
	const step = async () =>
		await scanStep({ client: of, port, now: Date.now, budgetMs: 60_000 }, { ...settings, ...more });
	/** Steps until the end of the list; errors are what polls have, too. */
	const scan = async (): Promise<Map<string, Product>> => {
		const products = new Map<string, Product>();
		for (let n = 0; n < 60; n++) {
			const outcome = await step().catch((error: unknown) =>
				error instanceof PimberlyError ? null : Promise.reject(error),
			);
			if (outcome?.status !== 'done') continue;
			for (const product of outcome.products) products.set(product.primaryId, product);
			if (outcome.complete) return products;
		}
		throw new Error('the scan did not come to an end');
	};
	return { step, scan };
}

const held = () => simulators.pimberly.all();
/** What a full scan must have found: each product, its parents, and its attributes (those without a value are left out). */
const expectWhole = (products: Map<string, Product>, keyed: 'api names' | 'headings' = 'api names'): void => {
	expect(products.size).toBe(held().length);
	for (const product of held()) {
		const found = products.get(product.primaryId);
		expect(found).toMatchObject({ internalId: product.internalId });
		expect(found?.parents).toEqual(simulators.pimberly.related(product, 'parents').map(({ primaryId }) => primaryId));
		if (keyed === 'api names') expect(found?.attributes['itemName']).toEqual(product.attributes['itemName']);
	}
};

describe.each([
	['core', (): Given => ({})],
	['api/v2.2', (): Given => ({ baseUrl: simulators.pimberlyV22Url })],
	['core with the token in the query', (): Given => ({ sendTokenAs: 'query' })],
])('on %s with a feed token', (_surface, given) => {
	test('a scan brings every product with its parents, then nothing, then what changed', async () => {
		await start();
		const { scan } = trigger(client(given()));
		expectWhole(await scan());
		expect((await scan()).size).toBe(0);
		const [some] = held();
		await updateProduct(
			client(given()),
			some!.primaryId,
			{ khaosStatus: 'Live', khaosStatusMessage: '' },
			{ style: 'auto', mustExist: true },
		);
		const changed = await scan();
		expect([...changed.keys()]).toEqual([some!.primaryId]);
		expect(changed.get(some!.primaryId)).toMatchObject({ parents: some!.parents, attributes: { khaosStatus: 'Live' } });
	});

	test('a dated list that has ids only is completed product by product', async () => {
		await start({ extendWithFilters: false });
		const { scan } = trigger(client(given()), { startFrom: { from: 'date', date: '2020-01-01T00:00:00Z' } });
		expectWhole(await scan());
	});

	test('whatever fails once in seven calls, a scan comes to the same end', async () => {
		await start();
		for (const kind of FAULT_KINDS.filter((each) => each !== 'rejectRow' && each !== 'fault')) {
			simulators.control.clearFaults();
			simulators.control.addFaults([{ side: 'pimberly', kind, every: 7 }]);
			expectWhole(await trigger(client(given())).scan());
		}
	}, 120_000);
});

describe('with a channel token', () => {
	const whole = { channels: [{ id: '60c1aa000000000000000001', name: 'All', rule: {} }] };

	test('a scan brings the rows by headings, relations from the columns, without a look-up', async () => {
		await start(whole);
		const type = { typeAttribute: 'Product Type' };
		const { scan } = trigger(client(channel()), { source: 'channel', relations: { ...settings.relations!, ...type } });
		expectWhole(await scan(), 'headings');
		expect(simulators.control.log().every((call) => call.method === 'GET /products')).toBe(true);
		expectWhole(await scan(), 'headings');
	});

	test('a channel that maps no relations has them looked up with the feed token', async () => {
		await start({ channels: [{ ...whole.channels[0]!, parentsHeading: null, itemsHeading: null }] });
		const given = { ...channel(), writeToken: simulators.feedToken };
		const relations = { ...settings.relations!, typeAttribute: 'Product Type' };
		expectWhole(await trigger(client(given), { source: 'channel', relations }).scan(), 'headings');
		const alone = trigger(client(channel()), { source: 'channel', relations });
		await expect(alone.step()).rejects.toMatchObject({
			kind: 'settings',
			remedy: expect.stringContaining('Write Token'),
		});
	});

	test('an empty channel is no error', async () => {
		await start({ channels: [{ ...whole.channels[0]!, rule: { itemName: 'nothing is called this' } }] });
		expect((await trigger(client(channel()), { source: 'channel' }).scan()).size).toBe(0);
	});
});

describe('single calls', () => {
	test('primary ids with characters of addresses in them are read, related and written', async () => {
		await start();
		const odd = 'A/B 1#x?50%&ü+(1)';
		simulators.pimberly.upsert([{ primaryId: odd, parents: [held()[0]!.primaryId], attributes: { itemName: 'Odd' } }]);
		for (const baseUrl of [simulators.pimberlyUrl, simulators.pimberlyV22Url]) {
			const pimberly = client({ baseUrl });
			expect(await pimberly.product(odd)).toMatchObject({ primaryId: odd, itemName: 'Odd' });
			expect(await pimberly.attributes(odd)).toMatchObject({ primaryId: odd });
			expect(await pimberly.parents(odd)).toMatchObject([{ primaryId: held()[0]!.primaryId }]);
			await updateProduct(pimberly, odd, { khaosStatus: baseUrl }, { style: 'auto', mustExist: true });
			expect(held().find((product) => product.primaryId === odd)?.attributes['khaosStatus']).toBe(baseUrl);
		}
	});

	test('what does not exist is null, what has no relation has none', async () => {
		await start();
		expect(await client().product('NO-SUCH')).toBeNull();
		simulators.pimberly.upsert([{ primaryId: 'ALONE', attributes: { itemName: 'Alone' } }]);
		expect(await client().parents('ALONE')).toEqual([]);
		expect(await client().items('ALONE')).toEqual([]);
		expect(await client().classes('ALONE')).toEqual([]);
	});

	test('classes have their path; channels no token', async () => {
		await start();
		const classed = held().find((product) => product.classes.length > 0)!;
		expect(await client().classes(classed.primaryId)).toEqual(classed.classes.map((path) => ({ path })));
		const channels = await client().channels();
		expect(channels).toMatchObject([{ name: 'ERP work queue' }]);
		expect(JSON.stringify(channels)).not.toContain(simulators.channelToken);
	});

	test('a write is refused where the product or the attribute does not exist', async () => {
		await start();
		const [some] = held();
		const write = async (primaryId: string, name: string) =>
			await updateProduct(client(), primaryId, { [name]: 'x' }, { style: 'auto', mustExist: false });
		await expect(write('NO-SUCH', 'khaosStatus')).rejects.toMatchObject({ kind: 'notFound', status: 404 });
		await expect(write(some!.primaryId, 'noSuchAttribute')).rejects.toMatchObject({ kind: 'refused', status: 400 });
	});
});

describe('the test of a credential', () => {
	const verify = async (more: Given) => await verifyConnection(credential(more), surroundings);

	test('finds what is right', async () => {
		await start();
		expect(await verify({})).toBe('Connected. The account holds products.');
		expect(await verify({ baseUrl: `${simulators.pimberlyV22Url}/` })).toContain('Connected');
		expect(await verify({ ...channel(), writeToken: simulators.feedToken })).toBe(
			'Connected. The channel holds products.',
		);
	});

	test('tells an empty account, a wrong token, a wrong kind of token and a wrong address apart', async () => {
		await start({ wrongToken: 403 });
		await expect(verify({ token: 'x'.repeat(64) })).rejects.toMatchObject({ kind: 'forbidden' });
		await expect(verify({ token: simulators.channelToken })).rejects.toMatchObject({
			kind: 'settings',
			remedy: expect.stringContaining('Channel'),
		});
		await expect(verify({ writeToken: 'y'.repeat(64) })).rejects.toThrow('The write token');
		await expect(verify({ baseUrl: simulators.pimberlyUrl.replace('/core', '/cor') })).rejects.toMatchObject({
			kind: 'wrongUrl',
		});
		await expect(verify({ baseUrl: simulators.khaosUrl })).rejects.toMatchObject({ kind: 'wrongUrl' });
		await simulators.stop();
		simulators = await startSimulators();
		expect(await verify({})).toBe('Connected. The account holds no products at the moment.');
	});
});
