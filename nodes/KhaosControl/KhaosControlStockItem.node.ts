import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { khaosControlConnectionTest, syncLedgerConnectionTest } from '../credentialTests';
import { importFileOutputs, outputsByOperation } from './importFiles';
import * as callMethod from './operations/callMethod';
import * as confirm from './operations/confirm';
import * as createChannelConfiguration from './operations/createChannelConfiguration';
import * as createImportFile from './operations/createImportFile';
import * as createOrUpdate from './operations/createOrUpdate';
import * as get from './operations/get';
import * as getAll from './operations/getAll';
import * as getStockStatus from './operations/getStockStatus';
import * as publishToChannel from './operations/publishToChannel';
import { runOperation } from './runOperation';

const operations = {
	callMethod,
	confirm,
	createChannelConfiguration,
	createImportFile,
	createOrUpdate,
	get,
	getAll,
	getStockStatus,
	publishToChannel,
};

export class KhaosControlStockItem implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Khaos Control Stock Item',
		name: 'khaosControlStockItem',
		icon: { light: 'file:khaosControl.svg', dark: 'file:khaosControl.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ ({ callMethod: "call method", confirm: "confirm", createChannelConfiguration: "create channel configuration", createImportFile: "create import file", createOrUpdate: "create or update", get: "get", getAll: "get many", getStockStatus: "get stock status", publishToChannel: "publish to channel" })[$parameter["operation"]] }}',
		description: 'Writes stock items to Khaos Control and reads them back, over its web services or a channel',
		defaults: { name: 'Khaos Control Stock Item' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: outputsByOperation({ createImportFile: importFileOutputs }),
		credentials: [
			{
				name: 'khaosControlWebServicesApi',
				displayName: 'Khaos Control',
				required: true,
				testedBy: 'khaosControlConnectionTest',
				displayOptions: {
					hide: { operation: ['createChannelConfiguration', 'publishToChannel'], readParents: [false] },
				},
			},
			{
				name: 'syncLedgerApi',
				displayName: 'Sync Ledger',
				required: false,
				testedBy: 'syncLedgerConnectionTest',
				displayOptions: { hide: { operation: ['createChannelConfiguration'], readParents: [false] } },
			},
		],
		properties: [
			// One thing, the stock item, and what is done with it: a resource to choose first would be a list of one.
			// eslint-disable-next-line @n8n/community-nodes/resource-operation-pattern
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'Call Method',
						value: 'callMethod',
						action: 'Call a method of the web services',
						description: 'Call any SOAP method, such as one of a bespoke development',
					},
					{
						name: 'Confirm',
						value: 'confirm',
						action: 'Confirm a stock item',
						description: 'Read stock items back and compare them field by field, without writing',
					},
					{
						name: 'Create Channel Configuration',
						value: 'createChannelConfiguration',
						action: 'Create a channel configuration',
						description: 'Write the file that tells a channel of Khaos Control where to fetch and upload stock',
					},
					{
						name: 'Create Import File',
						value: 'createImportFile',
						action: 'Create an import file',
						description: 'Write stock items as a file for the Stock Import Tool',
					},
					{
						name: 'Create or Update',
						value: 'createOrUpdate',
						action: 'Create or update a stock item',
						description:
							'Create a new record, or update the current one if it already exists (upsert), then read it back and compare',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get a stock item',
						description: 'Read a stock item by its code, other reference or description',
					},
					{
						name: 'Get Many',
						value: 'getAll',
						action: 'Get many stock items',
						description: 'List many stock items, or those changed since a date',
					},
					{
						name: 'Get Stock Status',
						value: 'getStockStatus',
						action: 'Get the stock status of a stock item',
						description: 'Read stock levels by site; they are never written',
					},
					{
						name: 'Publish to Channel',
						value: 'publishToChannel',
						action: 'Publish a stock item to the channel',
						description: 'Let Khaos Control fetch stock items through a Khaos Control Channel Trigger',
					},
				],
				default: 'createOrUpdate',
			},
			...createOrUpdate.description,
			...confirm.description,
			...get.description,
			...getAll.description,
			...getStockStatus.description,
			...createImportFile.description,
			...createChannelConfiguration.description,
			...publishToChannel.description,
			...callMethod.description,
		],
	};

	methods = { credentialTest: { khaosControlConnectionTest, syncLedgerConnectionTest } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations);
	}
}
