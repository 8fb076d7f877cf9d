import type { Mapped } from '../../catalogue/mapProduct';
import { keyOf, type Change, type DesiredKit, type Rejection } from '../../shapes';

/** An item of Sequencer: Add, as the mapper makes them. */
export type AddItem = { type: 'change'; change: Change } | { type: 'rejection'; rejection: Rejection };

/** What the mapper made of a product, for Sequencer: Add. */
export const addItemsOf = (mapped: Mapped): AddItem[] =>
	'rejection' in mapped
		? [{ type: 'rejection', rejection: mapped.rejection }]
		: mapped.changes.map((change) => ({ type: 'change', change }));

/** One change that an item of Sequencer: Add brings. A rejection brings what of its product can be sent all the same. */
export interface Part {
	change: Change;
	/** `ifInKhaos`: only where its own stock item is in Khaos; `withItem`: also where that goes with it. */
	goes: 'always' | 'ifInKhaos' | 'withItem';
}

/** The changes that an item brings: its own, or of a rejection what can be sent all the same, its stock item first. */
export function partsOf(item: AddItem): Part[] {
	if (item.type === 'change') return [{ change: item.change, goes: 'always' }];
	const { withoutInvalid, unaffected = [] } = item.rejection;
	const items = unaffected.filter(({ kind }) => kind === 'stockItem');
	const others = unaffected.filter(({ kind }) => kind !== 'stockItem');
	return [
		...(withoutInvalid === undefined ? [] : [{ change: withoutInvalid, goes: 'ifInKhaos' as const }]),
		...items.map((change) => ({ change, goes: 'always' as const })),
		...others.map((change) => ({ change, goes: 'withItem' as const })),
	];
}

/** Whether nothing of the product goes unless Khaos has it already. Otherwise only a kit or a price of it is at fault. */
export const isWhollyRejected = ({ unaffected = [] }: Rejection): boolean =>
	!unaffected.some(({ kind }) => kind === 'stockItem');

/** The key of the stock item that a change is about: of a kit its parent, of a price its item. */
export function stockKeyOf({ kind, key, desired }: Change): string {
	const { stockCode } = desired as { stockCode?: unknown };
	return kind === 'stockItem' || typeof stockCode !== 'string' ? key : keyOf(stockCode);
}

/** Whether a change only takes a kit's relation away. */
export const isClearance = ({ kind, desired }: Pick<Change, 'kind' | 'desired'>): boolean =>
	kind === 'kit' && (desired as unknown as DesiredKit).components?.length === 0;
