import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { khaosControlConnectionTest, syncLedgerConnectionTest } from '../credentialTests';
import { compareOutputs } from './compare';
import { importFileOutputs, outputsByOperation } from './importFiles';
import * as compare from './kit/compare';
import * as createImportFile from './kit/createImportFile';
import * as get from './kit/get';
import * as publishToChannel from './kit/publishToChannel';
import { runOperation } from './runOperation';

const operations = { compare, createImportFile, get, publishToChannel };

export class KhaosControlKit implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Khaos Control Kit',
		name: 'khaosControlKit',
		icon: { light: 'file:khaosControl.svg', dark: 'file:khaosControl.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ ({ compare: "compare", createImportFile: "create import file", get: "get", publishToChannel: "publish to channel" })[$parameter["operation"]] }}',
		description: 'Reads packs and builds from Khaos Control, compares them, and writes files for its import tools',
		defaults: { name: 'Khaos Control Kit' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: outputsByOperation({
			compare: compareOutputs,
			createImportFile: importFileOutputs,
		}),
		credentials: [
			{
				name: 'khaosControlWebServicesApi',
				displayName: 'Khaos Control',
				required: true,
				testedBy: 'khaosControlConnectionTest',
				displayOptions: { hide: { operation: ['createImportFile', 'publishToChannel'] } },
			},
			{
				name: 'syncLedgerApi',
				displayName: 'Sync Ledger',
				required: false,
				testedBy: 'syncLedgerConnectionTest',
				displayOptions: { hide: { operation: ['createImportFile'] } },
			},
		],
		properties: [
			{
				displayName:
					"Khaos Control's web services can read kits and can't write them: a file or the channel does, and the kit stays sent until it reads back equal",
				name: 'writeNotice',
				type: 'notice',
				default: '',
				displayOptions: { show: { operation: ['compare', 'createImportFile'] } },
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'Compare',
						value: 'compare',
						action: 'Compare kits',
						description: 'Find missing and extra components and wrong quantities, without writing',
					},
					{
						name: 'Create Import File',
						value: 'createImportFile',
						action: 'Create an import file of kits',
						description: 'Write a relationship file for Khaos Control, desktop or Cloud',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get a kit',
						description: 'Read the components of a kit parent',
					},
					{
						name: 'Publish to Channel',
						value: 'publishToChannel',
						action: 'Publish a kit to the channel',
						description: 'Let Khaos Control fetch the relation through a Khaos Control Channel Trigger',
					},
				],
				default: 'compare',
			},
			...Object.values(operations).flatMap((operation) => operation.description),
		],
	};

	methods = { credentialTest: { khaosControlConnectionTest, syncLedgerConnectionTest } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations);
	}
}
