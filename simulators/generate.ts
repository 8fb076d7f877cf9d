import type { Catalogue, CatalogueProduct } from './catalogue';

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

interface Range {
	code: string;
	type1: string;
	type2: string;
	classPath: string;
	nouns: string[];
	commodityCodes: string[];
	/** Cost in pence, from and to. */
	cost: [number, number];
	/** Weight in grams, from and to. */
	weight: [number, number];
	sizes: string[];
}

const CLOTHES_SIZES = ['XS', 'S', 'M', 'L', 'XL', 'XXL'];

const RANGES: Range[] = [
	{
		code: 'TEE',
		type1: 'Clothing',
		type2: 'T-Shirts',
		classPath: 'Clothing/Tops/T-Shirts',
		nouns: ['Tee', 'Crew Tee', 'Pocket Tee', 'Long-Sleeve Tee'],
		commodityCodes: ['61091000', '61099020'],
		cost: [420, 1600],
		weight: [140, 260],
		sizes: CLOTHES_SIZES,
	},
	{
		code: 'JKT',
		type1: 'Clothing',
		type2: 'Jackets & Coats',
		classPath: 'Clothing/Outerwear/Jackets & Coats',
		nouns: ['Rain Jacket', 'Softshell', 'Wax Jacket', 'Parka'],
		commodityCodes: ['62014090', '62024090'],
		cost: [2400, 9800],
		weight: [480, 1400],
		sizes: CLOTHES_SIZES,
	},
	{
		code: 'TRS',
		type1: 'Clothing',
		type2: 'Trousers',
		classPath: 'Clothing/Trousers',
		nouns: ['Chino', 'Work Trouser', 'Walking Trouser', 'Jean'],
		commodityCodes: ['62034235', '62046231'],
		cost: [1300, 3900],
		weight: [360, 720],
		sizes: ['28', '30', '32', '34', '36', '38'],
	},
	{
		code: 'SHO',
		type1: 'Footwear',
		type2: 'Boots & Shoes',
		classPath: 'Footwear/Boots & Shoes',
		nouns: ['Walking Boot', 'Deck Shoe', 'Trail Shoe', 'Wellington'],
		commodityCodes: ['64039916', '64029990'],
		cost: [1900, 7200],
		weight: [620, 1900],
		sizes: ['5', '6', '7', '8', '9', '10', '11'],
	},
	{
		code: 'LMP',
		type1: 'Lighting',
		type2: 'Desk & Table Lamps',
		classPath: 'Home/Lighting/Desk & Table Lamps',
		nouns: ['Desk Lamp', 'Table Lamp', 'Reading Light'],
		commodityCodes: ['94052140', '94052190'],
		cost: [900, 6400],
		weight: [700, 3600],
		sizes: [],
	},
	{
		code: 'MUG',
		type1: 'Kitchen',
		type2: 'Mugs & Tableware',
		classPath: 'Home/Kitchen/Mugs & Tableware',
		nouns: ['Stoneware Mug', 'Serving Bowl', 'Side Plate', 'Milk Jug'],
		commodityCodes: ['69120083', '69111000'],
		cost: [180, 1900],
		weight: [240, 1300],
		sizes: [],
	},
	{
		code: 'BAG',
		type1: 'Bags',
		type2: 'Rucksacks',
		classPath: 'Bags/Rucksacks',
		nouns: ['Day Pack', 'Rucksack', 'Duffel', 'Messenger Bag'],
		commodityCodes: ['42029291', '42021291'],
		cost: [1500, 6900],
		weight: [420, 1700],
		sizes: [],
	},
	{
		code: 'TLS',
		type1: 'Garden',
		type2: 'Hand Tools',
		classPath: 'Garden/Tools/Hand Tools',
		nouns: ['Hand Fork', 'Border Spade', 'Secateurs', 'Trowel'],
		commodityCodes: ['82013000', '82015000'],
		cost: [350, 3200],
		weight: [180, 2400],
		sizes: [],
	},
	{
		code: 'CBL',
		type1: 'Electrical',
		type2: 'Cables & Leads',
		classPath: 'Electrical/Cables & Leads',
		nouns: ['Extension Lead', 'Charging Cable', 'Adaptor'],
		commodityCodes: ['85444290', '85366990'],
		cost: [120, 2100],
		weight: [60, 900],
		sizes: [],
	},
	{
		code: 'BOK',
		type1: 'Books',
		type2: 'Field Guides',
		classPath: 'Books/Field Guides',
		nouns: ['Field Guide', 'Walker’s Atlas', 'Notebook'],
		commodityCodes: ['49019900', '48201030'],
		cost: [240, 1400],
		weight: [160, 980],
		sizes: [],
	},
];

const NAMES = [
	'Ashdown',
	'Birchover',
	'Calder',
	'Derwent',
	'Eskdale',
	'Farndale',
	'Glaisdale',
	'Hathersage',
	'Ilkley',
	'Kinder',
	'Langdale',
	'Malham',
	'Nidd',
	'Otley',
	'Pendle',
	'Rosedale',
	'Swale',
	'Tarn',
	'Ullswater',
	'Wharfe',
];
const COLOURS: Array<[string, string]> = [
	['Black', 'BLK'],
	['Navy', 'NVY'],
	['Moss Green', 'MOS'],
	['Oatmeal', 'OAT'],
	['Rust', 'RST'],
	['Slate Grey', 'SLT'],
	['Bottle Green', 'BTL'],
	['Mustard', 'MUS'],
];
const MATERIALS = [
	'Cotton',
	'Organic Cotton',
	'Merino Wool',
	'Recycled Polyester',
	'Leather',
	'Oak',
	'Stoneware',
	'Stainless Steel',
	'CoolTech&trade;',
	'Brass',
];
const BRANDS = ['Fell & Beck', 'Northmoor', 'Harbour Row', 'Quarry House', 'Thornbury'];
const COUNTRIES = ['GB', 'PT', 'TR', 'IN', 'CN', 'IT', 'VN', 'PL'];

const ATTRIBUTE_TYPES: Record<string, string> = {
	itemName: 'text',
	longDescription: 'richText',
	productType: 'singleSelect',
	stockType1: 'text',
	stockType2: 'text',
	costPrice: 'currency',
	sellPrice: 'currency',
	tradePrice: 'currency',
	outletPrice: 'currency',
	taxCode: 'number',
	weightKg: 'number',
	barcode: 'text',
	commodityCode: 'text',
	countryOfOrigin: 'text',
	brand: 'text',
	colour: 'text',
	size: 'text',
	material: 'multiSelect',
	components: 'text',
	stockControlled: 'boolean',
	discontinued: 'boolean',
	readyForErp: 'boolean',
	khaosStatus: 'text',
	khaosStatusMessage: 'text',
	khaosStatusDate: 'text',
	khaosStockId: 'text',
};

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

	constructor(private readonly random: () => number) {}

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

/**
 * A catalogue of `count` products of a made-up outdoor and home shop: families of variants, simple products, bundles of
 * them; the same for the same `seed`.
 */
export function generateCatalogue(count: number, seed = 1): Catalogue {
	if (!Number.isInteger(count) || count < 0)
		throw new Error(`A catalogue of ${count} products can't be generated: give a whole number.`);
	const random = randomNumbers(seed);
	const generator = new Generator(random);
	while (generator.products.length < count) {
		const left = count - generator.products.length;
		const draw = random();
		if (draw < 0.18 && left >= 3) generator.family(Math.min(left - 1, 2 + Math.floor(random() * (MAX_FAMILY - 1))));
		else if (draw < 0.23 && generator.canBundle) generator.bundle();
		else generator.simple();
	}
	return {
		note: `${count} generated products, seed ${seed}`,
		attributeTypes: { ...ATTRIBUTE_TYPES },
		products: generator.products,
	};
}
