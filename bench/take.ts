import { randomUUID } from 'node:crypto';

import type { Database, Transaction } from '../lib/ledger/database';
import { openLedger, type Ledger, type LedgerStore } from '../lib/ledger/ledger';
import { defaultSettings } from '../lib/ledger/settings';
import { take } from '../lib/ledger/take';
import type { BatchItem } from '../lib/shapes';
import { median, print, timed } from './figures';
import { backends, databaseOf, inChunks, stockItem, withStores } from './ledgers';

const small = 2_000;
const large = 200_000;
const rounds = 41;
const childrenOfEach = 19;
const allowedRatio = 1.5;

interface Filled {
	ledger: Ledger;
	database: Database;
}

/**
 * What a batch of 100 costs in a small and in a large ledger, 95 % of which is held under unconfirmed parents; and whether
 * any statement of a take scans or sorts the backlog. The two take turns, so that both meet the same noise.
 * @returns false when the large one costs more than allowed or a plan is wrong.
 */
export async function benchTake(): Promise<boolean> {
	let good = true;
	await withStores(async (newStore) => {
		for (const backend of backends) {
			const ledgers = [await fill(newStore(backend), small), await fill(newStore(backend), large)];
			const costs: number[][] = [[], []];
			for (let round = 0; round < rounds; round++) {
				for (const [index, one] of ledgers.entries()) {
					const { ms, result } = await timed(async () => await takeBatch(one));
					if (result.length !== 100) throw new Error(`A batch of ${result.length} changes was taken, not of 100`);
					costs[index]!.push(ms);
					await putBack(one.database);
				}
			}
			const [costSmall, costLarge] = costs.map(median) as [number, number];
			print(`take.${backend}.${small}`, costSmall, 'ms');
			print(`take.${backend}.${large}`, costLarge, 'ms');
			print(`take.${backend}.ratio`, costLarge / costSmall, 'x');
			const wrong = await wrongPlans(ledgers[1]!.database);
			print(`take.${backend}.plansThatScanOrSort`, wrong.length, 'statements');
			for (const plan of wrong) process.stderr.write(`${plan}\n`);
			good &&= costLarge / costSmall <= allowedRatio && wrong.length === 0;
			for (const { ledger, database } of ledgers) {
				await ledger.close();
				await database.close();
			}
		}
	});
	return good;
}

async function fill(store: LedgerStore, size: number): Promise<Filled> {
	const ledger = await openLedger({ store, environment: 'Bench' });
	const parents = Array.from({ length: size / (childrenOfEach + 1) }, (_, index) => `P-${index}`);
	for (const chunk of inChunks(parents, 5_000 / (childrenOfEach + 1))) {
		await ledger.add(
			chunk.flatMap((parent) => [
				stockItem(parent),
				...Array.from({ length: childrenOfEach }, (_, child) => stockItem(`${parent}-${child}`, parent)),
			]),
		);
	}
	const database = databaseOf(store);
	// PostgreSQL does so by itself within a minute.
	await database.write(async (tx) => await tx.run('ANALYZE'));
	const { khaos } = await ledger.stats();
	if (khaos.held !== size * 0.95) throw new Error(`${khaos.held} of ${size} changes are held, not 95 %`);
	return { ledger, database };
}

/** As the ledger does it, over the connection that puts it back: another one would empty SQLite's cache in between. */
async function takeBatch({ database }: Filled): Promise<BatchItem[]> {
	const options = { target: 'khaos' as const, limit: 100, leaseMs: 60_000, quietMs: 0, token: randomUUID() };
	return await database.write(async (tx) => await take(tx, 1, defaultSettings, options));
}

async function putBack(database: Database): Promise<void> {
	await database.write(async (tx) => {
		await tx.run(
			`UPDATE changes SET state = 'queued', attempt = 0, lease_token = NULL, lease_until = NULL WHERE state = 'leased'`,
		);
	});
}

/** The plans of all that a take of the eighth kind asks the database, where they touch more of the backlog than the batch. */
async function wrongPlans(database: Database): Promise<string[]> {
	const wrong: string[] = [];
	await database.write(async (tx) => {
		await tx.run('UPDATE takes SET batches = 7');
		const explain = async (sql: string, parameters: Array<string | number | null>): Promise<void> => {
			const sqlite = tx.dialect.name === 'sqlite';
			const rows = await tx.all<Record<string, string>>(`EXPLAIN ${sqlite ? 'QUERY PLAN ' : ''}${sql}`, ...parameters);
			const plan = rows.map((row) => row['detail'] ?? row['QUERY PLAN']).join('\n');
			const bad = sqlite
				? /SCAN (changes|records|change_needs)|TEMP B-TREE/
				: /Seq Scan on (changes|records|change_needs)|\bSort\b/;
			if (bad.test(plan)) wrong.push(`${sql}\n${plan}`);
		};
		const watched: Transaction = {
			dialect: tx.dialect,
			now: tx.now + 2 * defaultSettings.agedMs,
			all: async (sql, ...parameters) => {
				await explain(sql, parameters);
				return await tx.all(sql, ...parameters);
			},
			get: async (sql, ...parameters) => {
				await explain(sql, parameters);
				return await tx.get(sql, ...parameters);
			},
			run: async (sql, ...parameters) => {
				await explain(sql, parameters);
				return await tx.run(sql, ...parameters);
			},
		};
		await take(watched, 1, defaultSettings, {
			target: 'khaos',
			limit: 100,
			leaseMs: 60_000,
			quietMs: 2_000,
			token: 'plans',
		});
	});
	return wrong;
}
