import { isApproved } from '../../khaos/delivery/firstSync';
import { STOCK_CODE } from '../../khaos/columns';
import type { Approval } from '../../shapes';
import { jsonParameter, type SqlValue, type Transaction } from '../store/database';
import { driftOf, type Owner } from '../exceptions/exceptionTypes';
import { approvalIn, firstSyncSettings } from './firstSync';

/** Whose a column is; Khaos's own columns are never written. */
type ColumnOwner = 'pimberly' | 'khaos';

/** One value in which Khaos differs from Pimberly. */
export interface DifferenceSample {
	stockCode: string;
	primaryId: string;
	/** Null: Khaos does not hold the item. */
	inKhaos: string | null;
	/** Null: Pimberly has no value. */
	desired: string | null;
}

/** One column in which Khaos and Pimberly differ. */
export interface DifferingField {
	/** The import column; STOCK_CODE: items that Khaos does not hold. */
	field: string;
	isNewItem: boolean;
	owner: ColumnOwner;
	/** Who decides about such a column. */
	team: Owner;
	/** Whether it is, or would be, written as the takers are set now. */
	allowed: boolean;
	items: number;
	samples: DifferenceSample[];
}

/** What a first sync into a Khaos that is already full would change. */
export interface FirstSyncReport {
	/** What may be written of items that were never confirmed: as strict as the strictest taker. */
	allowed: Approval;
	takers: Array<{ taker: string; approval: Approval; seenAt: string }>;
	/** Stock items that are as Pimberly says: equal from the start, or written. */
	confirmed: number;
	/** Stock items that wait for approval. */
	waiting: number;
	/** Stock items that are still to be compared, written or read back. */
	underWay: number;
	/** Most items first. */
	fields: DifferingField[];
}

const samplesOfAField = 5;

/** Sequencer: Get First Sync. Counted by the database, however much there is; a few samples a field. */
export async function firstSyncReport(tx: Transaction, environmentId: number): Promise<FirstSyncReport> {
	const allowed = await approvalIn(tx, environmentId);
	const counts = await tx.all<{ field: string; owner: ColumnOwner; items: number }>(
		`SELECT field, owner, count(*) AS items FROM first_sync_differences WHERE environment_id = ? GROUP BY field, owner ORDER BY count(*) DESC, field`,
		environmentId,
	);
	const fields: DifferingField[] = [];
	for (const { field, owner, items } of counts) {
		const { rows } = await listDifferences(tx, environmentId, {
			fields: [field],
			owner,
			after: 0,
			limit: samplesOfAField,
		});
		fields.push({
			...described(field, owner, allowed),
			items: Number(items),
			samples: rows.map(({ stockCode, primaryId, inKhaos, desired }) => ({ stockCode, primaryId, inKhaos, desired })),
		});
	}
	const one = async (sql: string): Promise<number> =>
		Number((await tx.get<{ count: number }>(sql, environmentId))?.count ?? 0);
	return {
		allowed,
		takers: await firstSyncSettings(tx, environmentId),
		confirmed: await one(
			`SELECT count(*) AS count FROM records WHERE environment_id = ? AND kind = 'stockItem' AND confirmed IS NOT NULL`,
		),
		waiting: await one(
			`SELECT count(*) AS count FROM changes WHERE environment_id = ? AND state = 'held' AND awaiting = 'approval'`,
		),
		underWay: await one(
			`SELECT count(*) AS count FROM changes WHERE environment_id = ? AND kind = 'stockItem' AND purpose <> 'lookUp'
				AND state <> 'failed' AND (awaiting IS NULL OR awaiting <> 'approval')`,
		),
		fields,
	};
}

function described(field: string, owner: ColumnOwner, allowed: Approval): Omit<DifferingField, 'items' | 'samples'> {
	const isNewItem = field === STOCK_CODE;
	return {
		field,
		isNewItem,
		owner,
		team: isNewItem ? 'operations' : driftOf(field).owner,
		allowed: owner === 'pimberly' && (isNewItem ? allowed.newItems : isApproved(allowed, field)),
	};
}

/** A difference with whose it is, and whether it may be written as First Sync is set. */
export interface ListedDifference extends DifferenceSample {
	field: string;
	isNewItem: boolean;
	owner: ColumnOwner;
	team: Owner;
	allowed: boolean;
}

/** Which page of which differences. */
export interface DifferenceFilter {
	/** Empty or left out: all. */
	fields?: string[];
	owner?: ColumnOwner;
	/** The record after which to go on; 0 to begin. */
	after: number;
	/** How many records at most, each with all of its differences. */
	limit: number;
}

/** Every difference, item by item, in pages. `last`: where the next page begins; null when there is none. */
export async function listDifferences(
	tx: Transaction,
	environmentId: number,
	{ fields = [], owner, after, limit }: DifferenceFilter,
): Promise<{ rows: ListedDifference[]; last: number | null }> {
	const wanted: string[] = [];
	const wantedValues: SqlValue[] = [];
	if (fields.length > 0) {
		wanted.push(`AND ${tx.dialect.among('field')}`);
		wantedValues.push(jsonParameter(fields));
	}
	if (owner !== undefined) {
		wanted.push('AND owner = ?');
		wantedValues.push(owner);
	}
	// Without a field the pages are a walk down the primary key; by the index of the environment each would sort the rest.
	const environment = fields.length > 0 ? 'environment_id = ?' : 'environment_id + 0 = ?';
	const records = await tx.all<{ record_id: number }>(
		`SELECT DISTINCT record_id FROM first_sync_differences WHERE ${environment} AND record_id > ? ${wanted.join(' ')} ORDER BY record_id LIMIT ?`,
		environmentId,
		after,
		...wantedValues,
		limit,
	);
	const ids = jsonParameter(records.map((row) => row.record_id));
	const found = await tx.all<{
		record_id: number;
		field: string;
		owner: ColumnOwner;
		expected: string | null;
		actual: string | null;
	}>(
		`SELECT record_id, field, owner, expected, actual FROM first_sync_differences WHERE ${tx.dialect.among('record_id', 'integer')} ${wanted.join(' ')}
		 ORDER BY record_id, field`,
		ids,
		...wantedValues,
	);
	const names = await tx.all<{ record_id: number; key: string; primary_id: string | null; stock_code: string | null }>(
		`SELECT records.record_id, records.key, records.primary_id, changes.desired AS stock_code FROM records
		 LEFT JOIN changes ON changes.record_id = records.record_id AND changes.state <> 'leased' WHERE ${tx.dialect.among('records.record_id', 'integer')}`,
		ids,
	);
	const nameOf = new Map(names.map((row) => [row.record_id, row]));
	const allowed = await approvalIn(tx, environmentId);
	return {
		last: records.length < limit ? null : records.at(-1)!.record_id,
		rows: found.map((row) => {
			const name = nameOf.get(row.record_id)!;
			return {
				stockCode: spelled(name.stock_code) ?? name.key,
				primaryId: name.primary_id ?? '',
				...described(row.field, row.owner, allowed),
				inKhaos: row.actual,
				desired: row.expected,
			};
		}),
	};
}

/** The stock code as it is sent; the key is in upper case. */
const spelled = (desired: string | null): string | undefined =>
	desired === null ? undefined : (JSON.parse(desired) as { stockCode?: string }).stockCode;
