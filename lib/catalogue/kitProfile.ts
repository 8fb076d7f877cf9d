import { z } from 'zod';
import { relationSchema } from '../shapes';

const attributeSchema = z.string().trim().min(1, 'Name the attribute that holds the components.');
const delimiter = (usual: string) => z.string().min(1, 'Say what stands between two entries.').default(usual);
const words = z.array(z.string().trim().min(1)).min(1, 'Say what the attribute reads for it.');

/** Where a bundle's components stand in Pimberly: there is no bundle of its own there (pimberly-api 7). */
export const componentsSchema = z.discriminatedUnion('from', [
	/** Bundles are plain stock items; nothing is said of what they hold. */
	z.object({ from: z.literal('none') }),
	z.object({
		from: z.literal('productSet'),
		attribute: attributeSchema,
		/** Quantities in the order of the products, or one for all of them; '' when there is one of each. */
		quantityAttribute: z.string().trim().default(''),
		/** Splits what comes as one text. */
		itemDelimiter: delimiter('|'),
	}),
	/** `SKU1*2|SKU2`: without a quantity there is one. */
	z.object({
		from: z.literal('text'),
		attribute: attributeSchema,
		itemDelimiter: delimiter('|'),
		quantityDelimiter: delimiter('*'),
	}),
	/** `SKU=A-1;QTY=2`, one row a component. */
	z.object({
		from: z.literal('rows'),
		attribute: attributeSchema,
		itemDelimiter: delimiter('|'),
		pairDelimiter: delimiter(';'),
		codeField: z.string().trim().min(1, 'Name the field of a row that holds the component.').default('SKU'),
		/** '' when there is one of each. */
		quantityField: z.string().trim().default('QTY'),
	}),
]);
export type ComponentsSource = z.infer<typeof componentsSchema>;

/** Where the components of a kit come from, and how they belong to it. */
export const kitsSchema = z.object({
	components: componentsSchema.default({ from: 'none' }),
	/** What names a component. Product sets of a feed token hold internal ids, those of a channel primary ids. */
	namedBy: z.enum(['stockCode', 'primaryId', 'internalId']).default('stockCode'),
	relation: z
		.discriminatedUnion('from', [
			z.object({ from: z.literal('fixed'), relation: relationSchema }),
			z.object({
				from: z.literal('attribute'),
				attribute: z.string().trim().min(1, 'Name the attribute that tells packs and builds apart.'),
				pack: words,
				build: words,
			}),
		])
		.default({ from: 'fixed', relation: 'pack' }),
	/** Whether the relation of a product that is no bundle any more is taken away. */
	clearFormer: z.boolean().default(false),
});
export type KitsProfile = z.infer<typeof kitsSchema>;
