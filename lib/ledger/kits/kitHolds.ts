import { jsonParameter, type Transaction } from '../store/database';
import { loadRecords, nameOf } from '../changes/records';

/**
 * Components of these kits that wait to be made in Khaos are to wait for the items of their kit parents as well: they came
 * first, and the kit has just told of them. What is in flight, or in Khaos, is left alone.
 */
export async function holdComponents(tx: Transaction, environmentId: number, kitKeys: string[]): Promise<void> {
	if (kitKeys.length === 0) return;
	const rows = await tx.all<{ parent_key: string; component_key: string }>(
		`SELECT parent_key, component_key FROM kit_components WHERE environment_id = ? AND ${tx.dialect.among('parent_key')}`,
		environmentId,
		jsonParameter(kitKeys),
	);
	const item = (key: string): { kind: 'stockItem'; key: string } => ({ kind: 'stockItem', key });
	const records = await loadRecords(
		tx,
		environmentId,
		rows.flatMap((row) => [item(row.parent_key), item(row.component_key)]),
	);
	const needs = rows.flatMap((row) => {
		const [parent, component] = [
			records.get(nameOf(item(row.parent_key)))!,
			records.get(nameOf(item(row.component_key)))!,
		];
		const { waiting } = component;
		const isNew = component.present !== true && component.leased === null;
		if (!isNew || waiting?.purpose !== 'write' || waiting.changeId === null || waiting.needs.includes(parent.recordId))
			return [];
		return [{ change_id: waiting.changeId, need_record_id: parent.recordId, met: parent.present === true ? 1 : 0 }];
	});
	if (needs.length === 0) return;
	const changeIds = jsonParameter([...new Set(needs.map(({ change_id }) => change_id))]);
	await tx.run(
		`INSERT INTO change_needs (change_id, need_record_id, met)
		 SELECT r.change_id, r.need_record_id, r.met FROM ${tx.dialect.rows('r', { change_id: 'integer', need_record_id: 'integer', met: 'integer' })} WHERE true
		 ON CONFLICT DO NOTHING`,
		jsonParameter(needs),
	);
	await tx.run(
		`UPDATE changes SET unmet = (SELECT count(*) FROM change_needs WHERE change_needs.change_id = changes.change_id AND met = 0)
		 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		changeIds,
	);
	await tx.run(
		`UPDATE changes SET state = 'held', ready_at = NULL, held_since = ?, hold_told = 0
		 WHERE state = 'queued' AND unmet > 0 AND ${tx.dialect.among('change_id', 'integer')}`,
		tx.now,
		changeIds,
	);
}
