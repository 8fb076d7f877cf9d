import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	CHANNEL_TEMPLATES,
	channelTarget,
	forChannel,
	isWork,
	notCarriedIn,
	ofCarried,
} from '../../../scripts/channelTransport';
import type { WorkflowTemplate } from '../../../scripts/n8nApi';

const template = (name: string): WorkflowTemplate =>
	JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'workflows', `${name}.json`), 'utf8')) as WorkflowTemplate;

test('by channel no template writes stock items over the web services', () => {
	const writers = CHANNEL_TEMPLATES.flatMap((name) => {
		const { nodes, connections } = forChannel(template(name)) as WorkflowTemplate & {
			connections: Record<string, { main: Array<Array<{ node: string }>> }>;
		};
		const off = nodes.filter(({ disabled }) => disabled === true).map(({ name: node }) => node);
		const fed = Object.entries(connections)
			.filter(([from]) => !off.includes(from))
			.flatMap(([, { main }]) => main.flat().map(({ node }) => node));
		return nodes.filter(
			({ name: node, parameters }) => parameters?.['operation'] === 'createOrUpdate' && fed.includes(node),
		);
	});
	expect(writers).toEqual([]);
});

test('the simulated Khaos is given the address that the demo’s trigger serves', () => {
	const trigger = forChannel(template('channel-feed')).nodes.find(({ type }) =>
		type.endsWith('.khaosControlChannelTrigger'),
	)!;
	expect(channelTarget('http://127.0.0.1:5678', 'secret').url).toBe(
		`http://127.0.0.1:5678/webhook/${String(trigger['webhookId'])}/config`,
	);
});

test('what the channel can’t carry is counted apart, and is no difference', () => {
	const difference = (field: string) => ({
		primaryId: 'A',
		kind: 'stockItem' as const,
		field,
		expected: '1',
		actual: '',
	});
	expect(ofCarried([difference('colour'), difference('sellPrice')])).toEqual([difference('sellPrice')]);
	const products = [
		{ primaryId: 'A', attributes: { colour: 'Red', size: [] } },
		{ primaryId: 'B', attributes: { colour: 'Blue', commodityCode: '9405' } },
	];
	expect(notCarriedIn(products)).toEqual({ colour: 2, commodityCode: 1 });
});

test('a Khaos that asks in vain is no sign of life', () => {
	const call = (method: string, codes?: string[]) => ({
		seq: 1,
		t: '',
		side: 'khaos' as const,
		method,
		status: 200,
		outcome: 'ok',
		ms: 1,
		codes,
	});
	expect(
		[
			call('Channel.ProvidedStock', []),
			call('Channel.Orders'),
			call('Channel.StockUpload', ['A']),
			call('ExportStock'),
		].map(isWork),
	).toEqual([false, false, true, true]);
});
