import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { StoredKhaos } from './khaos/store';
import type { StoredCatalogue } from './pimberly/store';

/** What both simulators keep between runs. */
export interface SavedState {
	format: 1;
	feedToken: string;
	/** Channel id -> token. */
	channelTokens: Record<string, string>;
	pimberly: StoredCatalogue;
	khaos: StoredKhaos;
}

/** Read a state file; null when there is none yet. @throws Error naming the file when it can't be used */
export function readState(file: string): SavedState | null {
	if (!existsSync(file)) return null;
	let state: Partial<SavedState>;
	try {
		state = JSON.parse(readFileSync(file, 'utf8')) as Partial<SavedState>;
	} catch (error) {
		throw new Error(`The simulators' state ${file} could not be read: ${(error as Error).message}`);
	}
	if (state.format !== 1)
		throw new Error(`The simulators' state ${file} is of another version. Remove it to start afresh.`);
	return state as SavedState;
}

const MIN_PAUSE_MS = 250;

/** Saves state some time after a change; a save never takes more than a twentieth of the time. */
export class StateFile {
	private timer: NodeJS.Timeout | null = null;

	private lastSaveMs = 0;

	constructor(
		private readonly file: string,
		private readonly state: () => SavedState,
	) {}

	/** Something changed: save before long. */
	touch(): void {
		if (this.timer) return;
		this.timer = setTimeout(() => this.save(), Math.max(MIN_PAUSE_MS, this.lastSaveMs * 20));
	}

	/** Save now. The file is whole at every moment: written beside, then renamed. */
	save(): void {
		if (this.timer) clearTimeout(this.timer);
		this.timer = null;
		const start = performance.now();
		const beside = `${this.file}.writing`;
		writeFileSync(beside, JSON.stringify(this.state()), { mode: 0o600 });
		renameSync(beside, this.file);
		this.lastSaveMs = performance.now() - start;
	}
}
