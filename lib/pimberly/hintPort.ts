import type { Product } from '../shapes';

/** What a notification of Pimberly says: look at this product again. It is never taken for more than that. */
export interface Hint {
	/** `internalId`: Pimberly's own id, which is all that some notifications of a deletion carry (pimberly-api 4.2). */
	idKind: 'primaryId' | 'internalId';
	id: string;
	/** The notification said that the product was deleted; the re-read decides. */
	deleted: boolean;
}

/** A notification that is this execution's to follow. */
export interface TakenHint extends Hint {
	hintId: number;
	/** The primary id: as given, or that of the product known by this internal id. Null: nobody has seen it yet. */
	primaryId: string | null;
}

/** What the re-reading of hinted products needs of the Sync Ledger. */
export interface HintPort {
	/** Keep them. When this returns they survive a crash. A hint that is there already is due again. */
	add(hints: Hint[]): Promise<void>;

	/**
	 * Claim hints that are due, oldest first. Those that were emitted and have no receipt after the grace period are due
	 * again. Empty: none is.
	 */
	take(limit: number, leaseMs: number): Promise<{ token: string; hints: TakenHint[] }>;

	/** The primary ids of products that are known by these internal ids. */
	primaryIdsOf(internalIds: string[]): Promise<Map<string, string>>;

	/**
	 * These hints lead to these products, which are emitted under the token; Sequencer: Add gives the receipt that ends them.
	 * @returns hints that were ours still: only their products may be emitted
	 */
	emit(
		token: string,
		products: Array<{ hintId: number } & Pick<Product, 'primaryId' | 'dateUpdated'>>,
	): Promise<number[]>;

	/**
	 * These products were deleted in Pimberly: what is queued for them is dropped, and where a stock item was made of one, an
	 * exception says so. Nothing is deleted in Khaos.
	 */
	gone(token: string, products: Array<{ hintId: number; primaryId: string | null }>): Promise<void>;

	/** These need nothing more. */
	finish(token: string, hintIds: number[]): Promise<void>;

	/** These could not be read: they are due again after a while. */
	fail(token: string, hintIds: number[], message: string, retryAfterSeconds: number | null): Promise<void>;
}
