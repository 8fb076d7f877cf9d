import { driftOf } from '../ledger/exceptionTypes';
import type { NewException } from '../ledger/exceptions';
import type { Difference } from '../shapes';
import type { DriftItem } from './driftPort';

/** What a drift check, or an upload of Khaos's channel, says of a confirmed stock item that is not as it was. */
export type ConfirmedItem = Pick<DriftItem, 'key' | 'primaryId' | 'desired' | 'live'>;

/** It is not in Khaos any more. */
export function missing({ key, primaryId, desired, live }: ConfirmedItem): NewException {
	return {
		type: 'missingInKhaos',
		primaryId,
		key,
		field: '',
		value: null,
		severity: live ? 'critical' : 'high',
		reason: `${desired.stockCode} was confirmed in Khaos Control and is not there any more${live ? '; its product was Live, and orders for it cannot be imported' : ''}.`,
		remedy: 'Find out who deleted it, then run the drift check with repair: it is made again.',
	};
}

/** A value in a sentence. */
export const quoted = (value: string | null): string =>
	value === null || value.trim() === '' ? 'nothing' : `“${value.length > 80 ? `${value.slice(0, 79)}…` : value}”`;

/** A column differs. */
export function drifted(
	{ key, primaryId, desired }: ConfirmedItem,
	{ field, expected, actual }: Difference,
): NewException {
	return {
		...driftOf(field),
		primaryId,
		key,
		field,
		value: expected,
		reason: `${field} of ${desired.stockCode} was ${quoted(expected)} when it was confirmed and is ${quoted(actual)} in Khaos Control now.`,
		remedy:
			'Decide which is right. Pimberly: run the drift check with repair. Khaos Control: correct the product in Pimberly.',
	};
}
