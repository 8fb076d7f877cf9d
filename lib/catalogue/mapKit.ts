import { castText, shown } from '../pimberly/values';
import type { DesiredKit, Need, Product, Reason, Relation, Warning } from '../shapes';
import { attributeOf, componentsOf, hasComponents } from './components';
import { needOf, stockItemNeed } from './needs';
import { PRODUCT_TYPE_NAMES, type ProductType } from './productType';
import type { MappingProfile } from './profile';

/** What a product means for the relation between a kit parent and its components. */
export type KitPart =
	/** Nothing: it is no bundle, or the mapping says nothing of components. */
	| { kit: null; warnings: Warning[] }
	| { kit: { desired: DesiredKit; needs: Need[] }; warnings: Warning[] }
	| { reasons: Reason[] };

const NOTHING: KitPart = { kit: null, warnings: [] };

/**
 * The relation of a bundle as it must be in Khaos (khaos-control-api 7). It needs the kit parent and every component; that a
 * component is no kit itself, and that packs and builds aren't mixed, only the ledger can know.
 */
export function mapKit(product: Product, type: ProductType, stockCode: string, profile: MappingProfile): KitPart {
	const { kits } = profile;
	if (kits.components.from === 'none') return NOTHING;
	if (type !== 'bundle') return formerKit(product, type, stockCode, profile, kits.components.attribute);
	const relation = relationOf(product, kits.relation);
	const read = componentsOf(product, stockCode, profile);
	const reasons = [...('reasons' in relation ? relation.reasons : []), ...('reasons' in read ? read.reasons : [])];
	if ('reasons' in relation || 'reasons' in read) return { reasons };
	const { components } = read;
	return {
		kit: {
			desired: { stockCode, relation: relation.relation, components },
			needs: [stockItemNeed(stockCode), ...components.map((component) => needOf(component.stockCode))],
		},
		warnings: [],
	};
}

/** A product that is no bundle: what it says of components is left out, and a former relation is taken away if that is wanted. */
function formerKit(
	product: Product,
	type: ProductType,
	stockCode: string,
	{ kits, productType }: MappingProfile,
	attribute: string,
): KitPart {
	const warnings: Warning[] = hasComponents(product, kits)
		? [
				{
					field: attribute,
					message: `${attribute} is left out: ${productType.attribute === '' ? 'the product is taken' : `${productType.attribute} says that the product is taken`} as ${PRODUCT_TYPE_NAMES[type]}.`,
				},
			]
		: [];
	if (!kits.clearFormer) return { kit: null, warnings };
	const relation = kits.relation.from === 'fixed' ? kits.relation.relation : 'pack';
	return { kit: { desired: { stockCode, relation, components: [] }, needs: [stockItemNeed(stockCode)] }, warnings };
}

function relationOf(
	product: Product,
	from: MappingProfile['kits']['relation'],
): { relation: Relation } | { reasons: Reason[] } {
	if (from.from === 'fixed') return { relation: from.relation };
	const cast = castText(attributeOf(product, from.attribute));
	if (!cast.ok)
		return { reasons: [{ field: from.attribute, value: cast.shown, reason: cast.reason, remedy: cast.remedy }] };
	const word = cast.value?.trim() ?? '';
	const means = (words: string[]): boolean => words.some((known) => known.toLowerCase() === word.toLowerCase());
	if (means(from.pack)) return { relation: 'pack' };
	if (means(from.build)) return { relation: 'build' };
	const known = [...from.pack, ...from.build].join(', ');
	return {
		reasons: [
			{
				field: from.attribute,
				value: word === '' ? null : shown(word),
				reason:
					word === ''
						? `${from.attribute} is empty, so it can't be told whether the bundle is a pack or a build.`
						: `“${shown(word)}” stands neither for a pack nor for a build (${known}).`,
				remedy: `Set ${from.attribute} in Pimberly to one of ${known}, or add its value to Relation in the mapper.`,
			},
		],
	};
}
