import type { StoredProduct } from './store';

/** A filter that can't be read. */
export class InvalidFilter extends Error {}

export interface Filter {
	accepts(product: StoredProduct): boolean;
	/** Operators that no public client uses. */
	unattested: string[];
}

type Test = (values: string[]) => boolean;

const OPERATORS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in'];
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Lenient as the real one seems to be: `2026-08-12T00:00:0.000Z` is in use (pimberly-api 3). */
const time = (text: string): number => {
	const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,3}))?)?Z?)?$/.exec(
		text.trim(),
	);
	if (!parts) return Date.parse(text);
	const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
	return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, Number((parts[7] ?? '0').padEnd(3, '0')));
};

const compareAs =
	(name: string, type: string) =>
	(a: string, b: string): number => {
		if (name === 'dateUpdated' || name === 'dateCreated' || type === 'date') return time(a) - time(b);
		if (DECIMAL.test(a) && DECIMAL.test(b) && (type === 'number' || type === 'currency')) return Number(a) - Number(b);
		return a < b ? -1 : a > b ? 1 : 0;
	};

function testOf(name: string, type: string, condition: unknown): Test {
	const compare = compareAs(name, type);
	const scalar = (value: unknown): string => {
		if (value === null || typeof value === 'object') throw new InvalidFilter(`filters: ${name} needs a scalar`);
		const text = String(value);
		if ((name === 'dateUpdated' || name === 'dateCreated') && Number.isNaN(time(text)))
			throw new InvalidFilter(`filters: "${text}" is not a date`);
		return text;
	};
	if (condition === null || typeof condition !== 'object' || Array.isArray(condition)) {
		const wanted = scalar(condition);
		return (values) => values.some((value) => compare(value, wanted) === 0);
	}
	const tests = Object.entries(condition).map(([operator, operand]): Test => {
		if (!OPERATORS.includes(operator)) throw new InvalidFilter(`filters: unknown operator ${operator}`);
		if (operator === '$in') {
			if (!Array.isArray(operand)) throw new InvalidFilter('filters: $in needs a list');
			const wanted = operand.map(scalar);
			return (values) => values.some((value) => wanted.some((one) => compare(value, one) === 0));
		}
		const wanted = scalar(operand);
		switch (operator) {
			case '$ne':
				return (values) => !values.some((value) => compare(value, wanted) === 0);
			case '$gt':
				return (values) => values.some((value) => compare(value, wanted) > 0);
			case '$gte':
				return (values) => values.some((value) => compare(value, wanted) >= 0);
			case '$lt':
				return (values) => values.some((value) => compare(value, wanted) < 0);
			case '$lte':
				return (values) => values.some((value) => compare(value, wanted) <= 0);
			default:
				return (values) => values.some((value) => compare(value, wanted) === 0);
		}
	});
	return (values) => tests.every((test) => test(values));
}

function valuesOf(product: StoredProduct, name: string): string[] {
	if (name === 'dateUpdated') return [product.dateUpdated];
	if (name === 'dateCreated') return [product.dateCreated];
	if (name === 'primaryId') return [product.primaryId];
	const value = product.attributes[name];
	if (value === undefined) return [];
	return Array.isArray(value) ? value : [value];
}

/**
 * A Mongo-style filter over dateUpdated, primaryId and attributes (pimberly-api 2.1). Only equality and $gte are
 * attested; the other operators work and are named in `unattested`.
 * @throws InvalidFilter
 */
export function filterOf(filter: unknown, types: Record<string, string>): Filter {
	if (filter === null || typeof filter !== 'object' || Array.isArray(filter))
		throw new InvalidFilter('filters: a JSON object is expected');
	const entries = Object.entries(filter);
	const tests = entries.map(([name, condition]) => ({ name, test: testOf(name, types[name] ?? 'text', condition) }));
	const unattested = entries.flatMap(([, condition]) =>
		condition && typeof condition === 'object' ? Object.keys(condition).filter((operator) => operator !== '$gte') : [],
	);
	if (entries.length > 1) unattested.push('several keys at once');
	return { accepts: (product) => tests.every(({ name, test }) => test(valuesOf(product, name))), unattested };
}
