import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import type { Ledger } from '../../lib/ledger/ledger';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { SyncMonitor } from '../../nodes/SyncMonitor/SyncMonitor.node';
import { startSimulators, type Simulators } from '../../simulators/start';
import { change, readBackOf, result } from '../ledger/story';
import { run } from './harness';

/** A shop that the Sync Monitor looks at: both simulators, an empty ledger, and a credential for each. */
export interface Monitored {
	simulators: Simulators;
	credentials: Record<string, IDataObject>;
	ledger(): Promise<Ledger>;
	/** Runs the Sync Monitor. */
	monitor(
		resource: string,
		operation: string,
		parameters?: INodeParameters,
		items?: INodeExecutionData[],
	): Promise<INodeExecutionData[][]>;
	/** Items that were confirmed, and that Khaos holds. */
	confirm(...codes: string[]): Promise<void>;
	end(): Promise<void>;
}

export async function beginMonitoring(): Promise<Monitored> {
	const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
	const simulators = await startSimulators();
	const credentials: Record<string, IDataObject> = {
		syncLedgerApi: { environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
		khaosControlWebServicesApi: { url: simulators.khaosUrl, authentication: 'none', timeoutSeconds: 5 },
		pimberlyApi: { baseUrl: simulators.pimberlyUrl, tokenKind: 'feed', token: simulators.feedToken },
	};
	const ledger = async () => await openFromCredential(credentials['syncLedgerApi']);
	return {
		simulators,
		credentials,
		ledger,
		monitor: async (resource, operation, parameters = {}, items) =>
			await run({ node: new SyncMonitor(), parameters: { resource, operation, ...parameters }, credentials }, items),
		confirm: async (...codes) => {
			const book = await ledger();
			await book.add(codes.map((code) => change(code)));
			const batch = await book.take({ target: 'khaos' });
			await book.settle(batch.map((item) => result(item, 'confirmed', { readBack: readBackOf(item) })));
			for (const item of batch) {
				const { columns } = item.desired as { columns: Record<string, string> };
				await fetch(`${simulators.controlUrl}/khaos/stock`, {
					method: 'POST',
					body: JSON.stringify({ code: item.key, set: columns }),
				});
			}
		},
		end: async () => {
			await (await ledger()).close();
			await simulators.stop();
			rmSync(folder, { recursive: true });
		},
	};
}
