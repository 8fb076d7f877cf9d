import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';

/** Where n8n lets its nodes write while nobody has said otherwise. It does not make the folder itself. */
const N8N_DEFAULT = '~/.n8n-files';

/** The first folder that n8n lets its nodes write files to, as its own settings say. */
export function allowedFolder(variables: NodeJS.ProcessEnv, home: string = homedir()): string {
	const folders = (variables['N8N_RESTRICT_FILE_ACCESS_TO'] ?? N8N_DEFAULT).split(';').map((folder) => folder.trim());
	const first = folders.find((folder) => folder !== '') ?? N8N_DEFAULT;
	return first.startsWith('~') ? first.replace('~', home) : first;
}

/**
 * The folder that the node Read/Write Files from Disk may write to, made where it is missing, so that a workflow needs no
 * path of its own. It is the same even where it could not be made: that node then says what is wrong with it.
 */
export async function writableFolder(variables: NodeJS.ProcessEnv = process.env): Promise<string> {
	const folder = allowedFolder(variables);
	if (isAbsolute(folder)) await mkdir(folder, { recursive: true }).catch(() => undefined);
	return folder;
}
