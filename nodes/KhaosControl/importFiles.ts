import {
	NodeConnectionTypes,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { isLongForCloud, LONGEST_IN_CLOUD } from '../../lib/khaos/stockImport/importCode';
import type { ImportFile, Newline } from '../../lib/khaos/importFile';
import { notCompared } from '../../lib/khaos/delivery/firstSync';
import type { Outcome } from '../../lib/khaos/recordComparison';
import type { Reason, Warning } from '../../lib/shapes';
import type { ReadRow } from './inputRows';
import { writableFolder } from '../writableFolder';

/** Create Import File hands out the file first, so that it is delivered before its changes are settled. */
export const importFileOutputs = ['File', 'Results'];

/** The outputs of a node whose operations have different ones, as an expression over the operation. */
export const outputsByOperation = (outputs: Record<string, string[]>): `={{${string}}}` =>
	`={{ ({ ${Object.entries(outputs)
		.map(
			([operation, names]) =>
				`${operation}: ${JSON.stringify(names.map((displayName) => ({ type: NodeConnectionTypes.Main, displayName })))}`,
		)
		.join(', ')} })[$parameter["operation"]] ?? ["${NodeConnectionTypes.Main}"] }}`;

/** Name, binary field, encoding and line ends of import files; `name` stands before the date. */
export const fileProperties = (name: string, ending: string, options: INodeProperties[] = []): INodeProperties[] =>
	updateDisplayOptions({ show: { operation: ['createImportFile'] } }, [
		{
			displayName: 'File Name',
			name: 'fileName',
			type: 'string',
			default: `=${name}-{{ $now.toFormat('yyyy-MM-dd-HHmmss-SSS') }}.${ending}`,
			description:
				'What a file holds is put before the ending. Keep the date and time in it: a file that nobody has imported yet must not be overwritten.',
		},
		{
			displayName: 'Put Output File in Field',
			name: 'binaryPropertyName',
			type: 'string',
			default: 'data',
			required: true,
			hint: 'The name of the output binary field to put the file in',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: [
				{
					displayName: 'Encoding',
					name: 'encoding',
					type: 'options',
					options: [
						{ name: 'UTF-8', value: 'utf8' },
						{
							name: 'UTF-8 With BOM',
							value: 'bom',
							description: 'For programs that take plain UTF-8 for the old Windows encoding',
						},
						{
							name: 'Western European (Latin 1)',
							value: 'latin1',
							description: 'Other characters become question marks; codes that hold such are refused',
						},
					],
					default: 'utf8',
					description: 'How characters beyond plain English are written',
				},
				{
					displayName: 'Line Ends',
					name: 'newline',
					type: 'options',
					options: [
						{ name: 'Unix (LF)', value: 'lf' },
						{ name: 'Windows (CRLF)', value: 'crlf' },
					],
					default: 'crlf',
					description: 'What stands between two rows; none follows the last',
				},
				...options,
			],
		},
	]);

export interface FileOptions {
	encoding?: string;
	newline?: string;
}

export const newlineOf = (options: FileOptions): Newline => (options.newline === 'lf' ? '\n' : '\r\n');

const bytesOf = (text: string, encoding: string): Buffer =>
	encoding === 'latin1'
		? Buffer.from([...text].map((character) => (character.codePointAt(0)! > 0xff ? '?' : character)).join(''), 'latin1')
		: Buffer.from(encoding === 'bom' ? `\ufeff${text}` : text, 'utf8');

/** Codes and names that the chosen encoding can't write: with a question mark in them they would be others. */
export const lostIn = (options: FileOptions, texts: string[]): Reason[] =>
	(options.encoding === 'latin1' ? texts : [])
		.filter((text) => [...text].some((character) => character.codePointAt(0)! > 0xff))
		.map((text) => ({
			field: 'encoding',
			value: text,
			reason: `${text} holds characters that Western European can't write`,
			remedy: "Choose UTF-8 under 'Encoding', if Khaos Control's import takes it, or change the code.",
		}));

/** Codes that the cloud's documented import map has no room for. */
export const longInCloud = (codes: string[]): Warning[] =>
	codes.filter(isLongForCloud).map((code) => ({
		field: 'stock code',
		message: `${code} has ${code.length} characters; Khaos Control Cloud documents ${LONGEST_IN_CLOUD} for its import.`,
	}));

/** A name with something put before its ending; nothing that a folder or a URL would stumble over. */
const withPart = (fileName: string, part: string): string => {
	const safe = part.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
	return safe === '' ? fileName : fileName.replace(/(\.[^.]*)?$/, (ending) => `-${safe}${ending}`);
};

export const TSV = 'text/tab-separated-values';
export const XML = 'application/xml';

/** The import files as items of the first output. Names that would be the same are numbered. */
export async function fileItems<File extends ImportFile<ReadRow>>(
	context: IExecuteFunctions,
	files: File[],
	mimeType: string,
	more: (file: File) => IDataObject,
): Promise<INodeExecutionData[]> {
	const options = context.getNodeParameter('options', 0, {}) as FileOptions;
	const fileName = context.getNodeParameter('fileName', 0) as string;
	const property = context.getNodeParameter('binaryPropertyName', 0) as string;
	const folder = files.length > 0 ? await writableFolder() : '';
	const used = new Set<string>();
	const items: INodeExecutionData[] = [];
	for (const file of files) {
		const name = withPart(fileName, file.kind);
		let own = name;
		for (let at = 2; used.has(own); at++) own = withPart(name, String(at));
		used.add(own);
		const bytes = bytesOf(file.content, options.encoding ?? 'utf8');
		items.push({
			json: { fileName: own, folder, tool: file.tool, rows: file.rows, ...more(file) },
			binary: { [property]: await context.helpers.prepareBinaryData(bytes, own, mimeType) },
			pairedItem: [...new Set(file.entries.map((entry) => entry.itemIndex))].map((item) => ({ item })),
		});
	}
	return items;
}

/** What is in a file is sent: a read-back after the import decides. */
export const sentInFile = (more: Outcome['warnings'] = []): Outcome => ({
	status: 'sent',
	awaiting: 'import',
	reason: 'Written to an import file; a person has to import it in Khaos Control',
	remedy: 'Import the file. The next read-back confirms it.',
	...(more.length > 0 ? { warnings: more } : {}),
});

/** What no file can hold. */
export const notInFile = (reasons: Reason[]): Outcome => ({
	status: 'failed',
	reason: reasons.map((reason) => reason.reason).join('; '),
	remedy: [...new Set(reasons.map((reason) => reason.remedy))].join(' '),
	differences: reasons.map(({ field, value }) => ({ field, expected: value, actual: null })),
});

/**
 * What is handed out only to be read: a file would write it. Null: the item may be written.
 */
export function onlyToRead({ item }: ReadRow): Outcome | null {
	const remedy = 'Put Compare (of stock items: Confirm) before Create Import File, and connect what is to be written.';
	if (item.purpose === 'check') {
		const reason = `${item.key} was sent before and is to be read back, not to be written again`;
		return { status: 'sent', awaiting: 'import', reason, remedy };
	}
	if (item.purpose !== 'lookUp') return notCompared(item);
	const reason = `${item.key} is to be looked up in Khaos, not to be written`;
	return { status: 'retry', cause: 'unavailable', retryAfter: 300, reason, remedy };
}

/** The result of one item, as the second output shows it: with its lease where it comes from a batch. */
export function resultItem(row: ReadRow, isBatch: boolean, outcome: Outcome): INodeExecutionData {
	const { itemIndex, item } = row;
	const { changeId, lease, key, kind } = item;
	const rest = { differences: [], reason: '', remedy: '', retryAfter: null, ...outcome };
	const shown = isBatch
		? { ...rest, changeId, lease, key, kind }
		: { stockCode: (item.desired as { stockCode?: string }).stockCode ?? key, ...rest };
	return { json: shown as unknown as IDataObject, pairedItem: { item: itemIndex } };
}
