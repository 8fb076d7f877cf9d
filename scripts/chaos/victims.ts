import type { Demo } from '../demo';
import { N8nServer } from '../n8nServer';
import type { Victim } from './plan';

const ATTEMPTS = 5;

/** The n8n processes of a chaos run: killed by it, started again, and kept alive where they end by themselves. */
export class Victims {
	/** By process, while it is being started. */
	private readonly starting = new Map<Victim, Promise<void>>();

	/** Processes that ended without having been killed; n8n may do so when its database is gone. */
	endedByThemselves = 0;

	private givenUp = false;

	constructor(private readonly demo: Demo) {}

	/** No process is started any more. */
	async giveUp(): Promise<void> {
		this.givenUp = true;
		await N8nServer.killAll();
		await Promise.allSettled(this.starting.values());
	}

	/** Kills a process as soon as it is there to be killed, and starts it again. */
	async kill(victim: Victim): Promise<void> {
		await this.untilUp(victim);
		await this.demo.kill(victim);
		void this.start(victim);
	}

	/** Resolves when it runs; starts it if it has ended. */
	async untilUp(victim: Victim): Promise<void> {
		for (;;) {
			await this.starting.get(victim);
			if (this.demo.isRunning(victim)) return;
			if (this.starting.has(victim)) continue;
			this.endedByThemselves += 1;
			void this.start(victim);
		}
	}

	async untilAllUp(): Promise<void> {
		for (const victim of this.demo.processes) await this.untilUp(victim);
	}

	private async start(victim: Victim): Promise<void> {
		const started = this.persistently(victim).finally(() => this.starting.delete(victim));
		this.starting.set(victim, started);
		await started.catch(() => undefined);
	}

	/** Its database may be away just then. */
	private async persistently(victim: Victim): Promise<void> {
		for (let attempt = 1; ; attempt += 1) {
			try {
				return await this.demo.startAgain(victim);
			} catch (error) {
				if (attempt === ATTEMPTS || this.givenUp) throw error;
				if (this.demo.isRunning(victim)) await this.demo.kill(victim);
				await new Promise((resolve) => setTimeout(resolve, 2_000));
			}
		}
	}
}
