import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';

import { owners } from '../../../lib/ledger/exceptions/exceptions';
import type { ExceptionUpdate } from '../../../lib/ledger/exceptions/exceptionWork';
import { failedItem } from '../../failedItem';
import { ledgerOf } from '../../ledgerFromCredentials';
import { momentOf } from '../../moment';
import { operationErrorOf } from '../../operationError';
import { ownerOptions, stateOptions } from '../exceptionOptions';

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['exception'], operation: ['update'] } },
	[
		{
			displayName: 'Exception ID',
			name: 'exceptionId',
			type: 'string',
			default: '={{ $json.exceptionId }}',
			required: true,
			description: 'The ID of the exception, as Get Many and Build Report return it',
		},
		{
			displayName: 'By',
			name: 'by',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Ada Lovelace',
			description: 'Who does this; it is kept in the history',
		},
		{
			displayName: 'Changes',
			name: 'changes',
			type: 'collection',
			placeholder: 'Add Change',
			default: {},
			options: [
				{
					displayName: 'Assigned To',
					name: 'assignedTo',
					type: 'string',
					default: '',
					placeholder: 'e.g. ada@example.com',
					description: 'Who looks at it. Leave empty to take the assignment back.',
				},
				{
					displayName: 'Note',
					name: 'note',
					type: 'string',
					typeOptions: { rows: 2 },
					default: '',
					description: 'What was found out or done; it is kept in the history',
				},
				{
					displayName: 'Owner',
					name: 'owner',
					type: 'options',
					options: ownerOptions,
					default: 'operations',
					description: 'The team that has to act',
				},
				{
					displayName: 'Snooze Until',
					name: 'snoozeUntil',
					type: 'dateTime',
					default: '',
					description:
						'Together with the state Resolved: it does not come back before then, also if its cause is found again. Without it, it comes back with the next check, or after a day.',
				},
				{
					displayName: 'State',
					name: 'state',
					type: 'options',
					options: stateOptions,
					default: 'acknowledged',
					description: 'What is mended resolves by itself; what you resolve although it is still wrong comes back',
				},
			],
		},
	],
);

const empty = (value: unknown): unknown => (value === '' || value === null ? undefined : value);
/** A word that a person may have typed. */
const oneOf = <Word extends string>(what: string, words: readonly [Word, ...Word[]]) =>
	z.preprocess(
		empty,
		z
			.enum(words, {
				errorMap: (_issue, { data }) => ({
					message: `“${String(data)}” is no ${what}; it can be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
				}),
			})
			.optional(),
	);

const changesSchema = z.object({
	assignedTo: z.string().optional(),
	note: z.string().optional(),
	owner: oneOf('owner', owners),
	snoozeUntil: z.unknown(),
	state: oneOf('state', ['open', 'acknowledged', 'resolved'] as const),
});

/**
 * What this item asks for.
 * @throws NodeOperationError naming the item and what is wrong with it
 */
function updateOf(context: IExecuteFunctions, item: number): ExceptionUpdate {
	const changes = changesSchema.safeParse(context.getNodeParameter('changes', item, {}));
	if (!changes.success) {
		throw new NodeOperationError(context.getNode(), changes.error.issues.map(({ message }) => message).join('. '), {
			itemIndex: item,
			description: 'Nothing of this item was changed.',
		});
	}
	const { assignedTo, note, owner, state } = changes.data;
	const snoozeUntil = momentOf(context, { name: 'Snooze Until', value: changes.data.snoozeUntil, itemIndex: item });
	return {
		exceptionId: String(context.getNodeParameter('exceptionId', item)).trim(),
		by: String(context.getNodeParameter('by', item) ?? ''),
		...(assignedTo === undefined ? {} : { assignedTo }),
		...(note === undefined ? {} : { note }),
		...(owner === undefined ? {} : { owner }),
		...(snoozeUntil === null ? {} : { snoozeUntil }),
		...(state === undefined ? {} : { state }),
	};
}

/**
 * One item for each, with what became of it and the exception as it is now. Where the node goes on after errors, an item with
 * a value that can't be is an error of its own, and the others count.
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const updates = new Map<number, ExceptionUpdate>();
	const failed: INodeExecutionData[] = [];
	for (const item of context.getInputData().keys()) {
		try {
			updates.set(item, updateOf(context, item));
		} catch (error) {
			const shown = operationErrorOf(context.getNode(), error, item);
			if (!context.continueOnFail()) throw shown;
			failed.push(failedItem(item, shown));
		}
	}
	const updated = await ledger.updateExceptions([...updates.values()]);
	const items = [...updates.keys()];
	const changed = updated.map(
		({ exceptionId, outcome, exception }, index): INodeExecutionData => ({
			json: { outcome, ...(exception ?? { exceptionId }) } as unknown as IDataObject,
			pairedItem: { item: items[index]! },
		}),
	);
	return [[...changed, ...failed]];
}
