import { priceListsIn } from '../../../lib/khaos/prices/priceLists';
import { parseXml, XmlError } from '../../../lib/khaos/webServices/xml';

const lists = (xml: string, ...asked: string[]) => priceListsIn(parseXml(xml), asked);

const ROW =
	'<StockItem><StockID>41</StockID><StockCode>LAMP-001</StockCode><QtyStart>1</QtyStart><QtyEnd>99999</QtyEnd><AmountValue>21.00</AmountValue><CalculatedPrice>21.00</CalculatedPrice><TaxRate>20</TaxRate></StockItem>';

describe('a price list as Khaos exports it', () => {
	test('is the one of the contract', () => {
		expect(
			lists(
				`<StockItem-CustomerClassifications CompClass="Trade" PricelistNet="-1">${ROW}</StockItem-CustomerClassifications>`,
			),
		).toEqual([
			{
				name: 'Trade',
				net: true,
				rows: [
					{
						stockCode: 'LAMP-001',
						stockId: '41',
						description: '',
						bandLow: 1,
						bandHigh: 99_999,
						amount: '21.00',
						discount: '',
						markUp: '',
						calculatedPrice: '21.00',
						taxRate: '20',
					},
				],
			},
		]);
	});

	test('any root, any prefixes, other parts of the name, other spellings', () => {
		const xml = `<x:Export xmlns:x="urn:x"><x:Lists><x:TStockItem-CustomerClassifications2 x:CompClass="Trade &amp; Co" x:PricelistNet="0">${ROW.replaceAll('StockCode>', 'STOCK_CODE>')}</x:TStockItem-CustomerClassifications2></x:Lists></x:Export>`;
		expect(lists(xml)).toMatchObject([{ name: 'Trade & Co', net: false, rows: [{ stockCode: 'LAMP-001' }] }]);
	});

	test('bands without a beginning or an end go from the first quantity to the last', () => {
		const band = (from: string, to: string) =>
			lists(
				`<StockItem-CustomerClassifications CompClass="T"><StockItem><StockCode>A</StockCode><QtyStart>${from}</QtyStart><QtyEnd>${to}</QtyEnd></StockItem></StockItem-CustomerClassifications>`,
			)[0]!.rows[0]!;
		expect(band('0', '0')).toMatchObject({ bandLow: 1, bandHigh: 99_999 });
		expect(band('', '')).toMatchObject({ bandLow: 1, bandHigh: 99_999 });
		expect(band('10.00', '99.00')).toMatchObject({ bandLow: 10, bandHigh: 99 });
	});

	test('a list in several parts is one list', () => {
		const part = (code: string) =>
			`<StockItem-CustomerClassifications CompClass="Trade"><StockItem><StockCode>${code}</StockCode></StockItem></StockItem-CustomerClassifications>`;
		expect(lists(`<a>${part('A')}${part('B')}</a>`)).toMatchObject([
			{ name: 'Trade', net: null, rows: [{ stockCode: 'A', bandLow: 1, bandHigh: 99_999 }, { stockCode: 'B' }] },
		]);
	});

	test('the only list that was asked for needs no name', () => {
		expect(
			lists(`<StockItem-CustomerClassifications>${ROW}</StockItem-CustomerClassifications>`, 'Trade'),
		).toMatchObject([{ name: 'Trade' }]);
	});

	test.each([
		`<PriceLists>${ROW}</PriceLists>`,
		`<StockItem-CustomerClassifications>${ROW}</StockItem-CustomerClassifications>`,
	])('prices that belong to no list are never taken for none (%#)', (xml) => {
		expect(() => lists(xml)).toThrow(XmlError);
	});

	test('no list at all is none', () => {
		expect(lists('<PriceLists/>', 'Trade')).toEqual([]);
	});
});
