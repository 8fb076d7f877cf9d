import type { HeldFamily } from '../../monitor/monitorPort';
import type { Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import type { ChangeState } from '../changes/placement';
import { needIsRejected, whyNeedIsUnmet } from './stats';

/** How many keys of a family are named. */
const named = 10;

/** What is held, by the record that it waits for: the largest family first, at most so many. */
export async function heldFamilies(tx: Transaction, environmentId: number, limit: number): Promise<HeldFamily[]> {
	const families = await tx.all<{ need_record_id: number; count: number; since: number }>(
		`SELECT need_record_id, count(*) AS count, min(held_since) AS since FROM changes
		 JOIN change_needs ON change_needs.change_id = changes.change_id AND change_needs.met = 0
		 WHERE changes.environment_id = ? AND changes.state = 'held'
		 GROUP BY need_record_id ORDER BY count(*) DESC, min(held_since), need_record_id LIMIT ?`,
		environmentId,
		limit,
	);
	if (families.length === 0) return [];
	const ids = jsonParameter(families.map((family) => family.need_record_id));
	const needs = await tx.all<{
		record_id: number;
		kind: Kind;
		key: string;
		present: number | null;
		version: string | null;
		dropped: string | null;
		state: ChangeState | null;
		reason: string | null;
		awaiting: string | null;
		rejected: number;
	}>(
		`SELECT records.record_id, records.kind, records.key, records.present, records.version, records.dropped, blocking.state, blocking.reason, blocking.awaiting,
			${needIsRejected} AS rejected
		 FROM records
		 LEFT JOIN changes AS blocking ON blocking.record_id = records.record_id AND blocking.state <> 'next'
		 WHERE ${tx.dialect.among('records.record_id', 'integer')}`,
		ids,
	);
	const needOf = new Map(needs.map((need) => [need.record_id, need]));
	const result: HeldFamily[] = [];
	for (const family of families) {
		const need = needOf.get(family.need_record_id)!;
		const members = await tx.all<{ key: string }>(
			`SELECT key FROM change_needs JOIN changes ON changes.change_id = change_needs.change_id
			 WHERE need_record_id = ? AND met = 0 AND state = 'held' ORDER BY held_since, changes.change_id LIMIT ${named}`,
			family.need_record_id,
		);
		result.push({
			waitsFor: { kind: need.kind, key: need.key },
			reason: whyNeedIsUnmet({ ...need, change_id: 0 }),
			since: new Date(Number(family.since)).toISOString(),
			count: Number(family.count),
			keys: members.map(({ key }) => key),
		});
	}
	return result;
}
