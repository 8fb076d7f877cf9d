import { exceptionTypes } from '../ledger/exceptions/exceptions';
import type { Difference, Kind, Reason } from '../shapes';
import type { TrailedEvent, TrailOfSku } from './monitorPort';

/** One line of a SKU's history. */
export interface HistoryLine {
	/** ISO 8601 UTC. */
	at: string;
	/** What happened, in a sentence. */
	text: string;
	/** The kind of record it concerns; `exception` for what happened to an exception. */
	kind: Kind | 'exception';
	key: string;
}

/** Everything that happened to a SKU, in words. */
export interface SkuHistory {
	sku: string;
	/** Where it stands, in sentences; empty where nothing is known of it. */
	now: string[];
	/** Oldest first. */
	lines: HistoryLine[];
}

const lanes: Record<number, string> = { 1: 'price', 2: 'launch', 3: 'operational', 4: 'descriptive' };
const subjects: Record<Kind, string> = {
	stockItem: 'The stock item',
	kit: 'The kit relation',
	price: 'The price',
	status: 'The status',
};
const changes: Record<Kind, string> = {
	stockItem: 'a change of the stock item',
	kit: 'a change of the kit relation',
	price: 'a change of a price',
	status: 'a status for Pimberly',
};

/** A length of time as people say it: “2 h 5 min”, “48 s”. */
function duration(ms: number): string {
	const seconds = Math.round(ms / 1_000);
	if (seconds < 120) return `${seconds} s`;
	const minutes = Math.round(seconds / 60);
	if (minutes < 120) return `${minutes} min`;
	const hours = Math.floor(minutes / 60);
	return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** Everything that happened to one SKU, and where it stands, for somebody in operations. */
export function historyOf(sku: string, trail: TrailOfSku): SkuHistory {
	const lines: HistoryLine[] = trail.events.map((event, index) => ({
		at: event.at,
		text: sentence(event, trail.events.slice(0, index)),
		kind: event.kind,
		key: event.key,
	}));
	for (const exception of trail.exceptions) {
		const { title } = exceptionTypes[exception.type];
		const name = exception.field === '' ? title : `${title} (${exception.field})`;
		for (const { at, event, by, note } of exception.history) {
			lines.push({ at, text: ended(exceptionSentence(name, event, by, note)), kind: 'exception', key: exception.key });
		}
	}
	// At one and the same time: the record first, then what Pimberly is told of it, then what people have to look at.
	const rank = ({ kind }: HistoryLine): number => (kind === 'exception' ? 2 : kind === 'status' ? 1 : 0);
	lines.sort((one, other) => (one.at === other.at ? rank(one) - rank(other) : one.at < other.at ? -1 : 1));
	return { sku, now: standing(trail), lines };
}

const ended = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function because(reason: unknown): string {
	return text(reason) === '' ? '.' : `: ${ended(text(reason))}`;
}

function sentence(event: TrailedEvent, before: TrailedEvent[]): string {
	const { kind, key, details } = event;
	const subject = kind === 'price' ? `The price ${key}` : subjects[kind];
	switch (event.event) {
		case 'added':
		case 'replaced':
			return arrival(event);
		case 'held':
			return `${subject} is held${because(details['reason'])}`;
		case 'ready':
			return `${subject} may go${because(details['reason'])}`;
		case 'taken':
			return taken(event, subject);
		case 'sent':
			return `${subject} was written; it is confirmed once it is read back.`;
		case 'retry':
			return `${subject} is tried again later${because(details['reason'])}${differences(details['differences'])}`;
		case 'failed':
			return `${subject} failed and was given up${because(details['reason'])}${differences(details['differences'])}`;
		case 'confirmed':
			return confirmedSentence(event, subject, before);
		case 'adopted':
			return `${subject} was in Khaos Control already as Pimberly says; nothing was written.`;
		case 'dropped':
			return details['by'] === 'person'
				? `${subject} was dropped by a person${because(details['reason'])}`
				: `${subject} needs nothing more${because(details['reason'])}`;
		case 'replayed':
			return `${subject} is sent again on a person’s word${because(details['reason'])}`;
		case 'released':
			return `${subject} was given back to the queue${because(details['reason'])}`;
		case 'rejected':
			return `The product cannot be sent: ${reasons(details['reasons'])}`;
		case 'stale':
			return `An older version of the product came late and was ignored.`;
		default:
			return `${subject}: ${String(event.event)}${because((details as { reason?: unknown })['reason'])}`;
	}
}

function arrival({ event, kind, version, details }: TrailedEvent): string {
	if (kind === 'status') {
		return event === 'added'
			? 'Pimberly is to be told the product’s status.'
			: 'A newer status for Pimberly took the place of the one that waited.';
	}
	const fields = list(details['fields']);
	const what =
		fields.length === 0
			? ''
			: ` (${fields.slice(0, 8).join(', ')}${fields.length > 8 ? ` and ${fields.length - 8} more` : ''})`;
	const lane = lanes[Number(details['lane'])];
	const wait =
		details['state'] === 'held'
			? ' It is held: something it needs is not confirmed in Khaos Control yet.'
			: details['state'] === 'next'
				? ' It waits until the one in flight is done.'
				: '';
	const came =
		event === 'added'
			? `Pimberly brought ${changes[kind]}`
			: `Newer content from Pimberly took the place of what waited`;
	return `${came}${what}, updated there at ${version}${lane === undefined ? '' : `, urgency ${lane}`}.${wait}`;
}

function taken({ kind, details }: TrailedEvent, subject: string): string {
	const attempt = Number(details['attempt'] ?? 1);
	const again = attempt > 1 ? `, attempt ${attempt}` : '';
	if (details['purpose'] === 'check') return `${subject} is read back from Khaos Control${again}.`;
	if (details['purpose'] === 'lookUp') return `Khaos Control is asked whether it holds it${again}.`;
	return `${subject} was handed out to be written to ${kind === 'status' ? 'Pimberly' : 'Khaos Control'}${again}.`;
}

function confirmedSentence(
	{ kind, at, lagMs, details }: TrailedEvent,
	subject: string,
	before: TrailedEvent[],
): string {
	if (kind === 'status') return 'The status was written to Pimberly.';
	if (details['purpose'] === 'lookUp') return 'Khaos Control holds it.';
	const start = [...before].reverse().find((one) => one.kind === kind && one.event === 'added');
	const took = start === undefined ? '' : `, ${duration(Date.parse(at) - Date.parse(start.at))} after it came`;
	const lag = lagMs === null ? '' : ` and ${duration(lagMs)} after it was saved in Pimberly`;
	return `${subject} is confirmed: Khaos Control was read back and holds what Pimberly says${took}${lag}.`;
}

function differences(value: unknown): string {
	const found = Array.isArray(value) ? (value as Difference[]) : [];
	if (found.length === 0) return '';
	return ` ${found
		.slice(0, 5)
		.map(({ field, expected, actual }) => `${field} should be ${quoted(expected)} and is ${quoted(actual)}`)
		.join('; ')}.`;
}

const quoted = (value: string | null): string =>
	value === null || value === '' ? 'empty' : `“${value.length > 80 ? `${value.slice(0, 79)}…` : value}”`;

const reasons = (value: unknown): string =>
	(Array.isArray(value) ? (value as Reason[]) : [])
		.map(({ field, reason, remedy }) => `${field}: ${ended(reason)} ${remedy}`)
		.join(' ');

function exceptionSentence(name: string, event: string, by: string, note: string): string {
	const who = by === '' ? '' : ` by ${by}`;
	const what = note === '' ? '' : `: ${note}`;
	switch (event) {
		case 'opened':
			return `Exception ${name} was opened${what}`;
		case 'foundAgain':
			return `Exception ${name} came back: it had been resolved by hand, and its cause was found again`;
		case 'acknowledged':
			return `Exception ${name} was acknowledged${who}${what}`;
		case 'reopened':
			return `Exception ${name} was opened again${who}${what}`;
		case 'assigned':
			return `Exception ${name} was assigned${who}${what}`;
		case 'owner':
			return `Exception ${name} was given to another team${who}${what}`;
		case 'resolved':
			return `Exception ${name} was resolved${who}${what}`;
		case 'causeGone':
			return `Exception ${name} is over: its cause is gone`;
		default:
			return `Exception ${name}: ${event}${who}${what}`;
	}
}

const states: Record<string, string> = {
	queued: 'waits its turn',
	leased: 'is being written or read back',
	next: 'waits until the one in flight is done',
	sent: 'was written and waits for its read-back',
};

function standing({ open, readBack, exceptions }: TrailOfSku): string[] {
	const lines = open.map(({ kind, key, state, reason, waitsFor, waitingReason, dueAt }) => {
		const subject = kind === 'price' ? `The price ${key}` : subjects[kind];
		if (state === 'held') return `${subject} is held: it waits for ${waitsFor.join(', ')}. ${waitingReason}`.trim();
		if (state === 'failed') return `${subject} failed${because(reason)}`;
		if (state === 'retrying')
			return `${subject} is tried again${dueAt === null ? '' : ` at ${dueAt}`}${because(reason)}`;
		return `${subject} ${states[state] ?? state}.`;
	});
	if (readBack !== null) {
		lines.push(
			readBack.exists
				? `Khaos Control holds the stock item${readBack.stockId === '' ? '' : ` (stock id ${readBack.stockId})`}, last read at ${readBack.readAt}.`
				: `Khaos Control did not hold the stock item when it was last asked, at ${readBack.readAt}.`,
		);
	}
	for (const one of exceptions) {
		if (one.state !== 'resolved')
			lines.push(`Open exception: ${exceptionTypes[one.type].title}. ${one.reason} ${one.remedy}`.trim());
	}
	return lines;
}
