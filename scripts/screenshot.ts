import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { Cleanup } from './cleanup';
import { REPOSITORY } from './demo';
import { showProgress } from './progress';
import { SyncRun } from './syncRun';

// Takes the README's picture of the delta sync in n8n's editor:
// `node scripts/bootstrap.mjs scripts/screenshot.ts [--out FILE] [--width N] [--height N] [--close-up NODE]`

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Nothing that a browser does by itself in the background, so that it works in a closed network. */
const QUIET = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

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
		const page = await openBrowser(viewport, cleanup);
		await signIn(page, run);
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

async function openBrowser(viewport: { width: number; height: number }, cleanup: Cleanup): Promise<Page> {
	const executablePath = BROWSERS.find((path) => existsSync(path));
	if (!executablePath)
		throw new Error(
			`No browser found. Install Chromium (apt-get install chromium); looked for ${BROWSERS.join(', ')}.`,
		);
	const profile = await mkdtemp(join(tmpdir(), 'screenshot-'));
	cleanup.add(async () => await rm(profile, { recursive: true, force: true, maxRetries: 5 }));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath,
		headless: true,
		args: QUIET,
		viewport,
	});
	cleanup.add(async () => await context.close());
	return context.pages()[0] ?? (await context.newPage());
}

async function signIn(page: Page, run: SyncRun): Promise<void> {
	const { email, password } = run.data.settings.owner;
	await page.goto(`${run.demo.url}/signin`);
	await page.locator('input[name="emailOrLdapLoginId"], input[type="email"]').first().fill(email);
	await page.locator('input[type="password"]').fill(password);
	await page.locator('[data-test-id="form-submit-button"], button[type="submit"]').first().click();
	await page.waitForURL((url) => !url.pathname.startsWith('/signin'), { timeout: 60_000 });
}

async function showWorkflow(page: Page, url: string): Promise<void> {
	await page.goto(url);
	await page.locator('[data-test-id="canvas-node"]').first().waitFor({ timeout: 60_000 });
	// Pictures of nodes come one by one.
	await page.waitForLoadState('networkidle', { timeout: 30_000 }).catch(() => {});
	// Panels that greet a new owner lie over the canvas.
	await page.keyboard.press('Escape');
	await page.locator('[data-test-id="zoom-to-fit"]').first().click({ timeout: 10_000 });
	await page.waitForTimeout(1_500);
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
