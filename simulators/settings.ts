import { z } from 'zod';

/**
 * How the SOAP answers look. No public document shows them, so a client has to understand them all; the bundled WSDL
 * describes the defaults.
 */
export const dialectSchema = z
	.object({
		/** Prefix of the envelope's namespace; '' makes it the default namespace. */
		envelopePrefix: z.string().default('SOAP-ENV'),
		/** Prefix of the method's namespace; '' declares it on the wrapper as the default namespace. */
		methodPrefix: z.string().default('NS1'),
		/** Prefix of the namespace of complex types. */
		typePrefix: z.string().default('NS2'),
		encodingPrefix: z.string().default('SOAP-ENC'),
		xsiPrefix: z.string().default('xsi'),
		xsdPrefix: z.string().default('xsd'),
		/** Whether values carry xsi:type. */
		typed: z.boolean().default(true),
		/** The part that holds the answer. */
		resultName: z.string().default('return'),
		/** `objects`: structures and arrays stand apart and are referred to by href/id; `all`: texts do too. */
		multiRef: z.enum(['none', 'objects', 'all']).default('none'),
		/** How an XML document travels: as escaped text, in CDATA, as elements, or as the member of a structure. */
		documentResult: z.enum(['escaped', 'cdata', 'inline', 'complex']).default('escaped'),
		/** The root of an ExportStock document. */
		exportRoot: z.string().default('STOCK_ITEMS'),
		/** Whether a document starts with an XML declaration. */
		documentDeclaration: z.boolean().default(true),
		/** Whether an element without a value is written (empty) or left out. */
		emptyElements: z.enum(['written', 'selfClosing', 'omitted']).default('written'),
		/** What ImportStockTSV answers: an XML summary with elements or with attributes, a structure, a sentence, a bare count, nothing. */
		importSummary: z.enum(['elements', 'attributes', 'structure', 'sentence', 'count', 'empty']).default('elements'),
		/** HTTP status of a SOAP fault. */
		faultStatus: z.union([z.literal(500), z.literal(200)]).default(500),
		/** Whether a fault has a detail element. */
		faultDetail: z.boolean().default(false),
		/** Whether the answer starts with a byte order mark. */
		byteOrderMark: z.boolean().default(false),
	})
	.strict();
export type Dialect = z.infer<typeof dialectSchema>;

export const channelClientSettingsSchema = z
	.object({
		/** Which side of a price this Khaos keeps, and uploads. */
		prices: z.enum(['net', 'gross']).default('net'),
		/** What becomes of an item that Khaos holds already: the vendor's pages leave it open. */
		updates: z.enum(['apply', 'createOnly']).default('apply'),
		/** Whether one call of the feed follows another until it holds nothing new, or the next waits for its time. */
		drain: z.boolean().default(true),
		/** Items in a StockUpload, and in a StockStatusUpload. */
		uploadBatch: z.number().int().positive().default(50),
		statusBatch: z.number().int().positive().max(100).default(100),
		/** How long the configuration is not asked for again. */
		configMaxAgeMs: z
			.number()
			.nonnegative()
			.default(24 * 3_600_000),
		/** How often a call that is not answered with 200 is made, and how long it waits between. */
		attempts: z.number().int().positive().default(4),
		retryMs: z.number().nonnegative().default(200),
	})
	.strict();
export type ChannelClientSettings = z.infer<typeof channelClientSettingsSchema>;

export const khaosSettingsSchema = z
	.object({
		/** The executable in the path: `KhaosKSD.exe`; it may have folders before it (`LiveSoap/KhaosKSD.exe`). */
		executable: z.string().default('KhaosKSD.exe'),
		version: z.string().default('8.240.1.0'),
		/** HTTP Basic in front of the executable; null: none. */
		basic: z.object({ user: z.string(), password: z.string() }).nullable().default(null),
		/** A call that breaks a rule for the whole call (over 25 rows, a header that is wrong). */
		wholeCallFailure: z.enum(['fault', 'summary']).default('fault'),
		/** A row that breaks a rule: refused alone in the summary, or the whole call fails and nothing is applied. */
		badRow: z.enum(['refused', 'failsCall']).default('refused'),
		/** A text over its limit. */
		overLong: z.enum(['refused', 'cut']).default('refused'),
		/** A blank cell of an optional column. */
		blankCells: z.enum(['clear', 'keep']).default('clear'),
		/** A barcode that is imported: instead of the ones held, or beside them. */
		barcodes: z.enum(['replace', 'add']).default('replace'),
		/** System value "Stock Description Case". */
		descriptionCase: z.enum(['userRaw', 'normal', 'upper', 'lower']).default('userRaw'),
		/** How a long description comes back. */
		longDescription: z.enum(['asSent', 'decoded', 'respaced']).default('asSent'),
		/** How numbers come back: as they were sent, without trailing zeros, or with four decimals. */
		numbers: z.enum(['asSent', 'short', 'fourDecimals']).default('asSent'),
		/** Between an SCS parent's code and a suffix. */
		scsSeparator: z.string().default('-'),
		/** TYPE of user-defined attributes in ExportStock; others are TEXT. */
		udaTypes: z.record(z.string()).default({ Colour: 'CHOICE', Size: 'CHOICE' }),
		/** Whether GetStockList also says StockID, OtherRef and StockDesc. */
		stockListExtras: z.boolean().default(false),
		/** A blank cell of a price file: leaves the price of that list as it is, or removes it. */
		blankPriceCells: z.enum(['keep', 'clear']).default('keep'),
		/** Whether build relations are shown among LINKED_ITEMS as packs are. */
		buildsInExport: z.boolean().default(false),
		/** Methods this server does not have (an older version, or one without the import). */
		missingMethods: z.array(z.string()).default([]),
		sites: z.array(z.object({ id: z.number().int(), name: z.string() })).default([{ id: 1, name: 'Main Site' }]),
		/** How the client of a channel behaves. */
		channel: channelClientSettingsSchema.default({}),
		/** Price lists that exist; an import never creates one. */
		priceLists: z.array(z.object({ name: z.string(), net: z.boolean() })).default([
			{ name: 'Trade', net: true },
			{ name: 'Outlet', net: true },
		]),
	})
	.strict();
export type KhaosSettings = z.infer<typeof khaosSettingsSchema>;

export const channelSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		/** In the form of `filters`: which products the channel holds. */
		rule: z.record(z.unknown()).default({}),
		/** API name -> column heading; null: every attribute, headed by its API name in words. */
		headings: z.record(z.string()).nullable().default(null),
		primaryIdHeading: z.string().default('Primary ID'),
		/** Headings of the relations; null: the account has not mapped them. */
		parentsHeading: z.string().nullable().default('Parents'),
		itemsHeading: z.string().nullable().default('Items'),
		booleanStyle: z.enum(['true/false', '1/0', 'Yes/No']).default('true/false'),
		/** Random when left out. */
		token: z.string().optional(),
	})
	.strict();
export type ChannelSettings = z.infer<typeof channelSchema>;

export const pimberlySettingsSchema = z
	.object({
		defaultLimit: z.number().int().positive().default(100),
		maxLimit: z.number().int().positive().default(250),
		/** What a list without rows answers. */
		emptyList: z.enum(['404', '200']).default('404'),
		wrongToken: z.union([z.literal(401), z.literal(403)]).default(401),
		/** Feed values: texts as stored, or JSON booleans and numbers by attribute type. */
		values: z.enum(['text', 'typed']).default('text'),
		/** Whether a single product says its dateUpdated: with extendResponse=1, always, never. */
		singleDateUpdated: z.enum(['extended', 'always', 'never']).default('extended'),
		/** Whether a filtered list of a feed token honours extendResponse and attributes, or answers ids only. */
		extendWithFilters: z.boolean().default(true),
		/** When a write is visible: at once, after writeDelayMs, or not before somebody approves it (never, here). */
		writeMode: z.enum(['sync', 'delayed', 'approval']).default('sync'),
		writeDelayMs: z.number().int().nonnegative().default(1000),
		unknownProduct: z.enum(['404', 'create']).default('404'),
		/** The shape of a webhook's delete. */
		deleteNotice: z.enum(['primaryId', 'products']).default('primaryId'),
		maxAssetBytes: z.number().int().positive().default(10_000_000),
		channels: z
			.array(channelSchema)
			.min(1)
			.default([
				{
					id: '60c1aa000000000000000001',
					name: 'ERP work queue',
					rule: { readyForErp: 'true', khaosStatus: { $ne: 'Live' } },
				},
			]),
	})
	.strict();
export type PimberlySettings = z.infer<typeof pimberlySettingsSchema>;

/** Every assumption of the simulators that can be switched; README.md lists them in words. */
export const settingsSchema = z
	.object({
		pimberly: pimberlySettingsSchema.default({}),
		khaos: khaosSettingsSchema.default({}),
		dialect: dialectSchema.default({}),
	})
	.strict();
export type Settings = z.infer<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
