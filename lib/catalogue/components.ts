import Big from 'big.js';
import { castNumber, castRichText, shown } from '../pimberly/values';
import { keyOf, type Component, type Product, type Reason } from '../shapes';
import type { ComponentsSource, KitsProfile } from './kitProfile';
import { codeByInternalId, codeByPrimaryId } from './needs';
import type { MappingProfile } from './profile';
import { faultsOfCode } from './stockCode';

/** What names a component and how many there are of it, as it stands in Pimberly; '' where that is missing. */
interface Entry {
	name: string;
	quantity: string;
	/** The entry as a person recognises it. */
	text: string;
}

/** A kit's components in their order, or every reason why they can't be told. */
export type Components = { components: Component[] } | { reasons: Reason[] };

type Sources = Exclude<ComponentsSource, { from: 'none' }>;

/** An attribute by its exact name, as Pimberly returned it; undefined where the product has none of that name. */
export const attributeOf = (product: Pick<Product, 'attributes'>, name: string): unknown =>
	Object.hasOwn(product.attributes, name) ? product.attributes[name] : undefined;

const isBlank = (value: unknown): boolean =>
	value === undefined ||
	value === null ||
	(typeof value === 'string' && value.trim() === '') ||
	(Array.isArray(value) && value.every(isBlank));

/** Whether a product has anything in the attribute that holds components. */
export const hasComponents = (product: Product, { components }: KitsProfile): boolean =>
	components.from !== 'none' && !isBlank(attributeOf(product, components.attribute));

/** The largest quantity that the vendor's file takes: 18 digits, two of them decimals (khaos-control-api 7). */
const MOST = new Big('9999999999999999.99');

/**
 * The components of a bundle (khaos-control-api 7, pimberly-api 7). Nothing is guessed: a component twice, a quantity that
 * is missing or no number above nought with two decimals at most, the kit itself are all named at once.
 * Quantities come back without trailing noughts, components by stock code or by what stands in for it (see needs).
 */
export function componentsOf(
	product: Product,
	stockCode: string,
	profile: Pick<MappingProfile, 'kits' | 'stockCode'>,
): Components {
	const { components: source, namedBy } = profile.kits;
	if (source.from === 'none') return { components: [] };
	const reasons: Reason[] = [];
	const reject = (value: string | null, reason: string, remedy: string): void => {
		reasons.push({ field: source.attribute, value, reason, remedy });
	};
	const read = entriesOf(product, source);
	if ('reasons' in read) return read;
	if (read.entries.length === 0) {
		reject(
			null,
			`The product is a bundle, and ${source.attribute} names no components.`,
			`Fill in ${source.attribute} in Pimberly, or correct the product’s type.`,
		);
	}

	const components: Component[] = [];
	const seen = new Set<string>();
	for (const { name, quantity, text } of read.entries) {
		if (name === '') {
			reject(
				shown(text),
				`“${shown(text)}” in ${source.attribute} names no component.`,
				`Correct the entry in ${source.attribute}.`,
			);
			continue;
		}
		const key = namedBy === 'stockCode' ? keyOf(name) : name;
		if (seen.has(key)) {
			reject(
				shown(name),
				`${shown(name)} is in ${source.attribute} more than once.`,
				`Write it once, with the whole quantity.`,
			);
			continue;
		}
		seen.add(key);
		if (isItself(name, product, stockCode, namedBy)) {
			reject(
				shown(name),
				`${shown(name)} is the bundle itself, so it can't be its own component.`,
				`Take it out of ${source.attribute}.`,
			);
			continue;
		}
		const code = codeOf(name, profile);
		const faults = namedBy === 'stockCode' || code === name ? faultsOfCode(name) : [];
		for (const fault of faults)
			reject(
				shown(name),
				`The component ${shown(name)} can't be a stock code: it ${fault}.`,
				`Correct it in ${source.attribute}.`,
			);
		const counted = quantityOf(quantity);
		if ('what' in counted) {
			reject(shown(text), `The quantity of ${shown(name)} ${counted.what}.`, counted.remedy(quantityField(source)));
		} else if (faults.length === 0) components.push({ stockCode: code, quantity: counted.quantity });
	}
	return reasons.length > 0 ? { reasons } : { components };
}

const quantityField = (source: Sources): string =>
	source.from === 'productSet' && source.quantityAttribute !== '' ? source.quantityAttribute : source.attribute;

function isItself(name: string, product: Product, stockCode: string, namedBy: KitsProfile['namedBy']): boolean {
	switch (namedBy) {
		case 'stockCode':
			return keyOf(name) === keyOf(stockCode);
		case 'primaryId':
			return name === product.primaryId.trim();
		case 'internalId':
			return name === product.internalId;
	}
}

/** Where the stock code is the primary id, a component's primary id is its code; otherwise the ledger finds it. */
function codeOf(name: string, { kits, stockCode }: Pick<MappingProfile, 'kits' | 'stockCode'>): string {
	if (kits.namedBy === 'internalId') return codeByInternalId(name);
	return kits.namedBy === 'primaryId' && stockCode.from !== 'primaryId' ? codeByPrimaryId(name) : name;
}

type Quantity = { quantity: string } | { what: string; remedy: (field: string) => string };

function quantityOf(text: string): Quantity {
	const cast = castNumber(text);
	if (!cast.ok) return { what: `is no number: ${cast.reason}`.replace(/\.$/, ''), remedy: () => cast.remedy };
	if (cast.value === null) return { what: 'is missing', remedy: (field) => `Write it into ${field}, for example 1.` };
	const number = new Big(cast.value);
	const correct = (field: string): string => `Write a quantity above nought, with two decimals at most, into ${field}.`;
	if (number.lte(0)) return { what: `is ${cast.value}, and has to be above nought`, remedy: correct };
	if (!number.round(2).eq(number)) return { what: `is ${cast.value}, and Khaos takes two decimals`, remedy: correct };
	if (number.gt(MOST))
		return { what: `is ${shown(cast.value)}, and Khaos takes 16 digits before the point`, remedy: correct };
	return { quantity: number.toFixed() };
}

type Entries = { entries: Entry[] } | { reasons: Reason[] };

function entriesOf(product: Product, source: Sources): Entries {
	const value = attributeOf(product, source.attribute);
	if (isBlank(value)) return { entries: [] };
	switch (source.from) {
		case 'text':
			return fromTexts(value, source, (text) => quantified(text, source.quantityDelimiter));
		case 'rows':
			return fromRows(value, source);
		case 'productSet':
			return withQuantities(
				product,
				source,
				fromTexts(value, source, (text) => ({ name: text, quantity: '1', text })),
			);
	}
}

/**
 * The texts of a value: a list as it is, whose entries may hold the delimiter themselves; what comes as one text, or as a
 * list of one, is split. Never decoded: codes are keys, not texts.
 */
function textsOf(value: unknown, delimiter: RegExp | string): string[] | null {
	const list: unknown[] = Array.isArray(value) ? value.filter((entry) => !isBlank(entry)) : [value];
	if (list.some((entry) => typeof entry === 'object')) return null;
	const texts = list.map((entry) => {
		const cast = castRichText(entry);
		return cast.ok ? (cast.value ?? '') : '';
	});
	const split = texts.length === 1 ? texts[0]!.split(delimiter) : texts;
	return split.map((text) => text.trim()).filter((text) => text !== '');
}

function fromTexts(value: unknown, { attribute, itemDelimiter }: Sources, read: (text: string) => Entry): Entries {
	const texts = textsOf(value, itemDelimiter);
	if (texts !== null) return { entries: texts.map(read) };
	return unreadable(attribute, value);
}

const unreadable = (attribute: string, value: unknown): Entries => ({
	reasons: [
		{
			field: attribute,
			value: shown(value),
			reason: `${attribute} holds nested lists, not texts.`,
			remedy: 'Map an attribute that holds the components as text, or choose rows of key and value in the mapper.',
		},
	],
});

/** `SKU*2`; a code may hold the delimiter too, so the last one counts. Without one there is one of it. */
function quantified(text: string, delimiter: string): Entry {
	const at = text.lastIndexOf(delimiter);
	if (at < 0) return { name: text, quantity: '1', text };
	return { name: text.slice(0, at).trim(), quantity: text.slice(at + delimiter.length).trim(), text };
}

type RowsSource = Extract<ComponentsSource, { from: 'rows' }>;

/** `SKU=A-1;QTY=2`, as texts or as objects; field names without regard to case. */
function fromRows(value: unknown, source: RowsSource): Entries {
	const { attribute, itemDelimiter, pairDelimiter, codeField, quantityField: field } = source;
	const objects = (Array.isArray(value) ? value : [value]).filter((entry) => !isBlank(entry));
	const rows: Array<{ pairs: Array<[string, unknown]>; text: string }> = [];
	if (objects.every((entry) => typeof entry === 'object' && !Array.isArray(entry))) {
		rows.push(...objects.map((entry) => ({ pairs: Object.entries(entry as object), text: JSON.stringify(entry) })));
	} else {
		// Rows that come as one text may stand below each other as well.
		const lines = new RegExp(`${escaped(itemDelimiter)}|\\r?\\n`);
		const texts = textsOf(value, lines);
		if (texts === null) return unreadable(attribute, value);
		rows.push(...texts.map((text) => ({ pairs: pairsOf(text, pairDelimiter), text })));
	}
	const entries: Entry[] = [];
	const reasons: Reason[] = [];
	for (const { pairs, text } of rows) {
		const name = fieldOf(pairs, codeField);
		const quantity = field === '' ? '1' : fieldOf(pairs, field);
		if (name === null || quantity === null) {
			const what = name === null ? codeField : field;
			reasons.push({
				field: attribute,
				value: shown(text),
				reason: `“${shown(text)}” in ${attribute} has ${what} twice or holds a list in it.`,
				remedy: `Write ${what} once in each row.`,
			});
		} else entries.push({ name, quantity, text });
	}
	return reasons.length > 0 ? { reasons } : { entries };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const pairsOf = (row: string, delimiter: string): Array<[string, string]> =>
	row
		.split(delimiter)
		.filter((pair) => pair.includes('='))
		.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);

/** '' where the row doesn't have the field; null where it can't be told. */
function fieldOf(pairs: Array<[string, unknown]>, field: string): string | null {
	const found = pairs.filter(([name]) => name.trim().toLowerCase() === field.toLowerCase());
	if (found.length > 1) return null;
	const cast = castRichText(found[0]?.[1]);
	return cast.ok ? (cast.value ?? '').trim() : null;
}

type ProductSet = Extract<ComponentsSource, { from: 'productSet' }>;

/** A product set says which products, not how many: another attribute may, in the same order or once for all. */
function withQuantities(
	product: Product,
	{ attribute, quantityAttribute, itemDelimiter }: ProductSet,
	read: Entries,
): Entries {
	if (quantityAttribute === '' || 'reasons' in read) return read;
	const value = attributeOf(product, quantityAttribute);
	const quantities = isBlank(value) ? [''] : textsOf(value, itemDelimiter);
	if (quantities === null) return unreadable(quantityAttribute, value);
	const { entries } = read;
	if (quantities.length === 1) return { entries: entries.map((entry) => ({ ...entry, quantity: quantities[0]! })) };
	if (quantities.length === entries.length) {
		return { entries: entries.map((entry, at) => ({ ...entry, quantity: quantities[at]! })) };
	}
	return {
		reasons: [
			{
				field: quantityAttribute,
				value: shown(value),
				reason: `${quantityAttribute} holds ${quantities.length} quantities, and ${attribute} ${entries.length} ${entries.length === 1 ? 'component' : 'components'}.`,
				remedy: 'Give one quantity for each component, in the same order, or one for all of them.',
			},
		],
	};
}
