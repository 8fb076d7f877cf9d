import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withFolderLock } from './folderLock';
import type { Progress } from './progress';
import { CommandFailed, runCommand } from './runCommand';

/** The n8n that the demo and the tests run. Later ones ask for packages that are not published (2.41.3). */
const N8N_VERSION = '2.41.1';

export interface N8nInstallation {
	folder: string;
	/** n8n's command, to be run by Node 24. */
	command: string;
}

/**
 * Where n8n is kept, for every clone of this repository: `PIMBERLY_KHAOS_CACHE`, else the user's cache folder
 * (`XDG_CACHE_HOME`, `~/.cache`).
 */
function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
	return env.PIMBERLY_KHAOS_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-pimberly-khaos');
}

/** n8n as it is installed; null when it is not, or only in part. */
function findN8n(cache: string = cacheFolder()): N8nInstallation | null {
	const folder = join(cache, `n8n-${N8N_VERSION}`);
	const command = join(folder, 'node_modules', 'n8n', 'bin', 'n8n');
	// The marker is written last, before the folder gets its name.
	return existsSync(join(folder, 'installed.json')) && existsSync(command) ? { folder, command } : null;
}

/**
 * Installs n8n into the cache unless it is there: three to four minutes and 2.2 GB, once for a machine. It is built in a
 * folder beside and renamed when it works, so nobody ever sees half of it; what a broken attempt left is used again.
 *
 * @throws CommandFailed when npm fails, with its last lines
 */
export async function installN8n(progress: Progress, cache: string = cacheFolder()): Promise<N8nInstallation> {
	const found = findN8n(cache);
	if (found) return found;

	progress.step(`Installing n8n ${N8N_VERSION} into ${cache} (once, about 4 minutes and 2.2 GB)`);
	const folder = join(cache, `n8n-${N8N_VERSION}`);
	const installation = await withFolderLock(
		`${folder}.lock`,
		async () => findN8n(cache) ?? (await build(folder, progress)),
		() => progress.detail('another process is installing it'),
	);
	progress.done('installed');
	return installation;
}

async function build(folder: string, progress: Progress): Promise<N8nInstallation> {
	const partial = `${folder}.partial`;
	const logFile = `${folder}.log`;
	if (existsSync(folder)) {
		// A folder of that name without its marker: somebody's earlier work that can be finished.
		await rm(partial, { recursive: true, force: true });
		await rename(folder, partial);
	}
	const resumed = existsSync(partial);
	await mkdir(partial, { recursive: true });
	await writeFile(
		join(partial, 'package.json'),
		`${JSON.stringify({ name: 'n8n-for-the-demo', private: true }, null, '\t')}\n`,
	);

	try {
		await installPackages(partial, logFile, progress);
	} catch (error) {
		if (!resumed || !(error instanceof CommandFailed)) throw error;
		// What was left behind may be what npm stumbles over.
		progress.detail('what an earlier attempt left is of no use; starting afresh');
		await rm(join(partial, 'node_modules'), { recursive: true, force: true });
		await rm(join(partial, 'package-lock.json'), { force: true });
		await installPackages(partial, logFile, progress);
	}
	await buildSqlite(partial, logFile, progress);

	await writeFile(
		join(partial, 'installed.json'),
		`${JSON.stringify({ n8n: N8N_VERSION, at: new Date().toISOString() })}\n`,
	);
	await rename(partial, folder);
	await rm(logFile, { force: true });
	return { folder, command: join(folder, 'node_modules', 'n8n', 'bin', 'n8n') };
}

async function installPackages(folder: string, logFile: string, progress: Progress): Promise<void> {
	progress.detail('npm is fetching and unpacking about 1,900 packages');
	// Install scripts stay off: one of them compiles a Kafka client and fails. The only one needed is run below.
	await npm(folder, logFile, ['install', `n8n@${N8N_VERSION}`, '--ignore-scripts', '--legacy-peer-deps', '--omit=dev']);
}

/** n8n's own database driver is native. It is built against the headers that come with the npm package of Node. */
async function buildSqlite(folder: string, logFile: string, progress: Progress): Promise<void> {
	progress.detail("building n8n's SQLite driver");
	const headers = join(folder, 'node-headers');
	await mkdir(headers, { recursive: true });
	await writeFile(join(headers, 'package.json'), '{"private": true}\n');
	await npm(headers, logFile, ['install', '--no-save', '--ignore-scripts', `${nodePackage()}@${pinnedNodeVersion()}`]);
	await npm(folder, logFile, ['rebuild', 'sqlite3', `--nodedir=${join(headers, 'node_modules', nodePackage())}`]);
	await runCommand(process.execPath, ['-e', 'require("sqlite3")'], { cwd: folder, logFile });
	await rm(headers, { recursive: true, force: true });
}

/** The package that holds Node for this machine, under the names that the package `node` itself uses. */
function nodePackage(): string {
	const platform = process.platform === 'win32' ? 'win' : process.platform;
	const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
	return `${prefix}-${platform}-${process.arch}`;
}

function pinnedNodeVersion(): string {
	const manifest = join(__dirname, '..', 'node_modules', 'node', 'package.json');
	return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

async function npm(cwd: string, logFile: string, args: string[]): Promise<void> {
	await runCommand('npm', [...args, '--no-audit', '--no-fund'], { cwd, logFile });
}
