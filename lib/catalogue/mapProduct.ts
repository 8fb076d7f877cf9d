import { changedColumns, columnOf, laneOfColumns, sendableColumns } from '../khaos/columns';
import { toInstant } from '../pimberly/values';
import {
	keyOf,
	LANES,
	priceKeyOf,
	type Change,
	type ColumnSettings,
	type DesiredKit,
	type DesiredStockItem,
	type Need,
	type Product,
	type Reason,
	type Rejection,
	type Scs,
	type Warning,
} from '../shapes';
import { mapField } from './mapField';
import { mapKit } from './mapKit';
import { mapPrices, type PriceParts } from './mapPrices';
import { mapVariant } from './mapVariant';
import { primaryIdOfNeed, stockItemNeed } from './needs';
import { valueTypeOf, type FieldMapping, type MappingProfile } from './profile';
import { contradictionsOf, PRODUCT_TYPE_NAMES, productTypeOf, type ProductType } from './productType';
import { parentNeeds, stockCodeOf } from './stockCode';

/** A product is either all changes or one rejection, which carries what of it can be sent all the same. */
export type Mapped = { changes: Change[] } | { rejection: Rejection };

/**
 * What one product means for Khaos: its stock item, the relation of its kit and its prices as they must be, or every reason
 * at once why something of it can't be sent (khaos-control-api 9, design "Text"). What contradicts itself is not sent at all;
 * a kit that is at fault keeps a new product back, a price that is at fault only itself. Pure: it knows nothing of what Khaos
 * holds, so `changedFields` names every column that has something to say and `lane` is that of a new item; the ledger works
 * out both anew against what is confirmed.
 */
export function mapProduct(product: Product, profile: MappingProfile): Mapped {
	const code = stockCodeOf(product, profile.stockCode);
	const typed = productTypeOf(product, profile);
	const type = 'type' in typed ? typed.type : null;
	const version = toInstant(product.dateUpdated);
	const variant = type === null ? null : mapVariant(product, type, code.code, profile);
	const scs = variant !== null && 'scs' in variant ? variant.scs : null;
	const row = mapRow(product, type, scs, profile);
	const kit = type === null ? null : mapKit(product, type, code.code, profile);
	const prices = mapPrices(product, code.code, profile);

	const fatal: Reason[] = [
		...code.reasons,
		...('reasons' in typed ? typed.reasons : contradictionsOf(product, typed.type, profile)),
		...(variant !== null && 'reasons' in variant ? variant.reasons : []),
		...(version === null ? [undated(product)] : []),
	];
	const ofRow = row.invalid.flatMap(({ reasons }) => reasons);
	const ofKit = kit !== null && 'reasons' in kit ? kit.reasons : [];
	const reasons = [...fatal, ...ofRow, ...ofKit, ...prices.reasons];
	const { primaryId, internalId, emission } = product;
	const source = {
		primaryId,
		internalId,
		dateUpdated: version ?? product.dateUpdated,
		...(product.dateUpdatedIsReadTime === undefined ? {} : { dateUpdatedIsReadTime: product.dateUpdatedIsReadTime }),
	};
	const rejection = { primaryId, key: keyOf(code.code), reasons, source, emission };
	if (fatal.length > 0 || type === null) return { rejection };

	const base: Base = { source, emission };
	const warnings = [
		...code.warnings,
		...('warnings' in typed ? typed.warnings : []),
		...(variant !== null && 'warnings' in variant ? variant.warnings : []),
		...(kit !== null && 'warnings' in kit ? kit.warnings : []),
	];
	const item = itemChange(
		{ code: code.code, type, scs, row, needs: needsOf(product, type, profile), profile, warnings },
		base,
	);
	const others = [
		...(kit !== null && 'kit' in kit && kit.kit !== null ? [kitChange(kit.kit, base)] : []),
		...prices.prices.map((price) => priceChange(price, base)),
	];
	if (reasons.length === 0) return { changes: [item, ...others] };
	const itemIsRight = ofRow.length === 0 && ofKit.length === 0;
	const mayGo = row.invalid.every(({ field }) => mayKeepLastValue(field));
	const unaffected = itemIsRight ? [item, ...others] : others;
	return {
		rejection: {
			...rejection,
			...(!itemIsRight && mayGo ? { withoutInvalid: item } : {}),
			...(unaffected.length > 0 ? { unaffected } : {}),
		},
	};
}

/** What every change of a product has in common. */
interface Base {
	source: Change['source'];
	emission: string | null;
}

const kitChange = ({ desired, needs }: { desired: DesiredKit; needs: Need[] }, base: Base): Change => ({
	kind: 'kit',
	key: keyOf(desired.stockCode),
	version: base.source.dateUpdated,
	lane: LANES.launch,
	changedFields: ['components', 'relation'],
	needs,
	desired: { ...desired },
	warnings: [],
	...base,
});

const priceChange = ({ desired, warnings }: PriceParts['prices'][number], base: Base): Change => ({
	kind: 'price',
	key: priceKeyOf(desired),
	version: base.source.dateUpdated,
	lane: LANES.price,
	changedFields: ['amount'],
	needs: [stockItemNeed(desired.stockCode)],
	desired: { ...desired },
	warnings,
	...base,
});

const SHORT_DESC = 'SHORT_DESC';

interface Row {
	columns: Record<string, string | null>;
	invalid: Array<{ field: FieldMapping; reasons: Reason[] }>;
	warnings: Warning[];
}

function mapRow(product: Product, type: ProductType | null, scs: Scs | null, profile: MappingProfile): Row {
	const row: Row = { columns: {}, invalid: [], warnings: [] };
	for (const field of profile.fields) {
		if (scs?.by === 'columns' && field.column === SHORT_DESC) continue;
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

interface ItemParts {
	code: string;
	type: ProductType;
	scs: Scs | null;
	row: Row;
	needs: Need[];
	profile: MappingProfile;
	warnings: Warning[];
}

function itemChange({ code, type, scs, row, needs, profile, warnings }: ItemParts, base: Base): Change {
	const [parent] = needs;
	const whole: DesiredStockItem = {
		stockCode: code,
		columns: row.columns,
		settings: {
			...settingsOf(profile.fields, row.columns),
			// Khaos makes the description of an SCS child itself, of its parent's and the words for the headings.
			...(scs?.by === 'columns' ? { [SHORT_DESC]: { owner: 'khaos' as const } } : {}),
		},
		productType: PRODUCT_TYPE_NAMES[type],
		parentKey: type === 'variant' && parent !== undefined && primaryIdOfNeed(parent) === null ? parent.key : null,
		...(scs === null ? {} : { scs }),
	};
	const sendable = sendableColumns(whole);
	const desired: DesiredStockItem = { ...whole, columns: sendable.columns };
	const changedFields = changedColumns(desired, null);
	return {
		kind: 'stockItem',
		key: keyOf(code),
		version: base.source.dateUpdated,
		lane: laneOfColumns(changedFields, desired.settings, true),
		changedFields,
		needs,
		desired,
		warnings: [...warnings, ...row.warnings, ...sendable.warnings],
		...base,
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

const undated = (product: Product): Reason => ({
	field: 'dateUpdated',
	value: product.dateUpdated,
	reason: `“${product.dateUpdated}” is not a date, so it can't be told which version of the product is newer.`,
	remedy: 'Pass products on as the Pimberly nodes return them.',
});
