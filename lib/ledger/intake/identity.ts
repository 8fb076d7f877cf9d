import type { Change, Reason } from '../../shapes';
import { stockKeyOf } from './addParts';
import type { ExceptionType } from '../exceptions/exceptions';
import type { KnownProduct } from './products';

interface Conflict {
	type: ExceptionType;
	reason: Reason;
}

/** A record belongs to the primary id that claimed it first. */
export function identityConflict(change: Change, owner: string | null, product: KnownProduct): Conflict | null {
	const code = String((change.desired as { stockCode?: unknown }).stockCode ?? change.key);
	const key = stockKeyOf(change);
	if (owner !== null && owner !== change.source.primaryId) {
		return {
			type: 'duplicateStockCode',
			reason: {
				field: 'STOCK_CODE',
				value: code,
				reason: `Products ${owner} and ${change.source.primaryId} both have the stock code ${code}; it belongs to ${owner}, which came first.`,
				remedy: `Give ${change.source.primaryId} a stock code of its own in Pimberly.`,
			},
		};
	}
	if (product.stockKey !== null && product.stockKey !== key) {
		return {
			type: 'stockCodeChanged',
			reason: {
				field: 'STOCK_CODE',
				value: code,
				reason: `The stock code of product ${change.source.primaryId} changed from ${product.stockKey} to ${code}. Khaos would keep the old item and make a second one, so nothing was written.`,
				remedy: `Put the code ${product.stockKey} back in Pimberly, or, if the new code is meant, rename the item in Khaos Control and then let ${code} go with Sequencer: Release, A Hold.`,
			},
		};
	}
	return null;
}
