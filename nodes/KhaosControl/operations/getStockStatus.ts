import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { exportBatches } from '../../../lib/khaos/stockExport';
import { exportStockStatus, type StockStatus } from '../../../lib/khaos/stockStatus';
import { keyOf } from '../../../lib/shapes';
import { hintWithoutLedger, khaosOf } from '../account';

export const description: INodeProperties[] = updateDisplayOptions({ show: { operation: ['getStockStatus'] } }, [
	{
		displayName: 'Stock Code',
		name: 'stockCode',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. LAMP-001',
		description: 'The unique code of the stock item in Khaos Control',
	},
	{
		displayName: 'Site ID',
		name: 'siteId',
		type: 'number',
		default: -1,
		description: 'The site whose level to return; -1 returns a result for each site',
	},
]);

/** Reads stock levels, fifty codes a call. Levels are read only: this package never writes them. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const khaos = await khaosOf(context, false);
	const asked = context.getInputData().map((_input, itemIndex) => ({
		itemIndex,
		stockCode: String(context.getNodeParameter('stockCode', itemIndex) ?? '').trim(),
		siteId: String(context.getNodeParameter('siteId', itemIndex)),
	}));
	const byKey = new Map<string, StockStatus[]>();
	for (const siteId of new Set(asked.map((item) => item.siteId))) {
		const codes = new Set(
			asked.filter((item) => item.siteId === siteId && item.stockCode !== '').map((item) => item.stockCode),
		);
		for (const batch of exportBatches([...codes])) {
			const statuses = await khaos.read(async () => await exportStockStatus(khaos.client, batch, siteId));
			for (const status of statuses) {
				const key = `${siteId} ${keyOf(status.stockCode)}`;
				byKey.set(key, [...(byKey.get(key) ?? []), status]);
			}
		}
	}
	hintWithoutLedger(context, khaos);
	return asked.flatMap(({ itemIndex, stockCode, siteId }) =>
		(byKey.get(`${siteId} ${keyOf(stockCode)}`) ?? []).map(
			(status): INodeExecutionData => ({
				json: { ...status } as unknown as IDataObject,
				pairedItem: { item: itemIndex },
			}),
		),
	);
}
