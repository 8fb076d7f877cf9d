import Big from 'big.js';
import { columnOf } from '../khaos/columns';
import { castBoolean, castMultiSelect, castNumber, castRichText, castText, shown, type Cast } from '../pimberly/values';
import type { Reason, Warning } from '../shapes';
import { cutMarkup, cutText, holdsUnprintable, onOneLine } from './plainText';
import { fieldName, valueTypeOf, type FieldMapping } from './profile';

/** One cell of an import row (null: there is no value), or every reason why it can't be one. */
export type Cell = { value: string | null; warnings: Warning[] } | { reasons: Reason[] };

/** Columns in which Khaos does not support a `#` (khaos-control-api 3.1). */
const NO_HASH: readonly string[] = ['SHORT_DESC'];
/** Cut, these would be another code: too long a one is refused. */
const IDENTIFIERS: readonly string[] = ['BARCODE', 'OTHER_REF', 'SUPPLIER_STOCK_CODE'];

/**
 * What goes into the cell for one value: text ready for TSV, `-1`/`0` for yes and no, decimals with a point
 * (khaos-control-api 2.3 and 9). A blank value gives null.
 * @param value as Pimberly returned it, or a fixed value or default of the mapping
 */
export function cellOf(value: unknown, field: FieldMapping): Cell {
	switch (valueTypeOf(field)) {
		case 'text':
			return from(castText(value), field, (text) => textCell(text, field));
		case 'richText':
			return from(castRichText(value), field, (text) => richTextCell(text, field));
		case 'list':
			return from(castMultiSelect(value, field.delimiter), field, (entries) => listCell(entries, field));
		case 'number':
			return from(castNumber(value), field, (number) => numberCell(number, field));
		case 'taxCode':
			return from(castNumber(value), field, (number) => taxCodeCell(number, field));
		case 'boolean':
			// A fixed value may be written as Khaos has it.
			return from(value === '-1' ? castBoolean(true) : castBoolean(value), field, (yes) => ({
				value: yes === (field.transform === 'opposite') ? '0' : '-1',
				warnings: [],
			}));
	}
}

function from<T>(cast: Cast<T>, field: FieldMapping, toCell: (value: T) => Cell): Cell {
	if (!cast.ok) {
		const takes = ['number', 'taxCode'].includes(valueTypeOf(field))
			? ` ${field.column} takes a plain decimal number.`
			: '';
		return refuse(field, cast.shown, `${cast.reason}${takes}`, cast.remedy);
	}
	return cast.value === null ? { value: null, warnings: [] } : toCell(cast.value);
}

const refuse = (field: FieldMapping, value: string, reason: string, remedy: string): Cell => ({
	reasons: [{ field: fieldName(field), value: shown(value), reason, remedy }],
});

const inCase = (text: string, field: FieldMapping): string => {
	if (field.transform === 'upperCase') return text.toUpperCase();
	return field.transform === 'lowerCase' ? text.toLowerCase() : text;
};

function textCell(text: string, field: FieldMapping): Cell {
	const name = fieldName(field);
	const warnings: Warning[] = [];
	if (holdsUnprintable(text.trim())) {
		warnings.push({ field: name, message: `Line breaks or control characters in ${name} were replaced by a space.` });
	}
	const clean = inCase(onOneLine(text), field);
	if (clean === '') return { value: null, warnings };

	const reasons: Reason[] = [];
	const reject = (reason: string, remedy: string) => reasons.push({ field: name, value: shown(clean), reason, remedy });
	if (NO_HASH.includes(field.column) && clean.includes('#')) {
		reject(
			`It holds a #, which Khaos does not support in ${field.column}.`,
			`Write ${name} without the # in Pimberly, for example "No. 5" for "#5".`,
		);
	}
	if (field.column === 'BARCODE' && /[,;|]/.test(clean)) {
		reject(
			'It holds more than one barcode, and Khaos takes one in an import.',
			`Keep one barcode in ${name}, or map an attribute that holds one.`,
		);
	}
	const limit = limitOf(field);
	if (IDENTIFIERS.includes(field.column) && clean.length > limit) {
		reject(`It has ${clean.length} characters, and ${field.column} takes ${limit}.`, `Shorten ${name} in Pimberly.`);
	}
	if (reasons.length > 0) return { reasons };

	// Khaos is not a spreadsheet, but its lists end up in one.
	if (/^[=@]|^[+-](?=[\p{L}(])/u.test(clean)) {
		warnings.push({
			field: name,
			message: `${name} starts with "${clean.charAt(0)}": a spreadsheet would read it as a formula.`,
		});
	}
	return within(clean, limit, cutText, field, warnings);
}

/** Markup and entities stay. White space means nothing in HTML, so line breaks become spaces without a word. */
function richTextCell(markup: string, field: FieldMapping): Cell {
	const name = fieldName(field);
	const warnings: Warning[] = [];
	if (holdsUnprintable(markup.replace(/[\t\r\n]/g, ' '))) {
		warnings.push({ field: name, message: `Control characters in ${name} were replaced by a space.` });
	}
	const clean = onOneLine(markup);
	return clean === '' ? { value: null, warnings } : within(clean, limitOf(field), cutMarkup, field, warnings);
}

function listCell(entries: string[], field: FieldMapping): Cell {
	const name = fieldName(field);
	const warnings: Warning[] = [];
	const texts = entries.map(onOneLine).filter((entry) => entry !== '');
	const mixed = texts.length > 1 ? texts.filter((entry) => entry.includes(',')) : [];
	if (mixed.length > 0) {
		warnings.push({
			field: name,
			message: `"${shown(mixed[0])}" in ${name} holds a comma; Khaos may read it as two entries.`,
		});
	}
	const cell = textCell(texts.join(', '), field);
	if ('reasons' in cell) return cell;
	const broken = entries.some((entry) => holdsUnprintable(entry.trim()))
		? [{ field: name, message: `Line breaks or control characters in ${name} were replaced by a space.` }]
		: [];
	return { value: cell.value, warnings: [...broken, ...warnings, ...cell.warnings] };
}

function numberCell(number: string, field: FieldMapping): Cell {
	const value = field.multiplyBy === undefined ? number : new Big(number).times(field.multiplyBy).toFixed();
	// The numbers of the documented columns are prices, sizes and quantities: none can be below zero (khaos-control-api 9).
	if (value.startsWith('-') && columnOf(field.column).documented && !field.column.startsWith('UDA:')) {
		return refuse(
			field,
			number,
			`“${shown(number)}” is below zero, which ${field.column} can't be.`,
			`Correct ${fieldName(field)} in Pimberly.`,
		);
	}
	if (value.length > limitOf(field)) {
		return refuse(
			field,
			number,
			`“${shown(number)}” has more digits than ${field.column} takes (${limitOf(field)} characters).`,
			`Correct ${fieldName(field)} in Pimberly.`,
		);
	}
	return { value, warnings: [] };
}

/** 1 Standard, 2 Zero, 3 Exempt, 4 Reduced, 5 and 6 the old rates (khaos-control-api 3.1). */
function taxCodeCell(number: string, field: FieldMapping): Cell {
	const code = [1, 2, 3, 4, 5, 6].find((known) => new Big(number).eq(known));
	if (code !== undefined) return { value: String(code), warnings: [] };
	return refuse(
		field,
		number,
		`“${shown(number)}” is not a tax code: Khaos knows 1 (standard), 2 (zero), 3 (exempt), 4 (reduced), 5 and 6 (old rates).`,
		`Use one of them in ${fieldName(field)}, or translate its values in the mapper.`,
	);
}

function limitOf(field: FieldMapping): number {
	return Math.min(field.maxLength ?? Infinity, columnOf(field.column).limit ?? Infinity);
}

function within(
	text: string,
	limit: number,
	cut: (text: string, max: number) => string,
	field: FieldMapping,
	warnings: Warning[],
): Cell {
	if (text.length <= limit) return { value: text, warnings };
	const name = fieldName(field);
	const message = `${name} has ${text.length} characters; it was cut to the ${limit} that ${field.column} takes.`;
	return { value: cut(text, limit) || null, warnings: [...warnings, { field: name, message }] };
}
