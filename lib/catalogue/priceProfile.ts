import { z } from 'zod';

/** The widest band that the vendor's file takes: five digits (khaos-control-api 6). */
export const WIDEST_BAND = { low: 1, high: 99_999 } as const;

const band = z
	.number()
	.int('A quantity band takes whole numbers.')
	.min(WIDEST_BAND.low, 'A quantity band starts at 1.')
	.max(WIDEST_BAND.high, `A quantity band ends at ${WIDEST_BAND.high} at most.`);

/** One price of a product: the attribute that holds it, and the row of a price list that it is. */
export const priceRowSchema = z.object({
	attribute: z.string().trim().min(1, 'Name the attribute that holds the price.'),
	/** As Khaos spells it: an import skips a list that it doesn't know without a word. */
	priceList: z
		.string()
		.trim()
		.min(1, 'Name the price list.')
		.regex(/^[^\t\r\n|]*$/, 'The name of a price list holds no tabs, line breaks or |.'),
	bandLow: band.default(WIDEST_BAND.low),
	bandHigh: band.default(WIDEST_BAND.high),
	/** ISO 4217; '' for Khaos's base currency. */
	currency: z
		.string()
		.trim()
		.toUpperCase()
		.regex(/^([A-Z]{3})?$/, 'A currency is three letters such as GBP; leave it empty for the base currency.')
		.default(''),
	/** Whether the list's prices are without tax. */
	net: z.boolean().default(true),
});
export type PriceRow = z.infer<typeof priceRowSchema>;

/** Which attributes are prices, of which row of which list. */
export const pricesSchema = z.object({
	rows: z.array(priceRowSchema).default([]),
	/** Names of price attributes that must not be forgotten, `*` standing for any letters: `*Price`. */
	priceAttributes: z.array(z.string().trim().min(1)).default([]),
	/** Every price list that Khaos has, where the mapping is to be checked against it; empty: not checked here. */
	knownLists: z.array(z.string().trim().min(1)).default([]),
});
export type PricesProfile = z.infer<typeof pricesSchema>;

const bandOf = ({ bandLow, bandHigh }: PriceRow): string => `${bandLow} to ${bandHigh}`;

/** What is wrong with the price lists of a mapping beyond its shape: before anything is sent, whatever the products hold. */
export function problemsOfPrices({ rows, knownLists }: PricesProfile): string[] {
	const problems: string[] = [];
	for (const row of rows) {
		if (row.bandLow > row.bandHigh) {
			problems.push(
				`Price list ${row.priceList}: the quantity band ${bandOf(row)} (${row.attribute}) ends before it starts.`,
			);
		}
		if (['STOCK_CODE', 'BAND_LOW', 'BAND_HIGH'].includes(row.priceList)) {
			problems.push(`Price list ${row.priceList}: that is the name of another column of Khaos’s price file.`);
		}
	}
	for (const [name, [first, ...others]] of byList(rows)) {
		const spelled = new Set([first.priceList, ...others.map(({ priceList }) => priceList)]);
		if (spelled.size > 1)
			problems.push(`A price list is spelled ${[...spelled].join(' and ')}; write it as Khaos does.`);
		const currencies = new Set([first, ...others].map(({ currency }) => currency || 'the base currency'));
		if (currencies.size > 1) {
			problems.push(
				`Price list ${first.priceList} is in ${[...currencies].join(' and in ')}; a list has one currency.`,
			);
		}
		if (others.some(({ net }) => net !== first.net)) {
			problems.push(
				`Price list ${first.priceList} is net in one row and gross in another; Khaos keeps that for the whole list.`,
			);
		}
		if (knownLists.length > 0 && !knownLists.some((known) => known.toLowerCase() === name)) {
			problems.push(`Price list ${first.priceList} is not among the Known Price Lists (${knownLists.join(', ')}).`);
		}
		problems.push(...overlapsOf([first, ...others]));
	}
	return problems;
}

function byList(rows: PriceRow[]): Map<string, [PriceRow, ...PriceRow[]]> {
	const lists = new Map<string, [PriceRow, ...PriceRow[]]>();
	for (const row of rows) {
		const name = row.priceList.toLowerCase();
		const list = lists.get(name);
		if (list === undefined) lists.set(name, [row]);
		else list.push(row);
	}
	return lists;
}

function overlapsOf(rows: PriceRow[]): string[] {
	const sorted = [...rows].sort((one, other) => one.bandLow - other.bandLow);
	return sorted.slice(1).flatMap((row, index) => {
		const before = sorted[index]!;
		if (row.bandLow > before.bandHigh) return [];
		return [
			`Price list ${row.priceList}: the quantity bands ${bandOf(before)} (${before.attribute}) and ${bandOf(row)} (${row.attribute}) overlap.`,
		];
	});
}
