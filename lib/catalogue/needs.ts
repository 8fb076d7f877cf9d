import { keyOf, type Need } from '../shapes';

/**
 * What must be in Khaos first. Usually the key of that stock item is known: where the stock code is the primary id, or
 * where the product itself says the code. Where the stock code is another attribute, a product only knows its parent or its
 * component by primary id (or by Pimberly's internal id, as product sets of a feed token do). Then a stand-in names that,
 * and the ledger, which keeps the ids of every product, finds the record. Keys are in upper case, so a stand-in is never one.
 */
const BY_PRIMARY_ID = 'primaryId:';
const BY_INTERNAL_ID = 'internalId:';

export const stockItemNeed = (stockCode: string): Need => ({ kind: 'stockItem', key: keyOf(stockCode) });

/** Stands in for the stock code of the product with this primary id. */
export const codeByPrimaryId = (primaryId: string): string => `${BY_PRIMARY_ID}${primaryId}`;
/** Stands in for the stock code of the product with this internal id. */
export const codeByInternalId = (internalId: string): string => `${BY_INTERNAL_ID}${internalId}`;

/** All that can stand in for the stock code of a product; internalId '' where Pimberly gave none. */
export const standInsOf = (primaryId: string, internalId: string): string[] =>
	internalId === '' ? [codeByPrimaryId(primaryId)] : [codeByPrimaryId(primaryId), codeByInternalId(internalId)];

/** Whether a code or a need's key names a product in place of a stock code. */
export const isStandIn = (code: string): boolean => code.startsWith(BY_PRIMARY_ID) || code.startsWith(BY_INTERNAL_ID);

/** The need of a stock item that is given by its code or by a stand-in for it. */
export const needOf = (code: string): Need =>
	isStandIn(code) ? { kind: 'stockItem', key: code } : stockItemNeed(code);

/** The record that came from this product, whatever its stock code. */
export const stockItemNeedByPrimaryId = (primaryId: string): Need => needOf(codeByPrimaryId(primaryId));

/** The primary id that a need names; null when it names something else. */
export const primaryIdOfNeed = (need: Need): string | null => idAfter(BY_PRIMARY_ID, need.key);
/** The internal id that a need names; null when it names something else. */
export const internalIdOfNeed = (need: Need): string | null => idAfter(BY_INTERNAL_ID, need.key);

const idAfter = (prefix: string, code: string): string | null =>
	code.startsWith(prefix) ? code.slice(prefix.length) : null;

/** A need or a code as a person reads it. */
export const needInWords = (code: string): string =>
	isStandIn(code) ? `product ${code.slice(code.indexOf(':') + 1)}` : code;
