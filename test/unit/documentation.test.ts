import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { exceptionTypes } from '../../lib/ledger/exceptions/exceptionTypes';

/** What readers follow and look up in the documentation is there. */

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const markdownIn = (folder: string): string[] =>
	readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return markdownIn(path);
		return entry.name.endsWith('.md') ? [path] : [];
	});
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'simulators/README.md', ...markdownIn('docs')];

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** As a heading is called in a link: small letters and hyphens. */
const anchorsIn = (text: string): Set<string> =>
	new Set(
		[...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
			heading!
				.toLowerCase()
				.replace(/[^\p{L}\p{N}\s_-]/gu, '')
				.trim()
				.replace(/\s/g, '-'),
		),
	);

test.each(pages)('every link within the repository leads somewhere: %s', (page) => {
	const targets = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
	const broken = targets
		.filter((target) => !/^[a-z]+:/i.test(target))
		.filter((target) => {
			const [path = '', anchor] = target.split('#');
			const file = path === '' ? join(root, page) : join(root, dirname(page), path);
			if (relative(root, file).startsWith('..') || !existsSync(file)) return true;
			return anchor !== undefined && file.endsWith('.md') && !anchorsIn(readFileSync(file, 'utf8')).has(anchor);
		});
	expect(broken).toEqual([]);
});

test('every type of exception has its page, and every page its type', () => {
	const written = readdirSync(join(root, 'docs/handover/exceptions')).map((name) => basename(name, '.md'));
	expect(written.sort()).toEqual(Object.keys(exceptionTypes).sort());
});

test('the handover leads to the page of every type of exception', () => {
	const handover = read('docs/handover/README.md');
	const missing = Object.entries(exceptionTypes).filter(
		([type, { title }]) => !handover.includes(`[${title}](exceptions/${type}.md)`),
	);
	expect(missing.map(([type]) => type)).toEqual([]);
});

test('the README names every template, every node and every page of docs/', () => {
	const readme = read('README.md');
	const templates = readdirSync(join(root, 'workflows')).filter((name) => name.endsWith('.json'));
	expect(templates.filter((name) => !readme.includes(`| \`workflows/${name}\` |`))).toEqual([]);

	const { n8n } = JSON.parse(read('package.json')) as { n8n: { nodes: string[] } };
	const table = readme.slice(readme.indexOf('## The nodes'), readme.indexOf('## Docs'));
	const names = n8n.nodes.map((path) => {
		const source = read(path.replace('dist/', '').replace(/\.js$/, '.ts'));
		return /displayName: '([^']+)'/.exec(source.slice(source.indexOf('INodeTypeDescription = {')))![1]!;
	});
	expect(names.filter((name) => !table.includes(`| ${name} |`))).toEqual([]);

	const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
	expect(docs.filter((name) => !readme.includes(`](docs/${name})`))).toEqual([]);
});

test('the changelog names every template', () => {
	const changelog = read('CHANGELOG.md');
	const templates = readdirSync(join(root, 'workflows')).filter((name) => name.endsWith('.json'));
	expect(templates.filter((name) => !changelog.includes(`workflows/${name}`))).toEqual([]);
});

test('the contributors’ page says of every dependency why it is there', () => {
	const contributing = read('CONTRIBUTING.md');
	const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
		'dependencies' | 'devDependencies',
		Record<string, string>
	>;
	const reasons = new Set([...contributing.matchAll(/^\| `([^`]+)` \| \S/gm)].map(([, name]) => name!));
	expect(Object.keys(dependencies).filter((name) => !reasons.has(name))).toEqual([]);
	const development = contributing.slice(contributing.indexOf('For development only:'));
	const unnamed = Object.keys(devDependencies).filter(
		(name) => !name.startsWith('@types/') && !development.includes(`\`${name}\``),
	);
	expect(unnamed).toEqual([]);
});
