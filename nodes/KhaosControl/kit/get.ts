import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { KhaosLine } from '../../../lib/khaos/delivery/khaosLine';
import { kitReadBackOf, type BuildsShown } from '../../../lib/khaos/kits/kits';
import { StockLookUp } from '../../../lib/khaos/stockReading/stockLookUp';
import { keyOf, LANES } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import { hintWithoutLedger, khaosOf, nodeErrorOf, pause } from '../account';
import { buildsProperty } from './kitRows';

export const description: INodeProperties[] = updateDisplayOptions({ show: { operation: ['get'] } }, [
	{
		displayName: 'Stock Code',
		name: 'stockCode',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. SET-001',
		description: 'The stock code of the kit parent',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [buildsProperty],
	},
]);

/** Reads what Khaos shows of kits, fifty a call. An item without components has an empty list; one that isn't there is an error. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const { buildsShown = 'never' } = context.getNodeParameter('options', 0, {}) as { buildsShown?: BuildsShown };
	const codes = context
		.getInputData()
		.map((_input, itemIndex) => String(context.getNodeParameter('stockCode', itemIndex) ?? '').trim());
	const line = new KhaosLine(khaos.port, pause);
	const look = new StockLookUp(khaos.client, khaos.port, line, LANES.descriptive);
	const found = await look.read(codes.filter((code) => code !== ''));
	hintWithoutLedger(context, khaos);
	return [
		codes.map((code, itemIndex): INodeExecutionData => {
			const pairedItem = { item: itemIndex };
			const record = found.records.get(keyOf(code));
			if (code !== '' && record) {
				return { json: kitReadBackOf(record, buildsShown) as unknown as IDataObject, pairedItem };
			}
			const error = nodeErrorOf(
				context.getNode(),
				found.errors.get(keyOf(code)) ??
					new NodeOperationError(
						context.getNode(),
						code === '' ? 'Stock Code is empty' : `Khaos Control holds no stock item '${code}' that can be read`,
						{ itemIndex, description: "Check 'Stock Code'. A code with a comma can't be asked for." },
					),
				itemIndex,
			);
			if (!context.continueOnFail()) throw error;
			return failedItem(itemIndex, error);
		}),
	];
}
