import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';

import { owners } from '../../../lib/ledger/exceptions/exceptions';
import type { ExceptionUpdate } from '../../../lib/ledger/exceptions/exceptionWork';
import { ledgerOf } from '../../ledgerFromCredentials';
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

const changesSchema = z.object({
	assignedTo: z.string().optional(),
	note: z.string().optional(),
	owner: z.preprocess(empty, z.enum(owners).optional()),
	snoozeUntil: z.preprocess(empty, z.string().optional()),
	state: z.preprocess(empty, z.enum(['open', 'acknowledged', 'resolved']).optional()),
});

/** One item for each, with what became of it and the exception as it is now. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const updates = context.getInputData().map((_input, item): ExceptionUpdate => {
		const { assignedTo, note, owner, snoozeUntil, state } = changesSchema.parse(
			context.getNodeParameter('changes', item, {}),
		);
		return {
			exceptionId: String(context.getNodeParameter('exceptionId', item)).trim(),
			by: String(context.getNodeParameter('by', item)).trim(),
			...(assignedTo === undefined ? {} : { assignedTo }),
			...(note === undefined ? {} : { note }),
			...(owner === undefined ? {} : { owner }),
			...(snoozeUntil === undefined ? {} : { snoozeUntil }),
			...(state === undefined ? {} : { state }),
		};
	});
	const updated = await ledger.updateExceptions(updates);
	return [
		updated.map(
			({ exceptionId, outcome, exception }, item): INodeExecutionData => ({
				json: { outcome, ...(exception ?? { exceptionId }) } as unknown as IDataObject,
				pairedItem: { item },
			}),
		),
	];
}
