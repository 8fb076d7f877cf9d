import { createInterface } from 'node:readline';

import { fetchRequest } from '../lib/fetchRequest';
import { khaosClientOf, toKhaosConnection } from '../lib/khaos/webServices/connection';
import { KhaosDelivery } from '../lib/khaos/delivery/delivery';
import type { AddItem } from '../lib/ledger/intake/add';
import { openLedger, type Ledger, type LedgerStore } from '../lib/ledger/ledger';
import type { LedgerSettings } from '../lib/ledger/settings';
import type { BatchItem, ReadBack, Result } from '../lib/shapes';

/** What one process of several does with a ledger; see workers.ts. */
export type Task =
	/** Take until nothing is left, and say that each batch is confirmed. */
	| { do: 'take'; limit: number }
	/** Add each of these by itself, all at once. */
	| { do: 'add'; items: AddItem[] }
	/** Take, write to this Khaos, read back and settle, until nothing is left. */
	| { do: 'deliver'; limit: number; khaosUrl: string };

export interface WorkerOptions {
	store: LedgerStore;
	environment: string;
	settings?: Partial<LedgerSettings>;
	task: Task;
}

/** The last line that a worker prints. */
export interface WorkDone {
	/** Every change that was in its hands, as often as it was. */
	taken: Array<{ changeId: string; key: string; token: string }>;
}

const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

function confirmed(item: BatchItem): Result {
	const columns = (item.desired as { columns?: Record<string, string> }).columns ?? {};
	const readBack: ReadBack = { exists: true, stockCode: item.key, stockId: item.key, parentCode: '', columns };
	const { changeId, lease } = item;
	return { changeId, lease, status: 'confirmed', differences: [], reason: '', remedy: '', retryAfter: null, readBack };
}

/** Whether anything could still be taken, now or by itself later. */
async function isDone(ledger: Ledger): Promise<boolean> {
	const { khaos } = await ledger.stats();
	return khaos.queued + khaos.leased + khaos.retrying + khaos.sent + khaos.next + khaos.held === 0;
}

async function workOff(
	ledger: Ledger,
	limit: number,
	settle: (batch: BatchItem[]) => Promise<Result[]>,
): Promise<WorkDone> {
	const taken: WorkDone['taken'] = [];
	for (;;) {
		const batch = await ledger.take({ target: 'khaos', limit });
		if (batch.length === 0) {
			if (await isDone(ledger)) return { taken };
			await sleep(20);
			continue;
		}
		taken.push(...batch.map(({ changeId, key, lease }) => ({ changeId, key, token: lease.token })));
		await ledger.settle(await settle(batch));
	}
}

async function run(ledger: Ledger, task: Task): Promise<WorkDone> {
	switch (task.do) {
		case 'take':
			return await workOff(ledger, task.limit, async (batch) => await Promise.resolve(batch.map(confirmed)));
		case 'add':
			await Promise.all(task.items.map(async (item) => await ledger.add([item])));
			return { taken: [] };
		case 'deliver': {
			const connection = toKhaosConnection({ url: task.khaosUrl });
			const client = khaosClientOf(connection, fetchRequest, Date.now);
			const port = ledger.deliveryPort(connection.endpoint.identity);
			return await workOff(
				ledger,
				task.limit,
				async (batch) => await new KhaosDelivery({ client, port, sleep }).createOrUpdate(batch),
			);
		}
	}
}

async function main(): Promise<void> {
	// The first line says what to do, the second one to begin.
	const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
	const { task, ...options } = JSON.parse((await lines.next()).value as string) as WorkerOptions;
	const ledger = await openLedger(options);
	process.stdout.write('ready\n');
	await lines.next();
	const done = await run(ledger, task);
	await ledger.close();
	process.stdout.write(`${JSON.stringify(done)}\n`, () => process.exit(0));
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
	process.exit(1);
});
