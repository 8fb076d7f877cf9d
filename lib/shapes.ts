import { z } from 'zod';

/**
 * What travels between the nodes. Workflow templates rely on these shapes: members may be added, none renamed or removed.
 * Every date is ISO 8601 in UTC with milliseconds; every amount of money and every weight is decimal text, never a float.
 */

export const LANES = { price: 1, launch: 2, operational: 3, descriptive: 4 } as const;
/** How urgent a change is; 1 goes first. */
export const laneSchema = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export type Lane = z.infer<typeof laneSchema>;

/** What a change is about; `status` goes to Pimberly, the others to Khaos. */
export const kindSchema = z.enum(['stockItem', 'kit', 'price', 'status']);
export type Kind = z.infer<typeof kindSchema>;

/** The system a change is written to. */
export type Target = 'khaos' | 'pimberly';
export const kindsOf: Record<Target, Kind[]> = { khaos: ['stockItem', 'kit', 'price'], pimberly: ['status'] };
export const targetOf = (kind: Kind): Target => (kind === 'status' ? 'pimberly' : 'khaos');

/** A record that has to be confirmed in Khaos before another may be sent. */
export const needSchema = z.object({ kind: kindSchema, key: z.string().min(1) });
export type Need = z.infer<typeof needSchema>;

/** A Pimberly product as the trigger emits it. */
export const productSchema = z.object({
	primaryId: z.string().min(1),
	internalId: z.string(),
	/** When Pimberly last changed it; where Pimberly does not say, the time our read of it started. */
	dateUpdated: z.string().min(1),
	/** True where dateUpdated is the time of our read. */
	dateUpdatedIsReadTime: z.boolean().optional(),
	/** Primary ids of its parents and of its items. */
	parents: z.array(z.string()),
	items: z.array(z.string()),
	/** Class paths. */
	classes: z.array(z.string()),
	/** By API name (feed token) or by heading (channel token); values as Pimberly returned them. */
	attributes: z.record(z.unknown()),
	/** Names the scan step that emitted it; Sequencer: Add gives the receipt for it. Null when nobody waits for one. */
	emission: z.string().nullable(),
});
export type Product = z.infer<typeof productSchema>;

/** The product that a change or rejection came of. */
export const sourceSchema = z.object({
	primaryId: z.string().min(1),
	internalId: z.string(),
	dateUpdated: z.string().min(1),
	dateUpdatedIsReadTime: z.boolean().optional(),
	/** It was confirmed before and is sent again, because Khaos no longer holds it: the time since dateUpdated is no lag. */
	repair: z.boolean().optional(),
});

/** Something that was done to a value so that Khaos can take it. Never a reason to stop. */
export const warningSchema = z.object({ field: z.string(), message: z.string() });
export type Warning = z.infer<typeof warningSchema>;

/** How a column is sent and read back; only what differs from the defaults of lib/khaos/columns. */
export const columnSettingsSchema = z.object({
	lane: laneSchema.optional(),
	owner: z.enum(['pimberly', 'khaos']).optional(),
	compare: z.enum(['text', 'richText', 'number', 'boolean', 'list', 'taxCode']).optional(),
	/** The ExportStock element that shows this column; '' where nothing does. */
	readBack: z.string().optional(),
});
export type ColumnSettings = z.infer<typeof columnSettingsSchema>;

/** A stock item's place in a size/colour/style family of Khaos (khaos-control-api 5). */
export const scsSchema = z.object({
	/** `columns`: by the SCS columns of the stock import; `channel`: by SCSParent and SCSChild of the channel feed. */
	by: z.enum(['columns', 'channel']),
	/** Colour, Size: the same for the parent and each child, in order; three at most. */
	headings: z.array(z.string().min(1)).min(1).max(3),
	/** The parent's stock code; '' for the parent itself, and for a child whose parent is known by its primary id only. */
	parentCode: z.string(),
	/** The parent's primary id; '' for the parent itself. */
	parentPrimaryId: z.string(),
	/** A child's abbreviation for each heading (RED, L): with `columns`, what its code has after the parent's. Empty for the parent. */
	values: z.array(z.string()),
	/** A child's words for each heading (Red, Large). Empty for the parent. */
	descriptions: z.array(z.string()),
	/** With `columns`: how a child that exists is addressed, by its own code (the default) or by the SCS columns. */
	updateBy: z.enum(['code', 'columns']).optional(),
});
export type Scs = z.infer<typeof scsSchema>;

/** What Pimberly says a stock item must be. */
export const desiredStockItemSchema = z.object({
	/** In the case it is sent in; the key is the same code trimmed and in upper case. */
	stockCode: z.string().min(1),
	/** By import column, as text ready for a TSV cell ('-1' and '0' for yes and no); null: Pimberly has no value. */
	columns: z.record(z.string().nullable()),
	settings: z.record(columnSettingsSchema).optional(),
	productType: z.string().optional(),
	/** The key of its variant parent, where it has one. */
	parentKey: z.string().nullable().optional(),
	/** Where it is one of a size/colour/style family; without it, a plain item. */
	scs: scsSchema.optional(),
});
export type DesiredStockItem = z.infer<typeof desiredStockItemSchema>;

/** A quantity or an amount as plain decimal text, as Khaos's import tools take it. */
const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);

/** Packs and builds exclude each other on one parent (khaos-control-api 7). */
export const relationSchema = z.enum(['pack', 'build']);
export type Relation = z.infer<typeof relationSchema>;

/** A component of a kit, and how many of it are in one. */
export const componentSchema = z.object({
	/** In the case it is sent in. */
	stockCode: z.string().min(1),
	/** Decimal text above nought, two places at most. */
	quantity: decimalText,
});
export type Component = z.infer<typeof componentSchema>;

/** What Pimberly says the relation between a kit parent and its components must be. */
export const desiredKitSchema = z.object({
	/** The kit parent's. */
	stockCode: z.string().min(1),
	relation: relationSchema,
	/** Empty: the product is no kit any more. */
	components: z.array(componentSchema),
});
export type DesiredKit = z.infer<typeof desiredKitSchema>;

/** One row of a price list: list, stock item, quantity band, amount (khaos-control-api 6). */
export const desiredPriceSchema = z.object({
	stockCode: z.string().min(1),
	/** As Khaos spells it; an import skips a list it doesn't know without a word. */
	priceList: z.string().min(1),
	bandLow: z.number().int().min(1),
	bandHigh: z.number().int().min(1),
	amount: decimalText,
	/** ISO 4217; '' for Khaos's base currency. */
	currency: z.string(),
	/** Whether the list's prices are without tax; Khaos keeps that per list, not per row. */
	net: z.boolean(),
});
export type DesiredPrice = z.infer<typeof desiredPriceSchema>;

/** What a product's status attributes in Pimberly should read. */
export const desiredStatusSchema = z.object({
	primaryId: z.string().min(1),
	status: z.enum(['Pending', 'Held', 'Live', 'Failed']),
	message: z.string(),
	date: z.string(),
	stockId: z.string(),
});
export type DesiredStatus = z.infer<typeof desiredStatusSchema>;

/** What one record in Khaos, or one product's status in Pimberly, must be from now on. */
export const changeSchema = z.object({
	kind: kindSchema,
	/** For a stock item its code, trimmed and in upper case. */
	key: z.string().min(1),
	/** dateUpdated of the product it came from. */
	version: z.string().min(1),
	lane: laneSchema,
	changedFields: z.array(z.string()),
	/** Records that have to be confirmed in Khaos before this one may be sent. */
	needs: z.array(needSchema),
	desired: z.record(z.unknown()),
	source: sourceSchema,
	warnings: z.array(warningSchema),
	emission: z.string().nullable().optional(),
});
export type Change = z.infer<typeof changeSchema>;

/** Why a product can't be sent, and what a person can do. */
export const reasonSchema = z.object({
	/** The attribute or column at fault, as the user knows it. */
	field: z.string(),
	value: z.string().nullable(),
	/** What is wrong, in a sentence. */
	reason: z.string(),
	/** What to do about it, in a sentence. */
	remedy: z.string(),
	/** Which exception it becomes; left out, `invalidProduct`. */
	type: z.enum(['invalidProduct', 'unmappedPrice']).optional(),
});
export type Reason = z.infer<typeof reasonSchema>;

/**
 * A product that can't be sent as it is, with every reason at once, and whatever of it can be sent all the same: a product
 * is either all changes or one rejection, so that it reaches the ledger in one piece.
 */
export const rejectionSchema = z.object({
	primaryId: z.string().min(1),
	key: z.string(),
	reasons: z.array(reasonSchema).min(1),
	source: sourceSchema.optional(),
	emission: z.string().nullable().optional(),
	/**
	 * Where only descriptive fields or only the kit's components are invalid: the stock item without them. The Sequencer
	 * sends it if the item exists in Khaos already, with the last confirmed value in place of each invalid one; otherwise
	 * the product stays rejected.
	 */
	withoutInvalid: changeSchema.optional(),
	/**
	 * What no reason touches. A stock item in here is sent as if nothing were wrong (an invalid trade price doesn't keep a
	 * product from being sold); a kit or a price is sent where its own stock item is in Khaos or is sent with it.
	 */
	unaffected: z.array(changeSchema).optional(),
});
export type Rejection = z.infer<typeof rejectionSchema>;

/** That a change is one execution's until a time; whoever settles it shows the token. */
export const leaseSchema = z.object({ token: z.string().min(1), until: z.string().min(1) });

/** A stock item as last read back from Khaos, in terms of the import's columns. */
export const readBackSchema = z.object({
	/** False: Khaos was asked and does not hold the code. */
	exists: z.boolean(),
	stockCode: z.string(),
	stockId: z.string(),
	/** The code of its SCS parent, '' without one. */
	parentCode: z.string(),
	/** Only columns whose value Khaos showed. '' where it showed an empty one. */
	columns: z.record(z.string()),
	/**
	 * Values that no read-back can prove (nothing shows the column; Khaos re-cased a description; tax codes 2 and 3 read the
	 * same), as last sent or adopted, by column: so a later change of one of them is noticed. Set by lib/khaos/columns.
	 */
	unproven: z.record(z.string()).optional(),
	/** Members of the channel's StockItem that Khaos showed as lists without entries. */
	emptyLists: z.array(z.string()).optional(),
});
export type ReadBack = z.infer<typeof readBackSchema>;

/** The relation of a kit parent as last read from Khaos. */
export const kitReadBackSchema = z.object({
	/** False: Khaos does not hold the kit parent. */
	exists: z.boolean(),
	stockCode: z.string(),
	/** `unknown`: Khaos shows components and does not say which way they belong to the parent. */
	relation: z.enum(['pack', 'build', 'none', 'unknown']),
	components: z.array(componentSchema),
});
export type KitReadBack = z.infer<typeof kitReadBackSchema>;

/** A price-list row as last read from Khaos. */
export const priceReadBackSchema = z.object({
	/** False: the list has no such row. */
	exists: z.boolean(),
	stockCode: z.string(),
	priceList: z.string(),
	bandLow: z.number().int(),
	bandHigh: z.number().int(),
	/** Decimal text as Khaos showed it; '' without a row. */
	amount: z.string(),
	net: z.boolean(),
});
export type PriceReadBack = z.infer<typeof priceReadBackSchema>;

/**
 * What may be written of an item that was never confirmed, in a first sync into a Khaos that is already full: until a person
 * has seen what would change, an item that Khaos holds keeps its values.
 */
export const approvalSchema = z.object({
	/** Import columns in which an item that Khaos holds may be brought to what is desired. */
	columns: z.union([z.literal('all'), z.array(z.string())]),
	/** Whether an item that Khaos does not hold may be made. */
	newItems: z.boolean(),
});
export type Approval = z.infer<typeof approvalSchema>;

/** A change as Sequencer: Take hands it out. */
export const batchItemSchema = changeSchema.extend({
	changeId: z.string().min(1),
	lease: leaseSchema,
	attempt: z.number().int().min(1),
	/** The record as last read back from Khaos; null when Khaos has not been asked yet. */
	confirmed: z.record(z.unknown()).nullable(),
	/**
	 * What is asked for. `write` (the default): bring Khaos to the desired record. `check`: it was written before; read it
	 * back, don't write. `lookUp`: only say whether Khaos holds the key (`desired` is empty).
	 */
	purpose: z.enum(['write', 'check', 'lookUp']).optional(),
	/** What of it may be written; left out: all of it. */
	approval: approvalSchema.optional(),
});
export type BatchItem = z.infer<typeof batchItemSchema>;

/** A field that doesn't read as desired; null: there is no value. */
export const differenceSchema = z.object({
	field: z.string(),
	expected: z.string().nullable(),
	actual: z.string().nullable(),
});
export type Difference = z.infer<typeof differenceSchema>;

/** Where an item that Khaos held before the first sync differs, and whose the column is. */
export const firstSyncDifferenceSchema = differenceSchema.extend({ owner: z.enum(['pimberly', 'khaos']) });
export type FirstSyncDifference = z.infer<typeof firstSyncDifferenceSchema>;

/** What became of one change of a batch. */
export const resultSchema = z.object({
	changeId: z.string().min(1),
	lease: leaseSchema,
	/** `sent`: written, a later read-back decides. `held`: what differs is not written until a person allows it. */
	status: z.enum(['confirmed', 'sent', 'held', 'retry', 'failed']),
	differences: z.array(differenceSchema),
	reason: z.string(),
	remedy: z.string(),
	/** Seconds to wait before the next attempt, where the other side asked for it. */
	retryAfter: z.number().nullable(),
	key: z.string().optional(),
	kind: kindSchema.optional(),
	/** What Khaos was read to hold, of a stock item. */
	readBack: readBackSchema.nullable().optional(),
	/** The same of a kit's relation. */
	kitReadBack: kitReadBackSchema.nullable().optional(),
	/** The same of a price-list row. */
	priceReadBack: priceReadBackSchema.nullable().optional(),
	/**
	 * Why it has to be tried again. `refused`: Khaos (or Pimberly) said no to this record; `different`: written, but the
	 * read-back shows something else; `unavailable`: the other side could not be reached or was busy; `notOurs`: the lease
	 * or the version was overtaken. The first two count towards the limit of attempts.
	 */
	cause: z.enum(['refused', 'different', 'unavailable', 'notOurs']).optional(),
	/** With `confirmed`: Khaos already held the record as desired, nothing was written. */
	adopted: z.boolean().optional(),
	/** With `sent`: what is still to be read back. */
	awaiting: z.enum(['harmonisation', 'import', 'channel']).optional(),
	/** Of an item with an `approval`: where Khaos holds something else, and goes on doing so. */
	firstSync: z.array(firstSyncDifferenceSchema).optional(),
	warnings: z.array(warningSchema).optional(),
});
export type Result = z.infer<typeof resultSchema>;

/**
 * The key of a stock code: trimmed and in upper case. Khaos matches codes without regard to case
 * (khaos-control-api 2.3); the original spelling is what is sent.
 */
export const keyOf = (stockCode: string): string => stockCode.trim().toUpperCase();

/** The key of a price-list row: its item, its list and its quantity band. */
export const priceKeyOf = (price: Pick<DesiredPrice, 'stockCode' | 'priceList' | 'bandLow' | 'bandHigh'>): string =>
	`${keyOf(price.stockCode)} | ${price.priceList.trim()} | ${price.bandLow}-${price.bandHigh}`;
