import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeHelpers, type INode, type INodeParameters, type INodeProperties, type INodeType } from 'n8n-workflow';
import { commonPollingParameters } from 'n8n-core/dist/nodes-loader/constants';
import { DEMO_KITS_AND_PRICES } from '../../lib/catalogue/demoMapping';
import packageJson from '../../package.json';
import { STARTING_ROWS } from '../../nodes/PimberlyKhaosMapper/fieldProperties';

/** The templates are what most users ever see of the package: every one has to open and run as it is. */

interface TemplateNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: INodeParameters;
	[other: string]: unknown;
}
interface Template {
	name: string;
	nodes: TemplateNode[];
	connections: Record<string, { main: Array<Array<{ node: string; type: string; index: number }> | null> }>;
	settings: Record<string, unknown>;
	[other: string]: unknown;
}

const root = join(__dirname, '..', '..');
const PACKAGE = `${packageJson.name}.`;
const STICKY = 'n8n-nodes-base.stickyNote';
/** n8n's own nodes that templates use, in the versions of the n8n that the tests run. */
const BUILT_IN: Record<string, number[]> = {
	'n8n-nodes-base.readWriteFile': [1.1],
	'n8n-nodes-base.ftp': [1],
	'n8n-nodes-base.emailSend': [2.1],
	'n8n-nodes-base.slack': [2.3],
	'n8n-nodes-base.scheduleTrigger': [1.2],
	'n8n-nodes-base.dataTable': [1.1],
	'n8n-nodes-base.filter': [2.2],
	'n8n-nodes-base.removeDuplicates': [2],
	'n8n-nodes-base.noOp': [1],
	'n8n-nodes-base.if': [2.2],
	'n8n-nodes-base.webhook': [2.1],
	'n8n-nodes-base.respondToWebhook': [1.5],
	'n8n-nodes-base.errorTrigger': [1],
};

/** Every node of the package, by name, as n8n finds them: through package.json. */
const nodeTypes = new Map(
	packageJson.n8n.nodes.map((file) => {
		const source = join(root, file.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
		const exported = jest.requireActual<Record<string, new () => INodeType>>(source);
		const className = file.replace(/^.*\//, '').replace('.node.js', '');
		const { description } = new exported[className]!();
		// n8n adds these to every poll trigger when it loads the package.
		if (description.polling === true) description.properties.unshift(...commonPollingParameters);
		return [description.name, description] as const;
	}),
);

const files = readdirSync(join(root, 'workflows')).filter((file) => file.endsWith('.json'));
const read = (file: string) => JSON.parse(readFileSync(join(root, 'workflows', file), 'utf8')) as Template;
const ours = ({ nodes }: Template) => nodes.filter(({ type }) => type.startsWith(PACKAGE));
const descriptionOf = ({ type }: TemplateNode) => nodeTypes.get(type.slice(PACKAGE.length));

/** Parameters that the node does not have, or does not show with these values; and choices that it does not offer. */
function strangers(parameters: INodeParameters, properties: INodeProperties[], node: INode, path = ''): string[] {
	const found: string[] = [];
	for (const [name, value] of Object.entries(parameters)) {
		const place = `${path}${name}`;
		const named = properties.filter((property) => property.name === name);
		const description = { properties } as never;
		const property = named.find((candidate) => NodeHelpers.displayParameter(parameters, candidate, node, description));
		if (property === undefined) found.push(`${place} ${named.length > 0 ? 'is not shown' : 'does not exist'}`);
		else found.push(...strangersWithin(property, value as INodeParameters, node, place));
	}
	return found;
}

function strangersWithin(property: INodeProperties, value: unknown, node: INode, place: string): string[] {
	const options = property.options ?? [];
	if (property.type === 'options' && typeof value === 'string' && !value.startsWith('=')) {
		return options.some((option) => 'value' in option && option.value === value) ? [] : [`${place} can't be ${value}`];
	}
	if (property.type === 'multiOptions' && Array.isArray(value)) {
		const known = options.map((option) => ('value' in option ? option.value : undefined));
		return value.filter((one) => !known.includes(one)).map((one) => `${place} can't be ${String(one)}`);
	}
	if (property.type === 'collection')
		return strangers(value as INodeParameters, options as INodeProperties[], node, `${place}.`);
	if (property.type !== 'fixedCollection') return [];
	return Object.entries(value as Record<string, INodeParameters | INodeParameters[]>).flatMap(([group, rows]) => {
		const found = options.find((option) => option.name === group);
		if (found === undefined || !('values' in found)) return [`${place}.${group} does not exist`];
		return [rows].flat().flatMap((row, index) => strangers(row, found.values, node, `${place}.${group}[${index}].`));
	});
}

/** What a node or a note takes up on the canvas, with its name and subtitle below it and its outputs' names beside it. */
function boxOf(node: TemplateNode) {
	const [left, top] = node.position;
	if (node.type === STICKY) {
		const { width, height } = node.parameters as { width: number; height: number };
		return { name: node.name, left, top, right: left + width, bottom: top + height };
	}
	return { name: node.name, left: left - 40, top, right: left + 140, bottom: top + 160 };
}

describe.each(files)('%s', (file) => {
	const template = read(file);

	test('uses nodes that exist, in their present version', () => {
		for (const node of template.nodes) {
			if (node.type === STICKY) continue;
			const builtIn = BUILT_IN[node.type];
			if (builtIn !== undefined) {
				expect(builtIn).toContain(node.typeVersion);
				continue;
			}
			const description = node.type.startsWith(PACKAGE) ? descriptionOf(node) : undefined;
			expect([node.name, description?.name]).toEqual([node.name, node.type.slice(PACKAGE.length)]);
			expect([description!.version].flat()).toContain(node.typeVersion);
		}
	});

	test.each(ours(template).map((node) => [node.name, node] as const))(
		'%s has only parameters of its node, and all that it needs',
		(_name, node) => {
			const { properties } = descriptionOf(node)!;
			const asNode = node as unknown as INode;
			const whole = NodeHelpers.getNodeParameters(
				properties,
				node.parameters,
				true,
				false,
				asNode,
				descriptionOf(node)!,
			)!;
			const given = { ...whole, ...node.parameters };
			expect(Object.keys(node.parameters).filter((name) => !Object.hasOwn(whole, name))).toEqual([]);
			expect(strangers(given, properties, asNode)).toEqual([]);
			const issues = NodeHelpers.getNodeParametersIssues(
				properties,
				{ ...asNode, parameters: given },
				descriptionOf(node)!,
			);
			expect(issues).toBeNull();
		},
	);

	test('connects nodes that are there, by outputs that they have', () => {
		const names = template.nodes.map(({ name }) => name);
		for (const [from, { main }] of Object.entries(template.connections)) {
			expect(names).toContain(from);
			for (const to of main.flatMap((targets) => targets ?? [])) {
				expect(names).toContain(to.node);
				expect(to).toMatchObject({ type: 'main', index: 0 });
			}
		}
	});

	test('holds nothing of the n8n it was made in', () => {
		expect(Object.keys(template).sort()).toEqual(['connections', 'name', 'nodes', 'settings']);
		for (const node of template.nodes) {
			// A webhook's own id is what keeps its address short and the same everywhere.
			const members = Object.keys(node).filter(
				(name) =>
					!['disabled', 'onError'].includes(name) && !(name === 'webhookId' && node.type === 'n8n-nodes-base.webhook'),
			);
			expect(members.sort()).toEqual(['id', 'name', 'parameters', 'position', 'type', 'typeVersion']);
			// What needs more than the credentials of the package is there to be switched on.
			const needsMore = ['ftp', 'emailSend', 'slack'].includes(node.type.replace('n8n-nodes-base.', ''));
			expect(node['disabled'] ?? false).toBe(needsMore);
		}
		expect(template.settings).toMatchObject({ executionOrder: 'v1', saveDataSuccessExecution: 'none' });
	});

	test('gives each node an id and a name of its own', () => {
		for (const key of ['id', 'name'] as const) {
			const values = template.nodes.map((node) => node[key]);
			expect(new Set(values).size).toBe(values.length);
		}
	});

	test('lays everything out side by side', () => {
		const boxes = template.nodes.map(boxOf);
		const overlaps = boxes.flatMap((one, index) =>
			boxes
				.slice(index + 1)
				.filter(
					(other) =>
						one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
				)
				.map((other) => `${one.name} and ${other.name}`),
		);
		expect(overlaps).toEqual([]);
	});

	test('reads from left to right', () => {
		const leftOf = new Map(template.nodes.map(({ name, position }) => [name, position[0]]));
		for (const [from, { main }] of Object.entries(template.connections)) {
			for (const to of main.flatMap((targets) => targets ?? []))
				expect(leftOf.get(to.node)).toBeGreaterThan(leftOf.get(from)!);
		}
	});
});

test('the delta sync maps the demo account, as the mapper node does when it is put on a canvas', () => {
	const mapper = read('delta-sync.json').nodes.find(({ type }) => type === `${PACKAGE}pimberlyKhaosMapper`);
	expect(mapper?.parameters['fields']).toEqual({ field: STARTING_ROWS });
});

test('the delta sync leaves kits and list prices to the workflows beside it, which take each kind', () => {
	const taken = (file: string) =>
		ours(read(file))
			.filter(({ type, parameters }) => type === `${PACKAGE}sequencerTrigger` && parameters['target'] === 'khaos')
			.map(({ parameters }) => parameters['kinds']);
	expect(taken('delta-sync.json')).toEqual([['stockItem']]);
	expect(taken('kit-sync.json')).toEqual([['kit']]);
	expect(taken('priority-price-sync.json')).toEqual([['stockItem'], ['price']]);
	const mapper = read('delta-sync.json').nodes.find(({ type }) => type === `${PACKAGE}pimberlyKhaosMapper`)!;
	expect(mapper.parameters).toMatchObject({
		componentsFrom: DEMO_KITS_AND_PRICES.kits.components.from,
		componentsAttribute: DEMO_KITS_AND_PRICES.kits.components.attribute,
		priceLists: { row: DEMO_KITS_AND_PRICES.prices.rows },
	});
});

test.each(['kit-sync.json', 'priority-price-sync.json'])(
	'%s delivers a file before it settles what is in it',
	(file) => {
		const template = read(file);
		for (const node of ours(template).filter(({ parameters }) => parameters['operation'] === 'createImportFile')) {
			const [files, results] = template.connections[node.name]!.main;
			expect(files!.map((to) => template.nodes.find(({ name }) => name === to.node)!.type)).toContain(
				'n8n-nodes-base.readWriteFile',
			);
			expect(
				results!.map((to) => template.nodes.find(({ name }) => name === to.node)!.parameters['operation']),
			).toEqual(['settle']);
		}
	},
);
