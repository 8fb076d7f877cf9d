import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';

import type { Database } from './database';

/** This process, as a ledger knows it. */
export const instance = { id: randomUUID(), pid: process.pid, machine: hostname() };

interface OwnerRow {
	instance: string;
	pid: number;
	machine: string;
	seen_at: number;
}

const ownerSilentMs = 60_000;

/** The ledger file is in use by another n8n. */
export class LedgerInUse extends Error {
	override readonly name = 'LedgerInUse';
}

/**
 * Make this process the one that works with a SQLite ledger. What a former owner had in its hands when it died (batches,
 * scan steps, the gate) is free at once: nobody is left to finish it.
 * @throws LedgerInUse while another living process owns the file.
 */
export async function takeOwnership(database: Database): Promise<void> {
	await database.write(async (tx) => {
		const owner = await tx.get<OwnerRow>('SELECT instance, pid, machine, seen_at FROM owner');
		if (owner !== undefined && owner.instance === instance.id) return;
		if (owner !== undefined && lives(owner, tx.now)) {
			throw new LedgerInUse(
				`This ledger file belongs to another n8n that is running (process ${owner.pid} on ${owner.machine}). Stop that one, or give this n8n a ledger file of its own; several n8n processes on one ledger need PostgreSQL.`,
			);
		}
		await tx.run(
			`INSERT INTO owner (only_row, instance, pid, machine, seen_at) VALUES (1, ?, ?, ?, ?)
			 ON CONFLICT (only_row) DO UPDATE SET instance = excluded.instance, pid = excluded.pid, machine = excluded.machine, seen_at = excluded.seen_at`,
			instance.id,
			instance.pid,
			instance.machine,
			tx.now,
		);
		await tx.run(`UPDATE changes SET lease_until = 0 WHERE state = 'leased'`);
		await tx.run('UPDATE scans SET lease_token = NULL, lease_until = NULL');
		await tx.run('UPDATE gates SET holder = NULL, held_until = 0');
		await tx.run('DELETE FROM gate_waiters');
	});
}

/** Say that the owner is alive. */
export async function showLife(database: Database): Promise<void> {
	await database.write(async (tx) => {
		await tx.run('UPDATE owner SET seen_at = ? WHERE instance = ?', tx.now, instance.id);
	});
}

function lives(owner: OwnerRow, now: number): boolean {
	if (owner.machine === instance.machine) {
		// The same pid after a restart in a container is this process, not the old one.
		if (owner.pid === instance.pid) return false;
		try {
			process.kill(owner.pid, 0);
		} catch (error) {
			return (error as NodeJS.ErrnoException).code === 'EPERM' && now - owner.seen_at < ownerSilentMs;
		}
	}
	return now - owner.seen_at < ownerSilentMs;
}
