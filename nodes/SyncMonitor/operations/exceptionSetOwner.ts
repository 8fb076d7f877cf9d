import {
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';

import { exceptionTypes, owners, type ExceptionType } from '../../../lib/ledger/exceptions/exceptions';
import { ledgerOf } from '../../ledgerFromCredentials';
import { ownerOptions, typeOptions } from '../exceptionOptions';

/** The teams, and the way back. */
const ownersAndDefault = [{ name: 'As the Package Has It', value: 'default' }, ...ownerOptions];

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['exception'], operation: ['setOwner'] } },
	[
		{
			displayName: 'Type',
			name: 'type',
			type: 'options',
			options: typeOptions,
			default: 'failedTransfer',
			description: 'The kind of exception whose owner changes, those that are open included',
		},
		{
			displayName: 'Owner',
			name: 'owner',
			type: 'options',
			options: ownersAndDefault,
			default: 'operations',
			description: 'The team that has to act from now on',
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
	],
);

const typeSchema = z.enum(Object.keys(exceptionTypes) as [ExceptionType, ...ExceptionType[]]);
const ownerSchema = z.enum([...owners, 'default']);

/** From now on exceptions of a type are another team's. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const output: INodeExecutionData[] = [];
	for (const item of context.getInputData().keys()) {
		const type = typeSchema.parse(context.getNodeParameter('type', item));
		const owner = ownerSchema.parse(context.getNodeParameter('owner', item));
		await ledger.setDefaultOwner(
			type,
			owner === 'default' ? null : owner,
			String(context.getNodeParameter('by', item)).trim(),
		);
		output.push({
			json: { type, owner: owner === 'default' ? exceptionTypes[type].owner : owner },
			pairedItem: { item },
		});
	}
	return [output];
}
