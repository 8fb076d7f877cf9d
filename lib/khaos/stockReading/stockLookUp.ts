import { keyOf, type Lane } from '../../shapes';
import type { KhaosClient } from '../webServices/client';
import type { DeliveryPort, StockListRow } from '../delivery/deliveryPort';
import { KhaosFault } from '../webServices/fault';
import { halves } from '../stockImport/importCalls';
import type { KhaosLine } from '../delivery/khaosLine';
import { absent } from './readBack';
import { isOfOneItem } from './stateReader';
import { EXPORT_BATCH, exportBatches, exportStock } from './stockExport';
import { getStockList } from './stockList';
import { recordsByKey, type StockRecord } from './stockRecord';

/** What Khaos holds of some stock codes, by key. */
export interface FoundStock {
	records: Map<string, StockRecord>;
	/** Khaos doesn't hold them. */
	absent: Set<string>;
	/** Khaos holds them, and can't be asked what they are: a comma in a code makes two of it (contract 2.3). */
	listedOnly: Set<string>;
	/** Why nothing is known of them. */
	errors: Map<string, Error>;
}

const STOCK_LIST_MAX_AGE_MS = 15 * 60_000;

/**
 * Reads stock items in as few calls as it takes, each once: 50 a call, a variant inside its SCS parent (contract 2.5). An
 * item that can't be read doesn't hold up the others.
 */
export class StockLookUp {
	private readonly found: FoundStock = {
		records: new Map(),
		absent: new Set(),
		listedOnly: new Set(),
		errors: new Map(),
	};

	private hasFetchedList = false;

	/** @param stockListMaxAgeMs how old a kept stock list may be; with infinity it is the one to go by, whatever it lacks */
	constructor(
		private readonly client: KhaosClient,
		private readonly port: DeliveryPort,
		private readonly line: KhaosLine,
		private readonly lane: Lane,
		private readonly stockListMaxAgeMs = STOCK_LIST_MAX_AGE_MS,
	) {}

	/** Everything read so far, these codes included. */
	async read(stockCodes: string[]): Promise<FoundStock> {
		const asked = this.unknown(stockCodes);
		await this.export(asked.filter((code) => !code.includes(',')));
		const missing = this.unknown(asked);
		if (missing.length > 0) await this.explain(missing);
		return this.found;
	}

	/** The same, where it only matters whether Khaos holds the items: a stock list that is at hand spares most calls. */
	async readPresence(stockCodes: string[]): Promise<FoundStock> {
		const asked = this.unknown(stockCodes);
		if (asked.length === 0) return this.found;
		const age = await this.port.stockListAge();
		const recent = age !== null && age < this.stockListMaxAgeMs;
		if (recent || asked.length > EXPORT_BATCH) {
			const list = recent ? null : await this.fetchList();
			if (recent || list === null) {
				const listed = await this.port.inStockList(asked.map(keyOf));
				for (const key of listed.keys()) this.found.listedOnly.add(key);
			}
		}
		// What the list doesn't have may have come since.
		return await this.read(asked);
	}

	private unknown(stockCodes: string[]): string[] {
		const { records, absent, listedOnly, errors } = this.found;
		const codes = new Map(stockCodes.map((code) => [keyOf(code), code.trim()]));
		for (const key of codes.keys()) {
			if (records.has(key) || absent.has(key) || listedOnly.has(key) || errors.has(key)) codes.delete(key);
		}
		return [...codes.values()];
	}

	private async export(stockCodes: string[]): Promise<void> {
		for (const batch of exportBatches(stockCodes)) await this.exportBatch(batch);
	}

	private async exportBatch(codes: string[], attempts?: number): Promise<void> {
		const outcome = await this.line.read(this.lane, async () => await exportStock(this.client, codes), attempts);
		if (outcome.ok) {
			for (const [key, record] of recordsByKey(outcome.value)) this.found.records.set(key, record);
		} else if (codes.length > 1 && this.line.stopped === null && isOfOneItem(outcome.error)) {
			for (const half of halves(codes)) await this.exportBatch(half, 1);
		} else {
			for (const code of codes) this.found.errors.set(keyOf(code), outcome.error);
		}
	}

	/** Codes that an export didn't show: variants, which come inside their parent, or not there. The stock list says which. */
	private async explain(missing: string[]): Promise<void> {
		const rows = await this.listed(missing);
		if (rows instanceof Error) {
			for (const code of missing) this.found.errors.set(keyOf(code), rows);
			return;
		}
		// At once, before another call: the ledger takes what it hears for read when the last call was made.
		await this.observeAbsent(missing.filter((code) => !rows.has(keyOf(code))));
		const parents = new Map<string, string>();
		for (const code of missing) {
			const row = rows.get(keyOf(code));
			if (row && row.parentCode !== '') parents.set(keyOf(row.parentCode), row.parentCode);
		}
		await this.export([...parents].filter(([key]) => !this.found.records.has(key)).map(([, code]) => code));
		for (const code of missing) {
			const key = keyOf(code);
			const row = rows.get(key);
			if (this.found.records.has(key)) continue;
			const error = row && row.parentCode !== '' ? this.found.errors.get(keyOf(row.parentCode)) : undefined;
			if (error) this.found.errors.set(key, error);
			else if (row && code.includes(',')) this.found.listedOnly.add(key);
			else this.found.absent.add(key);
		}
	}

	/** The ledger learns what is gone: what needs it waits until it is there again. */
	private async observeAbsent(codes: string[]): Promise<void> {
		if (codes.length === 0) return;
		await this.port.observe(new Map(codes.map((code) => [keyOf(code), absent(code)])));
	}

	/**
	 * The stock list's rows of these codes; where the server has no such list, none. A list that was kept is asked again of
	 * Khaos before it says that something isn't there: a variant may have been made since.
	 */
	private async listed(codes: string[]): Promise<Map<string, StockListRow> | Error> {
		const keys = codes.map(keyOf);
		const age = await this.port.stockListAge();
		if (age !== null && age < this.stockListMaxAgeMs) {
			const kept = await this.port.inStockList(keys);
			const isFinal = this.hasFetchedList || this.stockListMaxAgeMs === Number.POSITIVE_INFINITY;
			if (isFinal || keys.every((key) => kept.has(key))) return kept;
		}
		const failure = await this.fetchList();
		if (failure instanceof KhaosFault && failure.kind === 'methodNotFound') return new Map();
		if (failure !== null) return failure;
		return await this.port.inStockList(keys);
	}

	private async fetchList(): Promise<Error | null> {
		const list = await this.line.read(this.lane, async () => await getStockList(this.client), 2);
		if (!list.ok) return list.error;
		await this.port.saveStockList(list.value);
		this.hasFetchedList = true;
		return null;
	}
}
