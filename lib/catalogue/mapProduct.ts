import { changedColumns, columnOf, laneOfColumns, sendableColumns } from '../khaos/columns';
import { toInstant } from '../pimberly/values';
import {
	keyOf,
	LANES,
	type Change,
	type ColumnSettings,
	type DesiredStockItem,
	type Need,
	type Product,
	type Reason,
	type Rejection,
	type Warning,
} from '../shapes';
import { mapField } from './mapField';
import { primaryIdOfNeed } from './needs';
import { valueTypeOf, type FieldMapping, type MappingProfile } from './profile';
import { PRODUCT_TYPE_NAMES, productTypeOf, type ProductType } from './productType';
import { parentNeeds, stockCodeOf } from './stockCode';

export type Mapped = { changes: Change[] } | { rejection: Rejection };

/**
 * What one product means for Khaos: its stock item as it must be, or every reason at once why it can't be sent
 * (khaos-control-api 9, design "Text"). A bundle is a plain stock item. Pure: it knows nothing of what Khaos holds, so
 * `changedFields` names every column that has something to say and `lane` is that of a new item; the ledger works out
 * both anew against what is confirmed.
 */
export function mapProduct(product: Product, profile: MappingProfile): Mapped {
	const code = stockCodeOf(product, profile.stockCode);
	const typed = productTypeOf(product, profile.productType);
	const type = 'type' in typed ? typed.type : null;
	const version = toInstant(product.dateUpdated);
	const needs = needsOf(product, type, profile);
	const row = mapRow(product, type, profile);

	const fatal: Reason[] = [
		...code.reasons,
		...('reasons' in typed ? typed.reasons : []),
		...(version === null ? [undated(product)] : []),
		...(type === 'variant' && needs.length === 0 ? [orphan(product, profile)] : []),
	];
	const { primaryId, internalId, emission } = product;
	const source = {
		primaryId,
		internalId,
		dateUpdated: version ?? product.dateUpdated,
		...(product.dateUpdatedIsReadTime === undefined ? {} : { dateUpdatedIsReadTime: product.dateUpdatedIsReadTime }),
	};
	const change =
		fatal.length > 0 || type === null
			? null
			: changeOf({
					code: code.code,
					type,
					row,
					needs,
					profile,
					source,
					emission,
					warnings: [...code.warnings, ...('type' in typed ? typed.warnings : [])],
				});

	if (change !== null && row.invalid.length === 0) return { changes: [change] };
	const sendable = change !== null && row.invalid.every(({ field }) => mayKeepLastValue(field));
	return {
		rejection: {
			primaryId,
			key: keyOf(code.code),
			reasons: [...fatal, ...row.invalid.flatMap(({ reasons }) => reasons)],
			source,
			emission,
			...(sendable ? { withoutInvalid: change } : {}),
		},
	};
}

interface Row {
	columns: Record<string, string | null>;
	invalid: Array<{ field: FieldMapping; reasons: Reason[] }>;
	warnings: Warning[];
}

function mapRow(product: Product, type: ProductType | null, profile: MappingProfile): Row {
	const row: Row = { columns: {}, invalid: [], warnings: [] };
	for (const field of profile.fields) {
		if (type === 'variantParent' && Object.hasOwn(profile.variantParentColumns, field.column)) continue;
		const cell = mapField(field, product);
		if ('reasons' in cell) row.invalid.push({ field, reasons: cell.reasons });
		else {
			row.columns[field.column] = cell.value;
			row.warnings.push(...cell.warnings);
		}
	}
	if (type === 'variantParent') Object.assign(row.columns, profile.variantParentColumns);
	return row;
}

/** An item that exists can go without these: what Khaos holds of them stays. */
const mayKeepLastValue = (field: FieldMapping): boolean =>
	field.owner === 'khaos' ||
	columnOf(field.column, field.lane === undefined ? {} : { lane: field.lane }).lane === LANES.descriptive;

function needsOf(product: Product, type: ProductType | null, profile: MappingProfile): Need[] {
	if (type !== 'variant' && profile.waitForParents === 'variants') return [];
	return parentNeeds(product, profile.stockCode);
}

interface Parts {
	code: string;
	type: ProductType;
	row: Row;
	needs: Need[];
	profile: MappingProfile;
	source: Change['source'];
	emission: string | null;
	warnings: Warning[];
}

function changeOf({ code, type, row, needs, profile, source, emission, warnings }: Parts): Change {
	const [parent] = needs;
	const whole: DesiredStockItem = {
		stockCode: code,
		columns: row.columns,
		settings: settingsOf(profile.fields, row.columns),
		productType: PRODUCT_TYPE_NAMES[type],
		parentKey: type === 'variant' && parent !== undefined && primaryIdOfNeed(parent) === null ? parent.key : null,
	};
	const sendable = sendableColumns(whole);
	const desired: DesiredStockItem = { ...whole, columns: sendable.columns };
	const changedFields = changedColumns(desired, null);
	return {
		kind: 'stockItem',
		key: keyOf(code),
		version: source.dateUpdated,
		lane: laneOfColumns(changedFields, desired.settings, true),
		changedFields,
		needs,
		desired,
		source,
		warnings: [...warnings, ...row.warnings, ...sendable.warnings],
		emission,
	};
}

/** Of each mapped column what differs from what is known of it by its name. */
function settingsOf(fields: FieldMapping[], columns: Record<string, unknown>): Record<string, ColumnSettings> {
	const settings: Record<string, ColumnSettings> = {};
	for (const field of fields) {
		if (!Object.hasOwn(columns, field.column)) continue;
		const known = columnOf(field.column);
		const compare = comparisonOf(field);
		const own: ColumnSettings = {
			...(field.lane === undefined || field.lane === known.lane ? {} : { lane: field.lane }),
			...(field.owner === known.owner ? {} : { owner: field.owner }),
			...(compare === undefined ? {} : { compare }),
			...(field.readBack === undefined || field.readBack === known.readBack ? {} : { readBack: field.readBack }),
		};
		if (Object.keys(own).length > 0) settings[field.column] = own;
	}
	return settings;
}

/** How the type that was chosen for a column says that it is compared; undefined: as is known of the column. */
function comparisonOf(field: FieldMapping): ColumnSettings['compare'] {
	const known = columnOf(field.column).compare;
	const type = valueTypeOf(field);
	if (type === 'text' || type === known) return undefined;
	// The rule for user-defined attributes knows lists and yes/no.
	if (known === 'attribute' && (type === 'list' || type === 'boolean')) return undefined;
	return type;
}

const orphan = (product: Product, profile: MappingProfile): Reason => ({
	field: 'parents',
	value: null,
	reason: 'The product is a variant, and Pimberly names no parent for it.',
	remedy: `Add ${product.primaryId} to the items of its parent in Pimberly${
		profile.productType.attribute === '' ? '' : `, or correct ${profile.productType.attribute}`
	}.`,
});

const undated = (product: Product): Reason => ({
	field: 'dateUpdated',
	value: product.dateUpdated,
	reason: `“${product.dateUpdated}” is not a date, so it can't be told which version of the product is newer.`,
	remedy: 'Pass products on as the Pimberly nodes return them.',
});
