import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { historyOf } from '../../../lib/monitor/history';
import { dashboardPage } from '../../../lib/monitor/pages/dashboardPage';
import { headline } from '../../../lib/monitor/pages/parts';
import { reportPage } from '../../../lib/monitor/pages/reportPage';
import { reportCsv } from '../../../lib/monitor/pages/reportTable';
import { buildReportData, type ReportData, type ReportOptions } from '../../../lib/monitor/reportData';
import { ledgerOf } from '../../ledgerFromCredentials';
import { writableFolder } from '../../writableFolder';
import { thresholdsOf, thresholdsProperty } from './healthGet';

const show = { resource: ['report'], operation: ['build'] };

export const description: INodeProperties[] = [
	...updateDisplayOptions({ show }, [
		{
			displayName: 'Build',
			name: 'page',
			type: 'options',
			default: 'report',
			options: [
				{
					name: 'Dashboard',
					value: 'dashboard',
					description: 'A page to be served by a webhook: depth, lag and exceptions as they are now',
				},
				{ name: 'Data', value: 'data', description: 'What the report shows, as one item for the nodes that follow' },
				{
					name: 'Exception Report',
					value: 'report',
					description: 'What each team has to do, as files and as the text of a mail',
				},
			],
			description: 'What to make of it',
		},
		{
			displayName: 'Files',
			name: 'files',
			type: 'multiOptions',
			default: ['html', 'csv'],
			options: [
				{ name: 'CSV', value: 'csv', description: 'A table for spreadsheets' },
				{ name: 'HTML', value: 'html', description: 'One page without scripts' },
				{ name: 'JSON', value: 'json', description: 'All of it, for programs' },
			],
			description:
				'The files to make, each in a binary field of its name. The page is also in the item’s field “html”, for the body of a mail.',
			displayOptions: { show: { page: ['report'] } },
		},
		{
			displayName: 'SKU',
			name: 'sku',
			type: 'string',
			default: '={{ $json.query?.sku }}',
			placeholder: 'e.g. TEE-RED-L',
			description: 'A stock code or the primary ID of a product whose history the page shows; empty for none',
			displayOptions: { show: { page: ['dashboard'] } },
		},
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
			description:
				'The address of a product in Pimberly, with {primaryId} or {internalId} in it. Leave empty for no links.',
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
				{
					displayName: 'Refresh (Seconds)',
					name: 'refreshSeconds',
					type: 'number',
					typeOptions: { minValue: 0 },
					default: 30,
					description: 'How often the dashboard loads itself again; 0: never',
				},
			],
		},
	]),
	thresholdsProperty(show),
];

/** How many of the last events of a SKU the dashboard shows. */
const mostEvents = 200;

const hours = (count: number): number => count * 60 * 60_000;

/** What the report shows, as the node's parameters ask for it. */
function reportOptionsOf(context: IExecuteFunctions): ReportOptions {
	const options = context.getNodeParameter('options', 0, {}) as { chartHours?: number; mostOfList?: number };
	return {
		sinceMs: hours(context.getNodeParameter('sinceHours', 0) as number),
		productUrl: String(context.getNodeParameter('productUrl', 0, '')),
		thresholds: thresholdsOf(context),
		...(options.chartHours === undefined ? {} : { chartMs: hours(options.chartHours) }),
		...(options.mostOfList === undefined ? {} : { limit: options.mostOfList }),
	};
}

/** The files of the report, by the binary field that they are put in. */
const files: Record<
	string,
	{ extension: string; mimeType: string; of: (data: ReportData, timeZone: string) => string }
> = {
	html: { extension: 'html', mimeType: 'text/html', of: (data, timeZone) => reportPage(data, { timeZone }) },
	csv: { extension: 'csv', mimeType: 'text/csv', of: (data) => reportCsv(data) },
	json: { extension: 'json', mimeType: 'application/json', of: (data) => JSON.stringify(data, null, '\t') },
};

/** What is short enough for a chat message or the subject of a mail. */
const inShort = (data: ReportData): IDataObject => ({
	environment: data.environment,
	builtAt: data.builtAt,
	level: data.health.level,
	open: data.open,
	bySeverity: data.bySeverity,
	byOwner: Object.fromEntries(data.toDo.map(({ owner, count }) => [owner, count])),
	opened: data.changes.opened.length,
	resolved: data.changes.resolved.length,
	subject: `Sync report ${data.environment}: ${headline(data)}`,
});

/** One item: the report with its files, the dashboard's page, or all that they show. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const data = await buildReportData(ledger.monitor, reportOptionsOf(context));
	const timeZone = context.getTimezone();
	const pairedItem = { item: 0 };
	switch (context.getNodeParameter('page', 0)) {
		case 'data':
			return [[{ json: data as unknown as IDataObject, pairedItem }]];
		case 'dashboard': {
			const { refreshSeconds = 30 } = context.getNodeParameter('options', 0, {}) as { refreshSeconds?: number };
			const sku = String(context.getNodeParameter('sku', 0, '') ?? '').trim();
			const history = sku === '' ? null : historyOf(sku, await ledger.monitor.trailOf(sku, mostEvents));
			const html = dashboardPage(data, { timeZone, history, refreshSeconds });
			return [[{ json: { ...inShort(data), html }, pairedItem }]];
		}
		default: {
			const day = data.builtAt.slice(0, 10);
			const wanted = context.getNodeParameter('files', 0) as string[];
			const folder = await writableFolder();
			const item: INodeExecutionData = {
				json: { ...inShort(data), html: reportPage(data, { timeZone }), folder },
				pairedItem,
			};
			for (const name of wanted) {
				const { extension, mimeType, of } = files[name]!;
				const content = Buffer.from(of(data, timeZone), 'utf8');
				item.binary ??= {};
				item.binary[name] = await context.helpers.prepareBinaryData(
					content,
					`sync-report-${day}.${extension}`,
					mimeType,
				);
			}
			return [[item]];
		}
	}
}
