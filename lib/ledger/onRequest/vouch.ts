import type { Kind } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import {
	namedRecords,
	outcomesByName,
	recordsIn,
	type ChangeOutcome,
	type NamedChanges,
	type NamedOutcome,
	type NamedRecord,
} from './namedChanges';
import type { LedgerSettings } from '../settings';
import { apply, openColumns, type OpenRow } from '../delivery/settle';
import { subjectOf } from '../changes/subject';

/** What a person may vouch for: a stock item can always be read back, so its word counts and nobody else's. */
const VOUCHED: Kind[] = ['kit', 'price'];

/**
 * Sequencer: Confirm. A person has looked in Khaos and says that what was sent is there: a build relation, which no web
 * service shows, or a kit or price where the read-back isn't to be had. It is confirmed as by a read-back; the trail says
 * on whose word. Only what was sent can be vouched for.
 * @returns one outcome a name, in their order.
 */
export async function vouch(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	named: NamedChanges,
	reason: string,
): Promise<NamedOutcome[]> {
	const kinds = named.kinds.filter((kind) => VOUCHED.includes(kind));
	const records = await namedRecords(tx, environmentId, { ...named, kinds });
	const touched = recordsIn(records);
	const sent = touched.filter(isSent);
	const rows = await tx.all<OpenRow>(
		`SELECT ${openColumns} FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.state = 'sent' AND changes.environment_id = ? AND ${tx.dialect.among('change_id', 'integer')}`,
		environmentId,
		jsonParameter(sent.map((record) => record.waiting!.change_id)),
	);
	await apply(
		tx,
		environmentId,
		settings,
		rows.map((row) => ({
			row,
			result: { status: 'confirmed', reason: `On a person's word: ${reason}`, remedy: '', differences: [] },
			outcome: { state: 'confirmed' },
		})),
	);
	const outcomes = new Map(touched.map((record) => [record.recordId, outcomeOf(record, reason)]));
	return outcomesByName(records, outcomes);
}

const isSent = ({ waiting }: NamedRecord): boolean => waiting?.state === 'sent' && waiting.purpose !== 'lookUp';

function outcomeOf(record: NamedRecord, reason: string): ChangeOutcome {
	const { kind, key, primaryId, waiting, leased } = record;
	const base = { kind, key, primaryId };
	const subject = subjectOf(kind, key);
	if (isSent(record))
		return { ...base, outcome: 'confirmed', state: null, message: `${subject} was sent and is confirmed: ${reason}` };
	if (leased !== null) {
		return {
			...base,
			outcome: 'unchanged',
			state: 'leased',
			message: `${subject} is in the hands of an execution. Say it again when that has ended.`,
		};
	}
	if (waiting === null)
		return {
			...base,
			outcome: 'unchanged',
			state: null,
			message: `${subject}: nothing was sent that waits to be confirmed.`,
		};
	return {
		...base,
		outcome: 'unchanged',
		state: waiting.state,
		message: `${subject} is ${waiting.state}, not sent: there is nothing to confirm yet.`,
	};
}
