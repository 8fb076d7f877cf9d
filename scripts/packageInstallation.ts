import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const lockFileSchema = z.object({
	packages: z.record(
		z.object({ dev: z.boolean().optional(), devOptional: z.boolean().optional(), peer: z.boolean().optional() }),
	),
});

/** The name that n8n knows this package by: the first part of its node types. */
export const PACKAGE_NAME = 'n8n-nodes-pimberly-khaos';

/**
 * Puts the built package and its runtime dependencies where n8n keeps community packages, just as an installation from
 * the registry leaves them: node types are then `n8n-nodes-pimberly-khaos.<node>`, and n8n-workflow is n8n's own.
 *
 * @param repository the folder of this repository, with dist/ built
 * @param userFolder N8N_USER_FOLDER of the n8n that is to have it
 */
export async function installPackage(repository: string, userFolder: string): Promise<void> {
	const modules = join(userFolder, '.n8n', 'nodes', 'node_modules');
	await rm(modules, { recursive: true, force: true });
	const target = join(modules, PACKAGE_NAME);
	await mkdir(target, { recursive: true });
	await cp(join(repository, 'package.json'), join(target, 'package.json'));
	await cp(join(repository, 'dist'), join(target, 'dist'), { recursive: true });
	for (const path of await runtimeDependencies(repository)) {
		await cp(join(repository, path), join(modules, '..', path), { recursive: true, dereference: true });
	}
}

/** Folders of everything that comes along with the package, like `node_modules/zod`. */
async function runtimeDependencies(repository: string): Promise<string[]> {
	const { packages } = lockFileSchema.parse(JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')));
	return Object.entries(packages)
		.filter(([path, { dev, devOptional, peer }]) => path !== '' && !dev && !devOptional && !peer)
		.map(([path]) => path)
		.filter((path) => existsSync(join(repository, path)));
}
