import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { ImportFile } from '../../lib/khaos/importFile';
import type { Reason, Warning } from '../../lib/shapes';
import { fileItems, lostIn, notInFile, onlyToRead, resultItem, sentInFile, type FileOptions } from './importFiles';
import { inOrder, readRows, type OwnRows, type ReadRow } from './inputRows';

/** How the records of a kind become files for Khaos Control's import tools. */
export interface FileWriting<Entry extends ReadRow, File extends ImportFile<Entry>> {
	own: OwnRows;
	mimeType: string;
	/** A row as an entry of a file, or every reason why it can be none. */
	entryOf(row: ReadRow): Entry | Reason[];
	/** Codes and names that have to come out of the file as they are. */
	namesIn(entry: Entry): string[];
	filesOf(entries: Entry[]): Promise<{ files: File[]; refused: Array<{ entry: Entry; reasons: Reason[] }> }>;
	/** What a person should know of an entry that is in a file. */
	warningsOf(entry: Entry): Warning[];
	/** What the item of a file says beside its name and tool. */
	detailsOf(file: File): IDataObject;
}

/** Writes the files of all input items: the files by the first output, a result for each item by the second. */
export async function writeImportFiles<Entry extends ReadRow, File extends ImportFile<Entry>>(
	context: IExecuteFunctions,
	writing: FileWriting<Entry, File>,
): Promise<INodeExecutionData[][]> {
	const { rows, unreadable, isBatch } = readRows(context, writing.own);
	const options = context.getNodeParameter('options', 0, {}) as FileOptions;
	const results = [...unreadable];
	const entries: Entry[] = [];
	for (const row of rows) {
		const other = onlyToRead(row);
		if (other !== null) {
			results.push(resultItem(row, isBatch, other));
			continue;
		}
		const entry = writing.entryOf(row);
		const reasons = Array.isArray(entry) ? entry : lostIn(options, writing.namesIn(entry));
		if (Array.isArray(entry) || reasons.length > 0) results.push(resultItem(row, isBatch, notInFile(reasons)));
		else entries.push(entry);
	}
	const { files, refused } = await writing.filesOf(entries);
	for (const { entry, reasons } of refused) results.push(resultItem(entry, isBatch, notInFile(reasons)));
	for (const entry of files.flatMap((file) => file.entries)) {
		results.push(resultItem(entry, isBatch, sentInFile(writing.warningsOf(entry))));
	}
	return [await fileItems(context, files, writing.mimeType, writing.detailsOf), inOrder(results)];
}
