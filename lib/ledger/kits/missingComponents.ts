import type { Change } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { KIT_FIELD, openExceptions } from '../exceptions/exceptions';

/**
 * Khaos was asked for these stock items, which Pimberly has not sent, and does not hold them. A kit that names one as a
 * component is an exception at once: the relation waits for as long as nobody acts, and the bundle is sold meanwhile.
 */
export async function tellMissingComponents(
	tx: Transaction,
	environmentId: number,
	recordIds: number[],
): Promise<void> {
	if (recordIds.length === 0) return;
	const held = await tx.all<{ change_id: number; key: string; source: string; missing: string }>(
		`SELECT changes.change_id, changes.key, changes.source, records.key AS missing FROM change_needs
		 JOIN changes ON changes.change_id = change_needs.change_id AND changes.state = 'held' AND changes.kind = 'kit'
		 JOIN records ON records.record_id = change_needs.need_record_id
		 WHERE change_needs.met = 0 AND ${tx.dialect.among('change_needs.need_record_id', 'integer')} ORDER BY changes.change_id, records.key`,
		jsonParameter(recordIds),
	);
	const kits = new Map<number, { key: string; source: string; missing: string[] }>();
	for (const { change_id: id, key, source, missing } of held)
		kits.set(id, { key, source, missing: [...(kits.get(id)?.missing ?? []), missing] });
	if (kits.size === 0) return;
	await openExceptions(
		tx,
		environmentId,
		[...kits.values()].map(({ key, source, missing }) => {
			const [names, are, them] = [
				missing.join(', '),
				missing.length === 1 ? 'is' : 'are',
				missing.length === 1 ? 'it' : 'them',
			];
			return {
				type: 'heldTooLong' as const,
				primaryId: (JSON.parse(source) as Change['source']).primaryId,
				key,
				field: KIT_FIELD,
				value: names,
				reason: `The kit relation of ${key} names ${names}, which ${are} not in Khaos Control and has not come from Pimberly. Nothing of the relation is written.`,
				remedy: `Send ${names} from Pimberly (ready for Khaos?), or take ${them} out of the components of ${key}. Then the relation is sent by itself.`,
			};
		}),
	);
	await tx.run(
		`UPDATE changes SET hold_told = 1 WHERE ${tx.dialect.among('change_id', 'integer')}`,
		jsonParameter([...kits.keys()]),
	);
}
