import { z } from 'zod';

/** What Khaos's SCS columns go to: SCS_SK1 to SCS_SK3 (khaos-control-api 3.1). */
const MOST_HEADINGS = 3;

/** One heading of a size/colour/style family and where a variant's word for it stands. */
export const headingSchema = z.object({
	heading: z
		.string()
		.trim()
		.min(1, 'Name the heading.')
		.regex(/^[^\t\r\n]*$/, 'A heading holds no tabs or line breaks.'),
	attribute: z.string().trim().min(1, 'Name the attribute that holds the word.'),
	/** The attribute that holds the abbreviation; '': what the variant's code has after the parent's. */
	suffixAttribute: z.string().trim().default(''),
});
export type HeadingMapping = z.infer<typeof headingSchema>;

/** How variants reach Khaos: as plain items, or as children of a size/colour/style family (contract 5). */
export const variantsSchema = z.object({
	/** `items`: plain stock items; `columns`: SCS columns of the stock import; `channel`: SCSParent and SCSChild of the channel feed. */
	as: z.enum(['items', 'columns', 'channel']).default('items'),
	headings: z.array(headingSchema).default([]),
	/** What Khaos puts between the parent's code and each suffix. */
	separator: z.string().trim().default('-'),
	/** With `columns`: what becomes of a variant whose code is not its parent's with suffixes. */
	otherwise: z.enum(['reject', 'item']).default('reject'),
	/** With `columns`: how a child that exists is addressed, by its own code or by the SCS columns again. */
	updateBy: z.enum(['code', 'columns']).default('code'),
});
export type VariantsProfile = z.infer<typeof variantsSchema>;

/** What is wrong with the variants of a mapping beyond its shape. */
export function problemsOfVariants(
	{ as, headings, separator }: VariantsProfile,
	knowsParentCode: boolean,
	columns: string[],
): string[] {
	if (as === 'items') return [];
	const problems: string[] = [];
	if (headings.length === 0)
		problems.push(
			'Variants: a size/colour/style family needs a heading at least; add one, or send variants as plain items.',
		);
	if (headings.length > MOST_HEADINGS)
		problems.push(`Variants: Khaos takes ${MOST_HEADINGS} headings at most, and ${headings.length} are given.`);
	const names = headings.map(({ heading }) => heading.toLowerCase());
	for (const twice of new Set(names.filter((name, at) => names.indexOf(name) !== at))) {
		problems.push(`Variants: the heading ${headings[names.indexOf(twice)]!.heading} is there twice; keep one.`);
	}
	if (as === 'channel') return problems;
	if (!knowsParentCode) {
		problems.push('Variants: the SCS columns need the parent’s stock code; fill in Parent Stock Code Attribute.');
	}
	if (
		separator === '' &&
		headings.filter(({ suffixAttribute }) => suffixAttribute === '').length > 0 &&
		headings.length > 1
	) {
		problems.push(
			'Variants: without a separator a code can’t be split into suffixes; name a Suffix Attribute for each heading.',
		);
	}
	for (const column of columns.filter((name) => /^SCS_/i.test(name))) {
		problems.push(`${column} is made from Variants; take this field out.`);
	}
	return problems;
}
