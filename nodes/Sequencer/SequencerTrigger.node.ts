import {
	NodeConnectionTypes,
	updateDisplayOptions,
	type INodeType,
	type INodeTypeDescription,
	type IRun,
	type ITriggerFunctions,
	type ITriggerResponse,
} from 'n8n-workflow';

import type { BatchItem } from '../../lib/shapes';
import { syncLedgerConnectionTest } from '../credentialTests';
import { ledgerOf } from '../ledgerFromCredentials';
import { endOfBatch, pause } from './endOfBatch';
import { approvalOf, firstSyncProperties, getDifferingFields, takerOf } from './firstSyncParameters';
import {
	batchSizeProperty,
	kindsOfParameter,
	kindsProperty,
	laneProperty,
	lanesOf,
	launchProperties,
	liveWaitsForOf,
	targetOfParameter,
	targetProperty,
} from './operations/batchParameters';

/** How often the ledger is looked at while there is nothing to do (ms). */
const idleMs = 250;
/** How often holds are looked over (ms); the ledger sees to it that several triggers do so once. */
const housekeepingMs = 60_000;
/** After an error of the ledger itself (ms). */
const troubleMs = 5_000;

export class SequencerTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Sequencer Trigger',
		name: 'sequencerTrigger',
		icon: { light: 'file:sequencer.svg', dark: 'file:sequencer.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["target"] === "khaos" ? "batches for Khaos Control" : "batches for Pimberly" }}',
		description:
			'Starts the workflow with the next changes that are safe to send, most urgent first, one batch at a time',
		defaults: { name: 'Sequencer Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'syncLedgerApi', displayName: 'Sync Ledger', required: true, testedBy: 'syncLedgerConnectionTest' },
		],
		properties: [
			{
				displayName:
					'End the branch with Sequencer: Settle. A batch that is not settled is given back and starts another execution',
				name: 'triggerNotice',
				type: 'notice',
				default: '',
			},
			targetProperty,
			...updateDisplayOptions({ show: { target: ['khaos'] } }, [kindsProperty, ...firstSyncProperties]),
			laneProperty,
			...updateDisplayOptions({ show: { target: ['pimberly'] } }, launchProperties),
			batchSizeProperty,
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add Option',
				default: {},
				options: [
					{
						displayName: 'Lease (Minutes)',
						name: 'leaseMinutes',
						type: 'number',
						typeOptions: { minValue: 1 },
						default: 10,
						description: 'How long a batch may go without a sign of life before it is handed out again',
					},
					{
						displayName: 'Quiet Time (Seconds)',
						name: 'quietSeconds',
						type: 'number',
						typeOptions: { minValue: 0, numberPrecision: 1 },
						default: 2,
						description: 'How long a backlog may gather before a batch that is not full starts. Prices never wait.',
					},
				],
			},
		],
	};

	methods = { credentialTest: { syncLedgerConnectionTest }, loadOptions: { getDifferingFields } };

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		const ledger = await ledgerOf(this);
		const options = this.getNodeParameter('options', {}) as { leaseMinutes?: number; quietSeconds?: number };
		const liveWaitsFor = liveWaitsForOf(
			this.getNodeParameter('liveWaitsFor', []),
			this.getNodeParameter('livePriceLists', ''),
		);
		const takeOptions = {
			target: targetOfParameter(this.getNodeParameter('target')),
			kinds: kindsOfParameter(this.getNodeParameter('kinds', [])),
			...(liveWaitsFor === undefined ? {} : { liveWaitsFor }),
			lanes: lanesOf(this.getNodeParameter('lanes', [])),
			limit: this.getNodeParameter('batchSize', 100) as number,
			leaseMs: (options.leaseMinutes ?? 10) * 60_000,
			quietMs: (options.quietSeconds ?? 2) * 1000,
		};
		const stop = new AbortController();

		const taker = takerOf(this.getNode(), this.getWorkflow());
		const approval = approvalOf({
			firstSync: this.getNodeParameter('firstSync', 'send'),
			allowedFields: this.getNodeParameter('allowedFields', []),
			createNewItems: this.getNodeParameter('createNewItems', false),
		});
		const allow = async (): Promise<void> => {
			if (takeOptions.target !== 'khaos') return;
			const released = await ledger.setFirstSync(taker, approval);
			if (released > 0) this.logger.info(`Sequencer Trigger: ${released} changes waited for what is allowed now`);
		};

		// Before this returns: n8n starts a workflow's triggers before its first poll, and what that brings must find the setting.
		await allow();

		let keptAt = 0;
		const keepHouse = async (): Promise<void> => {
			if (Date.now() - keptAt < housekeepingMs) return;
			keptAt = Date.now();
			await allow();
			await ledger.housekeeping();
		};

		const nextBatch = async (): Promise<BatchItem[]> => {
			while (!stop.signal.aborted) {
				await keepHouse();
				const batch = await ledger.take(takeOptions);
				if (batch.length > 0) return batch;
				await pause(idleMs, stop.signal);
			}
			return [];
		};

		const startExecution = (batch: BatchItem[]): Promise<IRun> => {
			const done = this.helpers.createDeferredPromise<IRun>();
			const items = [this.helpers.returnJsonArray(batch.map((item) => ({ ...item })))];
			try {
				this.emit(items, undefined, done);
			} catch (error) {
				// An engine that can't say when an execution has ended: the ledger tells when the batch is settled.
				this.logger.debug('Sequencer Trigger paces on the ledger', { reason: (error as Error).message });
				this.emit(items);
			}
			return done.promise;
		};

		const deliver = async (batch: BatchItem[]): Promise<void> => {
			const end = await endOfBatch(ledger, batch[0]!.lease.token, startExecution(batch), stop.signal, async (error) => {
				this.logger.error(`Sequencer Trigger: ${error.message}`);
				await pause(troubleMs, stop.signal);
			});
			if (end.released > 0) {
				this.logger.warn(`Sequencer Trigger: ${end.released} changes were not settled and are free again`, {
					reason: end.reason,
				});
			}
		};

		const work = async (): Promise<void> => {
			while (!stop.signal.aborted) {
				try {
					const batch = await nextBatch();
					if (batch.length > 0) await deliver(batch);
				} catch (error) {
					this.logger.error(`Sequencer Trigger: ${(error as Error).message}`);
					await pause(troubleMs, stop.signal);
				}
			}
		};

		const closeFunction = async (): Promise<void> => {
			stop.abort();
		};

		if (this.getMode() === 'manual') {
			const manualTriggerFunction = async (): Promise<void> => {
				const batch = await nextBatch();
				if (batch.length > 0) startExecution(batch);
			};
			return { closeFunction, manualTriggerFunction };
		}
		void work();
		return { closeFunction };
	}
}
