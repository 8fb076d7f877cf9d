import { DEMO_MAPPING } from '../../lib/catalogue/demoMapping';
import { mapProduct } from '../../lib/catalogue/mapProduct';
import { parseProfile } from '../../lib/catalogue/checkProfile';
import { concurrently } from '../../lib/concurrently';
import type { Request } from '../../lib/http';
import { khaosClientOf, toKhaosConnection } from '../../lib/khaos/webServices/connection';
import { KhaosDelivery } from '../../lib/khaos/delivery/delivery';
import { addItemsOf } from '../../lib/ledger/intake/addParts';
import type { Ledger } from '../../lib/ledger/ledger';
import { PimberlyClient } from '../../lib/pimberly/client';
import { toConnection } from '../../lib/pimberly/connection';
import { hintStep } from '../../lib/pimberly/hintStep';
import { scanStep } from '../../lib/pimberly/scan';
import { resultOf, updateProduct } from '../../lib/pimberly/update';
import type { BatchItem, Lane, Product, Result } from '../../lib/shapes';
import type { Chance } from './chance';
import { DEMO_SCAN } from './demoScan';
import type { Lifetime } from './lifetime';

const KHAOS = 'http://khaos.invalid/KhaosKSD.exe';
const PIMBERLY = { core: 'http://pimberly.invalid/core', 'v2.2': 'http://pimberly.invalid/api/v2.2' };

/** How an installation was set up, for all its processes. */
export interface Setup {
	surface: keyof typeof PIMBERLY;
	feedToken: string;
	maxPerStep: number;
	pageSize: number;
	batchSize: number;
	khaosTakers: Lane[][];
	pimberlyTakers: number;
	profile: ReturnType<typeof parseProfile>;
}

export function newSetup(chance: Chance, feedToken: string): Setup {
	return {
		surface: chance.pick(['core', 'v2.2'] as const),
		feedToken,
		maxPerStep: chance.pick([4, 15, 5_000]),
		pageSize: chance.pick([3, 10, 100]),
		batchSize: chance.pick([2, 7, 30, 100]),
		khaosTakers: chance.pick<Lane[][]>([[[]], [[1], []], [[], []], [[1, 2], [3, 4], []]]),
		pimberlyTakers: chance.whole(1, 2),
		profile: parseProfile(DEMO_MAPPING),
	};
}

/** What happens to executions, other than that their process dies. */
export interface Mishaps {
	/** How often, from 0 (never) on. */
	share: number;
	/** Emissions on their way to Sequencer: Add, to be delivered once more. */
	emissions: Product[][];
	/** People edit a product whose execution stalls. */
	editMeanwhile: (primaryId: string) => void;
	counts: Record<'lostAdds' | 'doubleAdds' | 'lateSettles' | 'doubleSettles' | 'failedExecutions' | 'stalls', number>;
}

export interface ProcessOptions {
	ledger: Ledger;
	life: Lifetime;
	chance: Chance;
	setup: Setup;
	mishaps: Mishaps;
	requests: { pimberly: Request; khaos: Request };
}

/** One n8n with the workflow active: a trigger that polls, executions that map and add, takers that deliver and settle. */
export class SyncProcess {
	/** Scans in a row that reached the end of the list and found nothing. */
	quietScans = 0;

	private readonly pimberly: PimberlyClient;

	constructor(private readonly options: ProcessOptions) {
		const { setup, life, chance, requests } = options;
		this.pimberly = new PimberlyClient(
			toConnection({ baseUrl: PIMBERLY[setup.surface], tokenKind: 'feed', token: setup.feedToken }),
			{ request: life.guard(requests.pimberly), sleep: life.sleep, random: chance.random, now: life.now },
		);
	}

	start(): void {
		const { setup, life } = this.options;
		life.loop(async () => await this.poll());
		for (const lanes of setup.khaosTakers) this.taker(async () => await this.deliverNext(lanes));
		for (let at = 0; at < setup.pimberlyTakers; at += 1) this.taker(async () => await this.tellNext());
		life.loop(async () => await this.deliverTwice());
	}

	private mishap(kind: keyof Mishaps['counts'], likelihood: number): boolean {
		const { mishaps, chance } = this.options;
		if (!chance.happens(likelihood * mishaps.share)) return false;
		mishaps.counts[kind] += 1;
		return true;
	}

	/** Between any two steps time passes, in which a process may die or another may get ahead. */
	private async step(batch: BatchItem[] = []): Promise<void> {
		const { life, chance, mishaps } = this.options;
		if (!this.mishap('stalls', 0.005)) {
			await life.sleep(chance.whole(0, 30));
			return;
		}
		const item = batch.length > 0 && chance.happens(0.7) ? chance.pick(batch) : null;
		if (item !== null)
			life.spawn(async () => {
				await life.sleep(chance.whole(0, 300_000));
				mishaps.editMeanwhile(item.source.primaryId);
			});
		await life.sleep(chance.whole(9, 18) * 60_000);
	}

	/** The same object, with steps around each of its calls. */
	private stepwise<T extends object>(port: T, batch: BatchItem[] = []): T {
		return new Proxy(port, {
			get: (target, name, receiver) => {
				const member: unknown = Reflect.get(target, name, receiver);
				// What goes through the gate has its steps inside.
				if (typeof member !== 'function' || name === 'throughGate') return member;
				return async (...given: unknown[]) => {
					await this.step(batch);
					const answer: unknown = await (member as (...given: unknown[]) => Promise<unknown>).apply(target, given);
					await this.step(batch);
					return answer;
				};
			},
		});
	}

	private async poll(): Promise<void> {
		const { ledger, life, chance, setup } = this.options;
		await life.sleep(chance.whole(15_000, 60_000));
		const { maxPerStep, pageSize } = setup;
		const port = this.stepwise(ledger.scanPort('delta'));
		const outcome = await scanStep(
			{ client: this.pimberly, port, now: life.now, budgetMs: 48_000 },
			{ ...DEMO_SCAN, maxPerStep, pageSize },
		).catch(() => null);
		// As the trigger does: an error of the scan ends the poll, and what it found goes together with what was notified.
		if (outcome === null) return;
		const scanned = outcome.status === 'done' ? outcome.products : [];
		const read = new Map(scanned.map(({ primaryId, dateUpdated }) => [primaryId, dateUpdated]));
		const notified = await this.readNotified();
		const products = [
			...scanned,
			...notified.filter((product) => (read.get(product.primaryId) ?? '') < product.dateUpdated),
		];
		if (products.length > 0) {
			this.quietScans = 0;
			life.spawn(async () => await this.execute(products));
		} else if (outcome.status === 'done' && outcome.complete) this.quietScans += 1;
	}

	/** Products of notifications that are due, and variants whose parents changed. */
	private async readNotified(): Promise<Product[]> {
		const { ledger, life } = this.options;
		const port = this.stepwise(ledger.hints);
		const relations = this.stepwise(ledger.scanPort('delta'));
		const deps = { client: this.pimberly, port, relations, now: life.now, budgetMs: 20_000 };
		return await hintStep(deps, DEMO_SCAN, 100).then(
			({ products }) => products,
			() => [],
		);
	}

	/** The execution that a poll started. */
	private async execute(products: Product[]): Promise<void> {
		const { life, chance, mishaps } = this.options;
		mishaps.emissions.push(products);
		if (mishaps.emissions.length > 20) mishaps.emissions.shift();
		if (this.mishap('lostAdds', 0.08)) return;
		if (this.mishap('doubleAdds', 0.1)) life.spawn(async () => await this.add(products, chance.whole(0, 900_000)));
		await this.add(products, chance.whole(0, 400));
	}

	private async add(products: Product[], afterMs: number): Promise<void> {
		const { ledger, life, setup } = this.options;
		await life.sleep(afterMs);
		const items = products.flatMap((product) => addItemsOf(mapProduct(product, setup.profile)));
		await this.step();
		await ledger.add(items);
	}

	/** Somebody runs an old execution once more. */
	private async deliverTwice(): Promise<void> {
		const { life, chance, mishaps } = this.options;
		await life.sleep(chance.whole(60_000, 300_000));
		if (mishaps.emissions.length > 0 && this.mishap('doubleAdds', 0.3))
			await this.add(chance.pick(mishaps.emissions), 0);
	}

	/** Look for work again and again, less often while there is none. */
	private taker(work: () => Promise<boolean>): void {
		const { life, chance } = this.options;
		let idleMs = 500;
		life.loop(async () => {
			await life.sleep(chance.whole(1, idleMs));
			idleMs = (await work()) ? 500 : Math.min(idleMs * 2, 30_000);
		});
	}

	private async deliverNext(lanes: Lane[]): Promise<boolean> {
		const { ledger, life, requests, setup, chance } = this.options;
		const batch = await ledger.take({
			target: 'khaos',
			lanes,
			limit: setup.batchSize,
			quietMs: chance.pick([0, 2_000]),
		});
		if (batch.length === 0) return false;
		const request = life.guard(requests.khaos);
		const client = khaosClientOf(toKhaosConnection({ url: KHAOS }), request, life.now);
		const port = this.stepwise(ledger.deliveryPort(KHAOS), batch);
		const delivery = new KhaosDelivery({ client, port, sleep: life.sleep });
		await this.run(batch, async () => await delivery.createOrUpdate(batch));
		return true;
	}

	private async tellNext(): Promise<boolean> {
		const { ledger, setup } = this.options;
		const batch = await ledger.take({ target: 'pimberly', limit: setup.batchSize });
		if (batch.length === 0) return false;
		await this.run(batch, async () => await concurrently(batch, 4, async (item) => await this.tell(item)));
		return true;
	}

	private async tell(item: BatchItem): Promise<Result> {
		const { ledger } = this.options;
		const { status, message, date, stockId, primaryId } = item.desired;
		const values = {
			khaosStatus: status,
			khaosStatusMessage: message,
			khaosStatusDate: date,
			khaosStockId: stockId,
		};
		await this.step([item]);
		const port = this.stepwise(ledger.statuses, [item]);
		const options = {
			style: 'auto',
			mustExist: false,
			mayWrite: async () => await port.beginWrite({ changeId: item.changeId, token: item.lease.token }),
		} as const;
		return await updateProduct(this.pimberly, String(primaryId), values, options).then(
			() => resultOf(item, null),
			(error: Error) => resultOf(item, error as Parameters<typeof resultOf>[1]),
		);
	}

	/** An execution with a batch: it works, settles (late, or twice, or never), and what is left of the batch is released. */
	private async run(batch: BatchItem[], work: () => Promise<Result[]>): Promise<void> {
		// As the Sequencer Trigger does: when the lease is over, the next batch starts beside what is left of this one.
		const { ledger, life } = this.options;
		await life.atMost(ledger.settings.leaseMs + 1_000, async () => await this.workOff(batch, work));
	}

	private async workOff(batch: BatchItem[], work: () => Promise<Result[]>): Promise<void> {
		const { ledger, life, chance } = this.options;
		await this.step(batch);
		const token = batch[0]!.lease.token;
		if (this.mishap('failedExecutions', 0.04)) {
			await ledger.release(token, 'The execution failed before it did anything');
			return;
		}
		const results = await work();
		await this.step();
		if (this.mishap('failedExecutions', 0.03)) {
			await ledger.release(token, 'The execution failed after its work was done');
			return;
		}
		if (this.mishap('lateSettles', 0.04)) {
			life.spawn(async () => {
				await life.sleep(chance.whole(1, 25) * 60_000);
				await ledger.settle(results);
			});
			return;
		}
		await ledger.settle(results);
		if (this.mishap('doubleSettles', 0.1)) {
			await this.step();
			await ledger.settle(results);
		}
	}
}
