import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { compareKits } from '../../../lib/khaos/kits/kitComparison';
import { compareKit, type BuildsShown } from '../../../lib/khaos/kits/kits';
import type { Judged } from '../../../lib/khaos/recordComparison';
import { desiredKitSchema, kitReadBackSchema, type BatchItem } from '../../../lib/shapes';
import { pause } from '../account';
import { compareAll, type OwnComparison } from '../compare';
import { buildsProperty, kitProperties, KITS } from './kitRows';

export const description: INodeProperties[] = [
	...kitProperties('compare'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { operation: ['compare'] } },
		options: [buildsProperty],
	},
];

function shownOwn(item: BatchItem, judged: Judged): OwnComparison {
	const kit = desiredKitSchema.parse(item.desired);
	const read = 'settled' in judged ? judged.settled.kitReadBack : kitReadBackSchema.parse(judged.toWrite.confirmed);
	const details = read?.exists ? { inKhaos: read, ...compareKit(kit, read) } : {};
	return { record: kit as unknown as IDataObject, details: details as unknown as IDataObject };
}

/** Compares kits with what Khaos holds: missing and extra components, wrong quantities. Nothing is written. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { buildsShown = 'never' } = context.getNodeParameter('options', 0, {}) as { buildsShown?: BuildsShown };
	return await compareAll(
		context,
		KITS,
		async ({ client, port }, items) => await compareKits({ client, port, sleep: pause, buildsShown }, items),
		shownOwn,
	);
}
