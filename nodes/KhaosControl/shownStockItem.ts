import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { readBackOf } from '../../lib/khaos/stockReading/readBack';
import type { StockRecord } from '../../lib/khaos/stockReading/stockRecord';

export const simplifyProperty = (operation: string): INodeProperties => ({
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	displayOptions: { show: { operation: [operation] } },
	description: 'Whether to return a simplified version of the response instead of the raw data',
});

/** An exported item as it leaves the node: by import columns, or with every element that Khaos shows. */
export function shownStockItem(record: StockRecord, simplify: boolean): IDataObject {
	const { stockCode, stockId, parentCode, barcodes, userDefined, links, images, scsHeadings, scsStyles, elements } =
		record;
	const head = { stockCode, stockId, parentCode };
	if (simplify) return { ...head, columns: readBackOf(record).columns, barcodes };
	return {
		...head,
		elements,
		barcodes,
		userDefined: userDefined.map((attribute) => ({ ...attribute })),
		links: links.map((link) => ({ ...link })),
		images: images.map((image) => ({ ...image })),
		scsHeadings,
		scsStyles,
	};
}
