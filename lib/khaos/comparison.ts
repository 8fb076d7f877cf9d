import Big from 'big.js';
import { decodeHTML } from 'entities';

/**
 * How a value that was sent is compared with the value that Khaos shows. The first six can be chosen in the mapper; the
 * others are defaults of single columns:
 * - `description`: as text, but Khaos may have changed the case (system value "Stock Description Case", contract 3.1);
 * - `attribute`: a user-defined attribute, whose type only Khaos knows (choice, list, yes/no, text);
 * - `oneOf`: Khaos shows several values and the one that was sent has to be among them (barcodes).
 */
export type ComparisonRule =
	| 'text'
	| 'richText'
	| 'number'
	| 'boolean'
	| 'list'
	| 'taxCode'
	| 'description'
	| 'attribute'
	| 'oneOf';

/** Percentage of each TAX_CODE (contract 3.1). Zero-rated (2) and exempt (3) can't be told apart by read-back. */
export const TAX_RATES: Readonly<Record<string, string>> = { 1: '20', 2: '0', 3: '0', 4: '5', 5: '17.5', 6: '15' };

/**
 * The TAX_CODE that a VAT_RATE of ExportStock stands for, '2' for a rate of nought. Null: no documented code has that rate.
 */
export function taxCodeOfRate(rate: string): string | null {
	const shown = decimal(rate.replace('%', ''));
	if (shown === null) return null;
	return Object.keys(TAX_RATES).find((code) => shown.eq(TAX_RATES[code]!)) ?? null;
}

/** A plain decimal, or null where the text is none. */
export function decimal(text: string): Big | null {
	const trimmed = text.trim();
	if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.test(trimmed)) return null;
	return new Big(trimmed);
}

/** Yes and no in every spelling that Khaos and its clients use (contract 2.3); null where the text is neither. */
export function yesOrNo(text: string): boolean | null {
	const word = text.trim().toLowerCase();
	if (['-1', '1', 'true', 't', 'yes', 'y'].includes(word)) return true;
	if (['0', 'false', 'f', 'no', 'n', ''].includes(word)) return false;
	return null;
}

/** The values of a list: separated by commas, each in double quotes where it needs to be (contract 2.5). */
export function listValues(text: string): string[] {
	const values: string[] = [];
	const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/gy;
	while (pattern.lastIndex < text.length) {
		const from = pattern.lastIndex;
		const found = pattern.exec(text);
		if (!found) {
			// Quotes that don't pair: the rest is one value, as it stands.
			values.push(text.slice(from).trim());
			break;
		}
		const value = found[1] !== undefined ? found[1].replaceAll('""', '"') : (found[2] ?? '');
		if (value.trim() !== '') values.push(value.trim());
	}
	return values;
}

/** A list as one text, each value in quotes where it holds a comma or a quote: the inverse of `listValues`. */
export function listText(values: string[]): string {
	return values.map((value) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(', ');
}

/** Text as it survives a TSV cell: line breaks and tabs are one space, the ends are trimmed. */
const plain = (text: string): string =>
	text
		.normalize('NFC')
		.replace(/[\t\r\n]+/g, ' ')
		.trim();

/** The text without its case. By way of capitals, since some letters have none of their own (ß becomes SS). */
const caseless = (text: string): string => plain(text).toUpperCase().toLowerCase();

/**
 * What rich text says: entities decoded, white space that nobody sees left out. Khaos may return entities decoded or not
 * (contract 16), so they are decoded until nothing changes.
 */
function meaning(markup: string): string {
	let text = markup.normalize('NFC');
	for (let round = 0; round < 3; round++) {
		const decoded = decodeHTML(text);
		if (decoded === text) break;
		text = decoded;
	}
	return text
		.replace(/[\s\u00a0]+/g, ' ')
		.replace(/ ?\/?> ?/g, '>')
		.replace(/ ?</g, '<')
		.trim();
}

const sameSet = (one: string[], other: string[]): boolean => {
	const wanted = new Set(one.map(plain));
	const found = new Set(other.map(plain));
	return wanted.size === found.size && [...wanted].every((value) => found.has(value));
};

const sameNumber = (expected: string, actual: string): boolean => {
	// An empty number field is nought: Khaos has no other way to hold "none".
	const wanted = decimal(expected.trim() || '0');
	const found = decimal(actual.trim() || '0');
	return wanted !== null && found !== null ? wanted.eq(found) : plain(expected) === plain(actual);
};

const sameBoolean = (expected: string, actual: string): boolean => {
	const wanted = yesOrNo(expected);
	return wanted !== null ? wanted === yesOrNo(actual) : plain(expected) === plain(actual);
};

/** Whether Khaos holds what was asked for, as far as the two texts can say. */
export function compare(expected: string, actual: string, rule: ComparisonRule): boolean {
	if (expected === actual) return true;
	switch (rule) {
		case 'text':
			return plain(expected) === plain(actual);
		case 'description':
			return caseless(expected) === caseless(actual);
		case 'richText':
			return meaning(expected) === meaning(actual);
		case 'number':
			return sameNumber(expected, actual);
		case 'boolean':
			return sameBoolean(expected, actual);
		case 'list':
			return sameSet(listValues(expected), listValues(actual));
		case 'taxCode': {
			const wanted = TAX_RATES[expected.trim()];
			return wanted !== undefined ? wanted === TAX_RATES[actual.trim()] : plain(expected) === plain(actual);
		}
		case 'attribute':
			return (
				plain(expected) === plain(actual) ||
				sameSet(listValues(expected), listValues(actual)) ||
				(/^\s*(-1|0|true|false|yes|no)\s*$/i.test(expected) && sameBoolean(expected, actual))
			);
		case 'oneOf':
			return listValues(actual).map(plain).includes(plain(expected)) || plain(expected) === plain(actual);
	}
}

/** Whether the texts are the same but for the ends, with nothing left that a read-back can't show. */
export function identical(expected: string, actual: string): boolean {
	return plain(expected) === plain(actual);
}

/**
 * Whether `actual` is what one of Khaos's description cases (Upper, Lower, Normal) would make of `expected`. Tells an item
 * that Khaos re-cased from one that somebody typed in another case.
 */
export function isRecased(expected: string, actual: string): boolean {
	const text = plain(expected);
	const lower = text.toLowerCase();
	const forms = [
		text.toUpperCase(),
		lower,
		lower.replace(/^\S/, (letter) => letter.toUpperCase()),
		// Two readings of "Normal": a capital after a space, or after anything that is no letter and no digit.
		lower.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
		lower.replace(/(?<![\p{L}\p{N}'’])\p{L}/gu, (letter) => letter.toUpperCase()),
		text.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
		text.replace(/^\S/, (letter) => letter.toUpperCase()),
	];
	return forms.includes(plain(actual));
}

/** Whether a value says nothing: empty, or what Khaos shows for "none" in a number or a yes/no field. */
export function saysNothing(value: string, rule: ComparisonRule): boolean {
	if (value.trim() === '') return true;
	if (rule === 'number') return decimal(value)?.eq(0) ?? false;
	if (rule === 'boolean') return yesOrNo(value) === false;
	return false;
}
