import type {
	ILoadOptionsFunctions,
	INode,
	INodeProperties,
	INodePropertyOptions,
	IWorkflowMetadata,
} from 'n8n-workflow';
import { z } from 'zod';

import { READABLE_COLUMNS } from '../../lib/khaos/columns';
import { everything } from '../../lib/khaos/delivery/firstSync';
import type { Taker } from '../../lib/ledger/firstSync/firstSync';
import type { Approval } from '../../lib/shapes';
import { ledgerOf } from '../ledgerFromCredentials';

/** What happens to a Khaos that was full before the first sync; shown where changes for Khaos are taken. */
export const firstSyncProperties: INodeProperties[] = [
	{
		displayName: 'First Sync',
		name: 'firstSync',
		type: 'options',
		options: [
			{
				name: 'Send Everything',
				value: 'send',
				description:
					'What differs in Khaos is written as Pimberly says. For a Khaos that is empty, or whose differences are known.',
			},
			{
				name: 'Report Only',
				value: 'report',
				description: 'What differs in Khaos is listed by Sequencer: Get First Sync, and not written',
			},
			{
				name: 'Send Allowed Fields',
				value: 'allowed',
				description: 'What differs is written in the fields you allow, and listed in the others',
			},
		],
		default: 'send',
		description:
			'What happens to stock items that Khaos held before and that differ from Pimberly. Equal ones are adopted without a write. Once an item is confirmed (equal, or written as Pimberly says), its later edits flow as ever. Several triggers of one Sync Ledger are as strict as the strictest of them.',
	},
	{
		displayName: 'Allowed Field Names or IDs',
		name: 'allowedFields',
		type: 'multiOptions',
		typeOptions: { loadOptionsMethod: 'getDifferingFields' },
		default: [],
		description:
			'The columns that may be written of items that Khaos held before, with how many items differ. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
		displayOptions: { show: { firstSync: ['allowed'] } },
	},
	{
		displayName: 'Create New Items',
		name: 'createNewItems',
		type: 'boolean',
		default: false,
		description:
			'Whether items that Khaos does not hold yet are made. Until then they are listed, and their variants wait.',
		displayOptions: { show: { firstSync: ['report', 'allowed'] } },
	},
];

const given = z.object({
	firstSync: z.enum(['send', 'report', 'allowed']).default('send'),
	allowedFields: z.array(z.string()).default([]),
	createNewItems: z.boolean().default(false),
});

/** What the parameters of a node allow. */
export function approvalOf(parameters: {
	firstSync: unknown;
	allowedFields: unknown;
	createNewItems: unknown;
}): Approval {
	const { firstSync, allowedFields, createNewItems } = given.parse(parameters);
	if (firstSync === 'send') return everything;
	return { columns: firstSync === 'report' ? [] : [...new Set(allowedFields)].sort(), newItems: createNewItems };
}

/** The node as the ledger knows it. */
export const takerOf = (node: INode, workflow: IWorkflowMetadata): Taker => ({
	id: `${workflow.id ?? ''} ${node.id}`.trim(),
	label: workflow.name === undefined ? node.name : `${node.name} in ${workflow.name}`,
});

/** The columns in which Khaos was found to differ, most items first, and those that are known besides. */
export async function getDifferingFields(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const ledger = await ledgerOf(this);
	const { fields } = await ledger.firstSync();
	const found = fields.filter(({ owner, isNewItem }) => owner === 'pimberly' && !isNewItem);
	const others = READABLE_COLUMNS.filter((column) => !found.some(({ field }) => field === column));
	return [
		...found.map(({ field, items }) => ({ name: `${field} (${items} Items)`, value: field })),
		...others.map((column) => ({ name: column, value: column })),
	];
}
