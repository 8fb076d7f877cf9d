import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { openBrowser, showWorkflow, signIn } from './browser';
import { Cleanup } from './cleanup';
import { REPOSITORY } from './demo';
import { showProgress, type Progress } from './progress';
import { SyncRun } from './syncRun';

// Takes the README's picture of the delta sync in n8n's editor:
// `node scripts/bootstrap.mjs scripts/screenshot.ts [--out FILE] [--width N] [--height N] [--close-up NODE]`
// or, with `--dashboard`, the one of the dashboard after the sync of an account in which not all is well.

type Viewport = { width: number; height: number };

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			out: { type: 'string' },
			width: { type: 'string', default: '1520' },
			height: { type: 'string', default: '1300' },
			/** The name of a node whose panel is opened for the picture. */
			'close-up': { type: 'string' },
			dashboard: { type: 'boolean', default: false },
		},
	});
	const cleanup = new Cleanup();
	const progress = showProgress();
	try {
		const viewport = { width: Number(values.width), height: Number(values.height) };
		const page = values.dashboard
			? await dashboard(viewport, progress, cleanup)
			: await canvas(viewport, values['close-up'], progress, cleanup);
		const name = values.dashboard ? 'dashboard.png' : 'delta-sync.png';
		const file = resolve(values.out ?? join(REPOSITORY, 'docs', 'images', name));
		await mkdir(dirname(file), { recursive: true });
		await page.screenshot({ path: file });
		progress.done(file);
	} finally {
		await cleanup.run();
	}
}

async function canvas(
	viewport: Viewport,
	closeUp: string | undefined,
	progress: Progress,
	cleanup: Cleanup,
): Promise<Page> {
	const run = await SyncRun.prepare({ catalogue: null, generate: 20, servers: null, keep: null }, progress, cleanup);
	progress.step('Taking the picture');
	const page = await openBrowser({ viewport }, cleanup);
	await signIn(page, run.demo.url, run.data.settings.owner);
	await showWorkflow(page, `${run.demo.url}/workflow/${run.demo.workflow.id}`);
	if (closeUp) await openNode(page, closeUp);
	return page;
}

async function dashboard(viewport: Viewport, progress: Progress, cleanup: Cleanup): Promise<Page> {
	const account = { simple: 40, families: 8, kits: 6, contradictions: true };
	const run = await SyncRun.prepare(
		{ catalogue: null, generate: account, servers: null, keep: null, once: false },
		progress,
		cleanup,
	);
	await run.activate();
	await run.untilSettled();
	progress.step('Taking the picture');
	const httpCredentials = { username: 'team', password: run.data.settings.dashboardPassword! };
	const page = await openBrowser({ viewport, httpCredentials }, cleanup);
	await page.goto(`${run.demo.url}/webhook/sync-dashboard`);
	return page;
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
