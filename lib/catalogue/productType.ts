import { castText, shown } from '../pimberly/values';
import type { Product, Reason, Warning } from '../shapes';
import type { MappingProfile } from './profile';

export type ProductType = keyof MappingProfile['productType']['values'];

export const PRODUCT_TYPE_NAMES = {
	simple: 'Simple',
	variantParent: 'VariantParent',
	variant: 'Variant',
	bundle: 'Bundle',
} as const satisfies Record<ProductType, string>;

/** What relations say about a product: one with items is a parent, one with parents a variant. */
export function typeByRelations(product: Pick<Product, 'parents' | 'items'>): ProductType {
	if (product.items.length > 0) return 'variantParent';
	return product.parents.length > 0 ? 'variant' : 'simple';
}

/** The type of a product by its attribute; without a value by its relations, with a warning. */
export function productTypeOf(
	product: Product,
	{ attribute, values }: MappingProfile['productType'],
): { type: ProductType; warnings: Warning[] } | { reasons: Reason[] } {
	if (attribute === '') return { type: typeByRelations(product), warnings: [] };
	const raw = Object.hasOwn(product.attributes, attribute) ? product.attributes[attribute] : null;
	const cast = castText(raw);
	if (!cast.ok) return { reasons: [{ field: attribute, value: cast.shown, reason: cast.reason, remedy: cast.remedy }] };

	const word = cast.value?.trim() ?? '';
	if (word === '') {
		const type = typeByRelations(product);
		const message = `${attribute} is empty; by its parents and items the product was taken as ${PRODUCT_TYPE_NAMES[type]}.`;
		return { type, warnings: [{ field: attribute, message }] };
	}
	const types = Object.entries(values) as Array<[ProductType, string[]]>;
	const found = types.find(([, words]) => words.some((known) => known.toLowerCase() === word.toLowerCase()));
	if (found !== undefined) return { type: found[0], warnings: [] };
	const known = types.flatMap(([, words]) => words).join(', ');
	return {
		reasons: [
			{
				field: attribute,
				value: shown(word),
				reason: `“${shown(word)}” is not a product type that the mapping knows (${known}).`,
				remedy: `Correct ${attribute} in Pimberly, or add the value to Product Type Values in the mapper.`,
			},
		],
	};
}
