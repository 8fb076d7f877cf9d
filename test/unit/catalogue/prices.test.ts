import fc from 'fast-check';
import { parseProfile } from '../../../lib/catalogue/checkProfile';
import { DEMO_KITS_AND_PRICES, DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';
import { mapProduct } from '../../../lib/catalogue/mapProduct';
import { mapPrices } from '../../../lib/catalogue/mapPrices';
import type { MappingProfileInput } from '../../../lib/catalogue/profile';
import { changeSchema, desiredPriceSchema } from '../../../lib/shapes';
import { demoWith, lamp } from './productsAndProfiles';

type Prices = NonNullable<MappingProfileInput['prices']>;
type Row = NonNullable<Prices['rows']>[number];

const withPrices = (prices: Prices = DEMO_KITS_AND_PRICES.prices) => demoWith([], { prices });
const trade: Row = { attribute: 'tradePrice', priceList: 'Trade' };

describe('a list price', () => {
	test('is a change of its own, the most urgent there is, and needs its stock item', () => {
		const mapped = mapProduct(lamp({ tradePrice: '21' }), withPrices());
		if (!('changes' in mapped)) throw new Error('rejected');
		expect(mapped.changes.map(({ kind }) => kind)).toEqual(['stockItem', 'price']);
		const price = mapped.changes[1]!;
		expect(changeSchema.parse(price)).toEqual(price);
		expect(price).toMatchObject({
			key: 'LAMP-001 | Trade | 1-99999',
			lane: 1,
			needs: [{ kind: 'stockItem', key: 'LAMP-001' }],
			emission: 'scan-7',
		});
		expect(desiredPriceSchema.parse(price.desired)).toEqual({
			stockCode: 'LAMP-001',
			priceList: 'Trade',
			bandLow: 1,
			bandHigh: 99999,
			amount: '21.00',
			currency: '',
			net: true,
		});
	});

	test('of a quantity band, a currency, with tax', () => {
		const row = { ...trade, bandLow: 10, bandHigh: 49, currency: 'eur', net: false };
		const { prices } = mapPrices(lamp({ tradePrice: '1.5' }), 'LAMP-001', withPrices({ rows: [row] }));
		expect(prices[0]!.desired).toMatchObject({
			bandLow: 10,
			bandHigh: 49,
			currency: 'EUR',
			net: false,
			amount: '1.50',
		});
	});

	test('that is empty is no change', () => {
		for (const tradePrice of [undefined, null, '', ' ', []]) {
			expect(mapPrices(lamp({ tradePrice }), 'LAMP-001', withPrices())).toEqual({ prices: [], reasons: [] });
		}
	});

	test.each([
		['POA', '“POA” is not a plain decimal number. The price list Trade takes a plain decimal number.'],
		['12,50', '“12,50” has a comma in it. The price list Trade takes a plain decimal number.'],
		['£12', '“£12” has a currency sign in it. The price list Trade takes a plain decimal number.'],
		['-1', "“-1” is below zero, which a price can't be."],
		['1.005', '“1.005” has more than the two decimals that a price list takes.'],
		['99999999999999999', '“99999999999999999” has more digits than a price list takes.'],
	])('that can’t be one (%s) is refused alone: the item and the other prices go', (tradePrice, reason) => {
		const mapped = mapProduct(lamp({ tradePrice, outletPrice: '15.00' }), withPrices());
		if (!('rejection' in mapped)) throw new Error('accepted');
		expect(mapped.rejection.reasons).toEqual([
			{ field: 'tradePrice', value: tradePrice, reason, remedy: expect.stringMatching(/\.$/) },
		]);
		expect(mapped.rejection.unaffected?.map(({ key }) => key)).toEqual(['LAMP-001', 'LAMP-001 | Outlet | 1-99999']);
		expect(mapped.rejection.withoutInvalid).toBeUndefined();
	});

	test('of nought goes, with a warning', () => {
		const { prices } = mapPrices(lamp({ tradePrice: '0.00' }), 'LAMP-001', withPrices());
		expect(prices[0]).toMatchObject({ desired: { amount: '0.00' }, warnings: [{ field: 'tradePrice' }] });
	});

	test('goes on where the item itself is at fault, if Khaos has it', () => {
		const mapped = mapProduct(lamp({ tradePrice: '21.00', costPrice: '' }), withPrices());
		expect('rejection' in mapped && mapped.rejection.unaffected?.map(({ kind }) => kind)).toEqual(['price']);
		const contradiction = mapProduct(lamp({ tradePrice: '21.00', productType: 'Variant' }), withPrices());
		expect('rejection' in contradiction && contradiction.rejection.unaffected).toBeUndefined();
	});

	test('is exact, whatever its digits', () => {
		fc.assert(
			fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.boolean(), (pence, trailing) => {
				const digits = String(pence).padStart(3, '0');
				const text = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
				const written = trailing ? `${text}00` : text.replace(/\.?0+$/, '');
				const { prices } = mapPrices(lamp({ tradePrice: written === '' ? '0' : written }), 'L', withPrices());
				expect(prices[0]!.desired.amount).toBe(text);
			}),
		);
	});
});

describe('a price that the mapping sends nowhere', () => {
	const guarded = withPrices({ rows: [trade], priceAttributes: ['costPrice', '*Price', 'RRP (ex vat)'] });

	test('is for finance, and keeps nothing back', () => {
		const mapped = mapProduct(lamp({ promoPrice: '9.99', tradePrice: '20', 'RRP (ex vat)': '1' }), guarded);
		if (!('rejection' in mapped)) throw new Error('accepted');
		expect(mapped.rejection.reasons).toEqual([
			{
				field: 'promoPrice',
				value: '9.99',
				reason: 'promoPrice is a price, and the mapping sends it nowhere.',
				remedy: 'Add a row for promoPrice to Price Lists in the mapper, or take it off Price Attributes.',
				type: 'unmappedPrice',
			},
			expect.objectContaining({ field: 'RRP (ex vat)', type: 'unmappedPrice' }),
		]);
		expect(mapped.rejection.unaffected?.map(({ kind }) => kind)).toEqual(['stockItem', 'price']);
	});

	test('is nothing where it has no value', () => {
		expect('changes' in mapProduct(lamp({ promoPrice: '', otherPrice: [' '] }), guarded)).toBe(true);
	});
});

describe('price lists that can’t be', () => {
	const problems = (...rows: Row[]): string => {
		try {
			parseProfile({ ...DEMO_MAPPING, prices: { rows, knownLists: ['Trade', 'Outlet'] } });
			return '';
		} catch (error) {
			return (error as Error).message;
		}
	};

	test.each<[string, Row[]]>([
		[
			'the quantity bands 1 to 10 (tradePrice) and 10 to 20 (tenPrice) overlap',
			[
				{ ...trade, bandHigh: 10 },
				{ ...trade, attribute: 'tenPrice', bandLow: 10, bandHigh: 20 },
			],
		],
		[
			'the quantity bands 1 to 99999 (tradePrice) and 1 to 99999 (b2bPrice) overlap',
			[trade, { ...trade, attribute: 'b2bPrice' }],
		],
		['the quantity band 5 to 2 (tradePrice) ends before it starts', [{ ...trade, bandLow: 5, bandHigh: 2 }]],
		[
			'Price list Trade is in the base currency and in EUR; a list has one currency',
			[
				{ ...trade, bandHigh: 9 },
				{ ...trade, bandLow: 10, currency: 'EUR' },
			],
		],
		[
			'Price list Trade is net in one row and gross in another',
			[
				{ ...trade, bandHigh: 9 },
				{ ...trade, bandLow: 10, net: false },
			],
		],
		[
			'A price list is spelled Trade and TRADE',
			[
				{ ...trade, bandHigh: 9 },
				{ ...trade, priceList: 'TRADE', bandLow: 10 },
			],
		],
		['Price list Wholesale is not among the Known Price Lists (Trade, Outlet)', [{ ...trade, priceList: 'Wholesale' }]],
		['Price list STOCK_CODE: that is the name of another column', [{ ...trade, priceList: 'STOCK_CODE' }]],
		['Price 1: Name the price list', [{ ...trade, priceList: ' ' }]],
		['Price 1: A currency is three letters', [{ ...trade, currency: 'EURO' }]],
		['Price 1: A quantity band starts at 1', [{ ...trade, bandLow: 0 }]],
	])('are named before anything is sent: %s', (problem, rows) => {
		expect(problems(...rows)).toContain(problem);
	});

	test('and bands that follow each other are fine', () => {
		expect(
			problems(
				{ ...trade, bandLow: 10 },
				{ ...trade, attribute: 'onePrice', bandHigh: 9 },
				{ attribute: 'o', priceList: 'Outlet' },
			),
		).toBe('');
	});
});
