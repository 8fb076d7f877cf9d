import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { buildReportData, type ReportOptions } from '../../../lib/monitor/reportData';
import { ledgerOf } from '../../ledgerFromCredentials';
import { thresholdsOf, thresholdsProperty } from './healthGet';

const show = { resource: ['report'], operation: ['build'] };

export const description: INodeProperties[] = [
	...updateDisplayOptions({ show }, [
		{
			displayName: 'New Since (Hours)',
			name: 'sinceHours',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 24,
			description: 'What was opened or resolved in the last so many hours counts as new or over',
		},
		{
			displayName: 'Product URL',
			name: 'productUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://app.pimberly.com/products/{internalId}',
			description: 'The address of a product in Pimberly, with {primaryId} or {internalId} in it. Leave empty for no links.',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: [
				{
					displayName: 'Charts Over (Hours)',
					name: 'chartHours',
					type: 'number',
					typeOptions: { minValue: 1 },
					default: 24,
					description: 'How far back the charts go',
				},
				{
					displayName: 'Most Exceptions of a List',
					name: 'mostOfList',
					type: 'number',
					typeOptions: { minValue: 1 },
					default: 500,
					description: 'How many exceptions each list shows at most; the counts are always of all',
				},
			],
		},
	]),
	thresholdsProperty(show),
];

const hours = (count: number): number => count * 60 * 60_000;

/** What the report shows, as the node's parameters ask for it. */
export function reportOptionsOf(context: IExecuteFunctions): ReportOptions {
	const options = context.getNodeParameter('options', 0, {}) as { chartHours?: number; mostOfList?: number };
	return {
		sinceMs: hours(context.getNodeParameter('sinceHours', 0) as number),
		productUrl: String(context.getNodeParameter('productUrl', 0, '')),
		thresholds: thresholdsOf(context),
		...(options.chartHours === undefined ? {} : { chartMs: hours(options.chartHours) }),
		...(options.mostOfList === undefined ? {} : { limit: options.mostOfList }),
	};
}

/** One item with all that the report shows. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const data = await buildReportData(ledger.monitor, reportOptionsOf(context));
	return [[{ json: data as unknown as IDataObject, pairedItem: { item: 0 } }]];
}
