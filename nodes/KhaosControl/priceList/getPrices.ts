import {
	NodeOperationError,
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { getPriceLists, PriceListReader, type PriceList } from '../../../lib/khaos/prices/priceLists';
import { keyOf } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import { hintWithoutLedger, khaosOf, nodeErrorOf } from '../account';
import { exportParameterProperty } from './priceRows';

export const description: INodeProperties[] = updateDisplayOptions({ show: { operation: ['getPrices'] } }, [
	{
		displayName: 'Price List',
		name: 'priceList',
		type: 'string',
		default: '',
		placeholder: 'e.g. Trade',
		description: 'The name of the list exactly as Khaos Control spells it. Leave empty for all lists.',
	},
	{
		displayName: 'Stock Code',
		name: 'stockCode',
		type: 'string',
		default: '',
		placeholder: 'e.g. LAMP-001',
		description: 'Only the prices of this stock item. Leave empty for all.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [exportParameterProperty],
	},
]);

/** Reads the rows of price lists, each list once however many input items name it. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const options = context.getNodeParameter('options', 0, {}) as { exportPriceListParameter?: string };
	const reader = new PriceListReader(khaos.client, options);
	const lists = new Map<string, PriceList | null>();
	let names: string[] | null = null;
	const namesOf = async (): Promise<string[]> =>
		(names ??= await khaos.read(async () => await getPriceLists(khaos.client)));
	const output: INodeExecutionData[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		const asked = String(context.getNodeParameter('priceList', itemIndex) ?? '').trim();
		const key = keyOf(String(context.getNodeParameter('stockCode', itemIndex) ?? ''));
		try {
			for (const name of asked === '' ? await namesOf() : [asked]) {
				if (!lists.has(name)) lists.set(name, await khaos.read(async () => await reader.read(name)));
				const list = lists.get(name) ?? null;
				if (list === null && !(await namesOf()).includes(name)) {
					throw new NodeOperationError(context.getNode(), `Khaos Control has no price list '${name}'`, {
						itemIndex,
						description: `Spell it as Khaos Control does. It has: ${(await namesOf()).join(', ') || 'none'}.`,
					});
				}
				for (const row of list?.rows ?? []) {
					if (key !== '' && keyOf(row.stockCode) !== key) continue;
					output.push({ json: { priceList: name, net: list!.net, ...row }, pairedItem: { item: itemIndex } });
				}
			}
		} catch (error) {
			const shown = nodeErrorOf(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw shown;
			output.push(failedItem(itemIndex, shown));
		}
	}
	hintWithoutLedger(context, khaos);
	return [output];
}
