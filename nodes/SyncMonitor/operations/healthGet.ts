import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { defaultThresholds, type HealthThresholds } from '../../../lib/monitor/health';
import { ledgerOf } from '../../ledgerFromCredentials';

type Name = keyof HealthThresholds;

const shown: Record<Name, { title: string; of: string }> = {
	failed: { title: 'Failed', of: 'Changes that failed' },
	held: { title: 'Held', of: 'Changes that are held' },
	lagMinutes: { title: 'Lag (Minutes)', of: 'Minutes from Pimberly to confirmed, for 95 of 100 changes' },
	oldestMinutes: { title: 'Oldest Change (Minutes)', of: 'Minutes that the oldest change has waited' },
	oldestPriceMinutes: { title: 'Oldest Price (Minutes)', of: 'Minutes that the oldest price has waited' },
	priceLagMinutes: { title: 'Lag of Prices (Minutes)', of: 'Minutes from Pimberly to confirmed, for 95 of 100 prices' },
	silentMinutes: {
		title: 'Silence (Minutes)',
		of: 'Minutes without a successful reading of Pimberly, or an answer of Khaos Control',
	},
	waiting: { title: 'Waiting', of: 'Changes that wait for Khaos Control' },
};

/** Every threshold of the health check, as a fixed pair of numbers. */
export const thresholdsProperty = (show: Record<string, string[]>): INodeProperties => ({
	displayName: 'Thresholds',
	name: 'thresholds',
	type: 'fixedCollection',
	typeOptions: { multipleValues: false },
	placeholder: 'Add Threshold',
	default: {},
	description: 'When a measure is worth a warning, and when it is a breach: at this value or above',
	displayOptions: { show },
	options: (Object.keys(shown) as Name[]).map((name) => ({
		displayName: shown[name].title,
		name,
		values: [
			{
				displayName: 'Warning From',
				name: 'warn',
				type: 'number' as const,
				typeOptions: { minValue: 0 },
				default: defaultThresholds[name].warn,
				description: shown[name].of,
			},
			{
				displayName: 'Breach From',
				name: 'breach',
				type: 'number' as const,
				typeOptions: { minValue: 0 },
				default: defaultThresholds[name].breach,
				description: shown[name].of,
			},
		],
	})),
});

/** What the node's thresholds are set to; those that are left out are the defaults. */
export const thresholdsOf = (context: IExecuteFunctions): Partial<HealthThresholds> =>
	context.getNodeParameter('thresholds', 0, {}) as Partial<HealthThresholds>;

const show = { resource: ['health'], operation: ['get'] };

export const description: INodeProperties[] = [
	...updateDisplayOptions({ show }, [
		{
			displayName: 'Lag Over (Minutes)',
			name: 'lagWindowMinutes',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 60,
			description: 'The lag is that of the changes confirmed in the last so many minutes',
		},
	]),
	thresholdsProperty(show),
];

/** One item: depth, lag, throughput and contacts, judged; with the exceptions of breaches that this look opened and ended. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const windowMs = (context.getNodeParameter('lagWindowMinutes', 0) as number) * 60_000;
	const health = await ledger.monitor.checkHealth(thresholdsOf(context), windowMs);
	return [[{ json: health as unknown as IDataObject, pairedItem: { item: 0 } }]];
}
