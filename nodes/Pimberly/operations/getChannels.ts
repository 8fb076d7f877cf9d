import { updateDisplayOptions, type IDataObject, type INodeProperties } from 'n8n-workflow';

import { pimberlyOf } from '../account';
import { eachItem, type Operation } from '../eachItem';
import { timeoutOption } from '../productParameters';

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['channel'], operation: ['getAll'] } },
	[
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			displayOptions: { show: { returnAll: [false] } },
			description: 'Max number of results to return',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: [
				{
					displayName: 'Channel List URL',
					name: 'url',
					type: 'string',
					default: '',
					placeholder: 'e.g. https://acme.pimberly.com/api/channels',
					description: 'Where the account lists its channels, when it is not on the host of the Base URL',
				},
				timeoutOption,
			],
		},
	],
);

export const execute: Operation = async (context) => {
	const options = context.getNodeParameter('options', 0, {}) as { url?: string; timeoutSeconds?: number };
	const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
	return await eachItem(context, 1, async (itemIndex) => {
		const { url = '' } = context.getNodeParameter('options', itemIndex, {}) as { url?: string };
		const channels = await (url.trim() === '' ? client.channels() : client.channels(url.trim()));
		const all = context.getNodeParameter('returnAll', itemIndex) === true;
		return channels.slice(
			0,
			all ? undefined : (context.getNodeParameter('limit', itemIndex) as number),
		) as IDataObject[];
	});
};
