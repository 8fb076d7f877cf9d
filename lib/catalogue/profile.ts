import { z } from 'zod';
import { columnOf } from '../khaos/columns';
import { laneSchema } from '../shapes';
import { kitsSchema } from './kitProfile';
import { pricesSchema } from './priceProfile';
import { variantsSchema } from './variantProfile';

/**
 * A mapping profile: how the products of one Pimberly account become stock items of one Khaos Control. It is plain data,
 * made on the canvas of the mapper node; `parseProfile` (checkProfile) is the only way in.
 */

/** How a value is read and written. `automatic` goes by the column; see `valueTypeOf`. */
export const fieldTypeSchema = z.enum(['automatic', 'text', 'richText', 'number', 'boolean', 'list']);
export type FieldType = z.infer<typeof fieldTypeSchema>;

/** Where a value comes from. */
export const sourceSchema = z.discriminatedUnion('from', [
	z.object({ from: z.literal('attribute'), attribute: z.string().trim().min(1, 'Name the Pimberly attribute.') }),
	z.object({ from: z.literal('primaryId') }),
	/** The same for every product, or what an expression on the canvas gave for this one. */
	z.object({ from: z.literal('fixed'), value: z.unknown() }),
]);
export type FieldSource = z.infer<typeof sourceSchema>;

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/, 'Multiply By takes a plain number such as 0.001.');

/** One row of the mapping: a column of Khaos's stock import and where its value comes from. */
export const fieldSchema = z.object({
	column: z
		.string()
		.trim()
		.min(1, 'Name the Khaos column.')
		.regex(/^[^\t\r\n]*$/, 'A column name holds no tabs or line breaks.'),
	source: sourceSchema,
	type: fieldTypeSchema.default('automatic'),
	/** Values to replace before anything else, compared without regard to case: what Pimberly says -> what Khaos takes. */
	translate: z.record(z.string()).optional(),
	/** `opposite` turns yes into no. */
	transform: z.enum(['none', 'upperCase', 'lowerCase', 'opposite']).default('none'),
	/** Splits a list that comes as one text. */
	delimiter: z.string().min(1).optional(),
	/** For numbers, as decimal text: 0.001 turns grams into kilograms. */
	multiplyBy: decimalText.optional(),
	/** Used as it is where Pimberly has no value. */
	default: z.string().optional(),
	/** A product without a value is rejected. Columns that every import needs are required in any case. */
	required: z.boolean().default(false),
	/** Whose word counts. What Khaos owns is set when an item is created and never changed afterwards. */
	owner: z.enum(['pimberly', 'khaos']).default('pimberly'),
	/** How urgent a change of it is; the column's own lane when left out. */
	lane: laneSchema.optional(),
	/** Most characters; the column's known limit applies in any case. */
	maxLength: z.number().int().min(1).optional(),
	/** The element of Khaos's export that shows the column, '' where nothing does; the column's own when left out. */
	readBack: z.string().trim().optional(),
});
export type FieldMapping = z.infer<typeof fieldSchema>;

const typeValues = z.array(z.string().trim().min(1));

/** The whole profile, with the defaults of what is left out; what goes beyond its shape `checkProfile` looks at. */
export const profileSchema = z.object({
	stockCode: z
		.discriminatedUnion('from', [
			z.object({ from: z.literal('primaryId') }),
			z.object({
				from: z.literal('attribute'),
				attribute: z.string().trim().min(1, 'Name the attribute that holds the stock code.'),
				/** An attribute of a variant that holds its parent's stock code; without one the ledger finds it by primary id. */
				parentAttribute: z.string().trim().optional(),
			}),
		])
		.default({ from: 'primaryId' }),
	productType: z.object({
		/** '' when no attribute tells the type: then it is worked out from parents and items. */
		attribute: z.string().trim(),
		/** What the attribute reads for each type, compared without regard to case. */
		values: z.object({ simple: typeValues, variantParent: typeValues, variant: typeValues, bundle: typeValues }),
	}),
	/** Cells that are the same for every variant parent, whatever Pimberly says. Khaos wants parents uncontrolled (contract 5). */
	variantParentColumns: z.record(z.string()).default({ CONTROLLED: '0' }),
	/** Which products wait until their parents are in Khaos: every one that has parents, or variants only. */
	waitForParents: z.enum(['all', 'variants']).default('all'),
	fields: z.array(fieldSchema),
	kits: kitsSchema.default({}),
	prices: pricesSchema.default({}),
	variants: variantsSchema.default({}),
});
export type MappingProfile = z.infer<typeof profileSchema>;
/** A profile as it is written down, defaults left out. */
export type MappingProfileInput = z.input<typeof profileSchema>;

/** How the values of a field are read and written: its type, or for `automatic` what its column takes. */
export type ValueType = Exclude<FieldType, 'automatic'> | 'taxCode';

/** What a column takes by its nature; null: anything. */
export function natureOf(column: string): 'number' | 'boolean' | 'taxCode' | null {
	const { compare } = columnOf(column);
	return compare === 'number' || compare === 'boolean' || compare === 'taxCode' ? compare : null;
}

/**
 * How the values of a field are read: by the nature of its column where that has one, else as the field says. With
 * `automatic` rich text goes into rich-text columns, lists into user-defined attributes, and text into all others.
 */
export function valueTypeOf(field: Pick<FieldMapping, 'column' | 'type'>): ValueType {
	const nature = natureOf(field.column);
	if (nature !== null) return nature;
	if (field.type !== 'automatic') return field.type;
	const { compare } = columnOf(field.column);
	if (compare === 'richText') return 'richText';
	// A user-defined attribute may be a list; a single value is a list of one.
	return compare === 'attribute' ? 'list' : 'text';
}

/** A field as the user knows it: the attribute it comes from, or its column. */
export function fieldName({ column, source }: Pick<FieldMapping, 'column' | 'source'>): string {
	switch (source.from) {
		case 'attribute':
			return source.attribute;
		case 'primaryId':
			return 'Primary ID';
		case 'fixed':
			return column;
	}
}
