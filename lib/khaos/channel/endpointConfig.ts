import { Decimal, documentText, type Members } from './document';
import type { ChannelFormat } from './settings';

/** The last part of each address of a channel trigger. */
export const CHANNEL_PATHS = {
	config: 'config',
	orders: 'orders',
	stock: 'stock',
	stockUpload: 'stock-upload',
	statusUpload: 'status-upload',
	pricesUpload: 'prices-upload',
} as const;
export type ChannelPath = keyof typeof CHANNEL_PATHS;

/** Which of a channel's addresses a URL is; null: none. */
export function channelPathOf(url: string): ChannelPath | null {
	const path = url.split(/[?#]/)[0]!.replace(/\/+$/, '');
	const last = path.slice(path.lastIndexOf('/') + 1);
	return (Object.keys(CHANNEL_PATHS) as ChannelPath[]).find((name) => CHANNEL_PATHS[name] === last) ?? null;
}

/**
 * The addresses of a channel, from any one of them.
 * @throws Error where the URL is none of a channel's
 */
export function channelUrls(anyOfThem: string): Record<ChannelPath, string> {
	const url = anyOfThem
		.trim()
		.replace(/[?#].*$/, '')
		.replace(/\/+$/, '');
	if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
		throw new Error(`${anyOfThem.trim() || 'It'} is no address that starts with https://.`);
	}
	if (channelPathOf(url) === null) {
		throw new Error(
			`${url} is not an address of a Khaos Control Channel Trigger: those end in ${Object.values(CHANNEL_PATHS).join(', ')}.`,
		);
	}
	const base = url.slice(0, url.lastIndexOf('/') + 1);
	return Object.fromEntries(Object.entries(CHANNEL_PATHS).map(([name, path]) => [name, `${base}${path}`])) as Record<
		ChannelPath,
		string
	>;
}

export interface ConfigOptions {
	/** Of everything that Khaos fetches and sends. */
	format: ChannelFormat;
	/** How often Khaos asks for orders (minutes); the answer is always that there are none. */
	orderMinutes: number;
}

/**
 * The configuration that Khaos Control reads to learn the addresses of a channel (khaos-control-api 4.1): those that stock
 * needs, and the order download, which it can't do without.
 * @param fileFormat of the document itself
 */
export function endpointConfig(
	urls: Record<ChannelPath, string>,
	{ format, orderMinutes }: ConfigOptions,
	fileFormat: ChannelFormat,
): string {
	const endpoint = (path: ChannelPath): Members => ({ URL: urls[path], Format: format });
	const config: Members = {
		OrderDownload: { ...endpoint('orders'), Frequency: new Decimal(String(orderMinutes)) },
		StockStatusUpload: endpoint('statusUpload'),
		StockUpload: endpoint('stockUpload'),
		ProvidedStock: endpoint('stock'),
		PriceListUpload: endpoint('pricesUpload'),
	};
	return documentText('EndpointConfig', fileFormat === 'JSON' ? { EndpointConfig: config } : config, fileFormat);
}

/** No orders, in the form that the order import takes for an answer: ApiVersion is always there (khaos-control-api 4.1). */
export function noOrders(format: ChannelFormat): string {
	if (format === 'JSON') return '{"Orders":[],"ApiVersion":1000}';
	return documentText('SalesOrderImport', { Orders: {}, ApiVersion: new Decimal('1000') }, 'XML');
}
