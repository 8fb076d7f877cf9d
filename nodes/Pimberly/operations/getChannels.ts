import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { limitOf, returnAllProperties } from '../../returnAll';
import { pimberlyOf } from '../account';
import { eachItem, type Operation } from '../eachItem';
import { timeoutOption } from '../productParameters';

const show = { resource: ['channel'], operation: ['getAll'] };

export const description: INodeProperties[] = [
	...returnAllProperties(show),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show },
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
];

export const execute: Operation = async (context) => {
	const options = context.getNodeParameter('options', 0, {}) as { url?: string; timeoutSeconds?: number };
	const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
	return await eachItem(context, 1, async (itemIndex) => {
		const { url = '' } = context.getNodeParameter('options', itemIndex, {}) as { url?: string };
		const channels = await (url.trim() === '' ? client.channels() : client.channels(url.trim()));
		return channels.slice(0, limitOf(context, itemIndex)) as IDataObject[];
	});
};
