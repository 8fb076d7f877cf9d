import { columnOf, NEW_ITEM_DEFAULTS } from '../khaos/columns';
import type { Product } from '../shapes';
import { cellOf, type Cell } from './cell';
import { fieldName, type FieldMapping, type FieldSource } from './profile';

/** The value of a source in one product, as Pimberly returned it; undefined: there is none. */
function valueOf(source: FieldSource, product: Product): unknown {
	switch (source.from) {
		case 'attribute':
			return Object.hasOwn(product.attributes, source.attribute) ? product.attributes[source.attribute] : undefined;
		case 'primaryId':
			return product.primaryId;
		case 'fixed':
			return source.value;
	}
}

/** The cell of one column for one product: read, translated, cast, or its default. */
export function mapField(field: FieldMapping, product: Product): Cell {
	const cell = cellOf(translated(valueOf(field.source, product), field.translate), field);
	if ('reasons' in cell || cell.value !== null) return cell;
	// A default is written as Khaos takes it, so nothing is done to it.
	const instead = cellOf(field.default, { ...field, transform: 'none', multiplyBy: undefined });
	if ('reasons' in instead || instead.value !== null) return instead;
	return isRequired(field) ? missing(field) : cell;
}

/** A mandatory column that Khaos owns is sent as last read; for a new item there are documented defaults. */
function isRequired(field: FieldMapping): boolean {
	if (field.required) return true;
	const covered = field.owner === 'khaos' && Object.hasOwn(NEW_ITEM_DEFAULTS, field.column);
	return columnOf(field.column).mandatory && !covered;
}

function missing(field: FieldMapping): Cell {
	const name = fieldName(field);
	const column = name === field.column ? 'it' : field.column;
	const why = columnOf(field.column).mandatory
		? `Khaos needs ${column} on every stock item`
		: `the mapping requires it${name === field.column ? '' : ` for ${field.column}`}`;
	return {
		reasons: [
			{
				field: name,
				value: null,
				reason: `${name} is empty, and ${why}.`,
				remedy:
					field.source.from === 'fixed'
						? `Give ${name} a value or a default in the mapper.`
						: `Fill in ${name} in Pimberly, or give the field a default in the mapper.`,
			},
		],
	};
}

/** What Pimberly says, in the words that Khaos takes; anything that is not in the table stays as it is. */
function translated(value: unknown, table: Record<string, string> | undefined): unknown {
	if (table === undefined) return value;
	if (Array.isArray(value)) return value.map((entry) => translated(entry, table));
	if (value === null || !['string', 'number', 'boolean'].includes(typeof value)) return value;
	const wanted = String(value).trim().toLowerCase();
	const found = Object.entries(table).find(([from]) => from.trim().toLowerCase() === wanted);
	return found === undefined ? value : found[1];
}
