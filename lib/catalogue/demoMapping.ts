import type { FieldMapping, MappingProfileInput } from './profile';

type Row = Pick<FieldMapping, 'column'> & { attribute: string };

/**
 * Which attribute of the demo account goes into which column of Khaos. Columns beyond those that the vendor documents (the
 * long description, barcode, weight and so on) carry the names of Khaos's own export and may differ at a site; they are
 * rows of the mapper like any other.
 */
const DEMO_ROWS: readonly Row[] = [
	{ column: 'CONTROLLED', attribute: 'stockControlled' },
	{ column: 'SHORT_DESC', attribute: 'itemName' },
	{ column: 'LONG_DESC', attribute: 'longDescription' },
	{ column: 'STOCK_TYPE1', attribute: 'stockType1' },
	{ column: 'STOCK_TYPE2', attribute: 'stockType2' },
	{ column: 'BUY_PRICE', attribute: 'costPrice' },
	{ column: 'SELL_PRICE', attribute: 'sellPrice' },
	{ column: 'TAX_CODE', attribute: 'taxCode' },
	{ column: 'WEIGHT', attribute: 'weightKg' },
	{ column: 'BARCODE', attribute: 'barcode' },
	{ column: 'MANUFACTURER', attribute: 'brand' },
	{ column: 'DISCONTINUED', attribute: 'discontinued' },
	{ column: 'Harmonisation:Code', attribute: 'commodityCode' },
	{ column: 'Harmonisation:Country', attribute: 'countryOfOrigin' },
	{ column: 'UDA:Colour', attribute: 'colour' },
	{ column: 'UDA:Size', attribute: 'size' },
	{ column: 'UDA:Material', attribute: 'material' },
];

/** The demo account's mapping, and what the mapper node starts with. */
export const DEMO_MAPPING = {
	stockCode: { from: 'primaryId' },
	productType: {
		attribute: 'productType',
		values: { simple: ['Simple'], variantParent: ['VariantParent'], variant: ['Variant'], bundle: ['Bundle'] },
	},
	variantParentColumns: { CONTROLLED: '0' },
	waitForParents: 'all',
	fields: DEMO_ROWS.map(({ column, attribute }) => ({ column, source: { from: 'attribute' as const, attribute } })),
} satisfies MappingProfileInput;

/** The demo account's bundles (`SKU*2|SKU*1`, packs) and its price lists, for a sync that delivers kits and prices as well. */
export const DEMO_KITS_AND_PRICES = {
	kits: { components: { from: 'text', attribute: 'components' } },
	prices: {
		rows: [
			{ attribute: 'tradePrice', priceList: 'Trade' },
			{ attribute: 'outletPrice', priceList: 'Outlet' },
		],
		priceAttributes: ['costPrice', 'sellPrice', 'tradePrice', 'outletPrice'],
	},
} satisfies Partial<MappingProfileInput>;
