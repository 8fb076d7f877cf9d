import { internalIdOfNeed, isStandIn, primaryIdOfNeed, standInsOf } from '../../catalogue/needs';
import type { Change, DesiredKit, Need } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { meetNeeds, recount } from '../delivery/observe';
import type { KnownProduct } from './products';
import { loadRecords, nameOf } from '../changes/records';

/** The stock keys of what stands in for them, as far as the products have claimed one. */
type Claimed = Map<string, string>;

/**
 * What a change needs by product (`primaryId:X`, `internalId:Y`) is needed by stock code once that product has claimed one;
 * so are a kit's components, which go to Khaos by their codes.
 * @returns the changes in the same order, those that named no product as they were.
 */
export async function resolveStandIns(tx: Transaction, environmentId: number, changes: Change[]): Promise<Change[]> {
	const named = changes.flatMap(({ needs }) => needs).filter(({ key }) => isStandIn(key));
	if (named.length === 0) return changes;
	const claimed = await claimedKeys(tx, environmentId, named);
	return changes.map((change) =>
		change.needs.some(({ key }) => isStandIn(key))
			? {
					...change,
					needs: change.needs.map((need) => ({ ...need, key: claimed.get(need.key) ?? need.key })),
					desired: change.kind === 'kit' ? withCodes(change.desired, claimed) : change.desired,
				}
			: change,
	);
}

async function claimedKeys(tx: Transaction, environmentId: number, needs: Need[]): Promise<Claimed> {
	const primaryIds = [...new Set(needs.flatMap((need) => primaryIdOfNeed(need) ?? []))];
	const internalIds = [...new Set(needs.flatMap((need) => internalIdOfNeed(need) ?? []))];
	const rows = [
		...(await productsBy(tx, environmentId, 'primary_id', primaryIds)),
		...(await productsBy(tx, environmentId, 'internal_id', internalIds)),
	];
	return new Map(
		rows.flatMap((row) => standInsOf(row.primary_id, row.internal_id).map((name) => [name, row.stock_key])),
	);
}

interface ClaimRow {
	primary_id: string;
	internal_id: string;
	stock_key: string;
}

async function productsBy(
	tx: Transaction,
	environmentId: number,
	column: 'primary_id' | 'internal_id',
	ids: string[],
): Promise<ClaimRow[]> {
	if (ids.length === 0) return [];
	return await tx.all<ClaimRow>(
		`SELECT primary_id, internal_id, stock_key FROM products
		 WHERE environment_id = ? AND stock_key IS NOT NULL AND ${tx.dialect.among(column)}`,
		environmentId,
		jsonParameter(ids),
	);
}

function withCodes(desired: Record<string, unknown>, claimed: Claimed): Record<string, unknown> {
	const { components } = desired as unknown as DesiredKit;
	return {
		...desired,
		components: components.map((component) => ({
			...component,
			stockCode: claimed.get(component.stockCode) ?? component.stockCode,
		})),
	};
}

/** Changes that waited for a product now wait for the stock item it has claimed; kits now name it by its code. */
export async function claimStandIns(
	tx: Transaction,
	environmentId: number,
	products: Iterable<KnownProduct>,
): Promise<void> {
	const claimed: Claimed = new Map(
		[...products].flatMap(({ primaryId, internalId, stockKey }) =>
			stockKey === null ? [] : standInsOf(primaryId, internalId).map((name): [string, string] => [name, stockKey]),
		),
	);
	if (claimed.size === 0) return;
	const standIns = await tx.all<{ record_id: number; key: string }>(
		`SELECT record_id, key FROM records WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter([...claimed.keys()]),
	);
	if (standIns.length === 0) return;
	const names = standIns.map(({ key }) => ({ kind: 'stockItem' as const, key: claimed.get(key)! }));
	const records = await loadRecords(tx, environmentId, names);
	const table = tx.dialect.rows('r', { stand_in: 'integer', claimed: 'integer' });
	const rows = jsonParameter(
		standIns.map(({ record_id }, at) => ({ stand_in: record_id, claimed: records.get(nameOf(names[at]!))!.recordId })),
	);
	const waiting = await tx.all<{ change_id: number; kind: string; desired: string }>(
		`SELECT change_id, kind, desired FROM changes WHERE change_id IN
			(SELECT change_id FROM change_needs WHERE met = 0 AND ${tx.dialect.among('need_record_id', 'integer')})`,
		jsonParameter(standIns.map(({ record_id }) => record_id)),
	);
	if (waiting.length === 0) return;
	await nameByCode(
		tx,
		environmentId,
		waiting.filter(({ kind }) => kind === 'kit'),
		claimed,
	);
	// What waits for both is left with the one.
	await tx.run(
		`DELETE FROM change_needs WHERE met = 0 AND EXISTS (SELECT 1 FROM ${table} WHERE r.stand_in = change_needs.need_record_id
			AND EXISTS (SELECT 1 FROM change_needs AS other WHERE other.change_id = change_needs.change_id AND other.need_record_id = r.claimed))`,
		rows,
	);
	await tx.run(
		`UPDATE change_needs SET need_record_id = r.claimed FROM ${table}
		 WHERE change_needs.need_record_id = r.stand_in AND change_needs.met = 0`,
		rows,
	);
	await meetNeeds(
		tx,
		environmentId,
		'stockItem',
		names.filter((name) => records.get(nameOf(name))!.present === true).map((name) => name.key),
	);
	await recount(tx, jsonParameter(waiting.map((row) => row.change_id)));
}

async function nameByCode(
	tx: Transaction,
	environmentId: number,
	kits: Array<{ change_id: number; desired: string }>,
	claimed: Claimed,
): Promise<void> {
	if (kits.length === 0) return;
	await tx.run(
		`UPDATE changes SET desired = r.desired FROM ${tx.dialect.rows('r', { change_id: 'integer', desired: 'text' })}
		 WHERE changes.change_id = r.change_id`,
		jsonParameter(
			kits.map(({ change_id, desired }) => ({
				change_id,
				desired: JSON.stringify(withCodes(JSON.parse(desired) as Record<string, unknown>, claimed)),
			})),
		),
	);
	const names = tx.dialect.rows('r', { stand_in: 'text', claimed: 'text' });
	const rows = jsonParameter([...claimed].map(([standIn, key]) => ({ stand_in: standIn, claimed: key })));
	await tx.run(
		`INSERT INTO kit_components (environment_id, parent_key, component_key)
		 SELECT environment_id, parent_key, r.claimed FROM ${names} JOIN kit_components ON component_key = r.stand_in WHERE environment_id = ? ON CONFLICT DO NOTHING`,
		rows,
		environmentId,
	);
	await tx.run(
		`DELETE FROM kit_components WHERE environment_id = ? AND ${tx.dialect.among('component_key')}`,
		environmentId,
		jsonParameter([...claimed.keys()]),
	);
}
