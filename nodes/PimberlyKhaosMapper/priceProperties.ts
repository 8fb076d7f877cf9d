import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { WIDEST_BAND } from '../../lib/catalogue/priceProfile';
import { attributeProperty } from './attributeProperty';

/** One row as it stands on the canvas, with what is usual where nothing else is said. */
export const priceRow = (attribute: string, priceList: string): INodeParameters => ({
	attribute,
	priceList,
	basis: 'net',
	bandLow: WIDEST_BAND.low,
	bandHigh: WIDEST_BAND.high,
	currency: '',
});

/** Which price attributes go into which price lists. */
export const priceProperties: INodeProperties[] = [
	{
		displayName: 'Price Lists',
		name: 'priceLists',
		type: 'fixedCollection',
		placeholder: 'Add Price',
		description:
			'Which Pimberly attribute goes into which price list of Khaos. The base price is a field like any other (SELL_PRICE). List prices reach Khaos by an import file and wait until their stock item is there.',
		typeOptions: {
			multipleValues: true,
			sortable: true,
			fixedCollection: {
				itemTitle:
					'={{ $collection.item.value.priceList || "New price" }}{{ $collection.item.value.attribute ? " = " + $collection.item.value.attribute : "" }}',
			},
		},
		default: {},
		options: [
			{
				displayName: 'Price',
				name: 'row',
				// In the order in which a row is filled in and read.
				// eslint-disable-next-line n8n-nodes-base/node-param-fixed-collection-type-unsorted-items
				values: [
					{
						displayName: 'Price List',
						name: 'priceList',
						type: 'string',
						noDataExpression: true,
						required: true,
						default: '',
						placeholder: 'e.g. Trade',
						description:
							'Name of the list, exactly as Khaos spells it. A list that Khaos doesn’t have is not made by an import.',
					},
					attributeProperty({
						displayName: 'Attribute',
						name: 'attribute',
						required: true,
						placeholder: 'e.g. tradePrice',
						description: 'Name of the Pimberly attribute that holds the price. Drag it in from the input, or type it.',
					}),
					{
						displayName: 'Prices Are',
						name: 'basis',
						type: 'options',
						noDataExpression: true,
						options: [
							{ name: 'Gross', value: 'gross', description: 'With tax' },
							{ name: 'Net', value: 'net', description: 'Without tax' },
						],
						default: 'net',
						description: 'Khaos keeps this for the whole list, so it is the same in every row of a list',
					},
					{
						displayName: 'From Quantity',
						name: 'bandLow',
						type: 'number',
						noDataExpression: true,
						typeOptions: { minValue: WIDEST_BAND.low, maxValue: WIDEST_BAND.high },
						default: 1,
						description: 'The smallest quantity that has this price',
					},
					{
						displayName: 'To Quantity',
						name: 'bandHigh',
						type: 'number',
						noDataExpression: true,
						typeOptions: { minValue: WIDEST_BAND.low, maxValue: WIDEST_BAND.high },
						default: 99999,
						description: 'The largest quantity that has this price. The bands of one list must not overlap.',
					},
					{
						displayName: 'Currency',
						name: 'currency',
						type: 'string',
						noDataExpression: true,
						default: '',
						placeholder: 'e.g. EUR',
						description: 'Three letters. Leave it empty for Khaos’s base currency. A list has one currency.',
					},
				],
			},
		],
	},
	{
		displayName: 'Price Attributes',
		name: 'priceAttributes',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. costPrice, sellPrice, *Price',
		description:
			'Price attributes of the account that must not be forgotten, separated by commas; * stands for any letters. A product with a value in one that the mapping sends nowhere becomes an exception for finance; the rest of it is sent.',
	},
	{
		displayName: 'Known Price Lists',
		name: 'knownPriceLists',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. Trade, Outlet',
		description:
			'Every price list of Khaos, separated by commas, if the mapping is to be checked against them here. Leave it empty to leave that to Khaos Control Price List: Compare.',
	},
];
