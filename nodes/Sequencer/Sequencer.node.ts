import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { syncLedgerConnectionTest } from '../credentialTests';
import { failedItems } from '../failedItem';
import { operationErrorOf } from '../operationError';
import { getDifferingFields } from './firstSyncParameters';
import * as add from './operations/add';
import * as confirm from './operations/confirm';
import * as drop from './operations/drop';
import * as getAll from './operations/getAll';
import * as getFirstSync from './operations/getFirstSync';
import * as getStats from './operations/getStats';
import * as release from './operations/release';
import * as replay from './operations/replay';
import * as settle from './operations/settle';
import * as take from './operations/take';

const operations = { add, confirm, drop, getAll, getFirstSync, getStats, release, replay, settle, take };
type Operation = keyof typeof operations;

const outputs = `={{ $parameter["operation"] === "add" ? ${JSON.stringify(
	add.addOutputs.map((displayName) => ({ type: NodeConnectionTypes.Main, displayName })),
)} : ["${NodeConnectionTypes.Main}"] }}` as const;

export class Sequencer implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Sequencer',
		name: 'sequencer',
		icon: { light: 'file:sequencer.svg', dark: 'file:sequencer.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ ({ add: "add changes", confirm: "confirm", take: "take a batch", settle: "settle results", release: "release", replay: "replay", drop: "drop", getAll: "get changes", getFirstSync: "get first sync", getStats: "get stats" })[$parameter["operation"]] }}',
		description:
			'Queues product changes in the sync ledger and hands them out in the right order, each when it is safe to send',
		defaults: { name: 'Sequencer' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: outputs as INodeTypeDescription['outputs'],
		credentials: [
			{ name: 'syncLedgerApi', displayName: 'Sync Ledger', required: true, testedBy: 'syncLedgerConnectionTest' },
		],
		properties: [
			// One thing, the queue, and what is done with it: a resource to choose first would be a list of one.
			// eslint-disable-next-line @n8n/community-nodes/resource-operation-pattern
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'Add',
						value: 'add',
						action: 'Add changes to the queue',
						description: 'Put changes and rejections from the mapper into the ledger',
					},
					{
						name: 'Confirm',
						value: 'confirm',
						action: 'Confirm changes',
						description: 'Say that what was sent is in Khaos Control, where it can’t be read back',
					},
					{
						name: 'Drop',
						value: 'drop',
						action: 'Drop changes',
						description: 'Take changes out of the queue, with a reason',
					},
					{
						name: 'Get First Sync',
						value: 'getFirstSync',
						action: 'Get what a first sync would change',
						description: 'List where Khaos differed before the first sync, by field',
					},
					{
						name: 'Get Many',
						value: 'getAll',
						action: 'Get many changes',
						description: 'List what is queued, held, in flight or failed, and why',
					},
					{
						name: 'Get Stats',
						value: 'getStats',
						action: 'Get figures about the queue',
						description: 'Count the queue by state and lane, with the lag',
					},
					{
						name: 'Release',
						value: 'release',
						action: 'Release a batch or a hold',
						description: 'Give a batch back, or send held changes on your word',
					},
					{
						name: 'Replay',
						value: 'replay',
						action: 'Replay changes',
						description: 'Send again what failed, is to be tried again or was dropped',
					},
					{
						name: 'Settle',
						value: 'settle',
						action: 'Settle a batch',
						description: 'Say what became of each change of a batch',
					},
					{
						name: 'Take',
						value: 'take',
						action: 'Take a batch',
						description: 'Lease the next changes that are safe to send',
					},
				],
				default: 'add',
			},
			...Object.values(operations).flatMap((operation) => operation.description),
		],
	};

	methods = { credentialTest: { syncLedgerConnectionTest }, loadOptions: { getDifferingFields } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = this.getNodeParameter('operation', 0) as Operation;
		const items = this.getInputData();
		try {
			return await operations[operation].execute(this, items);
		} catch (error) {
			const shown = operationErrorOf(this.getNode(), error);
			if (this.continueOnFail()) return [failedItems(this, shown)];
			throw shown;
		}
	}
}
