import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { firstSyncTable } from '../../../lib/ledger/firstSync/baselineTable';
import type { ListedDifference } from '../../../lib/ledger/firstSync/baseline';
import { ledgerOf } from '../../ledgerFromCredentials';
import { limitOf, returnAllProperties } from '../../returnAll';

const show = { operation: ['getFirstSync'] };

export const description: INodeProperties[] = [
	...updateDisplayOptions({ show }, [
		{
			displayName: 'Return',
			name: 'firstSyncOutput',
			type: 'options',
			options: [
				{
					name: 'One Item for Each Difference',
					value: 'differences',
					description: 'Stock code, field, value in Khaos and value desired',
				},
				{
					name: 'One Item for Each Field',
					value: 'fields',
					description: 'How many items differ in it, whose it is, with up to 5 samples',
				},
				{
					name: 'Table',
					value: 'table',
					description: 'One item with the list as text (Markdown) and as HTML, to be read or mailed',
				},
			],
			default: 'fields',
			description: 'How to return where Khaos differed from Pimberly before the first sync',
		},
	]),
	...returnAllProperties({ ...show, firstSyncOutput: ['differences'] }),
	...updateDisplayOptions({ show: { ...show, firstSyncOutput: ['differences'] } }, [
		{
			displayName: 'Fields',
			name: 'fields',
			type: 'string',
			default: '',
			placeholder: 'e.g. SELL_PRICE, WEIGHT',
			description:
				'Only differences in these columns, separated by commas; STOCK_CODE is for new items. Leave empty for all.',
		} as INodeProperties,
	]),
];

/** How many records are read from the ledger at a time. */
const pageSize = 1_000;

/** What a first sync into a Khaos that is already full would change, or has left alone. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const items = (list: object[]): INodeExecutionData[][] => [
		list.map((json) => ({ json: json as IDataObject, pairedItem: { item: 0 } })),
	];
	const output = context.getNodeParameter('firstSyncOutput', 0);
	if (output === 'differences') {
		const fields = String(context.getNodeParameter('fields', 0, ''))
			.split(',')
			.map((field) => field.trim())
			.filter((field) => field !== '');
		const limit = limitOf(context, 0);
		const found: ListedDifference[] = [];
		for (let after: number | null = 0; after !== null && found.length < limit; ) {
			const page = await ledger.firstSyncDifferences({ fields, after, limit: pageSize });
			found.push(...page.rows);
			after = page.last;
		}
		return items(found.slice(0, limit));
	}
	const report = await ledger.firstSync();
	const table = firstSyncTable(report);
	context.addExecutionHints({ message: table.summary, location: 'outputPane' });
	return output === 'table' ? items([{ ...table, ...report }]) : items(report.fields);
}
