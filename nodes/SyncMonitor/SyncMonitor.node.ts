import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodePropertyOptions,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { khaosControlConnectionTest, pimberlyConnectionTest, syncLedgerConnectionTest } from '../credentialTests';
import { failedItems } from '../failedItem';
import { nodeErrorOf as khaosErrorOf } from '../KhaosControl/account';
import { nodeErrorOf as pimberlyErrorOf } from '../Pimberly/account';
import { PimberlyError } from '../../lib/pimberly/pimberlyError';
import * as driftFind from './operations/driftFind';
import * as exceptionGetAll from './operations/exceptionGetAll';
import * as exceptionReportFailure from './operations/exceptionReportFailure';
import * as exceptionSetOwner from './operations/exceptionSetOwner';
import * as exceptionUpdate from './operations/exceptionUpdate';
import * as healthGet from './operations/healthGet';
import * as historyGet from './operations/historyGet';
import * as missingSkuFind from './operations/missingSkuFind';
import * as reportBuild from './operations/reportBuild';

interface Operation {
	description: INodeProperties[];
	execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]>;
}

const operations: Record<string, Record<string, Operation>> = {
	drift: { find: driftFind },
	exception: {
		getAll: exceptionGetAll,
		reportFailure: exceptionReportFailure,
		setOwner: exceptionSetOwner,
		update: exceptionUpdate,
	},
	health: { get: healthGet },
	history: { get: historyGet },
	missingSku: { find: missingSkuFind },
	report: { build: reportBuild },
};

const named = (names: string[]): string =>
	JSON.stringify(names.map((displayName) => ({ type: NodeConnectionTypes.Main, displayName })));
const outputs = `={{ ({ drift: ${named(driftFind.driftOutputs)}, missingSku: ${named(missingSkuFind.missingSkuOutputs)} })[$parameter["resource"]] ?? ["${NodeConnectionTypes.Main}"] }}`;

const operationOf = (
	resource: string,
	options: INodePropertyOptions[],
	first = String(options[0]!.value),
): INodeProperties => ({
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: [resource] } },
	options,
	default: first,
});

export class SyncMonitor implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Sync Monitor',
		name: 'syncMonitor',
		icon: { light: 'file:monitor.svg', dark: 'file:monitor.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ ({ drift: "find drift", health: "get health", history: "get history", missingSku: "find missing SKUs", report: "build report" })[$parameter["resource"]] ?? ({ getAll: "get exceptions", reportFailure: "report a failed execution", setOwner: "set the owner of a type", update: "update an exception" })[$parameter["operation"]] }}',
		description:
			'Compares Khaos Control with Pimberly, watches the sync’s health, and keeps what people have to look at',
		defaults: { name: 'Sync Monitor' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: outputs as INodeTypeDescription['outputs'],
		credentials: [
			{ name: 'syncLedgerApi', displayName: 'Sync Ledger', required: true, testedBy: 'syncLedgerConnectionTest' },
			{
				name: 'khaosControlWebServicesApi',
				displayName: 'Khaos Control',
				required: true,
				testedBy: 'khaosControlConnectionTest',
				displayOptions: { show: { resource: ['drift', 'missingSku'] } },
			},
			{
				name: 'pimberlyApi',
				displayName: 'Pimberly',
				required: true,
				testedBy: 'pimberlyConnectionTest',
				displayOptions: { show: { resource: ['missingSku'], checkPimberly: [true] } },
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Drift', value: 'drift' },
					{ name: 'Exception', value: 'exception' },
					{ name: 'Health', value: 'health' },
					{ name: 'History', value: 'history' },
					{ name: 'Missing SKU', value: 'missingSku' },
					{ name: 'Report', value: 'report' },
				],
				default: 'health',
			},
			operationOf('drift', [
				{
					name: 'Find',
					value: 'find',
					action: 'Find drift',
					description: 'Compare what Khaos Control holds with what was confirmed, field by field',
				},
			]),
			operationOf('exception', [
				{
					name: 'Get Many',
					value: 'getAll',
					action: 'Get many exceptions',
					description: 'List what people have to look at, worst first',
				},
				{
					name: 'Report Failed Execution',
					value: 'reportFailure',
					action: 'Report a failed execution',
					description: 'Turn what the Error Trigger says into an exception',
				},
				{
					name: 'Set Owner of Type',
					value: 'setOwner',
					action: 'Set the owner of a type of exception',
					description: 'Give all exceptions of a type to another team, from now on',
				},
				{
					name: 'Update',
					value: 'update',
					action: 'Update an exception',
					description: 'Acknowledge, assign, resolve with a note, or open again',
				},
			]),
			operationOf('health', [
				{
					name: 'Get',
					value: 'get',
					action: 'Get the health of the sync',
					description: 'Measure depth, lag, throughput and silence against thresholds',
				},
			]),
			operationOf('history', [
				{
					name: 'Get',
					value: 'get',
					action: 'Get the history of a SKU',
					description: 'Tell in words everything that happened to one SKU',
				},
			]),
			operationOf('missingSku', [
				{
					name: 'Find',
					value: 'find',
					action: 'Find missing SKUs',
					description: 'Compare the SKUs of a sales channel with Khaos Control and Pimberly',
				},
			]),
			operationOf('report', [
				{
					name: 'Build',
					value: 'build',
					action: 'Build the exception report',
					description: 'Gather what needs doing by owner, what changed, and how the sync does',
				},
			]),
			...Object.values(operations).flatMap((ofResource) =>
				Object.values(ofResource).flatMap(({ description }) => description),
			),
		],
	};

	methods = { credentialTest: { khaosControlConnectionTest, pimberlyConnectionTest, syncLedgerConnectionTest } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0) as string;
		const operation = this.getNodeParameter('operation', 0) as string;
		try {
			return await operations[resource]![operation]!.execute(this);
		} catch (error) {
			const errorOf = error instanceof PimberlyError ? pimberlyErrorOf : khaosErrorOf;
			const shown = errorOf(this.getNode(), error);
			if (this.continueOnFail()) return [failedItems(this, shown)];
			throw shown;
		}
	}
}
