import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { publishStockItems } from '../../../lib/khaos/channel/publishing';
import { publish, publishNotice } from '../publish';

export const description: INodeProperties[] = publishNotice('Stock items are');

/** Puts stock items where Khaos fetches them; they are confirmed when Khaos uploads what it holds. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return [await publish(context, publishStockItems)];
}
