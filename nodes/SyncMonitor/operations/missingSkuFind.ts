import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { findMissingSkus, type PimberlyProducts, type SkuProblem } from '../../../lib/monitor/missingSkus';
import { PimberlyError } from '../../../lib/pimberly/pimberlyError';
import { stockCodesOf } from '../../../lib/pimberly/stockCodes';
import { ledgerOf } from '../../ledgerFromCredentials';
import { requiredText } from '../../requiredText';
import { khaosOf, pause } from '../../KhaosControl/account';
import { pimberlyOf } from '../../Pimberly/account';

// The canvas shows some eleven letters of a name: the word that tells one from another comes early.
const outputsOf: Array<{ problem: SkuProblem; name: string }> = [
	{ problem: 'missingInKhaos', name: 'Not in Khaos' },
	{ problem: 'missingInPimberly', name: 'Not in Pimberly' },
	{ problem: 'discontinuedInKhaos', name: 'Discontinued' },
	{ problem: 'orphanedInKhaos', name: 'Orphaned' },
];
export const missingSkuOutputs = outputsOf.map(({ name }) => name);

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['missingSku'], operation: ['find'] } },
	[
		{
			displayName: 'SKU',
			name: 'sku',
			type: 'string',
			default: '={{ $json.sku }}',
			required: true,
			description:
				'The stock code of each SKU that is on sale, from any node: a shop, a marketplace, a file, or a channel of Pimberly',
		},
		{
			displayName: 'Channel',
			name: 'channel',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Website',
			description: 'Where the SKUs are on sale; exceptions name it',
		},
		{
			displayName: 'Check Pimberly',
			name: 'checkPimberly',
			type: 'boolean',
			default: false,
			description:
				'Whether to read the list of products from Pimberly as well, which also finds products that were deleted there. Otherwise what the sync has seen counts. Needs a Pimberly credential with a feed token.',
		},
		{
			displayName: 'Orphans',
			name: 'orphans',
			type: 'options',
			default: 'ourStockTypes',
			description: 'Items of Khaos Control that no product has, and that are not discontinued',
			options: [
				{ name: 'Of All Stock Types', value: 'all' },
				{ name: 'Of Stock Types That Products Have', value: 'ourStockTypes' },
				{ name: 'Pass Over', value: 'none' },
			],
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: [
				{
					displayName: 'Complete List',
					name: 'complete',
					type: 'boolean',
					default: true,
					description:
						'Whether the SKUs are all of the channel’s. Then exceptions of a SKU that is no longer among them are resolved.',
				},
				{
					displayName: 'Stock Code Attribute',
					name: 'stockCodeAttribute',
					type: 'string',
					default: '',
					placeholder: 'e.g. sku',
					description:
						'The API name of the attribute that holds the stock code, for Check Pimberly. Leave empty for the primary ID.',
				},
			],
		},
	],
);

async function productsOf(context: IExecuteFunctions, attribute: string): Promise<PimberlyProducts> {
	const client = await pimberlyOf(context, 60);
	if (client.connection.tokenKind !== 'feed') {
		throw new PimberlyError(
			'settings',
			'Check Pimberly needs a credential with a feed token: a channel token shows the products of its channel only',
			'Choose a Pimberly API credential with a feed token, or turn Check Pimberly off.',
		);
	}
	const codes = await stockCodesOf(client, attribute);
	return { ...codes, holds: async (primaryId) => (await client.product(primaryId)) !== null };
}

/** What is wrong with the channel's SKUs: an output for each way, a SKU with two problems in both. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const channel = requiredText(context, { name: 'channel', displayName: 'Channel' }, 0);
	const khaos = await khaosOf(context, true);
	const options = context.getNodeParameter('options', 0, {}) as { complete?: boolean; stockCodeAttribute?: string };
	const inputs = context.getInputData();
	const items = new Map<string, number>();
	let withSku = 0;
	for (const item of inputs.keys()) {
		const sku = String(context.getNodeParameter('sku', item) ?? '').trim();
		if (sku === '') continue;
		items.set(sku, item);
		withSku++;
	}
	// Searched for nothing, everything that is missing would seem to be mended.
	if (items.size === 0) {
		throw new NodeOperationError(context.getNode(), `None of the ${inputs.length} items that came in has a SKU`, {
			description: 'Set SKU to the field that holds the stock code, for example {{ $json.code }}.',
		});
	}
	const pimberly =
		context.getNodeParameter('checkPimberly', 0) === true
			? await productsOf(context, options.stockCodeAttribute?.trim() ?? '')
			: null;
	const { skus, findings } = await findMissingSkus(
		{ client: khaos.client, port: khaos.port, missing: ledger.missing, sleep: pause },
		{
			channel,
			complete: options.complete ?? true,
			orphans: context.getNodeParameter('orphans', 0) as 'none' | 'all' | 'ourStockTypes',
			pimberly,
		},
		[...items.keys()],
	);
	const without = inputs.length - withSku;
	context.addExecutionHints({
		message: `${skus} SKUs were looked at.${without === 0 ? '' : ` ${without} items without a SKU were passed over.`}`,
		location: 'outputPane',
	});
	return outputsOf.map(({ problem }) =>
		findings
			.filter(({ problems }) => problems.includes(problem))
			.map(
				(finding): INodeExecutionData => ({
					json: { ...finding } as unknown as IDataObject,
					pairedItem: { item: items.get(finding.sku) ?? 0 },
				}),
			),
	);
}
