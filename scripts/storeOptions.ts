import { postgresTargetOf, type PostgresTarget } from './postgresTarget';
import { redisTargetOf, type RedisTarget } from './redisServer';
import { UsageError } from './usageError';

/** Where the ledger is kept. A PostgreSQL without a target is started for the run. */
export type LedgerOption = { backend: 'sqlite' } | { backend: 'postgres'; target: PostgresTarget | null };

const MOST_WORKERS = 16;

/** `--ledger`. @throws UsageError that never repeats the value: it may hold a password */
export function ledgerOption(value: string | undefined, queueMode: boolean): LedgerOption {
	if (queueMode && value === 'sqlite') {
		throw new UsageError(
			'--queue-mode and --ledger sqlite exclude each other: several processes work at once, and a SQLite ledger serves one. Leave --ledger out, or use --ledger postgres.',
		);
	}
	if (value === 'postgres' || (value === undefined && queueMode)) return { backend: 'postgres', target: null };
	if (value === undefined || value === 'sqlite') return { backend: 'sqlite' };
	if (!/^postgres(ql)?:/.test(value)) {
		throw new UsageError(
			'--ledger wants sqlite, postgres or postgres://USER:PASSWORD@HOST:PORT/DATABASE; what was given is none of them.',
		);
	}
	return { backend: 'postgres', target: told('--ledger', () => postgresTargetOf(value)) };
}

/** `--queue-mode`. @throws UsageError */
export function queueModeOption(value: string | undefined): number | null {
	if (value === undefined) return null;
	const workers = /^\d{1,2}$/.test(value) ? Number(value) : 0;
	if (workers < 1 || workers > MOST_WORKERS) {
		throw new UsageError(`--queue-mode wants the number of workers, from 1 to ${MOST_WORKERS}, not "${value}".`);
	}
	return workers;
}

/** `--redis`. @throws UsageError that never repeats the value: it may hold a password */
export function redisOption(value: string | undefined, queueMode: boolean): RedisTarget | null {
	if (value === undefined) return null;
	if (!queueMode) throw new UsageError('--redis is for --queue-mode; one n8n process needs no Redis.');
	return told('--redis', () => redisTargetOf(value));
}

function told<T>(flag: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		throw new UsageError(`${flag}: ${(error as Error).message}`);
	}
}
