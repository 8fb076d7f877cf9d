import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';

const BEAT_MS = 3_000;
/** A lock that has not been touched for this long belongs to a process that is gone. */
const ABANDONED_MS = 30_000;

/**
 * Runs `work` while holding the folder `lock`, which no other process of this machine can create meanwhile. A lock whose
 * process died is taken over after half a minute.
 *
 * @param waiting called once a second while somebody else holds it
 */
export async function withFolderLock<T>(
	lock: string,
	work: () => Promise<T>,
	waiting: () => void = () => {},
): Promise<T> {
	await mkdir(dirname(lock), { recursive: true });
	while (!(await take(lock))) {
		waiting();
		await new Promise((resolve) => setTimeout(resolve, 1_000));
	}
	const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), BEAT_MS);
	try {
		return await work();
	} finally {
		clearInterval(beat);
		await rm(lock, { recursive: true, force: true });
	}
}

async function take(lock: string): Promise<boolean> {
	try {
		await mkdir(lock);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
	}
	const touched = await stat(lock).then(
		(stats) => stats.mtimeMs,
		() => null,
	);
	if (touched !== null && Date.now() - touched > ABANDONED_MS) await rm(lock, { recursive: true, force: true });
	return false;
}
