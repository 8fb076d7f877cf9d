import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { fetchRequest } from '../lib/fetchRequest';
import { khaosClientOf, toKhaosConnection } from '../lib/khaos/webServices/connection';
import { EXPORT_BATCH } from '../lib/khaos/stockReading/stockExport';
import { openLedger } from '../lib/ledger/ledger';
import { findDrift } from '../lib/monitor/drift';
import type { DriftSettings } from '../lib/monitor/driftSettings';
import type { DriftPort } from '../lib/monitor/driftPort';
import { defaultTolerance } from '../lib/monitor/tolerance';
import type { DesiredStockItem } from '../lib/shapes';
import { print, timed } from './figures';
import { backends, databaseOf, inChunks, stockItem, withStores } from './ledgers';

const count = 50_000;
/** Items that were edited in Khaos, each of which has to be found. */
const drifted = 100;
/** A check may take so many calls more than the fewest possible. */
const allowedShare = 1.1;
/** What is kept in memory may differ by so much between the first tenth of a check and its last (MB). */
const allowedGrowth = 40;

const settings: DriftSettings = {
	name: 'bench',
	since: null,
	tolerance: defaultTolerance,
	kits: true,
	prices: true,
	commodityCodes: true,
	pricesWithoutPimberly: true,
	buildsShown: 'never',
	priceLists: {},
	repair: false,
	mostItems: null,
	budgetMs: 24 * 60 * 60_000,
	khaosTime: (iso) => iso.slice(0, 19),
};

const items = Array.from({ length: count }, (_, index) => {
	const item = stockItem(`ITEM-${index}`);
	const change = item.type === 'change' ? item.change : null;
	Object.assign((change!.desired as unknown as DesiredStockItem).columns, {
		WEIGHT: '0.5',
		'Harmonisation:Code': '94052190',
		'Harmonisation:Country': 'GB',
	});
	return { item, columns: (change!.desired as unknown as DesiredStockItem).columns };
});

/** A Khaos that holds them, in a process of its own: its memory is none of the check's. */
async function startKhaos(folder: string): Promise<{ url: string; child: ChildProcess }> {
	const seed = join(folder, 'khaos.json');
	const edited = (index: number): Record<string, string> => (index % (count / drifted) === 7 ? { WEIGHT: '9.99' } : {});
	writeFileSync(
		seed,
		JSON.stringify(
			items.map(({ columns }, index) => ({ code: columns['STOCK_CODE'], set: { ...columns, ...edited(index) } })),
		),
	);
	const main = join(__dirname, '..', 'simulators', 'main.ts');
	const child = spawn(process.execPath, [...process.execArgv, main, '--generate', '1', '--khaos-seed', seed], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const [line] = await new Promise<string[]>((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`The simulators ended with ${code}`)));
		createInterface({ input: child.stdout! }).once('line', (first) => resolve([first]));
	});
	return { url: (JSON.parse(line!) as { khaosUrl: string }).khaosUrl, child };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const megabytes = (bytes: number): number => bytes / 1024 / 1024;

/** What is held after a collection, when a share of the items has been looked at. */
class Memory {
	readonly held = new Map<number, number>();
	peak = 0;
	private readonly timer = setInterval(() => this.look(), 50).unref();

	private look(): void {
		this.peak = Math.max(this.peak, process.memoryUsage().rss);
	}

	at(items: number): void {
		const tenth = Math.floor((items / count) * 10);
		if (tenth < 1 || this.held.has(tenth)) return;
		collectGarbage();
		this.held.set(tenth, process.memoryUsage().heapUsed);
	}

	stop(): void {
		clearInterval(this.timer);
	}
}

/** A drift check over 50,000 confirmed items: its calls against the fewest possible, and whether its memory stays flat. */
export async function benchDrift(): Promise<boolean> {
	const folder = mkdtempSync(join(tmpdir(), 'drift-bench-'));
	const { url, child } = await startKhaos(folder);
	let good = true;
	try {
		await withStores(async (newStore) => {
			for (const backend of backends) {
				const store = newStore(backend);
				const ledger = await openLedger({ store, environment: 'Bench' });
				for (const chunk of inChunks(items, 1_000)) await ledger.add(chunk.map(({ item }) => item));
				await confirmAll(store);
				const client = khaosClientOf(toKhaosConnection({ url }), fetchRequest, Date.now);
				const memory = new Memory();
				const drift: DriftPort = {
					...ledger.drift,
					record: async (run, outcome) => {
						memory.at(outcome.counts.items);
						return await ledger.drift.record(run, outcome);
					},
				};
				collectGarbage();
				const before = process.memoryUsage().rss;
				const { ms, result } = await timed(
					async () =>
						await findDrift(
							{
								client,
								port: ledger.deliveryPort(url),
								drift,
								now: Date.now,
								sleep: async (ms) => await new Promise((later) => setTimeout(later, ms)),
							},
							settings,
						),
				);
				memory.stop();
				if (result.status === 'busy') throw new Error('The check is busy');
				const fewest = Math.ceil(count / EXPORT_BATCH) + 2;
				const { calls, different, items: compared } = result.run.counts;
				const [early, late] = [memory.held.get(1)!, memory.held.get(9)!];
				print(`drift.${backend}.items`, compared, 'items');
				print(`drift.${backend}.found`, different, 'items');
				print(`drift.${backend}.calls`, calls, 'calls');
				print(`drift.${backend}.fewestCalls`, fewest, 'calls');
				print(`drift.${backend}.seconds`, ms / 1_000, 's');
				print(`drift.${backend}.heapAtOneTenth`, megabytes(early), 'MB');
				print(`drift.${backend}.heapAtNineTenths`, megabytes(late), 'MB');
				print(`drift.${backend}.peakOverStart`, megabytes(memory.peak - before), 'MB');
				good &&=
					result.status === 'finished' &&
					compared === count &&
					different === drifted &&
					calls <= fewest * allowedShare &&
					megabytes(late - early) <= allowedGrowth;
				await ledger.close();
			}
		});
	} finally {
		child.removeAllListeners('exit');
		child.kill('SIGTERM');
		rmSync(folder, { recursive: true, force: true });
	}
	return good;
}

/** As if every change had been delivered and read back. */
async function confirmAll(store: Parameters<typeof databaseOf>[0]): Promise<void> {
	const database = databaseOf(store);
	await database.write(async (tx) => {
		await tx.run(
			`UPDATE records SET present = 1, confirmed_version = version, confirmed_at = ?,
				confirmed = (SELECT max(desired) FROM changes WHERE changes.record_id = records.record_id) WHERE kind = 'stockItem'`,
			tx.now,
		);
		await tx.run('DELETE FROM change_needs');
		await tx.run('DELETE FROM changes');
	});
	await database.close();
}
