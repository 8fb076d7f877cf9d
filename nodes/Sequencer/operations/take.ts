import {
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { ledgerOf } from '../../ledgerFromCredentials';
import { approvalOf, firstSyncProperties, takerOf } from '../firstSyncParameters';
import {
	batchSizeProperty,
	kindsOfParameter,
	kindsProperty,
	laneProperty,
	lanesOf,
	launchProperties,
	liveWaitsForOf,
	targetOfParameter,
	targetProperty,
} from './batchParameters';

const show = { operation: ['take'] };

export const description: INodeProperties[] = [
	{ ...targetProperty, displayOptions: { show } },
	...updateDisplayOptions({ show: { ...show, target: ['khaos'] } }, [kindsProperty, ...firstSyncProperties]),
	{ ...laneProperty, displayOptions: { show } },
	...updateDisplayOptions({ show: { ...show, target: ['pimberly'] } }, launchProperties),
	{ ...batchSizeProperty, displayOptions: { show } },
	{
		displayName: 'Lease (Minutes)',
		name: 'leaseMinutes',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 10,
		description: 'How long the batch is yours without a sign of life before another execution may take it',
		displayOptions: { show },
	},
];

/** The next batch that is safe to send, most urgent first, leased to this execution until it is settled. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const liveWaitsFor = liveWaitsForOf(
		context.getNodeParameter('liveWaitsFor', 0, []),
		context.getNodeParameter('livePriceLists', 0, ''),
	);
	const target = targetOfParameter(context.getNodeParameter('target', 0));
	if (target === 'khaos') {
		const approval = approvalOf({
			firstSync: context.getNodeParameter('firstSync', 0, 'send'),
			allowedFields: context.getNodeParameter('allowedFields', 0, []),
			createNewItems: context.getNodeParameter('createNewItems', 0, false),
		});
		await ledger.setFirstSync(takerOf(context.getNode(), context.getWorkflow()), approval);
	}
	const batch = await ledger.take({
		target,
		kinds: kindsOfParameter(context.getNodeParameter('kinds', 0, [])),
		...(liveWaitsFor === undefined ? {} : { liveWaitsFor }),
		lanes: lanesOf(context.getNodeParameter('lanes', 0, [])),
		limit: context.getNodeParameter('batchSize', 0, 100) as number,
		leaseMs: (context.getNodeParameter('leaseMinutes', 0, 10) as number) * 60_000,
	});
	return [batch.map((item) => ({ json: { ...item }, pairedItem: { item: 0 } }))];
}
