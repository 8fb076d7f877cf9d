// The words and figures that generated products are made of: a made-up outdoor and home shop.

/** A kind of goods: what its products are called and cost. */
export interface Range {
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

export const RANGES: Range[] = [
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

export const NAMES = [
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
export const COLOURS: Array<[string, string]> = [
	['Black', 'BLK'],
	['Navy', 'NVY'],
	['Moss Green', 'MOS'],
	['Oatmeal', 'OAT'],
	['Rust', 'RST'],
	['Slate Grey', 'SLT'],
	['Bottle Green', 'BTL'],
	['Mustard', 'MUS'],
];
export const MATERIALS = [
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
export const BRANDS = ['Fell & Beck', 'Northmoor', 'Harbour Row', 'Quarry House', 'Thornbury'];
export const COUNTRIES = ['GB', 'PT', 'TR', 'IN', 'CN', 'IT', 'VN', 'PL'];

export const ATTRIBUTE_TYPES: Record<string, string> = {
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
