import Big from 'big.js';

import { changedColumns, laneOfColumns } from '../../khaos/columns';
import {
	keyOf,
	type DesiredKit,
	type DesiredPrice,
	type DesiredStockItem,
	type Kind,
	type Lane,
	type ReadBack,
} from '../../shapes';

/**
 * What of a desired record counts when two of them are compared: for a stock item the columns that Pimberly owns (no
 * value and no column are the same), for a kit its components in whatever order, for a price its amount as a number, for a
 * status all but its date.
 */
export function contentOf(kind: Kind, desired: Record<string, unknown>): string {
	if (kind === 'stockItem') {
		const item = desired as unknown as DesiredStockItem;
		const columns = Object.entries(item.columns ?? {}).filter(
			([column, value]) => value !== null && item.settings?.[column]?.owner !== 'khaos',
		);
		// In the channel's feed an item's place in its family is content like any other; a stock import sets it once.
		const scs = item.scs?.by === 'channel' ? item.scs : undefined;
		return canonical({ stockCode: item.stockCode, columns: Object.fromEntries(columns), scs });
	}
	if (kind === 'kit') return canonical(kitContent(desired as unknown as DesiredKit));
	if (kind === 'price') return canonical(priceContent(desired as unknown as DesiredPrice));
	return canonical({ ...desired, date: undefined });
}

/** Codes in any case and components in any order are the same kit; a kit without components is none, of either relation. */
const kitContent = ({ stockCode, relation, components }: DesiredKit): Record<string, unknown> => ({
	stockCode: keyOf(stockCode),
	relation: components.length === 0 ? '' : relation,
	components: components
		.map((component) => `${keyOf(component.stockCode)} x ${plainDecimal(component.quantity)}`)
		.sort(),
});

const priceContent = ({ stockCode, priceList, amount, currency, ...rest }: DesiredPrice): Record<string, unknown> => ({
	...rest,
	stockCode: keyOf(stockCode),
	priceList: priceList.trim(),
	amount: plainDecimal(amount),
	currency: currency.trim().toUpperCase(),
});

/** 12.5, 12.50 and 012.5 are one amount. */
const plainDecimal = (text: string): string => new Big(text).toFixed();

/** Whether two desired records have the same content, as `contentOf` sees it; null has none. */
export const sameContent = (kind: Kind, a: Record<string, unknown>, b: Record<string, unknown> | null): boolean =>
	b !== null && contentOf(kind, a) === contentOf(kind, b);

/** What is known of a record in Khaos, to tell which fields a change changes. */
export interface Known {
	/** The desired record that was last confirmed. */
	confirmed: Record<string, unknown> | null;
	/** What was last read from Khaos. */
	readBack: ReadBack | null;
}

/** Which fields a change would bring, and how urgent that makes it. */
export function weigh(
	kind: Kind,
	desired: Record<string, unknown>,
	known: Known,
	lane: Lane,
): { fields: string[]; lane: Lane } {
	if (kind !== 'stockItem') return { fields: changedMembers(kind, desired, known.confirmed), lane };
	const item = desired as unknown as DesiredStockItem;
	const isNew = known.confirmed === null && known.readBack?.exists !== true;
	const fields = known.confirmed
		? changedAgainstConfirmed(item, known.confirmed as unknown as DesiredStockItem)
		: changedColumns(item, known.readBack?.exists === true ? known.readBack : null);
	return { fields, lane: laneOfColumns(fields, item.settings, isNew) };
}

function changedAgainstConfirmed(desired: DesiredStockItem, confirmed: DesiredStockItem): string[] {
	const columns = new Set([...Object.keys(desired.columns), ...Object.keys(confirmed.columns)]);
	const changed = [...columns].filter(
		(column) =>
			desired.settings?.[column]?.owner !== 'khaos' &&
			(desired.columns[column] ?? null) !== (confirmed.columns[column] ?? null),
	);
	if (desired.stockCode !== confirmed.stockCode && !changed.includes('STOCK_CODE')) changed.push('STOCK_CODE');
	return changed;
}

function changedMembers(
	kind: Kind,
	desired: Record<string, unknown>,
	confirmed: Record<string, unknown> | null,
): string[] {
	const shown = (of: Record<string, unknown> | null): Record<string, unknown> | null =>
		of === null ? null : (JSON.parse(contentOf(kind, of)) as Record<string, unknown>);
	const [content, before] = [shown(desired)!, shown(confirmed)];
	return Object.keys(content).filter((name) => canonical(content[name]) !== canonical(before?.[name]));
}

/** JSON with its members in order, so that equal values give equal text. */
function canonical(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (value !== null && typeof value === 'object') {
		const members = Object.entries(value)
			.filter(([, member]) => member !== undefined)
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
		return `{${members.join(',')}}`;
	}
	return JSON.stringify(value) ?? 'null';
}
