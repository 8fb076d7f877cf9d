import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { KhaosDelivery } from '../../lib/khaos/delivery/delivery';
import type { BatchItem, Result } from '../../lib/shapes';
import { hintWithoutLedger, khaosOf, pause } from './account';
import { inOrder, readRows } from './inputRows';
import { STOCK_ITEMS } from './stockItemRows';

const WORDS: Record<Result['status'], string> = {
	confirmed: 'confirmed',
	sent: 'written, their commodity codes still to be read back',
	held: 'waiting for approval of what differs',
	retry: 'to be tried again',
	failed: 'failed',
};

/** “97 confirmed, 3 to be tried again”, with the reasons that most items share. */
export function inFigures(results: Result[], sent: string = WORDS.sent): string {
	const counts = new Map<Result['status'], number>();
	const reasons = new Map<string, number>();
	for (const { status, reason } of results) {
		counts.set(status, (counts.get(status) ?? 0) + 1);
		if (status === 'retry' || status === 'failed') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
	}
	const adopted = results.filter((result) => result.adopted === true).length;
	const figures = [...counts]
		.map(([status, count]) => `${count} ${status === 'sent' ? sent : WORDS[status]}`)
		.join(', ');
	const unwritten = adopted > 0 ? ` (${adopted} of them held already, not written)` : '';
	const [most] = [...reasons].sort(([, one], [, other]) => other - one);
	return `${figures}${unwritten}.${most ? ` Most often: ${most[0]}` : ''}`;
}

/**
 * Runs all input items through one delivery, so that they share its calls: 25 a call to write, 50 a call to read. One
 * result comes out for each, in their order.
 */
export async function deliver(
	context: IExecuteFunctions,
	work: (delivery: KhaosDelivery, items: BatchItem[]) => Promise<Result[]>,
): Promise<INodeExecutionData[]> {
	const { rows, unreadable, isBatch } = readRows(context, STOCK_ITEMS);
	const khaos = await khaosOf(context, isBatch);
	const options = context.getNodeParameter('options', 0, {}) as { stockListMinutes?: number };
	const delivery = new KhaosDelivery({
		client: khaos.client,
		port: khaos.port,
		sleep: pause,
		...(options.stockListMinutes === undefined ? {} : { stockListMaxAgeMs: options.stockListMinutes * 60_000 }),
	});
	const results = await work(
		delivery,
		rows.map(({ item }) => item),
	);
	hintWithoutLedger(context, khaos);
	if (results.length > 0) context.addExecutionHints({ message: inFigures(results), location: 'outputPane' });
	const outcomes = results.map((result, at): INodeExecutionData => {
		const { itemIndex, item } = rows[at]!;
		// Outside a batch there is no lease to settle with; the code says which item it was.
		const { changeId, lease, key, kind, ...outcome } = result;
		const shown = isBatch
			? { ...outcome, changeId, lease, key, kind }
			: { stockCode: item.desired.stockCode, ...outcome };
		return { json: shown as unknown as IDataObject, pairedItem: { item: itemIndex } };
	});
	return inOrder([...outcomes, ...unreadable]);
}
