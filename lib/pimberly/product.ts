import type { Product } from '../shapes';
import type { Row } from './client';
import { PimberlyError } from './pimberlyError';
import { toInstant } from './values';

/**
 * Turns a row of either token kind into one product shape (pimberly-api 2.2, 2.4, 7). Feed rows are keyed by API names,
 * channel rows by the account's own headings, and some rows by both.
 */

export interface RowHeadings {
	/** The column that holds the primary id where a row has no `primaryId`. */
	primaryId: string;
	/** Columns that hold primary ids of parents and of items. */
	parents: string;
	items: string;
	/** Characters that separate primary ids in a relation column that is one text; '' never splits. */
	delimiters: string;
}
export const DEFAULT_HEADINGS: RowHeadings = {
	primaryId: 'Primary ID',
	parents: 'Parents',
	items: 'Items',
	delimiters: '|;,',
};

/** A row of Pimberly, read. */
export interface ReadRow {
	product: Product;
	/** Whether the row itself says its relations: then nothing has to be looked up. */
	columns: { parents: boolean; items: boolean };
	/** It came with ids only; its attributes are still to be read. */
	bare: boolean;
}

/** What a row says about itself rather than about the product. */
const SYSTEM_KEYS = new Set(['_id', 'id', 'primaryId', 'dateUpdated', 'dateCreated', 'classifications']);

const textOf = (value: unknown): string => {
	const only: unknown = Array.isArray(value) ? value[0] : value;
	return typeof only === 'string' ? only : typeof only === 'number' ? String(only) : '';
};

/** The ids in a relation column: a list as it is, one text split at the delimiters. Repeats and blanks are left out. */
export function idsOf(value: unknown, delimiters: string): string[] {
	const parts: unknown[] = Array.isArray(value)
		? value.map((entry: unknown) => (isRecord(entry) ? entry['primaryId'] : entry))
		: typeof value === 'string' && delimiters !== ''
			? split(value, new Set(delimiters))
			: [value];
	return [...new Set(parts.map((part) => textOf(part).trim()).filter((id) => id !== ''))];
}

const split = (text: string, delimiters: Set<string>): string[] => {
	const parts: string[] = [''];
	for (const character of text) {
		if (delimiters.has(character) || character === '\n') parts.push('');
		else parts[parts.length - 1] += character;
	}
	return parts;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** The primary id of a row; '' when neither `primaryId` nor the heading holds one. */
export const primaryIdOf = (row: Row, heading: string = DEFAULT_HEADINGS.primaryId): string =>
	textOf(row['primaryId']).trim() || textOf(row[heading]).trim();

/** The internal id: `_id` on /core, `id` on v2.2; '' where there is none. */
export const internalIdOf = (row: Row): string => textOf(row['_id']) || textOf(row['id']);

/** Class paths, as plain texts or as objects with a path. */
export const classPathsOf = (value: unknown): string[] =>
	(Array.isArray(value) ? value : []).flatMap((entry: unknown) => {
		const path = isRecord(entry) ? textOf(entry['path']) : textOf(entry);
		return path === '' ? [] : [path];
	});

/**
 * @param readAt when the row was asked for (ms): stands in for a dateUpdated that Pimberly does not say, marked so
 * @throws PimberlyError when the row has no primary id: every product has one, so the heading must be another
 */
export function readRow(row: Row, readAt: number, headings: RowHeadings = DEFAULT_HEADINGS): ReadRow {
	const primaryId = primaryIdOf(row, headings.primaryId);
	const internalId = internalIdOf(row);
	if (primaryId === '') {
		throw new PimberlyError(
			'settings',
			`A product${internalId === '' ? '' : ` (internal id ${internalId})`} came without a primary id: there is neither primaryId nor “${headings.primaryId}” in it.`,
			`Set the Primary ID Heading to the column of the channel that holds it. Its columns: ${Object.keys(row).slice(0, 12).join(', ')}.`,
		);
	}
	const attributes = Object.fromEntries(Object.entries(row).filter(([name]) => !SYSTEM_KEYS.has(name)));
	const updated = toInstant(row['dateUpdated']);
	const named = Object.keys(attributes).filter((name) => name !== headings.primaryId);
	return {
		product: {
			primaryId,
			internalId,
			dateUpdated: updated ?? new Date(readAt).toISOString(),
			...(updated === null ? { dateUpdatedIsReadTime: true } : {}),
			parents: idsOf(row[headings.parents], headings.delimiters),
			items: idsOf(row[headings.items], headings.delimiters),
			classes: classPathsOf(row['classifications']),
			attributes,
			emission: null,
		},
		columns: { parents: headings.parents in row, items: headings.items in row },
		bare: named.length === 0,
	};
}
