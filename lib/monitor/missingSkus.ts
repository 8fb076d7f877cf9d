import type { KhaosClient } from '../khaos/webServices/client';
import type { DeliveryPort } from '../khaos/delivery/deliveryPort';
import { KhaosLine } from '../khaos/delivery/khaosLine';
import { EXPORT_BATCH } from '../khaos/stockReading/stockExport';
import { getStockList } from '../khaos/stockReading/stockList';
import { StockLookUp } from '../khaos/stockReading/stockLookUp';
import type { StockRecord } from '../khaos/stockReading/stockRecord';
import type { NewException } from '../ledger/exceptions/exceptions';
import { keyOf, LANES } from '../shapes';
import { saysYes } from './itemInKhaos';
import type { KnownSku, MissingOutcome, MissingPort } from './missingPort';

/** Where a SKU is wanting. */
export type SkuProblem = 'missingInKhaos' | 'missingInPimberly' | 'discontinuedInKhaos' | 'orphanedInKhaos';

/** A SKU with which something is wrong. */
export interface SkuFinding {
	sku: string;
	/** The primary id of its product; '' where there is none. */
	primaryId: string;
	/** All that is wrong with it. */
	problems: SkuProblem[];
	/** What that is, and what to do, in words. */
	reason: string;
	remedy: string;
}

/** The products that Pimberly holds, read for this search. */
export interface PimberlyProducts {
	/** The stock codes that Pimberly's products have, by key, with their primary ids. */
	byKey: Map<string, string>;
	primaryIds: Set<string>;
	/** Whether Pimberly holds this product after all; asked of the few that the list lacked. */
	holds: (primaryId: string) => Promise<boolean>;
}

export interface MissingDeps {
	client: KhaosClient;
	port: DeliveryPort;
	missing: MissingPort;
	sleep: (ms: number) => Promise<void>;
}

export interface MissingSettings {
	/** Names the channel in exceptions. */
	channel: string;
	/** Whether the SKUs are all of the channel's. */
	complete: boolean;
	/** Items of Khaos that no product has: none are looked for, all, or those of stock types that products have. */
	orphans: 'none' | 'all' | 'ourStockTypes';
	/** Null: what the ledger has seen counts. */
	pimberly: PimberlyProducts | null;
}

export interface MissingReport {
	/** SKUs that were looked at. */
	skus: number;
	findings: SkuFinding[];
}

const page = 500;

/**
 * Compare the SKUs of a channel with what Khaos and Pimberly really hold: one stock list, and an export for fifty SKUs to see
 * which are discontinued. What is found is written down as exceptions; what is no longer so resolves its own.
 * @throws KhaosError when Khaos does not answer: then nothing is written down.
 */
export async function findMissingSkus(
	deps: MissingDeps,
	settings: MissingSettings,
	skus: string[],
): Promise<MissingReport> {
	return await new Search(deps, settings).run(skus);
}

class Search {
	private readonly line: KhaosLine;
	private readonly findings = new Map<string, SkuFinding>();
	private readonly exceptions: NewException[] = [];

	constructor(
		private readonly deps: MissingDeps,
		private readonly settings: MissingSettings,
	) {
		this.line = new KhaosLine(deps.port, deps.sleep);
	}

	async run(skus: string[]): Promise<MissingReport> {
		const { client, port, missing } = this.deps;
		const { channel, complete, orphans, pimberly } = this.settings;
		const list = await this.line.read(LANES.descriptive, async () => await getStockList(client));
		if (!list.ok) throw list.error;
		await port.saveStockList(list.value);
		const byKey = new Map(
			skus.flatMap((sku): Array<[string, string]> => (sku.trim() === '' ? [] : [[keyOf(sku), sku.trim()]])),
		);
		const outcome: MissingOutcome = {
			channel,
			complete,
			checked: [...byKey.keys()],
			inKhaos: [],
			findings: this.exceptions,
			orphansLookedFor: orphans !== 'none',
			deleted: await this.deletedProducts(),
			restored: pimberly === null ? [] : (await missing.orphanedProducts()).filter((id) => pimberly.primaryIds.has(id)),
		};
		const all = [...byKey];
		for (let at = 0; at < all.length; at += EXPORT_BATCH) await this.look(all.slice(at, at + EXPORT_BATCH), outcome);
		if (orphans !== 'none') await this.lookForOrphans(new Set(byKey.keys()));
		await missing.record(outcome);
		return { skus: byKey.size, findings: [...this.findings.values()] };
	}

	private async deletedProducts(): Promise<string[]> {
		const { pimberly } = this.settings;
		if (pimberly === null) return [];
		const deleted: string[] = [];
		for (let after = ''; ; ) {
			const ids = await this.deps.missing.claimedProducts(after, page);
			if (ids.length === 0) return deleted;
			for (const id of ids) if (!pimberly.primaryIds.has(id) && !(await pimberly.holds(id))) deleted.push(id);
			after = ids.at(-1)!;
		}
	}

	private async records(codes: string[]): Promise<Map<string, StockRecord>> {
		const look = new StockLookUp(
			this.deps.client,
			this.deps.port,
			this.line,
			LANES.descriptive,
			Number.POSITIVE_INFINITY,
		);
		const found = await look.read(codes);
		if (this.line.stopped !== null) throw this.line.stopped;
		return found.records;
	}

	private async look(skus: Array<[string, string]>, outcome: MissingOutcome): Promise<void> {
		const { missing, port } = this.deps;
		const { pimberly } = this.settings;
		const keys = skus.map(([key]) => key);
		const known = await missing.knownSkus(skus.map(([, sku]) => sku));
		const listed = await port.inStockList(keys);
		const records = await this.records(skus.filter(([key]) => listed.has(key)).map(([, sku]) => sku));
		for (const [key, sku] of skus) {
			const item = known.get(key);
			const primaryId = pimberly === null ? (item?.primaryId ?? '') : (pimberly.byKey.get(key) ?? '');
			const record = records.get(key);
			const inKhaos = listed.has(key) && (record === undefined || !saysYes(record, 'DELETED'));
			if (inKhaos) outcome.inKhaos.push(key);
			if (!inKhaos) this.notInKhaos(sku, key, primaryId, item);
			else if (primaryId === '') this.notInPimberly(sku, key);
			if (inKhaos && record !== undefined && saysYes(record, 'DISCONTINUED')) this.discontinued(sku, key, primaryId);
		}
	}

	/** One exception for a SKU, also where it is missing on both sides: its product comes first then, and Khaos follows. */
	private notInKhaos(sku: string, key: string, primaryId: string, known: KnownSku | undefined): void {
		const { channel } = this.settings;
		const alsoPimberly = primaryId === '';
		this.tell(sku, primaryId, alsoPimberly ? ['missingInKhaos', 'missingInPimberly'] : ['missingInKhaos'], {
			type: 'missingInKhaos',
			severity: 'critical',
			primaryId,
			key,
			field: '',
			value: channel,
			reason: alsoPimberly
				? `${sku} is on sale on ${channel}, and neither Khaos Control nor Pimberly holds it: its orders cannot be imported.`
				: `${sku} is on sale on ${channel}, and Khaos Control does not hold it: its orders cannot be imported.${known?.why ? ` ${known.why}` : ''}`,
			remedy: alsoPimberly
				? `Take ${sku} off ${channel}, or make its product in Pimberly: then it is made in Khaos Control by itself.`
				: known?.confirmed === true
					? 'It was there before: run the drift check with repair, and it is made again. Until then take it off the channel.'
					: 'Look at the status of its product in Pimberly: it is not ready, held or failed, and says why. Until it is Live take it off the channel.',
		});
	}

	private notInPimberly(sku: string, key: string): void {
		const { channel } = this.settings;
		this.tell(sku, '', ['missingInPimberly'], {
			type: 'missingInPimberly',
			primaryId: '',
			key,
			field: channel,
			value: channel,
			reason: `${sku} is on sale on ${channel} and in Khaos Control, and Pimberly has no product with that code: nobody looks after its data.`,
			remedy: `Make the product in Pimberly, or take ${sku} off ${channel}.`,
		});
	}

	private discontinued(sku: string, key: string, primaryId: string): void {
		const { channel } = this.settings;
		this.tell(sku, primaryId, ['discontinuedInKhaos'], {
			type: 'discontinuedButLive',
			primaryId,
			key,
			field: channel,
			value: channel,
			reason: `${sku} is discontinued in Khaos Control and still on sale on ${channel}.`,
			remedy: `Take ${sku} off ${channel}, or end its discontinuation.`,
		});
	}

	private async lookForOrphans(onSale: Set<string>): Promise<void> {
		const { pimberly, orphans } = this.settings;
		const types = orphans === 'all' ? null : await this.deps.missing.stockTypes();
		for (let after = ''; ; ) {
			const items = await this.deps.missing.unclaimedItems(after, page);
			if (items.length === 0) return;
			after = items.at(-1)!.key;
			// What is on sale is missing in Pimberly: that was told already.
			const unknown = items.filter(({ key }) => !onSale.has(key) && pimberly?.byKey.has(key) !== true);
			for (let at = 0; at < unknown.length; at += EXPORT_BATCH) {
				const group = unknown.slice(at, at + EXPORT_BATCH);
				const records = await this.records(group.map(({ stockCode }) => stockCode));
				for (const { key, stockCode } of group) {
					const record = records.get(key);
					if (record === undefined || saysYes(record, 'DISCONTINUED') || saysYes(record, 'DELETED')) continue;
					if (types !== null && !types.has((record.elements['STOCK_TTYPE'] ?? '').trim())) continue;
					this.orphan(stockCode, key, pimberly !== null);
				}
			}
		}
	}

	private orphan(sku: string, key: string, isSure: boolean): void {
		this.tell(sku, '', ['orphanedInKhaos'], {
			type: 'orphan',
			primaryId: '',
			key,
			field: '',
			value: null,
			reason: isSure
				? `Khaos Control holds ${sku}, and Pimberly has no product with that stock code.`
				: `Khaos Control holds ${sku}, and Pimberly has sent no product with that stock code.`,
			remedy: `Discontinue ${sku} in Khaos Control, or make its product in Pimberly.`,
		});
	}

	private tell(sku: string, primaryId: string, problems: SkuProblem[], exception: NewException): void {
		this.exceptions.push(exception);
		const { reason, remedy } = exception;
		const earlier = this.findings.get(sku);
		if (earlier === undefined) this.findings.set(sku, { sku, primaryId, problems, reason, remedy });
		else {
			earlier.problems.push(...problems);
			earlier.reason += ` ${reason}`;
			earlier.remedy += ` ${remedy}`;
		}
	}
}
