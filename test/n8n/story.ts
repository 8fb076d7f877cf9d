import { DatabaseSync } from 'node:sqlite';
import { showProgress, silentProgress } from '../../scripts/progress';
import { SyncRun, type Outcome, type RunOptions } from '../../scripts/syncRun';
import type { LoggedCall } from '../../simulators/callLog';
import type { Simulators } from '../../simulators/start';

/** A real n8n on a slow machine needs its time; none of these tests waits for a time, only for things to happen. */
export const PATIENCE_MS = 8 * 60_000;

/** One account, one Khaos and one n8n, and what happens between them. */
export class Story {
	private constructor(readonly run: SyncRun) {}

	/** Everything is there and the sync is not active yet. */
	static async begin(options: Partial<RunOptions> = {}): Promise<Story> {
		const progress = process.env.SHOW_PROGRESS ? showProgress() : silentProgress;
		const run = await SyncRun.prepare(
			{ catalogue: null, generate: 150, servers: null, keep: null, ...options },
			progress,
		);
		return new Story(run);
	}

	get simulators(): Simulators {
		return this.run.simulators!;
	}

	/** Runs the sync until it has nothing left to do, then looks at both sides. */
	async toTheEnd(): Promise<Outcome> {
		return await this.run.conclude(await this.run.untilSettled());
	}

	/** Has Pimberly polled now, as n8n does at every activation, and runs to the end of what comes of it. */
	async pollAndRunToTheEnd(): Promise<Outcome> {
		const { demo } = this.run;
		await demo.api.deactivate(demo.workflow.id);
		await this.run.activate();
		return await this.toTheEnd();
	}

	/** What people change in Pimberly. */
	async changeProducts(products: Array<{ primaryId: string; attributes: Record<string, string> }>): Promise<void> {
		const answer = await fetch(`${this.simulators.controlUrl}/products`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ products }),
		});
		expect(answer.status).toBe(200);
	}

	/** Calls to one side since the log was last forgotten. */
	calls(side: LoggedCall['side'], method?: RegExp): LoggedCall[] {
		return this.simulators.control.log().filter((call) => call.side === side && (method?.test(call.method) ?? true));
	}

	forgetCalls(): void {
		this.simulators.control.resetLog();
	}

	/** A crash of n8n as soon as `moment` has come, and a start on what it left. */
	async crashWhen(moment: () => boolean, atTheMoment: () => void = () => {}): Promise<void> {
		await until(moment);
		atTheMoment();
		await this.run.demo.kill();
	}

	async startAgain(): Promise<void> {
		await this.run.restartClock();
		await this.run.demo.startAgain();
	}

	async end(): Promise<void> {
		await this.run.stop();
	}
}

/** Looks as often as it can, so that a moment is not missed. */
export async function until(moment: () => boolean): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS;
	while (!moment()) {
		if (Date.now() > deadline) throw new Error('The moment that the test waits for did not come.');
		await new Promise((resolve) => setImmediate(resolve));
	}
}

/** The ledger's tables, beside n8n; for moments that are gone before any query of the package could tell. */
export class LedgerWindow {
	private readonly database: DatabaseSync;

	constructor(file: string) {
		this.database = new DatabaseSync(file);
	}

	count(sql: string): number {
		return Number((this.database.prepare(`SELECT count(*) AS count FROM ${sql}`).get() as { count: number }).count);
	}

	/** Nobody can write from now on, until `letGo`. */
	hold(): void {
		this.database.exec('BEGIN IMMEDIATE');
	}

	letGo(): void {
		this.database.exec('ROLLBACK');
	}

	close(): void {
		this.database.close();
	}
}
