import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { withFolderLock } from './folderLock';
import type { Progress } from './progress';
import { runCommand } from './runCommand';

/** What the package is built from. */
const SOURCES = [
	'credentials',
	'lib',
	'nodes',
	'workflows',
	'gulpfile.js',
	'package.json',
	'package-lock.json',
	'tsconfig.json',
];

/** Builds dist/ unless it is there already, built from the sources as they are now. */
export async function buildPackage(repository: string, progress: Progress): Promise<void> {
	const cache = join(repository, '.cache');
	const stampFile = join(cache, 'built-from');
	await mkdir(cache, { recursive: true });
	await withFolderLock(join(cache, 'build.lock'), async () => {
		const sources = await fingerprint(repository);
		const built = await readFile(stampFile, 'utf8').catch(() => '');
		if (built === sources && existsSync(join(repository, 'dist', 'nodes'))) return;
		progress.step('Building the package');
		await runCommand('npm', ['run', '--silent', 'build'], { cwd: repository, logFile: join(cache, 'build.log') });
		await writeFile(stampFile, sources);
		progress.done();
	});
}

async function fingerprint(repository: string): Promise<string> {
	const hash = createHash('sha256');
	for (const source of SOURCES) {
		for (const file of await filesOf(join(repository, source))) {
			hash
				.update(`${relative(repository, file)}\0`)
				.update(await readFile(file))
				.update('\0');
		}
	}
	return hash.digest('hex');
}

async function filesOf(path: string): Promise<string[]> {
	if (!existsSync(path)) return [];
	const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => null);
	if (entries === null) return [path];
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}
