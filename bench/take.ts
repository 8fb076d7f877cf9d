import { randomUUID } from 'node:crypto';

import type { Database, Transaction } from '../lib/ledger/store/database';
import { openLedger, type Ledger, type LedgerStore } from '../lib/ledger/ledger';
import { defaultSettings } from '../lib/ledger/settings';
import { take } from '../lib/ledger/delivery/take';
import type { BatchItem } from '../lib/shapes';
import { median, print, timed } from './figures';
import { backends, databaseOf, inChunks, stockItem, withStores } from './ledgers';

const small = 2_000;
const large = 200_000;
/** Whole rounds of the eight kinds of batch: the fourth looks first for overdue read-backs, the eighth for what has waited long. */
const turns = 8;
const rounds = 20 * turns;
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
			const ratioOfTurn = (turn: number): number => {
				const [ofSmall, ofLarge] = costs.map((all) =>
					median(all.filter((_cost, round) => (round + 1) % turns === turn)),
				);
				return ofLarge! / ofSmall!;
			};
			const ratio = costLarge / costSmall;
			print(`take.${backend}.${small}`, costSmall, 'ms');
			print(`take.${backend}.${large}`, costLarge, 'ms');
			print(`take.${backend}.ratio`, ratio, 'x');
			print(`take.${backend}.ratioWhereReadBacksGoFirst`, ratioOfTurn(4), 'x');
			print(`take.${backend}.ratioWhereTheOldestGoesFirst`, ratioOfTurn(0), 'x');
			const wrong = await wrongPlans(ledgers[1]!.database);
			print(`take.${backend}.plansThatScanOrSort`, wrong.length, 'statements');
			for (const plan of wrong) process.stderr.write(`${plan}\n`);
			good &&= ratio <= allowedRatio && wrong.length === 0;
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

/** A scan, a sort, or a search by no more than an environment and a kind, which is as good as a scan. */
const badInSqlite = [
	/SCAN (changes|records|change_needs)/,
	/TEMP B-TREE/,
	/SEARCH records USING (COVERING )?INDEX (?!records_uncertain)\w+ \(environment_id=\?( AND kind=\?)?\)/,
];
/** A scan or a sort; the rows that each step really met are counted besides. */
const badInPostgres = [/Seq Scan on (changes|records|change_needs)/, /\bSort\b/];
/** A batch of 100 with its records, from four lanes of three kinds. */
const mostRows = 3_000;

/** Rows that the steps of a PostgreSQL plan met, those that a filter threw away included. */
const rowsMet = (plan: string): number =>
	[...plan.matchAll(/actual rows=([\d.]+) loops=(\d+)/g)].reduce(
		(most, [, rows, loops]) => Math.max(most, Number(rows) * Number(loops)),
		0,
	) + [...plan.matchAll(/Rows Removed by [\w ]+: (\d+)/g)].reduce((sum, [, rows]) => sum + Number(rows), 0);

/** The plans of all that a take asks the database, of each kind of batch, where they touch more of the backlog than the batch. */
async function wrongPlans(database: Database): Promise<string[]> {
	const wrong: string[] = [];
	for (let turn = 0; turn < turns; turn++) wrong.push(...(await wrongPlansOf(database, turn)));
	return [...new Set(wrong)];
}

async function wrongPlansOf(database: Database, turn: number): Promise<string[]> {
	const wrong: string[] = [];
	await database.write(async (tx) => {
		await tx.run('UPDATE takes SET batches = ?', turn);
		const explain = async (sql: string, parameters: Array<string | number | null>): Promise<void> => {
			const sqlite = tx.dialect.name === 'sqlite';
			const rows = await tx.all<Record<string, string>>(
				`EXPLAIN ${sqlite ? 'QUERY PLAN' : '(ANALYZE, TIMING OFF, SUMMARY OFF)'} ${sql}`,
				...parameters,
			);
			const plan = rows.map((row) => row['detail'] ?? row['QUERY PLAN']).join('\n');
			const bad = sqlite ? badInSqlite : badInPostgres;
			if (bad.some((sign) => sign.test(plan)) || rowsMet(plan) > mostRows) wrong.push(`${sql}\n${plan}`);
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
				await tx.run(sql, ...parameters);
			},
			changed: async (sql, ...parameters) => {
				await explain(sql, parameters);
				return await tx.changed(sql, ...parameters);
			},
		};
		await take(watched, 1, defaultSettings, {
			target: 'khaos',
			limit: 100,
			leaseMs: 60_000,
			quietMs: 2_000,
			token: `plans-${turn}`,
		});
	});
	return wrong;
}
