import { NodeConnectionTypes, NodeHelpers, type INodeParameters, type INodeType } from 'n8n-workflow';

import { KhaosControlKit } from '../../nodes/KhaosControl/KhaosControlKit.node';
import { KhaosControlPriceList } from '../../nodes/KhaosControl/KhaosControlPriceList.node';
import { KhaosControlStockItem } from '../../nodes/KhaosControl/KhaosControlStockItem.node';
import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import { workflowOf } from './harness';

/** Outputs that depend on the operation, as n8n itself works them out. */
const outputsOf = (node: INodeType, operation: string): string[] => {
	const { workflow, node: placed } = workflowOf({ node, parameters: { operation } }, {});
	return NodeHelpers.getNodeOutputs(workflow, placed, node.description).map((output) =>
		typeof output === 'string' ? output : (output.displayName ?? output.type),
	);
};

const PLAIN = [NodeConnectionTypes.Main];
const FILE = ['File', 'Results'];
const COMPARED = ['Settled', 'To Write'];

const NODES = [new KhaosControlKit(), new KhaosControlPriceList(), new KhaosControlStockItem(), new Sequencer()];
const NAMED = new Map(NODES.map((node) => [node.description.name, node]));

test.each<[string, string, string[]]>([
	['khaosControlKit', 'compare', COMPARED],
	['khaosControlKit', 'createImportFile', FILE],
	['khaosControlKit', 'get', PLAIN],
	['khaosControlKit', 'publishToChannel', PLAIN],
	['khaosControlPriceList', 'compare', COMPARED],
	['khaosControlPriceList', 'createImportFile', FILE],
	['khaosControlPriceList', 'getAll', PLAIN],
	['khaosControlPriceList', 'getPrices', PLAIN],
	['khaosControlStockItem', 'createImportFile', FILE],
	['khaosControlStockItem', 'createOrUpdate', PLAIN],
	['sequencer', 'add', ['Accepted', 'Held', 'Unchanged', 'Rejected']],
	['sequencer', 'settle', PLAIN],
])('%s: %s', (name, operation, outputs) => {
	expect(outputsOf(NAMED.get(name)!, operation)).toEqual(outputs);
});

test.each(['khaosControlKit', 'khaosControlPriceList', 'khaosControlStockItem'])(
	'an import file needs no credential, unless parents are to be read (%s)',
	(name) => {
		const node = NAMED.get(name)!;
		const shown = (parameters: INodeParameters) => {
			const { workflow, node: placed } = workflowOf({ node, parameters }, {});
			return (node.description.credentials ?? [])
				.filter((credential) =>
					NodeHelpers.displayParameter(workflow.getNode(placed.name)!.parameters, credential, placed, node.description),
				)
				.map((credential) => credential.name);
		};
		expect(shown({ operation: 'createImportFile' })).toEqual([]);
		const reading =
			node instanceof KhaosControlStockItem
				? { operation: 'createImportFile', readParents: true }
				: { operation: 'compare' };
		expect(shown(reading)).toEqual(['khaosControlWebServicesApi', 'syncLedgerApi']);
	},
);
