import { z } from 'zod';
import type { CallLog, LoggedCall } from '../callLog';
import type { FaultRule, Faults } from '../faults';
import type { ChannelClientSettings } from '../settings';
import { BadDocument, readDocument, writeDocument, type Format, type Members } from './channelDocuments';
import { ChannelStock, listOf } from './channelStock';
import { stockKey, type KhaosStore } from './store';

/** Where a channel finds its website, and how it logs in there. */
export const channelTargetSchema = z
	.object({
		/** The Configuration URL. */
		url: z.string().url(),
		user: z.string().default(''),
		password: z.string().default(''),
		/** A cycle by itself every so many seconds; left out, only when it is asked for. */
		everySeconds: z.number().positive().nullable().default(null),
	})
	.strict();
export type ChannelTarget = z.infer<typeof channelTargetSchema>;

/** Of a first contact (khaos-control-api 4.3). */
const FIRST_CONTACT = '2019-12-31 12:00:00Z';
const MOST_PAGES = 10_000;
const CALL_TIMEOUT_MS = 60_000;

interface Endpoint {
	url: string;
	format: Format;
}
interface Config {
	orders: Endpoint;
	stockUpload: Endpoint;
	statusUpload: Endpoint;
	stock: Endpoint | null;
	pricesUpload: Endpoint | null;
}

export interface CycleReport {
	/** Codes that were stored. */
	applied: string[];
	refused: Array<{ code: string; reason: string }>;
	/** Items in stock uploads that were answered with 200. */
	uploaded: number;
	deleted: number;
	/** Why the cycle ended early; null: it didn't. */
	error: string | null;
}

/** A call that was not answered with 200 however often it was made. */
class CallFailed extends Error {}

export interface ChannelClientOptions {
	store: KhaosStore;
	settings: () => ChannelClientSettings;
	log: CallLog;
	faults: Faults;
	latencyMs: () => number;
	wait: (ms: number) => Promise<void>;
	now: () => number;
	changed: () => void;
}

/** What one answer was. */
interface Answer {
	status: number;
	body: string;
	continuation: string | null;
}

/**
 * Khaos as the client of a channel: it fetches the configuration, then stock by continuation, stores it, and uploads what
 * changed (khaos-control-api 4). What nobody documents is listed in README.md.
 */
export class ChannelClient {
	private target: ChannelTarget | null = null;
	private config: { at: number; endpoints: Config } | null = null;
	private continuation = FIRST_CONTACT;
	private readonly stock: ChannelStock;
	/** Stock key -> when the item that was uploaded was revised, and its id. */
	private readonly uploaded = new Map<string, { revisedAt: number; stockId: number; level: number }>();
	private uploadedPrices = '';
	private running: Promise<CycleReport> | null = null;
	private timer: NodeJS.Timeout | null = null;
	private cycles = 0;
	private lastError: string | null = null;

	constructor(private readonly options: ChannelClientOptions) {
		this.stock = new ChannelStock(options.store, options.settings);
	}

	/** Enter the Configuration URL; null takes it out. The first contact follows. */
	configure(target: ChannelTarget | null): void {
		this.stop();
		this.target = target;
		this.config = null;
		this.continuation = FIRST_CONTACT;
		this.uploaded.clear();
		this.uploadedPrices = '';
		this.lastError = null;
		if (target?.everySeconds) this.cycleEvery(target.everySeconds * 1000);
	}

	/** Forget the cached configuration, as changing the URL and back does. */
	forgetConfig(): void {
		this.config = null;
	}

	state(): Record<string, unknown> {
		const { target, continuation, cycles, lastError } = this;
		return {
			url: target?.url ?? null,
			everySeconds: target?.everySeconds ?? null,
			continuation,
			cycles,
			lastError,
			uploaded: this.uploaded.size,
		};
	}

	stop(): void {
		if (this.timer) clearTimeout(this.timer);
		this.timer = null;
	}

	private cycleEvery(ms: number): void {
		const timer = setTimeout(() => {
			void this.cycle()
				.catch((error: unknown) => {
					this.lastError = error instanceof Error ? error.message : String(error);
				})
				.finally(() => {
					if (this.timer === timer) this.cycleEvery(ms);
				});
		}, ms);
		timer.unref();
		this.timer = timer;
	}

	/** One round: configuration, orders, stock, uploads. One at a time. */
	async cycle(): Promise<CycleReport> {
		this.running ??= this.round().finally(() => (this.running = null));
		return await this.running;
	}

	private async round(): Promise<CycleReport> {
		const report: CycleReport = { applied: [], refused: [], uploaded: 0, deleted: 0, error: null };
		try {
			if (this.target === null) throw new CallFailed('No Configuration URL was entered');
			const endpoints = await this.endpoints();
			await this.get('Channel.Orders', endpoints.orders);
			if (endpoints.stock) await this.fetchStock(endpoints.stock, report);
			await this.uploadStock(endpoints.stockUpload, report);
			await this.uploadLevels(endpoints.statusUpload);
			if (endpoints.pricesUpload) await this.uploadPrices(endpoints.pricesUpload);
		} catch (error) {
			if (!(error instanceof CallFailed) && !(error instanceof BadDocument)) throw error;
			report.error = error.message;
		}
		this.cycles += 1;
		this.lastError = report.error;
		return report;
	}

	private async endpoints(): Promise<Config> {
		const { now, settings } = this.options;
		if (this.config && now() - this.config.at < settings().configMaxAgeMs) return this.config.endpoints;
		const { body } = await this.get('Channel.Config', { url: this.target!.url, format: 'JSON' });
		const document = readDocument(body, /^\s*</.test(body) ? 'XML' : 'JSON')['EndpointConfig'] as Members | undefined;
		if (document === undefined) throw new BadDocument('The configuration has no EndpointConfig');
		const endpoint = (name: string): Endpoint | null => {
			const { URL: url, Format: format } = (document[name] ?? {}) as Record<string, string>;
			if (url === undefined) return null;
			if (format !== 'JSON' && format !== 'XML') throw new BadDocument(`${name} has no Format`);
			return { url, format };
		};
		const required = (name: string): Endpoint => {
			const found = endpoint(name);
			if (!found) throw new BadDocument(`The configuration has no ${name}`);
			return found;
		};
		const orders = document['OrderDownload'] as Members | undefined;
		if (!/^\d+$/.test(String(orders?.['Frequency'] ?? ''))) throw new BadDocument('OrderDownload has no Frequency');
		const endpoints: Config = {
			orders: required('OrderDownload'),
			stockUpload: required('StockUpload'),
			statusUpload: required('StockStatusUpload'),
			stock: endpoint('ProvidedStock'),
			pricesUpload: endpoint('PriceListUpload'),
		};
		this.config = { at: now(), endpoints };
		return endpoints;
	}

	private async fetchStock(endpoint: Endpoint, report: CycleReport): Promise<void> {
		for (let page = 0; page < MOST_PAGES; page += 1) {
			let empty = true;
			const { continuation } = await this.get('Channel.ProvidedStock', endpoint, (answer, entry) => {
				const document = readDocument(answer.body, endpoint.format);
				const named = listOf((document['StockItems'] as Members | undefined)?.['Items']).map((item) =>
					String(item['StockCode']),
				);
				const rule = this.options.faults.strike('khaos', ['Channel.ProvidedStock'], () => named, 'only');
				const refuses = rule
					? {
							codes: rule.codes ? new Set(rule.codes.map(stockKey)) : null,
							message: rule.message ?? 'The record could not be saved.',
						}
					: null;
				const { codes, refused } = this.stock.apply(document, refuses);
				entry.codes = codes;
				entry.rows = codes.length + refused.length;
				entry.applied = codes.length > 0;
				if (refused.length) entry.refused = refused;
				empty = entry.rows === 0 && !hasRelationships(document);
				report.applied.push(...codes);
				report.refused.push(...refused);
				if (entry.applied || !empty) this.options.changed();
			});
			const before = this.continuation;
			this.continuation = continuation ?? before;
			if (empty || this.continuation === before || !this.options.settings().drain) return;
		}
	}

	/** What changed since it was last uploaded: at the first contact all of it (khaos-control-api 4.6). */
	private async uploadStock(endpoint: Endpoint, report: CycleReport): Promise<void> {
		const { store, settings } = this.options;
		const dirty = [...store.all()].filter(
			(item) => this.uploaded.get(stockKey(item.code))?.revisedAt !== item.revisedAt,
		);
		const gone = [...this.uploaded].filter(([key]) => !store.get(key));
		const size = settings().uploadBatch;
		for (let at = 0; at < dirty.length || (at === 0 && gone.length > 0); at += size) {
			const batch = dirty.slice(at, at + size);
			const seen = batch.map((item) => ({
				key: stockKey(item.code),
				revisedAt: item.revisedAt,
				stockId: item.stockId,
				level: this.uploaded.get(stockKey(item.code))?.level ?? Number.NaN,
			}));
			const deleted = at === 0 ? gone.map(([, { stockId }]) => String(stockId)) : [];
			const document = { Items: batch.map((item) => this.stock.shown(item)), Deleted: deleted };
			await this.post(
				'Channel.StockUpload',
				endpoint,
				writeDocument(document, 'StockItems', endpoint.format),
				batch.map(({ code }) => code),
			);
			for (const { key, ...rest } of seen) this.uploaded.set(key, rest);
			if (at === 0) for (const [key] of gone) this.uploaded.delete(key);
			report.uploaded += batch.length;
			report.deleted += deleted.length;
		}
	}

	private async uploadLevels(endpoint: Endpoint): Promise<void> {
		const { store, settings } = this.options;
		const changed = [...store.all()].filter((item) => this.uploaded.get(stockKey(item.code))?.level !== item.level);
		const size = settings().statusBatch;
		for (let at = 0; at < changed.length; at += size) {
			const batch = changed.slice(at, at + size);
			const Statuses = batch.map((item) => ({
				StockCode: item.code,
				StockID: String(item.stockId),
				SiteID: '1',
				...(item.fields.CONTROLLED === '-1' ? { Levels: { Available: String(item.level), OnOrder: '0' } } : {}),
			}));
			await this.post(
				'Channel.StockStatusUpload',
				endpoint,
				writeDocument({ Statuses }, 'StockStatuses', endpoint.format),
				batch.map(({ code }) => code),
			);
			for (const item of batch) {
				const known = this.uploaded.get(stockKey(item.code));
				if (known) known.level = item.level;
			}
		}
	}

	private async uploadPrices(endpoint: Endpoint): Promise<void> {
		const { store } = this.options;
		const lists = JSON.stringify(store.priceLists);
		if (lists === this.uploadedPrices) return;
		const codes: string[] = [];
		const UploadPriceLists = Object.entries(store.priceLists).map(([name, { net, rows }], at) => ({
			PriceListID: String(at + 1),
			PriceListName: name,
			PriceListNet: String(net),
			ChannelID: '1',
			StockPrices: Object.entries(rows).flatMap(([code, bands]) => {
				codes.push(code);
				return Object.entries(bands).map(([band, amount]) => ({
					StockID: String(store.get(code)?.stockId ?? ''),
					StockCode: code,
					QtyStart: band.split('-')[0]!,
					QtyEnd: band.split('-')[1]!,
					PriceValue: amount,
					PriceType: '1',
				}));
			}),
		}));
		const body =
			endpoint.format === 'JSON'
				? writeDocument({ UploadPriceLists }, '', 'JSON')
				: writeDocument({ UploadPriceLists }, 'PriceLists', 'XML');
		await this.post('Channel.PriceListUpload', endpoint, body, codes);
		this.uploadedPrices = lists;
	}

	private async get(
		method: string,
		{ url }: Endpoint,
		use: (answer: Answer, entry: LoggedCall) => void = () => undefined,
	): Promise<Answer> {
		const headers: Record<string, string> =
			method === 'Channel.Config' ? {} : { 'Sirion-Continuation': this.continuation };
		return await this.call(method, [], async () => await this.request(url, { method: 'GET', headers }), use);
	}

	private async post(method: string, { url, format }: Endpoint, body: string, codes: string[]): Promise<void> {
		const headers = { 'Content-Type': format === 'JSON' ? 'application/json' : 'application/xml' };
		await this.call(method, codes, async () => await this.request(url, { method: 'POST', headers, body }));
	}

	/** Any answer but 200, or none, and the call is made again: the website has to stand the same upload twice. */
	private async call(
		method: string,
		codes: string[],
		send: () => Promise<Answer>,
		use: (answer: Answer, entry: LoggedCall) => void = () => undefined,
	): Promise<Answer> {
		const { log, faults, wait, latencyMs, settings } = this.options;
		for (let attempt = 1; ; attempt += 1) {
			const entry = log.open('khaos', method);
			if (codes.length) Object.assign(entry, { codes, rows: codes.length });
			await wait(latencyMs());
			const rule = faults.strike('khaos', [method], () => codes, false);
			const outcome = await this.attempt(rule, send, (answer) => use(answer, entry));
			if (typeof outcome !== 'string') {
				log.close(entry, outcome.status, entry.refused?.length ? 'partial' : 'ok');
				return outcome;
			}
			const [status = '0'] = /^\d+/.exec(outcome) ?? [];
			log.close(entry, Number(status), rule?.kind ?? outcome);
			if (attempt >= settings().attempts) throw new CallFailed(`${method}: ${outcome}`);
			await wait(settings().retryMs * attempt);
		}
	}

	/** The answer, or what went wrong. */
	private async attempt(
		rule: FaultRule | null,
		send: () => Promise<Answer>,
		use: (answer: Answer) => void,
	): Promise<Answer | string> {
		const reaches = rule === null || rule.kind === 'applyThenDrop' || rule.kind === 'truncate' || rule.apply === true;
		if (!reaches) return `no answer (${rule.kind})`;
		let answer: Answer;
		try {
			answer = await send();
		} catch (error) {
			return `no answer (${(error as Error).message})`;
		}
		if (rule !== null) return `the answer got lost (${rule.kind})`;
		if (answer.status !== 200) return `${answer.status} was answered`;
		try {
			use(answer);
		} catch (error) {
			if (!(error instanceof BadDocument)) throw error;
			return error.message;
		}
		return answer;
	}

	private async request(
		url: string,
		init: { method: string; headers: Record<string, string>; body?: string },
	): Promise<Answer> {
		const { user, password } = this.target!;
		const response = await fetch(url, {
			...init,
			headers: { ...init.headers, Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
			signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
		});
		return {
			status: response.status,
			body: await response.text(),
			continuation: response.headers.get('sirion-continuation'),
		};
	}
}

const hasRelationships = (document: Members): boolean => {
	const { Relationships = [] } = (document['Relationships'] ?? {}) as Members;
	return Array.isArray(Relationships) && Relationships.length > 0;
};
