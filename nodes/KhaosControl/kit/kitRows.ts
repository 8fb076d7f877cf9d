import { NodeOperationError, updateDisplayOptions, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

import { componentSchema, keyOf, LANES, relationSchema, type BatchItem, type Component } from '../../../lib/shapes';
import { ownItem, sourceProperty, stockCodeProperty, type OwnRows } from '../inputRows';

/** Where the kits come from; shared by the operations that compare or write them. */
export const kitProperties = (operation: string): INodeProperties[] =>
	updateDisplayOptions({ show: { operation: [operation] } }, [
		sourceProperty('Kits From', {
			name: 'Fields Below',
			value: 'fields',
			description: 'Each input item is a kit; its parent and components are given here',
		}),
		{
			...stockCodeProperty('The stock code of the kit parent'),
			displayOptions: { show: { source: ['fields'] } },
		},
		{
			displayName: 'Relation',
			name: 'relation',
			type: 'options',
			options: [
				{ name: 'Build', value: 'build', description: 'Assembled: its components are deducted as it is built' },
				{ name: 'Pack (Move With)', value: 'pack', description: 'A bundle: its components stay sellable' },
			],
			default: 'pack',
			description: 'How the components belong to the kit; an item in Khaos Control has one or the other, never both',
			displayOptions: { show: { source: ['fields'] } },
		},
		{
			displayName: 'Components',
			name: 'components',
			type: 'string',
			default: '',
			placeholder: 'e.g. BULB-E27*2|LAMP-001',
			description:
				'Codes with their quantities, as CODE*QUANTITY separated by |; without a quantity it is 1. An expression may also give a list of {stockCode, quantity}, for codes that hold these characters.',
			displayOptions: { show: { source: ['fields'] } },
		},
	]);

/** Components as typed on the canvas, or as a list that an expression gives. Null: they can't be read. */
function componentsOf(given: unknown): Component[] | null {
	const list = typeof given === 'string' ? listIn(given) : given;
	if (list === null) return null;
	const parsed = componentSchema.array().safeParse(
		(Array.isArray(list) ? list : [list]).map((entry: { stockCode?: unknown; quantity?: unknown }) => ({
			stockCode: String(entry?.stockCode ?? '').trim(),
			quantity: String(entry?.quantity ?? '1').trim(),
		})),
	);
	return parsed.success ? parsed.data : null;
}

function listIn(text: string): unknown {
	const trimmed = text.trim();
	if (trimmed === '') return [];
	if (trimmed.startsWith('[')) return jsonIn(trimmed);
	return trimmed
		.split('|')
		.filter((entry) => entry.trim() !== '')
		.map((entry) => {
			const at = entry.lastIndexOf('*');
			return at < 0
				? { stockCode: entry, quantity: '1' }
				: { stockCode: entry.slice(0, at), quantity: entry.slice(at + 1) };
		});
}

function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return null;
	}
}

function kitItemOf(context: IExecuteFunctions, itemIndex: number): BatchItem {
	const stockCode = String(context.getNodeParameter('stockCode', itemIndex) ?? '').trim();
	const problem = (message: string, description: string) =>
		new NodeOperationError(context.getNode(), message, { itemIndex, description });
	if (stockCode === '') {
		throw problem('Stock Code is empty', 'Enter the code of the kit parent, or an expression such as {{ $json.sku }}.');
	}
	const components = componentsOf(context.getNodeParameter('components', itemIndex));
	if (components === null) {
		throw problem(
			`The components of ${stockCode} can't be read`,
			"Write 'Components' as CODE*QUANTITY separated by |, with plain decimals such as 2 or 0.5, or give a list of {stockCode, quantity}.",
		);
	}
	const relation = relationSchema.parse(context.getNodeParameter('relation', itemIndex));
	return ownItem(itemIndex, {
		kind: 'kit',
		key: keyOf(stockCode),
		lane: LANES.launch,
		desired: { stockCode, relation, components },
		source: stockCode,
	});
}

export const KITS: OwnRows = { itemOf: kitItemOf, otherwise: "set 'Kits From' to 'Fields Below'" };

/** What ExportStock says of builds (lib/khaos/kits: BuildsShown). */
export const buildsProperty: INodeProperties = {
	displayName: 'Builds in Exports',
	name: 'buildsShown',
	type: 'options',
	options: [
		{
			name: 'Find Out',
			value: 'findOut',
			description:
				'Your Khaos Control may show builds as it shows packs. A build whose components read back equal is confirmed, with a warning that it could be a pack.',
		},
		{
			name: 'Never Shown',
			value: 'never',
			description:
				'What is read are packs only, as documented. A build stays sent until a person has looked at it and says so.',
		},
	],
	default: 'never',
	description: "Whether Khaos Control's export shows the components of builds",
};
