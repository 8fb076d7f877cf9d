import type { IncomingMessage, ServerResponse } from 'node:http';

import {
	NodeConnectionTypes,
	type IDataObject,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { channelLoginSchema, isLogin } from '../../lib/khaos/channel/basicAuth';
import { contentTypeOf } from '../../lib/khaos/channel/document';
import {
	CHANNEL_PATHS,
	channelPathOf,
	channelUrls,
	endpointConfig,
	noOrders,
	type ChannelPath,
} from '../../lib/khaos/channel/endpointConfig';
import { stockChanges } from '../../lib/khaos/channel/stockChanges';
import type { UploadOutcome } from '../../lib/khaos/channel/channelPort';
import { readPriceListUpload, readStockStatuses, readStockUpload, UploadError } from '../../lib/khaos/channel/uploads';
import { khaosControlChannelTest, syncLedgerConnectionTest } from '../credentialTests';
import { ledgerOf } from '../ledgerFromCredentials';
import {
	channelSettingsOf,
	DEFAULT_ORDER_MINUTES,
	formatOf,
	formatProperty,
	orderMinutesOption,
	settingOptions,
	settingProperties,
} from './channelProperties';

const webhook = (httpMethod: 'GET' | 'POST', path: ChannelPath): IWebhookDescription => ({
	name: 'default',
	httpMethod,
	responseMode: 'onReceived',
	path: CHANNEL_PATHS[path],
});

const DEFAULT_PAGE = 250;

interface Options {
	pageSize?: number;
	orderMinutes?: number;
}

// A person enters the configuration's address in Khaos Control, which has no call to do so (khaos-control-api 4.1).
// eslint-disable-next-line @n8n/community-nodes/webhook-lifecycle-complete
export class KhaosControlChannelTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Khaos Control Channel Trigger',
		name: 'khaosControlChannelTrigger',
		icon: { light: 'file:khaosControl.svg', dark: 'file:khaosControl.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: 'stock for a channel',
		description:
			'Is the website of a Khaos Control channel: hands out the stock that was published, and takes what Khaos uploads as its confirmation',
		eventTriggerDescription: 'Let Khaos Control upload something to the test URL',
		activationMessage: 'Khaos Control can fetch stock from the production URLs now.',
		defaults: { name: 'Khaos Control Channel Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'khaosControlChannelApi',
				displayName: 'Channel Login',
				required: true,
				testedBy: 'khaosControlChannelTest',
			},
			// What is handed out and what was uploaded is there and nowhere else: any process of n8n may answer a call.
			{ name: 'syncLedgerApi', displayName: 'Sync Ledger', required: true, testedBy: 'syncLedgerConnectionTest' },
		],
		// The configuration first: the other addresses follow from it.
		webhooks: [
			webhook('GET', 'config'),
			webhook('GET', 'stock'),
			webhook('GET', 'orders'),
			webhook('POST', 'stockUpload'),
			webhook('POST', 'statusUpload'),
			webhook('POST', 'pricesUpload'),
		],
		properties: [
			{
				displayName:
					'In Khaos Control, make a channel of the type “3rd-party website”, with the URL that ends in <b>/config</b> as its Configuration URL, and the credential’s user and password. If Khaos wants a file there, put that of <i>Khaos Control Stock Item: Create Channel Configuration</i> on a web server.',
				name: 'configurationNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'Not proven by any public document: whether a desktop Khaos Control updates stock items that it holds already, or only creates new ones, and what makes it fetch them (its import is described as started by a person). Try both with one item first.',
				name: 'unprovenNotice',
				type: 'notice',
				default: '',
			},
			formatProperty,
			...settingProperties,
			{
				displayName: 'Start the Workflow',
				name: 'startOn',
				type: 'options',
				options: [
					{
						name: 'For Every Upload',
						value: 'all',
						description: 'One item an upload: what it confirmed and what is different',
					},
					{
						name: 'When Something Is Different',
						value: 'different',
						description: 'Only for uploads that show something else than was published or confirmed, or a deletion',
					},
				],
				default: 'all',
				description: 'When the nodes after this one run. Uploads are used as confirmations whatever is chosen.',
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add Option',
				default: {},
				options: [
					...settingOptions,
					{
						displayName: 'Entries per Fetch',
						name: 'pageSize',
						type: 'number',
						typeOptions: { minValue: 1, maxValue: 5000 },
						default: DEFAULT_PAGE,
						description:
							'How many stock items and relations Khaos gets at most with one call; it gets the rest with the next',
					},
					orderMinutesOption,
				],
			},
		],
	};

	methods = { credentialTest: { khaosControlChannelTest, syncLedgerConnectionTest } };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		// Of the same answer, whatever is wrong with the call.
		if (!(await isGenuine(this)))
			return answer(this, 401, '{"message":"Unauthorized"}', { 'WWW-Authenticate': 'Basic realm="channel"' });
		const path = channelPathOf(this.getRequestObject().url ?? '');
		try {
			switch (path) {
				case 'config':
					return giveConfig(this);
				case 'orders':
					return give(this, noOrders(formatOf(this.getNodeParameter('format'))));
				case 'stock':
					return await giveStock(this);
				case null:
					return answer(this, 400, '{"message":"There is nothing at this address."}');
				default:
					return await takeUpload(this, path);
			}
		} catch (error) {
			if (error instanceof UploadError) return answer(this, 400, JSON.stringify({ message: error.message }));
			this.logger.error(`${this.getNode().name}: ${error instanceof Error ? error.message : String(error)}`);
			// Khaos tries again (khaos-control-api 4.2); why it failed is this n8n's own business.
			return answer(this, 500, '{"message":"The call could not be served. Try again."}');
		}
	}
}

function answer(
	context: IWebhookFunctions,
	status: number,
	body: string,
	headers: Record<string, string> = {},
): IWebhookResponseData {
	const response: ServerResponse = context.getResponseObject();
	response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers }).end(body);
	return { noWebhookResponse: true };
}

const headerOf = (context: IWebhookFunctions, name: string): string | null => {
	const value = (context.getRequestObject() as IncomingMessage).headers[name];
	return typeof value === 'string' ? value : null;
};

async function isGenuine(context: IWebhookFunctions): Promise<boolean> {
	const login = channelLoginSchema.safeParse(await context.getCredentials('khaosControlChannelApi'));
	if (!login.success) {
		context.logger.warn(
			`${context.getNode().name}: the Khaos Control Channel API credential has no user or no password, so every call is refused`,
		);
		return false;
	}
	return isLogin((context.getRequestObject() as IncomingMessage).headers.authorization, login.data);
}

/** A document in the chosen format. What Khaos has had so far is handed back with what has no other continuation. */
function give(
	context: IWebhookFunctions,
	body: string,
	continuation = headerOf(context, 'sirion-continuation'),
): IWebhookResponseData {
	const format = formatOf(context.getNodeParameter('format'));
	return answer(context, 200, body, {
		'Content-Type': contentTypeOf(format),
		...(continuation === null ? {} : { 'Sirion-Continuation': continuation }),
	});
}

function giveConfig(context: IWebhookFunctions): IWebhookResponseData {
	const format = formatOf(context.getNodeParameter('format'));
	const { orderMinutes = DEFAULT_ORDER_MINUTES } = context.getNodeParameter('options', {}) as Options;
	const urls = channelUrls(context.getNodeWebhookUrl('default') ?? '');
	return give(context, endpointConfig(urls, { format, orderMinutes }, format));
}

async function giveStock(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const format = formatOf(context.getNodeParameter('format'));
	const settings = channelSettingsOf(context);
	const sent = headerOf(context, 'sirion-continuation');
	// A test run hands out nothing: what it gave would count as fetched.
	if (context.getMode() === 'manual') return give(context, stockChanges([], settings, format), sent);
	const { pageSize = DEFAULT_PAGE } = context.getNodeParameter('options', {}) as Options;
	const { channel } = await ledgerOf(context);
	const { entries, continuation } = await channel.provide(sent, pageSize);
	return give(context, stockChanges(entries, settings, format), continuation);
}

const nothing: UploadOutcome = { confirmed: [], different: [], drifted: [], deleted: [] };

/** An upload: kept, then answered, then passed on. Safe to repeat, as Khaos does with every answer but 200. */
async function takeUpload(
	context: IWebhookFunctions,
	path: 'stockUpload' | 'statusUpload' | 'pricesUpload',
): Promise<IWebhookResponseData> {
	const body = bodyOf(context);
	const isTest = context.getMode() === 'manual';
	const seen = async (): Promise<{ json: IDataObject; outcome: UploadOutcome }> => {
		if (path === 'statusUpload') {
			const levels = readStockStatuses(body);
			// For the nodes after this one to read; nothing here uses them.
			return {
				json: { upload: 'stockStatus', statuses: levels.length, levels: levels as unknown as IDataObject[] },
				outcome: nothing,
			};
		}
		if (path === 'pricesUpload') {
			const rows = readPriceListUpload(body);
			const outcome = isTest ? nothing : await (await ledgerOf(context)).channel.priceListUpload(rows);
			return { json: { upload: 'priceList', prices: rows.length }, outcome };
		}
		const upload = readStockUpload(body, channelSettingsOf(context));
		const outcome = isTest ? nothing : await (await ledgerOf(context)).channel.stockUpload(upload);
		const { unreadable } = upload;
		if (unreadable > 0)
			context.logger.warn(
				`${context.getNode().name}: ${unreadable} items of an upload have no stock code and were left out`,
			);
		return {
			json: { upload: 'stock', stockItems: upload.items.length, ...(unreadable > 0 ? { unreadable } : {}) },
			outcome,
		};
	};
	const { json, outcome } = await seen();
	answer(context, 200, '{}');
	const isDifferent = outcome.different.length + outcome.drifted.length + outcome.deleted.length > 0;
	if (!isTest && !isDifferent && context.getNodeParameter('startOn', 'all') === 'different')
		return { noWebhookResponse: true };
	return { noWebhookResponse: true, workflowData: [[{ json: { ...json, ...(outcome as unknown as IDataObject) } }]] };
}

/** As Khaos sent it, whatever n8n made of it. */
const bodyOf = (context: IWebhookFunctions): string =>
	(context.getRequestObject() as IncomingMessage & { rawBody?: Buffer }).rawBody?.toString('utf8') ?? '';
