import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allowedFolder, writableFolder } from '../../nodes/writableFolder';

describe('the folder for import files', () => {
	test.each([
		[undefined, '/home/node/.n8n-files'],
		['', '/home/node/.n8n-files'],
		['/data/khaos; /other', '/data/khaos'],
		['~/files', '/home/node/files'],
	])('with N8N_RESTRICT_FILE_ACCESS_TO = %s it is %s', (setting, folder) => {
		expect(allowedFolder({ N8N_RESTRICT_FILE_ACCESS_TO: setting }, '/home/node')).toBe(folder);
	});

	test('it is made where it is missing', async () => {
		const folder = join(mkdtempSync(join(tmpdir(), 'import-files-')), 'khaos');
		expect(await writableFolder({ N8N_RESTRICT_FILE_ACCESS_TO: folder })).toBe(folder);
		expect(existsSync(folder)).toBe(true);
	});
});
