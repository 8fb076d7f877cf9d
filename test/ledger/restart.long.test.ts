import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import { PostgresServer } from '../../scripts/postgresServer';
import { change, confirmed, rejection } from './story';

/** The PostgreSQL of a ledger is killed and comes back, again and again, while everything that uses the ledger goes on. */
describe('a PostgreSQL that is killed in the middle of everything', () => {
	let folder: string;
	let server: PostgresServer;
	let ledger: Ledger;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'restart-'));
		// The server runs as another user where we are root.
		chmodSync(folder, 0o755);
		server = await PostgresServer.start({ folder: join(folder, 'postgres'), password: 'for-this-test' });
		const store: LedgerStore = { backend: 'postgres', ...server.target, tls: 'disable', schema: 'ledger' };
		ledger = await openLedger({ store, environment: 'Live' });
	}, 60_000);
	afterAll(async () => {
		await ledger.close();
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test('every operation outlives it: nothing is lost, nothing is held twice', async () => {
		const port = ledger.deliveryPort('https://erp.example/KhaosKSD.exe');
		const scan = ledger.scanPort('trigger');
		const held = new Map<string, number>();
		let working = true;
		let rounds = 0;

		/** Everything that a sync asks of its ledger, in one go. */
		const goOn = async (): Promise<void> => {
			for (; working; rounds++) {
				const key = `ITEM-${rounds}`;
				const step = await scan.begin(60_000);
				if (step !== null) {
					const cursor = { watermark: null, scan: null, boundary: {}, lastCompleteAt: null };
					const product = { primaryId: key, internalId: '', dateUpdated: '2026-11-02T08:59:00.000Z' };
					await scan.emit(step.token, step.token, [product], cursor);
				}
				await ledger.add([change(key, { emission: step?.token }), rejection(`BAD-${rounds}`, 'itemName')]);
				await ledger.hints.add([{ idKind: 'primaryId', id: key, deleted: false }]);
				const hints = await ledger.hints.take(10, 60_000);
				await ledger.hints.finish(
					hints.token,
					hints.hints.map((hint) => hint.hintId),
				);
				const batch = await ledger.take({ target: 'khaos', limit: 10 });
				for (const item of batch) held.set(item.changeId, (held.get(item.changeId) ?? 0) + 1);
				const ours = await port.throughGate(2, async () =>
					port.beginWrite(batch.map(({ changeId, lease }) => ({ changeId, token: lease.token }))),
				);
				expect(ours.size).toBe(batch.length);
				await ledger.settle(batch.map(confirmed));
				const statuses = await ledger.take({ target: 'pimberly', limit: 10 });
				for (const { changeId, lease } of statuses) {
					expect(await ledger.statuses.beginWrite({ changeId, token: lease.token })).toBe(true);
				}
				await ledger.settle(statuses.map(confirmed));
				await ledger.housekeeping();
				await ledger.stats();
			}
		};
		const work = goOn();
		for (let kill = 0; kill < 2; kill++) {
			const before = rounds;
			while (rounds < before + 5) await new Promise((resolve) => setTimeout(resolve, 7));
			await server.kill();
			await server.startAgain();
		}
		working = false;
		await work;

		const all = await ledger.stats();
		expect(all).toMatchObject({ confirmed: rounds, rejected: rounds, khaos: { queued: 0, leased: 0 } });
		expect(all.intake.notifications).toBe(0);
		expect(Math.max(...held.values())).toBe(1);
	}, 120_000);
});
