import type { ListedException, NewException } from '../ledger/exceptions/exceptions';
import type { Lane } from '../shapes';

/** What the ledger says of the sync at one moment. Times in milliseconds unless said otherwise. */
export interface HealthFigures {
	/** ISO 8601 UTC. */
	at: string;
	/** Open changes for Khaos by lane and state. */
	byLane: Record<Lane, LaneDepth>;
	/** Open status changes for Pimberly. */
	statuses: { waiting: number; failed: number };
	/** How long what could be sent now has waited at most, of all lanes and of prices; null: nothing waits. */
	oldestMs: number | null;
	oldestPriceMs: number | null;
	oldestHeldMs: number | null;
	/** From Pimberly's dateUpdated to confirmed in Khaos, of what was confirmed in the window. */
	lag: Percentiles;
	priceLag: Percentiles;
	/** What came to its end, in the last hour and the last day. */
	confirmed: { lastHour: number; lastDay: number };
	/** Products whose newest version is rejected. */
	rejected: number;
	/** Notifications of Pimberly whose product is not recorded yet. */
	notifications: number;
	contacts: Contact[];
	exceptions: { critical: number; high: number; medium: number; low: number };
}

/** How many changes of a lane are where. */
export interface LaneDepth {
	/** Queued, in flight, or waiting for the next attempt. */
	waiting: number;
	held: number;
	/** Written, still to be read back. */
	sent: number;
	failed: number;
}

/** How long changes took; null where there were none. */
export interface Percentiles {
	count: number;
	p50Ms: number | null;
	p95Ms: number | null;
	maxMs: number | null;
}

/** What is known of the answers of one system. */
export interface Contact {
	system: 'Pimberly' | 'Khaos Control';
	/** The scan, where there are several; '' of Khaos Control. */
	name: string;
	/** ISO 8601 UTC; null: never. */
	answeredAt: string | null;
	/** How long it has not been read with success (Pimberly), or was asked in vain (Khaos Control); null: it answers. */
	silentMs: number | null;
	lastError: string | null;
}

export type Level = 'ok' | 'warn' | 'breach';

/** From which value on a measure is a warning, and a breach. */
export interface Threshold {
	warn: number;
	breach: number;
}

/** When a measure is worth a warning, and when it is a breach: at this value or above. */
export interface HealthThresholds {
	/** Changes for Khaos that wait. */
	waiting: Threshold;
	held: Threshold;
	failed: Threshold;
	/** Minutes that the oldest sendable change has waited. */
	oldestMinutes: Threshold;
	oldestPriceMinutes: Threshold;
	/** Minutes of lag, 95 of 100 changes. */
	lagMinutes: Threshold;
	priceLagMinutes: Threshold;
	/** Minutes without a successful poll, or without an answer of Khaos Control that was asked for. */
	silentMinutes: Threshold;
}

export const defaultThresholds: HealthThresholds = {
	waiting: { warn: 2_000, breach: 10_000 },
	held: { warn: 100, breach: 1_000 },
	failed: { warn: 1, breach: 50 },
	oldestMinutes: { warn: 15, breach: 60 },
	oldestPriceMinutes: { warn: 5, breach: 15 },
	lagMinutes: { warn: 15, breach: 60 },
	priceLagMinutes: { warn: 5, breach: 15 },
	silentMinutes: { warn: 15, breach: 30 },
};

/** A figure beside its threshold. */
export interface Measure {
	name: keyof HealthThresholds;
	/** As a reader sees it. */
	title: string;
	/** Null: there is nothing to measure. */
	value: number | null;
	unit: 'changes' | 'minutes';
	warn: number;
	breach: number;
	level: Level;
}

/** The figures with what they mean. `level`: the worst of the measures. */
export interface JudgedFigures extends HealthFigures {
	level: Level;
	measures: Measure[];
}

export interface Health extends JudgedFigures {
	/** Exceptions of breaches that this look opened, and those that it found over: what to alert of, and the all-clear. */
	opened: ListedException[];
	resolved: ListedException[];
}

const titles: Record<keyof HealthThresholds, string> = {
	waiting: 'Changes waiting for Khaos Control',
	held: 'Changes held',
	failed: 'Changes failed',
	oldestMinutes: 'Oldest change waiting',
	oldestPriceMinutes: 'Oldest price waiting',
	lagMinutes: 'Lag, 95 of 100 changes',
	priceLagMinutes: 'Lag of prices, 95 of 100 changes',
	silentMinutes: 'Without an answer of Pimberly or Khaos Control',
};

/** Minutes, to one place. */
export const minutesOf = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 6_000) / 10);
const total = (byLane: HealthFigures['byLane'], of: keyof LaneDepth): number =>
	Object.values(byLane).reduce((sum, lane) => sum + lane[of], 0);
const longest = (contacts: Contact[]): number | null =>
	contacts.reduce<number | null>(
		(most, { silentMs }) => (silentMs !== null && silentMs > (most ?? -1) ? silentMs : most),
		null,
	);

const levelOf = (value: number | null, { warn, breach }: Threshold): Level =>
	value === null ? 'ok' : value >= breach ? 'breach' : value >= warn ? 'warn' : 'ok';
const worst = (levels: Level[]): Level =>
	levels.includes('breach') ? 'breach' : levels.includes('warn') ? 'warn' : 'ok';

/** How the figures stand against the thresholds. */
export function judge(figures: HealthFigures, thresholds: HealthThresholds): JudgedFigures {
	const values: Record<keyof HealthThresholds, number | null> = {
		waiting: total(figures.byLane, 'waiting'),
		held: total(figures.byLane, 'held'),
		failed: total(figures.byLane, 'failed') + figures.statuses.failed,
		oldestMinutes: minutesOf(figures.oldestMs),
		oldestPriceMinutes: minutesOf(figures.oldestPriceMs),
		lagMinutes: minutesOf(figures.lag.p95Ms),
		priceLagMinutes: minutesOf(figures.priceLag.p95Ms),
		silentMinutes: minutesOf(longest(figures.contacts)),
	};
	const measures = (Object.keys(values) as Array<keyof HealthThresholds>).map(
		(name): Measure => ({
			name,
			title: titles[name],
			value: values[name],
			unit: name.endsWith('Minutes') ? 'minutes' : 'changes',
			...thresholds[name],
			level: levelOf(values[name], thresholds[name]),
		}),
	);
	return { ...figures, level: worst(measures.map(({ level }) => level)), measures };
}

/** The record name of exceptions that concern the whole sync. */
const wholeSync = 'Khaos Control';

/**
 * The exceptions that follow from breaches. While Khaos Control does not answer, a deep queue and a long lag are what
 * follows from that, and say nothing of their own.
 */
export function breachesOf(health: JudgedFigures): NewException[] {
	const of = (name: keyof HealthThresholds): Measure => health.measures.find((measure) => measure.name === name)!;
	const breached = (...names: Array<keyof HealthThresholds>): Measure[] =>
		names.map(of).filter(({ level }) => level === 'breach');
	const silent = of('silentMinutes');
	const silences = health.contacts
		.filter(({ silentMs }) => levelOf(minutesOf(silentMs), silent) === 'breach')
		.reduce(
			(bySystem, contact) => bySystem.set(contact.system, [...(bySystem.get(contact.system) ?? []), contact]),
			new Map<string, Contact[]>(),
		);
	const found = [...silences].map(([system, contacts]) => silenceOf(system, contacts));
	if (silences.has('Khaos Control')) return found;
	const lag = breached('lagMinutes', 'priceLagMinutes');
	if (lag.length > 0) {
		found.push({
			type: 'lagBreach',
			primaryId: '',
			key: wholeSync,
			field: '',
			value: inWords(lag),
			reason: `${inWords(lag)}.`,
			remedy:
				'Look at what is queued and in flight: a mass change in Pimberly (wait), or a slow Khaos Control (ask its people).',
			...(lag.some(({ name }) => name === 'priceLagMinutes') ? { severity: 'high' as const } : {}),
		});
	}
	const depth = breached('waiting', 'oldestMinutes', 'oldestPriceMinutes');
	if (depth.length > 0) {
		found.push({
			type: 'queueDepthBreach',
			primaryId: '',
			key: wholeSync,
			field: '',
			value: inWords(depth),
			reason: `${inWords(depth)}.`,
			remedy:
				'After a mass change, wait and see whether the number falls. If it grows, look whether the delivery workflow is active.',
		});
	}
	return found;
}

const inWords = (measures: Measure[]): string =>
	measures.map(({ title, value, unit, breach }) => `${title}: ${value} ${unit}, allowed are ${breach}`).join('; ');

function silenceOf(system: string, contacts: Contact[]): NewException {
	const longestMs = longest(contacts)!;
	const [{ lastError, answeredAt }] = [...contacts].sort(
		(one, other) => (other.silentMs ?? 0) - (one.silentMs ?? 0),
	) as [Contact];
	const minutes = Math.floor(longestMs / 60_000);
	const long = `for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
	const error = lastError === null ? '' : ` ${/[.!?]$/.test(lastError) ? lastError : `${lastError}.`}`;
	return {
		type: 'sourceSilent',
		primaryId: '',
		key: system,
		field: '',
		value: lastError,
		reason:
			system === 'Pimberly'
				? `Pimberly has ${answeredAt === null ? 'never been read with success' : `not been read with success ${long}`}.${error}`
				: `Khaos Control has not answered ${long}.${error}`,
		remedy:
			lastError === null
				? 'Is the workflow that reads Pimberly active? Look at its executions in n8n.'
				: 'Mend what the error names: a token that expired, a server that is stopped, an address that changed. Nothing is lost; the sync goes on by itself.',
	};
}

/** Of these types every open exception that was not found again is over. */
export const breachTypes = ['sourceSilent', 'lagBreach', 'queueDepthBreach'] as const;
