import type { AttributeValue } from '../catalogue';

const DECIMAL = /^-?\d+(\.\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A value that can't be stored in an attribute of its type. */
export class InvalidValue extends Error {}

/**
 * Read a written value as its attribute's type wants it (pimberly-api 6.1: values are sent as text, and the server
 * coerces). Null stands for "no value". Which texts each type takes is an assumption.
 * @throws InvalidValue
 */
export function coerce(name: string, type: string, value: unknown): AttributeValue | null {
	if (value === null || value === undefined) throw new InvalidValue(`${name}: null is not a value`);
	if (Array.isArray(value)) {
		if (!['multiSelect', 'list', 'productSet', 'mediaSet'].includes(type))
			throw new InvalidValue(`${name} takes one value`);
		const texts = value.map((entry) => {
			if (typeof entry === 'object') throw new InvalidValue(`${name} takes a list of texts`);
			return String(entry);
		});
		return texts.length ? texts : null;
	}
	if (typeof value === 'object') throw new InvalidValue(`${name} takes a scalar`);
	const text = String(value);
	if (text === '') return null;
	switch (type) {
		case 'boolean': {
			const lower = text.trim().toLowerCase();
			if (['true', '1', 'yes', 'y'].includes(lower)) return 'true';
			if (['false', '0', 'no', 'n'].includes(lower)) return 'false';
			throw new InvalidValue(`${name} is a boolean; "${text}" is not`);
		}
		case 'number':
		case 'currency':
			if (!DECIMAL.test(text.trim())) throw new InvalidValue(`${name} is a number; "${text}" is not`);
			return text.trim();
		case 'date':
			if (!DATE.test(text.trim()) || Number.isNaN(Date.parse(text.trim())))
				throw new InvalidValue(`${name} is a date; "${text}" is not`);
			return text.trim();
		case 'multiSelect':
		case 'list':
		case 'productSet':
		case 'mediaSet':
			return [text];
		default:
			return text;
	}
}

/** A stored value as a feed shows it: text, or the JSON type that its attribute's type suggests. */
export function shown(type: string, value: AttributeValue, style: 'text' | 'typed'): unknown {
	if (style === 'text' || Array.isArray(value)) return value;
	if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
	if ((type === 'number' || type === 'currency') && DECIMAL.test(value)) return Number(value);
	return value;
}
