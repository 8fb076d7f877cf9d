import { PRODUCT_TYPE_NAMES } from '../../catalogue/productType';
import { keyOf, type Change, type Reason, type Rejection } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import type { KnownRecord } from '../changes/placement';
import { dropWaiting } from '../changes/placeDrafts';
import { nameOf } from '../changes/records';

// Khaos knows parents and their variants, and nothing below those. A feed row says nothing of its items, so that a variant
// has variants itself only shows where two products are seen together.

const isVariant = (desired: Record<string, unknown> | null | undefined): boolean =>
	desired?.['productType'] === PRODUCT_TYPE_NAMES.variant;

/** The keys of the stock items among these changes that are variants, and of those that are not. */
export const variantsAmong = (changes: Change[]): Map<string, boolean> =>
	new Map(changes.filter(({ kind }) => kind === 'stockItem').map(({ key, desired }) => [key, isVariant(desired)]));

/**
 * Why a variant can't be sent because its parent is a variant as well; null where that isn't so, as far as is known.
 * @param coming what `variantsAmong` says of the changes that come with it
 */
export function belowVariant(
	change: Change,
	coming: Map<string, boolean>,
	records: Map<string, KnownRecord>,
): Reason | null {
	if (change.kind !== 'stockItem' || !isVariant(change.desired)) return null;
	const parent = change.needs.find((need) => coming.get(need.key) ?? isKnownVariant(records.get(nameOf(need))));
	return parent === undefined || parent.key === change.key ? null : tooDeep(change.source.primaryId, parent.key);
}

function isKnownVariant(record: KnownRecord | undefined): boolean {
	if (record === undefined) return false;
	const open = [record.waiting, record.leased].find((one) => one !== null && one.purpose !== 'lookUp');
	return isVariant(open?.desired ?? record.confirmed);
}

const tooDeep = (primaryId: string, parentKey: string): Reason => ({
	field: 'parents',
	value: parentKey,
	reason: `The product is a variant of ${parentKey}, which is a variant itself. Khaos knows parents and their variants, and nothing below them.`,
	remedy: `Give ${primaryId} the parent of ${parentKey} as its own in Pimberly, or correct the type of one of the two.`,
});

/**
 * Variants that waited for one of these, which now turn out to be variants themselves: what waits is dropped.
 * @returns the rejection of each.
 */
export async function dropBelowVariants(tx: Transaction, environmentId: number, items: Change[]): Promise<Rejection[]> {
	const keys = items.filter(({ desired }) => isVariant(desired)).map(({ key }) => key);
	if (keys.length === 0) return [];
	const waiting = await tx.all<{ record_id: number; key: string; parent_key: string; desired: string; source: string }>(
		`SELECT changes.record_id, changes.key, parents.key AS parent_key, changes.desired, changes.source FROM records AS parents
		 JOIN change_needs ON change_needs.need_record_id = parents.record_id AND change_needs.met = 0
		 JOIN changes ON changes.change_id = change_needs.change_id AND changes.kind = 'stockItem' AND changes.state <> 'leased'
		 WHERE parents.environment_id = ? AND parents.kind = 'stockItem' AND ${tx.dialect.among('parents.key')}`,
		environmentId,
		jsonParameter(keys),
	);
	const below = waiting.filter(({ key, parent_key: parent, desired }) => {
		return key !== parent && isVariant(JSON.parse(desired) as Record<string, unknown>);
	});
	const rejections = below.map(({ key, parent_key: parent, source: written }) => {
		const source = JSON.parse(written) as Change['source'];
		return { primaryId: source.primaryId, key: keyOf(key), reasons: [tooDeep(source.primaryId, parent)], source };
	});
	await dropWaiting(
		tx,
		below.map(({ record_id: recordId }) => recordId),
	);
	await dropWithItem(
		tx,
		environmentId,
		rejections.map(({ key }) => key),
	);
	return rejections;
}

/** A kit and prices wait for their own item; without it they would for ever. */
async function dropWithItem(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	if (keys.length === 0) return;
	const rows = await tx.all<{ record_id: number }>(
		`SELECT own.record_id FROM records AS items
		 JOIN records AS own ON own.environment_id = items.environment_id AND own.primary_id = items.primary_id AND own.kind IN ('kit', 'price')
		 JOIN changes ON changes.record_id = own.record_id AND changes.state = 'held'
		 WHERE items.environment_id = ? AND items.kind = 'stockItem' AND COALESCE(items.present, 0) = 0 AND ${tx.dialect.among('items.key')}`,
		environmentId,
		jsonParameter(keys),
	);
	await dropWaiting(
		tx,
		rows.map(({ record_id: recordId }) => recordId),
	);
}
