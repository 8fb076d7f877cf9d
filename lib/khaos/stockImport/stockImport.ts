import type { KhaosClient } from '../webServices/client';
import { readImportSummary, type ImportSummary } from './importSummary';
import { stockTable, type StockRow } from './stockTable';

/** Rows a call: more, and Khaos refuses the whole call (contract 3). */
export const IMPORT_BATCH = 25;

/**
 * ImportStockTSV with these rows, at most 25 (contract 3): creates the items that Khaos doesn't hold and updates the others.
 * The summary only explains: what was imported is found out by reading back.
 *
 * @param stockCodes of the items, where the rows say others: an SCS row says its parent's
 *
 * Throws KhaosFault, KhaosUnknownOutcome, StockTableError; RangeError for no row or more than 25.
 */
export async function importStock(
	client: KhaosClient,
	rows: StockRow[],
	stockCodes: string[] = [],
): Promise<ImportSummary> {
	if (rows.length === 0 || rows.length > IMPORT_BATCH) {
		throw new RangeError(`ImportStockTSV takes 1 to ${IMPORT_BATCH} rows a call, not ${rows.length}`);
	}
	const result = await client.call('ImportStockTSV', [{ name: 'StockData', type: 'string', value: stockTable(rows) }]);
	return readImportSummary(result, [...new Set([...stockCodes, ...rows.map((row) => row.STOCK_CODE ?? '')])]);
}
