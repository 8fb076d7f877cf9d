import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';

import {
	exceptionTypes,
	owners,
	severities,
	type ExceptionFilter,
	type ExceptionType,
} from '../../../lib/ledger/exceptions/exceptions';
import { ledgerOf } from '../../ledgerFromCredentials';
import { momentOf } from '../../moment';
import { onceEach } from '../../onceEach';
import { operationErrorOf } from '../../operationError';
import { limitOf, returnAllProperties } from '../../returnAll';
import { ownerOptions, severityOptions, stateOptions, typeOptions } from '../exceptionOptions';

const show = { resource: ['exception'], operation: ['getAll'] };

export const description: INodeProperties[] = [
	...returnAllProperties(show),
	...updateDisplayOptions({ show }, [
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add Filter',
			default: {},
			options: [
				{
					displayName: 'Assigned To',
					name: 'assignedTo',
					type: 'string',
					default: '',
					description: 'Return what is assigned to this person',
				},
				{
					displayName: 'Owners',
					name: 'owners',
					type: 'multiOptions',
					default: [],
					options: ownerOptions,
					description: 'Whose exceptions to return. Leave empty for all.',
				},
				{
					displayName: 'Severities',
					name: 'severities',
					type: 'multiOptions',
					default: [],
					options: severityOptions,
					description: 'How bad the exceptions to return are. Leave empty for all.',
				},
				{
					displayName: 'Since',
					name: 'since',
					type: 'dateTime',
					default: '',
					description: 'Return what was opened, worked on or resolved since then',
				},
				{
					displayName: 'States',
					name: 'states',
					type: 'multiOptions',
					default: [],
					options: stateOptions,
					description: 'Which states to return. Leave empty for what is not resolved.',
				},
				{
					displayName: 'Stock Code or Primary ID',
					name: 'search',
					type: 'string',
					default: '',
					placeholder: 'e.g. TEE-RED-L',
					description: 'Return the exceptions of one product only',
				},
				{
					displayName: 'Types',
					name: 'types',
					type: 'multiOptions',
					default: [],
					options: typeOptions,
					description: 'Which kinds of exception to return. Leave empty for all.',
				},
			],
		},
		{
			displayName: 'Include History',
			name: 'includeHistory',
			type: 'boolean',
			default: false,
			description: 'Whether to return what was done with each exception, when and by whom',
		},
	]),
];

const filtersSchema = z.object({
	assignedTo: z.string().trim().optional(),
	owners: z.array(z.enum(owners)).optional(),
	severities: z.array(z.enum(severities)).optional(),
	since: z.unknown(),
	states: z.array(z.enum(['open', 'acknowledged', 'resolved'])).optional(),
	search: z.string().trim().optional(),
	types: z.array(z.enum(Object.keys(exceptionTypes) as [ExceptionType, ...ExceptionType[]])).optional(),
});

/** Exceptions, worst first. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const output = await onceEach(
		context,
		operationErrorOf,
		(itemIndex) => questionOf(context, itemIndex),
		async ({ filter, withHistory }) => {
			const exceptions = await ledger.exceptions(filter);
			const histories = withHistory
				? await ledger.exceptionHistory(exceptions.map(({ exceptionId }) => exceptionId))
				: null;
			return exceptions.map((one) => {
				const { title, meaning } = exceptionTypes[one.type];
				const history = histories === null ? {} : { history: histories.get(one.exceptionId) ?? [] };
				return { ...one, title, meaning, ...history } as unknown as IDataObject;
			});
		},
	);
	return [output];
}

function questionOf(context: IExecuteFunctions, itemIndex: number): { filter: ExceptionFilter; withHistory: boolean } {
	const { since: given, ...filters } = filtersSchema.parse(context.getNodeParameter('filters', itemIndex, {}));
	const since = momentOf(context, { name: 'Since', value: given, itemIndex });
	const limit = limitOf(context, itemIndex);
	return {
		filter: {
			...filters,
			...(since === null ? {} : { since }),
			...(Number.isFinite(limit) ? { limit } : {}),
		},
		withHistory: context.getNodeParameter('includeHistory', itemIndex) === true,
	};
}
