import { z } from 'zod';
import { parseProfile, ProfileError } from '../../lib/catalogue/checkProfile';
import type { MappingProfile, MappingProfileInput } from '../../lib/catalogue/profile';

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
	} satisfies Record<keyof MappingProfileInput, unknown>);
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
export function attributeName(typed: string): string {
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
