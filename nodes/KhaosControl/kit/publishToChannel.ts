import {
	updateDisplayOptions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { publishKits } from '../../../lib/khaos/channel/publishing';
import { publish, publishNotice } from '../publish';

export const description: INodeProperties[] = [
	...publishNotice('The relations of kits are'),
	...updateDisplayOptions({ show: { operation: ['publishToChannel'] } }, [
		{
			displayName: 'Confirm Kits By',
			name: 'confirmBy',
			type: 'options',
			options: [
				{
					name: 'Upload of the Kit’s Stock Item (Unproven)',
					value: 'upload',
					description:
						'For a site without web services: Khaos uploads the stock item after it fetched the relation. No upload shows the relation itself, so a wrong or refused one is not noticed.',
				},
				{
					name: 'Web Services',
					value: 'webServices',
					description: 'Kits stay sent until Khaos Control Kit: Compare reads them back equal',
				},
			],
			default: 'webServices',
			description: 'How it is found out that a relation is in Khaos',
		},
	] as INodeProperties[]),
];

/** Puts the relations of kits where Khaos fetches them, after their components. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const confirmedBy = context.getNodeParameter('confirmBy', 0) === 'upload' ? 'upload' : 'webServices';
	return [await publish(context, async (port, items) => await publishKits(port, items, confirmedBy))];
}
