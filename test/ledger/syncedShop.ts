import { mapProduct } from '../../lib/catalogue/mapProduct';
import { parseProfile } from '../../lib/catalogue/checkProfile';
import { DEMO_KITS_AND_PRICES, DEMO_MAPPING } from '../../lib/catalogue/demoMapping';
import { concurrently } from '../../lib/concurrently';
import { fetchRequest } from '../../lib/fetchRequest';
import { khaosClientOf, toKhaosConnection } from '../../lib/khaos/webServices/connection';
import type { KhaosClient } from '../../lib/khaos/webServices/client';
import { KhaosDelivery } from '../../lib/khaos/delivery/delivery';
import { kitFiles } from '../../lib/khaos/kits/kitFile';
import { cloudPriceFiles } from '../../lib/khaos/prices/priceFile';
import type { MappingProfile } from '../../lib/catalogue/profile';
import { addItemsOf } from '../../lib/ledger/intake/addParts';
import type { DriftSettings } from '../../lib/monitor/driftSettings';
import { defaultTolerance } from '../../lib/monitor/tolerance';
import { PimberlyClient } from '../../lib/pimberly/client';
import { toConnection } from '../../lib/pimberly/connection';
import { scanStep, type ScanSettings } from '../../lib/pimberly/scan';
import { resultOf, updateProduct } from '../../lib/pimberly/update';
import type { BatchItem, DesiredKit, DesiredPrice, Result } from '../../lib/shapes';
import { DEMO_SCAN } from '../../scripts/simulation/demoScan';
import type { Catalogue } from '../../simulators/catalogue';
import type { StockItem } from '../../simulators/khaos/store';
import { startSimulators, type Simulators } from '../../simulators/start';
import { beginStory, confirmed, result, type Backend, type Story } from './story';

const SCAN: ScanSettings = { ...DEMO_SCAN, maxPerStep: 5_000, pageSize: 100 };
/** As the nightly check is set up. */
export const driftSettings: DriftSettings = {
	name: 'nightly',
	since: null,
	tolerance: defaultTolerance,
	kits: true,
	prices: true,
	commodityCodes: true,
	pricesWithoutPimberly: true,
	buildsShown: 'never',
	priceLists: {},
	repair: false,
	mostItems: null,
	budgetMs: 60_000,
	khaosTime: (iso) => iso.slice(0, 19),
};
const noWait = async (): Promise<void> => await Promise.resolve();

/** A shop that is synced: simulated Pimberly and Khaos over real HTTP, a real ledger, and what the workflows do. */
export class SyncedShop {
	private constructor(
		readonly story: Story,
		readonly simulators: Simulators,
		private readonly profile: MappingProfile,
	) {}

	/**
	 * `priceAttributes`: further attributes that hold prices, and that no row of the mapping sends anywhere. `mapping`: another
	 * one altogether.
	 */
	static async open(
		backend: Backend,
		catalogue: Catalogue,
		{ priceAttributes = [], mapping }: { priceAttributes?: string[]; mapping?: MappingProfile } = {},
	): Promise<SyncedShop> {
		const story = await beginStory(backend);
		story.now = Date.now();
		const { kits, prices } = DEMO_KITS_AND_PRICES;
		const profile = parseProfile({
			...DEMO_MAPPING,
			kits,
			prices: { ...prices, priceAttributes: [...prices.priceAttributes, ...priceAttributes] },
		});
		return new SyncedShop(story, await startSimulators({ catalogue, hangMs: 200 }), mapping ?? profile);
	}

	async close(): Promise<void> {
		await this.simulators.stop();
		await this.story.end();
	}

	get ledger() {
		return this.story.ledger;
	}

	get khaos(): KhaosClient {
		const connection = toKhaosConnection({ url: this.simulators.khaosUrl, timeoutSeconds: 5 });
		return khaosClientOf(connection, fetchRequest, () => this.story.now);
	}

	get port() {
		return this.ledger.deliveryPort('https://erp.example');
	}

	get pimberly(): PimberlyClient {
		const connection = toConnection({
			baseUrl: this.simulators.pimberlyUrl,
			tokenKind: 'feed',
			token: this.simulators.feedToken,
		});
		return new PimberlyClient(connection, {
			request: fetchRequest,
			sleep: noWait,
			random: () => 0.5,
			now: () => this.story.now,
		});
	}

	/** A control call, as a person behind the sync's back. */
	async control(method: 'POST' | 'DELETE', path: string, body: unknown): Promise<void> {
		const text = typeof body === 'string' ? body : JSON.stringify(body);
		const answer = await fetch(`${this.simulators.controlUrl}${path}`, {
			method,
			...(method === 'POST' ? { body: text } : {}),
		});
		if (!answer.ok) throw new Error(await answer.text());
	}

	/** One poll of the trigger, and the execution that it starts. */
	async poll(): Promise<void> {
		this.story.now = Math.max(this.story.now, Date.now());
		const outcome = await scanStep(
			{ client: this.pimberly, port: this.ledger.scanPort('delta'), now: () => this.story.now, budgetMs: 30_000 },
			SCAN,
		).catch(() => null);
		if (outcome?.status !== 'done') return;
		await this.ledger.add(outcome.products.flatMap((product) => addItemsOf(mapProduct(product, this.profile))));
	}

	/** Everything that can go to Khaos now; a person imports the files at once. */
	async deliver(): Promise<void> {
		for (;;) {
			const batch = await this.ledger.take({ target: 'khaos', limit: 100 });
			if (batch.length === 0) return;
			const items = batch.filter(({ kind }) => kind === 'stockItem');
			const delivery = new KhaosDelivery({ client: this.khaos, port: this.port, sleep: noWait });
			if (items.length > 0) await this.ledger.settle(await delivery.createOrUpdate(items));
			await this.importFiles(batch.filter(({ kind }) => kind !== 'stockItem'));
			if (this.khaosIsDown) return;
		}
	}

	khaosIsDown = false;

	private async importFiles(batch: BatchItem[]): Promise<void> {
		const kits = batch
			.filter(({ kind }) => kind === 'kit')
			.map((item) => ({ item, kit: item.desired as unknown as DesiredKit }));
		const prices = batch
			.filter(({ kind }) => kind === 'price')
			.map((item) => ({ item, price: item.desired as unknown as DesiredPrice }));
		const kitImport = kitFiles(kits, 'desktop');
		for (const { kind, content } of kitImport.files) {
			await this.control('POST', `/khaos/import/relationships?kind=${kind === 'build' ? 'build' : 'pack'}`, content);
		}
		const priceImport = cloudPriceFiles(prices);
		for (const { content } of priceImport.files) await this.control('POST', '/khaos/import/prices', content);
		const refused = [...kitImport.refused, ...priceImport.refused].map(({ entry }) => entry.item.changeId);
		await this.ledger.settle(
			batch.map((item) =>
				refused.includes(item.changeId) ? result(item, 'failed', { reason: 'Refused.' }) : confirmed(item),
			),
		);
	}

	/** Write what Pimberly is to be told. */
	async tell(): Promise<void> {
		for (;;) {
			const batch = await this.ledger.take({ target: 'pimberly', limit: 100 });
			if (batch.length === 0) return;
			const tell = async (item: BatchItem): Promise<Result> => {
				const { status, message, date, stockId, primaryId } = item.desired;
				const values = {
					khaosStatus: status,
					khaosStatusMessage: message,
					khaosStatusDate: date,
					khaosStockId: stockId,
				};
				return await updateProduct(this.pimberly, String(primaryId), values, { style: 'auto', mustExist: false }).then(
					() => resultOf(item, null),
					(error: Error) => resultOf(item, error as Parameters<typeof resultOf>[1]),
				);
			};
			await this.ledger.settle(await concurrently(batch, 4, tell));
		}
	}

	/** Until nothing is left to do. */
	async sync(): Promise<void> {
		for (let round = 0; round < 2; round++) {
			await this.poll();
			await this.deliver();
			this.story.later(6_000);
			await this.deliver();
			await this.tell();
		}
	}

	statusOf(primaryId: string): unknown {
		return this.simulators.pimberly.all().find((product) => product.primaryId === primaryId)?.attributes['khaosStatus'];
	}

	stockItem(code: string): StockItem {
		return [...this.simulators.khaos.all()].find((item) => item.code === code)!;
	}

	callsToKhaos(): string[] {
		return this.simulators.control
			.log()
			.filter((call) => call.side === 'khaos')
			.map((call) => call.method);
	}
}
