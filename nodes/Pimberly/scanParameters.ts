import { NodeOperationError, type INodeProperties, type IPollFunctions } from 'n8n-workflow';

import type { ScanSettings } from '../../lib/pimberly/scan';
import type { StartFrom } from '../../lib/pimberly/scanCursor';
import { momentOf } from '../moment';
import {
	byName,
	listOptions,
	headingsOf,
	onlyWhenOf,
	onlyWhenProperty,
	relationProperties,
	relationsOfParameters,
	triggerParametersOf,
	type ReadOptions,
} from './productParameters';

/** What the trigger can be told, and the scan settings that come of it. */

const byDate = { show: { source: ['updated'] } };

export const scanProperties: INodeProperties[] = [
	{
		displayName: 'Products',
		name: 'source',
		type: 'options',
		default: 'updated',
		options: [
			{
				name: 'All in a Work-Queue Channel',
				value: 'channel',
				description: 'Each poll brings every product that is in the channel of the token, until it leaves it',
			},
			{
				name: 'Created or Updated',
				value: 'updated',
				description: 'Each poll brings the products that were created or updated since the last complete scan',
			},
		],
		description: 'Which products start the workflow',
	},
	{
		displayName: 'Start From',
		name: 'startFrom',
		type: 'options',
		required: true,
		default: '',
		displayOptions: byDate,
		options: [
			{ name: 'A Date', value: 'date', description: 'Products that were created or updated since then' },
			{ name: 'All Products', value: 'all', description: 'The first polls bring the whole catalogue' },
			{ name: 'Now', value: 'now', description: 'Only what changes from now on, and in the overlap before' },
			{ name: 'Please Choose', value: '', description: 'The trigger does not start without a choice' },
		],
		description: 'Where the very first scan starts. Later scans go on from the last one.',
	},
	{
		displayName: 'Start Date',
		name: 'startDate',
		type: 'dateTime',
		required: true,
		default: '',
		displayOptions: { show: { source: ['updated'], startFrom: ['date'] } },
		description: 'The first scan brings what was created or updated at or after this time',
	},
	...relationProperties(),
	onlyWhenProperty,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: byName([
			...listOptions,
			{
				displayName: 'Full Resync',
				name: 'fullResyncAt',
				type: 'dateTime',
				default: '',
				description:
					'Read every product once more, at the first poll after this time. Set another time to do it again.',
			},
			{
				displayName: 'Max per Poll',
				name: 'maxPerPoll',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 5000,
				description: 'How many products one poll brings at most. The rest comes with the next polls.',
			},
			{
				displayName: 'Overlap (Minutes)',
				name: 'overlapMinutes',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 5,
				description:
					'How far each scan looks back before the start of the last one, for clocks that differ and changes that show late. What was brought already is not brought again.',
			},
		]),
	},
];

export interface TriggerOptions extends ReadOptions {
	fullResyncAt?: unknown;
	maxPerPoll?: number;
	overlapMinutes?: number;
}

function startFromOf(context: IPollFunctions): StartFrom {
	const choice = context.getNodeParameter('startFrom', '') as string;
	if (choice === 'now' || choice === 'all') return { from: choice };
	if (choice === 'date') return { from: 'date', date: startDateOf(context) };
	throw new NodeOperationError(context.getNode(), 'Start From is not chosen', {
		description:
			'Choose whether the first scan brings all products, those since a date, or only what changes from now on.',
	});
}

function startDateOf(context: IPollFunctions): string {
	const date = momentOf(context, { name: 'Start Date', value: context.getNodeParameter('startDate', '') });
	if (date !== null) return date;
	throw new NodeOperationError(context.getNode(), 'Start Date is empty', {
		description: 'Choose the date that the first scan starts from, or set Start From to something else.',
	});
}

/** @throws NodeOperationError where a parameter makes no sense */
export function scanSettingsOf(context: IPollFunctions): ScanSettings {
	const options = context.getNodeParameter('options', {}) as TriggerOptions;
	const source = context.getNodeParameter('source') === 'channel' ? 'channel' : 'updated';
	return {
		source,
		startFrom: source === 'channel' ? { from: 'all' } : startFromOf(context),
		overlapMs: (options.overlapMinutes ?? 5) * 60_000,
		fullResyncAt: momentOf(context, { name: 'Full Resync', value: options.fullResyncAt }),
		maxPerStep: options.maxPerPoll ?? 5000,
		pageSize: options.pageSize ?? 100,
		onlyWhen: onlyWhenOf(triggerParametersOf(context)),
		relations: relationsOfParameters(triggerParametersOf(context), options),
		headings: headingsOf(options),
	};
}
