import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildPackage } from './packageBuild';
import { showProgress } from './progress';

/**
 * `npm test`: lint, types, build, then every jest project, the real n8n included. Each of the first three counts as one
 * test. Arguments go to jest. The last line is `N passed, N failed`; the exit code is 1 when anything failed.
 */

const root = join(__dirname, '..');
const report = join(root, '.cache', 'test', 'jest.json');

const jestReport = z.object({
	numPassedTests: z.number(),
	numFailedTests: z.number(),
	/** Skipped ones: nobody knows whether they hold, so they don't pass. */
	numPendingTests: z.number(),
	numTodoTests: z.number(),
	/** Test files that could not even be loaded. */
	numRuntimeErrorTestSuites: z.number(),
	success: z.boolean(),
});

interface Count {
	passed: number;
	failed: number;
}

const run = (command: string, args: string[]): boolean => {
	console.log(`\n> ${command} ${args.join(' ')}`);
	// The shell finds npm's own programs on Windows, where they are scripts.
	return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' }).status === 0;
};

const check = (command: string, args: string[]): Count =>
	run(command, args) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

const jest = (args: string[]): Count => {
	mkdirSync(join(report, '..'), { recursive: true });
	rmSync(report, { force: true });
	const succeeded = run('jest', ['--json', '--outputFile', report, '--reporters', 'default', ...args]);
	try {
		const result = jestReport.parse(JSON.parse(readFileSync(report, 'utf8')));
		const failed =
			result.numFailedTests + result.numPendingTests + result.numTodoTests + result.numRuntimeErrorTestSuites;
		return { passed: result.numPassedTests, failed: failed === 0 && !(succeeded && result.success) ? 1 : failed };
	} catch (error) {
		console.error(`jest left no report: ${error instanceof Error ? error.message : String(error)}`);
		return { passed: 0, failed: 1 };
	}
};

/** As `npm start` and the tests in a real n8n build it, which find it built then. */
const build = async (): Promise<Count> => {
	try {
		await buildPackage(root, showProgress());
		return { passed: 1, failed: 0 };
	} catch (error) {
		console.error(error instanceof Error ? error.message : String(error));
		return { passed: 0, failed: 1 };
	}
};

async function main(): Promise<void> {
	const counts = [
		check('eslint', ['.']),
		check('tsc', ['-p', 'tsconfig.check.json', '--noEmit']),
		await build(),
		jest(process.argv.slice(2)),
	];
	const passed = counts.reduce((sum, count) => sum + count.passed, 0);
	const failed = counts.reduce((sum, count) => sum + count.failed, 0);
	console.log(`\n${passed} passed, ${failed} failed`);
	process.exitCode = failed === 0 ? 0 : 1;
}

void main();
