import { XMLParser } from 'fast-xml-parser';
import { VAT_RATES } from './columns';
import type { KhaosSettings } from '../settings';
import type { Xml } from './stockExport';
import type { KhaosStore } from './store';

const AMOUNT = /^\d{1,16}(\.\d{1,2})?$/;
const QUANTITY = /^[1-9]\d{0,4}$/;

/** What the import tool says afterwards. An entry that matches nothing is skipped without a word (khaos-control-api 6). */
export interface PriceImport {
	imported: number;
	refused: Array<{ line: number; code: string; reason: string }>;
}

interface PriceRow {
	line: number;
	list: string;
	code: string;
	low: string;
	high: string;
	amount: string;
}

function tableRows(file: string, blanks: KhaosSettings['blankPriceCells']): PriceRow[] {
	const lines = file.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
	const separator = lines[0]?.includes('\t') ? '\t' : ',';
	const header = (lines[0] ?? '').split(separator).map((name) => name.trim());
	const [codeAt, lowAt, highAt] = ['STOCK_CODE', 'BAND_LOW', 'BAND_HIGH'].map((name) => header.indexOf(name)) as [
		number,
		number,
		number,
	];
	if (codeAt < 0 || lowAt < 0 || highAt < 0)
		throw new Error('The price file needs the columns STOCK_CODE, BAND_LOW and BAND_HIGH');
	return lines.slice(1).flatMap((text, index) => {
		if (!text.trim()) return [];
		const cells = text.split(separator).map((cell) => cell.trim());
		return header.flatMap((list, at) =>
			[codeAt, lowAt, highAt].includes(at) || (!cells[at] && blanks === 'keep')
				? []
				: [
						{
							line: index + 2,
							list,
							code: cells[codeAt] ?? '',
							low: cells[lowAt] ?? '',
							high: cells[highAt] ?? '',
							amount: cells[at] ?? '',
						},
					],
		);
	});
}

/** The edited export, as the desktop's XML import wants it: without the declaration; calculated columns are ignored. */
function xmlRows(file: string): PriceRow[] {
	if (/^\s*<\?xml/.test(file)) throw new Error('Remove the <?xml ...?> line from the file');
	const parsed = new XMLParser({
		ignoreAttributes: false,
		parseTagValue: false,
		isArray: (name) => name === 'StockItem' || name.includes('CustomerClassifications'),
	}).parse(`<file>${file}</file>`) as unknown;
	const rows: PriceRow[] = [];
	const walk = (node: unknown): void => {
		if (Array.isArray(node)) node.forEach(walk);
		if (node === null || typeof node !== 'object' || Array.isArray(node)) return;
		const element = node as Record<string, unknown>;
		const list = element['@_CompClass'];
		if (typeof list === 'string') {
			for (const item of (element.StockItem ?? []) as Array<Record<string, string>>) {
				rows.push({
					line: rows.length + 1,
					list,
					code: item.StockCode ?? '',
					low: item.QtyStart ?? '',
					high: item.QtyEnd ?? '',
					amount: item.AmountValue ?? '',
				});
			}
			return;
		}
		Object.values(element).forEach(walk);
	};
	walk(parsed);
	return rows;
}

/**
 * A person imports a price file: the tab-separated one with a column for each list, or the desktop's XML
 * (khaos-control-api 6). Lists are never created.
 * @throws Error when the file is not one
 */
export function importPrices(
	store: KhaosStore,
	file: string,
	blanks: KhaosSettings['blankPriceCells'] = 'keep',
): PriceImport {
	const outcome: PriceImport = { imported: 0, refused: [] };
	for (const { line, list, code, low, high, amount } of file.trimStart().startsWith('<')
		? xmlRows(file)
		: tableRows(file, blanks)) {
		const item = store.get(code);
		const prices = store.priceLists[list];
		if (!item || !prices) continue;
		if (!QUANTITY.test(low) || !QUANTITY.test(high) || Number(low) > Number(high)) {
			outcome.refused.push({ line, code, reason: `The band ${low}-${high} is not valid` });
			continue;
		}
		if (amount === '') {
			delete prices.rows[item.code]?.[`${low}-${high}`];
			outcome.imported += 1;
			continue;
		}
		if (!AMOUNT.test(amount)) {
			outcome.refused.push({ line, code, reason: `"${amount}" is not an amount with up to two decimals` });
			continue;
		}
		const bands = (prices.rows[item.code] ??= {});
		const overlapped = Object.keys(bands).find((band) => {
			const [from, to] = band.split('-').map(Number) as [number, number];
			return band !== `${low}-${high}` && from <= Number(high) && Number(low) <= to;
		});
		if (overlapped) {
			outcome.refused.push({ line, code, reason: `The band ${low}-${high} overlaps ${overlapped}` });
			continue;
		}
		bands[`${low}-${high}`] = amount;
		outcome.imported += 1;
	}
	return outcome;
}

/** The document of ExportPriceList and ExportPriceListEx for the lists of these names that exist. */
export function exportPriceLists(store: KhaosStore, names: string[]): { document: Xml; rows: number } {
	let rows = 0;
	const lists = names.flatMap((name) => {
		const list = store.priceLists[name];
		if (!list) return [];
		const items = Object.entries(list.rows).flatMap(([code, bands]) => {
			const item = store.get(code);
			if (!item) return [];
			return Object.entries(bands).map(([band, amount]): Xml => {
				const [low = '1', high = '99999'] = band.split('-');
				rows += 1;
				return {
					StockID: String(item.stockId),
					StockCode: item.code,
					StockDesc: item.fields.SHORT_DESC ?? '',
					QtyStart: low,
					QtyEnd: high,
					CalculatedPrice: amount,
					OriginalCalculatedPrice: amount,
					AmountValue: amount,
					DiscountValue: '0',
					MarkUp: '0',
					BuyPrice: item.fields.BUY_PRICE ?? '',
					SellPrice: item.fields.SELL_PRICE ?? '',
					TaxRate: VAT_RATES[item.fields.TAX_CODE ?? ''] ?? '',
					Discontinued: item.fields.DISCONTINUED ?? '0',
				};
			});
		});
		return [
			{
				'@_CompClass': name,
				'@_PricelistNet': list.net ? '-1' : '0',
				...(items.length && { StockItem: items }),
			} as Xml,
		];
	});
	return {
		document: { PriceLists: { ...(lists.length && { 'StockItem-CustomerClassifications': lists }) } as Xml },
		rows,
	};
}
