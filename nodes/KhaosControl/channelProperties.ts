import type { INodeProperties } from 'n8n-workflow';

import { channelSettingsSchema, type ChannelFormat, type ChannelSettings } from '../../lib/khaos/channel/settings';

/** How a document of the channel is written; shared by the trigger and the configuration file. */
export const formatProperty: INodeProperties = {
	displayName: 'Format',
	name: 'format',
	type: 'options',
	options: [
		{ name: 'JSON', value: 'JSON', description: 'Recommended: the vendor shows every name in it' },
		{ name: 'XML', value: 'XML', description: 'Some names of the XML form are shown nowhere, so they are guesses' },
	],
	default: 'JSON',
	description: 'What Khaos Control fetches and uploads; uploads are read in either',
};

export const DEFAULT_ORDER_MINUTES = 60;

/** An entry of Options; shared as the format is. */
export const orderMinutesOption: INodeProperties = {
	displayName: 'Order Frequency (Minutes)',
	name: 'orderMinutes',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: DEFAULT_ORDER_MINUTES,
	description: 'How often Khaos asks for orders. A channel can’t be without them; there never are any here.',
};

const priceSides = [
	{ name: 'With Tax (Gross)', value: 'gross' },
	{ name: 'Without Tax (Net)', value: 'net' },
];

/** What a site has to say before its stock can be told. */
export const settingProperties: INodeProperties[] = [
	{
		displayName: 'Buy Price Is',
		name: 'buyPriceIs',
		type: 'options',
		options: priceSides,
		default: 'net',
		description:
			'What BUY_PRICE is. Look in the system values of your Khaos Control: a wrong answer changes every price by the tax.',
	},
	{
		displayName: 'Sell Price Is',
		name: 'sellPriceIs',
		type: 'options',
		options: priceSides,
		default: 'net',
		description: 'What SELL_PRICE is',
	},
];

export const settingOptions: INodeProperties[] = [
	{
		displayName: 'Barcode Type',
		name: 'barcodeType',
		type: 'string',
		default: 'GTIN',
		description: 'The Stock Barcode Type of BARCODE. It has to exist in Khaos Control; leave it empty to send none.',
	},
	{
		displayName: 'Tax Rate By',
		name: 'taxRateBy',
		type: 'options',
		options: [
			{ name: 'Code', value: 'code' },
			{ name: 'ID', value: 'id' },
		],
		default: 'code',
		description: 'What TAX_CODE names a tax rate by',
	},
];

interface Parameters {
	getNodeParameter(name: string, fallback?: unknown): unknown;
}

export function channelSettingsOf(context: Parameters): ChannelSettings {
	const options = context.getNodeParameter('options', {}) as Partial<ChannelSettings>;
	return channelSettingsSchema.parse({
		buyPriceIs: context.getNodeParameter('buyPriceIs', 'net'),
		sellPriceIs: context.getNodeParameter('sellPriceIs', 'net'),
		...(options.barcodeType === undefined ? {} : { barcodeType: options.barcodeType }),
		...(options.taxRateBy === undefined ? {} : { taxRateBy: options.taxRateBy }),
	});
}

export const formatOf = (value: unknown): ChannelFormat => (value === 'XML' ? 'XML' : 'JSON');
