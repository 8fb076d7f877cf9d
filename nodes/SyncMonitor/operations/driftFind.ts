import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { DateTime } from 'luxon';

import { exceptionTypes } from '../../../lib/ledger/exceptions/exceptions';
import { findDrift } from '../../../lib/monitor/drift';
import type { DriftSettings } from '../../../lib/monitor/driftSettings';
import { defaultTolerance } from '../../../lib/monitor/tolerance';
import { ledgerOf } from '../../ledgerFromCredentials';
import { momentOf } from '../../moment';
import { khaosOf, pause } from '../../KhaosControl/account';

const show = { resource: ['drift'], operation: ['find'] };

export const driftOutputs = ['Differences', 'Summary'];

export const description: INodeProperties[] = updateDisplayOptions({ show }, [
	{
		displayName: 'Check',
		name: 'scope',
		type: 'options',
		default: 'everything',
		description: 'Which items are compared',
		options: [
			{
				name: 'Everything',
				value: 'everything',
				description: 'Every item that was confirmed: one call for fifty of them',
			},
			{
				name: 'What Was Revised Since',
				value: 'since',
				description: 'What was edited in Khaos Control since a time; finds no deleted items',
			},
			{
				name: 'What Was Revised Since the Last Check',
				value: 'lastCheck',
				description:
					'What was edited in Khaos Control since the last check of this node began; the first time everything',
			},
		],
	},
	{
		displayName: 'Since',
		name: 'since',
		type: 'dateTime',
		default: '',
		required: true,
		description: 'What was edited at or after this time is compared',
		displayOptions: { show: { scope: ['since'] } },
	},
	{
		displayName: 'Repair',
		name: 'repair',
		type: 'boolean',
		default: false,
		description:
			'Whether to put what differs, or is missing, back into the queue, so that Pimberly’s values are written again. Kits and prices need their import files as always.',
	},
	{
		displayName: 'Tolerance',
		name: 'tolerance',
		type: 'collection',
		placeholder: 'Add Tolerance',
		default: {},
		description: 'What is passed over, beside what Khaos Control is known to do to a value',
		options: [
			{
				displayName: 'Decimal Places',
				name: 'decimalPlaces',
				type: 'number',
				typeOptions: { minValue: -1, maxValue: 6 },
				default: -1,
				description:
					'Numbers are the same when they are so to this many places; -1 compares them exactly (0.5 and 0.50 are the same)',
			},
			{
				displayName: 'Ignored Columns',
				name: 'ignoredColumns',
				type: 'string',
				default: '',
				placeholder: 'e.g. BUY_PRICE, UDA:Season',
				description: 'Import columns that are not compared, separated by commas',
			},
			{
				displayName: 'Letter Case',
				name: 'letterCase',
				type: 'options',
				default: 'khaos',
				description: 'Whether texts that differ in upper and lower case only are the same',
				options: [
					{
						name: 'Descriptions in Any Case',
						value: 'khaos',
						description: 'Khaos Control may change the case of short descriptions',
					},
					{ name: 'Ignore in All Texts', value: 'ignore' },
					{
						name: 'Strict',
						value: 'strict',
						description: 'Short descriptions too, unless it is one of the cases that Khaos Control itself makes',
					},
				],
			},
			{
				displayName: 'White Space',
				name: 'spaces',
				type: 'options',
				default: 'ignore',
				description: 'Whether texts that differ in spaces and line breaks only are the same',
				options: [
					{ name: 'Exact', value: 'exact', description: 'Only that at the ends is passed over' },
					{ name: 'Ignore', value: 'ignore' },
				],
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Builds Are Shown',
				name: 'buildsShown',
				type: 'boolean',
				default: false,
				description:
					'Whether this Khaos Control shows the components of builds in its exports, as it does those of packs',
			},
			{
				displayName: 'Commodity Codes',
				name: 'commodityCodes',
				type: 'boolean',
				default: true,
				description: 'Whether to compare commodity codes, which takes one call for all items',
			},
			{
				displayName: 'Kits',
				name: 'kits',
				type: 'boolean',
				default: true,
				description: 'Whether to compare the components of kits; it takes no further calls',
			},
			{
				displayName: 'Most Items',
				name: 'mostItems',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description: 'Stop after so many items; the next execution goes on there. 0 has no limit.',
			},
			{
				displayName: 'Most Minutes',
				name: 'mostMinutes',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 50,
				description: 'Stop after so many minutes; the next execution goes on there',
			},
			{
				displayName: 'Price Lists',
				name: 'prices',
				type: 'boolean',
				default: true,
				description: 'Whether to compare the prices of the lists that Pimberly fills; it takes one call for each list',
			},
			{
				displayName: 'Prices Only in Khaos Control',
				name: 'pricesWithoutPimberly',
				type: 'boolean',
				default: true,
				description: 'Whether prices of such lists count of which Pimberly says nothing, for items that it has',
			},
		],
	},
]);

interface Tolerances {
	decimalPlaces?: number;
	ignoredColumns?: string;
	letterCase?: 'khaos' | 'strict' | 'ignore';
	spaces?: 'exact' | 'ignore';
}

interface Options {
	buildsShown?: boolean;
	commodityCodes?: boolean;
	kits?: boolean;
	mostItems?: number;
	mostMinutes?: number;
	prices?: boolean;
	pricesWithoutPimberly?: boolean;
}

/** Khaos's clock is the UK's, without an offset (contract 2.3). */
const khaosTime = (iso: string): string =>
	DateTime.fromISO(iso, { zone: 'utc' }).setZone('Europe/London').toFormat("yyyy-MM-dd'T'HH:mm:ss");

/** What is asked about the time before the check, as clocks may differ and an edit may last (ms). */
const overlapMs = 60 * 60_000;

function settingsOf(context: IExecuteFunctions, name: string, since: string | null): DriftSettings {
	const tolerance = context.getNodeParameter('tolerance', 0, {}) as Tolerances;
	const options = context.getNodeParameter('options', 0, {}) as Options;
	const places = tolerance.decimalPlaces ?? -1;
	return {
		name,
		since,
		tolerance: {
			...defaultTolerance,
			...(tolerance.letterCase === undefined ? {} : { letterCase: tolerance.letterCase }),
			...(tolerance.spaces === undefined ? {} : { spaces: tolerance.spaces }),
			decimalPlaces: places < 0 ? null : places,
			ignoredColumns: (tolerance.ignoredColumns ?? '')
				.split(',')
				.flatMap((column) => (column.trim() === '' ? [] : [column.trim()])),
		},
		kits: options.kits ?? true,
		prices: options.prices ?? true,
		commodityCodes: options.commodityCodes ?? true,
		pricesWithoutPimberly: options.pricesWithoutPimberly ?? true,
		buildsShown: options.buildsShown === true ? 'findOut' : 'never',
		priceLists: {},
		repair: context.getNodeParameter('repair', 0) === true,
		mostItems: (options.mostItems ?? 0) > 0 ? options.mostItems! : null,
		budgetMs: (options.mostMinutes ?? 50) * 60_000,
		khaosTime,
	};
}

function sinceOf(context: IExecuteFunctions): string {
	const since = momentOf(context, { name: 'Since', value: context.getNodeParameter('since', 0) });
	if (since !== null) return since;
	throw new NodeOperationError(context.getNode(), 'Since is empty', {
		description: 'Choose the time from which edits are compared, or set Check to something else.',
	});
}

/** Differences one by one, and one item with the figures of the check and how far it is. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const khaos = await khaosOf(context, true);
	const name = `${context.getWorkflow().id ?? 'unsaved'}/${context.getNode().id}`;
	const scope = context.getNodeParameter('scope', 0) as 'everything' | 'since' | 'lastCheck';
	const last = scope === 'lastCheck' ? await ledger.drift.lastFinished(name) : null;
	const since =
		scope === 'since' ? sinceOf(context) : last === null ? null : new Date(Date.parse(last) - overlapMs).toISOString();
	const report = await findDrift(
		{ client: khaos.client, port: khaos.port, drift: ledger.drift, sleep: pause, now: Date.now },
		settingsOf(context, name, since),
	);
	if (report.status === 'busy') {
		context.addExecutionHints({
			message: 'Another execution is at this check; nothing was done.',
			location: 'outputPane',
		});
		return [[], [{ json: { status: 'busy' }, pairedItem: { item: 0 } }]];
	}
	const { run, findings, notes, error, status } = report;
	if (error !== null) {
		context.addExecutionHints({
			message: `The check was cut and goes on at the next execution: ${error.message}`,
			type: 'warning',
			location: 'outputPane',
		});
	}
	const differences = findings.map((finding): INodeExecutionData => {
		const usual = exceptionTypes[finding.type];
		const { severity = usual.severity, owner = usual.owner } = finding;
		return {
			json: { ...finding, title: usual.title, severity, owner } as unknown as IDataObject,
			pairedItem: { item: 0 },
		};
	});
	const { startedAt, resumed, counts, scope: covered } = run;
	const summary = {
		status,
		startedAt,
		since: covered.since,
		resumed,
		...counts,
		found: findings.length,
		error: error?.message ?? null,
		notes,
	};
	return [differences, [{ json: summary, pairedItem: { item: 0 } }]];
}
