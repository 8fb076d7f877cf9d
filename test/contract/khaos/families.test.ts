import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProfile } from '../../../lib/catalogue/checkProfile';
import { DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';
import { mapProduct } from '../../../lib/catalogue/mapProduct';
import type { MappingProfileInput } from '../../../lib/catalogue/profile';
import { KhaosDelivery } from '../../../lib/khaos/delivery/delivery';
import { addItemsOf } from '../../../lib/ledger/intake/addParts';
import { openLedger, type Ledger } from '../../../lib/ledger/ledger';
import type { Product, Result } from '../../../lib/shapes';
import type { SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { lamp } from '../../unit/catalogue/productsAndProfiles';
import { clientOf } from './kit';

type Variants = MappingProfileInput['variants'];

/** From products to Khaos: the real mapper, ledger and delivery, against a simulated Khaos. */
class Shop {
	private minutes = 0;

	private constructor(
		readonly simulators: Simulators,
		readonly ledger: Ledger,
		private readonly folder: string,
		private readonly variants: Variants,
	) {}

	static async open(variants: Variants = {}, khaos: SettingsInput['khaos'] = {}): Promise<Shop> {
		const simulators = await startSimulators({ settings: { khaos } });
		const folder = mkdtempSync(join(tmpdir(), 'families-'));
		const store = { backend: 'sqlite', file: join(folder, 'ledger.sqlite') } as const;
		const ledger = await openLedger({ store, environment: 'Test' });
		const headings = [
			{ heading: 'Colour', attribute: 'colour' },
			{ heading: 'Size', attribute: 'size' },
		];
		return new Shop(simulators, ledger, folder, { as: 'columns', headings, ...variants });
	}

	async close(): Promise<void> {
		await this.ledger.close();
		await this.simulators.stop();
		rmSync(this.folder, { recursive: true });
	}

	/** Products as Pimberly has them now, each a minute newer than those before. */
	async change(...products: Product[]): Promise<void> {
		this.minutes += 1;
		const dateUpdated = new Date(Date.parse('2026-11-24T09:00:00.000Z') + this.minutes * 60_000).toISOString();
		const profile = parseProfile({ ...DEMO_MAPPING, variants: this.variants });
		await this.ledger.add(
			products.flatMap((product) => addItemsOf(mapProduct({ ...product, dateUpdated, emission: null }, profile))),
		);
	}

	/** Deliver batch after batch until nothing is ready; what became of each, in order. */
	async deliver(): Promise<Result[]> {
		const delivery = new KhaosDelivery({
			client: clientOf(this.simulators.khaosUrl),
			port: this.ledger.deliveryPort('khaos'),
			sleep: async () => await Promise.resolve(),
		});
		const results: Result[] = [];
		for (;;) {
			const batch = await this.ledger.take({ target: 'khaos' });
			if (batch.length === 0) return results;
			const delivered = await delivery.createOrUpdate(batch);
			results.push(...delivered);
			await this.ledger.settle(delivered);
		}
	}

	/** The tables of the import calls since the log was reset: header and rows. */
	get imports(): number[] {
		return this.simulators.control
			.log()
			.filter(({ method }) => method === 'ImportStockTSV')
			.map(({ rows }) => rows ?? 0);
	}

	held(code: string) {
		return this.simulators.khaos.get(code);
	}
}

/** A commodity code is confirmed later, with many others: that is another story. */
const withoutCommodityCode = { commodityCode: '' };
const style = lamp(
	{
		itemName: 'Fell Tee',
		productType: 'VariantParent',
		barcode: '',
		stockType1: 'Clothing',
		stockType2: 'T-Shirts',
		...withoutCommodityCode,
	},
	{ primaryId: 'TEE', items: ['TEE-RED-L', 'TEE-RED-S', 'TEE-BLU-L'] },
);
const child = (code: string, colour: string, size: string, attributes: Record<string, unknown> = {}): Product =>
	lamp(
		{
			itemName: `Tee for the ${colour} team, ${size}`,
			productType: 'Variant',
			colour,
			size,
			barcode: `B-${code}`,
			stockType1: 'Clothing',
			stockType2: 'T-Shirts',
			...withoutCommodityCode,
			...attributes,
		},
		{ primaryId: code, parents: ['TEE'] },
	);
const children = [
	child('TEE-RED-L', 'Red', 'Large'),
	child('TEE-RED-S', 'Red', 'Small'),
	child('TEE-BLU-L', 'Blue', 'Large'),
];

describe('a family with two headings, by the SCS columns', () => {
	let shop: Shop;
	const open = async (...given: Parameters<typeof Shop.open>): Promise<void> => {
		shop = await Shop.open(...given);
	};
	afterEach(async () => await shop.close());

	test('arrives as one: the parent first, then its children in a call of their own, read back equal', async () => {
		await open();
		await shop.change(...children, style, lamp(withoutCommodityCode));
		const results = await shop.deliver();
		expect(results.map(({ status }) => status)).toEqual(Array(5).fill('confirmed'));
		expect(shop.imports).toEqual([2, 3]);
		expect(shop.held('TEE')).toMatchObject({ parentCode: '', fields: { CONTROLLED: '0', SHORT_DESC: 'Fell Tee' } });
		expect(shop.held('TEE-RED-S')).toMatchObject({
			parentCode: 'TEE',
			scs: { suffixes: ['RED', 'S'], descriptions: ['Red', 'Small'] },
			fields: { CONTROLLED: '-1', SHORT_DESC: 'Fell Tee Red Small', BARCODE: expect.any(String) },
			udas: { Colour: 'Red' },
		});
		expect(shop.simulators.control.state().orderViolations).toEqual([]);
		// Everything is known now: the same products again write nothing and ask nothing.
		shop.simulators.control.resetLog();
		await shop.change(...children, style, lamp(withoutCommodityCode));
		expect(await shop.deliver()).toEqual([]);
	});

	test.each([
		['by its own code', 'code'],
		['by the SCS columns', 'columns'],
	] as const)('a changed child is written alone, %s', async (_, updateBy) => {
		await open({ updateBy });
		await shop.change(style, ...children);
		await shop.deliver();
		const others = ['TEE', 'TEE-RED-L', 'TEE-BLU-L'].map((code) => structuredClone(shop.held(code)));
		shop.simulators.control.resetLog();
		await shop.change(child('TEE-RED-S', 'Red', 'Small', { weightKg: '0.21', sellPrice: '31.00' }));
		expect(await shop.deliver()).toMatchObject([{ key: 'TEE-RED-S', status: 'confirmed' }]);
		expect(shop.imports).toEqual([1]);
		expect(shop.held('TEE-RED-S')!.fields).toMatchObject({
			WEIGHT: '0.21',
			SELL_PRICE: '31.00',
			SHORT_DESC: 'Fell Tee Red Small',
		});
		expect(['TEE', 'TEE-RED-L', 'TEE-BLU-L'].map((code) => shop.held(code))).toEqual(others);
	});

	test('a renamed parent writes the parent, and none of its children', async () => {
		await open();
		await shop.change(style, ...children);
		await shop.deliver();
		shop.simulators.control.resetLog();
		await shop.change({ ...style, attributes: { ...style.attributes, itemName: 'Pike Tee' } }, ...children);
		expect(await shop.deliver()).toMatchObject([{ key: 'TEE', status: 'confirmed' }]);
		expect(shop.imports).toEqual([1]);
		await shop.change(child('TEE-GRN-L', 'Green', 'Large'));
		await shop.deliver();
		expect(shop.held('TEE-GRN-L')!.fields.SHORT_DESC).toBe('Pike Tee Green Large');
	});

	test('sixty families go in as few calls as plain items would', async () => {
		await open();
		const families = Array.from({ length: 60 }, (_, at) => {
			const code = `S${at}`;
			const own = { ...style, primaryId: code, items: [`${code}-RED-L`, `${code}-BLU-L`] };
			return [
				own,
				...['RED', 'BLU'].map((colour) => ({
					...child('TEE-X-L', colour, 'Large', { barcode: '' }),
					primaryId: `${code}-${colour}-L`,
					parents: [code],
				})),
			];
		});
		await shop.change(...families.flat());
		const results = await shop.deliver();
		expect(results.filter(({ status }) => status === 'confirmed')).toHaveLength(180);
		expect(shop.imports.reduce((sum, rows) => sum + rows, 0)).toBe(180);
		expect(shop.imports.length).toBeLessThanOrEqual(9);
		expect(shop.simulators.control.log().filter(({ method }) => method === 'GetStockList').length).toBeLessThanOrEqual(
			1,
		);
	});

	test('a row that Khaos refuses is found among its siblings, though its refusal names the parent', async () => {
		await open();
		shop.simulators.control.addFaults([
			{
				side: 'khaos',
				method: 'ImportStockTSV',
				kind: 'rejectRow',
				codes: ['TEE-RED-S'],
				message: 'The size is not known',
			},
		]);
		await shop.change(style, ...children);
		const results = await shop.deliver();
		expect(results.map(({ key, status }) => [key, status])).toEqual([
			['TEE', 'confirmed'],
			['TEE-RED-L', 'confirmed'],
			['TEE-RED-S', 'retry'],
			['TEE-BLU-L', 'confirmed'],
		]);
	});

	test('another separator in Khaos than in the mapper is said, not hidden', async () => {
		await open({}, { scsSeparator: '/' });
		await shop.change(style, children[0]!);
		expect((await shop.deliver()).at(-1)).toMatchObject({
			key: 'TEE-RED-L',
			status: 'retry',
			reason: 'Khaos accepted the SCS row of TEE-RED-L and has no such child of TEE',
			remedy: expect.stringContaining('Suffix Separator'),
		});
	});

	test('a variant that Khaos holds as a plain item is not turned into a child', async () => {
		await open();
		shop.simulators.khaos.obtain('TEE-RED-L').fields.SHORT_DESC = 'Made by hand';
		await shop.change(style, ...children);
		const results = await shop.deliver();
		expect(results.find(({ key }) => key === 'TEE-RED-L')).toMatchObject({
			status: 'failed',
			reason: expect.stringContaining('Khaos holds TEE-RED-L as a plain item'),
			remedy: expect.stringContaining('Send variants as plain items'),
		});
		expect(shop.held('TEE-RED-L')!.fields.SHORT_DESC).toBe('Made by hand');
		expect(shop.held('TEE-RED-S')!.parentCode).toBe('TEE');
	});

	test('a parent that is gone when its child is to be made holds the child', async () => {
		await open();
		await shop.change(style);
		await shop.deliver();
		shop.simulators.khaos.edit({ code: 'TEE', delete: true });
		await shop.change(children[0]!);
		expect(await shop.deliver()).toMatchObject([
			{ status: 'retry', cause: 'unavailable', reason: 'TEE, of which TEE-RED-L is a child, is not in Khaos' },
		]);
		expect(shop.held('TEE-RED-L')).toBeUndefined();
		expect(await shop.ledger.getMany({ limit: 5, kinds: ['stockItem'] })).toMatchObject([
			{ key: 'TEE-RED-L', waitsFor: ['TEE'] },
		]);
	});
});
