import type { IDataObject } from 'n8n-workflow';

import type { PimberlyClient, Row } from '../../lib/pimberly/client';
import { primaryIdOf, readRow, type ReadRow, type RowHeadings } from '../../lib/pimberly/product';
import type { Product } from '../../lib/shapes';
import { relationsOf, type RelationSettings } from '../../lib/pimberly/relations';

/** How the Pimberly node puts products out: in the shape that the trigger emits and the mapper takes. */

const nothingRemembered = {
	parentsOf: async () => new Map<string, string[]>(),
	rememberParents: async () => undefined,
	rememberItems: async () => undefined,
};

/**
 * Products with their relations. Where relations are not wanted their members are left out altogether: empty lists would
 * read as “has none”.
 */
export async function shownProducts(
	client: PimberlyClient,
	rows: ReadRow[],
	relations: RelationSettings | null,
): Promise<IDataObject[]> {
	if (relations === null) {
		return rows.map(({ product }) => without(product, ['parents', 'items']));
	}
	const mapped = { parents: rows.some((row) => row.columns.parents), items: rows.some((row) => row.columns.items) };
	const related = await relationsOf(rows, { client, port: nothingRemembered, settings: relations, mapped });
	return rows.map(({ product }, at) => {
		const relation = related[at];
		if (relation?.ok === false) throw relation.error;
		return { ...product, parents: relation?.parents ?? [], items: relation?.items ?? [] } as unknown as IDataObject;
	});
}

/** A parent or item: its ids, and its attributes where they were asked for. */
export function shownRelated(row: Row, headings: RowHeadings, askedAt: number, attributes: boolean): IDataObject {
	if (!attributes) return { primaryId: primaryIdOf(row, headings.primaryId) };
	const { product } = readRow(row, askedAt, headings);
	return without(product, ['parents', 'items', 'emission']);
}

const without = (product: Product, members: Array<keyof Product>): IDataObject =>
	Object.fromEntries(
		Object.entries(product).filter(([name]) => !members.includes(name as keyof Product)),
	) as IDataObject;
