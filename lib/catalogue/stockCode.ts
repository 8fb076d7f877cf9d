import { castRichText, shown } from '../pimberly/values';
import type { Need, Product, Reason, Warning } from '../shapes';
import { stockItemNeed, stockItemNeedByPrimaryId } from './needs';
import { holdsUnprintable } from './plainText';
import type { MappingProfile } from './profile';

/** What the Khaos screen takes, and what some of the vendor's import maps take (khaos-control-api 3.1). */
const LONGEST = 50;
const LONGEST_EVERYWHERE = 30;

/** The stock code of a product in the case it is sent in, '' where it has none, and what is wrong with it. */
export interface StockCode {
	code: string;
	warnings: Warning[];
	reasons: Reason[];
}

/**
 * The stock code of a product, from its primary id or an attribute, without the blanks around it; `reasons` say why Khaos
 * would not take it, all at once.
 */
export function stockCodeOf(product: Product, from: MappingProfile['stockCode']): StockCode {
	const field = from.from === 'primaryId' ? 'Primary ID' : from.attribute;
	const raw = from.from === 'primaryId' ? product.primaryId : attributeOf(product, from.attribute);
	// Cast as rich text, so that a code is never decoded: it is a key, not a text.
	const cast = castRichText(raw);
	if (!cast.ok) {
		return {
			code: '',
			warnings: [],
			reasons: [{ field, value: cast.shown, reason: cast.reason, remedy: cast.remedy }],
		};
	}
	const code = cast.value?.trim() ?? '';
	if (code === '') {
		const reason = `${field} is empty, so the product has no stock code.`;
		return { code, warnings: [], reasons: [{ field, value: null, reason, remedy: `Fill in ${field} in Pimberly.` }] };
	}
	const reasons = faultsOfCode(code).map((fault) => ({
		field,
		value: shown(code),
		reason: `The stock code ${fault}.`,
		remedy: `Give the product another ${field} in Pimberly.`,
	}));
	const warnings: Warning[] = [];
	if (code.length > LONGEST_EVERYWHERE && code.length <= LONGEST) {
		const message = `The stock code has ${code.length} characters; some of Khaos's own imports take ${LONGEST_EVERYWHERE} at most.`;
		warnings.push({ field, message });
	}
	if (code.includes(',')) {
		warnings.push({
			field,
			message: 'The stock code holds a comma, so Khaos can’t be asked for it together with others.',
		});
	}
	return { code, warnings, reasons };
}

/** What keeps a code from being one of Khaos's: each as the end of a sentence. */
export function faultsOfCode(code: string): string[] {
	return [
		...(code.length > LONGEST ? [`has ${code.length} characters, and Khaos takes ${LONGEST}`] : []),
		...(code.includes('#') ? ['holds a #, which Khaos does not support'] : []),
		...(holdsUnprintable(code) ? ['holds a tab, a line break or another control character'] : []),
	];
}

/** The primary ids of a product's parents, each once, itself never. */
export const parentIdsOf = (product: Product): string[] =>
	[...new Set(product.parents.map((id) => id.trim()))].filter((id) => id !== '' && id !== product.primaryId);

/** The stock code of a variant's parent as it is written, where the variant knows it; null where only the ledger does. */
export function parentCodeOf(product: Product, from: MappingProfile['stockCode']): string | null {
	if (from.from === 'primaryId') return parentIdsOf(product)[0] ?? null;
	if (!from.parentAttribute) return null;
	const cast = castRichText(attributeOf(product, from.parentAttribute));
	return cast.ok ? (cast.value?.trim() ?? null) : null;
}

/**
 * Names the records of a product's parents. Where the stock code is the primary id, a parent's key is its primary id; where
 * it is another attribute, what the variant says (`parentAttribute`), else the parent's primary id for the ledger to find.
 */
export function parentNeeds(product: Product, from: MappingProfile['stockCode']): Need[] {
	const parents = parentIdsOf(product);
	if (from.from === 'primaryId') return parents.map(stockItemNeed);
	const known = parentCodeOf(product, from);
	return known === null ? parents.map(stockItemNeedByPrimaryId) : [stockItemNeed(known)];
}

const attributeOf = (product: Product, name: string): unknown =>
	Object.hasOwn(product.attributes, name) ? product.attributes[name] : null;
