import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface CommandOptions {
	cwd: string;
	/** Gets everything the command prints, appended. */
	logFile: string;
	env?: NodeJS.ProcessEnv;
}

/** A command that ended with something else than 0; the message holds the end of what it printed. */
export class CommandFailed extends Error {
	override readonly name = 'CommandFailed';
}

const LINES_SHOWN = 15;
const running = new Set<ChildProcess>();

/** Ends the commands that are under way, for a program that ends before them. */
export function stopCommands(): void {
	for (const child of running) child.kill('SIGTERM');
}

/** Runs a command to its end. Throws {@link CommandFailed} with its last lines when it fails. */
export async function runCommand(command: string, args: string[], options: CommandOptions): Promise<void> {
	const windows = process.platform === 'win32';
	const log = createWriteStream(options.logFile, { flags: 'a' });
	let tail = '';
	try {
		await new Promise<void>((resolve, reject) => {
			const child = spawn(command, args, {
				cwd: options.cwd,
				env: options.env ?? process.env,
				stdio: ['ignore', 'pipe', 'pipe'],
				// npm and its like are scripts there, which only the shell finds.
				shell: windows,
			});
			running.add(child);
			const keep = (chunk: Buffer): void => {
				log.write(chunk);
				tail = (tail + chunk.toString()).slice(-8_000);
			};
			child.stdout.on('data', keep);
			child.stderr.on('data', keep);
			child.once('close', () => running.delete(child));
			child.once('error', (error) => reject(new CommandFailed(`Could not run ${command}: ${error.message}`)));
			child.once('close', (code, signal) => {
				if (code === 0) return resolve();
				const lines = tail.trim().split('\n').slice(-LINES_SHOWN).join('\n');
				reject(
					new CommandFailed(
						`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}. Its last lines (all of it: ${options.logFile}):\n${lines}`,
					),
				);
			});
		});
	} finally {
		await new Promise((resolve) => log.end(resolve));
	}
}
