import type { LoggedCall } from '../simulators/callLog';
import { VAT_RATES } from '../simulators/khaos/columns';
import type { KhaosStore, StockItem } from '../simulators/khaos/store';
import type { PimberlyStore } from '../simulators/pimberly/store';
import { differencesOf, expectedStatus, isReady, type AccountProduct, type ShownItem } from './expectedItems';

/** Something that must never happen has happened. */
export interface Violation {
	rule: 'lost' | 'order' | 'stale' | 'mixed' | 'status' | 'live' | 'stockLevels' | 'accounting' | 'error' | 'stuck';
	/** Primary id or stock code; '' where it concerns no single record. */
	record: string;
	what: string;
}

/** A line of the audit trail. */
export interface TrailLine {
	at: number;
	kind: string;
	key: string;
	primary_id: string;
	event: string;
	version: string;
	details: string;
}

/** Where each attribute of the demo account goes; the columns that a row of an import may carry. */
const COLUMN_OF: Record<string, string> = {
	itemName: 'SHORT_DESC',
	longDescription: 'LONG_DESC',
	stockType1: 'STOCK_TYPE1',
	stockType2: 'STOCK_TYPE2',
	costPrice: 'BUY_PRICE',
	sellPrice: 'SELL_PRICE',
	taxCode: 'TAX_CODE',
	weightKg: 'WEIGHT',
	stockControlled: 'CONTROLLED',
	discontinued: 'DISCONTINUED',
	barcode: 'BARCODE',
	brand: 'MANUFACTURER',
	colour: 'UDA:Colour',
	size: 'UDA:Size',
	material: 'UDA:Material',
	commodityCode: 'Harmonisation:Code',
	countryOfOrigin: 'Harmonisation:Country',
};

const ELEMENTS: Record<string, string> = {
	STOCK_DESC: 'SHORT_DESC',
	LONG_DESC: 'LONG_DESC',
	STOCK_TTYPE: 'STOCK_TYPE1',
	STOCK_TYPE: 'STOCK_TYPE2',
	BUY_PRICE: 'BUY_PRICE',
	SELL_PRICE: 'SELL_PRICE',
	WEIGHT: 'WEIGHT',
	STOCK_CONTROLLED: 'CONTROLLED',
	DISCONTINUED: 'DISCONTINUED',
	MANUFACTURER: 'MANUFACTURER',
};

const shownOf = (code: string, cells: Record<string, string>): ShownItem => ({
	stockCode: code,
	elements: {
		...Object.fromEntries(Object.entries(ELEMENTS).map(([element, column]) => [element, cells[column] ?? ''])),
		VAT_RATE: VAT_RATES[cells['TAX_CODE'] ?? ''] ?? '',
	},
	barcodes: cells['BARCODE'] ? [cells['BARCODE']] : [],
	userDefined: {
		Colour: cells['UDA:Colour'] ?? '',
		Size: cells['UDA:Size'] ?? '',
		Material: cells['UDA:Material'] ?? '',
	},
	commodityCodes: cells['Harmonisation:Code'] ? [cells['Harmonisation:Code']] : [],
	countries: cells['Harmonisation:Country'] ? [cells['Harmonisation:Country']] : [],
	components: [],
	prices: null,
});

/** The price that counts from the first piece on. */
const firstBand = (bands: Record<string, string> = {}): string =>
	Object.entries(bands).find(([band]) => band.startsWith('1-'))?.[1] ?? '';

const cellsOf = ({ fields, udas, harmonisation }: StockItem): Record<string, string> => ({
	...fields,
	...Object.fromEntries(Object.entries(udas).map(([name, value]) => [`UDA:${name}`, value])),
	...(harmonisation[0]
		? { 'Harmonisation:Code': harmonisation[0].Code, 'Harmonisation:Country': harmonisation[0].Country }
		: {}),
});

/** Only plain decimals are prices; the demo account has no other reason to be invalid. */
const isValid = (product: AccountProduct): boolean =>
	/^\d+(\.\d+)?$/.test(String(product.attributes['sellPrice'] ?? ''));

const contentOf = (attributes: Record<string, unknown>): Record<string, unknown> =>
	Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith('khaos')));

const upper = (code: string): string => code.trim().toUpperCase();

/**
 * Watches both simulated systems and says what the sync has done wrong. It knows nothing of the package's own code: it goes
 * by what the systems hold, by their log, and for the accounting by the audit trail.
 */
export class Oracle {
	readonly violations: Violation[] = [];

	/** What each product was, in order, by primary id. */
	private readonly history = new Map<string, AccountProduct[]>();

	/** The version that was last imported for a code, as a place in the history. */
	private readonly imported = new Map<string, number>();

	private readonly heldBefore: Set<string>;

	/** Stories of imports, by code. */
	private readonly imports = new Map<string, string[]>();

	constructor(
		private readonly pimberly: PimberlyStore,
		private readonly khaos: KhaosStore,
		private readonly log: { entries(): LoggedCall[] },
		private readonly now: () => number,
		/** Whether the sync that is watched brings kit relations and list prices as well. */
		private readonly withParts = false,
	) {
		for (const { primaryId } of pimberly.all()) this.remember(primaryId);
		pimberly.onChange(({ primaryId }) => this.remember(primaryId));
		this.heldBefore = new Set([...khaos.all()].map(({ code }) => upper(code)));
		khaos.onImport = (item, cells) => this.judgeRow(item.code, cells);
	}

	private remember(primaryId: string): void {
		const attributes = contentOf(this.pimberly.get(primaryId)?.attributes ?? {});
		const versions = this.history.get(primaryId) ?? [];
		this.history.set(primaryId, versions);
		if (JSON.stringify(versions.at(-1)?.attributes) === JSON.stringify(attributes)) return;
		versions.push({ primaryId, attributes: structuredClone(attributes) });
	}

	/** A row carries one version of its product, and never an older one than was imported before. */
	private judgeRow(code: string, cells: Record<string, string>): void {
		const versions = this.history.get(code) ?? [];
		const shown = shownOf(code, cells);
		const carries = (version: AccountProduct): boolean =>
			differencesOf(version, shown).every(({ field }) => !(COLUMN_OF[field]! in cells));
		const last = this.imported.get(code) ?? 0;
		const found = versions.findIndex((version, at) => at >= last && carries(version));
		const story = this.imports.get(code) ?? [];
		this.imports.set(code, story);
		const older = found >= 0 ? found : versions.findIndex(carries);
		story.push(
			`${new Date(this.now()).toISOString()} imported version ${older} of ${versions.length - 1}: ${JSON.stringify(cells)}`,
		);
		if (found >= 0) this.imported.set(code, found);
		else if (older >= 0) this.report('stale', code, `Version ${older} was imported after version ${last}.`);
		else this.report('mixed', code, `A row carries no version of its product: ${JSON.stringify(cells)}`);
	}

	private report(rule: Violation['rule'], record: string, what: string): void {
		this.violations.push({ rule, record, what });
	}

	/** Judge the whole run, once faults have stopped and everything has drained. */
	judge(trail: TrailLine[]): Violation[] {
		this.judgeState();
		this.judgeLog(this.log.entries());
		this.judgeTrail(trail);
		if (this.khaos.levelWrites.length > 0) this.report('stockLevels', '', JSON.stringify(this.khaos.levelWrites));
		for (const { code, missingParents } of this.khaos.orderViolations) {
			this.report('order', code, `Imported while Khaos did not hold ${missingParents.join(', ')}.`);
		}
		return this.violations;
	}

	private judgeState(): void {
		for (const product of this.pimberly.all()) {
			if (!isReady(product) || !isValid(product)) continue;
			const item = this.khaos.get(product.primaryId);
			const found = differencesOf(product, item && this.shown(item)).filter(
				({ kind }) => kind === 'stockItem' || this.withParts,
			);
			for (const { field, expected, actual } of found) {
				this.report('lost', product.primaryId, `${field} should be '${expected}' but is '${actual}' in Khaos.`);
			}
			const status = expectedStatus(product);
			const shown = product.attributes['khaosStatus'];
			if (shown !== status) this.report('status', product.primaryId, `Pimberly shows ${String(shown)}, not ${status}.`);
			else if (item && product.attributes['khaosStockId'] !== String(item.stockId)) {
				this.report(
					'status',
					product.primaryId,
					`Pimberly shows stock id ${String(product.attributes['khaosStockId'])}.`,
				);
			}
		}
	}

	private shown(item: StockItem): ShownItem {
		const key = upper(item.code);
		const lists = Object.entries(this.khaos.priceLists);
		const prices = lists.map(([name, { rows }]) => [name, firstBand(rows[item.code] ?? rows[key])]);
		return {
			...shownOf(item.code, cellsOf(item)),
			components: (this.khaos.kits.get(key)?.items ?? []).map(({ code, qty }) => ({ code, quantity: String(qty) })),
			prices: Object.fromEntries(prices) as Record<string, string>,
		};
	}

	/** What was read back before what, by the order of the calls. */
	private judgeLog(calls: LoggedCall[]): void {
		const held = new Set(this.heldBefore);
		const readBack = new Set<string>();
		for (const call of calls) {
			const answered = call.outcome === 'ok' || call.outcome === 'partial';
			if (call.method === 'ImportStockTSV' && call.applied === true) {
				const refused = new Set(call.refused?.map(({ code }) => upper(code)));
				for (const code of call.codes ?? []) {
					if (held.has(upper(code)) || refused.has(upper(code))) continue;
					held.add(upper(code));
					const unread = this.pimberly.existingParents(code).filter((parent) => !readBack.has(upper(parent)));
					if (unread.length > 0)
						this.report('order', code, `First imported (call ${call.seq}) before ${unread.join(', ')} was read back.`);
				}
			}
			if (call.method === 'ExportStock' && answered)
				for (const code of call.codes ?? []) if (held.has(upper(code))) readBack.add(upper(code));
			if (call.method === 'GetStockList' && answered) for (const code of held) readBack.add(code);
			if (call.side === 'pimberly' && call.attributes?.['khaosStatus'] === 'Live' && call.applied === true) {
				for (const id of call.codes ?? [])
					if (!readBack.has(upper(id))) this.report('live', id, `Live (call ${call.seq}) before it was read back.`);
			}
		}
	}

	/** Every change that was accepted has an end: confirmed, failed, or overtaken by a newer one, with nothing left out. */
	private judgeTrail(trail: TrailLine[]): void {
		const open = new Map<string, TrailLine[]>();
		for (const line of trail) {
			const name = `${line.kind} ${line.key}`;
			const waiting = open.get(name) ?? [];
			if (isRepeated(line)) continue;
			if (line.event === 'added' || line.event === 'replaced') {
				// What it replaces ends here; what is in flight ends by its own settling, or because newer content waits.
				open.set(name, [...waiting.filter(() => line.event === 'added'), line]);
			} else if (ENDS.includes(line.event)) {
				open.set(
					name,
					waiting.filter((one) => one.version > line.version && !asksOnly(one)),
				);
			}
		}
		for (const [name, lines] of open) {
			for (const { version, primary_id } of lines)
				this.report(
					'accounting',
					primary_id,
					`${name}, version ${version}, was accepted, and nothing says what became of it.`,
				);
		}
	}

	/** Everything that is known of one record, in order. */
	story(record: string, trail: TrailLine[]): string {
		const key = upper(record);
		const lines: Array<[string, string]> = [];
		for (const { at, kind, event, version, details, key: of, primary_id } of trail) {
			if (upper(of) === key || upper(primary_id) === key)
				lines.push([new Date(at).toISOString(), `ledger: ${kind} ${event} (version ${version}) ${details}`]);
		}
		for (const call of this.log.entries()) {
			if (!call.codes?.some((code) => upper(code) === key)) continue;
			const said = call.attributes ? ` ${JSON.stringify(call.attributes)}` : '';
			lines.push([
				call.t,
				`call ${call.seq}: ${call.method} ${call.outcome}${call.applied ? ' (applied)' : ''}${said}`,
			]);
		}
		for (const line of this.imports.get(record) ?? []) lines.push([line.slice(0, 24), line.slice(25)]);
		for (const [at, { attributes }] of (this.history.get(record) ?? []).entries())
			lines.push(['', `version ${at} in Pimberly: ${JSON.stringify(attributes)}`]);
		const sorted = lines
			.map((line, at) => ({ line, at }))
			.sort((a, b) => (a.line[0] < b.line[0] ? -1 : a.line[0] > b.line[0] ? 1 : a.at - b.at));
		return sorted.map(({ line: [at, what] }) => `${at || '                        '}  ${what}`).join('\n');
	}
}

const changesNothing = ({ details }: TrailLine): boolean =>
	(JSON.parse(details) as { fields?: string[] }).fields?.length === 0;

/** A look-up changes nothing: whatever becomes of its record answers it. */
const asksOnly = (line: TrailLine): boolean => line.kind === 'stockItem' && changesNothing(line);

/** A status that Pimberly has already, to be written once more in case an older one still arrives: nothing new is accepted. */
const isRepeated = (line: TrailLine): boolean =>
	line.kind === 'status' && line.event === 'added' && changesNothing(line);

const ENDS = ['confirmed', 'adopted', 'dropped', 'failed', 'rejected'];
