import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What n8n's node panel finds and shows of each node that the package lists. */

const root = join(__dirname, '..', '..');
const { n8n } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
	n8n: { nodes: string[]; credentials: string[] };
};
const sourceOf = (path: string): string => join(root, path.replace('dist/', '').replace(/\.js$/, '.ts'));
const iconsIn = (text: string): string[] => [...text.matchAll(/'file:([^']+)'/g)].map(([, file]) => file!);

test.each(n8n.nodes)('%s has a codex with its own name, words to be found by, and icons', (path) => {
	const source = sourceOf(path);
	const text = readFileSync(source, 'utf8');
	const codex = JSON.parse(readFileSync(source.replace(/\.ts$/, '.json'), 'utf8')) as {
		node: string;
		categories: string[];
		alias: string[];
	};
	const description = text.slice(text.indexOf('INodeTypeDescription = {'));
	expect(codex.node).toBe(`n8n-nodes-pimberly-khaos.${/name: '([^']+)'/.exec(description)![1]}`);
	expect(codex.categories.length).toBeGreaterThan(0);
	expect(codex.alias).toEqual(expect.arrayContaining(['khaos']));
	expect(new Set(codex.alias).size).toBe(codex.alias.length);
	const icons = iconsIn(description);
	expect(icons).toHaveLength(2);
	expect(icons.filter((icon) => !existsSync(join(dirname(source), icon)))).toEqual([]);
});

test.each(n8n.credentials)('%s has its icons', (path) => {
	const source = sourceOf(path);
	const icons = iconsIn(readFileSync(source, 'utf8'));
	expect(icons).toHaveLength(2);
	expect(icons.filter((icon) => !existsSync(join(dirname(source), icon)))).toEqual([]);
});
