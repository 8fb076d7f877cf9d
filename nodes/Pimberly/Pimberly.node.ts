import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { pimberlyConnectionTest, syncLedgerConnectionTest } from '../credentialTests';
import { failedItems } from '../failedItem';
import { nodeErrorOf } from './account';
import type { Operation } from './eachItem';
import * as get from './operations/get';
import * as getAll from './operations/getAll';
import * as getChannels from './operations/getChannels';
import * as getClasses from './operations/getClasses';
import * as getItems from './operations/getItems';
import * as getParents from './operations/getParents';
import * as update from './operations/update';

/** What does the work, by resource and operation. */
const operations: Record<string, Record<string, { execute: Operation }>> = {
	channel: { getAll: getChannels },
	product: { get, getAll, getClasses, getItems, getParents, update },
};

export class Pimberly implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Pimberly',
		name: 'pimberly',
		icon: { light: 'file:pimberly.svg', dark: 'file:pimberly.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ ({ get: "get", getAll: "get many", getClasses: "get classes", getItems: "get items", getParents: "get parents", update: "update" })[$parameter["operation"]] + ": " + $parameter["resource"] }}',
		description: 'Reads products from Pimberly and writes attributes back',
		defaults: { name: 'Pimberly' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'pimberlyApi', displayName: 'Pimberly', required: true, testedBy: 'pimberlyConnectionTest' },
			// With it, statuses of a batch are written only while they are this execution's.
			{
				name: 'syncLedgerApi',
				displayName: 'Sync Ledger',
				required: false,
				testedBy: 'syncLedgerConnectionTest',
				displayOptions: { show: { resource: ['product'], operation: ['update'] } },
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Channel', value: 'channel' },
					{ name: 'Product', value: 'product' },
				],
				default: 'product',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['channel'] } },
				options: [
					{
						name: 'Get Many',
						value: 'getAll',
						action: 'Get many channels',
						description: 'List the channels of the account, without their tokens (needs a feed token)',
					},
				],
				default: 'getAll',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['product'] } },
				options: [
					{
						name: 'Get',
						value: 'get',
						action: 'Get a product',
						description: 'Read one product with its attributes, parents, items and classes',
					},
					{
						name: 'Get Classes',
						value: 'getClasses',
						action: 'Get classes of a product',
						description: 'List the classes that a product is in',
					},
					{
						name: 'Get Items',
						value: 'getItems',
						action: 'Get items of a product',
						description: 'List the products below a product, such as the variants of a variant parent',
					},
					{
						name: 'Get Many',
						value: 'getAll',
						action: 'Get many products',
						description: 'List products of the account or the channel',
					},
					{
						name: 'Get Parents',
						value: 'getParents',
						action: 'Get parents of a product',
						description: 'List the products that a product is an item of',
					},
					{
						name: 'Update',
						value: 'update',
						action: 'Update a product',
						description:
							'Write attributes of a product, or the status of a batch from the Sequencer (needs a feed token)',
					},
				],
				default: 'get',
			},
			...getChannels.description,
			...get.description,
			...getAll.description,
			...getClasses.description,
			...getItems.description,
			...getParents.description,
			...update.description,
		],
	};

	methods = { credentialTest: { pimberlyConnectionTest, syncLedgerConnectionTest } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0) as string;
		const operation = this.getNodeParameter('operation', 0) as string;
		try {
			return [await operations[resource]![operation]!.execute(this)];
		} catch (error) {
			const shown = nodeErrorOf(this.getNode(), error);
			if (this.continueOnFail()) return [failedItems(this, shown)];
			throw shown;
		}
	}
}
