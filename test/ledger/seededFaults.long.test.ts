import { findDrift } from '../../lib/monitor/drift';
import { findMissingSkus } from '../../lib/monitor/missingSkus';
import { stockCodesOf } from '../../lib/pimberly/stockCodes';
import { generateCatalogue } from '../../simulators/generate';
import { backends } from './story';
import { driftSettings, SyncedShop } from './syncedShop';

const minute = 60_000;
const noWait = async (): Promise<void> => await Promise.resolve();

/** Faults as they happen in the field, made behind the sync's back; each is one exception, and over once it is mended. */
describe.each(backends)('what goes wrong between Pimberly and Khaos is seen, over %s', (backend) => {
	let shop: SyncedShop;
	beforeEach(async () => {
		shop = await SyncedShop.open(backend, generateCatalogue({ simple: 55, families: 12, kits: 4 }, 7), {
			priceAttributes: ['memberPrice'],
		});
		await shop.sync();
		expect(await shop.ledger.exceptions()).toEqual([]);
	});
	afterEach(async () => {
		await shop.close();
	});

	const onSale = new Set<string>();
	/** What the nightly and the quarter-hourly workflows do. */
	const watch = async (): Promise<void> => {
		await shop.ledger.housekeeping();
		const drift = await findDrift(
			{ client: shop.khaos, port: shop.port, drift: shop.ledger.drift, sleep: noWait, now: Date.now },
			driftSettings,
		);
		expect(drift).toMatchObject({ status: 'finished', error: null });
		const codes = await stockCodesOf(shop.pimberly, '');
		await findMissingSkus(
			{ client: shop.khaos, port: shop.port, missing: shop.ledger.missing, sleep: noWait },
			{
				channel: 'Website',
				complete: true,
				orphans: 'ourStockTypes',
				pimberly: { ...codes, holds: async (id) => (await shop.pimberly.product(id)) !== null },
			},
			[...onSale],
		);
		await shop.ledger.monitor.checkHealth();
	};
	const open = async (): Promise<string[]> =>
		(await shop.ledger.exceptions())
			.map(({ type, severity, owner, key, field }) => `${severity} ${owner} ${type} ${key} ${field}`.trim())
			.sort();
	const edit = async (code: string, set: Record<string, string>): Promise<void> =>
		await shop.control('POST', '/khaos/stock', { code, set });
	const save = async (primaryId: string, attributes: Record<string, string>, more: object = {}): Promise<void> =>
		await shop.control('POST', '/products', { products: [{ primaryId, attributes, ...more }] });

	test('twelve faults are twelve exceptions, none is false, and each ends when it is mended', async () => {
		const products = [...shop.simulators.pimberly.all()];
		const simple = products
			.filter(({ attributes }) => attributes['productType'] === 'Simple')
			.map(({ primaryId }) => primaryId);
		const inKit = new Set(
			[...shop.simulators.khaos.kits.values()].flatMap(({ items }) => items.map(({ code }) => code)),
		);
		const [weighed, lost, recoded, recased, deleted, renamed, wanted, costed, ended] = simple.filter(
			(code) => !inKit.has(code),
		) as string[];
		const priced = simple.find(
			(code) =>
				shop.simulators.khaos.priceLists['Trade']!.rows[code] !== undefined && ![weighed, lost, deleted].includes(code),
		)!;
		const kit = [...shop.simulators.khaos.kits.values()].find(({ items }) => items.length > 1)!;
		// What is deleted in Pimberly is on sale: its orphan says all.
		for (const code of [weighed, lost, recased, wanted, ended, deleted]) onSale.add(code!);
		await watch();
		expect(await open()).toEqual([]);
		const before = structuredClone({
			weighed: shop.stockItem(weighed!).fields,
			recoded: shop.stockItem(recoded!).harmonisation,
			recased: shop.stockItem(recased!).fields,
			costed: shop.stockItem(costed!).fields,
			price: shop.simulators.khaos.priceLists['Trade']!.rows[priced]!,
			product: products.find(({ primaryId }) => primaryId === deleted)!,
		});

		await edit(weighed!, { WEIGHT: '9.99' });
		await shop.control('POST', '/khaos/stock', { code: lost, delete: true });
		await edit(recoded!, { 'Harmonisation:Code': '99999999', 'Harmonisation:Country': 'GB' });
		await edit(recased!, {
			SHORT_DESC: before.recased['SHORT_DESC']!.toUpperCase(),
			WEIGHT: `${before.recased['WEIGHT']!}0`,
		});
		await edit(costed!, { BUY_PRICE: '0.01' });
		await edit(ended!, { DISCONTINUED: '-1' });
		await shop.control(
			'POST',
			'/khaos/import/prices',
			`STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\r\n${priced}\t1\t99999\t0.99`,
		);
		await shop.control(
			'POST',
			'/khaos/import/relationships?kind=pack',
			`PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP\r\n${kit.parent}\t${kit.items[0]!.code}\t${kit.items[0]!.qty}\t`,
		);
		onSale.add('GHOST');
		await shop.control('DELETE', `/products/${encodeURIComponent(deleted!)}`, null);
		const readyAttributes = structuredClone(
			products.find(({ primaryId }) => primaryId === weighed)!.attributes,
		) as Record<string, string>;
		await save(renamed!.toLowerCase(), { ...readyAttributes, itemName: 'Another with that code' });
		await save(wanted!, { memberPrice: '5.00' });
		await save('RANGE', { ...readyAttributes, productType: 'VariantParent', readyForErp: 'false' });
		await save('RANGE-RED', { ...readyAttributes, productType: 'Variant' }, { parents: ['RANGE'] });
		await shop.sync();
		shop.story.later(61 * minute);
		await shop.sync();
		await watch();
		expect(await open()).toEqual(
			[
				`high operations attributeDrift ${weighed} WEIGHT`,
				`critical operations missingInKhaos ${lost}`,
				`high finance attributeDrift ${recoded} Harmonisation:Code`,
				`high finance attributeDrift ${costed} BUY_PRICE`,
				`high operations attributeDrift ${ended} DISCONTINUED`,
				`high finance priceMismatch ${priced} | Trade | 1-99999 Trade 1-99999`,
				`high operations kitMismatch ${kit.parent}`,
				'critical operations missingInKhaos GHOST',
				`medium operations orphan ${deleted}`,
				`high ecommerce duplicateStockCode ${renamed} STOCK_CODE`,
				`medium finance unmappedPrice ${wanted} memberPrice`,
				'high ecommerce heldTooLong RANGE-RED',
			].sort(),
		);
		const found = (await shop.ledger.exceptions()).map(({ exceptionId }) => exceptionId).sort();
		// Looked at again, it is the same: nothing twice, also not for the prices of what is held.
		shop.story.later(2 * minute);
		await watch();
		expect((await shop.ledger.exceptions()).map(({ exceptionId }) => exceptionId).sort()).toEqual(found);

		await edit(weighed!, { WEIGHT: before.weighed['WEIGHT']! });
		await edit(recoded!, {
			'Harmonisation:Code': before.recoded[0]!.Code,
			'Harmonisation:Country': before.recoded[0]!.Country,
		});
		await edit(costed!, { BUY_PRICE: before.costed['BUY_PRICE']! });
		await edit(ended!, { DISCONTINUED: '0' });
		await shop.control(
			'POST',
			'/khaos/import/prices',
			`STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\r\n${priced}\t1\t99999\t${before.price['1-99999']}`,
		);
		const rows = kit.items.map(({ code, qty }) => `${kit.parent}\t${code}\t${qty}\t`);
		await shop.control(
			'POST',
			'/khaos/import/relationships?kind=pack',
			['PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP', ...rows].join('\r\n'),
		);
		onSale.delete('GHOST');
		const { primaryId, attributes, classes } = before.product;
		await save(primaryId, attributes as Record<string, string>, { classes });
		await shop.control('DELETE', `/products/${encodeURIComponent(renamed!.toLowerCase())}`, null);
		await save(wanted!, { memberPrice: '' });
		await save('RANGE', { readyForErp: 'true' });
		await findDrift(
			{ client: shop.khaos, port: shop.port, drift: shop.ledger.drift, sleep: noWait, now: Date.now },
			{ ...driftSettings, repair: true },
		);
		await shop.sync();
		// What was late stays so for an hour.
		shop.story.later(61 * minute);
		await shop.poll();
		await watch();
		expect(await open()).toEqual([]);
	}, 120_000);

	test('a token that expired and a Khaos that is stopped are one silent source each', async () => {
		await shop.ledger.monitor.checkHealth();
		const [product] = [...shop.simulators.pimberly.all()].filter(
			({ attributes }) => attributes['productType'] === 'Simple',
		);
		await save(product!.primaryId, { weightKg: '3.3' });
		await shop.poll();
		shop.simulators.control.addFaults([
			{ side: 'khaos', kind: 'drop' },
			{ side: 'pimberly', kind: '401' },
		]);
		shop.khaosIsDown = true;
		for (let look = 0; look < 9; look++) {
			await shop.poll();
			await shop.deliver();
			shop.story.later(5 * minute);
		}
		await shop.ledger.housekeeping();
		await shop.ledger.monitor.checkHealth();
		expect(await open()).toEqual([
			'critical operations sourceSilent Khaos Control',
			'critical operations sourceSilent Pimberly',
		]);
		shop.simulators.control.clearFaults();
		shop.khaosIsDown = false;
		await shop.sync();
		// What had to wait was late; once the hour is over nothing is.
		shop.story.later(61 * minute);
		await shop.poll();
		await shop.ledger.monitor.checkHealth();
		expect(await open()).toEqual([]);
	}, 120_000);
});
