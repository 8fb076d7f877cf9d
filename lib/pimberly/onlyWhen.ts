import type { Product } from '../shapes';
import { castBoolean, castMultiSelect, shown } from './values';

/** Only products whose attribute holds one of these values are taken on. */
export interface OnlyWhen {
	/** As the rows name it: the API name for a feed token, the heading for a channel token. */
	attribute: string;
	/** Any of these will do; '' stands for no value. */
	values: string[];
}

const normal = (text: string): string => text.trim().toLowerCase();

/**
 * Whether a value is one of those wanted: in any case, yes and no in any style, and for a list any of its entries.
 * Checked here rather than with Pimberly's filters, which are only known to work for dates (pimberly-api 2.1).
 */
export function isWanted(value: unknown, wanted: string[]): boolean {
	const entries = castMultiSelect(value);
	const texts = entries.ok ? (entries.value ?? ['']) : [shown(value)];
	return texts.some((text) =>
		wanted.some((want) => {
			if (normal(text) === normal(want)) return true;
			const [yes, wantedYes] = [castBoolean(text), castBoolean(want)];
			return yes.ok && wantedYes.ok && yes.value !== null && yes.value === wantedYes.value;
		}),
	);
}

/** Whether a product is to be emitted; without a condition every one is. */
export const passes = (product: Pick<Product, 'attributes'>, onlyWhen: OnlyWhen | null): boolean =>
	onlyWhen === null || isWanted(product.attributes[onlyWhen.attribute], onlyWhen.values);
