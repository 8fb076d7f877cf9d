import { ATTRIBUTE_TYPES, BRANDS, COLOURS, COUNTRIES, MATERIALS, NAMES, RANGES, type Range } from './assortment';
import type { Catalogue, CatalogueProduct } from './catalogue';
import { contradictoryProducts } from './contradictions';

/** mulberry32: small, fast, and the same numbers on every machine. */
export function randomNumbers(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/** The EAN-13 of twelve digits. */
export function ean13(twelve: string): string {
	let sum = 0;
	for (let index = 0; index < 12; index += 1) sum += Number(twelve[index]) * (index % 2 === 0 ? 1 : 3);
	return twelve + String((10 - (sum % 10)) % 10);
}

/** Money and weights are counted in whole pence and grams, and written as decimal text. */
const pounds = (pence: number): string => `${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`;
const kilograms = (grams: number): string => `${Math.floor(grams / 1000)}.${String(grams % 1000).padStart(3, '0')}`;

class Generator {
	readonly products: CatalogueProduct[] = [];

	/** Codes that a bundle may hold. */
	private readonly sellable: string[] = [];

	private serial = 0;

	private barcodes = 0;

	constructor(readonly random: () => number) {}

	private whole(from: number, to: number): number {
		return from + Math.floor(this.random() * (to - from + 1));
	}

	private pick<T>(values: T[]): T {
		return values[Math.floor(this.random() * values.length)] as T;
	}

	private barcode(): string {
		this.barcodes += 1;
		return ean13(`50${String(this.barcodes).padStart(10, '0')}`);
	}

	private shared(range: Range, name: string): CatalogueProduct['attributes'] {
		const cost = this.whole(...range.cost);
		const sell = Math.ceil((cost * (200 + this.whole(0, 80))) / 10000) * 100 - 1;
		const attributes: CatalogueProduct['attributes'] = {
			itemName: name,
			longDescription: `<p>The ${name} is made to be used every day and repaired when it has to be.</p>\n<p>&bull; Designed in Yorkshire &amp; tested outdoors.<br />&bull; ${this.pick(['Guaranteed for two years.', 'Spare parts available.', 'Packed without plastic.'])}</p>`,
			stockType1: range.type1,
			stockType2: range.type2,
			costPrice: pounds(cost),
			sellPrice: pounds(Math.max(sell, cost + 1)),
			tradePrice: pounds(Math.floor((cost * 3) / 2)),
			taxCode: range.type1 === 'Books' ? '2' : '1',
			weightKg: kilograms(this.whole(...range.weight)),
			commodityCode: this.pick(range.commodityCodes),
			countryOfOrigin: this.pick(COUNTRIES),
			brand: this.pick(BRANDS),
			stockControlled: 'true',
			discontinued: this.random() < 0.02 ? 'true' : 'false',
			readyForErp: 'true',
		};
		if (this.random() < 0.1) attributes.outletPrice = pounds(Math.floor((cost * 6) / 5));
		if (this.random() < 0.4) attributes.material = [...new Set([this.pick(MATERIALS), this.pick(MATERIALS)])];
		return attributes;
	}

	private name(range: Range): string {
		return `${this.pick(NAMES)} ${this.pick(range.nouns)}`;
	}

	private code(range: Range): string {
		this.serial += 1;
		return `${range.code}-${1000 + this.serial}`;
	}

	simple(): void {
		const range = this.pick(RANGES);
		// Some codes hold a slash, as part numbers do: such a primary id has to be percent-encoded.
		const primaryId = this.code(range) + (this.random() < 0.03 ? `/${this.whole(2, 24)}` : '');
		const attributes = { ...this.shared(range, this.name(range)), productType: 'Simple', barcode: this.barcode() };
		this.products.push({ primaryId, classes: [range.classPath], parents: [], items: [], attributes });
		this.sellable.push(primaryId);
	}

	/** A variant parent with `count` variants. In half of the families the variants come first, as they may in Pimberly. */
	family(count: number): void {
		const range = this.pick(RANGES.filter(({ sizes }) => sizes.length));
		const parentId = this.code(range);
		const shared = this.shared(range, this.name(range));
		const variants: CatalogueProduct[] = [];
		for (let index = 0; index < count; index += 1) {
			const size = range.sizes[Math.floor(index / COLOURS.length) % range.sizes.length] as string;
			const [colour, short] = COLOURS[index % COLOURS.length] as [string, string];
			const attributes: CatalogueProduct['attributes'] = {
				...shared,
				itemName: `${shared.itemName as string}, ${colour}, ${size}`,
				productType: 'Variant',
				barcode: this.barcode(),
				colour,
				size,
				weightKg: kilograms(this.whole(...range.weight)),
			};
			const primaryId = `${parentId}-${short}-${size}`;
			variants.push({ primaryId, classes: [range.classPath], parents: [parentId], items: [], attributes });
			this.sellable.push(primaryId);
		}
		const parent: CatalogueProduct = {
			primaryId: parentId,
			classes: [range.classPath],
			parents: [],
			items: variants.map(({ primaryId }) => primaryId),
			attributes: { ...shared, productType: 'VariantParent', stockControlled: 'false' },
		};
		this.products.push(...(this.random() < 0.5 ? [...variants, parent] : [parent, ...variants]));
	}

	bundle(): void {
		const range = this.pick(RANGES.filter(({ sizes }) => !sizes.length));
		const components = new Set<string>();
		const wanted = this.whole(2, 4);
		for (let tries = 0; components.size < wanted && tries < 20; tries += 1) components.add(this.pick(this.sellable));
		const name = `${this.pick(NAMES)} ${range.type2} Set`;
		const attributes = {
			...this.shared(range, name),
			productType: 'Bundle',
			barcode: this.barcode(),
			components: [...components].map((code) => `${code}*${this.whole(1, 3)}`).join('|'),
		};
		this.products.push({
			primaryId: `SET-${this.code(range)}`,
			classes: [range.classPath],
			parents: [],
			items: [],
			attributes,
		});
	}

	get canBundle(): boolean {
		return this.sellable.length >= 4;
	}
}

const MAX_FAMILY = 24;
const MAX_FAMILY_OF_MANY = 6;

/** How many of each shape a catalogue is to have. */
export interface Shapes {
	/** Products that stand alone. */
	simple: number;
	/** Variant parents, each with two to six variants. */
	families: number;
	/** Bundles of two to four products. */
	kits: number;
	/** With products that contradict themselves or others (see contradictions). */
	contradictions?: boolean;
}

/**
 * A catalogue of a made-up outdoor and home shop: families of variants, simple products, bundles of them; the same for the
 * same `seed`. Asked for by its number of products, it is a mixture; or with exactly so many of each shape.
 */
export function generateCatalogue(wanted: number | Shapes, seed = 1): Catalogue {
	const generator = new Generator(randomNumbers(seed));
	if (typeof wanted === 'number') mix(generator, wanted);
	else assort(generator, wanted);
	const { products } = generator;
	if (typeof wanted === 'object' && wanted.contradictions) products.push(...contradictoryProducts(products));
	return {
		note: `${products.length} generated products, seed ${seed}`,
		attributeTypes: { ...ATTRIBUTE_TYPES },
		products,
	};
}

function mix(generator: Generator, count: number): void {
	whole(count, 'products');
	const { random } = generator;
	while (generator.products.length < count) {
		const left = count - generator.products.length;
		const draw = random();
		if (draw < 0.18 && left >= 3) generator.family(Math.min(left - 1, 2 + Math.floor(random() * (MAX_FAMILY - 1))));
		else if (draw < 0.23 && generator.canBundle) generator.bundle();
		else generator.simple();
	}
}

/** The shapes in one order that mixes them, so that kits and families come early and late. */
function assort(generator: Generator, { simple, families, kits }: Shapes): void {
	for (const [what, count] of Object.entries({ simple, families, kits })) whole(count, what);
	const left = { simple, families, kits };
	const { random } = generator;
	const makesKits = simple + families > 1;
	if (kits > 0 && !makesKits)
		throw new Error('Kits need other products to hold: ask for simple products or families too.');
	for (let all = simple + families + kits; all > 0; all -= 1) {
		const draw = random() * all;
		if (draw < left.kits && generator.canBundle) {
			generator.bundle();
			left.kits -= 1;
		} else if (draw < left.kits + left.families && left.families > 0) {
			generator.family(2 + Math.floor(random() * (MAX_FAMILY_OF_MANY - 1)));
			left.families -= 1;
		} else if (left.simple > 0) {
			generator.simple();
			left.simple -= 1;
		} else if (left.families > 0) {
			generator.family(2 + Math.floor(random() * (MAX_FAMILY_OF_MANY - 1)));
			left.families -= 1;
		} else {
			generator.bundle();
			left.kits -= 1;
		}
	}
}

function whole(count: number, what: string): void {
	if (Number.isInteger(count) && count >= 0) return;
	throw new Error(`A catalogue of ${count} ${what} can't be generated: give a whole number.`);
}

/** What the options of a command line ask for: `generate` alone is a mixture; with other shapes it counts simple products. */
export function wantedShapes(asked: {
	generate: number | null;
	families: number | null;
	kits: number | null;
	contradictions: boolean | undefined;
}): number | Shapes | null {
	const { generate, families, kits, contradictions } = asked;
	if (families === null && kits === null && contradictions !== true) return generate;
	return { simple: generate ?? 0, families: families ?? 0, kits: kits ?? 0, contradictions: contradictions ?? false };
}
