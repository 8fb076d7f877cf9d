import type { KhaosClient } from '../webServices/client';
import { decimal } from '../comparison';
import { EXPORT_BATCH, MAPPING_TYPE, readingOf } from './stockExport';
import { NO_DATE, resultDocument } from '../webServices/soap';
import { valueOf, walk, XmlError, type XmlElement } from '../webServices/xml';

/** The level of an item at a site, as Khaos says it; amounts are decimal text. Never written by this package. */
export interface StockStatus {
	stockCode: string;
	stockId: string;
	description: string;
	otherRef: string;
	site: string;
	level: string;
	/** What could still be built of its components. */
	buildPotential: string;
	/** `level` and `buildPotential` together: what can be sold (contract 2.6). */
	sellable: string;
	onOrder: string;
	/** Every child element by name, as text. */
	elements: Record<string, string>;
}

function statusesIn(result: XmlElement): StockStatus[] {
	const document = resultDocument(result);
	if (document === null) return [];
	if (document.children.length === 0 && document.text.trim() !== '') {
		throw new XmlError(`it is a text, not a list of levels: ${document.text}`);
	}
	return [...walk(document)]
		.filter((element) => element.name.toUpperCase() === 'STOCK_ITEM')
		.map((item) => {
			const level = valueOf(item, 'LEVEL') ?? '';
			const buildPotential = valueOf(item, 'BUILD_POTENTIAL_CHILDREN') ?? '';
			const [held, buildable] = [decimal(level), decimal(buildPotential)];
			return {
				stockCode: valueOf(item, 'CODE', 'STOCK_CODE') ?? '',
				stockId: valueOf(item, 'ID', 'STOCK_ID') ?? '',
				description: valueOf(item, 'DESC', 'STOCK_DESC') ?? '',
				otherRef: valueOf(item, 'OTHER_REF') ?? '',
				site: valueOf(item, 'SITE') ?? '',
				level,
				buildPotential,
				sellable: held === null ? '' : (buildable === null ? held : held.plus(buildable)).toString(),
				onOrder: valueOf(item, 'ON_ORDER_LEVEL') ?? '',
				elements: Object.fromEntries(item.children.map((child) => [child.name, child.text.trim()])),
			};
		});
}

/**
 * ExportStockStatus for these codes, at most 50: a row for each item and site (contract 2.6). `siteId` -1: all sites.
 *
 * Throws KhaosFault and KhaosUnknownOutcome; RangeError for more than 50 codes.
 */
export async function exportStockStatus(
	client: KhaosClient,
	stockCodes: string[],
	siteId = '-1',
): Promise<StockStatus[]> {
	if (stockCodes.length === 0) return [];
	if (stockCodes.length > EXPORT_BATCH) throw new RangeError(`${stockCodes.length} codes are too many for one call`);
	if (stockCodes.length > 1 && stockCodes.some((code) => code.includes(','))) {
		throw new RangeError('A stock code with a comma has to be asked for alone');
	}
	const result = await client.call('ExportStockStatus', [
		{ name: 'StockCodes', type: 'string', value: stockCodes.join(',') },
		{ name: 'MappingType', type: 'int', value: MAPPING_TYPE.stockCode },
		{ name: 'LastUpdated', type: 'dateTime', value: NO_DATE },
		{ name: 'SiteID', type: 'int', value: siteId },
	]);
	return readingOf('ExportStockStatus', () => statusesIn(result));
}
