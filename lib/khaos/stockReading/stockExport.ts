import type { KhaosClient } from '../webServices/client';
import { compressedDocument } from '../webServices/compressedResult';
import { unreadableAnswer } from '../webServices/fault';
import { NO_DATE, resultDocument, type SoapParameter } from '../webServices/soap';
import { stockRecords, type StockRecord } from './stockRecord';
import { sameName, walk, XmlError, type XmlElement } from '../webServices/xml';

/** Codes a call: what the vendor's own module asks for (contract 8). */
export const EXPORT_BATCH = 50;

/** How a code is looked up (contract 2.3). */
export const MAPPING_TYPE = { stockCode: '1', otherRef: '2', shortDescription: '4' } as const;

/** What the vendor's own module sends as CompressionMethod (contract 2.1): a zip. */
const COMPRESSION_METHOD = '0';

/** Run the reading of an answer; what can't be read is an answer of unknown outcome, as for any call. */
export function readingOf<T>(method: string, read: () => T): T {
	const outcome = attempt(read);
	if (outcome instanceof XmlError) throw unreadableAnswer(method, outcome.message);
	return outcome;
}

function attempt<T>(read: () => T): T | XmlError {
	try {
		return read();
	} catch (error) {
		return error instanceof XmlError ? error : new XmlError(error instanceof Error ? error.message : String(error));
	}
}

function recordsIn(document: XmlElement | null): StockRecord[] {
	if (document === null) return [];
	if (document.children.length === 0 && document.text.trim() !== '') {
		throw new XmlError(`it is a text, not a list of stock items: ${document.text}`);
	}
	const records = stockRecords(document);
	// Something of items, but none that can be read: taken as "none" it would have every item created again.
	const codes = [...walk(document)].some(
		(element) =>
			sameName(element.name) === 'stockcode' || (element.children.length === 0 && /STOCK_?CODE/i.test(element.text)),
	);
	if (records.length === 0 && codes) {
		throw new XmlError(`it holds stock items in a shape that isn't known (its root is ${document.name})`);
	}
	return records;
}

/**
 * ExportStock for these codes, at most 50 (contract 2.5), or ExportStockCompressed where the client says so. A code that Khaos doesn't hold is absent; SCS children come with
 * the code of their parent. A code with a comma can't be asked for together with others (contract 2.3).
 *
 * Throws KhaosFault and KhaosUnknownOutcome; RangeError for more than 50 codes or a comma among several.
 */
export async function exportStock(
	client: KhaosClient,
	stockCodes: string[],
	mappingType: string = MAPPING_TYPE.stockCode,
): Promise<StockRecord[]> {
	if (stockCodes.length === 0) return [];
	if (stockCodes.length > EXPORT_BATCH)
		throw new RangeError(`ExportStock takes ${EXPORT_BATCH} codes a call, not ${stockCodes.length}`);
	if (stockCodes.length > 1 && stockCodes.some((code) => code.includes(','))) {
		throw new RangeError('A stock code with a comma has to be asked for alone');
	}
	const asked: SoapParameter[] = [
		{ name: 'StockCode', type: 'string', value: stockCodes.join(',') },
		{ name: 'MappingType', type: 'int', value: mappingType },
		{ name: 'LastUpdated', type: 'dateTime', value: NO_DATE },
	];
	if (client.compressedExports) {
		const packed = await client.call('ExportStockCompressed', [
			...asked,
			{ name: 'CompressionMethod', type: 'int', value: COMPRESSION_METHOD },
		]);
		return readingOf('ExportStockCompressed', () => recordsIn(compressedDocument(packed)));
	}
	const result = await client.call('ExportStock', asked);
	return readingOf('ExportStock', () => recordsIn(resultDocument(result)));
}

/** Codes in calls of at most 50 (or as said), those with a comma in a call each. */
export function exportBatches(stockCodes: string[], size = EXPORT_BATCH): string[][] {
	const together = stockCodes.filter((code) => !code.includes(','));
	const batches: string[][] = [];
	for (let at = 0; at < together.length; at += size) batches.push(together.slice(at, at + size));
	return [...batches, ...stockCodes.filter((code) => code.includes(',')).map((code) => [code])];
}
