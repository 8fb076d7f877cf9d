// Runs a TypeScript program of this repository, from a fresh clone and on whatever Node the machine has:
// `node scripts/bootstrap.mjs scripts/start.ts ...` installs the dependencies if any is missing, then runs the program
// on the Node that the dependencies bring along. So it may use nothing but what Node 20 itself has.
// Nothing is printed to stdout: that belongs to the program.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, closeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';
const pinnedNode = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
const lockFolder = join(root, '.cache', 'npm-ci.lock');
const logFile = join(root, '.cache', 'npm-ci.log');
const COULD_NOT_RUN = 2;

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const say = (text) => process.stderr.write(`${text}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first direct dependency that is not there in the version that the lock file names; null when all are. */
function missingDependency() {
	const { packages } = readJson(join(root, 'package-lock.json'));
	const direct = { ...packages[''].dependencies, ...packages[''].devDependencies };
	for (const name of Object.keys(direct)) {
		const manifest = join(root, 'node_modules', name, 'package.json');
		if (!existsSync(manifest) || readJson(manifest).version !== packages[`node_modules/${name}`]?.version) return name;
	}
	return existsSync(pinnedNode) ? null : 'node';
}

/** Two programs may start in one fresh clone at once: one of them installs, the other waits. */
async function withInstallLock(work) {
	mkdirSync(dirname(lockFolder), { recursive: true });
	for (;;) {
		try {
			mkdirSync(lockFolder);
			break;
		} catch (error) {
			if (error.code !== 'EEXIST') throw error;
		}
		// Its owner touches it every few seconds; one that is not touched belongs to a process that is gone.
		const untouchedMs = Date.now() - (statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? 0);
		if (untouchedMs > 30_000) rmSync(lockFolder, { recursive: true, force: true });
		else await sleep(500);
	}
	const touch = setInterval(() => utimesSync(lockFolder, new Date(), new Date()), 3_000);
	try {
		return await work();
	} finally {
		clearInterval(touch);
		rmSync(lockFolder, { recursive: true, force: true });
	}
}

function npmCi() {
	return new Promise((resolve, reject) => {
		const log = openSync(logFile, 'w');
		const child = spawn('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
			cwd: root,
			stdio: ['ignore', log, log],
			shell: windows,
		});
		closeSync(log);
		child.once('error', reject);
		child.once('close', (code) => {
			if (code === 0) return resolve();
			const tail = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n');
			reject(new Error(`npm ci failed (exit ${code}). The end of ${logFile}:\n${tail}`));
		});
	});
}

async function installDependencies() {
	if (missingDependency() === null) return;
	await withInstallLock(async () => {
		if (missingDependency() === null) return;
		const started = Date.now();
		say('Installing the dependencies (npm ci). This is needed once and takes a minute or two ...');
		const beat = setInterval(() => say(`  still installing, ${Math.round((Date.now() - started) / 1000)} s`), 20_000);
		try {
			await npmCi();
		} finally {
			clearInterval(beat);
		}
		const missing = missingDependency();
		if (missing !== null)
			throw new Error(
				`npm ci ended well, but ${missing} is not installed as package-lock.json has it. Delete node_modules and try again.`,
			);
		say(`  installed in ${Math.round((Date.now() - started) / 1000)} s`);
	});
}

/** The program, on the pinned Node; its exit code is ours. It sees through the channel to us when we are gone. */
function run(program, args) {
	const bin = join(root, 'node_modules', '.bin');
	const path = `${bin}${windows ? ';' : ':'}${process.env.PATH ?? ''}`;
	const child = spawn(pinnedNode, ['--import', 'tsx', join(root, program), ...args], {
		cwd: process.cwd(),
		stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
		env: { ...process.env, PATH: path },
	});
	child.once('error', (error) => {
		say(`Could not run ${pinnedNode}: ${error.message}`);
		process.exitCode = COULD_NOT_RUN;
	});
	child.once('close', (code, signal) => {
		process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
	});
	// A terminal sends Ctrl-C to the program as well; a second copy of the same signal does it no harm.
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
	// npm runs us through a shell that does not pass a signal on, but ends.
	const parent = process.ppid;
	const watch = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500);
	child.once('close', () => clearInterval(watch));
}

const [program, ...args] = process.argv.slice(2);
if (!program) {
	say('Usage: node scripts/bootstrap.mjs PROGRAM.ts [ARGUMENTS]');
	process.exitCode = COULD_NOT_RUN;
} else {
	try {
		await installDependencies();
		run(program, args);
	} catch (error) {
		say(error.message);
		process.exitCode = COULD_NOT_RUN;
	}
}
