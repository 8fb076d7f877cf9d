import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Progress } from './progress';

/** How often the folder is looked at (ms). A file whose size is the same twice has been written to its end. */
const LOOK_EVERY_MS = 400;

const outcomeSchema = z.object({
	imported: z
		.union([z.number(), z.array(z.string())])
		.transform((imported) => (Array.isArray(imported) ? imported.length : imported)),
	refused: z.array(z.object({ reason: z.string() }).passthrough()).default([]),
});

/** The way of a file into the simulated Khaos; null: none that the sync makes. */
function importOf(fileName: string): string | null {
	if (/^prices-/.test(fileName)) return '/khaos/import/prices';
	if (!/^kit-relations-/.test(fileName)) return null;
	const kind = /-move-with\.tsv$/.test(fileName) ? '?kind=pack' : /-build\.tsv$/.test(fileName) ? '?kind=build' : '';
	return `/khaos/import/relationships${kind}`;
}

/**
 * Between the bundled simulators, the demo plays the person who runs Khaos Control's import tools: it watches the folder
 * that the workflows write their files to, and hands each file to the simulated Khaos.
 */
export class ImportingPerson {
	private readonly sizes = new Map<string, number>();
	private timer: NodeJS.Timeout | null = null;
	private looking: Promise<void> = Promise.resolve();
	/** Files that were imported. */
	imported = 0;

	constructor(
		private readonly folder: string,
		private readonly controlUrl: string,
		private readonly progress: Progress,
	) {}

	async start(): Promise<void> {
		await mkdir(join(this.folder, 'imported'), { recursive: true });
		this.timer = setInterval(() => {
			this.looking = this.looking.then(async () => await this.look()).catch(() => undefined);
		}, LOOK_EVERY_MS);
		this.timer.unref();
	}

	async stop(): Promise<void> {
		if (this.timer) clearInterval(this.timer);
		this.timer = null;
		await this.looking;
	}

	private async look(): Promise<void> {
		const names = (await readdir(this.folder)).filter((name) => importOf(name) !== null).sort();
		for (const name of names) {
			const { size } = await stat(join(this.folder, name));
			if (size === 0 || this.sizes.get(name) !== size) this.sizes.set(name, size);
			else await this.import(name);
		}
	}

	private async import(name: string): Promise<void> {
		const file = join(this.folder, name);
		const answer = await fetch(`${this.controlUrl}${importOf(name)}`, {
			method: 'POST',
			body: await readFile(file),
			signal: AbortSignal.timeout(30_000),
		});
		const text = await answer.text();
		if (this.imported === 0) this.progress.note('The demo plays the person who imports files in Khaos Control.');
		this.imported += 1;
		this.sizes.delete(name);
		await rename(file, join(this.folder, 'imported', name));
		if (!answer.ok) {
			this.progress.note(`  ${name} was not imported: ${text.slice(0, 300)}`);
			return;
		}
		const { imported, refused } = outcomeSchema.parse(JSON.parse(text));
		const what = name.startsWith('prices-') ? 'prices' : 'kits';
		const trouble = refused.length > 0 ? `, ${refused.length} refused (${refused[0]!.reason})` : '';
		this.progress.note(`  imported ${name}: ${imported} ${what}${trouble}`);
	}
}
