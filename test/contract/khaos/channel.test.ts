import { DEMO_KITS_AND_PRICES, DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';
import { mapProduct } from '../../../lib/catalogue/mapProduct';
import { profileSchema } from '../../../lib/catalogue/profile';
import type { ChannelFormat } from '../../../lib/khaos/channel/settings';
import { keyOf, type Change, type Product, type Scs } from '../../../lib/shapes';
import { generateCatalogue } from '../../../simulators/generate';
import type { SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { ChannelSite } from './channelSite';

/** The channel's documents and the ledger's side of it, against the simulated Khaos as their client, over HTTP. */
describe.each<ChannelFormat>(['JSON', 'XML'])('a channel in %s', (format) => {
	let simulators: Simulators;
	let site: ChannelSite;
	const begin = async (settings: SettingsInput['khaos'] = {}, catalogue?: Parameters<typeof startSimulators>[0]) => {
		simulators = await startSimulators({
			...catalogue,
			settings: { khaos: { ...settings, channel: { retryMs: 1, ...settings?.channel } } },
		});
		site = await ChannelSite.open(format);
		site.register(simulators);
	};
	afterEach(async () => {
		await simulators.stop();
		await site.end();
	});

	const item = (
		stockCode: string,
		columns: Record<string, string | null> = {},
		extra: { needs?: string[]; scs?: Scs; version?: string } = {},
	): Change => ({
		kind: 'stockItem',
		key: keyOf(stockCode),
		version: extra.version ?? '2026-11-02T08:59:00.000Z',
		lane: 2,
		changedFields: [],
		needs: (extra.needs ?? []).map((key) => ({ kind: 'stockItem', key })),
		desired: {
			stockCode,
			columns: {
				STOCK_CODE: stockCode,
				CONTROLLED: '-1',
				SHORT_DESC: `Item ${stockCode}`,
				STOCK_TYPE1: 'Lighting',
				STOCK_TYPE2: 'Lamps',
				BUY_PRICE: '12.50',
				SELL_PRICE: '29.99',
				TAX_CODE: '1',
				...columns,
			},
			...(extra.scs ? { scs: extra.scs } : {}),
		},
		source: {
			primaryId: stockCode,
			internalId: `id-${stockCode}`,
			dateUpdated: extra.version ?? '2026-11-02T08:59:00.000Z',
		},
		warnings: [],
	});
	const kit = (
		stockCode: string,
		relation: 'pack' | 'build',
		components: Array<[string, string]>,
		version = '2026-11-02T08:59:00.000Z',
	): Change => ({
		...item(stockCode),
		kind: 'kit',
		version,
		needs: [stockCode, ...components.map(([code]) => code)].map((key) => ({ kind: 'stockItem', key: keyOf(key) })),
		desired: { stockCode, relation, components: components.map(([code, quantity]) => ({ stockCode: code, quantity })) },
	});
	const states = async (): Promise<Record<string, string>> =>
		Object.fromEntries(
			(await site.ledger.getMany({ limit: 1000, kinds: ['stockItem', 'kit', 'price'] })).map(({ kind, key, state }) => [
				`${kind} ${key}`,
				state,
			]),
		);
	const calls = (method: string) => simulators.control.log().filter((call) => call.method === method);

	test('brings awkward items to Khaos whole, and confirms each by what Khaos uploads', async () => {
		await begin({ descriptionCase: 'userRaw' });
		const codes = ['00123', 'A,B', 'SAY "HI"', 'R&B <5 mm>', 'GRÖSSE ½ 漢字', 'X'.repeat(50), "it's"];
		await site.add(
			...codes.map((code) =>
				item(code, {
					SHORT_DESC: `${code} & more`,
					LONG_DESC: '<p>Bright &amp; warm</p>',
					WEIGHT: '1.250',
					BARCODE: '0501',
					OTHER_REF: code,
					DISCONTINUED: '-1',
					TAX_CODE: '4',
				}),
			),
		);
		await site.untilCalm(simulators);
		expect(await states()).toEqual({});
		expect((await site.ledger.stats()).confirmed).toBe(codes.length);
		for (const code of codes) {
			expect(simulators.khaos.get(code)!.fields).toMatchObject({
				SHORT_DESC: `${code} & more`,
				LONG_DESC: '<p>Bright &amp; warm</p>',
				BUY_PRICE: '12.5',
				WEIGHT: '1.25',
				BARCODE: '0501',
				DISCONTINUED: '-1',
				TAX_CODE: '4',
				CONTROLLED: '-1',
			});
		}
	});

	test('asks for the configuration once a day, and again when it is told to forget it', async () => {
		await begin();
		for (let round = 0; round < 3; round += 1) await simulators.channel.cycle();
		expect([calls('Channel.Config').length, calls('Channel.Orders').length]).toEqual([1, 3]);
		simulators.channel.forgetConfig();
		await simulators.channel.cycle();
		expect(calls('Channel.Config')).toHaveLength(2);
	});

	test('sends families in their own structure: the parent first, each child with its values', async () => {
		await begin();
		const scs = (code: string, values: string[], descriptions: string[]): Scs => ({
			by: 'channel',
			headings: ['Colour', 'Size'],
			parentCode: code,
			parentPrimaryId: code,
			values,
			descriptions,
		});
		await site.add(
			item('TEE', { CONTROLLED: '0' }, { scs: scs('', [], []) }),
			item('TEE-RED-L', {}, { needs: ['TEE'], scs: scs('TEE', ['R', 'L'], ['Red', 'Large']) }),
			item('OTHER-CODE', {}, { needs: ['TEE'], scs: scs('TEE', ['B', 'S'], ['Blue', 'Small']) }),
		);
		await site.untilCalm(simulators);
		expect(await states()).toEqual({});
		const parent = simulators.khaos.get('TEE')!;
		expect(parent.scsHeadings).toEqual(['Colour', 'Size']);
		expect(simulators.khaos.scsChildren(parent).map(({ code, scs: family }) => [code, family])).toEqual([
			['TEE-RED-L', { suffixes: ['R', 'L'], descriptions: ['Red', 'Large'] }],
			['OTHER-CODE', { suffixes: ['B', 'S'], descriptions: ['Blue', 'Small'] }],
		]);
		expect(calls('Channel.ProvidedStock').flatMap(({ refused = [] }) => refused)).toEqual([]);
		// Only its place in the family changes: no column shows that, and it is told all the same.
		await site.add(
			item(
				'OTHER-CODE',
				{},
				{ needs: ['TEE'], scs: scs('TEE', ['B', 'M'], ['Blue', 'Medium']), version: '2026-11-02T09:00:00.000Z' },
			),
		);
		await site.untilCalm(simulators);
		expect(simulators.khaos.get('OTHER-CODE')!.scs!.descriptions).toEqual(['Blue', 'Medium']);
		expect(await states()).toEqual({});
	});

	test('sends kits after their components, changes them, and takes them away', async () => {
		await begin();
		await site.add(
			item('SET'),
			item('LAMP'),
			item('BULB'),
			kit('SET', 'pack', [
				['LAMP', '1'],
				['bulb', '2.50'],
			]),
		);
		await site.untilCalm(simulators);
		expect(await states()).toEqual({});
		expect(simulators.khaos.kits.get('SET')).toEqual({
			parent: 'SET',
			type: 'pack',
			items: [
				{ code: 'LAMP', qty: 1 },
				{ code: 'BULB', qty: 2.5 },
			],
		});
		await site.add(kit('SET', 'pack', [['LAMP', '3']], '2026-11-02T09:00:00.000Z'));
		await site.untilCalm(simulators);
		expect(simulators.khaos.kits.get('SET')!.items).toEqual([{ code: 'LAMP', qty: 3 }]);
		await site.add(kit('SET', 'pack', [], '2026-11-02T09:01:00.000Z'));
		await site.untilCalm(simulators);
		expect(simulators.khaos.kits.has('SET')).toBe(false);
		// An item that is told again without a word of its relation keeps it.
		await site.add(kit('SET', 'build', [['LAMP', '1']], '2026-11-02T09:02:00.000Z'));
		await site.untilCalm(simulators);
		await site.add(item('SET', { SHORT_DESC: 'Renamed' }, { version: '2026-11-02T09:03:00.000Z' }));
		await site.untilCalm(simulators);
		expect(simulators.khaos.kits.get('SET')!.type).toBe('build');
	});

	test('adopts what Khaos holds already, and introduces it to the feed when a kit needs it', async () => {
		await begin(
			{},
			{
				khaosSeed: ['LAMP', 'SET'].map((code) => ({
					code,
					set: { ...(item(code).desired as { columns: Record<string, string> }).columns },
				})),
			},
		);
		await simulators.channel.cycle();
		await site.add(item('LAMP'), item('SET'), kit('SET', 'pack', [['LAMP', '2']]));
		await site.untilCalm(simulators);
		expect(await states()).toEqual({});
		expect(simulators.khaos.kits.get('SET')!.items).toEqual([{ code: 'LAMP', qty: 2 }]);
	});

	test.each(['drop', 'applyThenDrop', 'timeout', 'http500', '503', 'truncate'])(
		'comes to the same end with one call in three failing (%s)',
		async (kind) => {
			await begin();
			site.loseAnswers = 2;
			simulators.control.addFaults([{ side: 'khaos', kind, every: 3, hangMs: 1 }]);
			await site.add(item('TEE'), ...Array.from({ length: 60 }, (_, at) => item(`TEE-${at}`, {}, { needs: ['TEE'] })));
			await site.untilCalm(simulators);
			expect(await states()).toEqual({});
			expect(simulators.khaos.count).toBe(61);
			expect(simulators.khaos.orderViolations).toEqual([]);
			expect(await site.ledger.exceptions()).toEqual([]);
		},
	);

	test('an item that Khaos refuses is told again, then fails with what Khaos shows; the others go', async () => {
		await begin({}, { khaosSeed: [{ code: 'LAMP', set: { SHORT_DESC: 'Old lamp', SELL_PRICE: '1' } }] });
		simulators.control.addFaults([
			{
				side: 'khaos',
				method: 'Channel.ProvidedStock',
				codes: ['LAMP'],
				kind: 'rejectRow',
				message: 'The record is locked',
			},
		]);
		await simulators.channel.cycle();
		await site.add(item('LAMP'), item('BULB'));
		await site.untilCalm(simulators);
		// Nothing changed in Khaos, so nothing is uploaded: it stays sent, and in sight.
		expect(await states()).toEqual({ 'stockItem LAMP': 'sent' });
		expect(calls('Channel.ProvidedStock').flatMap(({ refused = [] }) => refused)).toContainEqual({
			code: 'LAMP',
			reason: 'The record is locked',
		});
		simulators.khaos.edit({ code: 'LAMP', set: { WEIGHT: '2' } });
		await simulators.channel.cycle();
		expect(await states()).toMatchObject({ 'stockItem LAMP': expect.stringMatching(/retrying|queued/) });
	});

	test('a desktop that only creates never confirms an update, and says what it shows', async () => {
		await begin({ channel: { updates: 'createOnly' } });
		await site.add(item('LAMP'));
		await site.untilCalm(simulators);
		await site.add(item('LAMP', { SELL_PRICE: '31.00' }, { version: '2026-11-02T09:00:00.000Z' }));
		await site.untilCalm(simulators, 3);
		expect(await states()).toEqual({ 'stockItem LAMP': 'sent' });
	});

	test('what is deleted in Khaos is missing in the ledger', async () => {
		await begin();
		await site.add(item('TEE'));
		await site.untilCalm(simulators);
		simulators.khaos.edit({ code: 'TEE', delete: true });
		expect(await simulators.channel.cycle()).toMatchObject({ deleted: 1, error: null });
		await site.add(item('TEE-RED', {}, { needs: ['TEE'] }));
		expect(await states()).toEqual({ 'stockItem TEE-RED': 'held' });
	});

	test('without the login nothing is handed out', async () => {
		await begin();
		simulators.channel.configure({ url: site.url, user: 'khaos', password: 'guess', everySeconds: null });
		expect((await simulators.channel.cycle()).error).toContain('401');
	});

	test('a whole catalogue arrives, with its families and bundles, and never a child before its parent', async () => {
		const catalogue = generateCatalogue(200, 7);
		await begin({}, { catalogue });
		const profile = profileSchema.parse({ ...DEMO_MAPPING, kits: DEMO_KITS_AND_PRICES.kits });
		const changes = simulators.pimberly.all().flatMap((product) => {
			const mapped = mapProduct(
				{ ...product, emission: null, dateUpdatedIsReadTime: false } as unknown as Product,
				profile,
			);
			return 'changes' in mapped ? mapped.changes : [];
		});
		await site.add(...changes);
		await site.untilCalm(simulators);
		expect(await states()).toEqual({});
		expect(simulators.khaos.orderViolations).toEqual([]);
		expect(simulators.khaos.count).toBe(changes.filter(({ kind }) => kind === 'stockItem').length);
		expect(simulators.khaos.kits.size).toBe(changes.filter(({ kind }) => kind === 'kit').length);
		expect(simulators.khaos.kits.size).toBeGreaterThan(0);
		expect(simulators.khaos.levelWrites).toEqual([]);
	});
});
