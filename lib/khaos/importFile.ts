import type { Reason } from '../shapes';
import { cellText } from './stockImport/stockTable';

/** How a line of an import file ends. */
export type Newline = '\n' | '\r\n';

/** A file for one of Khaos Control's import tools. `rowsOf` are the entries that it holds, in their order. */
export interface ImportFile<T> {
	/** What tells it from the other files of the same run: `build`, a price list's name. '' where there is only one. */
	kind: string;
	/** What a person chooses to import it. */
	tool: string;
	content: string;
	rows: number;
	entries: T[];
}

/** Files, and the entries that are in none of them with every reason. */
export interface ImportFiles<T> {
	files: Array<ImportFile<T>>;
	refused: Array<{ entry: T; reasons: Reason[] }>;
}

/** Tab-separated lines, without one after the last: importers warn of blank lines (contract 3). */
export const tabSeparated = (rows: string[][], newline: Newline): string =>
	rows.map((cells) => cells.map(cellText).join('\t')).join(newline);
