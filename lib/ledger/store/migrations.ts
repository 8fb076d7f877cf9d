import type { Database } from './database';
import { ledgerTables } from './migrations/001-ledger';
import { hintTable } from './migrations/002-hints';
import { lateWrites } from './migrations/003-late-writes';
import { baselineTables } from './migrations/004-baseline';
import { kitsAndPrices } from './migrations/005-kits-and-prices';
import { channelTables } from './migrations/006-channel';
import { exceptionsWork } from './migrations/007-exceptions-work';
import { healthLimits } from './migrations/008-health-limits';
import { gateEntries } from './migrations/009-gate-entries';
import type { Migration } from './migrations/migration';

export type { Migration } from './migrations/migration';

/** In order of their numbers. */
export const migrations: Migration[] = [
	ledgerTables,
	hintTable,
	lateWrites,
	baselineTables,
	kitsAndPrices,
	channelTables,
	exceptionsWork,
	healthLimits,
	gateEntries,
];

/** The newest schema this version of the package knows; `known` is every migration up to it. */
export const latestSchema = migrations.at(-1)!.number;

/**
 * Bring a ledger to the newest schema. Safe when several processes race to do it: the number is read, and every step
 * made, inside one write transaction.
 * @throws when the ledger was written by a newer version of the package.
 */
export async function migrate(database: Database, known: Migration[] = migrations): Promise<void> {
	const latest = known.at(-1)!.number;
	await database.write(async (tx) => {
		// Looked for first: who may work with a ledger but not make tables is refused even where there is nothing to make.
		if ((await tx.get(tx.dialect.findTable, 'schema_version')) === undefined)
			await tx.run('CREATE TABLE schema_version (number INTEGER NOT NULL)');
		const row = await tx.get<{ number: number | null }>('SELECT max(number) AS number FROM schema_version');
		const current = Number(row?.number ?? 0);
		if (current > latest) {
			throw new Error(
				`This ledger was written by a newer version of the package (schema ${current}, this version knows ${latest}). Update the package, or choose another ledger.`,
			);
		}
		for (const migration of known.filter((candidate) => candidate.number > current)) {
			for (const statement of migration.statements(tx.dialect)) await tx.run(statement);
			await tx.run('INSERT INTO schema_version (number) VALUES (?)', migration.number);
		}
	});
}
