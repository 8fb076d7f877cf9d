import { driftOf } from '../ledger/exceptions/exceptionTypes';
import type { NewException } from '../ledger/exceptions/exceptions';
import { amountOf } from '../khaos/prices/prices';
import type { PriceRow } from '../khaos/prices/priceLists';
import { priceKeyOf, type Difference } from '../shapes';
import type { DriftItem, DriftPrice } from './driftPort';

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
const quoted = (value: string | null): string =>
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

const inWords = (differences: Difference[]): string =>
	differences
		.map(({ field, expected, actual }) => `${field} should be ${quoted(expected)} and is ${quoted(actual)}`)
		.join('; ');

/** The same of a price-list row. */
export type ConfirmedPrice = Pick<DriftPrice, 'key' | 'primaryId' | 'desired'>;

/** A price that Khaos does not hold as it was confirmed. */
export function priceDrift(
	{ key, primaryId, desired }: ConfirmedPrice,
	{ field, expected, actual }: Difference,
): NewException {
	return {
		type: 'priceMismatch',
		primaryId,
		key,
		field,
		value: expected,
		reason: `The price of ${desired.stockCode} in ${desired.priceList} should be ${quoted(expected)} and is ${quoted(actual)} in Khaos Control.`,
		remedy:
			'Decide which is right. Pimberly: import the newest price file. Khaos Control: correct the price in Pimberly.',
	};
}

/** A relation that Khaos does not hold as it was confirmed; one exception for all of it. The item has a kit. */
export function kitDrift({ key, primaryId, kit }: DriftItem, differences: Difference[]): NewException {
	return {
		type: 'kitMismatch',
		primaryId,
		key,
		field: '',
		value: null,
		reason: `The kit ${kit!.stockCode} in Khaos Control is not as Pimberly says: ${inWords(differences)}.`,
		remedy: 'Import the newest relationship file, or correct the components in Pimberly if Khaos Control is right.',
	};
}

/** A price of one of our items in a list that Pimberly fills, and of which Pimberly says nothing. */
export function priceOnlyInKhaos(list: string, row: PriceRow, primaryId: string): NewException {
	return {
		type: 'priceMismatch',
		severity: 'medium',
		primaryId,
		key: priceKeyOf({ ...row, priceList: list }),
		field: list,
		value: null,
		reason: `Khaos Control holds a price of ${row.stockCode} in ${list} (${amountOf(row) || 'nothing'}), and Pimberly says none.`,
		remedy: `Give the product its ${list} price in Pimberly, or remove the row in Khaos Control: an import can't.`,
	};
}

/** One exception for the list, however many prices it is to hold. */
export function unknownList(list: string, known: string[]): NewException {
	return {
		type: 'unmappedPrice',
		primaryId: '',
		key: list,
		field: '',
		value: list,
		reason: `Pimberly has prices for the price list ${list}, and Khaos Control has no list of that name: its import skips them without a word.`,
		remedy: `Create the list in Khaos Control, or correct its name in the mapping. Khaos Control has: ${known.join(', ') || 'none'}.`,
	};
}
