import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';

import type { Ledger } from '../../../lib/ledger/ledger';
import type { NamedChanges, NamedOutcome } from '../../../lib/ledger/onRequest/namedChanges';
import { kindSchema, type Kind } from '../../../lib/shapes';
import { eachItem } from '../../eachItem';
import { ledgerOf } from '../../ledgerFromCredentials';
import { operationErrorOf } from '../../operationError';

/** Which changes a person means, and why; shared by the operations that act on a person's word. */
export const namesProperty: INodeProperties = {
	displayName: 'Stock Codes',
	name: 'names',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '={{ $json.key }}',
	required: true,
	placeholder: 'e.g. TEE-RED-L',
	description:
		'Stock codes, keys of Get Many or primary IDs: one a line, or an expression that gives one or a list of them',
};

export const kindsProperty: INodeProperties = {
	displayName: 'Kinds',
	name: 'kinds',
	type: 'multiOptions',
	default: ['kit', 'price', 'stockItem'],
	options: [
		{ name: 'Kit', value: 'kit' },
		{ name: 'Price', value: 'price' },
		{ name: 'Status', value: 'status', description: 'What is to be written to the product in Pimberly' },
		{ name: 'Stock Item', value: 'stockItem' },
	],
	description: 'Which kinds of change are meant',
};

export const reasonProperty = (placeholder: string): INodeProperties => ({
	displayName: 'Reason',
	name: 'reason',
	type: 'string',
	default: '',
	required: true,
	placeholder,
	description: 'Why, in your words; it is kept in the audit trail',
});

export const shownFor = (operation: string, properties: INodeProperties[]): INodeProperties[] =>
	updateDisplayOptions({ show: { operation: [operation] } }, properties);

const namesSchema = z
	.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))])
	.transform((given) =>
		(typeof given === 'string' ? given.split('\n') : [given].flat())
			.map((name) => String(name).trim())
			.filter((name) => name !== ''),
	);

/**
 * The names that an input item asks for.
 * @throws NodeOperationError when there are none.
 */
export function namesOf(context: IExecuteFunctions, itemIndex: number): string[] {
	const parsed = namesSchema.safeParse(context.getNodeParameter('names', itemIndex, ''));
	if (parsed.success && parsed.data.length > 0) return parsed.data;
	throw new NodeOperationError(context.getNode(), 'Stock Codes is empty', {
		itemIndex,
		description: 'Enter stock codes, one a line, or an expression such as {{ $json.key }}.',
	});
}

export const kindsOf = (context: IExecuteFunctions, itemIndex: number): Kind[] =>
	z.array(kindSchema).parse(context.getNodeParameter('kinds', itemIndex, []));

/** @throws NodeOperationError when there is none: the trail would not say why. */
export function reasonOf(context: IExecuteFunctions, itemIndex: number): string {
	const reason = String(context.getNodeParameter('reason', itemIndex, '')).trim();
	if (reason !== '') return reason;
	throw new NodeOperationError(context.getNode(), 'Reason is empty', {
		itemIndex,
		description: 'Say why, in a few words; it is kept in the audit trail.',
	});
}

/**
 * An operation that acts on a person's word about named changes: asks the ledger for each input item, hands out one item for
 * each outcome, and says in a hint how many there were of which.
 */
export async function actOnWord(
	context: IExecuteFunctions,
	act: (ledger: Ledger, asked: { named: NamedChanges; reason: string }) => Promise<NamedOutcome[]>,
): Promise<INodeExecutionData[][]> {
	return await actOnItems(context, async (ledger, itemIndex) => {
		const named = { names: namesOf(context, itemIndex), kinds: kindsOf(context, itemIndex) };
		return await act(ledger, { named, reason: reasonOf(context, itemIndex) });
	});
}

/** As `actOnWord`, where not every input item names what it is about. */
export async function actOnItems(
	context: IExecuteFunctions,
	act: (ledger: Ledger, itemIndex: number) => Promise<NamedOutcome[]>,
): Promise<INodeExecutionData[][]> {
	const ledger = await ledgerOf(context);
	const outputs = await onEachItem(context, async (itemIndex) => await act(ledger, itemIndex));
	hintOf(context, outputs);
	return [outputs];
}

/**
 * What a person's word does, item by item in the order of the input. Each stands for itself: with “Continue On Fail” what is
 * wrong with one item keeps none of the others from being done.
 */
export async function onEachItem(
	context: IExecuteFunctions,
	task: (itemIndex: number) => Promise<object[]>,
): Promise<INodeExecutionData[]> {
	const one = async (itemIndex: number): Promise<IDataObject[]> => (await task(itemIndex)) as IDataObject[];
	return await eachItem(context, { parallel: 1, errorOf: operationErrorOf }, one);
}

/** “3 replayed, 1 not found”. */
function hintOf(context: IExecuteFunctions, outputs: INodeExecutionData[]): void {
	const words: Record<string, string> = { notFound: 'not found' };
	const counts = new Map<string, number>();
	for (const { json } of outputs) {
		const outcome = String(json['outcome'] ?? 'failed');
		counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
	}
	const message = [...counts].map(([outcome, count]) => `${count} ${words[outcome] ?? outcome}`).join(', ');
	context.addExecutionHints({
		message: message === '' ? 'There was nothing of the kind' : message,
		location: 'outputPane',
	});
}
