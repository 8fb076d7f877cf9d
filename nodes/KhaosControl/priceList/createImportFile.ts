import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { isLongForCloud, LONGEST_IN_CLOUD } from '../../../lib/khaos/importCode';
import {
	cloudPriceFiles,
	desktopPriceFiles,
	LIST_ELEMENT,
	type CloudPriceFileOptions,
} from '../../../lib/khaos/priceFile';
import { unreadableDesired } from '../../../lib/khaos/recordComparison';
import { desiredPriceSchema, type DesiredPrice, type Warning } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import {
	fileItems,
	fileProperties,
	lostIn,
	newlineOf,
	notInFile,
	onlyToRead,
	resultItem,
	sentInFile,
	TSV,
	XML,
	type FileOptions,
} from '../importFiles';
import { inOrder, readRows, type ReadRow } from '../stockItemRows';
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

const namesIn = (price: DesiredPrice): string[] => [price.stockCode, price.priceList];

type Entry = ReadRow & { price: DesiredPrice };

interface Options extends FileOptions {
	withoutPrice?: CloudPriceFileOptions['withoutPrice'];
	listElement?: string;
}

/** A code that the cloud's documented import map has no room for. */
const longCode = ({ stockCode }: DesiredPrice): Warning[] =>
	isLongForCloud(stockCode)
		? [
				{
					field: 'stock code',
					message: `${stockCode} has ${stockCode.length} characters; Khaos Control Cloud documents ${LONGEST_IN_CLOUD} for its import.`,
				},
			]
		: [];

/** Writes price files, and a result for each price. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { rows, unreadable, isBatch } = readRows(context, PRICES);
	const isCloud = context.getNodeParameter('format', 0) === 'cloud';
	const options = context.getNodeParameter('options', 0, {}) as Options;
	const results = unreadable.map(({ itemIndex, error }) => failedItem(itemIndex, error));
	const entries: Entry[] = [];
	for (const row of rows) {
		const parsed = desiredPriceSchema.safeParse(row.item.desired);
		const problems = parsed.success ? lostIn(options, namesIn(parsed.data)) : [unreadableDesired(parsed.error)];
		const other = onlyToRead(row) ?? (problems.length > 0 ? notInFile(problems) : null);
		if (other === null && parsed.success) entries.push({ ...row, price: parsed.data });
		else results.push(resultItem(row, isBatch, other!));
	}
	const newline = newlineOf(options);
	const { files, refused } = isCloud
		? cloudPriceFiles(entries, { newline, withoutPrice: options.withoutPrice ?? 'separate' })
		: desktopPriceFiles(entries, { newline, listElement: options.listElement?.trim() || LIST_ELEMENT });
	for (const { entry, reasons } of refused) results.push(resultItem(entry, isBatch, notInFile(reasons)));
	for (const entry of files.flatMap((file) => file.entries)) {
		results.push(resultItem(entry, isBatch, sentInFile(isCloud ? longCode(entry.price) : [])));
	}
	const items = await fileItems(context, files, isCloud ? TSV : XML, (file) => {
		const prices = file.entries.map((entry) => (entry as Entry).price);
		return {
			priceLists: [...new Set(prices.map((price) => price.priceList))],
			stockCodes: [...new Set(prices.map((price) => price.stockCode))],
		};
	});
	return [items, inOrder(results)];
}
