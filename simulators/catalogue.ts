import { readFileSync } from 'node:fs';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** A value as Pimberly returns it: text, or a list of texts. */
export const attributeValueSchema = z.union([scalar, z.array(scalar)]);
export type AttributeValue = string | string[];

export const catalogueProductSchema = z.object({
	primaryId: z.string().min(1),
	classes: z.array(z.string()).default([]),
	parents: z.array(z.string()).default([]),
	items: z.array(z.string()).default([]),
	attributes: z.record(attributeValueSchema).default({}),
	/** ISO 8601; without it the product counts as updated when the simulator started. */
	dateUpdated: z.string().optional(),
});
export type CatalogueProduct = z.infer<typeof catalogueProductSchema>;

export const catalogueSchema = z.object({
	note: z.string().optional(),
	/** An attribute that is not named here is plain text. */
	attributeTypes: z.record(z.string()).default({}),
	products: z.array(catalogueProductSchema),
});
export type Catalogue = z.infer<typeof catalogueSchema>;

/**
 * Read a catalogue file.
 * @throws Error that names the file and what is wrong with it
 */
export function readCatalogue(file: string): Catalogue {
	let content: unknown;
	try {
		content = JSON.parse(readFileSync(file, 'utf8'));
	} catch (error) {
		throw new Error(`The catalogue ${file} could not be read: ${(error as Error).message}`);
	}
	const parsed = catalogueSchema.safeParse(content);
	if (!parsed.success) {
		const first = parsed.error.issues[0];
		throw new Error(
			`The catalogue ${file} is not in the catalogue format: ${first?.path.join('.')}: ${first?.message}`,
		);
	}
	const seen = new Set<string>();
	for (const { primaryId } of parsed.data.products) {
		if (seen.has(primaryId)) throw new Error(`The catalogue ${file} holds the product ${primaryId} twice.`);
		seen.add(primaryId);
	}
	return parsed.data;
}
