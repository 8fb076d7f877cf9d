import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { getPriceLists } from '../../../lib/khaos/prices/priceLists';
import { limitOf, returnAllProperties } from '../../returnAll';
import { hintWithoutLedger, khaosOf } from '../account';

export const description: INodeProperties[] = returnAllProperties({ operation: ['getAll'] }, true);

/** Lists the names of the price lists, in one call however many input items there are. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const names = await khaos.read(async () => await getPriceLists(khaos.client));
	hintWithoutLedger(context, khaos);
	return [names.slice(0, limitOf(context, 0)).map((priceList) => ({ json: { priceList }, pairedItem: { item: 0 } }))];
}
