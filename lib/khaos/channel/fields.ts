import Big from 'big.js';

import { keyOf } from '../../shapes';
import { decimal, listText, TAX_RATES, yesOrNo } from '../comparison';
import { DataItem, Decimal, Several, type Members, type Value } from './document';
import type { ChannelSettings } from './settings';
import type { Part } from './uploadDocument';

/**
 * The columns of the stock import that the channel's StockItem has a member for (khaos-control-api 4.5), each with how it
 * is told and how it is read back. What stands nowhere here can't be carried: country, commodity code, user-defined
 * attributes, suppliers (a supplier is named by a number that only Khaos knows) and any other column.
 */
export interface Field {
	column: string;
	/** Members of the StockItem, from the outside in. */
	path: readonly [string] | readonly [string, string];
	required: boolean;
	/** Undefined: the value can't be told (a Manufacturer without a name, say). */
	tell(text: string, settings: ChannelSettings): Value | undefined;
	/** In the import's own terms; '' where the item doesn't hold it. */
	read(item: Part, settings: ChannelSettings): string;
}

const at = (item: Part, path: Field['path']): Part | undefined => (path.length === 1 ? item : item.part(path[0]));
const last = (path: Field['path']): string => path[path.length - 1]!;

type Place = Field['path'];

const textField = (column: string, path: Place, required = false): Field => ({
	column,
	path,
	required,
	tell: (text) => text,
	read: (item) => at(item, path)?.text(last(path)) ?? '',
});

const numberField = (column: string, path: Place): Field => ({
	column,
	path,
	required: false,
	tell: (text) => new Decimal(decimal(text.trim() || '0')?.toFixed() ?? '0'),
	read: (item) => at(item, path)?.text(last(path)) ?? '',
});

const yesNoField = (column: string, option: string): Field => ({
	column,
	path: ['Options', option],
	required: true,
	tell: (text) => yesOrNo(text) ?? undefined,
	read: (item) => {
		const shown = item.part('Options')?.text(option) ?? '';
		const answer = yesOrNo(shown);
		return shown === '' || answer === null ? shown : answer ? '-1' : '0';
	},
});

const namedField = (column: string, member: string, required = false): Field => ({
	column,
	path: [member],
	required,
	tell: (text) => (text.trim() === '' ? undefined : new DataItem('Name', text)),
	read: (item) => item.item(member)?.name ?? '',
});

const side = (is: 'net' | 'gross'): 'Net' | 'Gross' => (is === 'net' ? 'Net' : 'Gross');

function priceField(
	column: string,
	path: Place,
	isOf: (settings: ChannelSettings) => 'net' | 'gross',
	required = false,
): Field {
	return {
		column,
		path,
		required,
		tell: (text, settings) => {
			const amount = decimal(text);
			return amount === null ? undefined : { [side(isOf(settings))]: new Decimal(amount.toFixed()) };
		},
		read: (item, settings) => {
			const price = at(item, path)?.part(last(path));
			const wanted = side(isOf(settings));
			const shown = price?.text(wanted) ?? '';
			if (price === undefined || shown !== '') return shown;
			// Khaos shows the other side only: it is the same price, to the penny.
			const other = decimal(price.text(wanted === 'Net' ? 'Gross' : 'Net') ?? '');
			const rate = TAX_RATES[taxCode.read(item, settings)];
			if (other === null || rate === undefined) return '';
			const factor = new Big(100).plus(rate).div(100);
			return (wanted === 'Net' ? other.div(factor) : other.times(factor)).round(2, Big.roundHalfUp).toFixed();
		},
	};
}

/** What the documented tax codes are called, by the word that their names share (khaos-control-api 3.1). */
const TAX_NAMES: ReadonlyArray<[RegExp, string]> = [
	[/standard/i, '1'],
	[/zero/i, '2'],
	[/exempt/i, '3'],
	[/reduced/i, '4'],
];

const taxCode: Field = {
	column: 'TAX_CODE',
	path: ['TaxRate'],
	required: true,
	tell: (text, { taxRateBy }) =>
		text.trim() === '' ? undefined : new DataItem(taxRateBy === 'id' ? 'ID' : 'Code', text.trim()),
	read: (item, { taxRateBy }) => {
		const shown = item.item('TaxRate');
		if (shown === undefined) return '';
		const given = (taxRateBy === 'id' ? [shown.id, shown.code] : [shown.code, shown.id]).find(
			(code) => TAX_RATES[code] !== undefined,
		);
		return given ?? TAX_NAMES.find(([word]) => word.test(shown.name))?.[1] ?? (shown.name || shown.code || shown.id);
	},
};

/** The type under which Khaos keeps a feed's own StockIDs among the barcodes (khaos-control-api 4.5). */
const FEED_ID_TYPE = 'website';

const barcode: Field = {
	column: 'BARCODE',
	path: ['Barcodes'],
	required: false,
	tell: (text, { barcodeType }) => {
		if (text.trim() === '') return undefined;
		const type = barcodeType === '' ? undefined : new DataItem('Name', barcodeType);
		return new Several('StockBarcode', [{ Barcode: text.trim(), Type: type }]);
	},
	read: (item) => {
		const feedId = keyOf(item.text('StockCode') ?? '');
		const isFeedId = (one: Part, text: string): boolean => {
			const type = one.item('Type')?.name.trim().toLowerCase() ?? '';
			// Without the name of its type it is known by what it says.
			return type === FEED_ID_TYPE || (type === '' && text === feedId);
		};
		return listText(
			item
				.parts('Barcodes', 'Barcode')
				.map((one) => ({ one, text: (one.text('Barcode') ?? one.own).trim() }))
				.filter(({ one, text }) => text !== '' && !isFeedId(one, text))
				.map(({ text }) => text),
		);
	},
};

export const FIELDS: readonly Field[] = [
	textField('SHORT_DESC', ['ShortDescription'], true),
	priceField('BUY_PRICE', ['BuyPrice'], ({ buyPriceIs }) => buyPriceIs, true),
	priceField('SELL_PRICE', ['SellPrice'], ({ sellPriceIs }) => sellPriceIs, true),
	taxCode,
	namedField('STOCK_TYPE1', 'StockType1', true),
	namedField('STOCK_TYPE2', 'StockType2', true),
	namedField('STOCK_TYPE3', 'StockType3'),
	namedField('STOCK_TYPE4', 'StockType4'),
	yesNoField('WEB', 'PublishOnWeb'),
	yesNoField('DISCONTINUED', 'Discontinued'),
	yesNoField('DROP_SHIP', 'DropShipItem'),
	yesNoField('DISCOUNTS_DISABLED', 'DiscountsDisabled'),
	yesNoField('RUN_TO_ZERO', 'RunToZero'),
	yesNoField('VAT_RELIEF_QUALIFIED', 'VatReliefQualified'),
	yesNoField('CONTROLLED', 'StockControlled'),
	yesNoField('FREE_TEXT', 'FreeText'),
	yesNoField('NON_PHYSICAL', 'NonPhysical'),
	textField('OTHER_REF', ['OtherRef']),
	textField('LONG_DESC', ['LongDescription']),
	textField('EPOS_DESC', ['EposDescription']),
	namedField('MANUFACTURER', 'Manufacturer'),
	numberField('WEIGHT', ['AverageWeight']),
	numberField('HEIGHT', ['Height']),
	numberField('WIDTH', ['Width']),
	numberField('DEPTH', ['Depth']),
	numberField('REORDER_MULTIPLE', ['ReorderMultiple']),
	numberField('MIN_LEVEL', ['MinLevel']),
	numberField('SAFE_LEVEL', ['SafeLevel']),
	numberField('LEAD_TIME', ['LeadTime']),
	textField('AVAILABILITY', ['Availability']),
	priceField('SELL_PRICE_WEB', ['WebProperties', 'WebsitePrice'], ({ sellPriceIs }) => sellPriceIs),
	textField('WEB_TEASER', ['WebProperties', 'WebTeaser']),
	textField('META_TITLE', ['WebProperties', 'MetaTitle']),
	textField('META_DESCRIPTION', ['WebProperties', 'MetaDescription']),
	textField('META_KEYWORDS', ['WebProperties', 'MetaKeywords']),
	numberField('MAX_DISPLAY_QTY', ['WebProperties', 'MetaDisplayQty']),
	barcode,
];

const BY_COLUMN = new Map(FIELDS.map((field) => [field.column, field]));

/** Whether the channel has a place for a column. */
export const isCarried = (column: string): boolean => BY_COLUMN.has(column);

/** Put a value where it belongs in a StockItem. */
export function place(item: Members, path: Field['path'], value: Value): void {
	if (path.length === 1) {
		item[path[0]] = value;
		return;
	}
	const group = (item[path[0]] ??= {}) as Members;
	group[path[1]] = value;
}
