import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import {
	cloudPriceFiles,
	desktopPriceFiles,
	LIST_ELEMENT,
	type CloudPriceFileOptions,
} from '../../../lib/khaos/prices/priceFile';
import { unreadableDesired } from '../../../lib/khaos/recordComparison';
import { desiredPriceSchema, type DesiredPrice, type Reason } from '../../../lib/shapes';
import { fileProperties, longInCloud, newlineOf, TSV, XML, type FileOptions } from '../importFiles';
import type { ReadRow } from '../inputRows';
import { writeImportFiles } from '../writeImportFiles';
import { priceProperties, PRICES } from './priceRows';

export const description: INodeProperties[] = [
	...priceProperties('createImportFile'),
	{
		displayName: 'Format',
		name: 'format',
		type: 'options',
		options: [
			{
				name: 'Cloud',
				value: 'cloud',
				description: 'Tab-separated, with a column for each price list',
			},
			{ name: 'Desktop XML', value: 'desktopXml', description: 'A file for each price list' },
		],
		default: 'cloud',
		description: 'Which import tool takes the file',
		displayOptions: { show: { operation: ['createImportFile'] } },
	},
	...fileProperties('prices', `{{ $parameter["format"] === "cloud" ? "tsv" : "xml" }}`, [
		{
			displayName: 'Cells Without a Price',
			name: 'withoutPrice',
			type: 'options',
			options: [
				{
					name: 'Blank',
					value: 'blank',
					description: 'One file. Only where you know that a blank cell leaves a price as it is.',
				},
				{ name: 'None: A File for Each List', value: 'list', description: 'Each list has a file of its own' },
				{
					name: 'None: Lists Together Where They Can',
					value: 'separate',
					description: 'Lists share a file for the rows that all of them have',
				},
			],
			default: 'separate',
			description:
				'What to do where a list has no price for a row. Nothing public says whether a blank cell clears a price. Cloud only.',
		},
		{
			displayName: 'List Element',
			name: 'listElement',
			type: 'string',
			default: LIST_ELEMENT,
			description: 'What your own export from Khaos Control calls the element of a list. Desktop XML only.',
		},
	]),
];

type Entry = ReadRow & { price: DesiredPrice };

interface Options extends FileOptions {
	withoutPrice?: CloudPriceFileOptions['withoutPrice'];
	listElement?: string;
}

/** Writes price files, and a result for each price. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const isCloud = context.getNodeParameter('format', 0) === 'cloud';
	const options = context.getNodeParameter('options', 0, {}) as Options;
	const newline = newlineOf(options);
	return await writeImportFiles(context, {
		own: PRICES,
		mimeType: isCloud ? TSV : XML,
		entryOf: (row): Entry | Reason[] => {
			const parsed = desiredPriceSchema.safeParse(row.item.desired);
			return parsed.success ? { ...row, price: parsed.data } : [unreadableDesired(parsed.error)];
		},
		namesIn: ({ price }) => [price.stockCode, price.priceList],
		filesOf: async (entries) =>
			isCloud
				? cloudPriceFiles(entries, { newline, withoutPrice: options.withoutPrice ?? 'separate' })
				: desktopPriceFiles(entries, { newline, listElement: options.listElement?.trim() || LIST_ELEMENT }),
		warningsOf: ({ price }) => (isCloud ? longInCloud([price.stockCode]) : []),
		detailsOf: ({ entries }) => ({
			priceLists: [...new Set(entries.map(({ price }) => price.priceList))],
			stockCodes: [...new Set(entries.map(({ price }) => price.stockCode))],
		}),
	});
}
