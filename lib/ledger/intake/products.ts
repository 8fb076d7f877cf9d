import { jsonParameter, type Transaction } from '../store/database';

/** A product as the ledger last saw it. */
export interface KnownProduct {
	primaryId: string;
	internalId: string;
	/** The newest version seen. */
	version: string;
	/** The stock item it claimed. */
	stockKey: string | null;
	live: boolean;
	/** The version it was rejected at, while it is. */
	rejected: string | null;
}

interface ProductRow {
	primary_id: string;
	internal_id: string;
	version: string;
	stock_key: string | null;
	live: number;
	rejected: string | null;
}

/** What is known of these products, by primary id. */
export async function loadProducts(
	tx: Transaction,
	environmentId: number,
	primaryIds: string[],
): Promise<Map<string, KnownProduct>> {
	if (primaryIds.length === 0) return new Map();
	const rows = await tx.all<ProductRow>(
		`SELECT primary_id, internal_id, version, stock_key, live, rejected FROM products
		 WHERE environment_id = ? AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(primaryIds),
	);
	return new Map(
		rows.map((row) => [
			row.primary_id,
			{
				primaryId: row.primary_id,
				internalId: row.internal_id,
				version: row.version,
				stockKey: row.stock_key,
				live: row.live === 1,
				rejected: row.rejected,
			},
		]),
	);
}

/** Keeps all that is known of products but whether they are live. */
export async function saveProducts(
	tx: Transaction,
	environmentId: number,
	products: Iterable<KnownProduct>,
): Promise<void> {
	const rows = [...products].map((product) => ({
		primary_id: product.primaryId,
		internal_id: product.internalId,
		version: product.version,
		stock_key: product.stockKey,
		rejected: product.rejected,
	}));
	if (rows.length === 0) return;
	await tx.run(
		`INSERT INTO products (environment_id, primary_id, internal_id, version, stock_key, rejected, seen_at)
		 SELECT ?, r.primary_id, r.internal_id, r.version, r.stock_key, r.rejected, ?
		 FROM ${tx.dialect.rows('r', { primary_id: 'text', internal_id: 'text', version: 'text', stock_key: 'text', rejected: 'text' })} WHERE true
		 ON CONFLICT (environment_id, primary_id) DO UPDATE SET internal_id = excluded.internal_id, version = excluded.version,
			stock_key = excluded.stock_key, rejected = excluded.rejected, seen_at = excluded.seen_at`,
		environmentId,
		tx.now,
		jsonParameter(rows),
	);
}
