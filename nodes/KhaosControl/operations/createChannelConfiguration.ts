import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { channelUrls, endpointConfig } from '../../../lib/khaos/channel/endpointConfig';
import { DEFAULT_ORDER_MINUTES, formatOf, formatProperty, orderMinutesOption } from '../channelProperties';

const show = { show: { operation: ['createChannelConfiguration'] } };

export const description: INodeProperties[] = [
	{
		displayName:
			'The vendor asks for the address of a file. Put this one where Khaos Control can read it, and enter its address as the Configuration URL of the channel. Khaos reads it once a day.',
		name: 'configurationNotice',
		type: 'notice',
		default: '',
		displayOptions: show,
	},
	{
		displayName: 'URL of the Channel Trigger',
		name: 'triggerUrl',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://n8n.example.com/webhook/…/config',
		description: 'Any production URL of the Khaos Control Channel Trigger; the others follow from it',
		displayOptions: show,
	},
	{ ...formatProperty, displayOptions: show },
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: show,
		options: [
			{
				displayName: 'File As',
				name: 'fileFormat',
				type: 'options',
				options: [
					{ name: 'JSON', value: 'JSON' },
					{ name: 'XML', value: 'XML', description: 'As in the vendor’s own example' },
				],
				default: 'XML',
				description: 'What the configuration itself is written in',
			},
			orderMinutesOption,
			{
				displayName: 'Put Output File in Field',
				name: 'binaryPropertyName',
				type: 'string',
				default: 'data',
				hint: 'The name of the output binary field to put the file in',
			},
		],
	},
];

interface Options {
	fileFormat?: string;
	orderMinutes?: number;
	binaryPropertyName?: string;
}

/** The configuration of a channel as a file, for a web server that Khaos can read. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const options = context.getNodeParameter('options', 0, {}) as Options;
	const format = formatOf(context.getNodeParameter('format', 0));
	const fileFormat = formatOf(options.fileFormat ?? 'XML');
	let text: string;
	try {
		const urls = channelUrls(context.getNodeParameter('triggerUrl', 0) as string);
		text = endpointConfig(urls, { format, orderMinutes: options.orderMinutes ?? DEFAULT_ORDER_MINUTES }, fileFormat);
	} catch (error) {
		throw new NodeOperationError(context.getNode(), (error as Error).message, {
			description: 'Copy the production URL that ends in /config from the Khaos Control Channel Trigger.',
		});
	}
	const fileName = `config.${fileFormat.toLowerCase()}`;
	const mimeType = fileFormat === 'XML' ? 'application/xml' : 'application/json';
	const file = await context.helpers.prepareBinaryData(Buffer.from(text, 'utf8'), fileName, mimeType);
	return [
		[
			{
				json: { fileName, format },
				binary: { [options.binaryPropertyName ?? 'data']: file },
				pairedItem: context.getInputData().map((_, item) => ({ item })),
			},
		],
	];
}
