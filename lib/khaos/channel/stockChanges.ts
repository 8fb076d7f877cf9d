import { desiredKitSchema, desiredStockItemSchema, type ReadBack } from '../../shapes';
import type { ProvidedEntry } from './channelPort';
import { documentText, Several, type Members } from './document';
import { familyRelationship, kitRelationship } from './relationships';
import type { ChannelFormat, ChannelSettings } from './settings';
import { channelStockItem } from './stockItem';

/**
 * The StockChanges document that Khaos fetches (khaos-control-api 4.5): entries in their order, so parents before children
 * and components before kits. Up-sell, cross-sell and associated items are not mentioned: Khaos keeps those it has.
 */
export function stockChanges(entries: ProvidedEntry[], settings: ChannelSettings, format: ChannelFormat): string {
	const items: Members[] = [];
	const relationships: Members[] = [];
	for (const { kind, desired, known, parentKey } of entries) {
		if (kind === 'kit') {
			relationships.push(kitRelationship(desiredKitSchema.parse(desired)));
			continue;
		}
		const item = desiredStockItemSchema.parse(desired);
		items.push(channelStockItem(item, known as ReadBack | null, settings));
		const family = familyRelationship(item, parentKey);
		if (family !== null) relationships.push(family);
	}
	return documentText(
		'StockChanges',
		{
			StockItems: { Items: new Several('StockItem', items) },
			Relationships: { Relationships: new Several('StockItemRelationship', relationships) },
		},
		format,
	);
}
