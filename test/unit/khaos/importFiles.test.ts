import Big from 'big.js';
import fc from 'fast-check';

import { kitFiles, type KitFileFormat } from '../../../lib/khaos/kits/kitFile';
import { cloudPriceFiles, desktopPriceFiles } from '../../../lib/khaos/prices/priceFile';
import { priceListsIn } from '../../../lib/khaos/prices/priceLists';
import { cellText } from '../../../lib/khaos/stockImport/stockTable';
import { parseXml } from '../../../lib/khaos/webServices/xml';
import { desiredKitSchema, desiredPriceSchema, keyOf, type DesiredKit, type DesiredPrice } from '../../../lib/shapes';

const kit = (
	stockCode: string,
	relation: 'pack' | 'build',
	components: Array<[string, string]>,
): { kit: DesiredKit } => ({
	kit: { stockCode, relation, components: components.map(([code, quantity]) => ({ stockCode: code, quantity })) },
});
const price = (
	stockCode: string,
	priceList: string,
	amount: string,
	more: Partial<DesiredPrice> = {},
): { price: DesiredPrice } => ({
	price: { stockCode, priceList, amount, bandLow: 1, bandHigh: 99_999, currency: '', net: true, ...more },
});
const content = ({ files }: { files: Array<{ content: string }> }) => files.map((file) => file.content);
const reasons = ({ refused }: { refused: Array<{ reasons: Array<{ reason: string }> }> }) =>
	refused.map((one) => one.reasons.map(({ reason }) => reason).join('; '));

/** Codes that Khaos takes, among them the awkward ones: leading zeros, commas, quotes, &, other scripts, fifty characters. */
const stockCode = fc
	.oneof(
		fc.constantFrom(
			'00012',
			'A,B',
			'SAY "HI"',
			"O'NEIL",
			'R&D',
			'<b>',
			'ÄÖÜ-ß',
			'漢字',
			'=1+1',
			'1E5',
			' inner space',
			'X'.repeat(50),
		),
		fc.string({ unit: 'grapheme', minLength: 1, maxLength: 25 }),
	)
	.map((text) => cellText(text).replaceAll('#', ''))
	.filter((text) => text !== '' && text.length <= 50 && cellText(text.normalize()) === text.normalize());
const decimals = fc
	.tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 99 }))
	.map(([whole, hundredths]) => `${whole}.${String(hundredths).padStart(2, '0')}`);

describe('relationship files', () => {
	const set = kit('SET-1', 'pack', [
		['BULB-E27', '2'],
		['LAMP-001', '0.5'],
	]);
	const table = kit('TABLE', 'build', [['LEG', '4']]);

	test('desktop: a file for each kind, which is not in the file', () => {
		const { files, refused } = kitFiles([set, table], 'desktop');
		expect(refused).toEqual([]);
		expect(files.map(({ kind, tool, rows, content: text }) => [kind, tool, rows, text])).toEqual([
			[
				'move-with',
				'Move With Relationships (TSV)',
				2,
				'PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP\r\nSET-1\tBULB-E27\t2.00\t\r\nSET-1\tLAMP-001\t0.50\t',
			],
			['build', 'Stock Build Relationships (TSV)', 1, 'PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP\r\nTABLE\tLEG\t4.00\t'],
		]);
	});

	test('cloud: one file that says the kind of each row', () => {
		expect(content(kitFiles([set, table], 'cloud', '\n'))).toEqual([
			'PARENT_CODE\tCHILD_CODE\tQTY\tREL_TYPE\nSET-1\tBULB-E27\t2.00\tPACK\nSET-1\tLAMP-001\t0.50\tPACK\nTABLE\tLEG\t4.00\tBUILD',
		]);
	});

	test('a relation of the other kind is not put into a file for one kind', () => {
		const { files, refused } = kitFiles([set, table], 'desktopBuild');
		expect(files.map((file) => file.entries)).toEqual([[table]]);
		expect(refused.map(({ entry }) => entry)).toEqual([set]);
	});

	test.each<[string, Array<{ kit: DesiredKit }>, RegExp]>([
		[
			'a quantity of nought',
			[
				kit('S', 'pack', [
					['A', '1'],
					['B', '0'],
				]),
			],
			/quantity of B is 0/,
		],
		[
			'three decimal places',
			[
				kit('S', 'pack', [
					['A', '1'],
					['B', '0.125'],
				]),
			],
			/quantity of B is 0.125/,
		],
		[
			'its own component',
			[
				kit('S', 'pack', [
					['A', '1'],
					['s', '1'],
				]),
			],
			/s is its own component/,
		],
		[
			'a component twice',
			[
				kit('S', 'pack', [
					['A', '1'],
					['a', '1'],
				]),
			],
			/a is a component of S more than once/,
		],
		[
			'a # in a component',
			[
				kit('S', 'pack', [
					['A', '1'],
					['B#', '1'],
				]),
			],
			/B# holds a #/,
		],
		['no component left', [kit('S', 'pack', [])], /no import file can remove a relation/],
	])('%s keeps the whole relation out', (_what, kits, reason) => {
		const outcome = kitFiles(kits, 'cloud');
		expect(outcome.files).toEqual([]);
		expect(reasons(outcome)).toEqual([expect.stringMatching(reason)]);
	});

	test('a kit that comes twice is in the file once: the relation would have the components of both', () => {
		const again = kit('set-1', 'pack', [['MUG', '1']]);
		const { files, refused } = kitFiles([set, again], 'cloud');
		expect(files).toMatchObject([{ entries: [set] }]);
		expect(refused).toMatchObject([{ entry: again, reasons: [{ reason: expect.stringContaining('more than once') }] }]);
	});

	test('kits in kits are refused on both sides, and the others go', () => {
		const inner = kit('INNER', 'pack', [['A', '1']]);
		const outer = kit('OUTER', 'build', [
			['inner', '1'],
			['B', '1'],
		]);
		const { files, refused } = kitFiles([inner, outer, set], 'cloud');
		expect(files.flatMap((file) => file.entries)).toEqual([set]);
		expect(refused.map(({ entry }) => entry)).toEqual([inner, outer]);
	});

	test('every relation survives its way through a file, whole', () => {
		const kits = fc
			.uniqueArray(
				fc.tuple(
					stockCode,
					fc.constantFrom('pack' as const, 'build' as const),
					fc.uniqueArray(fc.tuple(stockCode, decimals), {
						minLength: 1,
						maxLength: 4,
						selector: ([code]) => keyOf(code),
					}),
				),
				{
					maxLength: 5,
					selector: ([code]) => keyOf(code),
				},
			)
			.map((made) => made.map(([code, relation, components]) => kit(code, relation, components)));
		const format = fc.constantFrom<KitFileFormat>('desktop', 'cloud');
		fc.assert(
			fc.property(kits, format, fc.constantFrom('\n' as const, '\r\n' as const), (made, chosen, newline) => {
				const { files, refused } = kitFiles(made, chosen, newline);
				const read = new Map<string, DesiredKit>();
				for (const file of files) {
					const [header, ...lines] = file.content.split(newline).map((line) => line.split('\t'));
					expect(header).toHaveLength(4);
					for (const [parent, child, quantity, last] of lines) {
						expect(quantity).toMatch(/^\d+\.\d\d$/);
						const relation = chosen === 'cloud' ? last!.toLowerCase() : file.kind === 'build' ? 'build' : 'pack';
						const known = read.get(parent!) ?? { stockCode: parent!, relation, components: [] };
						read.set(
							parent!,
							desiredKitSchema.parse({ ...known, components: [...known.components, { stockCode: child, quantity }] }),
						);
					}
				}
				const whole = made.filter((one) => !refused.some(({ entry }) => entry === one));
				expect([...read.values()]).toHaveLength(whole.length);
				for (const { kit: sent } of whole) {
					const got = read.get(sent.stockCode)!;
					expect(got.relation).toBe(sent.relation);
					expect(got.components.map(({ stockCode: code, quantity }) => [code, new Big(quantity).toFixed(2)])).toEqual(
						sent.components.map(({ stockCode: code, quantity }) => [code, new Big(quantity).toFixed(2)]),
					);
				}
			}),
		);
	});

	test('a kit survives JSON', () => {
		fc.assert(
			fc.property(stockCode, stockCode, decimals, (parent, child, quantity) => {
				const { kit: sent } = kit(parent, 'pack', [[child, quantity]]);
				expect(desiredKitSchema.parse(JSON.parse(JSON.stringify(sent)))).toEqual(sent);
			}),
		);
	});
});

describe("the cloud's price file", () => {
	test('has a column for each list, rows by item and band', () => {
		const prices = [
			price('LAMP', 'Trade', '20', { bandLow: 10 }),
			price('TEE', 'Trade', '5'),
			price('LAMP', 'Trade', '21', { bandHigh: 9 }),
			price('LAMP', 'Outlet', '18.5', { bandLow: 10 }),
			price('TEE', 'Outlet', '4'),
			price('LAMP', 'Outlet', '19', { bandHigh: 9 }),
		];
		expect(content(cloudPriceFiles(prices))).toEqual([
			'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\tOutlet\r\nLAMP\t1\t9\t21.00\t19.00\r\nLAMP\t10\t99999\t20.00\t18.50\r\nTEE\t1\t99999\t5.00\t4.00',
		]);
	});

	test('leaves no cell blank: what that would do to the price in Khaos is not known', () => {
		const prices = [price('LAMP', 'Trade', '21'), price('LAMP', 'Outlet', '18'), price('TEE', 'Outlet', '4')];
		expect(content(cloudPriceFiles(prices, { newline: '\n' }))).toEqual([
			'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\tOutlet\nLAMP\t1\t99999\t21.00\t18.00',
			'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tOutlet\nTEE\t1\t99999\t4.00',
		]);
		expect(content(cloudPriceFiles(prices, { newline: '\n', withoutPrice: 'list' }))).toHaveLength(2);
		expect(content(cloudPriceFiles(prices, { newline: '\n', withoutPrice: 'blank' }))).toEqual([
			'STOCK_CODE\tBAND_LOW\tBAND_HIGH\tTrade\tOutlet\nLAMP\t1\t99999\t21.00\t18.00\nTEE\t1\t99999\t\t4.00',
		]);
	});

	test.each<[string, DesiredPrice, RegExp]>([
		['three decimal places', price('A', 'Trade', '1.005').price, /1.005: Khaos takes plain decimals/],
		['a negative amount', price('A', 'Trade', '-1').price, /-1: Khaos takes plain decimals/],
		['a band that ends before it begins', price('A', 'Trade', '1', { bandLow: 10, bandHigh: 9 }).price, /10-9/],
		['a band beyond the last quantity', price('A', 'Trade', '1', { bandHigh: 100_000 }).price, /1-100000/],
		['a list named like a column', price('A', 'BAND_LOW', '1').price, /no column can be headed so/],
		['a list with a tab', price('A', 'Tra\tde', '1').price, /no column can be headed so/],
	])('refuses %s', (_what, bad, reason) => {
		const outcome = cloudPriceFiles([{ price: bad }, price('B', 'Trade', '2')]);
		expect(reasons(outcome)).toEqual([expect.stringMatching(reason)]);
		expect(outcome.files.map((file) => file.rows)).toEqual([1]);
	});

	test('refuses bands of one item and list that overlap, and only those', () => {
		const outcome = cloudPriceFiles([
			price('A', 'Trade', '1', { bandHigh: 10 }),
			price('a', 'Trade', '2', { bandLow: 10 }),
			price('A', 'Outlet', '3'),
		]);
		expect(reasons(outcome)).toEqual([
			expect.stringContaining('1-10 of A in Trade overlaps the band 10-99999'),
			expect.stringContaining('10-99999 of a in Trade overlaps the band 1-10'),
		]);
		expect(outcome.files.map((file) => file.entries.map((entry) => entry.price.priceList))).toEqual([['Outlet']]);
	});
});

describe("the desktop's XML price list", () => {
	test('is the export without its first line and its calculated columns, a file for each list', () => {
		const outcome = desktopPriceFiles(
			[price('R&D', 'Trade "A"', '21', { bandHigh: 9 }), price('TEE', 'Outlet', '4', { net: false })],
			{ newline: '\n' },
		);
		expect(content(outcome)).toEqual([
			'<StockItem-CustomerClassifications CompClass="Trade &quot;A&quot;" PricelistNet="-1">\n<StockItem><StockCode>R&amp;D</StockCode><QtyStart>1</QtyStart><QtyEnd>9</QtyEnd><AmountValue>21.00</AmountValue></StockItem>\n</StockItem-CustomerClassifications>',
			'<StockItem-CustomerClassifications CompClass="Outlet" PricelistNet="0">\n<StockItem><StockCode>TEE</StockCode><QtyStart>1</QtyStart><QtyEnd>99999</QtyEnd><AmountValue>4.00</AmountValue></StockItem>\n</StockItem-CustomerClassifications>',
		]);
	});

	test('prices with and without tax are not mixed in a list', () => {
		const outcome = desktopPriceFiles([price('A', 'Trade', '1'), price('B', 'Trade', '2', { net: false })]);
		expect(reasons(outcome)).toEqual([expect.stringContaining('B in Trade is one with tax')]);
	});
});

describe('every price survives its way through a file', () => {
	const listName = fc
		.oneof(fc.constantFrom('Trade', 'Outlet', 'Trade & "Co"', 'Prix, été'), stockCode)
		.filter((name) => !['STOCK_CODE', 'BAND_LOW', 'BAND_HIGH'].includes(name));
	const band = fc.constantFrom([1, 9], [10, 99], [100, 99_999]);
	const prices = fc
		.uniqueArray(fc.tuple(stockCode, listName, band, decimals), {
			maxLength: 12,
			selector: ([code, list, [low]]) => `${keyOf(code)}\n${list}\n${low}`,
		})
		.map((made) =>
			made.map(([code, list, [low, high], amount]) => price(code, list, amount, { bandLow: low!, bandHigh: high! })),
		);
	const flat = (sent: Array<{ price: DesiredPrice }>) =>
		sent
			.map(({ price: { stockCode: code, priceList, bandLow, bandHigh, amount } }) =>
				JSON.stringify([keyOf(code), priceList, bandLow, bandHigh, new Big(amount).toFixed(2)]),
			)
			.sort();

	test('tab-separated', () => {
		fc.assert(
			fc.property(
				prices,
				fc.constantFrom('separate' as const, 'list' as const, 'blank' as const),
				(sent, withoutPrice) => {
					const read = content(cloudPriceFiles(sent, { withoutPrice })).flatMap((text) => {
						const [header, ...lines] = text.split('\r\n').map((line) => line.split('\t'));
						return lines.flatMap((cells) =>
							header!.slice(3).flatMap((list, at) => {
								const amount = cells[at + 3]!;
								if (withoutPrice !== 'blank') expect(amount).not.toBe('');
								return amount === ''
									? []
									: [price(cells[0]!, list, amount, { bandLow: Number(cells[1]), bandHigh: Number(cells[2]) })];
							}),
						);
					});
					expect(flat(read)).toEqual(flat(sent));
				},
			),
		);
	});

	test('XML', () => {
		fc.assert(
			fc.property(prices, (sent) => {
				const read = content(desktopPriceFiles(sent)).flatMap((text) =>
					priceListsIn(parseXml(text)).flatMap((list) =>
						list.rows.map((row) =>
							price(row.stockCode, list.name, row.amount, { bandLow: row.bandLow, bandHigh: row.bandHigh }),
						),
					),
				);
				expect(flat(read)).toEqual(flat(sent));
			}),
		);
	});

	test('JSON', () => {
		fc.assert(
			fc.property(prices, (sent) => {
				for (const { price: one } of sent)
					expect(desiredPriceSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
			}),
		);
	});
});
