import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { comparePrices } from '../../../lib/khaos/prices/priceComparison';
import { priceDifferences, type ListCurrencies } from '../../../lib/khaos/prices/prices';
import type { Judged } from '../../../lib/khaos/recordComparison';
import { desiredPriceSchema, priceReadBackSchema, type BatchItem } from '../../../lib/shapes';
import { pause } from '../account';
import { compareAll, type OwnComparison } from '../compare';
import { exportParameterProperty, priceProperties, PRICES } from './priceRows';

export const description: INodeProperties[] = [
	...priceProperties('compare'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['compare'] } },
		options: [
			{
				displayName: 'Base Currency',
				name: 'baseCurrency',
				type: 'string',
				default: 'GBP',
				description: "Khaos Control's own currency. Price lists that aren't named below are in it.",
			},
			{
				displayName: 'Currencies of Price Lists',
				name: 'currencies',
				type: 'fixedCollection',
				typeOptions: { multipleValues: true },
				default: {},
				placeholder: 'Add Price List',
				description: "Lists in another currency, which Khaos Control's export doesn't show",
				options: [
					{
						displayName: 'Price List',
						name: 'list',
						values: [
							{
								displayName: 'Price List',
								name: 'priceList',
								type: 'string',
								default: '',
								placeholder: 'e.g. Trade Europe',
								description: 'The name of the list exactly as Khaos Control spells it',
							},
							{
								displayName: 'Currency',
								name: 'currency',
								type: 'string',
								default: '',
								placeholder: 'e.g. EUR',
								description: "The currency's three letters",
							},
						],
					},
				],
			},
			exportParameterProperty,
		],
	},
];

interface CompareOptions {
	baseCurrency?: string;
	currencies?: { list?: Array<{ priceList: string; currency: string }> };
	exportPriceListParameter?: string;
}

const currencyOf = (text: string): string => text.trim().toUpperCase();

const currenciesOf = ({ baseCurrency, currencies }: CompareOptions): ListCurrencies => ({
	base: currencyOf(baseCurrency ?? '') || 'GBP',
	byList: Object.fromEntries(
		(currencies?.list ?? []).map(({ priceList, currency }) => [priceList.trim(), currencyOf(currency)]),
	),
});

function shownOwn(item: BatchItem, judged: Judged): OwnComparison {
	const price = desiredPriceSchema.parse(item.desired);
	const read = 'settled' in judged ? judged.settled.priceReadBack : priceReadBackSchema.parse(judged.toWrite.confirmed);
	const details = read ? { inKhaos: read, differences: priceDifferences(price, read) } : {};
	return { record: price, details: details as unknown as IDataObject };
}

/** Compares prices with what Khaos holds, each list read once. Nothing is written. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const options = context.getNodeParameter('options', 0, {}) as CompareOptions;
	const { exportPriceListParameter } = options;
	const settings = {
		sleep: pause,
		currencies: currenciesOf(options),
		...(exportPriceListParameter === undefined ? {} : { exportPriceListParameter }),
	};
	return await compareAll(
		context,
		PRICES,
		async ({ client, port }, items) => await comparePrices({ client, port, ...settings }, items),
		shownOwn,
	);
}
