import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { PimberlyKhaosMapper } from '../../nodes/PimberlyKhaosMapper/PimberlyKhaosMapper.node';
import { STARTING_ROWS } from '../../nodes/PimberlyKhaosMapper/fieldProperties';
import { priceRow } from '../../nodes/PimberlyKhaosMapper/priceProperties';
import { changeSchema, rejectionSchema } from '../../lib/shapes';
import { lamp } from '../unit/catalogue/productsAndProfiles';
import { executeContext, itemsOf, run } from './harness';

const mapper = (parameters: INodeParameters = {}, continueOnFail = false) => ({
	node: new PimberlyKhaosMapper(),
	parameters,
	continueOnFail,
});
const product = (...args: Parameters<typeof lamp>) => lamp(...args) as unknown as IDataObject;
const withRows = (...rows: INodeParameters[]): INodeParameters => ({
	fields: {
		field: [
			...STARTING_ROWS.filter(({ column }) => !rows.some((row) => row['column'] === column)),
			...rows.map((row) => ({ valueFrom: 'attribute', attribute: '', type: 'automatic', options: {}, ...row })),
		],
	},
});
const changesOf = ([changes = []]: INodeExecutionData[][]) => changes.map(({ json }) => changeSchema.parse(json));
const columnsOf = (outputs: INodeExecutionData[][]) =>
	changesOf(outputs).map(({ desired }) => desired['columns'] as Record<string, string | null>);

test('as it comes, maps the demo account: changes leave by the first output, rejections with reasons by the second', async () => {
	const [changes = [], rejected = []] = await run(
		mapper(),
		itemsOf(
			product(),
			product({ sellPrice: '12,50', costPrice: '' }, { primaryId: 'LAMP-002' }),
			product({}, { primaryId: 'LAMP-003' }),
		),
	);
	expect(changes.map(({ json, pairedItem }) => [json['key'], json['emission'], pairedItem])).toEqual([
		['LAMP-001', 'scan-7', { item: 0 }],
		['LAMP-003', 'scan-7', { item: 2 }],
	]);
	expect(rejected).toHaveLength(1);
	expect(rejected[0]?.pairedItem).toEqual({ item: 1 });
	const rejection = rejectionSchema.parse(rejected[0]?.json);
	expect(rejection).toMatchObject({ primaryId: 'LAMP-002', key: 'LAMP-002', emission: 'scan-7' });
	expect(rejection.reasons.map(({ field }) => field)).toEqual(['costPrice', 'sellPrice']);
});

test('says above the output how many were rejected and why', async () => {
	const { node, ...test } = mapper();
	const context = executeContext(
		{ node, ...test },
		itemsOf(product({ itemName: 'A\nB' }), product({ sellPrice: 'POA' }), product({ sellPrice: '' })),
	);
	await node.execute.call(context);
	expect(context.hints.map(({ message }) => message)).toEqual([
		'2 products rejected (sellPrice 2). The Rejected output says why, and what to do.',
		'1 product with warnings (itemName 1).',
	]);
});

test('a row’s options reach the mapping', async () => {
	const outputs = await run(
		mapper(
			withRows(
				{ column: 'TAX_CODE', attribute: 'taxCode', options: { translate: 'Standard = 1\nZero = rated = 2\n' } },
				{
					column: 'SHORT_DESC',
					attribute: 'itemName',
					options: { maxLength: 3, transform: 'upperCase', required: true },
				},
				{ column: 'BUY_PRICE', attribute: 'costPrice', options: { owner: 'khaos', lane: 4, readBack: 'COST' } },
				{ column: 'WEIGHT', attribute: 'grams', options: { multiplyBy: '0.001', default: '500' } },
				{ column: 'UDA:Finish', attribute: 'finish', type: 'list', options: { delimiter: '|' } },
			),
		),
		itemsOf(product({ taxCode: 'zero = RATED', finish: 'Matt|Oiled' })),
	);
	expect(columnsOf(outputs)[0]).toMatchObject({
		TAX_CODE: '2',
		SHORT_DESC: 'OAK',
		WEIGHT: '500',
		'UDA:Finish': 'Matt, Oiled',
	});
	expect(changesOf(outputs)[0]?.desired['settings']).toEqual({
		BUY_PRICE: { owner: 'khaos', lane: 4, readBack: 'COST' },
	});
});

describe('kits, price lists and families', () => {
	const bundle = (attributes: IDataObject = {}) =>
		product(
			{ productType: 'Bundle', components: 'BULB*2|SHADE', tradePrice: '21', ...attributes },
			{ primaryId: 'SET' },
		);
	const settings: INodeParameters = {
		componentsFrom: 'text',
		componentsAttribute: 'attributes.components',
		kitRelation: 'attribute',
		kitRelationAttribute: 'bundleKind',
		packValues: 'Pack, Offer',
		buildValues: 'Build',
		kitOptions: { itemDelimiter: '|' },
		priceLists: {
			row: [
				priceRow('attributes.tradePrice', 'Trade'),
				{ ...priceRow('outletPrice', 'Outlet'), basis: 'gross', currency: 'EUR', bandLow: 10 },
			],
		},
		priceAttributes: 'costPrice, *Price',
		knownPriceLists: 'Trade, Outlet',
	};

	test('a bundle leaves as its item, its relation and its prices, each paired with the product', async () => {
		const [changes = [], rejected = []] = await run(
			mapper(settings),
			itemsOf(bundle({ bundleKind: 'offer', outletPrice: '15.5' })),
		);
		expect(rejected).toEqual([]);
		expect(changes.map(({ json, pairedItem }) => [json['kind'], json['key'], pairedItem])).toEqual([
			['stockItem', 'SET', { item: 0 }],
			['kit', 'SET', { item: 0 }],
			['price', 'SET | Trade | 1-99999', { item: 0 }],
			['price', 'SET | Outlet | 10-99999', { item: 0 }],
		]);
		expect(changes[1]!.json['desired']).toMatchObject({
			relation: 'pack',
			components: [{ quantity: '2' }, { quantity: '1' }],
		});
		expect(changes[3]!.json['desired']).toMatchObject({ net: false, currency: 'EUR', amount: '15.50' });
	});

	test('what is at fault leaves by the second output, with what goes all the same, and the hint says so', async () => {
		const { node, ...rest } = mapper(settings);
		const context = executeContext(
			{ node, ...rest },
			itemsOf(
				bundle({ bundleKind: 'Build', tradePrice: 'POA' }),
				bundle({ bundleKind: '' }),
				bundle({ bundleKind: 'Pack', promoPrice: '1' }),
			),
		);
		const [changes = [], rejected = []] = await node.execute.call(context);
		expect(changes).toEqual([]);
		const rejections = rejected.map(({ json }) => rejectionSchema.parse(json));
		expect(
			rejections.map(({ unaffected = [], withoutInvalid }) => [
				withoutInvalid?.kind,
				unaffected.map(({ kind }) => kind),
			]),
		).toEqual([
			[undefined, ['stockItem', 'kit']],
			['stockItem', ['price']],
			[undefined, ['stockItem', 'kit', 'price']],
		]);
		expect(context.hints.map(({ message }) => message)).toEqual([
			'1 product rejected (bundleKind 1). The Rejected output says why, and what to do.',
			'2 products sent without a price (tradePrice 1, promoPrice 1). The Rejected output says why, and carries the rest of them.',
		]);
	});

	test('variants as a family', async () => {
		const family: INodeParameters = {
			variantsAs: 'columns',
			headings: { row: [{ heading: 'Colour', attribute: 'attributes.colour', suffixAttribute: '' }] },
			suffixSeparator: '/',
			variantOptions: { updateBy: 'columns' },
		};
		const variant = product({ productType: 'Variant', colour: 'Red' }, { primaryId: 'TEE/R', parents: ['TEE'] });
		const [changes = []] = await run(mapper(family), itemsOf(variant));
		expect(changes[0]!.json['desired']).toMatchObject({
			scs: { by: 'columns', headings: ['Colour'], values: ['R'], descriptions: ['Red'], updateBy: 'columns' },
		});
	});

	test('settings that contradict each other are named before anything is sent', async () => {
		const wrong = { ...settings, buildValues: 'Build, Offer', knownPriceLists: 'Trade' };
		await expect(run(mapper(wrong), itemsOf(bundle()))).rejects.toMatchObject({
			message: 'The mapping can’t be used, for 2 reasons',
			description: expect.stringContaining('Price list Outlet is not among the Known Price Lists (Trade).'),
		});
	});
});

test('an attribute that was dragged in from the input is understood with its path', async () => {
	const outputs = await run(
		mapper(
			withRows(
				{ column: 'SELL_PRICE', attribute: 'attributes["RRP (ex vat)"]' },
				{ column: 'SHORT_DESC', attribute: 'attributes.itemName' },
			),
		),
		itemsOf(product({ 'RRP (ex vat)': '31.00' })),
	);
	expect(columnsOf(outputs)[0]).toMatchObject({ SELL_PRICE: '31.00', SHORT_DESC: 'Oak Desk Lamp' });
});

test('a value can be fixed, the primary id, or an expression over each product', async () => {
	const outputs = await run(
		mapper(
			withRows(
				{ column: 'STOCK_TYPE1', valueFrom: 'fixed', value: 'Lighting & more' },
				{ column: 'OTHER_REF', valueFrom: 'primaryId' },
				{
					column: 'SHORT_DESC',
					valueFrom: 'fixed',
					value: '={{ $json.attributes.brand }} {{ $json.attributes.itemName }}',
				},
			),
		),
		itemsOf(product(), product({ itemName: 'Floor Lamp' }, { primaryId: 'LAMP-2' })),
	);
	expect(
		columnsOf(outputs).map((columns) => [columns['STOCK_TYPE1'], columns['OTHER_REF'], columns['SHORT_DESC']]),
	).toEqual([
		['Lighting & more', 'LAMP-001', 'Luma Oak Desk Lamp'],
		['Lighting & more', 'LAMP-2', 'Luma Floor Lamp'],
	]);
});

test('an expression that gives nothing rejects that product only', async () => {
	const rows = withRows({ column: 'STOCK_TYPE1', valueFrom: 'fixed', value: '={{ $json.attributes.range }}' });
	const [changes = [], rejected = []] = await run(mapper(rows), itemsOf(product({ range: 'Oak' }), product()));
	expect(changes).toHaveLength(1);
	expect(rejected[0]?.json['reasons']).toEqual([
		{
			field: 'STOCK_TYPE1',
			value: null,
			reason: 'STOCK_TYPE1 is empty, and Khaos needs it on every stock item.',
			remedy: 'Give STOCK_TYPE1 a value or a default in the mapper.',
		},
	]);
});

test('stock codes from an attribute, product types in other words, parents only for variants', async () => {
	const outputs = await run(
		mapper({
			stockCodeFrom: 'attribute',
			stockCodeAttribute: 'attributes.sku',
			parentStockCodeAttribute: 'styleSku',
			productTypeAttribute: 'level',
			productTypeValues: { simple: 'Product, Single', variantParent: 'Style', variant: 'SKU' },
			options: { variantParentsUncontrolled: false, waitForParents: 'variants' },
		}),
		itemsOf(
			product({ sku: 's-1', level: 'Style' }, { items: ['P2'] }),
			product({ sku: 's-1-red', level: 'SKU', styleSku: 'S-1' }, { parents: ['P1'] }),
			product({ sku: 's-9', level: 'single' }, { parents: ['RANGE'] }),
		),
	);
	expect(changesOf(outputs).map(({ key, needs }) => [key, needs.map((need) => need.key)])).toEqual([
		['S-1', []],
		['S-1-RED', ['S-1']],
		['S-9', []],
	]);
	expect(columnsOf(outputs)[0]).toMatchObject({ CONTROLLED: '-1' });
});

describe('what can’t be mapped', () => {
	test('a mapping that can’t work stops the node with every problem, before any product', async () => {
		const rows = {
			fields: { field: STARTING_ROWS.filter(({ column }) => column !== 'SELL_PRICE' && column !== 'BUY_PRICE') },
		};
		await expect(run(mapper(rows), itemsOf(product()))).rejects.toMatchObject({
			message: 'The mapping can’t be used, for 2 reasons',
			description: expect.stringMatching(/^BUY_PRICE is not mapped.*\nSELL_PRICE is not mapped/),
		});
	});

	test('a translation without "=" says which field and which line', async () => {
		const rows = withRows({ column: 'TAX_CODE', attribute: 'taxCode', options: { translate: 'Standard: 1' } });
		await expect(run(mapper(rows), itemsOf(product()))).rejects.toMatchObject({
			description: 'TAX_CODE: Translate Values has a line without "=": Standard: 1. Write it like Standard = 1.',
		});
	});

	test('an item that is no product is named, with what to connect', async () => {
		await expect(run(mapper(), itemsOf(product(), { id: 5 }))).rejects.toMatchObject({
			message: expect.stringMatching(/^Item 1 is not a Pimberly product: primaryId, .* is missing or not as expected$/),
			context: { itemIndex: 1 },
		});
	});

	test('with Continue on Error it leaves by the second output and the others go on', async () => {
		const [changes = [], rejected = []] = await run(mapper({}, true), itemsOf({ id: 5 }, product()));
		expect(changes.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
		expect(rejected.map(({ pairedItem, json }) => [pairedItem, Object.keys(json)])).toEqual([
			[{ item: 0 }, ['error', 'details']],
		]);
	});
});
