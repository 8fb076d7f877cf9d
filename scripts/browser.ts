import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { Cleanup } from './cleanup';
import type { Owner } from './n8nApi';

// A headless Chromium, for pictures and for tests of what people see.

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

export interface BrowserOptions {
	viewport: { width: number; height: number };
	/** For pages that ask for a name and a password. */
	httpCredentials?: { username: string; password: string };
	colorScheme?: 'light' | 'dark';
}

/** A page of a browser of its own; `cleanup` ends it. */
export async function openBrowser(options: BrowserOptions, cleanup: Cleanup): Promise<Page> {
	const executablePath = BROWSERS.find((path) => existsSync(path));
	if (!executablePath)
		throw new Error(
			`No browser found. Install Chromium (apt-get install chromium); looked for ${BROWSERS.join(', ')}.`,
		);
	const profile = await mkdtemp(join(tmpdir(), 'browser-'));
	cleanup.add(async () => await rm(profile, { recursive: true, force: true, maxRetries: 5 }));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath,
		headless: true,
		args: QUIET,
		...options,
	});
	cleanup.add(async () => await context.close());
	return context.pages()[0] ?? (await context.newPage());
}

/** Signs in to n8n's editor. */
export async function signIn(page: Page, url: string, { email, password }: Owner): Promise<void> {
	await page.goto(`${url}/signin`);
	await page.locator('input[name="emailOrLdapLoginId"], input[type="email"]').first().fill(email);
	await page.locator('input[type="password"]').fill(password);
	await page.locator('[data-test-id="form-submit-button"], button[type="submit"]').first().click();
	await page.waitForURL((url) => !url.pathname.startsWith('/signin'), { timeout: 60_000 });
}

/** Opens a workflow, or a new one, with all of it in sight. */
export async function showWorkflow(page: Page, url: string): Promise<void> {
	await page.goto(url);
	await page.locator('[data-test-id="canvas-node"]').first().waitFor({ timeout: 60_000 });
	// Pictures of nodes come one by one.
	await page.waitForLoadState('networkidle', { timeout: 30_000 }).catch(() => {});
	// Panels that greet a new owner lie over the canvas.
	await page.keyboard.press('Escape');
	await page.locator('[data-test-id="zoom-to-fit"]').first().click({ timeout: 10_000 });
	await page.waitForTimeout(1_500);
}
