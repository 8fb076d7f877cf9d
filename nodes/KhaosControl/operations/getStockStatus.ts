import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { getSiteList } from '../../../lib/khaos/stockReading/siteList';
import { exportBatches } from '../../../lib/khaos/stockReading/stockExport';
import { getStockPotential, POTENTIAL_BATCH } from '../../../lib/khaos/stockReading/stockPotential';
import { exportStockStatus } from '../../../lib/khaos/stockReading/stockStatus';
import { keyOf } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import { hintWithoutLedger, khaosOf, type Khaos } from '../account';
import { inOrder } from '../inputRows';

export const description: INodeProperties[] = updateDisplayOptions({ show: { operation: ['getStockStatus'] } }, [
	{
		displayName: 'Return',
		name: 'show',
		type: 'options',
		options: [
			{ name: 'Levels by Site', value: 'levels', description: 'Level, prices and status at each site' },
			{
				name: 'Potential',
				value: 'potential',
				description: 'What is available, on order and on back order, and what could be built',
			},
			{ name: 'Sites', value: 'sites', description: 'The sites that stock is held at, with their IDs' },
		],
		default: 'levels',
		description: 'What to read. Stock levels are never written.',
	},
	{
		displayName: 'Stock Code',
		name: 'stockCode',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. LAMP-001',
		description: 'The unique code of the stock item in Khaos Control',
		displayOptions: { show: { show: ['levels', 'potential'] } },
	},
	{
		displayName: 'Site ID',
		name: 'siteId',
		type: 'number',
		default: -1,
		description: 'The site whose level to return; -1 returns a result for each site',
		displayOptions: { show: { show: ['levels'] } },
	},
]);

interface Asked {
	itemIndex: number;
	stockCode: string;
}

/** Reads rows for all input items in as few calls as it takes, and gives each item its own. */
async function rowsFor<T extends { stockCode: string }>(
	khaos: Khaos,
	asked: Asked[],
	batchSize: number | undefined,
	read: (codes: string[]) => Promise<T[]>,
): Promise<INodeExecutionData[]> {
	const byKey = new Map<string, T[]>();
	const codes = new Map(asked.map(({ stockCode }) => [keyOf(stockCode), stockCode]));
	for (const batch of exportBatches([...codes.values()], batchSize)) {
		for (const row of await khaos.read(async () => await read(batch))) {
			const key = keyOf(row.stockCode);
			byKey.set(key, [...(byKey.get(key) ?? []), row]);
		}
	}
	return asked.flatMap(({ itemIndex, stockCode }) =>
		(byKey.get(keyOf(stockCode)) ?? []).map(
			(row): INodeExecutionData => ({
				json: { ...row } as unknown as IDataObject,
				pairedItem: { item: itemIndex },
			}),
		),
	);
}

async function levels(context: IExecuteFunctions, khaos: Khaos, asked: Asked[]): Promise<INodeExecutionData[]> {
	const bySite = new Map<string, Asked[]>();
	for (const item of asked) {
		const siteId = String(context.getNodeParameter('siteId', item.itemIndex));
		bySite.set(siteId, [...(bySite.get(siteId) ?? []), item]);
	}
	const output: INodeExecutionData[] = [];
	for (const [siteId, items] of bySite) {
		output.push(
			...(await rowsFor(
				khaos,
				items,
				undefined,
				async (codes) => await exportStockStatus(khaos.client, codes, siteId),
			)),
		);
	}
	return output;
}

async function sites(khaos: Khaos): Promise<INodeExecutionData[]> {
	const list = await khaos.read(async () => await getSiteList(khaos.client));
	return list.map((site): INodeExecutionData => ({ json: { ...site }, pairedItem: { item: 0 } }));
}

/** Reads levels, fifty codes a call, potentials, five hundred a call, or the list of sites. They are read only. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const show = context.getNodeParameter('show', 0) as string;
	hintWithoutLedger(context, khaos);
	if (show === 'sites') return [await sites(khaos)];
	const { asked, unnamed } = askedOf(context);
	const found =
		show === 'levels'
			? await levels(context, khaos, asked)
			: await rowsFor(khaos, asked, POTENTIAL_BATCH, async (codes) => await getStockPotential(khaos.client, codes));
	return [inOrder([...found, ...unnamed])];
}

/** What each input item asks for. One that names nothing ends the node; with “Continue On Fail” it is set apart. */
function askedOf(context: IExecuteFunctions): { asked: Asked[]; unnamed: INodeExecutionData[] } {
	const asked: Asked[] = [];
	const unnamed: INodeExecutionData[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		const stockCode = String(context.getNodeParameter('stockCode', itemIndex) ?? '').trim();
		if (stockCode !== '') {
			asked.push({ itemIndex, stockCode });
			continue;
		}
		const error = new NodeOperationError(context.getNode(), 'Stock Code is empty', {
			itemIndex,
			description: 'Enter a stock code, or an expression such as {{ $json.sku }}.',
		});
		if (!context.continueOnFail()) throw error;
		unnamed.push(failedItem(itemIndex, error));
	}
	return { asked, unnamed };
}
