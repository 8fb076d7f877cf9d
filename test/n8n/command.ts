import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** A program of this repository, as a person or another tool runs it. */
export class Command {
	output = '';
	private readonly ended: Promise<number | null>;

	private constructor(private readonly child: ChildProcess) {
		const keep = (chunk: Buffer): void => void (this.output += chunk.toString());
		child.stdout!.on('data', keep);
		child.stderr!.on('data', keep);
		this.ended = new Promise((resolve) => child.once('close', resolve));
	}

	static start(...args: string[]): Command {
		// In a group of its own, as a terminal has one for what runs in it. npm would show the command line, tokens included.
		return new Command(
			spawn('npm', ['--silent', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
		);
	}

	/** Its exit code, once everything that it started has let go of its output. */
	async end(): Promise<number | null> {
		return await this.ended;
	}

	/** Waits until it has printed this, and returns the match. */
	async prints(pattern: RegExp): Promise<RegExpExecArray> {
		let over = false;
		void this.ended.then(() => (over = true));
		for (;;) {
			const found = pattern.exec(this.output);
			if (found) return found;
			if (over) throw new Error(`It ended without printing ${pattern}:\n${this.output}`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	/** Ctrl-C: everything in the terminal gets the signal. Resolves when all of it is gone. */
	async interrupt(): Promise<void> {
		process.kill(-this.child.pid!, 'SIGINT');
		await this.ended;
	}

	/** For a test that failed in the middle. */
	endAnyway(): void {
		if (this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.child.pid!, 'SIGTERM');
	}
}
