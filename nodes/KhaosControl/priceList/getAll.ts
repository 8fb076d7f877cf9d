import {
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { getPriceLists } from '../../../lib/khaos/priceLists';
import { hintWithoutLedger, khaosOf } from '../account';

export const description: INodeProperties[] = updateDisplayOptions({ show: { operation: ['getAll'] } }, [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: true,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		displayOptions: { show: { returnAll: [false] } },
		description: 'Max number of results to return',
	},
]);

/** Lists the names of the price lists, in one call however many input items there are. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const names = await khaos.read(async () => await getPriceLists(khaos.client));
	hintWithoutLedger(context, khaos);
	const limit =
		context.getNodeParameter('returnAll', 0) === true ? Infinity : (context.getNodeParameter('limit', 0) as number);
	return [names.slice(0, limit).map((priceList) => ({ json: { priceList }, pairedItem: { item: 0 } }))];
}
