import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { isLongForCloud, LONGEST_IN_CLOUD } from '../../../lib/khaos/importCode';
import { kitFiles, type KitFileFormat } from '../../../lib/khaos/kitFile';
import { unreadableDesired } from '../../../lib/khaos/recordComparison';
import { desiredKitSchema, type DesiredKit, type Warning } from '../../../lib/shapes';
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
	type FileOptions,
} from '../importFiles';
import { inOrder, readRows, type ReadRow } from '../stockItemRows';
import { kitProperties, KITS } from './kitRows';

export const description: INodeProperties[] = [
	...kitProperties('createImportFile'),
	{
		displayName: 'Format',
		name: 'format',
		type: 'options',
		options: [
			{
				name: 'Cloud',
				value: 'cloud',
				description: 'Khaos Control Cloud: one file with packs and builds',
			},
			{
				name: 'Desktop',
				value: 'desktop',
				description: 'A file for packs and one for builds: the desktop tool has a menu entry for each',
			},
			{ name: 'Desktop Build', value: 'desktopBuild', description: 'Builds only' },
			{ name: 'Desktop Move With', value: 'desktopMoveWith', description: 'Packs only' },
		],
		default: 'desktop',
		description: 'Which import tool takes the file',
		displayOptions: { show: { operation: ['createImportFile'] } },
	},
	...fileProperties('kit-relations', 'tsv'),
];

const namesIn = (kit: DesiredKit): string[] => [kit.stockCode, ...kit.components.map(({ stockCode }) => stockCode)];

type Entry = ReadRow & { kit: DesiredKit };

/** Codes that the cloud's documented import map has no room for. */
function longCodes({ kit }: Entry, format: KitFileFormat): Warning[] {
	if (format !== 'cloud') return [];
	return namesIn(kit)
		.filter(isLongForCloud)
		.map((code) => ({
			field: 'stock code',
			message: `${code} has ${code.length} characters; Khaos Control Cloud documents ${LONGEST_IN_CLOUD} for its import.`,
		}));
}

/** Writes relationship files: whole relations only, and a result for each kit. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { rows, unreadable, isBatch } = readRows(context, KITS);
	const format = context.getNodeParameter('format', 0) as KitFileFormat;
	const options = context.getNodeParameter('options', 0, {}) as FileOptions;
	const results = unreadable.map(({ itemIndex, error }) => failedItem(itemIndex, error));
	const entries: Entry[] = [];
	for (const row of rows) {
		const parsed = desiredKitSchema.safeParse(row.item.desired);
		const problems = parsed.success ? lostIn(options, namesIn(parsed.data)) : [unreadableDesired(parsed.error)];
		const other = onlyToRead(row) ?? (problems.length > 0 ? notInFile(problems) : null);
		if (other === null && parsed.success) entries.push({ ...row, kit: parsed.data });
		else results.push(resultItem(row, isBatch, other!));
	}
	const { files, refused } = kitFiles(entries, format, newlineOf(options));
	for (const { entry, reasons } of refused) results.push(resultItem(entry, isBatch, notInFile(reasons)));
	for (const entry of files.flatMap((file) => file.entries)) {
		results.push(resultItem(entry, isBatch, sentInFile(longCodes(entry, format))));
	}
	const items = await fileItems(context, files, TSV, (file) => ({
		stockCodes: file.entries.map((entry) => (entry as Entry).kit.stockCode),
	}));
	return [items, inOrder(results)];
}
