import { NodeOperationError, updateDisplayOptions, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

import { FIRST_QUANTITY, LAST_QUANTITY } from '../../../lib/khaos/prices/priceLists';
import { desiredPriceSchema, LANES, priceKeyOf, type BatchItem } from '../../../lib/shapes';
import { ownItem, sourceProperty, stockCodeProperty, type OwnRows } from '../inputRows';

/** Where the prices come from; shared by the operations that compare or write them. */
export const priceProperties = (operation: string): INodeProperties[] => [
	...updateDisplayOptions({ show: { operation: [operation] } }, [
		sourceProperty('Prices From', {
			name: 'Fields Below',
			value: 'fields',
			description: 'Each input item is a price, given here',
		}),
	]),
	...updateDisplayOptions({ show: { operation: [operation], source: ['fields'] } }, [
		stockCodeProperty('The unique code of the stock item in Khaos Control'),
		{
			displayName: 'Price List',
			name: 'priceList',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Trade',
			description: 'The name of the list exactly as Khaos Control spells it; an import skips others without a word',
		},
		{
			displayName: 'Amount',
			name: 'amount',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 21.00',
			description: 'A plain decimal with at most two places',
		},
		{
			displayName: 'From Quantity',
			name: 'bandLow',
			type: 'number',
			typeOptions: { minValue: FIRST_QUANTITY, maxValue: LAST_QUANTITY },
			default: FIRST_QUANTITY,
			description: 'The least quantity that this price is for',
		},
		{
			displayName: 'To Quantity',
			name: 'bandHigh',
			type: 'number',
			typeOptions: { minValue: FIRST_QUANTITY, maxValue: LAST_QUANTITY },
			default: LAST_QUANTITY,
			description: 'The largest quantity that this price is for; 99999 is without an end',
		},
		{
			displayName: 'Currency',
			name: 'currency',
			type: 'string',
			default: '',
			placeholder: 'e.g. EUR',
			description: "The currency's three letters. Leave empty for Khaos Control's base currency.",
		},
		{
			displayName: 'Without Tax',
			name: 'net',
			type: 'boolean',
			default: true,
			description: 'Whether the amount is without tax; Khaos Control keeps that for the whole list',
		},
	]),
];

function priceItemOf(context: IExecuteFunctions, itemIndex: number): BatchItem {
	const text = (name: string) => String(context.getNodeParameter(name, itemIndex) ?? '').trim();
	const desired = desiredPriceSchema.safeParse({
		stockCode: text('stockCode'),
		priceList: text('priceList'),
		amount: text('amount'),
		bandLow: Number(text('bandLow')),
		bandHigh: Number(text('bandHigh')),
		currency: text('currency').toUpperCase(),
		net: context.getNodeParameter('net', itemIndex) === true,
	});
	if (!desired.success) {
		const names: Record<string, string> = {
			stockCode: 'Stock Code',
			priceList: 'Price List',
			amount: 'Amount',
			bandLow: 'From Quantity',
			bandHigh: 'To Quantity',
		};
		const field = String(desired.error.issues[0]?.path[0] ?? '');
		throw new NodeOperationError(context.getNode(), `${names[field] ?? field} can't be read`, {
			itemIndex,
			description: `Fill in '${names[field] ?? field}': codes and lists as Khaos Control spells them, amounts as plain decimals such as 21.00, quantities as whole numbers.`,
		});
	}
	return ownItem(itemIndex, {
		kind: 'price',
		key: priceKeyOf(desired.data),
		lane: LANES.price,
		desired: desired.data,
		source: desired.data.stockCode,
	});
}

export const PRICES: OwnRows = { itemOf: priceItemOf, otherwise: "set 'Prices From' to 'Fields Below'" };

/** The part of ExportPriceList that takes the name; no public document shows it. */
export const exportParameterProperty: INodeProperties = {
	displayName: 'Parameter of ExportPriceList',
	name: 'exportPriceListParameter',
	type: 'string',
	default: 'PriceList',
	description:
		'What the WSDL calls the parameter that takes the name of the list. Used only where Khaos Control has no ExportPriceListEx, or where the name holds a comma.',
};
