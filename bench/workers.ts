import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { WorkDone, WorkerOptions } from './ledgerWorker';

/** A process of its own that works with a ledger. */
export interface Worker {
	/** It has opened its ledger and waits for the word. */
	ready: Promise<void>;
	go(): void;
	/** What it did. Rejects with what it wrote to stderr when it failed or was killed. */
	done: Promise<WorkDone>;
	/** As a power cut would. */
	kill(): void;
}

const root = join(__dirname, '..');

export function startWorker(options: WorkerOptions): Worker {
	const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'bench', 'ledgerWorker.ts')], {
		cwd: root,
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	child.stdin.write(`${JSON.stringify(options)}\n`);
	// One that ended already says why by its exit code.
	child.stdin.on('error', () => undefined);
	let said = '';
	child.stderr.on('data', (data: Buffer) => {
		said += data.toString();
	});
	const lines: string[] = [];
	let nowReady = (): void => undefined;
	const ready = new Promise<void>((resolve) => {
		nowReady = resolve;
	});
	createInterface(child.stdout).on('line', (line) => {
		lines.push(line);
		if (line === 'ready') nowReady();
	});
	const done = ended(child).then((code) => {
		if (code !== 0) throw new Error(`A worker ended with ${String(code)}: ${said}`);
		return JSON.parse(lines.at(-1)!) as WorkDone;
	});
	// Whoever waits for it is told; nobody has to.
	done.catch(() => undefined);
	const opened = Promise.race([ready, done.then(() => undefined)]);
	opened.catch(() => undefined);
	return {
		ready: opened,
		go: () => void child.stdin.write('go\n'),
		done,
		kill: () => void child.kill('SIGKILL'),
	};
}

// 'close' comes after everything that it wrote.
const ended = async (child: ChildProcess): Promise<number | null> =>
	await new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code)));

/** Start them, and let all of them begin at once. */
export async function workTogether(options: WorkerOptions[]): Promise<WorkDone[]> {
	const workers = options.map(startWorker);
	await Promise.all(workers.map(async (worker) => await worker.ready));
	for (const worker of workers) worker.go();
	return await Promise.all(workers.map(async (worker) => await worker.done));
}
