import { jsonParameter, type Transaction } from '../store/database';

/**
 * Of these records, those whose open change waits, in the end, for itself: as they are, none could ever be sent.
 * @returns for each its cycle, as keys from the record back to itself.
 */
export async function findCycles(tx: Transaction, recordIds: number[]): Promise<Map<number, string[]>> {
	if (recordIds.length === 0) return new Map();
	// CROSS JOIN keeps the order in SQLite, which otherwise starts from every need that is unmet.
	const closed = await tx.all<{ record_id: number }>(
		`WITH RECURSIVE walk (start_id, at_id) AS (
			SELECT changes.record_id, change_needs.need_record_id FROM changes CROSS JOIN change_needs
			WHERE change_needs.change_id = changes.change_id AND change_needs.met = 0 AND ${tx.dialect.among('changes.record_id', 'integer')}
			UNION
			SELECT walk.start_id, change_needs.need_record_id FROM walk CROSS JOIN changes CROSS JOIN change_needs
			WHERE changes.record_id = walk.at_id AND change_needs.change_id = changes.change_id AND change_needs.met = 0
		)
		SELECT DISTINCT start_id AS record_id FROM walk WHERE start_id = at_id`,
		jsonParameter(recordIds),
	);
	const cycles = new Map<number, string[]>();
	for (const { record_id: start } of closed) cycles.set(start, await shortestWay(tx, start));
	return cycles;
}

interface Edge {
	from_id: number;
	to_id: number;
	to_key: string;
}

/** Breadth first from a record back to itself. */
async function shortestWay(tx: Transaction, start: number): Promise<string[]> {
	const first = await tx.get<{ key: string }>('SELECT key FROM records WHERE record_id = ?', start);
	const ways = new Map<number, string[]>([[start, [first!.key]]]);
	let edge: number[] = [start];
	while (edge.length > 0) {
		const steps = await tx.all<Edge>(
			`SELECT changes.record_id AS from_id, records.record_id AS to_id, records.key AS to_key
			 FROM changes JOIN change_needs ON change_needs.change_id = changes.change_id AND change_needs.met = 0
			 JOIN records ON records.record_id = change_needs.need_record_id
			 WHERE ${tx.dialect.among('changes.record_id', 'integer')}`,
			jsonParameter(edge),
		);
		edge = [];
		for (const step of steps) {
			const way = [...ways.get(step.from_id)!, step.to_key];
			if (step.to_id === start) return way;
			if (ways.has(step.to_id)) continue;
			ways.set(step.to_id, way);
			edge.push(step.to_id);
		}
	}
	return ways.get(start)!;
}
