import { castText, shown } from '../pimberly/values';
import type { Product, Reason, Warning } from '../shapes';
import { hasComponents } from './components';
import type { KitsProfile } from './kitProfile';
import type { MappingProfile } from './profile';
import { parentIdsOf, parentNeeds } from './stockCode';

/** What a product is, as the profile's type attribute tells it. */
export type ProductType = keyof MappingProfile['productType']['values'];

export const PRODUCT_TYPE_NAMES = {
	simple: 'Simple',
	variantParent: 'VariantParent',
	variant: 'Variant',
	bundle: 'Bundle',
} as const satisfies Record<ProductType, string>;

/** What is known of a product without its type: one with components is a bundle, one with items a parent, one with parents a variant. */
function typeByRelations(product: Product, kits: KitsProfile): ProductType {
	if (hasComponents(product, kits)) return 'bundle';
	if (product.items.length > 0) return 'variantParent';
	return product.parents.length > 0 ? 'variant' : 'simple';
}

/** The type of a product by its attribute; without a value by its components, items and parents, with a warning. */
export function productTypeOf(
	product: Product,
	{ productType: { attribute, values }, kits }: Pick<MappingProfile, 'productType' | 'kits'>,
): { type: ProductType; warnings: Warning[] } | { reasons: Reason[] } {
	if (attribute === '') return { type: typeByRelations(product, kits), warnings: [] };
	const raw = Object.hasOwn(product.attributes, attribute) ? product.attributes[attribute] : null;
	const cast = castText(raw);
	if (!cast.ok) return { reasons: [{ field: attribute, value: cast.shown, reason: cast.reason, remedy: cast.remedy }] };

	const word = cast.value?.trim() ?? '';
	if (word === '') {
		const type = typeByRelations(product, kits);
		const why = type === 'bundle' ? 'components' : 'parents and items';
		const message = `${attribute} is empty; by its ${why} the product was taken as ${PRODUCT_TYPE_NAMES[type]}.`;
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

/**
 * What a product says of itself that can't all be true: then it is sent in no way at all. Parents count only where they are
 * stock items (Wait for Parents).
 */
export function contradictionsOf(product: Product, type: ProductType, profile: MappingProfile): Reason[] {
	const { attribute } = profile.productType;
	const orCorrect = attribute === '' ? '' : `, or correct ${attribute}`;
	const parents = parentIdsOf(product);
	const items = product.items.filter((id) => id.trim() !== '');
	const tooDeep = 'Khaos knows parents and their variants, and nothing above or below them.';
	if (type === 'variant' && parents.length === 0 && parentNeeds(product, profile.stockCode).length === 0) {
		return [
			{
				field: 'parents',
				value: null,
				reason: 'The product is a variant, and Pimberly names no parent for it.',
				remedy: `Add ${product.primaryId} to the items of its parent in Pimberly${orCorrect}.`,
			},
		];
	}
	if (type === 'variant' && items.length > 0) {
		return [
			{
				field: 'items',
				value: shown(items.join(', ')),
				reason: `The product is a variant and has items of its own (${shown(items.join(', '))}). ${tooDeep}`,
				remedy: `Take its items away in Pimberly${orCorrect}.`,
			},
		];
	}
	if (type === 'variantParent' && parents.length > 0 && profile.waitForParents === 'all') {
		return [
			{
				field: 'parents',
				value: shown(parents.join(', ')),
				reason: `The product is a variant parent and has parents itself (${shown(parents.join(', '))}). ${tooDeep}`,
				remedy: `Take it out of their items in Pimberly${orCorrect}. Where its parents are no stock items, set Wait for Parents in the mapper to Variants Only.`,
			},
		];
	}
	return [];
}
