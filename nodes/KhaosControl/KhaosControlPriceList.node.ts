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
import * as compare from './priceList/compare';
import * as createImportFile from './priceList/createImportFile';
import * as getAll from './priceList/getAll';
import * as getPrices from './priceList/getPrices';
import { runOperation } from './runOperation';

const operations = { compare, createImportFile, getAll, getPrices };

export class KhaosControlPriceList implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Khaos Control Price List',
		name: 'khaosControlPriceList',
		icon: { light: 'file:khaosControl.svg', dark: 'file:khaosControl.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ ({ compare: "compare", createImportFile: "create import file", getAll: "get many", getPrices: "get prices" })[$parameter["operation"]] }}',
		description: 'Reads price lists from Khaos Control, compares prices, and writes files for its import tools',
		defaults: { name: 'Khaos Control Price List' },
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
				displayOptions: { hide: { operation: ['createImportFile'] } },
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
					"Khaos Control's web services can read price lists and can't write them: a person imports the file, and a price stays sent until it reads back equal",
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
						action: 'Compare prices',
						description: 'Find prices that differ from those in Khaos Control, without writing',
					},
					{
						name: 'Create Import File',
						value: 'createImportFile',
						action: 'Create an import file of prices',
						description: 'Write a price file for Khaos Control, desktop or Cloud',
					},
					{
						name: 'Get Many',
						value: 'getAll',
						action: 'Get many price lists',
						description: 'List the price lists',
					},
					{
						name: 'Get Prices',
						value: 'getPrices',
						action: 'Get prices of a price list',
						description: 'Read the rows of price lists',
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
