import { concurrently } from '../concurrently';
import type { PimberlyClient, Row } from './client';
import { isVersioned } from './connection';
import { readRow, type ReadRow, type RowHeadings } from './product';
import type { RelationSettings } from './relations';

/**
 * Rows as products. A filtered list of a feed token may come with ids only (pimberly-api 2.1): such rows are completed
 * one by one. A product that is gone by then is left out.
 */
export async function readRows(
	client: PimberlyClient,
	rows: Row[],
	askedAt: number,
	settings: { headings: RowHeadings; relations: RelationSettings | null },
): Promise<ReadRow[]> {
	const read = rows.map((row) => readRow(row, askedAt, settings.headings));
	const completed = await concurrently(read, settings.relations?.concurrency ?? 4, async (row, at) =>
		row.bare && client.hasFeedToken ? await completeRow(client, rows[at] as Row, row, askedAt, settings.headings) : row,
	);
	return completed.filter((row): row is ReadRow => row !== null);
}

async function completeRow(
	client: PimberlyClient,
	row: Row,
	bare: ReadRow,
	askedAt: number,
	headings: RowHeadings,
): Promise<ReadRow | null> {
	const { primaryId } = bare.product;
	const single = await client.product(primaryId);
	if (single === null) return null;
	const complete = readRow({ ...row, ...single }, askedAt, headings);
	if (!complete.bare || !isVersioned(client.connection)) return complete;
	const attributes = await client.attributes(primaryId);
	return attributes === null ? null : readRow({ ...row, ...single, ...attributes }, askedAt, headings);
}
