import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fetchRequest } from '../lib/fetchRequest';
import type { Request } from '../lib/http';
import { KhaosClient } from '../lib/khaos/webServices/client';
import { endpointOf } from '../lib/khaos/webServices/endpoint';
import { getHarmonisationCodes } from '../lib/khaos/stockReading/harmonisation';
import { PriceListReader } from '../lib/khaos/prices/priceLists';
import { exportBatches, exportStock } from '../lib/khaos/stockReading/stockExport';
import type { StockRecord } from '../lib/khaos/stockReading/stockRecord';
import { PimberlyClient } from '../lib/pimberly/client';
import { toConnection } from '../lib/pimberly/connection';
import type { Simulators } from '../simulators/start';
import { isReady, type AccountProduct, type ShownItem } from './expectedItems';
import type { OtherServers } from './startOptions';

/** Both sides as they are at the end of a run. */
export interface Look {
	/** What Khaos should hold: from the catalogue file, the simulated account, or a scan of Pimberly. */
	products: AccountProduct[];
	/** khaosStatus in Pimberly by primary id. */
	statuses: Map<string, string>;
	/** Of the ready products, those that Khaos holds; by stock code in upper case. */
	items: Map<string, ShownItem>;
}

const ATTEMPTS = 6;
const CALL_TIMEOUT_MS = 120_000;

/** The demo account's price lists. */
const PRICE_LISTS = ['Trade', 'Outlet'];

/** Reads Khaos with ExportStock, GetHarmonisationCodes and ExportPriceListEx, and Pimberly with GETs, whoever the servers are. */
export async function lookAtBoth(
	servers: OtherServers,
	simulators: Simulators | null,
	catalogue: string | null,
): Promise<Look> {
	const account = await accountOf(servers, simulators);
	const products = catalogue !== null && !simulators ? await catalogueProducts(catalogue) : account;
	const statuses = new Map(
		account.map(({ primaryId, attributes }) => [primaryId, String(attributes.khaosStatus ?? '')]),
	);
	const codes = products.filter(isReady).map(({ primaryId }) => primaryId.trim());
	const items = await khaosItems(servers.khaosUrl, codes);
	// Only the simulator tells which countries it holds.
	if (simulators) {
		for (const item of items.values()) {
			const stored = simulators.khaos.get(item.stockCode);
			item.countries = stored?.harmonisation.map(({ Country }) => Country) ?? [];
		}
	}
	return { products, statuses, items };
}

const catalogueSchema = z.object({
	products: z.array(z.object({ primaryId: z.string(), attributes: z.record(z.unknown()).default({}) })),
});

async function catalogueProducts(file: string): Promise<AccountProduct[]> {
	return catalogueSchema.parse(JSON.parse(await readFile(file, 'utf8'))).products;
}

async function accountOf(servers: OtherServers, simulators: Simulators | null): Promise<AccountProduct[]> {
	if (simulators) return simulators.pimberly.all().map(({ primaryId, attributes }) => ({ primaryId, attributes }));
	const connection = toConnection({ baseUrl: servers.pimberlyUrl, tokenKind: 'feed', token: servers.pimberlyToken });
	const client = new PimberlyClient(connection, {
		request: acceptedRequest,
		sleep: pause,
		random: Math.random,
		now: Date.now,
	});
	const products: AccountProduct[] = [];
	for await (const row of client.listRows()) {
		const { primaryId, ...attributes } = row;
		if (typeof primaryId === 'string' || typeof primaryId === 'number')
			products.push({ primaryId: String(primaryId), attributes });
	}
	return products;
}

/** The run has just worked with this token: a server that turns it away once is asked again. */
const acceptedRequest: Request = async (request) => {
	for (let attempt = 1; ; attempt += 1) {
		const answer = await fetchRequest(request);
		if (answer.status !== 401 || attempt === ATTEMPTS) return answer;
		await pause(500 * attempt);
	}
};

async function khaosItems(url: string, codes: string[]): Promise<Map<string, ShownItem>> {
	const client = new KhaosClient({
		endpoint: endpointOf(url),
		request: fetchRequest,
		timeoutMs: CALL_TIMEOUT_MS,
		now: Date.now,
	});
	const commodityCodes = await repeated(async () => await getHarmonisationCodes(client)).catch(() => null);
	const prices = await shownPrices(client).catch(() => null);
	const items = new Map<string, ShownItem>();
	for (const batch of exportBatches(codes)) {
		for (const record of await repeated(async () => await exportStock(client, batch))) {
			const key = record.stockCode.trim().toUpperCase();
			items.set(
				key,
				shown(record, commodityCodes && (commodityCodes.get(key) ?? []), prices && (prices.get(key) ?? {})),
			);
		}
	}
	return items;
}

/** By stock code in upper case and by list, the price that counts from the first piece on. */
async function shownPrices(client: KhaosClient): Promise<Map<string, Record<string, string>>> {
	const reader = new PriceListReader(client, {});
	const prices = new Map<string, Record<string, string>>();
	for (const name of PRICE_LISTS) {
		const list = await repeated(async () => await reader.read(name));
		for (const row of list?.rows ?? []) {
			if (row.bandLow !== 1) continue;
			const key = row.stockCode.trim().toUpperCase();
			prices.set(key, { ...prices.get(key), [name]: row.amount });
		}
	}
	return prices;
}

function shown(record: StockRecord, commodityCodes: string[] | null, prices: Record<string, string> | null): ShownItem {
	return {
		stockCode: record.stockCode,
		elements: record.elements,
		barcodes: record.barcodes,
		userDefined: Object.fromEntries(record.userDefined.map(({ name, value }) => [name, value])),
		commodityCodes,
		components: record.links
			.filter(({ type }) => type === 'pack')
			.map(({ stockCode: code, value }) => ({ code, quantity: value })),
		prices,
		countries: null,
	};
}

/** A server may be out of order for a moment; reading again harms nothing. */
async function repeated<T>(read: () => Promise<T>): Promise<T> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await read();
		} catch (error) {
			if (attempt === ATTEMPTS) throw error;
			await pause(500 * attempt);
		}
	}
}

async function pause(ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms));
}
