import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { exportBatches, exportStock, MAPPING_TYPE } from '../../../lib/khaos/stockReading/stockExport';
import { getStockList } from '../../../lib/khaos/stockReading/stockList';
import { recordsByKey, type StockRecord } from '../../../lib/khaos/stockReading/stockRecord';
import { keyOf } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import { hintWithoutLedger, khaosOf, type Khaos } from '../account';
import { shownStockItem, simplifyProperty } from '../shownStockItem';

export const description: INodeProperties[] = [
	{
		displayName: 'Look Up By',
		name: 'lookUpBy',
		type: 'options',
		options: [
			{ name: 'Other Reference', value: 'otherRef' },
			{ name: 'Short Description', value: 'shortDescription' },
			{ name: 'Stock Code', value: 'stockCode' },
		],
		default: 'stockCode',
		displayOptions: { show: { operation: ['get'] } },
		description: 'What the value below is compared with in Khaos Control',
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. LAMP-001',
		displayOptions: { show: { operation: ['get'] } },
		description: 'The stock code, other reference or short description of the stock item',
	},
	simplifyProperty('get'),
];

type LookUp = keyof typeof MAPPING_TYPE;

/** What a record is called under the chosen look-up. */
const nameOf: Record<LookUp, (record: StockRecord) => string> = {
	stockCode: (record) => record.stockCode,
	otherRef: (record) => record.elements.ASSOCIATED_REF ?? '',
	shortDescription: (record) => record.elements.STOCK_DESC ?? '',
};

/** A variant is shown inside its SCS parent only (contract 2.5): the stock list says which that is. */
async function addChildren(khaos: Khaos, found: Map<string, StockRecord>, missing: string[]): Promise<void> {
	if (missing.length === 0) return;
	const wanted = new Set(missing);
	const list = await khaos.read(async () => await getStockList(khaos.client));
	const parents = new Set(
		list.filter((row) => row.parentCode !== '' && wanted.has(keyOf(row.stockCode))).map((row) => row.parentCode),
	);
	for (const codes of exportBatches([...parents])) {
		const records = await khaos.read(async () => await exportStock(khaos.client, codes));
		for (const [key, record] of recordsByKey(records)) found.set(key, record);
	}
}

/** Reads stock items, fifty a call; one that Khaos doesn't hold is an error of its item. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const lookUpBy = context.getNodeParameter('lookUpBy', 0) as LookUp;
	const inputs = context.getInputData();
	const values = inputs.map((_input, itemIndex) => String(context.getNodeParameter('value', itemIndex) ?? '').trim());
	const found = new Map<string, StockRecord>();
	for (const codes of exportBatches([...new Set(values.filter((value) => value !== ''))])) {
		const records = await khaos.read(async () => await exportStock(khaos.client, codes, MAPPING_TYPE[lookUpBy]));
		for (const record of records) found.set(keyOf(nameOf[lookUpBy](record)), record);
	}
	if (lookUpBy === 'stockCode') {
		await addChildren(
			khaos,
			found,
			values
				.filter((value) => value !== '')
				.map(keyOf)
				.filter((key) => !found.has(key)),
		);
	}
	hintWithoutLedger(context, khaos);

	const output = values.map((value, itemIndex): INodeExecutionData => {
		const record = value === '' ? undefined : found.get(keyOf(value));
		if (record) {
			const simplify = context.getNodeParameter('simplify', itemIndex) === true;
			return { json: shownStockItem(record, simplify), pairedItem: { item: itemIndex } };
		}
		const error = new NodeOperationError(
			context.getNode(),
			value === '' ? 'Value is empty' : `Khaos Control holds no stock item '${value}'`,
			{
				itemIndex,
				description:
					value === ''
						? "Enter what to look for in 'Value', or an expression such as {{ $json.sku }}."
						: "Check 'Value' and 'Look Up By'. To go on without the missing ones, set 'On Error' of this node to continue.",
			},
		);
		if (!context.continueOnFail()) throw error;
		return failedItem(itemIndex, error);
	});
	return [output];
}
