import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Owner } from './n8nApi';

const keptInSchema = z.object({
	/** `sqlite`, `postgres` (in the folder itself) or the address of the PostgreSQL. */
	ledger: z.string(),
	/** n8n's own data: `sqlite`, or `postgres` in queue mode. */
	n8n: z.string(),
	ledgerSchema: z.string(),
	n8nSchema: z.string(),
});
/** Where a run keeps its data beside the folder. */
export type KeptIn = z.infer<typeof keptInSchema>;

const settingsSchema = z.object({
	owner: z.object({ email: z.string(), password: z.string() }),
	encryptionKey: z.string(),
	keptIn: keptInSchema.optional(),
	/** Of the PostgreSQL that is started for the run. */
	postgresPassword: z.string().optional(),
	/** What the simulated Khaos logs in to its channel with. */
	channelPassword: z.string().optional(),
	/** What people sign in to the dashboard with. */
	dashboardPassword: z.string().optional(),
	/** Kept so that URLs stay the same: a ledger knows the hosts it was filled from. */
	ports: z.object({
		n8n: z.number().optional(),
		broker: z.number().optional(),
		pimberly: z.number().optional(),
		khaos: z.number().optional(),
		control: z.number().optional(),
		postgres: z.number().optional(),
	}),
});
export type DemoSettings = z.infer<typeof settingsSchema>;

/** Everything one demo leaves on the disk. */
export interface DataFolder {
	path: string;
	/** Whether an earlier run's data is in it. */
	goesOn: boolean;
	/** Whether the next run may go on from it. */
	keeps: boolean;
	settings: DemoSettings;
	/** N8N_USER_FOLDER. */
	n8n: string;
	n8nLog: string;
	/** Where n8n's nodes may write files: what a person imports in Khaos Control. */
	importFiles: string;
	/** Of a worker, by its number from 1. */
	workerLog(number: number): string;
	/** The file of a SQLite ledger. */
	ledger: string;
	simulators: string;
	saveSettings(): Promise<void>;
	/** Throws a fresh one away; a kept one stays. */
	close(): Promise<void>;
}

/**
 * The folder of this run: the one to keep, as an earlier run left it, or a fresh one below the system's temporary folder.
 * Only its owner can read it: it holds the password of the demo's n8n and the credentials' key.
 *
 * @throws Error when the folder to keep holds something else
 */
export async function openDataFolder(keep: string | null): Promise<DataFolder> {
	const path = keep ?? (await mkdtemp(join(tmpdir(), 'pimberly-khaos-demo-')));
	await mkdir(path, { recursive: true, mode: 0o700 });
	await chmod(path, 0o700);
	const settingsFile = join(path, 'demo.json');
	const goesOn = existsSync(settingsFile);
	const settings = goesOn ? await readSettings(settingsFile) : freshSettings();
	const folder: DataFolder = {
		path,
		goesOn,
		keeps: keep !== null,
		settings,
		n8n: join(path, 'n8n'),
		n8nLog: join(path, 'n8n.log'),
		// n8n compares real paths.
		importFiles: join(await realpath(path), 'import-files'),
		workerLog: (number) => join(path, `n8n-worker-${number}.log`),
		ledger: join(path, 'ledger.sqlite'),
		simulators: join(path, 'simulators.json'),
		async saveSettings() {
			await replaceFile(settingsFile, `${JSON.stringify(settings, null, '\t')}\n`);
		},
		async close() {
			if (keep === null) await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
		},
	};
	await mkdir(folder.n8n, { recursive: true, mode: 0o700 });
	await folder.saveSettings();
	return folder;
}

async function readSettings(file: string): Promise<DemoSettings> {
	const parsed = settingsSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
	if (!parsed.success)
		throw new Error(`${file} is not what an earlier run of the demo left. Choose another folder for --keep.`);
	return parsed.data;
}

function freshSettings(): DemoSettings {
	const owner: Owner = {
		email: 'demo@example.com',
		// n8n asks for a capital letter and a digit.
		password: `Demo-${randomBytes(6).toString('hex')}1`,
	};
	return { owner, encryptionKey: randomBytes(24).toString('hex'), ports: {} };
}

/** Writes a file so that a crash leaves the old one or the new one, never half of either. */
async function replaceFile(file: string, content: string): Promise<void> {
	const beside = `${file}.new`;
	await writeFile(beside, content, { mode: 0o600 });
	await rename(beside, file);
}
