import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Judged } from '../../lib/khaos/recordComparison';
import type { BatchItem, Result } from '../../lib/shapes';
import { hintWithoutLedger, khaosOf, type Khaos } from './account';
import { inFigures } from './deliver';
import { inOrder, readRows, type OwnRows, type ReadRow } from './inputRows';

/** Compare hands settled items to Sequencer: Settle, and what has to be written to a node that writes. */
export const compareOutputs = ['Settled', 'To Write'];

/** What a comparison says of a record that was put together on the canvas. */
export interface OwnComparison {
	/** The record as it should be, to go on with. */
	record: IDataObject;
	/** What differs, in the terms of the kind. */
	details: IDataObject;
}

/**
 * Compares all input items in one go, so that they share their calls to Khaos. A batch item leaves by the first output with
 * its result, or by the second as it came, with what was read.
 *
 * @param ownOf how a record that is part of no batch is shown
 */
export async function compareAll(
	context: IExecuteFunctions,
	own: OwnRows,
	compare: (khaos: Khaos, items: BatchItem[]) => Promise<Judged[]>,
	ownOf: (item: BatchItem, judged: Judged) => OwnComparison,
): Promise<INodeExecutionData[][]> {
	const { rows, unreadable, isBatch } = readRows(context, own);
	const khaos = await khaosOf(context, isBatch);
	const judged = await compare(
		khaos,
		rows.map(({ item }) => item),
	);
	hintWithoutLedger(context, khaos);
	const settled = [...unreadable];
	const toWrite: INodeExecutionData[] = [];
	const results: Result[] = [];
	for (const [at, row] of rows.entries()) {
		const outcome = judged[at]!;
		if ('settled' in outcome) results.push(outcome.settled);
		const output = 'settled' in outcome ? settled : toWrite;
		output.push(isBatch ? batchItem(row, outcome) : ownItem(row, outcome, ownOf(row.item, outcome)));
	}
	const written = rows.length - results.length;
	const figures = [
		...(results.length > 0 ? [inFigures(results, 'sent before and not in Khaos yet')] : []),
		...(written > 0 ? [`${written} to write.`] : []),
	];
	if (figures.length > 0) context.addExecutionHints({ message: figures.join(' '), location: 'outputPane' });
	return [inOrder(settled), toWrite];
}

function batchItem({ itemIndex }: ReadRow, outcome: Judged): INodeExecutionData {
	const json = 'settled' in outcome ? outcome.settled : outcome.toWrite;
	return { json: json as unknown as IDataObject, pairedItem: { item: itemIndex } };
}

function ownItem({ itemIndex }: ReadRow, outcome: Judged, { record, details }: OwnComparison): INodeExecutionData {
	const pairedItem = { item: itemIndex };
	if (!('settled' in outcome)) return { json: { ...record, status: 'different', ...details }, pairedItem };
	const { status, reason, remedy, differences, warnings } = outcome.settled;
	const shown = { reason, remedy, differences, ...(warnings === undefined ? {} : { warnings }) };
	return {
		json: { ...record, status: status === 'confirmed' ? 'equal' : status, ...details, ...shown } as IDataObject,
		pairedItem,
	};
}
