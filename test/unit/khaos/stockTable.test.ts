import fc from 'fast-check';

import { cellText, headerOf, stockTable, StockTableError } from '../../../lib/khaos/stockImport/stockTable';

const lamp = {
	STOCK_CODE: 'LAMP-001',
	CONTROLLED: '-1',
	SHORT_DESC: 'Oak Desk Lamp',
	STOCK_TYPE1: 'Lighting',
	STOCK_TYPE2: 'Desk Lamps',
	BUY_PRICE: '12.50',
	SELL_PRICE: '29.99',
	TAX_CODE: '1',
};

describe('the table of a stock import', () => {
	test('is the one of the contract', () => {
		expect(stockTable([lamp])).toBe(
			'STOCK_CODE\tCONTROLLED\tSHORT_DESC\tSTOCK_TYPE1\tSTOCK_TYPE2\tBUY_PRICE\tSELL_PRICE\tTAX_CODE\nLAMP-001\t-1\tOak Desk Lamp\tLighting\tDesk Lamps\t12.50\t29.99\t1',
		);
	});

	test('whatever the values hold, every row has every column and no line follows the last', () => {
		const row = fc.dictionary(
			fc.constantFrom('STOCK_CODE', 'SHORT_DESC', 'LONG_DESC', 'UDA:Colour', 'WEIGHT'),
			fc.string({ unit: 'binary' }),
		);
		fc.assert(
			fc.property(
				fc.array(row, { minLength: 1, maxLength: 25 }),
				fc.constantFrom('\n' as const, '\r\n' as const),
				(rows, newline) => {
					const [header, ...lines] = stockTable(rows, newline)
						.split(newline)
						.map((line) => line.split('\t'));
					expect(lines).toHaveLength(rows.length);
					for (const [at, cells] of lines.entries()) {
						const read = Object.fromEntries(header!.map((name, column) => [name, cells[column]]));
						for (const name of header!) expect(read[name]).toBe(cellText(rows[at]![name] ?? ''));
					}
				},
			),
		);
	});

	test('line breaks, tabs and control characters become one space', () => {
		expect(cellText(' a\r\n\tb\u0000\u2028c\u0085 ')).toBe('a b c');
	});

	test('has the mandatory columns first, and each column once', () => {
		expect(
			headerOf([
				{ WEIGHT: '1', STOCK_CODE: 'A' },
				{ BARCODE: '5', WEIGHT: '2' },
			]),
		).toEqual([
			'STOCK_CODE',
			'CONTROLLED',
			'SHORT_DESC',
			'STOCK_TYPE1',
			'STOCK_TYPE2',
			'BUY_PRICE',
			'SELL_PRICE',
			'TAX_CODE',
			'WEIGHT',
			'BARCODE',
		]);
	});

	test.each(['STOCK_LEVEL', 'level', 'WEI\tGHT', ' '])('never has a column %p', (name) => {
		expect(() => stockTable([{ ...lamp, [name]: '1' }])).toThrow(StockTableError);
	});
});
