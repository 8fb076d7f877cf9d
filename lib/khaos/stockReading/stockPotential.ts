import type { KhaosClient } from '../webServices/client';
import { MAPPING_TYPE, readingOf } from './stockExport';
import { resultDocument } from '../webServices/soap';
import { childOf, sameName, valueOf, walk, XmlError, type XmlElement } from '../webServices/xml';

/** Codes a call, as in clients of real servers (contract 8). */
export const POTENTIAL_BATCH = 500;

/** What is there of an item, on its way, owed, and could be built; amounts are decimal text. Never written by this package. */
export interface StockPotential {
	stockCode: string;
	otherRef: string;
	description: string;
	available: string;
	onOrder: string;
	backOrder: string;
	potential: string;
}

function potentialsIn(result: XmlElement): StockPotential[] {
	const document = resultDocument(result);
	if (document === null) return [];
	const rows = [...walk(document)].flatMap((element) => {
		// An element, not an attribute: what refers to a row has no members.
		const stockCode = childOf(element, 'StockCode')?.text.trim();
		if (!stockCode) return [];
		const shown = (...names: string[]) => valueOf(element, ...names) ?? '';
		return [
			{
				stockCode,
				otherRef: shown('OtherRef'),
				description: shown('StockDesc'),
				available: shown('Available'),
				onOrder: shown('OnOrder'),
				backOrder: shown('BackOrder'),
				potential: shown('Potential'),
			},
		];
	});
	if (rows.length === 0 && [...walk(document)].some((element) => sameName(element.name) === 'available')) {
		throw new XmlError(`it holds levels in a shape that isn't known (its root is ${document.name})`);
	}
	return rows;
}

/**
 * GetStockPotential for these codes, at most 500 (contract 2.4). No public document names its parameters; these are the
 * names that ExportStockStatus has.
 *
 * Throws KhaosFault and KhaosUnknownOutcome; RangeError for more than 500 codes or a comma among several.
 */
export async function getStockPotential(client: KhaosClient, stockCodes: string[]): Promise<StockPotential[]> {
	if (stockCodes.length === 0) return [];
	if (stockCodes.length > POTENTIAL_BATCH) {
		throw new RangeError(`GetStockPotential takes ${POTENTIAL_BATCH} codes a call, not ${stockCodes.length}`);
	}
	if (stockCodes.length > 1 && stockCodes.some((code) => code.includes(','))) {
		throw new RangeError('A stock code with a comma has to be asked for alone');
	}
	const result = await client.call('GetStockPotential', [
		{ name: 'StockCodes', type: 'string', value: stockCodes.join(',') },
		{ name: 'MappingType', type: 'int', value: MAPPING_TYPE.stockCode },
	]);
	return readingOf('GetStockPotential', () => potentialsIn(result));
}
