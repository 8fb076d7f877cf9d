import { z } from 'zod';
import { parseProfile, ProfileError } from '../../lib/catalogue/checkProfile';
import type { MappingProfile, MappingProfileInput } from '../../lib/catalogue/profile';

const text = z.string().default('');

const priceRowSchema = z.object({
	attribute: text,
	priceList: text,
	basis: z.enum(['net', 'gross']).default('net'),
	bandLow: z.number().optional(),
	bandHigh: z.number().optional(),
	currency: text,
});

/** The node's parameters as n8n hands them over: what was not touched may be missing. */
const parametersSchema = z.object({
	stockCodeFrom: z.enum(['primaryId', 'attribute']),
	stockCodeAttribute: z.string().default(''),
	parentStockCodeAttribute: z.string().default(''),
	productTypeAttribute: z.string().default(''),
	productTypeValues: z
		.object({ simple: z.string(), variantParent: z.string(), variant: z.string(), bundle: z.string() })
		.partial(),
	fields: z.array(
		z.object({
			column: z.string().default(''),
			valueFrom: z.enum(['attribute', 'fixed', 'primaryId']).default('attribute'),
			attribute: z.string().default(''),
			value: z.unknown(),
			type: z.string().default('automatic'),
			options: z
				.object({
					default: z.string(),
					delimiter: z.string(),
					lane: z.number(),
					maxLength: z.number(),
					multiplyBy: z.union([z.string(), z.number()]),
					owner: z.string(),
					readBack: z.string(),
					required: z.boolean(),
					transform: z.string(),
					translate: z.string(),
				})
				.partial()
				.default({}),
		}),
	),
	options: z.object({ variantParentsUncontrolled: z.boolean(), waitForParents: z.string() }).partial(),
	componentsFrom: z.string().default('none'),
	componentsAttribute: text,
	componentsNamedBy: z.string().default('stockCode'),
	quantityAttribute: text,
	codeField: z.string().default('SKU'),
	quantityField: z.string().default('QTY'),
	kitRelation: z.string().default('pack'),
	kitRelationAttribute: text,
	packValues: text,
	buildValues: text,
	kitOptions: z
		.object({
			itemDelimiter: z.string(),
			quantityDelimiter: z.string(),
			pairDelimiter: z.string(),
			clearFormer: z.boolean(),
		})
		.partial()
		.default({}),
	priceLists: z.object({ row: z.array(priceRowSchema).default([]) }).default({}),
	priceAttributes: text,
	knownPriceLists: text,
	variantsAs: z.string().default('items'),
	headings: z
		.object({ row: z.array(z.object({ heading: text, attribute: text, suffixAttribute: text })).default([]) })
		.default({}),
	suffixSeparator: z.string().default('-'),
	variantOptions: z.object({ otherwise: z.string(), updateBy: z.string() }).partial().default({}),
});
export type MapperParameters = z.infer<typeof parametersSchema>;
type Row = MapperParameters['fields'][number];

/**
 * The mapping profile that the canvas describes.
 * @throws ProfileError with every problem, in the words of the canvas.
 */
export function profileFromParameters(raw: unknown): MappingProfile {
	const parsed = parametersSchema.safeParse(raw);
	if (!parsed.success) {
		throw new ProfileError(parsed.error.issues.map(({ path, message }) => `${path.join(' > ')}: ${message}`));
	}
	const { fields, options, productTypeValues: words, ...parameters } = parsed.data;
	return parseProfile({
		stockCode:
			parameters.stockCodeFrom === 'primaryId'
				? { from: 'primaryId' }
				: {
						from: 'attribute',
						attribute: attributeName(parameters.stockCodeAttribute),
						parentAttribute: attributeName(parameters.parentStockCodeAttribute),
					},
		productType: {
			attribute: attributeName(parameters.productTypeAttribute),
			values: {
				simple: wordsOf(words.simple),
				variantParent: wordsOf(words.variantParent),
				variant: wordsOf(words.variant),
				bundle: wordsOf(words.bundle),
			},
		},
		variantParentColumns: (options.variantParentsUncontrolled ?? true) ? { CONTROLLED: '0' } : {},
		waitForParents: options.waitForParents ?? 'all',
		fields: fields.map(fieldOf),
		kits: kitsOf(parsed.data),
		prices: {
			rows: parameters.priceLists.row.map(({ attribute, basis, ...row }) => ({
				...row,
				attribute: attributeName(attribute),
				net: basis === 'net',
			})),
			priceAttributes: wordsOf(parameters.priceAttributes).map(attributeName),
			knownLists: wordsOf(parameters.knownPriceLists),
		},
		variants: {
			as: parameters.variantsAs,
			headings: parameters.headings.row.map(({ heading, attribute, suffixAttribute }) => ({
				heading,
				attribute: attributeName(attribute),
				suffixAttribute: attributeName(suffixAttribute),
			})),
			separator: parameters.suffixSeparator,
			...parameters.variantOptions,
		},
	} satisfies Record<keyof MappingProfileInput, unknown>);
}

/** What the canvas says of components; what belongs to another way of holding them may stand there still. */
function kitsOf(parameters: MapperParameters): unknown {
	const { componentsFrom: from, kitRelation, kitOptions } = parameters;
	const { clearFormer, ...delimiters } = kitOptions;
	return {
		components: {
			from,
			attribute: attributeName(parameters.componentsAttribute),
			quantityAttribute: attributeName(parameters.quantityAttribute),
			codeField: parameters.codeField,
			quantityField: parameters.quantityField,
			...delimiters,
		},
		namedBy: parameters.componentsNamedBy,
		relation:
			kitRelation === 'attribute' && from !== 'none'
				? {
						from: 'attribute',
						attribute: attributeName(parameters.kitRelationAttribute),
						pack: wordsOf(parameters.packValues),
						build: wordsOf(parameters.buildValues),
					}
				: { from: 'fixed', relation: kitRelation === 'attribute' ? 'pack' : kitRelation },
		...(clearFormer === undefined ? {} : { clearFormer }),
	};
}

function fieldOf({ column, valueFrom, attribute, value, type, options }: Row): Record<string, unknown> {
	const { translate, multiplyBy, delimiter, ...rest } = options;
	const source =
		valueFrom === 'attribute'
			? { from: valueFrom, attribute: attributeName(attribute) }
			: valueFrom === 'fixed'
				? { from: valueFrom, value }
				: { from: valueFrom };
	return {
		column,
		source,
		type,
		...rest,
		...(translate === undefined || translate.trim() === '' ? {} : { translate: translationOf(translate, column) }),
		...(multiplyBy === undefined || String(multiplyBy).trim() === '' ? {} : { multiplyBy: String(multiplyBy).trim() }),
		...(delimiter === undefined || delimiter === '' ? {} : { delimiter }),
	};
}

/** An attribute that was dragged in from the input carries its path: `attributes.itemName`, `attributes["RRP (ex vat)"]`. */
function attributeName(typed: string): string {
	const name = typed.trim();
	const bracketed = /^attributes\[(["'])(.*)\1\]$/.exec(name);
	return bracketed?.[2] ?? name.replace(/^attributes\./, '');
}

const wordsOf = (words: string | undefined): string[] =>
	(words ?? '')
		.split(',')
		.map((word) => word.trim())
		.filter((word) => word !== '');

/** Lines such as `Standard = 1`. */
function translationOf(lines: string, column: string): Record<string, string> {
	const pairs = lines.split(/\r?\n/).filter((line) => line.trim() !== '');
	return Object.fromEntries(
		pairs.map((line) => {
			const at = line.lastIndexOf('=');
			if (at < 1)
				throw new ProfileError([
					`${column}: Translate Values has a line without "=": ${line.trim()}. Write it like Standard = 1.`,
				]);
			return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
		}),
	);
}
