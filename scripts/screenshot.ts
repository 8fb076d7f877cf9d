import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { openBrowser, showWorkflow, signIn } from './browser';
import { Cleanup } from './cleanup';
import { REPOSITORY } from './demo';
import { showProgress } from './progress';
import { SyncRun } from './syncRun';

// Takes the README's picture of the delta sync in n8n's editor:
// `node scripts/bootstrap.mjs scripts/screenshot.ts [--out FILE] [--width N] [--height N] [--close-up NODE]`

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			out: { type: 'string', default: join(REPOSITORY, 'docs', 'images', 'delta-sync.png') },
			width: { type: 'string', default: '1520' },
			height: { type: 'string', default: '1300' },
			/** The name of a node whose panel is opened for the picture. */
			'close-up': { type: 'string' },
		},
	});
	const cleanup = new Cleanup();
	const progress = showProgress();
	try {
		const run = await SyncRun.prepare({ catalogue: null, generate: 20, servers: null, keep: null }, progress, cleanup);
		progress.step('Taking the picture');
		const viewport = { width: Number(values.width), height: Number(values.height) };
		const page = await openBrowser({ viewport }, cleanup);
		await signIn(page, run.demo.url, run.data.settings.owner);
		await showWorkflow(page, `${run.demo.url}/workflow/${run.demo.workflow.id}`);
		if (values['close-up']) await openNode(page, values['close-up']);
		const file = resolve(values.out);
		await mkdir(dirname(file), { recursive: true });
		await page.screenshot({ path: file });
		progress.done(file);
	} finally {
		await cleanup.run();
	}
}

async function openNode(page: Page, name: string): Promise<void> {
	await page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`).dblclick();
	await page.locator('[data-test-id="ndv"], [data-test-id="ndv-modal"]').first().waitFor({ timeout: 15_000 });
	await page.waitForTimeout(1_500);
}

main().then(
	() => process.exit(0),
	(error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exit(2);
	},
);
