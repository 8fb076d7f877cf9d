/** What a person sees of the long steps. */
export interface Progress {
	/** A step begins. Whatever step was under way is over. */
	step(title: string): void;
	/** How far the step is; shown beside its title, the latest one only. */
	detail(text: string): void;
	/** The step is over, with what came of it. */
	done(outcome?: string): void;
	/** A line of its own. */
	note(text: string): void;
}

const seconds = (ms: number): string => {
	const whole = Math.round(ms / 1000);
	return whole < 90 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

/**
 * Writes the steps to a stream: on a terminal one line a step that keeps changing, elsewhere (a log, a pipe) a line at its
 * beginning, one every quarter of a minute, and one at its end.
 */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
	const terminal = stream.isTTY === true;
	let current: { title: string; startedAt: number; detail: string; shownAt: number } | null = null;
	let timer: NodeJS.Timeout | null = null;

	const line = (): string => {
		if (!current) return '';
		const elapsed = seconds(Date.now() - current.startedAt);
		return `${current.title} ... ${current.detail === '' ? elapsed : `${current.detail} (${elapsed})`}`;
	};
	const show = (force: boolean): void => {
		if (!current) return;
		if (terminal) {
			const width = Math.max(20, (stream.columns || 80) - 1);
			stream.write(`\r\u001b[2K${line().slice(0, width)}`);
		} else if (force || Date.now() - current.shownAt >= 15_000) {
			stream.write(`  ${line()}\n`);
			current.shownAt = Date.now();
		}
	};
	const stopTimer = (): void => {
		if (timer) clearInterval(timer);
		timer = null;
	};
	const finish = (outcome: string): void => {
		if (!current) return;
		stopTimer();
		const text = `${current.title}: ${outcome} (${seconds(Date.now() - current.startedAt)})`;
		stream.write(terminal ? `\r\u001b[2K${text}\n` : `${text}\n`);
		current = null;
	};

	return {
		step(title) {
			finish('done');
			current = { title, startedAt: Date.now(), detail: '', shownAt: Date.now() };
			if (!terminal) stream.write(`${title} ...\n`);
			show(false);
			timer = setInterval(() => show(false), terminal ? 500 : 5_000);
			timer.unref();
		},
		detail(text) {
			if (!current || current.detail === text) return;
			current.detail = text;
			show(false);
		},
		done: (outcome = 'done') => finish(outcome),
		note(text) {
			if (terminal && current) stream.write('\r\u001b[2K');
			stream.write(`${text}\n`);
			show(false);
		},
	};
}

/** For tests and for whoever wants to hear nothing. */
export const silentProgress: Progress = { step() {}, detail() {}, done() {}, note() {} };
