import type { KhaosClient } from '../webServices/client';
import type { StockListRow } from '../delivery/deliveryPort';
import { NO_DATE, resultDocument } from '../webServices/soap';
import { readingOf } from './stockExport';
import { childOf, valueOf, walk, XmlError, type XmlElement } from '../webServices/xml';

/** By which date GetStockList selects: 0 revised, 2 moved (contract 2.4). */
export const DATE_TYPE = { revised: '0', moved: '2' } as const;

function rowsIn(result: XmlElement): StockListRow[] {
	const document = resultDocument(result);
	if (document === null) return [];
	const rows: StockListRow[] = [];
	for (const element of walk(document)) {
		const stockCode = valueOf(element, 'StockCode', 'Stock_Code');
		if (!stockCode) continue;
		rows.push({
			stockCode,
			// An attribute `id` would be a reference's (contract 2.1), so only elements count.
			stockId: childOf(element, 'StockID', 'ID')?.text.trim() ?? element.attributes.StockID ?? '',
			parentCode: valueOf(element, 'ParentCode', 'ParentStockCode') ?? '',
		});
	}
	const counted = valueOf(document, 'Count', 'RecordCount');
	const expected = counted !== undefined && /^\d+$/.test(counted) ? Number.parseInt(counted, 10) : null;
	if (expected !== null && expected > rows.length) {
		throw new XmlError(`it counts ${expected} stock items but holds ${rows.length}`);
	}
	if (rows.length === 0 && expected === null && (document.text.trim() !== '' || [...walk(document)].some(hasText))) {
		throw new XmlError(`it holds no stock codes in a shape that is known (its root is ${document.name})`);
	}
	return rows;
}

const hasText = (element: XmlElement): boolean => element.children.length === 0 && element.text.trim() !== '';

/**
 * GetStockList: the codes that Khaos holds and, of an SCS child, its parent's (contract 2.4). `since` is local time of
 * Europe/London without an offset; left out, all items.
 *
 * Throws KhaosFault and KhaosUnknownOutcome, the latter also for a list shorter than it says it is.
 */
export async function getStockList(
	client: KhaosClient,
	since: string = NO_DATE,
	dateType: string = DATE_TYPE.revised,
): Promise<StockListRow[]> {
	const result = await client.call('GetStockList', [
		{ name: 'DateType', type: 'int', value: dateType },
		{ name: 'DateValue', type: 'dateTime', value: since },
		{ name: 'StockItemType', type: 'int', value: '0' },
	]);
	return readingOf('GetStockList', () => rowsIn(result));
}
