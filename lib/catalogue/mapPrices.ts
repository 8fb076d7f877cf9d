import Big from 'big.js';
import { castCurrency, shown } from '../pimberly/values';
import type { DesiredPrice, Product, Reason, Warning } from '../shapes';
import { attributeOf } from './components';
import type { PriceRow } from './priceProfile';
import type { MappingProfile } from './profile';

/** The price-list rows of one product, and what is wrong with its other prices: each price stands for itself. */
export interface PriceParts {
	prices: Array<{ desired: DesiredPrice; warnings: Warning[] }>;
	reasons: Reason[];
}

/** What the vendor's file takes: 18 digits, two of them decimals (khaos-control-api 6). */
const MOST = new Big('9999999999999999.99');

/**
 * The price-list rows that a product has by the profile, one for each price attribute with a value. An attribute without
 * one is no row; what is no amount is a reason.
 */
export function mapPrices(product: Product, stockCode: string, profile: MappingProfile): PriceParts {
	const parts: PriceParts = { prices: [], reasons: unmappedPrices(product, profile) };
	for (const row of profile.prices.rows) {
		const amount = amountOf(product, row);
		if ('reason' in amount) parts.reasons.push({ field: row.attribute, ...amount });
		else if (amount.amount !== null) {
			const { priceList, bandLow, bandHigh, currency, net } = row;
			const desired = { stockCode, priceList, bandLow, bandHigh, amount: amount.amount, currency, net };
			parts.prices.push({ desired, warnings: amount.warnings });
		}
	}
	return parts;
}

type Amount = { amount: string | null; warnings: Warning[] } | { value: string; reason: string; remedy: string };

/** With two decimals, as the file has it: then 36.4 and 36.40 are one price. Null: there is no price. */
function amountOf(product: Product, { attribute, priceList }: PriceRow): Amount {
	const cast = castCurrency(attributeOf(product, attribute));
	if (!cast.ok) {
		const reason = `${cast.reason} The price list ${priceList} takes a plain decimal number.`;
		return { value: cast.shown, reason, remedy: cast.remedy };
	}
	if (cast.value === null) return { amount: null, warnings: [] };
	const number = new Big(cast.value);
	const value = shown(cast.value);
	const remedy = `Correct ${attribute} in Pimberly.`;
	if (number.lt(0)) return { value, reason: `“${value}” is below zero, which a price can't be.`, remedy };
	if (!number.round(2).eq(number)) {
		return { value, reason: `“${value}” has more than the two decimals that a price list takes.`, remedy };
	}
	if (number.gt(MOST)) return { value, reason: `“${value}” has more digits than a price list takes.`, remedy };
	const warnings = number.eq(0)
		? [{ field: attribute, message: `${attribute} is nought: in ${priceList} the product costs nothing.` }]
		: [];
	return { amount: number.toFixed(2), warnings };
}

/** Prices that no row of the mapping sends anywhere, of those that must not be forgotten. */
function unmappedPrices(product: Product, { prices, fields }: MappingProfile): Reason[] {
	if (prices.priceAttributes.length === 0) return [];
	const mapped = new Set([
		...prices.rows.map(({ attribute }) => attribute),
		...fields.flatMap(({ source }) => (source.from === 'attribute' ? [source.attribute] : [])),
	]);
	const guarded = prices.priceAttributes.map(patternOf);
	return Object.entries(product.attributes).flatMap(([attribute, value]): Reason[] => {
		const isForgotten = !mapped.has(attribute) && guarded.some((pattern) => pattern.test(attribute));
		if (!isForgotten || isEmpty(value)) return [];
		return [
			{
				field: attribute,
				value: shown(value),
				reason: `${attribute} is a price, and the mapping sends it nowhere.`,
				remedy: `Add a row for ${attribute} to Price Lists in the mapper, or take it off Price Attributes.`,
				type: 'unmappedPrice',
			},
		];
	});
}

const patternOf = (name: string): RegExp =>
	new RegExp(
		`^${name
			.split('*')
			.map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
			.join('.*')}$`,
		'i',
	);

function isEmpty(value: unknown): boolean {
	if (Array.isArray(value)) return value.every(isEmpty);
	return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
