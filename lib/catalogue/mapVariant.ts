import { castText, shown } from '../pimberly/values';
import { keyOf, type Product, type Reason, type Scs, type Warning } from '../shapes';
import { attributeOf } from './components';
import type { ProductType } from './productType';
import type { MappingProfile } from './profile';
import { parentCodeOf, parentIdsOf } from './stockCode';
import type { HeadingMapping } from './variantProfile';

/** A product's place in a size/colour/style family; null: it is sent as a plain item. */
export type VariantPart = { scs: Scs | null; warnings: Warning[] } | { reasons: Reason[] };

const PLAIN: VariantPart = { scs: null, warnings: [] };

/**
 * Where the mapping sends variants as a size/colour/style family (khaos-control-api 5): the parent's headings, a child's
 * words and abbreviations. By the SCS columns Khaos makes a child's code itself, of the parent's and the suffixes; a code
 * that isn't made so can't be sent that way.
 */
export function mapVariant(
	product: Product,
	type: ProductType,
	stockCode: string,
	profile: MappingProfile,
): VariantPart {
	const { as: by, headings } = profile.variants;
	if (by === 'items') return PLAIN;
	const names = headings.map(({ heading }) => heading);
	if (type === 'variantParent') {
		// By columns the parent is a plain row of its own; its children's rows make the family.
		const scs = { by, headings: names, parentCode: '', parentPrimaryId: '', values: [], descriptions: [] };
		return by === 'columns' ? PLAIN : { scs, warnings: [] };
	}
	if (type !== 'variant') return PLAIN;
	const child = childOf(product, stockCode, profile);
	if (!('unfit' in child)) return child;
	if (profile.variants.otherwise === 'reject') return { reasons: [child.unfit] };
	const { field, reason } = child.unfit;
	return { scs: null, warnings: [{ field, message: `${reason} It is sent as a plain item.` }] };
}

function childOf(product: Product, stockCode: string, profile: MappingProfile): VariantPart | { unfit: Reason } {
	const { as, headings, separator, updateBy } = profile.variants;
	const by = as === 'channel' ? 'channel' : 'columns';
	const parents = parentIdsOf(product);
	const reasons: Reason[] = [];
	if (parents.length > 1) {
		reasons.push({
			field: 'parents',
			value: shown(parents.join(', ')),
			reason: `The variant has ${parents.length} parents, and Khaos keeps it in one size/colour/style family.`,
			remedy: 'Leave it with one parent in Pimberly, or send variants as plain items (Variants in the mapper).',
		});
	}
	const descriptions = headings.map(({ heading, attribute }) => wordOf(product, attribute, heading, reasons));
	const given = headings.map(({ suffixAttribute, heading }) =>
		suffixAttribute === '' ? '' : wordOf(product, suffixAttribute, heading, reasons),
	);
	if (reasons.length > 0) return { reasons };

	const parentCode = parentCodeOf(product, profile.stockCode);
	const values = suffixesOf(stockCode, parentCode ?? '', given, separator);
	const scs = {
		by,
		headings: headings.map(({ heading }) => heading),
		parentCode: parentCode ?? '',
		parentPrimaryId: parents[0] ?? '',
		descriptions,
	} as const;
	if (by === 'channel')
		return { scs: { ...scs, values: values ?? given.map((value, at) => value || descriptions[at]!) }, warnings: [] };
	// That it has no parent at all is said once, and not here.
	if (parentCode === null && parents.length === 0) return PLAIN;
	if (parentCode !== null && values !== null) return { scs: { ...scs, values, updateBy }, warnings: [] };
	return { unfit: unfit(product, stockCode, parentCode, headings, profile) };
}

function wordOf(product: Product, attribute: string, heading: string, reasons: Reason[]): string {
	const value = attributeOf(product, attribute);
	const cast = castText(value);
	const word = cast.ok ? (cast.value?.trim() ?? '') : '';
	if (!cast.ok) reasons.push({ field: attribute, value: cast.shown, reason: cast.reason, remedy: cast.remedy });
	else if (word === '') {
		reasons.push({
			field: attribute,
			value: null,
			reason: `${attribute} is empty, and it says which ${heading} of its parent the variant is.`,
			remedy: `Fill in ${attribute} in Pimberly.`,
		});
	}
	return word;
}

/** What a code has after its parent's, one for each heading, where they make up the code; null where they don't. */
function suffixesOf(stockCode: string, parentCode: string, given: string[], separator: string): string[] | null {
	const start = `${parentCode}${separator}`;
	if (parentCode === '' || !keyOf(stockCode).startsWith(keyOf(start))) return null;
	const rest = stockCode.trim().slice(start.length);
	// Of a single heading the suffix is all there is, whatever it holds.
	const parts = separator === '' || given.length === 1 ? [rest] : rest.split(separator);
	const values = given.every((value) => value === '') ? parts : given;
	const filled = values.map((value, at) => value || (parts.length === values.length ? parts[at]! : ''));
	if (filled.length !== given.length || filled.some((value) => value === '')) return null;
	return keyOf([parentCode, ...filled].join(separator)) === keyOf(stockCode) ? filled : null;
}

function unfit(
	product: Product,
	stockCode: string,
	parentCode: string | null,
	headings: HeadingMapping[],
	profile: MappingProfile,
): Reason {
	const from = profile.stockCode.from === 'primaryId' ? 'Primary ID' : profile.stockCode.attribute;
	const { separator } = profile.variants;
	if (parentCode === null) {
		return {
			field: profile.stockCode.from === 'attribute' ? (profile.stockCode.parentAttribute ?? 'parents') : 'parents',
			value: null,
			reason: `The stock code of ${product.primaryId}’s parent is not known, and Khaos makes the code of ${stockCode} of it.`,
			remedy: 'Fill it in in Pimberly, or send variants as plain items (Variants in the mapper).',
		};
	}
	const suffixes = headings.map(({ heading }) => heading).join(', ');
	const joined = separator === '' ? 'with nothing in between' : `joined by “${separator}”`;
	return {
		field: from,
		value: shown(stockCode),
		reason: `${stockCode} is not its parent’s code ${parentCode} and a suffix for each heading (${suffixes}), ${joined}; Khaos gives its children no other codes.`,
		remedy: `Give it such a code in Pimberly, or send it as a plain item (Variants > Codes That Don’t Fit in the mapper).`,
	};
}
