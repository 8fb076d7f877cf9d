import { keyOf, type Need } from '../shapes';

/**
 * What a stock item needs before it may be sent. Usually the parent's key is known: its primary id, or what the variant
 * itself says its parent's stock code is. Where the stock code is another attribute, the variant only knows its parent's
 * primary id; then the need names that, and the ledger, which keeps the primary id of every record, finds the record.
 * Keys are in upper case, so `primaryId:` can't be the start of one.
 */
const BY_PRIMARY_ID = 'primaryId:';

export const stockItemNeed = (stockCode: string): Need => ({ kind: 'stockItem', key: keyOf(stockCode) });

/** The record that came from this product, whatever its stock code. */
export const stockItemNeedByPrimaryId = (primaryId: string): Need => ({
	kind: 'stockItem',
	key: `${BY_PRIMARY_ID}${primaryId}`,
});

/** The primary id that a need names; null when it names a stock code. */
export const primaryIdOfNeed = (need: Need): string | null =>
	need.key.startsWith(BY_PRIMARY_ID) ? need.key.slice(BY_PRIMARY_ID.length) : null;
