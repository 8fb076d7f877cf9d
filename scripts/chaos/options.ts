import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { queueModeOption } from '../storeOptions';
import { UsageError } from '../usageError';

export interface ChaosOptions {
	kills: number;
	seed: number;
	products: number;
	/** Workers of n8n in queue mode; null: one n8n process. */
	queueMode: number | null;
	ledger: 'sqlite' | 'postgres';
	/** A new folder for n8n's data, logs and ledger, to look at afterwards; null: they are thrown away. */
	keep: string | null;
}

export const CHAOS_USAGE = `npm run chaos -- [OPTIONS]

Products sync from a simulated Pimberly to a simulated Khaos Control in a real n8n while people edit them, and n8n is killed
again and again, connections drop after a write, databases restart or are full, clocks are wrong, and notifications come twice
and late. Then it calms down, and an oracle compares both systems, their logs and the audit trail.

  --kills N          how often a process of n8n is killed (default 50)
  --seed S           what happens when; the same seed gives the same plan (default 1)
  --products N       how many products there are at the beginning (default 2000)
  --ledger STORE     sqlite (the default) or postgres
  --keep DIR         keep n8n's data, its logs and the ledger in a new folder
  --queue-mode N     n8n in queue mode with N workers; its ledger is in PostgreSQL

Exit code 0: nothing lost, nothing out of order; 1: something was; 2: it could not run.`;

/** The command line of `npm run chaos`. Null: only the usage was asked for. @throws UsageError */
export function readChaosOptions(args: string[]): ChaosOptions | null {
	const values = parse(args);
	if (values.help) return null;
	const queueMode = queueModeOption(values['queue-mode']);
	const ledger = values.ledger ?? (queueMode === null ? 'sqlite' : 'postgres');
	if (ledger !== 'sqlite' && ledger !== 'postgres') {
		throw new UsageError('--ledger wants sqlite or postgres: the run kills its PostgreSQL, so it uses one of its own.');
	}
	if (queueMode !== null && ledger === 'sqlite') {
		throw new UsageError('--queue-mode and --ledger sqlite exclude each other: a SQLite ledger serves one process.');
	}
	return {
		kills: wholeNumber('kills', values.kills, 50),
		seed: wholeNumber('seed', values.seed, 1),
		products: wholeNumber('products', values.products, 2_000),
		queueMode,
		ledger,
		keep: newFolder(values.keep),
	};
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				kills: { type: 'string' },
				seed: { type: 'string' },
				products: { type: 'string' },
				ledger: { type: 'string' },
				'queue-mode': { type: 'string' },
				keep: { type: 'string' },
				help: { type: 'boolean', short: 'h' },
			},
		}).values;
	} catch (error) {
		throw new UsageError(`${(error as Error).message}\n\n${CHAOS_USAGE}`);
	}
}

/** What an earlier run left would be no beginning. */
function newFolder(path: string | undefined): string | null {
	if (path === undefined) return null;
	if (existsSync(path)) throw new UsageError(`--keep wants a folder that is not there yet, and ${path} is.`);
	return resolve(path);
}

function wholeNumber(name: string, value: string | undefined, otherwise: number): number {
	if (value === undefined) return otherwise;
	if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`--${name} wants a whole number from 1 on, not "${value}".`);
	return Number(value);
}
