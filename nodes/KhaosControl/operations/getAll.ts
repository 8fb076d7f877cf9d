import {
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { DateTime } from 'luxon';

import type { StockListRow } from '../../../lib/khaos/delivery/deliveryPort';
import { NO_DATE } from '../../../lib/khaos/webServices/soap';
import { exportBatches, exportStock } from '../../../lib/khaos/stockReading/stockExport';
import { DATE_TYPE, getStockList } from '../../../lib/khaos/stockReading/stockList';
import { recordsByKey, type StockRecord } from '../../../lib/khaos/stockReading/stockRecord';
import { keyOf } from '../../../lib/shapes';
import { eachItem } from '../../eachItem';
import { momentOf } from '../../moment';
import { hintWithoutLedger, khaosOf, nodeErrorOf, type Khaos } from '../account';
import { limitOf, returnAllProperties } from '../../returnAll';
import { shownStockItem, simplifyProperty } from '../shownStockItem';

export const description: INodeProperties[] = [
	...returnAllProperties({ operation: ['getAll'] }),
	...updateDisplayOptions({ show: { operation: ['getAll'] } }, [
		{
			displayName: 'Changed Since',
			name: 'changedSince',
			type: 'dateTime',
			default: '',
			description: 'Only stock items that were revised in Khaos Control since then. Leave empty for all.',
		},
	]),
	simplifyProperty('getAll'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['getAll'] } },
		options: [
			{
				displayName: 'Codes Only',
				name: 'codesOnly',
				type: 'boolean',
				default: false,
				description:
					'Whether to return only stock codes and parents, which takes one call however many items there are',
			},
			{
				displayName: 'Changed Means',
				name: 'dateType',
				type: 'options',
				options: [
					{ name: 'Moved', value: DATE_TYPE.moved, description: 'Its stock level changed' },
					{ name: 'Revised', value: DATE_TYPE.revised, description: 'Its record was edited' },
				],
				default: '0',
				description: 'Which date Changed Since is compared with',
			},
		],
	},
];

/** Khaos's clock is the UK's, without an offset (contract 2.3). */
const khaosTime = (moment: string | null): string =>
	moment === null ? NO_DATE : DateTime.fromISO(moment, { zone: 'Europe/London' }).toFormat("yyyy-MM-dd'T'HH:mm:ss");

async function recordsOf(khaos: Khaos, rows: StockListRow[]): Promise<Map<string, StockRecord>> {
	const found = new Map<string, StockRecord>();
	// A variant comes inside its parent.
	const codes = new Set(rows.map((row) => (row.parentCode === '' ? row.stockCode : row.parentCode)));
	for (const batch of exportBatches([...codes])) {
		const records = await khaos.read(async () => await exportStock(khaos.client, batch));
		for (const [key, record] of recordsByKey(records)) found.set(key, record);
	}
	return found;
}

/** Lists stock items, then reads them fifty a call. An item that left Khaos in between is not returned. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const output = await eachItem(context, { parallel: 1, errorOf: nodeErrorOf }, async (itemIndex) => {
		const changedSince = context.getNodeParameter('changedSince', itemIndex, '');
		const since = khaosTime(momentOf(context, { name: 'Changed Since', value: changedSince, itemIndex }));
		const options = context.getNodeParameter('options', itemIndex, {}) as { codesOnly?: boolean; dateType?: string };
		const limit = limitOf(context, itemIndex);
		const simplify = context.getNodeParameter('simplify', itemIndex) === true;
		const listed = await khaos.read(
			async () => await getStockList(khaos.client, since, options.dateType ?? DATE_TYPE.revised),
		);
		const rows = listed.slice(0, limit);
		const records = options.codesOnly === true ? null : await recordsOf(khaos, rows);
		if (records === null) return rows.map((row) => ({ ...row }));
		return rows.flatMap((row) => {
			const record = records.get(keyOf(row.stockCode));
			return record ? [shownStockItem(record, simplify)] : [];
		});
	});
	hintWithoutLedger(context, khaos);
	return [output];
}
