import fc from 'fast-check';
import { componentsOf } from '../../../lib/catalogue/components';
import { DEMO_KITS_AND_PRICES } from '../../../lib/catalogue/demoMapping';
import { mapProduct } from '../../../lib/catalogue/mapProduct';
import type { MappingProfile, MappingProfileInput } from '../../../lib/catalogue/profile';
import {
	changeSchema,
	desiredKitSchema,
	type Change,
	type DesiredKit,
	type Product,
	type Rejection,
} from '../../../lib/shapes';
import { demoWith, lamp } from './productsAndProfiles';

type Kits = NonNullable<MappingProfileInput['kits']>;

const withKits = (kits: Kits = DEMO_KITS_AND_PRICES.kits, rest: Partial<MappingProfileInput> = {}): MappingProfile =>
	demoWith([], { kits, ...rest });

const set = (attributes: Record<string, unknown> = {}, rest: Partial<Product> = {}): Product =>
	lamp({ productType: 'Bundle', components: 'BULB*2|SHADE', ...attributes }, { primaryId: 'SET-1', ...rest });

function kitOf(product: Product, profile = withKits()): Change & { desired: DesiredKit } {
	const mapped = mapProduct(product, profile);
	if ('rejection' in mapped) throw new Error(`rejected: ${JSON.stringify(mapped.rejection.reasons)}`);
	const kit = mapped.changes.find(({ kind }) => kind === 'kit');
	if (kit === undefined) throw new Error('there is no kit change');
	return { ...kit, desired: desiredKitSchema.parse(kit.desired) };
}

function rejectionOf(product: Product, profile = withKits()): Rejection {
	const mapped = mapProduct(product, profile);
	if (!('rejection' in mapped)) throw new Error('accepted, though it should have been rejected');
	return mapped.rejection;
}

const componentsIn = (product: Product, profile = withKits()) =>
	kitOf(product, profile).desired.components.map(({ stockCode, quantity }) => [stockCode, quantity]);

const reasonsOf = (product: Product, profile = withKits()) =>
	rejectionOf(product, profile).reasons.map(({ reason }) => reason);

describe('a bundle', () => {
	test('is two changes: its stock item, and a relation that needs it and every component', () => {
		const mapped = mapProduct(set(), withKits());
		if (!('changes' in mapped)) throw new Error('rejected');
		expect(mapped.changes.map(({ kind, key }) => [kind, key])).toEqual([
			['stockItem', 'SET-1'],
			['kit', 'SET-1'],
		]);
		const kit = mapped.changes[1]!;
		expect(changeSchema.parse(kit)).toEqual(kit);
		expect(kit).toMatchObject({
			lane: 2,
			version: '2026-08-12T10:15:22.431Z',
			emission: 'scan-7',
			needs: ['SET-1', 'BULB', 'SHADE'].map((key) => ({ kind: 'stockItem', key })),
			desired: {
				stockCode: 'SET-1',
				relation: 'pack',
				components: [
					{ stockCode: 'BULB', quantity: '2' },
					{ stockCode: 'SHADE', quantity: '1' },
				],
			},
		});
	});

	test('is a plain stock item where the mapping says nothing of components', () => {
		const mapped = mapProduct(set({ components: 'nonsense**' }), demoWith());
		expect('changes' in mapped && mapped.changes.map(({ kind }) => kind)).toEqual(['stockItem']);
	});

	test('without components keeps a new product back; of one in Khaos the item and its prices still go', () => {
		const profile = withKits(undefined, { prices: DEMO_KITS_AND_PRICES.prices });
		const rejection = rejectionOf(set({ components: ' ', tradePrice: '20' }), profile);
		expect(rejection.reasons).toEqual([
			{
				field: 'components',
				value: null,
				reason: 'The product is a bundle, and components names no components.',
				remedy: 'Fill in components in Pimberly, or correct the product’s type.',
			},
		]);
		expect(rejection.withoutInvalid).toMatchObject({ kind: 'stockItem', key: 'SET-1' });
		expect(rejection.unaffected?.map(({ kind }) => kind)).toEqual(['price']);
	});

	test('names every fault of its components at once', () => {
		expect(reasonsOf(set({ components: 'set-1*1|BULB*0|bulb*1|SHADE*1.255|CAP*|*3|NO#1*1|PLUG*two' }))).toEqual([
			"set-1 is the bundle itself, so it can't be its own component.",
			'The quantity of BULB is 0, and has to be above nought.',
			'bulb is in components more than once.',
			'The quantity of SHADE is 1.255, and Khaos takes two decimals.',
			'The quantity of CAP is missing.',
			'“*3” in components names no component.',
			"The component NO#1 can't be a stock code: it holds a #, which Khaos does not support.",
			'The quantity of PLUG is no number: “two” is not a plain decimal number.',
		]);
	});

	test('keeps its quantities exact, and writes them in one way', () => {
		expect(componentsIn(set({ components: 'A*2.50|B*0.1|C*10000000000000.01|D*02|E*3.00' }))).toEqual([
			['A', '2.5'],
			['B', '0.1'],
			['C', '10000000000000.01'],
			['D', '2'],
			['E', '3'],
		]);
	});

	test('is the same relation whatever else of the product changes', () => {
		expect(kitOf(set()).desired).toEqual(kitOf(set({ itemName: 'Another name', sellPrice: '1.00' })).desired);
	});
});

describe('components stand', () => {
	test('in text with other separators', () => {
		const profile = withKits({
			components: { from: 'text', attribute: 'components', itemDelimiter: ';', quantityDelimiter: ' x ' },
		});
		expect(componentsIn(set({ components: ' BULB x 2 ; A*B;' }), profile)).toEqual([
			['BULB', '2'],
			['A*B', '1'],
		]);
	});

	test('in a list, whose entries are not split and not decoded', () => {
		expect(componentsIn(set({ components: ['A|1*2', 'B&amp;C'] }))).toEqual([
			['A|1', '2'],
			['B&amp;C', '1'],
		]);
		expect(componentsIn(set({ components: ['A*2|B'] }))).toEqual([
			['A', '2'],
			['B', '1'],
		]);
	});

	const productSet = (quantityAttribute = ''): Kits => ({
		components: { from: 'productSet', attribute: 'contents', quantityAttribute },
	});
	test('in a product set: one of each, one number for all, or a number each', () => {
		const contents = ['BULB', 'SHADE'];
		expect(componentsIn(set({ contents }), withKits(productSet()))).toEqual([
			['BULB', '1'],
			['SHADE', '1'],
		]);
		expect(componentsIn(set({ contents, howMany: '3' }), withKits(productSet('howMany')))).toEqual([
			['BULB', '3'],
			['SHADE', '3'],
		]);
		for (const howMany of [['2', '0.5'], '2|0.5']) {
			expect(componentsIn(set({ contents, howMany }), withKits(productSet('howMany')))).toEqual([
				['BULB', '2'],
				['SHADE', '0.5'],
			]);
		}
		expect(reasonsOf(set({ contents, howMany: ['1', '2', '3'] }), withKits(productSet('howMany')))).toEqual([
			'howMany holds 3 quantities, and contents 2 components.',
		]);
		expect(reasonsOf(set({ contents: ['BULB'] }), withKits(productSet('howMany')))).toEqual([
			'The quantity of BULB is missing.',
		]);
	});

	const rows: Kits = { components: { from: 'rows', attribute: 'parts', codeField: 'sku', quantityField: 'Qty' } };
	test.each([
		['a list of texts', ['SKU=BULB;COLOUR=Red;QTY=2', 'qty = 1 ; sku = SHADE']],
		['one text', 'SKU=BULB;QTY=2|SKU=SHADE;QTY=1'],
		['lines', 'SKU=BULB;QTY=2\r\nSKU=SHADE;QTY=1\n'],
		[
			'objects',
			[
				{ SKU: 'BULB', QTY: 2 },
				{ sku: 'SHADE', qty: '1' },
			],
		],
	])('in rows of key and value: %s', (_, parts) => {
		expect(componentsIn(set({ parts }), withKits(rows))).toEqual([
			['BULB', '2'],
			['SHADE', '1'],
		]);
	});
	test('in rows, and what they lack is named', () => {
		expect(reasonsOf(set({ parts: ['SKU=BULB', 'QTY=2'] }), withKits(rows))).toEqual([
			'The quantity of BULB is missing.',
			'“QTY=2” in parts names no component.',
		]);
		expect(reasonsOf(set({ parts: ['SKU=A;SKU=B;QTY=1'] }), withKits(rows))).toEqual([
			'“SKU=A;SKU=B;QTY=1” in parts has sku twice or holds a list in it.',
		]);
		const oneEach = withKits({ components: { from: 'rows', attribute: 'parts', quantityField: '' } });
		expect(componentsIn(set({ parts: 'SKU=A|SKU=B' }), oneEach)).toEqual([
			['A', '1'],
			['B', '1'],
		]);
	});

	test('as nested lists where texts are meant, which is said', () => {
		expect(reasonsOf(set({ components: [['A'], ['B']] }))).toEqual(['components holds nested lists, not texts.']);
	});
});

describe('a component is named', () => {
	const bySku = { from: 'attribute', attribute: 'sku' } as const;

	test('by primary id, which the ledger turns into a code where the two differ', () => {
		const kits: Kits = { components: { from: 'text', attribute: 'components' }, namedBy: 'primaryId' };
		expect(componentsIn(set(), withKits(kits))[0]).toEqual(['BULB', '2']);
		const kit = kitOf(set({ sku: 'S-1' }), withKits(kits, { stockCode: bySku }));
		expect(kit.key).toBe('S-1');
		expect(kit.needs).toEqual(['S-1', 'primaryId:BULB', 'primaryId:SHADE'].map((key) => ({ kind: 'stockItem', key })));
		expect(kit.desired.components[0]).toEqual({ stockCode: 'primaryId:BULB', quantity: '2' });
		expect(reasonsOf(set({ sku: 'S-1', components: 'SET-1' }), withKits(kits, { stockCode: bySku }))).toHaveLength(1);
	});

	test('by internal id, as product sets read with a feed token have it', () => {
		const kits: Kits = { components: { from: 'productSet', attribute: 'contents' }, namedBy: 'internalId' };
		const contents = ['65f1c0ffee00000000000009'];
		expect(kitOf(set({ contents }), withKits(kits)).needs[1]!.key).toBe('internalId:65f1c0ffee00000000000009');
		const itself = set({ contents: [set().internalId] });
		expect(reasonsOf(itself, withKits(kits))).toEqual([expect.stringContaining('is the bundle itself')]);
	});
});

describe('packs and builds', () => {
	const byAttribute: Kits = {
		...DEMO_KITS_AND_PRICES.kits,
		relation: { from: 'attribute', attribute: 'bundleKind', pack: ['Pack', 'Offer'], build: ['Build'] },
	};
	test.each([
		['offer', 'pack'],
		['BUILD', 'build'],
	])('are told apart by an attribute: %s', (bundleKind, relation) => {
		expect(kitOf(set({ bundleKind }), withKits(byAttribute)).desired.relation).toBe(relation);
	});
	test.each([
		['', "bundleKind is empty, so it can't be told whether the bundle is a pack or a build."],
		['Hamper', '“Hamper” stands neither for a pack nor for a build (Pack, Offer, Build).'],
	])('and never guessed: %j', (bundleKind, reason) => {
		expect(reasonsOf(set({ bundleKind }), withKits(byAttribute))).toEqual([reason]);
	});
	test('may be builds altogether', () => {
		const kits: Kits = { ...DEMO_KITS_AND_PRICES.kits, relation: { from: 'fixed', relation: 'build' } };
		expect(kitOf(set(), withKits(kits)).desired.relation).toBe('build');
	});
});

describe('a product that is no bundle', () => {
	test('but names components is told so', () => {
		const mapped = mapProduct(lamp({ components: 'BULB*1' }), withKits());
		expect('changes' in mapped && mapped.changes.map(({ kind, warnings }) => [kind, warnings])).toEqual([
			[
				'stockItem',
				[
					{
						field: 'components',
						message: 'components is left out: productType says that the product is taken as Simple.',
					},
				],
			],
		]);
	});

	test('takes its former relation away only where that is wanted', () => {
		const kits: Kits = { ...DEMO_KITS_AND_PRICES.kits, clearFormer: true };
		expect(kitOf(lamp(), withKits(kits))).toMatchObject({ desired: { components: [] }, needs: [{ key: 'LAMP-001' }] });
	});

	test('and no type is a bundle where it names components', () => {
		const mapped = mapProduct(set({ productType: '' }), withKits());
		expect('changes' in mapped && mapped.changes.map(({ kind }) => kind)).toEqual(['stockItem', 'kit']);
		expect('changes' in mapped && mapped.changes[0]!.warnings).toEqual([
			{ field: 'productType', message: 'productType is empty; by its components the product was taken as Bundle.' },
		]);
	});
});

describe('whatever stands in the attribute', () => {
	const profile = withKits();
	const quantity = fc.bigInt({ min: 1n, max: 10n ** 17n }).map((hundredths) => {
		const digits = String(hundredths).padStart(3, '0');
		return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
	});
	const code = fc
		.string({ minLength: 1, maxLength: 50, unit: fc.constantFrom(...'abcXYZ0189-_./&"\' éß灯,;=') })
		.map((text) => text.trim())
		.filter((text) => text !== '' && text.length <= 50);

	test('components that are written are the components that are read', () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(fc.record({ code, quantity }), {
					minLength: 1,
					maxLength: 8,
					selector: ({ code: one }) => one.trim().toUpperCase(),
				}),
				(entries) => {
					const text = entries.map((entry) => `${entry.code}*${entry.quantity}`).join('|');
					const read = componentsOf(set({ components: text }), 'SET-1', profile);
					if ('reasons' in read) throw new Error(JSON.stringify(read.reasons));
					expect(read.components.map(({ stockCode }) => stockCode)).toEqual(entries.map((entry) => entry.code));
					for (const [at, { quantity: found }] of read.components.entries()) {
						// Exact, digit for digit: both in hundredths.
						expect(hundredths(found)).toBe(hundredths(entries[at]!.quantity));
					}
				},
			),
		);
	});

	test('is read or refused with reason and remedy, never half', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string()), fc.jsonValue()), (components) => {
				const read = componentsOf(set({ components }), 'SET-1', profile);
				if ('reasons' in read) {
					expect(read.reasons.length).toBeGreaterThan(0);
					for (const { reason, remedy } of read.reasons) expect([reason === '', remedy === '']).toEqual([false, false]);
				} else {
					expect(
						desiredKitSchema.safeParse({ stockCode: 'SET-1', relation: 'pack', components: read.components }).success,
					).toBe(true);
					for (const { quantity: found } of read.components) expect(hundredths(found) > 0n).toBe(true);
				}
			}),
		);
	});
});

function hundredths(decimal: string): bigint {
	const [whole = '0', fraction = ''] = decimal.split('.');
	return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
}
