import { jsonParameter, type Transaction } from '../store/database';
import { exceptionTypes } from './exceptionTypes';
import {
	listExceptions,
	noteExceptionEvents,
	type ExceptionEvent,
	type ExceptionType,
	type ListedException,
	type Owner,
} from './exceptions';

/** What a person does with one exception. What is left out stays as it is. */
export interface ExceptionUpdate {
	exceptionId: string;
	/** `acknowledged`: somebody looks at it; `open`: back to where nobody does, also from resolved. */
	state?: 'open' | 'acknowledged' | 'resolved';
	owner?: Owner;
	/** A person's name or address; '' takes the assignment back. */
	assignedTo?: string;
	/** Who does it. */
	by: string;
	note?: string;
	/** With `resolved`: it does not come back before this, also if its cause is found again (ISO 8601). */
	snoozeUntil?: string;
}

/** What became of one update. */
export interface ExceptionUpdated {
	exceptionId: string;
	/** `unchanged`: it was like that already; `notFound`: there is no such exception; `alreadyOpen`: it came back under another id. */
	outcome: 'updated' | 'unchanged' | 'notFound' | 'alreadyOpen';
	/** As it is now; null where there is none. */
	exception: ListedException | null;
}

/** One thing that happened to an exception. */
export interface ExceptionHistory {
	/** ISO 8601 UTC. */
	at: string;
	event: ExceptionEvent;
	/** '' where the sync itself did it. */
	by: string;
	note: string;
}

/** Acknowledge, assign, give to another owner, resolve, open again, or just note something; one outcome each, in order. */
export async function updateExceptions(
	tx: Transaction,
	environmentId: number,
	updates: ExceptionUpdate[],
): Promise<ExceptionUpdated[]> {
	const outcomes: ExceptionUpdated['outcome'][] = [];
	for (const update of updates) outcomes.push(await updateOne(tx, environmentId, update));
	const now = await byId(
		tx,
		environmentId,
		updates.map((update) => update.exceptionId),
	);
	return updates.map(({ exceptionId }, index) => ({
		exceptionId,
		outcome: outcomes[index]!,
		exception: now.get(exceptionId) ?? null,
	}));
}

async function byId(
	tx: Transaction,
	environmentId: number,
	exceptionIds: string[],
): Promise<Map<string, ListedException>> {
	const found = await listExceptions(tx, environmentId, { exceptionIds });
	return new Map(found.map((one) => [one.exceptionId, one]));
}

async function updateOne(
	tx: Transaction,
	environmentId: number,
	given: ExceptionUpdate,
): Promise<ExceptionUpdated['outcome']> {
	// Nobody is the sync itself.
	const update = { ...given, by: given.by.trim() || 'somebody' };
	const before = (await byId(tx, environmentId, [update.exceptionId])).get(update.exceptionId);
	if (before === undefined) return 'notFound';
	const id = Number(update.exceptionId);
	const events: Array<{ event: ExceptionEvent; note: string }> = [];
	const note = update.note?.trim() ?? '';

	if (update.state !== undefined) {
		const snoozedUntil = snoozeOf(update);
		const otherRest =
			update.state === 'resolved' &&
			!Number.isNaN(snoozedUntil) &&
			snoozedUntil !== Date.parse(before.snoozedUntil ?? '');
		const changed = update.state !== before.state || otherRest;
		const resolvedItself = before.state === 'resolved' && before.resolvedBy === null;
		// What resolved itself stays so: a worklist that says the same later has nothing to add.
		if (changed && !(update.state === 'resolved' && resolvedItself)) {
			if (
				update.state !== 'resolved' &&
				before.state === 'resolved' &&
				(await isOpenElsewhere(tx, environmentId, before))
			)
				return 'alreadyOpen';
			await setState(tx, id, update, snoozedUntil);
			events.push({ event: eventOf(update.state), note });
		}
	}
	if (update.owner !== undefined && update.owner !== before.owner) {
		await tx.run('UPDATE exceptions SET owner = ? WHERE exception_id = ?', update.owner, id);
		events.push({ event: 'owner', note: `From ${before.owner} to ${update.owner}.${note === '' ? '' : ` ${note}`}` });
	}
	if (update.assignedTo !== undefined && update.assignedTo.trim() !== before.assignedTo) {
		const person = update.assignedTo.trim();
		await tx.run('UPDATE exceptions SET assigned_to = ? WHERE exception_id = ?', person, id);
		events.push({
			event: 'assigned',
			note: `${person === '' ? 'To nobody.' : `To ${person}.`}${note === '' ? '' : ` ${note}`}`,
		});
	}
	if (events.length === 0 && note !== '') events.push({ event: 'noted', note });
	await noteExceptionEvents(
		tx,
		environmentId,
		events.map((one) => ({ exceptionId: id, by: update.by, ...one })),
	);
	return events.length > 0 ? 'updated' : 'unchanged';
}

const eventOf = (state: NonNullable<ExceptionUpdate['state']>): ExceptionEvent =>
	state === 'open' ? 'reopened' : state === 'acknowledged' ? 'acknowledged' : 'resolved';

function snoozeOf({ snoozeUntil }: ExceptionUpdate): number {
	if (snoozeUntil === undefined || snoozeUntil === '') return NaN;
	const until = Date.parse(snoozeUntil);
	if (Number.isNaN(until))
		throw new RangeError(`"${snoozeUntil}" is no date to snooze until. Give one like 2026-11-02T08:00:00Z.`);
	return until;
}

async function setState(tx: Transaction, id: number, update: ExceptionUpdate, snoozedUntil: number): Promise<void> {
	switch (update.state) {
		case 'open':
		case 'acknowledged':
			await tx.run(
				'UPDATE exceptions SET acknowledged_at = ?, resolved_at = NULL, resolved_by = NULL, snoozed_until = NULL WHERE exception_id = ?',
				update.state === 'open' ? null : tx.now,
				id,
			);
			return;
		case 'resolved':
			await tx.run(
				'UPDATE exceptions SET resolved_at = ?, resolved_by = ?, snoozed_until = ? WHERE exception_id = ?',
				tx.now,
				update.by,
				Number.isNaN(snoozedUntil) ? null : snoozedUntil,
				id,
			);
			return;
		default:
	}
}

async function isOpenElsewhere(tx: Transaction, environmentId: number, one: ListedException): Promise<boolean> {
	const row = await tx.get(
		`SELECT exception_id FROM exceptions WHERE environment_id = ? AND type = ? AND primary_id = ? AND key = ? AND field = ? AND resolved_at IS NULL`,
		environmentId,
		one.type,
		one.primaryId,
		one.key,
		one.field,
	);
	return row !== undefined;
}

/** What happened to these exceptions, oldest first, by id. */
export async function exceptionHistory(
	tx: Transaction,
	environmentId: number,
	exceptionIds: string[],
): Promise<Map<string, ExceptionHistory[]>> {
	const rows = await tx.all<{ exception_id: number; at: number; event: ExceptionEvent; by_whom: string; note: string }>(
		`SELECT exception_id, at, event, by_whom, note FROM exception_events
		 WHERE environment_id = ? AND ${tx.dialect.among('exception_id', 'integer')} ORDER BY event_id`,
		environmentId,
		jsonParameter(exceptionIds.map(Number).filter(Number.isSafeInteger)),
	);
	const histories = new Map<string, ExceptionHistory[]>();
	for (const row of rows) {
		const id = String(row.exception_id);
		if (!histories.has(id)) histories.set(id, []);
		histories.get(id)!.push({ at: new Date(row.at).toISOString(), event: row.event, by: row.by_whom, note: row.note });
	}
	return histories;
}

/** From now on exceptions of this type are this owner's; those that are open go over to it. Null: as the package has it. */
export async function setDefaultOwner(
	tx: Transaction,
	environmentId: number,
	type: ExceptionType,
	owner: Owner | null,
	by: string,
): Promise<void> {
	await tx.run('DELETE FROM exception_owners WHERE environment_id = ? AND type = ?', environmentId, type);
	if (owner !== null) {
		await tx.run(
			'INSERT INTO exception_owners (environment_id, type, owner) VALUES (?, ?, ?)',
			environmentId,
			type,
			owner,
		);
	}
	const open = await listExceptions(tx, environmentId, { types: [type] });
	const now = owner ?? exceptionTypes[type].owner;
	await updateExceptions(
		tx,
		environmentId,
		open.map(({ exceptionId }) => ({ exceptionId, owner: now, by })),
	);
}
