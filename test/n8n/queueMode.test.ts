import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { PostgresServer } from '../../scripts/postgresServer';
import type { Report } from '../../scripts/report';
import { Command } from './command';
import { PATIENCE_MS, Story, until } from './story';

jest.setTimeout(PATIENCE_MS);

const complete = {
	complete: true,
	report: { changes: { held: 0, failed: 0, rejected: 0 }, orderViolations: 0, exceptions: [] },
};

describe('n8n in queue mode: a main process and two workers', () => {
	let story: Story;

	beforeAll(async () => {
		// A worker that died is noticed after seconds, not after a minute.
		const env = {
			QUEUE_WORKER_LOCK_DURATION: '6000',
			QUEUE_WORKER_LOCK_RENEW_TIME: '1000',
			QUEUE_WORKER_STALLED_INTERVAL: '2000',
		};
		story = await Story.begin({ queueMode: 2, ledger: { backend: 'postgres', target: null }, env });
	});
	afterAll(async () => await story?.end());

	/** Ids of the executions that a worker says it has run. */
	const runBy = (worker: number): string[] =>
		[...readFileSync(story.run.data.workerLog(worker), 'utf8').matchAll(/Worker started execution (\d+)/g)].map(
			([, id]) => id!,
		);

	test('the whole account arrives in Khaos, in order, and is Live in Pimberly', async () => {
		await story.run.activate();
		expect(await story.toTheEnd()).toMatchObject(complete);
	});

	test('every execution ran in a worker, and both workers had some', async () => {
		const main = readFileSync(story.run.data.n8nLog, 'utf8');
		const queued = [...main.matchAll(/Enqueued execution (\d+)/g)].map(([, id]) => id);
		expect(queued.length).toBeGreaterThan(2);
		expect([...runBy(1), ...runBy(2)].sort()).toEqual(queued.sort());
		expect(runBy(1).length).toBeGreaterThan(0);
		expect(runBy(2).length).toBeGreaterThan(0);
		expect(main).not.toContain('Worker started execution');
		expect(await story.run.demo.api.executions({ status: 'error' })).toEqual([]);
	});

	test('a worker that dies in the middle of its batch loses nothing', async () => {
		const { demo } = story.run;
		story.forgetCalls();
		story.simulators.control.setLatency({ khaosMs: 400 });
		const before = [runBy(1).length, runBy(2).length];
		const edited = story.simulators.pimberly.all().slice(0, 80);
		await story.changeProducts(
			edited.map(({ primaryId, attributes }) => ({
				primaryId,
				attributes: { itemName: `${String(attributes.itemName)}, from another worker` },
			})),
		);
		await demo.api.deactivate(demo.workflow.id);
		await story.run.activate();
		await until(() => story.calls('khaos', /^ImportStockTSV$/).some(({ outcome }) => outcome === 'ok'));
		// Whoever has begun executions since; one of them is in the middle of the delivery.
		const busy = [1, 2].filter((worker) => runBy(worker).length > before[worker - 1]!);
		for (const worker of busy) await demo.kill(worker);
		expect(busy.length).toBeGreaterThan(0);
		story.simulators.control.setLatency({ khaosMs: 0 });

		for (const worker of busy) await demo.startAgain(worker);
		expect(await story.toTheEnd()).toMatchObject(complete);
	});
});

describe('npm start --queue-mode with a PostgreSQL that is there', () => {
	const PASSWORD = 'not-to-be-seen-anywhere';
	let folder: string;
	let postgres: PostgresServer;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'given-postgres-'));
		// As root, PostgreSQL runs as another user.
		chmodSync(folder, 0o711);
		postgres = await PostgresServer.start({ folder: join(folder, 'postgres'), password: PASSWORD });
	});
	afterAll(async () => {
		await postgres?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	const ask = async <T>(sql: string): Promise<T[]> => {
		const { host, port, user, password, database } = postgres.target;
		const client = new Client({ host, port, user, password, database, ssl: false });
		await client.connect();
		try {
			return (await client.query(sql)).rows as T[];
		} finally {
			await client.end();
		}
	};

	test('does the main job in schemas of its own, drops them, and shows no password', async () => {
		await ask('CREATE TABLE somebody_elses (value text)');
		await ask(`INSERT INTO somebody_elses VALUES ('stays')`);
		const report = join(folder, 'report.json');
		const { host, port, user, database } = postgres.target;
		const url = `postgres://${user}:${PASSWORD}@${host}:${port}/${database}`;
		const run = Command.start(
			'start',
			'--',
			'--once',
			'--queue-mode',
			'2',
			'--ledger',
			url,
			'--generate',
			'60',
			'--report',
			report,
		);
		try {
			const kept = (async () => {
				await run.prints(/Activating the workflow/);
				return await ask<{ nspname: string }>(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pimberly_khaos%'`);
			})();
			expect(await run.end()).toBe(0);
			expect(await kept).toHaveLength(2);
		} finally {
			run.endAnyway();
		}

		expect(JSON.parse(readFileSync(report, 'utf8')) as Report).toMatchObject({
			products: 60,
			changes: { confirmed: 60, held: 0, failed: 0, rejected: 0 },
			orderViolations: 0,
			exceptions: [],
		});
		expect(run.output + readFileSync(report, 'utf8')).not.toContain(PASSWORD);
		expect(await ask(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pimberly_khaos%'`)).toEqual([]);
		expect(await ask('SELECT value FROM somebody_elses')).toEqual([{ value: 'stays' }]);
	});
});
