import Big from 'big.js';

import { keyOf, type DesiredPrice, type Difference, type PriceReadBack, type Reason } from '../../shapes';
import { decimal } from '../comparison';
import { invalidCode } from '../stockImport/importCode';
import { FIRST_QUANTITY, LAST_QUANTITY, type PriceList, type PriceRow } from './priceLists';
import { cellText } from '../stockImport/stockTable';

/** Amounts have at most 18 digits, two of them decimal places (contract 6). */
const AMOUNT = /^\d{1,16}(\.\d{1,2})?$/;

type Band = Pick<DesiredPrice, 'bandLow' | 'bandHigh'>;

const bandText = ({ bandLow, bandHigh }: Band): string => `${bandLow}-${bandHigh}`;

const sameBand = (one: Band, other: Band): boolean => one.bandLow === other.bandLow && one.bandHigh === other.bandHigh;
const overlaps = (one: Band, other: Band): boolean => one.bandLow <= other.bandHigh && other.bandLow <= one.bandHigh;

/** Which currency each list is in; Khaos's export doesn't show it. A list that isn't named is in the base currency. */
export interface ListCurrencies {
	base: string;
	byList: Record<string, string>;
}

const hasValue = (text: string): boolean => !(decimal(text)?.eq(0) ?? true);

/** A row whose price follows from another one: a discount on the sell price, or a mark-up on the buy price (contract 6). */
function ruleOf(row: PriceRow): string | null {
	if (hasValue(row.amount)) return null;
	if (hasValue(row.discount)) return `a discount of ${row.discount} %`;
	return hasValue(row.markUp) ? `a mark-up of ${row.markUp} %` : null;
}

/** The amount of a row as decimal text; '' for a rule, whose worth changes with another price. */
function plainAmountOf(row: PriceRow): string {
	if (ruleOf(row) !== null) return '';
	return (decimal(row.amount) ?? decimal(row.calculatedPrice))?.toFixed() ?? '';
}

/** The same for people: a rule in words. */
export const amountOf = (row: PriceRow): string => ruleOf(row) ?? plainAmountOf(row);

/** A price-list row that isn't there. */
const absentPrice = (price: DesiredPrice, net: boolean | null): PriceReadBack => ({
	exists: false,
	stockCode: price.stockCode,
	priceList: price.priceList,
	bandLow: price.bandLow,
	bandHigh: price.bandHigh,
	amount: '',
	net: net ?? price.net,
});

/** The rows of an exported list by the key of their item, for many look-ups. */
export function rowsByKey(list: PriceList): Map<string, PriceRow[]> {
	const rows = new Map<string, PriceRow[]>();
	for (const row of list.rows) {
		const key = keyOf(row.stockCode);
		const known = rows.get(key);
		if (known) known.push(row);
		else rows.set(key, [row]);
	}
	return rows;
}

/** The desired row of a list as Khaos shows it. */
export function priceReadBackOf(price: DesiredPrice, net: boolean | null, rows: PriceRow[]): PriceReadBack {
	const row = rows.find((one) => sameBand(one, price));
	if (!row) return absentPrice(price, net);
	return {
		exists: true,
		stockCode: row.stockCode,
		priceList: price.priceList,
		bandLow: row.bandLow,
		bandHigh: row.bandHigh,
		amount: plainAmountOf(row),
		net: net ?? price.net,
	};
}

/**
 * Field by field, where a price-list row is not what was desired; both amounts as plain decimals. `rows`: what the list holds
 * of the item, to say in words what is no amount.
 */
export function priceDifferences(price: DesiredPrice, readBack: PriceReadBack, rows: PriceRow[] = []): Difference[] {
	const field = fieldOf(price);
	const expected = new Big(price.amount).toFixed();
	if (!readBack.exists) return [{ field, expected, actual: null }];
	const held = decimal(readBack.amount);
	if (held?.eq(price.amount) === true) return [];
	const row = rows.find((one) => sameBand(one, price));
	return [{ field, expected, actual: row ? amountOf(row) : readBack.amount }];
}

/** How a row is named: its list and its band. */
const fieldOf = (price: DesiredPrice): string => `${price.priceList} ${bandText(price)}`;

/** What makes a price one that can't be sent, whatever Khaos holds: every reason at once. */
export function priceProblems(price: DesiredPrice): Reason[] {
	const problems: Reason[] = [];
	const add = (value: string, reason: string, remedy: string) =>
		problems.push({ field: fieldOf(price), value, reason, remedy });
	const of = `The price of ${price.stockCode} in ${price.priceList}`;
	const inCode = invalidCode(price.stockCode);
	if (inCode) add(price.stockCode, `The stock item ${inCode.reason}`, inCode.remedy);
	if (cellText(price.priceList) !== price.priceList || FIXED_COLUMNS.has(price.priceList)) {
		add(
			price.priceList,
			`${of} can't stand in an import file: no column can be headed so`,
			'Spell the price list as Khaos Control does, without spaces at its ends.',
		);
	}
	if (!AMOUNT.test(price.amount)) {
		add(
			price.amount,
			`${of} is ${price.amount}: Khaos takes plain decimals of nought or more with at most two places`,
			'Round the price in Pimberly, such as 21.00.',
		);
	}
	const { bandLow, bandHigh } = price;
	if (bandLow < FIRST_QUANTITY || bandHigh > LAST_QUANTITY || bandLow > bandHigh) {
		add(
			bandText(price),
			`${of} is for the quantities ${bandText(price)}: Khaos takes bands within ${FIRST_QUANTITY} and ${LAST_QUANTITY}`,
			'Correct the quantity band in the mapping.',
		);
	}
	return problems;
}

/** Columns of a price file that are no list's. */
const FIXED_COLUMNS: ReadonlySet<string> = new Set(['STOCK_CODE', 'BAND_LOW', 'BAND_HIGH']);

/** Prices of one item and list whose bands overlap, which Khaos refuses (contract 6): each with what is wrong with it. */
export function overlappingAmong<T extends DesiredPrice>(prices: T[]): Map<T, Reason> {
	const byItemAndList = new Map<string, T[]>();
	for (const price of prices) {
		const name = `${keyOf(price.stockCode)}\n${price.priceList}`;
		byItemAndList.set(name, [...(byItemAndList.get(name) ?? []), price]);
	}
	const problems = new Map<T, Reason>();
	for (const group of byItemAndList.values()) {
		for (const price of group) {
			const other = group.find((one) => one !== price && overlaps(one, price));
			if (other) problems.set(price, overlap(price, other, 'is to have'));
		}
	}
	return problems;
}

/** Rows that Khaos holds of the same item and list in another band, which this one would overlap. */
export function overlapInKhaos(price: DesiredPrice, rows: PriceRow[]): Reason | null {
	const other = rows.find((row) => !sameBand(row, price) && overlaps(row, price));
	return other ? overlap(price, other, 'holds') : null;
}

const overlap = (price: DesiredPrice, other: Band, has: 'holds' | 'is to have'): Reason => ({
	field: fieldOf(price),
	value: bandText(price),
	reason: `The band ${bandText(price)} of ${price.stockCode} in ${price.priceList} overlaps the band ${bandText(other)} that Khaos ${has}: Khaos refuses it`,
	remedy:
		has === 'holds'
			? `Remove the band ${bandText(other)} in Khaos Control (an import can't), or give the price that band in the mapping.`
			: 'Correct the quantity bands in the mapping, so that each quantity has one price.',
});

/** Why a price doesn't fit the list it is for: its name, its currency, or with or without tax. */
export function misfitsOf(
	price: DesiredPrice,
	list: Pick<PriceList, 'net'> | null,
	known: string[] | null,
	currencies: ListCurrencies,
): Reason[] {
	const field = fieldOf(price);
	if (list === null) return [unknownList(price, known ?? [])];
	const misfits: Reason[] = [];
	if (list.net !== null && list.net !== price.net) {
		const [of, is] = price.net ? ['without', 'with'] : ['with', 'without'];
		misfits.push({
			field,
			value: price.amount,
			reason: `The price of ${price.stockCode} is one ${of} tax, and the prices of ${price.priceList} are ${is} tax`,
			remedy: `Set the mapping of ${price.priceList} to prices ${is} tax, and map it to an attribute that holds them.`,
		});
	}
	const wanted = price.currency.trim().toUpperCase() || currencies.base;
	const held = currencies.byList[price.priceList] ?? currencies.base;
	if (wanted !== held) {
		misfits.push({
			field,
			value: `${price.amount} ${wanted}`,
			reason: `The price of ${price.stockCode} is in ${wanted}, and ${price.priceList} is in ${held}`,
			remedy: `Map the price to a list in ${wanted}. If ${price.priceList} is in ${wanted}, say so in 'Currencies of Price Lists' of the Price List node: Khaos doesn't show it.`,
		});
	}
	return misfits;
}

function unknownList(price: DesiredPrice, known: string[]): Reason {
	const alike = known.find((name) => keyOf(name) === keyOf(price.priceList));
	return {
		field: fieldOf(price),
		value: price.amount,
		reason:
			alike === undefined
				? `There is no price list ${price.priceList} in Khaos, and its import skips prices of unknown lists without a word (${price.stockCode})`
				: `Khaos calls the price list ${price.priceList} '${alike}', and its import skips lists that are spelled otherwise (${price.stockCode})`,
		remedy:
			alike === undefined
				? `Create the list in Khaos Control (System Data > Price Lists), or correct its name in the mapping. Khaos has: ${known.join(', ') || 'none'}.`
				: `Write '${alike}' in the mapping.`,
	};
}
