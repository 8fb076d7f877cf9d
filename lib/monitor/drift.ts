import type { NewException } from '../ledger/exceptions/exceptions';
import { priceDifferences, priceReadBackOf, rowsByKey } from '../khaos/prices/prices';
import { getPriceLists, PriceListReader, type PriceList, type PriceRow } from '../khaos/prices/priceLists';
import { KhaosFault } from '../khaos/webServices/fault';
import { getHarmonisationCodes } from '../khaos/stockReading/harmonisation';
import { KhaosLine, type Outcome } from '../khaos/delivery/khaosLine';
import { compareKit, isEqualKit, kitDifferences, kitReadBackOf } from '../khaos/kits/kits';
import { absent } from '../khaos/stockReading/readBack';
import { EXPORT_BATCH } from '../khaos/stockReading/stockExport';
import { getStockList } from '../khaos/stockReading/stockList';
import { StockLookUp } from '../khaos/stockReading/stockLookUp';
import type { StockRecord } from '../khaos/stockReading/stockRecord';
import { keyOf, LANES, type Difference, type Kind } from '../shapes';
import { drifted, kitDrift, missing, priceDrift, priceOnlyInKhaos, unknownList } from './driftFindings';
import type { DriftItem, DriftOutcome, DriftPrice, DriftRun } from './driftPort';
import type { DriftDeps, DriftFinding, DriftReport, DriftSettings } from './driftSettings';
import { readBackOfItem, saysYes } from './itemInKhaos';
import { driftOfItem } from './tolerance';

/** Records that are read from the ledger at once. */
const page = 200;
const pricePage = 1_000;

/**
 * Compare what Khaos holds with what was confirmed, and write every difference down as an exception; what is equal again
 * resolves its own. One list, one call for all commodity codes, one export for fifty items and one call a price list. Each
 * step is in the ledger before the next begins, so a check that is cut goes on where it was.
 *
 * Never throws for an error of Khaos: the report says that the check was cut, and why.
 */
export async function findDrift(deps: DriftDeps, settings: DriftSettings): Promise<DriftReport> {
	const run = await deps.drift.begin(settings.name, { since: settings.since });
	if (run === null) return { status: 'busy' };
	const check = new DriftCheck(deps, settings, run);
	return await check.goOn();
}

class Cut extends Error {
	constructor(readonly reason: Error | null) {
		super('The check was cut');
	}
}

interface Pending {
	item: DriftItem;
	/** When it was read from the ledger. */
	readAt: number;
}

class DriftCheck {
	private readonly line: KhaosLine;
	private readonly findings: DriftFinding[] = [];
	private readonly notes: string[] = [];
	private readonly startedAt: number;
	private itemsHere = 0;
	/** Items that were read from the ledger and not compared yet. */
	private readonly pending: Pending[] = [];

	constructor(
		private readonly deps: DriftDeps,
		private readonly settings: DriftSettings,
		private readonly run: DriftRun,
	) {
		const { port } = deps;
		this.line = new KhaosLine(
			{
				...port,
				throughGate: async (lane, call) => {
					run.counts.calls++;
					return await port.throughGate(lane, call);
				},
			},
			deps.sleep,
		);
		this.startedAt = deps.now();
	}

	async goOn(): Promise<DriftReport> {
		const { drift } = this.deps;
		const { run } = this;
		try {
			if (run.position.phase === 'list') await this.readList();
			if (run.position.phase === 'codes') await this.readCodes();
			if (run.position.phase === 'items') await this.compareItems();
			if (run.position.phase === 'prices') await this.comparePrices();
			await drift.move(run, run.position, run.counts, true);
			return { status: 'finished', run, findings: this.findings, error: null, notes: this.notes };
		} catch (error) {
			await drift.move(run, run.position, run.counts, true).catch(() => undefined);
			if (!(error instanceof Cut)) throw error;
			return { status: 'cut', run, findings: this.findings, error: error.reason, notes: this.notes };
		}
	}

	private async read<T>(call: () => Promise<T>): Promise<Outcome<T>> {
		return await this.line.read(LANES.descriptive, call);
	}

	private async kept(moved: Promise<boolean>): Promise<void> {
		if (!(await moved)) throw new Cut(new Error('Another execution went on with this check'));
	}

	private stopIfDue(): void {
		const { mostItems, budgetMs } = this.settings;
		if (mostItems !== null && this.itemsHere >= mostItems) throw new Cut(null);
		if (this.deps.now() - this.startedAt >= budgetMs) throw new Cut(null);
	}

	private async readList(): Promise<void> {
		const { client, port, drift } = this.deps;
		const { run, settings } = this;
		const { since } = run.scope;
		const list = await this.read(
			async () => await getStockList(client, ...(since === null ? [] : [settings.khaosTime(since)])),
		);
		if (!list.ok) throw new Cut(list.error);
		run.position = { ...run.position, phase: settings.commodityCodes ? 'codes' : 'items' };
		if (since === null) {
			await port.saveStockList(list.value);
			await this.kept(drift.move(run, run.position, run.counts));
		} else {
			await this.kept(drift.keepListed(run, list.value, run.position, run.counts));
		}
	}

	private async readCodes(): Promise<void> {
		const { client, drift } = this.deps;
		const { run } = this;
		run.position = { ...run.position, phase: 'items' };
		if (!(await drift.hasCommodityCodes())) {
			await this.kept(drift.move(run, run.position, run.counts));
			return;
		}
		const codes = await this.read(async () => await getHarmonisationCodes(client));
		if (codes.ok) {
			run.position = { ...run.position, codes: true };
			await this.kept(drift.keepCodes(run, codes.value, run.position, run.counts));
		} else if (codes.error instanceof KhaosFault && codes.error.kind === 'methodNotFound') {
			this.notes.push('Commodity codes were not compared: this Khaos Control has no method that shows them.');
			await this.kept(drift.move(run, run.position, run.counts));
		} else {
			run.position = { ...run.position, phase: 'codes' };
			throw new Cut(codes.error);
		}
	}

	private async compareItems(): Promise<void> {
		const { drift } = this.deps;
		const { run } = this;
		for (;;) {
			this.stopIfDue();
			const batch = await this.nextBatch();
			if (batch.length === 0) break;
			await this.compareBatch(
				batch.map(({ item }) => item),
				Math.min(...batch.map(({ readAt }) => readAt)),
			);
		}
		run.position = { ...run.position, phase: this.settings.prices ? 'prices' : 'done', after: 0 };
		await this.kept(drift.move(run, run.position, run.counts));
	}

	/** As many items as one export takes: fifty codes, variants by their parent's. */
	private async nextBatch(): Promise<Pending[]> {
		const { pending, run } = this;
		const codes = new Set<string>();
		for (let at = 0; ; at++) {
			if (at === pending.length) {
				const after = pending.at(-1)?.item.recordId ?? run.position.after;
				const { items, readAt } = await this.deps.drift.nextItems(run, after, page);
				if (items.length === 0) return pending.splice(0, at);
				pending.push(...items.map((item) => ({ item, readAt })));
			}
			const { item } = pending[at]!;
			if (!item.busy) codes.add(keyOf(item.exportCode));
			if (codes.size > EXPORT_BATCH) return pending.splice(0, at);
		}
	}

	private async compareBatch(items: DriftItem[], readAt: number): Promise<void> {
		const { run, deps, settings } = this;
		const compared = items.filter((item) => !item.busy);
		const records = await this.exported(compared);
		const outcome = this.emptyOutcome(readAt);
		outcome.position = { ...run.position, after: items.at(-1)!.recordId };
		outcome.counts.items += items.length;
		outcome.counts.skipped += items.length - compared.length;
		for (const item of compared) this.judgeItem(item, records, outcome);
		if (settings.repair) outcome.counts.requeued += outcome.repair.length;
		else outcome.repair = [];
		run.position = outcome.position;
		run.counts = outcome.counts;
		await this.kept(deps.drift.record(run, outcome));
		this.itemsHere += items.length;
	}

	/** What Khaos shows of these items; null of one that it does not hold; not there at all: nothing is known of it. */
	private async exported(items: DriftItem[]): Promise<Map<string, StockRecord | null>> {
		const { client, port } = this.deps;
		const counted = { ...port, throughGate: port.throughGate };
		const look = new StockLookUp(client, counted, this.line, LANES.descriptive, Number.POSITIVE_INFINITY);
		await look.read([...new Map(items.map((item) => [keyOf(item.exportCode), item.exportCode])).values()]);
		// A variant that is not in the parent it was in: asked for by its own code, and by the list.
		const found = await look.read(items.map((item) => item.desired.stockCode));
		if (this.line.stopped !== null) throw new Cut(this.line.stopped);
		const records = new Map<string, StockRecord | null>();
		for (const { key } of items) {
			const record = found.records.get(key);
			if (record !== undefined) records.set(key, saysYes(record, 'DELETED') ? null : record);
			else if (found.absent.has(key)) records.set(key, null);
		}
		const unread = [...found.errors.values()];
		if (unread.length > 0) this.note(`Some items could not be read: ${unread[0]!.message}`);
		return records;
	}

	private note(text: string): void {
		if (!this.notes.includes(text)) this.notes.push(text);
	}

	private judgeItem(item: DriftItem, records: Map<string, StockRecord | null>, outcome: DriftOutcome): void {
		const record = records.get(item.key);
		// Of what was listed as revised nobody can say that it is gone.
		if (record === undefined || (record === null && this.run.scope.since !== null)) {
			outcome.counts.skipped++;
			return;
		}
		outcome.checked.push({ kind: 'stockItem', key: item.key });
		if (item.orphaned) {
			if (record === null || saysYes(record, 'DISCONTINUED')) outcome.orphansGone.push(item.key);
			return;
		}
		if (record === null) {
			outcome.observations.set(item.key, absent(item.desired.stockCode));
			// What Pimberly has discontinued may be gone.
			if (item.desired.columns['DISCONTINUED'] === '-1') return;
			outcome.counts.missing++;
			outcome.repair.push({ kind: 'stockItem', key: item.key });
			this.found(outcome, 'stockItem', [], missing(item));
			return;
		}
		const readBack = readBackOfItem(item, record);
		outcome.observations.set(item.key, readBack);
		const differences = driftOfItem(item.desired, readBack, this.settings.tolerance);
		for (const difference of differences) this.found(outcome, 'stockItem', [difference], drifted(item, difference));
		if (differences.length > 0) {
			outcome.counts.different++;
			outcome.repair.push({ kind: 'stockItem', key: item.key });
		}
		if (item.kit !== null && this.settings.kits) this.judgeKit(item, record, outcome);
	}

	private judgeKit(item: DriftItem, record: StockRecord, outcome: DriftOutcome): void {
		const kit = item.kit!;
		const { buildsShown } = this.settings;
		if (kit.relation === 'build' && buildsShown === 'never') {
			this.note('Builds were not compared: Khaos Control’s web services show packs only.');
			return;
		}
		outcome.counts.kits++;
		outcome.checked.push({ kind: 'kit', key: item.key });
		const comparison = compareKit(kit, kitReadBackOf(record, buildsShown));
		if (isEqualKit(comparison)) return;
		const differences = kitDifferences(comparison);
		outcome.counts.different++;
		outcome.repair.push({ kind: 'kit', key: item.key });
		this.found(outcome, 'kit', differences, kitDrift(item, differences));
	}

	private found(outcome: DriftOutcome, kind: Kind, differences: Difference[], exception: NewException): void {
		outcome.findings.push({ kind, exception });
		this.findings.push({ ...exception, kind, differences });
	}

	private async comparePrices(): Promise<void> {
		const { drift, client } = this.deps;
		const { run } = this;
		const lists = await this.priceListsInUse();
		let known: string[] | null = null;
		const reader = new PriceListReader(client, this.settings.priceLists);
		for (const name of lists.filter((list) => !run.position.lists.includes(list))) {
			this.stopIfDue();
			if (known === null) {
				const names = await this.read(async () => await getPriceLists(client));
				if (!names.ok) throw new Cut(names.error);
				known = names.value;
			}
			if (known.includes(name)) {
				const list = await this.read(async () => await reader.read(name));
				if (!list.ok) throw new Cut(list.error);
				await this.compareList(name, list.value ?? { name, net: null, rows: [] });
			} else await this.unknownList(name, known);
		}
		run.position = { ...run.position, phase: 'done' };
		await this.kept(drift.move(run, run.position, run.counts));
	}

	private async *priceRecords(): AsyncGenerator<{ prices: DriftPrice[]; readAt: number }> {
		for (let after = 0; ; ) {
			const next = await this.deps.drift.nextPrices(after, pricePage);
			if (next.prices.length === 0) return;
			after = next.prices.at(-1)!.recordId;
			yield next;
		}
	}

	private async priceListsInUse(): Promise<string[]> {
		const names = new Set<string>();
		for await (const { prices } of this.priceRecords()) for (const price of prices) names.add(price.desired.priceList);
		return [...names].sort();
	}

	private emptyOutcome(readAt: number): DriftOutcome {
		const { position, counts } = this.run;
		return {
			readAt,
			observations: new Map(),
			checked: [],
			findings: [],
			orphansGone: [],
			listsDone: [],
			repair: [],
			position,
			counts: { ...counts },
		};
	}

	private async compareList(name: string, list: PriceList): Promise<void> {
		const { run, deps, settings } = this;
		const rows = rowsByKey(list);
		const ours = new Set<string>();
		for await (const { prices, readAt } of this.priceRecords()) {
			const outcome = this.emptyOutcome(readAt);
			for (const price of prices.filter(({ desired }) => desired.priceList === name)) {
				ours.add(keyOf(price.desired.stockCode));
				if (!price.confirmed) continue;
				outcome.counts.prices++;
				if (price.busy) {
					outcome.counts.skipped++;
					continue;
				}
				outcome.checked.push({ kind: 'price', key: price.key });
				const held = rows.get(keyOf(price.desired.stockCode)) ?? [];
				const readBack = priceReadBackOf(price.desired, list.net, held);
				const differences = priceDifferences(price.desired, readBack, held);
				if (differences.length === 0) continue;
				outcome.counts.different++;
				outcome.repair.push({ kind: 'price', key: price.key });
				this.found(outcome, 'price', differences, priceDrift(price, differences[0]!));
			}
			if (settings.repair) outcome.counts.requeued += outcome.repair.length;
			else outcome.repair = [];
			run.counts = outcome.counts;
			await this.kept(deps.drift.record(run, outcome));
		}
		await this.pricesOnlyInKhaos(
			name,
			list.rows.filter((row) => !ours.has(keyOf(row.stockCode))),
		);
	}

	/** Prices of our items in a list that Pimberly fills, and of which Pimberly says nothing: finance decides. */
	private async pricesOnlyInKhaos(name: string, rows: PriceRow[]): Promise<void> {
		const { run, deps } = this;
		const outcome = this.emptyOutcome(deps.now());
		outcome.listsDone.push(name);
		const keys = this.settings.pricesWithoutPimberly ? rows.map((row) => keyOf(row.stockCode)) : [];
		const known = await deps.drift.knownItems([...new Set(keys)]);
		for (const row of rows) {
			const primaryId = known.get(keyOf(row.stockCode));
			if (primaryId === undefined) continue;
			this.found(outcome, 'price', [], priceOnlyInKhaos(name, row, primaryId));
		}
		run.position = { ...run.position, lists: [...run.position.lists, name] };
		await this.kept(deps.drift.record(run, { ...outcome, position: run.position }));
	}

	private async unknownList(name: string, known: string[]): Promise<void> {
		const { run, deps } = this;
		const outcome = this.emptyOutcome(deps.now());
		outcome.listsDone.push(name);
		this.found(outcome, 'price', [], unknownList(name, known));
		run.position = { ...run.position, lists: [...run.position.lists, name] };
		await this.kept(deps.drift.record(run, { ...outcome, position: run.position }));
	}
}
