import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { fetchRequest } from '../../lib/fetchRequest';
import { KhaosClient } from '../../lib/khaos/webServices/client';
import { endpointOf } from '../../lib/khaos/webServices/endpoint';
import { endOfThisCall } from '../../lib/khaos/webServices/endOfCall';
import { KhaosUnknownOutcome } from '../../lib/khaos/webServices/fault';
import { callsLetIn, defaultGate, throughGate, type GateTools } from '../../lib/ledger/delivery/gate';
import { migrate } from '../../lib/ledger/store/migrations';
import type { Database } from '../../lib/ledger/store/database';
import { makeSchema, openPostgres } from '../../lib/ledger/store/postgres';
import { openSqlite } from '../../lib/ledger/store/sqlite';
import { backends, freshStore } from './story';

/** A process at the gate, whose time the test moves, and which can lose its way to the ledger. */
class Process {
	private static tokens = 0;
	private elapsed = 0;
	private readonly beats = new Set<{ ms: number; due: number; run: () => unknown }>();
	outOfReach = false;

	constructor(private readonly real: Database) {}

	private readonly database: Database = {
		get dialect(): Database['dialect'] {
			throw new Error('The gate asks for no dialect');
		},
		write: async (work) => {
			if (this.outOfReach) throw new Error('connect ECONNREFUSED');
			return await this.real.write(work);
		},
		read: async (work) => await this.real.read(work),
		close: async () => undefined,
	};

	private readonly tools: GateTools = {
		newToken: () => `process ${++Process.tokens}`,
		sleep: async () => await Promise.reject(new Error('The gate is closed')),
		every: (ms, run) => {
			const beat = { ms, due: this.elapsed + ms, run };
			this.beats.add(beat);
			return () => this.beats.delete(beat);
		},
		elapsed: () => this.elapsed,
	};

	async through<T>(call: () => Promise<T>, system = 'khaos'): Promise<T> {
		return await throughGate(this.database, this.tools, defaultGate, system, 2, call);
	}

	/** Second by second, so that everything that is due has its turn. */
	async later(ms: number): Promise<void> {
		for (const end = this.elapsed + ms; this.elapsed < end; ) {
			this.elapsed += 1_000;
			for (const beat of this.beats) {
				if (beat.due > this.elapsed) continue;
				beat.due += beat.ms;
				await beat.run();
			}
		}
	}
}

describe.each(backends)('the gate, %s', (backend) => {
	const { store, remove } = freshStore(backend);
	let now = Date.parse('2026-11-02T09:00:00.000Z');
	let database: Database;
	beforeAll(async () => {
		const clock = () => now;
		if (store.backend === 'postgres') await makeSchema(store);
		database =
			store.backend === 'postgres' ? openPostgres({ ...store, clock }) : openSqlite({ file: store.file, clock });
		await migrate(database);
	});
	afterAll(async () => {
		await database.close();
		remove();
	});

	const isClosed = async (): Promise<boolean> =>
		await database.read(async (tx) => {
			const gate = await tx.get<{ held_until: number }>(`SELECT held_until FROM gates WHERE system = 'khaos'`);
			return gate!.held_until > tx.now;
		});

	/** A call that Khaos does not answer; it ends when it is told to. */
	const unanswered = () => {
		let began: () => void = () => undefined;
		const inFlight = new Promise<void>((resolve) => {
			began = resolve;
		});
		const call = async (): Promise<never> =>
			await new Promise((_resolve, reject) => {
				endOfThisCall()!.addEventListener('abort', () => reject(new Error('ended early')));
				began();
			});
		return { call, inFlight };
	};

	test('is held for as long as a call lasts, where the holder can say that it lives', async () => {
		const [holder, other] = [new Process(database), new Process(database)];
		let answer: (text: string) => void = () => undefined;
		let call: Promise<string> | undefined;
		await new Promise<void>((began) => {
			call = holder.through(
				async () =>
					await new Promise<string>((resolve) => {
						answer = resolve;
						began();
					}),
			);
		});
		for (let minutes = 0; minutes < 10; minutes++) {
			now += 20_000;
			await holder.later(20_000);
			expect(await isClosed()).toBe(true);
		}
		answer('answered');
		expect(await call).toBe('answered');
		expect(await other.through(async () => 'in')).toBe('in');
	});

	test('each call that is let in is counted, whatever becomes of it, and whichever system it is for', async () => {
		const counted = async () => await database.read(async (tx) => await callsLetIn(tx));
		const before = await counted();
		const process = new Process(database);
		await process.through(async () => 'answered');
		await process.through(async () => await Promise.reject(new Error('dropped'))).catch(() => undefined);
		await process.through(async () => 'answered', 'sandbox');
		expect((await counted()) - before).toBe(3);
	});

	test('a holder that can’t reach the ledger ends its call before another one is let in', async () => {
		const [holder, other] = [new Process(database), new Process(database)];
		const { call, inFlight } = unanswered();
		let ended = false;
		const outcome = holder.through(call).catch((error: Error) => {
			ended = true;
			return error.message;
		});
		await inFlight;
		holder.outOfReach = true;
		now += 24_000;
		await holder.later(24_000);
		expect(ended).toBe(false);
		expect(await isClosed()).toBe(true);
		now += 4_000;
		await holder.later(4_000);
		expect(await outcome).toBe('ended early');
		expect(await isClosed()).toBe(true);
		now += defaultGate.holdMs;
		expect(await other.through(async () => 'in')).toBe('in');
	});

	test('a holder that finds the gate in other hands ends its call at once', async () => {
		const [holder, other] = [new Process(database), new Process(database)];
		const { call, inFlight } = unanswered();
		const outcome = holder.through(call).catch((error: Error) => error.message);
		await inFlight;
		// Its machine stood still.
		now += defaultGate.holdMs;
		await other.through(async () => {
			await holder.later(10_000);
			expect(await outcome).toBe('ended early');
			expect(await isClosed()).toBe(true);
		});
	});

	test('a call to Khaos that is ended early is of unknown outcome', async () => {
		const waiting: Array<() => void> = [];
		const server = createServer(() => waiting.forEach((tell) => tell()));
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const asked = new Promise<void>((resolve) => waiting.push(resolve));
		const client = new KhaosClient({
			endpoint: endpointOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/KhaosKSD.exe`),
			request: fetchRequest,
			timeoutMs: 60_000,
			now: () => now,
		});
		const holder = new Process(database);
		const outcome = holder
			.through(async () => await client.call('ImportStockTSV', []))
			.catch((error: unknown) => error);
		await asked;
		holder.outOfReach = true;
		await holder.later(25_000);
		const error = await outcome;
		expect(error).toBeInstanceOf(KhaosUnknownOutcome);
		expect((error as Error).message).toContain('the sync ledger was out of reach');
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		now += defaultGate.holdMs;
	});
});
