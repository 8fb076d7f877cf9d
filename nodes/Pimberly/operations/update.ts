import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { batchItemSchema, type BatchItem } from '../../../lib/shapes';
import type { PimberlyClient } from '../../../lib/pimberly/client';
import { PimberlyError } from '../../../lib/pimberly/pimberlyError';
import { DEFAULT_RELATIONS } from '../../../lib/pimberly/relations';
import type { StatusPort } from '../../../lib/pimberly/statusPort';
import { NotOurs, resultOf, updateProduct, type AttributeValues, type WriteStyle } from '../../../lib/pimberly/update';
import { pimberlyOf } from '../account';
import { eachItem, primaryIdOf, type Operation } from '../eachItem';
import { timeoutOption } from '../productParameters';
import { pimberlyLedgerOf } from '../scanMemory';

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['product'], operation: ['update'] } },
	[
		{
			displayName: 'Primary ID',
			name: 'primaryId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. ABC-100-RED',
			description: 'The primary ID of the product. For status changes of the Sequencer it is in “desired”.',
		},
		{
			displayName: 'Attributes',
			name: 'attributes',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			placeholder: 'Add Attribute',
			default: {},
			description: 'What to write; other attributes stay as they are',
			options: [
				{
					displayName: 'Attribute',
					name: 'attribute',
					values: [
						{
							displayName: 'API Name',
							name: 'name',
							type: 'string',
							default: '',
							required: true,
							placeholder: 'e.g. khaosStatus',
							description: 'The API name of the attribute in Pimberly, not its heading in a channel',
						},
						{
							displayName: 'Value',
							name: 'value',
							type: 'string',
							default: '',
							description:
								'The new value; empty clears the attribute. An expression may give a list for a multi-select.',
						},
					],
				},
			],
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: [
				{
					displayName: 'Must Exist',
					name: 'mustExist',
					type: 'boolean',
					default: false,
					description: 'Whether to look for the product first, so that a write can never create one',
				},
				{
					displayName: 'Parallel Writes',
					name: 'parallelWrites',
					type: 'number',
					typeOptions: { minValue: 1, maxValue: 20 },
					default: 4,
					description: 'How many products are written at a time',
				},
				timeoutOption,
				{
					displayName: 'Write Style',
					name: 'writeStyle',
					type: 'options',
					default: 'auto',
					options: [
						{
							name: 'All Attributes in One Call',
							value: 'product',
							description: 'As the address ending in /core takes it',
						},
						{ name: 'Automatic', value: 'auto', description: 'By the Base URL of the credential' },
						{ name: 'One Call per Attribute', value: 'attribute', description: 'As addresses with /api/v… take it' },
					],
					description: 'How several attributes of a product are written',
				},
			],
		},
	],
);

interface Options {
	mustExist?: boolean;
	parallelWrites?: number;
	timeoutSeconds?: number;
	writeStyle?: WriteStyle;
}

const batchItem = batchItemSchema.pick({ changeId: true, lease: true, key: true, kind: true });

/** Writes attributes. An item of a batch (it has changeId and lease) becomes a result for Sequencer: Settle. */
export const execute: Operation = async (context) => {
	const options = context.getNodeParameter('options', 0, {}) as Options;
	const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
	if (!client.hasFeedToken) {
		throw new NodeOperationError(context.getNode(), 'A channel token can’t write to Pimberly', {
			description: 'Put the API token of a feed into Write Token of the Pimberly API credential.',
		});
	}
	const items = context.getInputData();
	const statuses = items.some((item) => changeOf(item) !== null) ? await statusesOf(context, client) : null;
	return await eachItem(context, options.parallelWrites ?? DEFAULT_RELATIONS.concurrency, async (itemIndex) => {
		const change = changeOf(items[itemIndex]);
		const asked = change && { changeId: change.changeId, token: change.lease.token };
		const write = async () =>
			await updateProduct(client, primaryIdOf(context, itemIndex), valuesOf(context, itemIndex), {
				style: options.writeStyle ?? 'auto',
				mustExist: options.mustExist ?? false,
				...(asked && statuses ? { mayWrite: async () => await statuses.beginWrite(asked) } : {}),
			});
		return change === null ? [await written(context, itemIndex, write)] : [await settled(change, write)];
	});
};

/** The ledger that the batch came from, to be asked before each write; null where none is chosen. */
async function statusesOf(context: IExecuteFunctions, client: PimberlyClient): Promise<StatusPort | null> {
	if (context.getNode().credentials?.['syncLedgerApi'] === undefined) {
		context.addExecutionHints({
			message:
				'No Sync Ledger is chosen: an execution that took too long may write an old status over a newer one. Choose the ledger that the batch came from.',
			location: 'outputPane',
		});
		return null;
	}
	return (await pimberlyLedgerOf(context, client.connection)).statuses;
}

const changeOf = (
	item: INodeExecutionData | undefined,
): Pick<BatchItem, 'changeId' | 'lease' | 'key' | 'kind'> | null => {
	const parsed = batchItem.safeParse(item?.json);
	return parsed.success ? parsed.data : null;
};

async function written(
	context: IExecuteFunctions,
	itemIndex: number,
	write: () => Promise<void>,
): Promise<IDataObject> {
	await write();
	return { primaryId: primaryIdOf(context, itemIndex), updated: valuesOf(context, itemIndex) as IDataObject };
}

/** A failure is a result here: the ledger decides what becomes of the change, and no other item has to wait for it. */
async function settled(change: Parameters<typeof resultOf>[0], write: () => Promise<void>): Promise<IDataObject> {
	const error = await write().then(
		() => null,
		(failure: unknown) =>
			failure instanceof PimberlyError || failure instanceof NotOurs ? failure : Promise.reject(failure),
	);
	return resultOf(change, error) as unknown as IDataObject;
}

function valuesOf(context: IExecuteFunctions, itemIndex: number): AttributeValues {
	const rows = context.getNodeParameter('attributes.attribute', itemIndex, []) as Array<{
		name?: string;
		value?: unknown;
	}>;
	const named = rows.map(({ name, value }): [string, unknown] => [String(name ?? '').trim(), value]);
	if (named.some(([name]) => name === '')) {
		throw new NodeOperationError(context.getNode(), 'A row of Attributes has no API Name', {
			itemIndex,
			description: 'Enter the API name of the attribute in Pimberly, or remove the row.',
		});
	}
	return Object.fromEntries(named);
}
