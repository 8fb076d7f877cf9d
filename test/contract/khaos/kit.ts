import { fetchRequest } from '../../../lib/fetchRequest';
import type { Request } from '../../../lib/http';
import { KhaosClient } from '../../../lib/khaos/webServices/client';
import { KhaosDelivery } from '../../../lib/khaos/delivery/delivery';
import type { AwaitingHarmonisation, DeliveryPort, StockListRow } from '../../../lib/khaos/delivery/deliveryPort';
import { endpointOf } from '../../../lib/khaos/webServices/endpoint';
import { keyOf, type BatchItem, type ColumnSettings, type ReadBack, type Result } from '../../../lib/shapes';
import type { Simulators } from '../../../simulators/start';

/** What a ledger remembers of deliveries, in memory: as the real one, but for one test. */
export class Memory implements DeliveryPort {
	readonly records = new Map<string, ReadBack>();
	readonly doubtful = new Set<string>();
	/** Changes that another execution took over. */
	readonly lost = new Set<string>();
	readonly laneOfCalls: number[] = [];
	list: Map<string, StockListRow> | null = null;
	listAge = 0;
	more = false;
	awaiting: AwaitingHarmonisation[] = [];
	settled: Map<string, string[]> | null = null;
	private readonly keys = new Map<string, string>();

	know(items: BatchItem[]): void {
		for (const item of items) this.keys.set(item.changeId, item.key);
	}

	throughGate = async <T>(lane: number, call: () => Promise<T>): Promise<T> => {
		this.laneOfCalls.push(lane);
		return await call();
	};

	beginWrite = async (changes: Array<{ changeId: string; token: string }>): Promise<Set<string>> => {
		const ours = changes.filter(({ changeId }) => !this.lost.has(changeId));
		for (const { changeId } of ours) this.doubtful.add(this.keys.get(changeId)!);
		return await Promise.resolve(new Set(ours.map(({ changeId }) => changeId)));
	};

	uncertain = async (keys: string[]): Promise<Set<string>> =>
		await Promise.resolve(new Set(keys.filter((key) => this.doubtful.has(key))));

	observe = async (observations: Map<string, ReadBack>): Promise<void> => {
		for (const [key, readBack] of observations) {
			this.records.set(key, readBack);
			this.doubtful.delete(key);
		}
		await Promise.resolve();
	};

	stockListAge = async (): Promise<number | null> => await Promise.resolve(this.list === null ? null : this.listAge);

	saveStockList = async (rows: StockListRow[]): Promise<void> => {
		this.list = new Map(rows.map((row) => [keyOf(row.stockCode), row]));
		await Promise.resolve();
	};

	inStockList = async (keys: string[]): Promise<Map<string, StockListRow>> =>
		await Promise.resolve(new Map([...(this.list ?? [])].filter(([key]) => keys.includes(key))));

	moreReady = async (): Promise<boolean> => await Promise.resolve(this.more);

	awaitingHarmonisation = async () => await Promise.resolve({ changes: this.awaiting, oldestMs: 0 });

	settleHarmonisation = async (codes: Map<string, string[]>): Promise<void> => {
		this.settled = codes;
		await Promise.resolve();
	};
}

/** Columns of a lamp that Khaos takes. */
export const lamp = (code: string, more: Record<string, string | null> = {}): Record<string, string | null> => ({
	STOCK_CODE: code,
	CONTROLLED: '-1',
	SHORT_DESC: `Lamp ${code}`,
	STOCK_TYPE1: 'Lighting',
	STOCK_TYPE2: 'Desk Lamps',
	BUY_PRICE: '12.50',
	SELL_PRICE: '29.99',
	TAX_CODE: '1',
	...more,
});

export interface ItemOptions {
	settings?: Record<string, ColumnSettings>;
	purpose?: BatchItem['purpose'];
	confirmed?: ReadBack | null;
	attempt?: number;
}

export const itemOf = (columns: Record<string, string | null>, options: ItemOptions = {}): BatchItem => {
	const stockCode = columns.STOCK_CODE!;
	const when = '2026-11-24T09:00:00.000Z';
	return {
		kind: 'stockItem',
		key: keyOf(stockCode),
		version: when,
		lane: 4,
		changedFields: [],
		needs: [],
		desired: { stockCode, columns, ...(options.settings ? { settings: options.settings } : {}) },
		source: { primaryId: stockCode, internalId: stockCode, dateUpdated: when },
		warnings: [],
		changeId: `change-${stockCode}`,
		lease: { token: 'lease-1', until: when },
		attempt: options.attempt ?? 1,
		confirmed: options.confirmed ?? null,
		...(options.purpose ? { purpose: options.purpose } : {}),
	};
};

export const clientOf = (
	url: string,
	request: Request = fetchRequest,
	timeoutMs = 5_000,
	compressedExports = false,
): KhaosClient =>
	new KhaosClient({ endpoint: endpointOf(url), request, timeoutMs, compressedExports, now: () => Date.now() });

/** A batch's way to the simulated Khaos and back. */
export class Delivery {
	readonly memory = new Memory();
	readonly slept: number[] = [];

	constructor(
		readonly simulators: Simulators,
		private readonly timeoutMs = 5_000,
	) {}

	private get delivery(): KhaosDelivery {
		return new KhaosDelivery({
			client: clientOf(this.simulators.khaosUrl, fetchRequest, this.timeoutMs),
			port: this.memory,
			sleep: async (ms) => {
				this.slept.push(ms);
				await Promise.resolve();
			},
		});
	}

	async send(...items: BatchItem[]): Promise<Result[]> {
		this.memory.know(items);
		const results = await this.delivery.createOrUpdate(items);
		// As the ledger does when they are settled.
		await this.memory.observe(
			new Map(results.flatMap(({ key, readBack }): Array<[string, ReadBack]> => (readBack ? [[key!, readBack]] : []))),
		);
		return results;
	}

	async confirm(...items: BatchItem[]): Promise<Result[]> {
		return await this.delivery.confirm(items);
	}

	/** The item as the ledger would hand it out again. */
	again(item: BatchItem, columns: Record<string, string | null> = {}): BatchItem {
		const desired = item.desired as { columns: Record<string, string | null> };
		return {
			...item,
			desired: { ...item.desired, columns: { ...desired.columns, ...columns } },
			confirmed: this.memory.records.get(item.key) ?? null,
		};
	}

	/** Methods called since the log was reset, in order. */
	get calls(): string[] {
		return this.simulators.control
			.log()
			.filter((call) => call.side === 'khaos')
			.map((call) => call.method);
	}

	count(method: string): number {
		return this.calls.filter((called) => called === method).length;
	}
}

export const statuses = (results: Result[]): Record<string, number> => {
	const counts: Record<string, number> = {};
	for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
	return counts;
};
