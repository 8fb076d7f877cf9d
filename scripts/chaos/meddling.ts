import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Victim } from './plan';

interface Control {
	skewMs: number;
	full: boolean;
}

/** The clocks of the n8n processes, and the room that the SQLite ledger has (meddle.cjs). */
export class Meddling {
	private readonly controls = new Map<Victim, Control>();

	constructor(
		private readonly folder: string,
		/** The file of the SQLite ledger; '' without one. */
		private readonly ledger: string,
	) {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
	}

	/** For the environment of a process. */
	environmentOf(victim: Victim): Record<string, string> {
		this.change(victim, {});
		return {
			NODE_OPTIONS: `--require "${join(__dirname, 'meddle.cjs')}"`,
			CHAOS_CONTROL: this.fileOf(victim),
		};
	}

	skew(victim: Victim, seconds: number): void {
		this.change(victim, { skewMs: seconds * 1_000 });
	}

	full(full: boolean): void {
		this.change('main', { full });
	}

	/** How often SQLite has refused a write to the ledger because it may not grow. */
	get refused(): number {
		const file = `${this.fileOf('main')}.refused`;
		return existsSync(file) ? statSync(file).size : 0;
	}

	/** Every clock is right, and there is room. */
	end(): void {
		for (const victim of this.controls.keys()) this.change(victim, { skewMs: 0, full: false });
	}

	private change(victim: Victim, change: Partial<Control>): void {
		const control = { skewMs: 0, full: false, ...this.controls.get(victim), ...change };
		this.controls.set(victim, control);
		const file = this.fileOf(victim);
		writeFileSync(`${file}.new`, JSON.stringify({ ...control, ledger: this.ledger }));
		renameSync(`${file}.new`, file);
	}

	private fileOf(victim: Victim): string {
		return join(this.folder, `${victim}.json`);
	}
}
