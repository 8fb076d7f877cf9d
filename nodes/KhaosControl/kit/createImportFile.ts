import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { kitFiles, type KitFileFormat } from '../../../lib/khaos/kits/kitFile';
import { unreadableDesired } from '../../../lib/khaos/recordComparison';
import { desiredKitSchema, type DesiredKit, type Reason } from '../../../lib/shapes';
import { fileProperties, longInCloud, newlineOf, TSV, type FileOptions } from '../importFiles';
import type { ReadRow } from '../inputRows';
import { writeImportFiles } from '../writeImportFiles';
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

type Entry = ReadRow & { kit: DesiredKit };

const codesIn = ({ kit }: Entry): string[] => [kit.stockCode, ...kit.components.map(({ stockCode }) => stockCode)];

/** Writes relationship files: whole relations only, and a result for each kit. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const format = context.getNodeParameter('format', 0) as KitFileFormat;
	const newline = newlineOf(context.getNodeParameter('options', 0, {}) as FileOptions);
	return await writeImportFiles(context, {
		own: KITS,
		mimeType: TSV,
		entryOf: (row): Entry | Reason[] => {
			const parsed = desiredKitSchema.safeParse(row.item.desired);
			return parsed.success ? { ...row, kit: parsed.data } : [unreadableDesired(parsed.error)];
		},
		namesIn: codesIn,
		filesOf: async (entries) => kitFiles(entries, format, newline),
		warningsOf: (entry) => (format === 'cloud' ? longInCloud(codesIn(entry)) : []),
		detailsOf: (file) => ({ stockCodes: file.entries.map(({ kit }) => kit.stockCode) }),
	});
}
