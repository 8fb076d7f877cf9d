import Big from 'big.js';
import { decodeHTMLStrict } from 'entities';
import { DateTime } from 'luxon';

/**
 * Strict casting of attribute values by attribute type (pimberly-api 7.1). Pimberly returns mostly strings, and the same
 * attribute can come as a value, a list of one or not at all; nothing is guessed here: a value that could mean two
 * things is refused with the reason and what to do, so that it is corrected where it is kept.
 *
 * A missing value (absent, null, empty or blank text, an empty list) is `null`, never an error.
 */

/** Attribute types as Pimberly names them (pimberly-api 7.2). */
export const ATTRIBUTE_TYPES = [
	'text',
	'richText',
	'number',
	'currency',
	'boolean',
	'date',
	'singleSelect',
	'multiSelect',
] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** A value that can't be read as what it should be. */
export interface Refused {
	ok: false;
	/** The value as a person would recognise it, cut to 100 characters. */
	shown: string;
	/** What is wrong with it; a sentence that starts with the value. */
	reason: string;
	/** What to do about it; a sentence. */
	remedy: string;
}
/** A cast value (null: there is none), or why it can't be used. */
export type Cast<T> = { ok: true; value: T | null } | Refused;

const accepted = <T>(value: T | null): Cast<T> => ({ ok: true, value });
const refused = (value: unknown, what: string, remedy: string): Refused => ({
	ok: false,
	shown: shown(value),
	reason: `“${shown(value)}” ${what}.`,
	remedy,
});

/** A value as text for messages, cut to 100 characters. */
export function shown(value: unknown): string {
	const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

const isBlank = (value: unknown): boolean =>
	value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/** The only value: of a list of one its element, of a list with blanks what is left. */
function single(value: unknown): { ok: true; value: unknown } | Refused {
	if (Array.isArray(value)) {
		const filled = value.filter((element) => !isBlank(element));
		if (filled.length > 1) {
			return refused(
				value,
				`holds ${filled.length} values where one is expected`,
				'Keep one of them, or map it as a list.',
			);
		}
		return single(filled[0]);
	}
	if (isBlank(value)) return { ok: true, value: null };
	if (typeof value === 'object') {
		return refused(value, 'is a nested list, not a single value', 'Map an attribute that holds a plain value.');
	}
	return { ok: true, value };
}

const asText = (value: unknown): string =>
	// A JSON number is written out in full: String() would turn a long one into 1e+21.
	typeof value === 'number' && Number.isFinite(value) ? new Big(value).toFixed() : String(value);

/** Plain text: HTML entities (`&trade;`) decoded once, otherwise untouched. */
export function castText(value: unknown): Cast<string> {
	const only = single(value);
	if (!only.ok) return only;
	return accepted(only.value === null ? null : decodeHTMLStrict(asText(only.value)));
}

/** Rich text: HTML, kept exactly as it is. */
export function castRichText(value: unknown): Cast<string> {
	const only = single(value);
	if (!only.ok) return only;
	return accepted(only.value === null ? null : asText(only.value));
}

const PLAIN_DECIMAL = /^(-?)(\d+)?(?:\.(\d+))?$/;

/** What is wrong with a number, in the words of the person who typed it. */
function whyNotANumber(text: string): { what: string; remedy: string } {
	const plain = 'Write digits with a full stop before the decimals, such as 1234.50, and nothing else.';
	if (/^-?\d+,\d{1,2}$/.test(text))
		return { what: 'has a comma in it', remedy: `Write it as ${text.replace(',', '.')}.` };
	if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) {
		return { what: 'has thousands separators in it', remedy: `Write it as ${text.replaceAll(',', '')}.` };
	}
	if (text.includes(',')) return { what: 'has a comma in it', remedy: plain };
	if (/\p{Sc}/u.test(text)) return { what: 'has a currency sign in it', remedy: plain };
	if (/^[+-]?[\d.]+e[+-]?\d+$/i.test(text)) {
		return { what: 'is in scientific notation', remedy: `Write the number out in full. ${plain}` };
	}
	if (/%/.test(text)) return { what: 'has a percent sign in it', remedy: plain };
	if (/\s/.test(text)) return { what: 'has a space in it', remedy: plain };
	return { what: 'is not a plain decimal number', remedy: plain };
}

/**
 * A number as decimal text, digit for digit (`52.00` stays `52.00`; `.5` becomes `0.5`). Commas, currency signs, units
 * and exponents are refused: `1,234` may be one thousand or one and a bit.
 */
export function castNumber(value: unknown): Cast<string> {
	const only = single(value);
	if (!only.ok) return only;
	if (only.value === null) return accepted<string>(null);
	if (typeof only.value === 'boolean' || (typeof only.value === 'number' && !Number.isFinite(only.value))) {
		return refused(only.value, 'is not a number', 'Map an attribute that holds a number.');
	}
	const text = asText(only.value).trim();
	const match = PLAIN_DECIMAL.exec(text);
	const [, sign = '', whole, decimals] = match ?? [];
	if (match === null || (whole === undefined && decimals === undefined)) {
		const { what, remedy } = whyNotANumber(text);
		return refused(only.value, what, remedy);
	}
	const digits = (whole ?? '').replace(/^0+(?=\d)/, '') || '0';
	const number = decimals === undefined ? digits : `${digits}.${decimals}`;
	return accepted(/[1-9]/.test(number) ? `${sign}${number}` : number);
}

/** An amount of money as decimal text; as strict as a number, and never through binary floating point. */
export const castCurrency = castNumber;

const TRUE = new Set(['true', 'yes', 'y', '1']);
const FALSE = new Set(['false', 'no', 'n', '0']);

/** Yes or no in each style that accounts use: true/false, Yes/No, Y/N, 1/0, in any case. */
export function castBoolean(value: unknown): Cast<boolean> {
	const only = single(value);
	if (!only.ok) return only;
	if (only.value === null) return accepted<boolean>(null);
	const text = asText(only.value).trim().toLowerCase();
	if (TRUE.has(text)) return accepted(true);
	if (FALSE.has(text)) return accepted(false);
	return refused(only.value, 'is neither yes nor no', 'Use true or false (Yes/No, Y/N and 1/0 are understood too).');
}

/** A moment in ISO 8601 UTC with milliseconds; without a zone it is taken as UTC, as Pimberly's own are. Null: it is none. */
export function toInstant(value: unknown): string | null {
	if (typeof value !== 'string') return null;
	// Clients were seen to write seconds with one digit ("T00:00:0.000Z", pimberly-api 3).
	const text = value.trim().replace(/:(\d)(?=(\.\d+)?(Z|[+-]\d\d:?\d\d)?$)/, ':0$1');
	const iso = DateTime.fromISO(text, { zone: 'utc' });
	const moment = iso.isValid ? iso : DateTime.fromSQL(text, { zone: 'utc' });
	return moment.isValid ? moment.toUTC().toISO() : null;
}

/** A date: `2026-03-01` stays as it is, a moment becomes ISO 8601 UTC with milliseconds. 01/03/2026 is refused: it is two dates. */
export function castDate(value: unknown): Cast<string> {
	const only = single(value);
	if (!only.ok) return only;
	if (only.value === null) return accepted<string>(null);
	const text = asText(only.value).trim();
	const remedy = 'Write it as year-month-day, such as 2026-03-31.';
	if (/^\d{4}-\d\d-\d\d$/.test(text)) {
		return DateTime.fromISO(text).isValid
			? accepted(text)
			: refused(only.value, 'is a day that does not exist', remedy);
	}
	if (/^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}$/.test(text)) {
		return refused(only.value, 'can be read as more than one date', remedy);
	}
	const moment = /^\d{4}-\d\d-\d\d[T ]/.test(text) ? toInstant(text) : null;
	return moment === null ? refused(only.value, 'is not a date', remedy) : accepted(moment);
}

/** The chosen entry of a list, entities decoded once; some accounts return it as a list of one. */
export const castSingleSelect = castText;

/**
 * The chosen entries of a list, entities decoded once, blanks left out. A value that is a list already is never split:
 * entries may hold `;`, `,` and `|` themselves (pimberly-api 12).
 * @param delimiter splits a value that is one string; without it such a string is one entry
 */
export function castMultiSelect(value: unknown, delimiter?: string): Cast<string[]> {
	if (isBlank(value)) return accepted<string[]>(null);
	const entries: unknown[] = Array.isArray(value)
		? value
		: typeof value === 'string' && delimiter !== undefined && delimiter !== ''
			? value.split(delimiter).map((entry) => entry.trim())
			: [value];
	const texts: string[] = [];
	for (const entry of entries) {
		if (isBlank(entry)) continue;
		if (typeof entry === 'object') {
			return refused(value, 'holds nested lists', 'Map an attribute whose entries are plain values.');
		}
		texts.push(decodeHTMLStrict(asText(entry)));
	}
	return accepted(texts.length === 0 ? null : texts);
}

/** The value by its attribute type. Numbers and amounts are decimal text, multi-selects are lists. */
export function cast(value: unknown, type: AttributeType, delimiter?: string): Cast<string | boolean | string[]> {
	switch (type) {
		case 'text':
			return castText(value);
		case 'richText':
			return castRichText(value);
		case 'number':
			return castNumber(value);
		case 'currency':
			return castCurrency(value);
		case 'boolean':
			return castBoolean(value);
		case 'date':
			return castDate(value);
		case 'singleSelect':
			return castSingleSelect(value);
		case 'multiSelect':
			return castMultiSelect(value, delimiter);
	}
}
