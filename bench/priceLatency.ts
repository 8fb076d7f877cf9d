import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fetchRequest } from '../lib/fetchRequest';
import { KhaosClient } from '../lib/khaos/webServices/client';
import { KhaosDelivery } from '../lib/khaos/delivery/delivery';
import { endpointOf } from '../lib/khaos/webServices/endpoint';
import type { AddItem } from '../lib/ledger/intake/add';
import { openLedger, type Ledger } from '../lib/ledger/ledger';
import type { BatchItem, Lane, Result } from '../lib/shapes';
import { startSimulators, type Simulators } from '../simulators/start';
import { print } from './figures';
import { inChunks, stockItem } from './ledgers';

const latencyMs = 100;
const descriptions = 20_000;
const prices = 200;
/** Of the two triggers that take stock items: one takes every lane, the other what is urgent. */
const takers: Lane[][] = [[], [1, 2]];
/** 200 prices fill two batches of 100: 8 writes and 4 read-backs; and one call is in flight when they come. */
const callsAhead = 8 + 4 + 1;
const boundMs = callsAhead * latencyMs * 1.25 + 1_000;

const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

/**
 * 20,000 descriptions are under delivery to a Khaos that takes 100 ms for each call; then 200 base prices change. How long
 * from being added to being confirmed; and whether every description gets there all the same.
 * @returns false when the prices took longer than the calls that they need, or a description was left behind.
 */
export async function benchPriceLatency(): Promise<boolean> {
	const folder = mkdtempSync(join(tmpdir(), 'price-bench-'));
	const ledger = await openLedger({
		store: { backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
		environment: 'Bench',
	});
	const simulators = await startSimulators();
	try {
		return await measure(ledger, simulators);
	} finally {
		await simulators.stop();
		await ledger.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function measure(ledger: Ledger, simulators: Simulators): Promise<boolean> {
	const described = Array.from({ length: descriptions }, (_, index) => `WORDS-${index}`);
	const priced = Array.from({ length: prices }, (_, index) => `PRICE-${index}`);
	await makeConfirmed(ledger, simulators, [...described, ...priced]);
	for (const chunk of inChunks(described, 1_000))
		await ledger.add(chunk.map((key) => edited(key, 'SHORT_DESC', `New words for ${key}`)));

	simulators.control.setLatency({ khaosMs: latencyMs });
	const confirmedAt = new Map<string, number>();
	const stop = new AbortController();
	const deliveries = takers.map(async (lanes) => await deliver(ledger, simulators, lanes, confirmedAt, stop.signal));
	await until(() => confirmedAt.size >= 300);

	simulators.control.resetLog();
	const addedAt = performance.now();
	await ledger.add(priced.map((key) => edited(key, 'SELL_PRICE', '2.50')));
	await until(() => priced.every((key) => confirmedAt.has(key)));
	const calls = simulators.control.log();
	const urgent = calls.filter(({ codes }) => codes?.some((code) => code.startsWith('PRICE-')));
	const waits = priced.map((key) => confirmedAt.get(key)! - addedAt).sort((one, other) => one - other);
	const p95 = waits[Math.ceil(prices * 0.95) - 1]!;
	print('price-latency.callLatency', latencyMs, 'ms');
	print('price-latency.p50', waits[Math.ceil(prices * 0.5) - 1]!, 'ms');
	print('price-latency.p95', p95, 'ms');
	print('price-latency.max', waits.at(-1)!, 'ms');
	print('price-latency.bound', boundMs, 'ms');
	print('price-latency.callsForPrices', urgent.length, 'calls');
	print('price-latency.callsBetween', calls.length - urgent.length, 'calls');

	// The rest at once: it is their number that counts now.
	simulators.control.setLatency({ khaosMs: 0 });
	await until(() => described.every((key) => confirmedAt.has(key)));
	stop.abort();
	await Promise.all(deliveries);
	const wrong = described.filter((key) => simulators.khaos.get(key)?.fields['SHORT_DESC'] !== `New words for ${key}`);
	print('price-latency.descriptionsConfirmed', descriptions - wrong.length, 'changes');
	return p95 <= boundMs && wrong.length === 0;
}

/** Stock items that Khaos holds and the ledger knows as confirmed. */
async function makeConfirmed(ledger: Ledger, simulators: Simulators, keys: string[]): Promise<void> {
	for (const chunk of inChunks(keys, 1_000)) {
		await ledger.add(chunk.map((key) => withMandatory(key)));
		for (;;) {
			const batch = await ledger.take({ target: 'khaos', limit: 1_000 });
			if (batch.length === 0) break;
			for (const { key, desired } of batch) {
				const set = { ...(desired as { columns: Record<string, string> }).columns };
				delete set['STOCK_CODE'];
				simulators.khaos.edit({ code: key, set });
			}
			await ledger.settle(batch.map(asConfirmed));
		}
	}
}

function withMandatory(key: string, more: Record<string, string> = {}): AddItem {
	const item = stockItem(key);
	if (item.type !== 'change') return item;
	const { columns } = item.change.desired as { columns: Record<string, string> };
	const whole = { ...columns, CONTROLLED: '-1', STOCK_TYPE1: 'Lighting', STOCK_TYPE2: 'Desk Lamps', ...more };
	return { ...item, change: { ...item.change, desired: { stockCode: key, columns: whole } } };
}

function edited(key: string, column: string, value: string): AddItem {
	const item = withMandatory(key, { [column]: value });
	if (item.type !== 'change') return item;
	const version = '2026-11-02T10:00:00.000Z';
	return { ...item, change: { ...item.change, version, source: { ...item.change.source, dateUpdated: version } } };
}

const asConfirmed = (item: BatchItem): Result => ({
	changeId: item.changeId,
	lease: item.lease,
	status: 'confirmed',
	differences: [],
	reason: '',
	remedy: '',
	retryAfter: null,
	readBack: {
		exists: true,
		stockCode: item.key,
		stockId: item.key,
		parentCode: '',
		columns: (item.desired as { columns: Record<string, string> }).columns,
	},
});

/** What a Sequencer Trigger, Create or Update and Settle do together, one batch of 100 after the other. */
async function deliver(
	ledger: Ledger,
	simulators: Simulators,
	lanes: Lane[],
	confirmedAt: Map<string, number>,
	stop: AbortSignal,
): Promise<void> {
	const endpoint = endpointOf(simulators.khaosUrl);
	const client = new KhaosClient({ endpoint, request: fetchRequest, timeoutMs: 60_000, now: Date.now });
	const delivery = new KhaosDelivery({ client, port: ledger.deliveryPort(endpoint.identity), sleep: pause });
	while (!stop.aborted) {
		const batch = await ledger.take({ target: 'khaos', kinds: ['stockItem'], lanes, limit: 100, quietMs: 2_000 });
		if (batch.length === 0) {
			await pause(250);
			continue;
		}
		const results = await delivery.createOrUpdate(batch);
		const outcomes = await ledger.settle(results);
		for (const [index, { outcome }] of outcomes.entries()) {
			if (outcome === 'confirmed') confirmedAt.set(batch[index]!.key, performance.now());
		}
	}
}

/** @throws when it takes so long that it will not come any more. */
async function until(come: () => boolean): Promise<void> {
	const deadline = performance.now() + 30 * 60_000;
	while (!come()) {
		if (performance.now() > deadline) throw new Error('What the bench waits for has not come within half an hour');
		await pause(20);
	}
}
