import { NodeOperationError, updateDisplayOptions, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

import { laneOfColumns } from '../../lib/khaos/columns';
import { keyOf, type BatchItem } from '../../lib/shapes';
import { ownItem, sourceProperty, stockCodeProperty, type OwnRows } from './inputRows';

/** Where the stock items come from; shared by the operations that compare or write them. */
export const rowProperties = (operation: string): INodeProperties[] =>
	updateDisplayOptions({ show: { operation: [operation] } }, [
		sourceProperty('Stock Items From', {
			name: 'Columns Below',
			value: 'columns',
			description: 'Each input item is a stock item; its columns are given here',
		}),
		{
			...stockCodeProperty('The unique code of the stock item in Khaos Control'),
			displayOptions: { show: { source: ['columns'] } },
		},
		{
			displayName: 'Columns',
			name: 'columns',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true, sortable: true },
			default: {},
			placeholder: 'Add Column',
			description:
				'Columns of the Stock Import Tool. A new item needs CONTROLLED, SHORT_DESC, STOCK_TYPE1, STOCK_TYPE2, BUY_PRICE, SELL_PRICE and TAX_CODE; of an item that exists, those left out are sent as Khaos holds them.',
			displayOptions: { show: { source: ['columns'] } },
			options: [
				{
					displayName: 'Column',
					name: 'column',
					values: [
						{
							displayName: 'Name',
							name: 'name',
							type: 'string',
							default: '',
							placeholder: 'e.g. SHORT_DESC or UDA:Colour',
							description: 'As the Stock Import Tool calls it; upper and lower case matter',
						},
						{
							displayName: 'Value',
							name: 'value',
							type: 'string',
							default: '',
							description:
								'Text as it is to be stored; -1 and 0 for yes and no, decimals with a point. Empty clears the column.',
						},
					],
				},
			],
		},
	]);

const textOf = (value: unknown): string =>
	typeof value === 'boolean' ? (value ? '-1' : '0') : value === null || value === undefined ? '' : String(value);

/** A stock item that was put together on the canvas. */
function columnsItemOf(context: IExecuteFunctions, itemIndex: number): BatchItem {
	const stockCode = textOf(context.getNodeParameter('stockCode', itemIndex)).trim();
	if (stockCode === '') {
		throw new NodeOperationError(context.getNode(), 'Stock Code is empty', {
			itemIndex,
			description: 'Enter the code of the stock item, or an expression such as {{ $json.sku }}.',
		});
	}
	const given = context.getNodeParameter('columns.column', itemIndex, []) as Array<{ name: string; value: unknown }>;
	const columns: Record<string, string | null> = { STOCK_CODE: stockCode };
	for (const { name, value } of given) {
		const column = String(name).trim();
		if (column === '' || column === 'STOCK_CODE') continue;
		const text = textOf(value);
		columns[column] = text.trim() === '' ? null : text;
	}
	return ownItem(itemIndex, {
		kind: 'stockItem',
		key: keyOf(stockCode),
		lane: laneOfColumns(
			Object.keys(columns).filter((name) => name !== 'STOCK_CODE'),
			undefined,
			false,
		),
		desired: { stockCode, columns },
		source: stockCode,
	});
}

export const STOCK_ITEMS: OwnRows = {
	itemOf: columnsItemOf,
	otherwise: "set 'Stock Items From' to 'Columns Below'",
};
