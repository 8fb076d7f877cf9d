import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isLogin } from '../../../lib/khaos/channel/basicAuth';
import { channelPathOf, channelUrls, endpointConfig, noOrders } from '../../../lib/khaos/channel/endpointConfig';
import { publishKits, publishStockItems } from '../../../lib/khaos/channel/publishing';
import { channelSettingsSchema, type ChannelFormat } from '../../../lib/khaos/channel/settings';
import { stockChanges } from '../../../lib/khaos/channel/stockChanges';
import {
	readStockStatuses,
	readPriceListUpload,
	readStockUpload,
	UploadError,
} from '../../../lib/khaos/channel/uploads';
import { openLedger, type Ledger } from '../../../lib/ledger/ledger';
import type { Change } from '../../../lib/shapes';
import type { CycleReport } from '../../../simulators/khaos/channelClient';
import type { Simulators } from '../../../simulators/start';

export const LOGIN = { user: 'khaos', password: randomUUID() };

/** The website of a channel over a real ledger: what the Channel Trigger serves, without n8n. */
export class ChannelSite {
	/** The next so many uploads are kept and then answered with 500, as by a proxy that loses answers. */
	loseAnswers = 0;
	pageSize = 25;

	private constructor(
		readonly ledger: Ledger,
		private readonly folder: string,
		readonly url: string,
		private readonly close: () => Promise<void>,
	) {}

	static async open(format: ChannelFormat): Promise<ChannelSite> {
		const folder = await mkdtemp(join(tmpdir(), 'channel-'));
		const ledger = await openLedger({
			environment: 'Test',
			store: { backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
			settings: { retryMs: 0 },
		});
		const settings = channelSettingsSchema.parse({});
		const server = createServer((request, response) => {
			const answer = async (): Promise<void> => {
				if (!isLogin(request.headers.authorization, LOGIN)) return void response.writeHead(401).end();
				const sent = request.headers['sirion-continuation'];
				const body = await bodyOf(request);
				switch (channelPathOf(request.url ?? '')) {
					case 'config':
						return void response.end(endpointConfig(channelUrls(site.url), { format, orderMinutes: 15 }, format));
					case 'orders':
						return void response.end(noOrders(format));
					case 'stock': {
						const page = await ledger.channel.provide(typeof sent === 'string' ? sent : null, site.pageSize);
						return void response
							.setHeader('Sirion-Continuation', page.continuation)
							.end(stockChanges(page.entries, settings, format));
					}
					case 'stockUpload':
						await ledger.channel.stockUpload(readStockUpload(body, settings));
						break;
					case 'statusUpload':
						readStockStatuses(body);
						break;
					case 'pricesUpload':
						await ledger.channel.priceListUpload(readPriceListUpload(body));
						break;
					default:
						return void response.writeHead(404).end();
				}
				if (site.loseAnswers > 0) {
					site.loseAnswers -= 1;
					return void response.writeHead(500).end();
				}
				response.end('{}');
			};
			answer().catch((error: unknown) => {
				if (!(error instanceof UploadError)) console.error(error);
				response.writeHead(error instanceof UploadError ? 400 : 500).end();
			});
		});
		await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/4f/config`;
		const site = new ChannelSite(ledger, folder, url, async () => {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		});
		return site;
	}

	/** Enter the site's address in Khaos. */
	register({ channel }: Simulators): void {
		channel.configure({ url: this.url, ...LOGIN, everySeconds: null });
	}

	async add(...changes: Change[]): Promise<void> {
		await this.ledger.add(changes.map((change) => ({ type: 'change', change })));
	}

	/** Publish everything that is ready, as the workflow does, in batches. */
	async publish(): Promise<number> {
		let count = 0;
		for (;;) {
			const batch = await this.ledger.take({ target: 'khaos' });
			if (batch.length === 0) return count;
			count += batch.length;
			const of = (kind: string) => batch.filter((item) => item.kind === kind);
			await this.ledger.settle([
				...(await publishStockItems(this.ledger.channel, of('stockItem'))),
				...(await publishKits(this.ledger.channel, of('kit'), 'upload')),
			]);
		}
	}

	/** Publish and let Khaos fetch, until nothing moves any more. */
	async untilCalm({ channel }: Simulators, rounds = 20): Promise<CycleReport[]> {
		const reports: CycleReport[] = [];
		for (let round = 0; round < rounds; round += 1) {
			const published = await this.publish();
			const report = await channel.cycle();
			reports.push(report);
			if (published === 0 && report.applied.length === 0 && report.uploaded === 0 && report.error === null) break;
		}
		return reports;
	}

	async end(): Promise<void> {
		await this.close();
		await this.ledger.close();
		await rm(this.folder, { recursive: true, force: true });
	}
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString('utf8');
}
