import type { Change, Reason, Rejection, Need } from '../../shapes';
import { troubledProducts, type Rejected } from './addedNews';
import { partsOf, stockKeyOf, type AddItem, type Part } from './addParts';
import type { DraftFor } from '../changes/placeDrafts';
import type { KnownRecord } from '../changes/placement';
import { loadRecords, type RecordName } from '../changes/records';
import type { TrailEntry } from '../changes/trail';
import { variantsAmong } from './deepFamilies';
import type { ExceptionType } from '../exceptions/exceptions';
import { nothingToClear } from '../kits/formerKits';
import { planKits, type KitPlan } from '../kits/kits';
import { loadProducts, type KnownProduct } from './products';
import { resolveStandIns } from './standIns';
import type { Transaction } from '../store/database';

/** What became of one item of Sequencer: Add. */
export type AddOutcome =
	| { outcome: 'accepted' | 'held'; change: Change; waitsFor: Need[] }
	| { outcome: 'unchanged'; change: Change; reason: string }
	| { outcome: 'rejected'; rejection: Rejection };

/** A change that goes into the ledger, brought by the item at `at`. */
export interface TakenChange {
	at: number;
	change: Change;
	draft: DraftFor;
}

/** One call of Sequencer: Add under way: what was known before it, and what has become of its items so far. */
export interface Addition {
	/** What each item brings. */
	readonly parts: Part[][];
	/** Products as they were known before. */
	readonly products: Map<string, KnownProduct>;
	/** Products that were found at fault before. */
	readonly troubled: Set<string>;
	/** By name, every record that a change is for, is about or needs. */
	readonly records: Map<string, KnownRecord>;
	readonly kits: KitPlan;
	/** What `variantsAmong` says of all that comes. */
	readonly variants: Map<string, boolean>;
	/** Changes that would take away a kit relation which was never there. */
	readonly pointless: Set<Change>;
	/** By the place of the item. */
	readonly outcomes: AddOutcome[];
	readonly taken: TakenChange[];
	/** Products that these items are about, as they are known now. */
	readonly touched: Map<string, KnownProduct>;
	/** Products that were rejected, and are not with this version. */
	readonly mended: Set<string>;
	readonly rejected: Rejected;
	readonly trail: TrailEntry[];
}

/** Everything that is known of these items, in a few statements. */
export async function beginAddition(tx: Transaction, environmentId: number, items: AddItem[]): Promise<Addition> {
	const primaryIds = [...new Set(items.map(primaryIdOf))];
	const [products, troubled, parts] = await Promise.all([
		loadProducts(tx, environmentId, primaryIds),
		troubledProducts(tx, environmentId, primaryIds),
		loadParts(tx, environmentId, items),
	]);
	const changes = parts.flat().map(({ change }) => change);
	const pointless = await nothingToClear(tx, environmentId, changes);
	const names = changes
		.filter((change) => !pointless.has(change))
		.flatMap((change): RecordName[] => [{ kind: change.kind, key: change.key }, stockItemOf(change), ...change.needs]);
	const records = await loadRecords(tx, environmentId, names);
	return {
		parts,
		products,
		troubled,
		records,
		kits: await planKits(tx, environmentId, changes, records),
		variants: variantsAmong(changes),
		pointless,
		outcomes: [],
		taken: [],
		touched: new Map(),
		mended: new Set(),
		rejected: new Map(),
		trail: [],
	};
}

/** What each of these items brings, with products that stand in for stock codes resolved as far as they are known. */
async function loadParts(tx: Transaction, environmentId: number, items: AddItem[]): Promise<Part[][]> {
	const parts = items.map(partsOf);
	const changes = parts.flat().map(({ change }) => change);
	const resolved = new Map(
		(await resolveStandIns(tx, environmentId, changes)).map((change, index) => [changes[index]!, change]),
	);
	return parts.map((ofItem) => ofItem.map((part) => ({ ...part, change: resolved.get(part.change)! })));
}

/** The item at `at` is rejected; with `wholly` its product is, otherwise only a kit or a price of it. */
export function reject(
	addition: Addition,
	at: number,
	rejection: Rejection,
	type: ExceptionType,
	wholly: boolean,
): void {
	addition.outcomes[at] = { outcome: 'rejected', rejection };
	noteRejection(addition, rejection, type, wholly);
}

/** A rejection that is no item's own outcome. */
export function noteRejection(addition: Addition, rejection: Rejection, type: ExceptionType, wholly: boolean): void {
	const { rejected, touched, trail } = addition;
	rejected.set(rejection.primaryId, [...(rejected.get(rejection.primaryId) ?? []), { rejection, type, wholly }]);
	const product = touched.get(rejection.primaryId);
	if (product && wholly) product.rejected = rejection.source?.dateUpdated ?? product.version;
	trail.push({
		kind: 'stockItem',
		key: rejection.key,
		primaryId: rejection.primaryId,
		event: 'rejected',
		version: rejection.source?.dateUpdated ?? '',
		details: { reasons: rejection.reasons },
	});
}

/** A change that is rejected for this reason. */
export const rejectionOf = (change: Change, reason: Reason): Rejection => ({
	primaryId: change.source.primaryId,
	key: stockKeyOf(change),
	reasons: [reason],
	source: change.source,
	emission: change.emission ?? null,
});

/** The product that an item is about. */
export const primaryIdOf = (item: AddItem): string =>
	item.type === 'change' ? item.change.source.primaryId : item.rejection.primaryId;
/** The stock item that a change is about. */
export const stockItemOf = (change: Change): RecordName => ({ kind: 'stockItem', key: stockKeyOf(change) });
/** What of Pimberly an item came of, where that is known. */
export const sourceOf = (item: AddItem): Change['source'] | undefined =>
	item.type === 'change' ? item.change.source : item.rejection.source;
