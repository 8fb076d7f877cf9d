import { z } from 'zod';
import { isStockLevel, MANDATORY_COLUMNS, STOCK_CODE } from '../khaos/columns';
import { cellOf } from './cell';
import { problemsOfPrices } from './priceProfile';
import { natureOf, profileSchema, valueTypeOf, type FieldMapping, type MappingProfile } from './profile';
import { problemsOfVariants } from './variantProfile';

/** The mapping itself can't work, whatever the product. Every problem is named, so that one look at the node mends them all. */
export class ProfileError extends Error {
	override readonly name = 'ProfileError';

	constructor(readonly problems: string[]) {
		super(
			problems.length === 1
				? `The mapping can't be used. ${problems[0]}`
				: `The mapping can't be used, for ${problems.length} reasons.\n- ${problems.join('\n- ')}`,
		);
	}
}

const NATURES = { number: 'a number', boolean: 'yes or no', taxCode: 'a tax code from 1 to 6' } as const;

/** What is wrong with a row beyond its shape. */
function problemsOfField(field: FieldMapping): string[] {
	const problems: string[] = [];
	const say = (problem: string) => problems.push(`${field.column}: ${problem}`);
	if (field.column === STOCK_CODE) say('the stock code is set by Stock Code From; take this field out.');
	if (isStockLevel(field.column))
		say('stock levels belong to Khaos Control and are never written; take this field out.');

	const nature = natureOf(field.column);
	const fits =
		field.type === 'automatic' ||
		field.type === nature ||
		(nature === 'taxCode' && ['number', 'text'].includes(field.type));
	if (nature !== null && !fits) say(`the column takes ${NATURES[nature]}; set Type to Automatic.`);

	const type = valueTypeOf(field);
	if (field.transform === 'opposite' && type !== 'boolean')
		say('Opposite works on yes and no only; set Type to Yes or No.');
	if (field.multiplyBy !== undefined && type !== 'number')
		say('Multiply By works on numbers only; set Type to Number.');
	const cell = cellOf(field.default, { ...field, transform: 'none', multiplyBy: undefined });
	for (const { reason, remedy } of 'reasons' in cell ? cell.reasons : [])
		say(`the default can't be used. ${reason} ${remedy}`);
	return problems;
}

function problemsOf(profile: MappingProfile): string[] {
	const problems = profile.fields.flatMap(problemsOfField);
	const seen = new Set<string>();
	for (const { column } of profile.fields) {
		if (seen.has(column)) problems.push(`${column} is mapped twice; keep one of the fields.`);
		seen.add(column);
	}
	for (const column of MANDATORY_COLUMNS) {
		if (column !== STOCK_CODE && !seen.has(column)) {
			problems.push(
				`${column} is not mapped, and Khaos needs it in every import; add a field for it (a fixed value will do).`,
			);
		}
	}
	const types = new Map<string, string>();
	for (const [type, values] of Object.entries(profile.productType.values)) {
		for (const value of values) {
			const other = types.get(value.toLowerCase());
			if (other !== undefined && other !== type)
				problems.push(`The product type "${value}" stands for two types; keep it in one.`);
			types.set(value.toLowerCase(), type);
		}
	}
	const { stockCode, kits } = profile;
	if (kits.relation.from === 'attribute') {
		const packs = kits.relation.pack.map((word) => word.toLowerCase());
		const both = kits.relation.build.filter((word) => packs.includes(word.toLowerCase()));
		for (const word of both) problems.push(`The relation "${word}" stands for packs and for builds; keep it in one.`);
	}
	const knowsParentCode = stockCode.from === 'primaryId' || (stockCode.parentAttribute ?? '') !== '';
	return [
		...problems,
		...problemsOfPrices(profile.prices),
		...problemsOfVariants(profile.variants, knowsParentCode, [...seen]),
	];
}

/**
 * Check a profile that comes from outside.
 * @throws ProfileError with every problem, in words for the person who makes the mapping.
 */
export function parseProfile(input: unknown): MappingProfile {
	const parsed = profileSchema.safeParse(input);
	if (!parsed.success) throw new ProfileError(parsed.error.issues.map((issue) => describeIssue(issue, input)));
	const problems = problemsOf(parsed.data);
	if (problems.length > 0) throw new ProfileError(problems);
	return parsed.data;
}

/** `Field 3 (SELL_PRICE): Name the Pimberly attribute.` */
function describeIssue(issue: z.ZodIssue, input: unknown): string {
	const [first, second, third] = issue.path;
	if (first === 'fields' && typeof second === 'number') {
		const rows = z.object({ fields: z.array(z.object({ column: z.string() }).partial().catch({})) }).safeParse(input);
		const column = rows.success ? rows.data.fields[second]?.column?.trim() : '';
		return `Field ${second + 1}${column ? ` (${column})` : ''}: ${issue.message}`;
	}
	if (first === 'prices' && second === 'rows' && typeof third === 'number')
		return `Price ${third + 1}: ${issue.message}`;
	if (first === 'variants' && second === 'headings' && typeof third === 'number')
		return `Heading ${third + 1}: ${issue.message}`;
	if (first === 'kits') return `Kits: ${issue.message}`;
	return `${issue.path.join('.') || 'Mapping'}: ${issue.message}`;
}
