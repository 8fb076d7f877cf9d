import type { Database } from './database';

/** One of the two systems that an environment keeps in step. */
export type System = 'pimberly' | 'khaos';

/** Another system answers under an environment's name than the one whose state the ledger holds. */
export class OtherHost extends Error {
	override readonly name = 'OtherHost';
}

/** An address without credentials, query and trailing slash, the host in lower case. */
function addressOf(url: string): string {
	const parsed = new URL(url);
	return `${parsed.host.toLowerCase()}${parsed.pathname.replace(/\/+$/, '')}`;
}

/**
 * A ledger remembers which system belongs to an environment. Another one under the same name stops with a question:
 * what was confirmed in a sandbox says nothing about production.
 * @throws OtherHost
 */
export async function openHost(
	database: Database,
	environmentId: number,
	environment: string,
	system: System,
	url: string,
): Promise<void> {
	const host = addressOf(url);
	const known = await database.read(
		async (tx) =>
			await tx.get<{ host: string }>(
				'SELECT host FROM hosts WHERE environment_id = ? AND system = ?',
				environmentId,
				system,
			),
	);
	if (known?.host === host) return;
	const name = system === 'khaos' ? 'Khaos Control' : 'Pimberly';
	if (known !== undefined) {
		throw new OtherHost(
			`The ledger environment "${environment}" was used with ${name} at ${known.host}, and this credential points to ${host}. What is confirmed there says nothing about here. Is this another installation? Then give the Sync Ledger credential another Environment name.`,
		);
	}
	await database.write(async (tx) => {
		await tx.run(
			'INSERT INTO hosts (environment_id, system, host, first_seen_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
			environmentId,
			system,
			host,
			tx.now,
		);
	});
}
