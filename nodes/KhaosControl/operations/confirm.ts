import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { deliver } from '../deliver';
import { rowProperties } from '../stockItemRows';

export const description: INodeProperties[] = rowProperties('confirm');

/** Reads the items back and compares them; nothing is written. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return [await deliver(context, async (delivery, items) => await delivery.confirm(items))];
}
