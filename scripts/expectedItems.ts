import { decodeHTML } from 'entities';

/** A product of the demo account, from a catalogue or from Pimberly. */
export interface AccountProduct {
	primaryId: string;
	attributes: Record<string, unknown>;
}

/** What Khaos shows of one stock item, by the names of its export. */
export interface ShownItem {
	stockCode: string;
	/** Texts by element name, '' where an element is empty. */
	elements: Record<string, string>;
	barcodes: string[];
	/** User-defined attributes by name. */
	userDefined: Record<string, string>;
	/** Commodity codes; null where Khaos can't be asked. */
	commodityCodes: string[] | null;
	/** The components of its relation, where it is a kit. */
	components: Array<{ code: string; quantity: string }>;
	/** By the name of the price list, what one piece or any number of pieces costs; null where the lists can't be read. */
	prices: Record<string, string> | null;
	/** Countries beside them; null where nothing shows them (Khaos's own web services don't). */
	countries: string[] | null;
}

export interface Difference {
	primaryId: string;
	/** Which kind of change would bring it about. */
	kind: 'stockItem' | 'kit' | 'price';
	field: string;
	expected: string;
	actual: string;
}

type Look = (item: ShownItem) => string | string[] | null;
type Rule = (expected: string, actual: string) => boolean;

interface ComparedField {
	attribute: string;
	look: Look;
	same: Rule;
	kind?: Difference['kind'];
	/** Products that it says something of; all, where it is left out. */
	of?: (product: AccountProduct) => boolean;
}

/**
 * An independent look at what the sync has done: the attributes of the demo account beside what Khaos's export shows, with
 * none of the package's own mapping or comparison in between. Values are compared by what they mean: numbers as numbers,
 * yes and no in any spelling, texts without regard to entities, line breaks and the case that Khaos may rewrite.
 */
export function differencesOf(product: AccountProduct, item: ShownItem | undefined): Difference[] {
	const { primaryId } = product;
	if (!item)
		return [{ primaryId, kind: 'stockItem', field: 'stock code', expected: primaryId, actual: 'not in Khaos' }];
	return FIELDS.flatMap(({ attribute, look, same, kind = 'stockItem', of = () => true }) => {
		if (!of(product)) return [];
		const actual = look(item);
		if (actual === null) return [];
		const expected = expectedText(product, attribute);
		const shown = Array.isArray(actual) ? actual : [actual];
		if (expected === '' && shown.every((text) => saysNothing(text) || same('', text))) return [];
		if (expected !== '' && shown.some((text) => same(expected, text))) return [];
		return [{ primaryId, kind, field: attribute, expected, actual: shown.join(', ') }];
	});
}

/** Is the product meant for Khaos? In the demo account readyForErp says so. */
export function isReady(product: AccountProduct): boolean {
	return yesOrNo(textOf(product.attributes.readyForErp)) === true;
}

/** The status that Pimberly should show of a product that is as it should be in Khaos; what is discontinued is not Live. */
export function expectedStatus(product: AccountProduct): 'Live' | 'Pending' {
	return yesOrNo(textOf(product.attributes.discontinued)) === true ? 'Pending' : 'Live';
}

export function isDiscontinued(product: AccountProduct): boolean {
	return yesOrNo(textOf(product.attributes.discontinued)) === true;
}

const element =
	(name: string): Look =>
	(item) =>
		item.elements[name] ?? '';
const userDefined =
	(name: string): Look =>
	(item) =>
		item.userDefined[name] ?? '';

const FIELDS: ComparedField[] = [
	{ attribute: 'itemName', look: element('STOCK_DESC'), same: sameDescription },
	{ attribute: 'longDescription', look: element('LONG_DESC'), same: sameText },
	{ attribute: 'stockType1', look: element('STOCK_TTYPE'), same: sameText },
	{ attribute: 'stockType2', look: element('STOCK_TYPE'), same: sameText },
	{ attribute: 'costPrice', look: element('BUY_PRICE'), same: sameNumber },
	{ attribute: 'sellPrice', look: element('SELL_PRICE'), same: sameNumber },
	{ attribute: 'taxCode', look: element('VAT_RATE'), same: sameTaxRate },
	{ attribute: 'weightKg', look: element('WEIGHT'), same: sameNumber },
	{ attribute: 'stockControlled', look: element('STOCK_CONTROLLED'), same: sameYesOrNo },
	{ attribute: 'discontinued', look: element('DISCONTINUED'), same: sameYesOrNo },
	{ attribute: 'barcode', look: (item) => (item.barcodes.length === 0 ? '' : item.barcodes), same: sameText },
	{ attribute: 'brand', look: element('MANUFACTURER'), same: sameText },
	{ attribute: 'colour', look: userDefined('Colour'), same: sameList },
	{ attribute: 'size', look: userDefined('Size'), same: sameList },
	{ attribute: 'material', look: userDefined('Material'), same: sameList },
	{ attribute: 'commodityCode', look: (item) => orEmpty(item.commodityCodes), same: sameText },
	{ attribute: 'countryOfOrigin', look: (item) => orEmpty(item.countries), same: sameText },
	{
		attribute: 'components',
		look: ({ components }) => components.map(({ code, quantity }) => `${code}*${quantity}`).join('|'),
		same: sameComponents,
		kind: 'kit',
		of: (product) => textOf(product.attributes.productType) === 'Bundle',
	},
	...[
		['tradePrice', 'Trade'],
		['outletPrice', 'Outlet'],
	].map(
		([attribute = '', list = '']): ComparedField => ({
			attribute,
			look: ({ prices }) => (prices === null ? null : (prices[list] ?? '')),
			same: sameNumber,
			kind: 'price',
			// Nothing takes a price out of a list again.
			of: (product) => textOf(product.attributes[attribute]) !== '',
		}),
	),
];

const orEmpty = (values: string[] | null): string | string[] | null => (values?.length === 0 ? '' : values);

/** The demo account's rules: parents of variants hold no stock, and a commodity code goes only together with a country. */
function expectedText(product: AccountProduct, attribute: string): string {
	const value = textOf(product.attributes[attribute]);
	if (attribute === 'stockControlled' && textOf(product.attributes.productType) === 'VariantParent') return 'false';
	if (attribute === 'stockControlled' && value === '') return 'true';
	if (attribute === 'taxCode' && value === '') return '1';
	const both = ['commodityCode', 'countryOfOrigin'];
	if (both.includes(attribute) && both.some((name) => textOf(product.attributes[name]) === '')) return '';
	return value;
}

/** A value as text; a list joined with commas. */
function textOf(value: unknown): string {
	if (value === undefined || value === null) return '';
	return Array.isArray(value) ? value.map(textOf).join(', ') : String(value).trim();
}

/** What a text says: entities decoded whichever way Khaos returns them, white space and control characters as one space. */
function meaning(text: string): string {
	let decoded = text.normalize('NFC');
	for (let before = ''; before !== decoded; ) {
		before = decoded;
		decoded = decodeHTML(decoded);
	}
	return decoded
		.replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
		.replace(/\s*([<>])\s*/g, '$1')
		.trim();
}

function sameText(expected: string, actual: string): boolean {
	return meaning(expected) === meaning(actual);
}

const DESCRIPTION_LIMIT = 250;

/** By way of capitals: some letters have none of their own (ß becomes SS). */
const caseless = (text: string): string => meaning(text).toUpperCase().toLowerCase();

function sameDescription(expected: string, actual: string): boolean {
	const [wanted, found] = [caseless(expected), caseless(actual)];
	return wanted === found || (wanted.length > DESCRIPTION_LIMIT && wanted.slice(0, DESCRIPTION_LIMIT).trim() === found);
}

/** Decimals in one spelling, as text: no binary floats between a price and its copy. */
function plainDecimal(text: string): string | null {
	const parts = /^([+-]?)(\d*)\.?(\d*)$/.exec(text.trim());
	if (!parts || (parts[2] === '' && parts[3] === '')) return null;
	const whole = parts[2]!.replace(/^0+/, '');
	const fraction = parts[3]!.replace(/0+$/, '');
	const number = `${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`;
	return parts[1] === '-' && number !== '0' ? `-${number}` : number;
}

function sameNumber(expected: string, actual: string): boolean {
	const [wanted, found] = [plainDecimal(expected), plainDecimal(actual === '' ? '0' : actual)];
	return wanted !== null && wanted === found;
}

/** The percentages that Khaos's tax codes stand for. */
const TAX_RATES: Record<string, string> = { 1: '20', 2: '0', 3: '0', 4: '5', 5: '17.5', 6: '15' };

function sameTaxRate(expected: string, actual: string): boolean {
	const rate = TAX_RATES[expected];
	return rate !== undefined && sameNumber(rate, actual.replace('%', ''));
}

function yesOrNo(text: string): boolean | null {
	if (/^(-1|1|true|yes|y)$/i.test(text.trim())) return true;
	if (/^(0|false|no|n|)$/i.test(text.trim())) return false;
	return null;
}

/** `SKU*2|SKU` in whatever order: each component with its quantity, one where none stands. */
function sameComponents(expected: string, actual: string): boolean {
	const pieces = (text: string): string =>
		text
			.split('|')
			.map((piece) => piece.trim())
			.filter((piece) => piece !== '')
			.map((piece) => {
				const at = piece.lastIndexOf('*');
				const [code, quantity] = at < 0 ? [piece, '1'] : [piece.slice(0, at), piece.slice(at + 1)];
				return `${code.trim().toUpperCase()} x ${plainDecimal(quantity) ?? quantity}`;
			})
			.sort()
			.join('\n');
	return pieces(expected) === pieces(actual);
}

function sameYesOrNo(expected: string, actual: string): boolean {
	return yesOrNo(expected) !== null && yesOrNo(expected) === yesOrNo(actual);
}

function sameList(expected: string, actual: string): boolean {
	const values = (text: string): string =>
		meaning(text)
			.split(/\s*,\s*/)
			.map((value) => value.replace(/^"|"$/g, '').trim())
			.filter((value) => value !== '')
			.sort()
			.join('\n');
	return values(expected) === values(actual);
}

/** Khaos has no other way to hold "none" in a number or a yes/no field than nought. */
function saysNothing(text: string): boolean {
	return meaning(text) === '' || plainDecimal(text) === '0';
}
