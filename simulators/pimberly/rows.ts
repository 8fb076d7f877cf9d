import type { AttributeValue } from '../catalogue';
import type { ChannelSettings, PimberlySettings } from '../settings';
import type { PimberlyStore, StoredProduct } from './store';
import { shown } from './values';

export type Surface = 'core' | 'v2.2';

/** The internal id is `_id` on core and `id` on v2.2 (pimberly-api 2.2). */
export const idKey = (surface: Surface): '_id' | 'id' => (surface === 'core' ? '_id' : 'id');

/** Which attributes a feed asks for: null for none, '*' for all. */
export type Wanted = '*' | Set<string> | null;

export const wantedAttributes = (parameter: string | null): Wanted => {
	if (parameter === null || parameter === '') return null;
	if (parameter === '*') return '*';
	return new Set(parameter.split(',').map((name) => name.trim()));
};

/** Attributes by API name; those without a value are left out. */
export function attributesOf(
	product: StoredProduct,
	wanted: Wanted,
	store: PimberlyStore,
	style: PimberlySettings['values'],
): Record<string, unknown> {
	const found: Record<string, unknown> = {};
	if (wanted === null) return found;
	for (const [name, value] of Object.entries(product.attributes)) {
		if (value === '' || (Array.isArray(value) && !value.length)) continue;
		if (wanted !== '*' && !wanted.has(name)) continue;
		// A feed shows a product set by internal ids, a channel by primary ids (pimberly-api 7).
		const isSet = store.typeOf(name) === 'productSet';
		found[name] = isSet ? internalIds(value, store) : shown(store.typeOf(name), value, style);
	}
	return found;
}

const internalIds = (value: AttributeValue, store: PimberlyStore): string[] =>
	[value].flat().map((primaryId) => store.get(primaryId)?.internalId ?? primaryId);

/** `weightKg` -> `Weight Kg`: a heading is not the API name (pimberly-api 1.3). */
export const headingOf = (apiName: string): string =>
	apiName.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/^./, (first) => first.toUpperCase());

/** A product as a channel shows it: headings as keys, `_id`/`id` and the primary id always. */
export function channelRow(
	product: StoredProduct,
	surface: Surface,
	channel: ChannelSettings,
	store: PimberlyStore,
	extended: boolean,
): Record<string, unknown> {
	const row: Record<string, unknown> = {
		[idKey(surface)]: product.internalId,
		[channel.primaryIdHeading]: product.primaryId,
	};
	if (extended) {
		row.primaryId = product.primaryId;
		row.dateUpdated = product.dateUpdated;
	}
	for (const [name, value] of Object.entries(product.attributes)) {
		if (value === '' || (Array.isArray(value) && !value.length)) continue;
		const heading = channel.headings ? channel.headings[name] : headingOf(name);
		if (heading === undefined) continue;
		const boolean = store.typeOf(name) === 'boolean' && (value === 'true' || value === 'false');
		row[heading] = boolean ? channel.booleanStyle.split('/')[value === 'true' ? 0 : 1] : value;
	}
	for (const relation of ['parents', 'items'] as const) {
		const heading = relation === 'parents' ? channel.parentsHeading : channel.itemsHeading;
		const ids = store.related(product, relation).map(({ primaryId }) => primaryId);
		if (heading !== null && ids.length) row[heading] = ids;
	}
	return row;
}
