import type { ZodError } from 'zod';

import type { BatchItem, Reason, Result } from '../shapes';
import type { KhaosClient } from './webServices/client';
import type { DeliveryPort } from './delivery/deliveryPort';

/** What comparing needs: a client, the gate, and a way to wait. */
export interface ComparisonTools {
	client: KhaosClient;
	port: DeliveryPort;
	sleep: (ms: number) => Promise<void>;
}

/** What became of one compared item: it is settled, or it has to be written (with what was read as `confirmed`). */
export type Judged = { settled: Result } | { toWrite: BatchItem };

/** What is to be said of an item; what is left out is empty. */
export type Outcome = Partial<Result> & Pick<Result, 'status'>;

/** That as the result of the item, for its lease. */
export const resultOf = (item: BatchItem, outcome: Outcome): Result => ({
	changeId: item.changeId,
	lease: item.lease,
	differences: [],
	reason: '',
	remedy: '',
	retryAfter: null,
	key: item.key,
	kind: item.kind,
	...outcome,
});

/** The result of an item that needs no write. */
export const settledItem = (item: BatchItem, outcome: Outcome): Judged => ({ settled: resultOf(item, outcome) });

/** The desired record of an item isn't one of its kind. */
export function unreadableDesired(error: ZodError): Reason {
	const where = error.issues[0];
	return {
		field: where?.path.join('.') || 'desired',
		value: null,
		reason: `The desired record can't be read: ${where?.path.join('.') ?? ''} ${where?.message ?? ''}`.trim(),
		remedy: 'Pass the items of the Sequencer Trigger on as they are.',
	};
}
