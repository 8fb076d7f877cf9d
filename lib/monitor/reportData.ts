import {
	exceptionTypes,
	owners,
	severities,
	type ListedException,
	type Owner,
	type Severity,
} from '../ledger/exceptions/exceptions';
import type { Health, HealthThresholds } from './health';
import type { HealthSample, HeldFamily, HourOfWork, MonitorPort } from './monitorPort';

/** One thing to look at, as the report shows it. */
export interface ReportItem extends ListedException {
	/** The type in words. */
	title: string;
	/** What the type means. */
	meaning: string;
	/** Pimberly's own id of the product; '' where it isn't known. */
	internalId: string;
	/** Opens the product in Pimberly; null without a URL pattern, or without a product. */
	productUrl: string | null;
	/** Whole hours since it was opened. */
	ageHours: number;
}

/** What one team has to do, worst first. */
export interface ReportSection {
	owner: Owner;
	items: ReportItem[];
	/** How many there are; more than `items` where the list was cut. */
	count: number;
	bySeverity: Record<Severity, number>;
}

/** A point of the charts; `at` is the start of the time that it stands for. */
export type ReportPoint = HealthSample;

/** All that the exception report and the dashboard show. Plain data; nothing in it is escaped. */
export interface ReportData {
	environment: string;
	/** ISO 8601 UTC, as all times here. */
	builtAt: string;
	/** What is new or over is so since then. */
	since: string;
	/** By owner, in the order ecommerce, operations, finance; an owner with nothing to do is there too. */
	toDo: ReportSection[];
	/** Open exceptions in all. */
	open: number;
	bySeverity: Record<Severity, number>;
	changes: {
		/** Opened since then, or come back after somebody had resolved it, and still open; worst first. */
		opened: ReportItem[];
		/** Resolved since then, by a person or by themselves, worst first. */
		resolved: ReportItem[];
	};
	health: Health;
	/** Oldest first, evenly spaced; an hour without a sample has none. */
	series: ReportPoint[];
	/** What is held, by what it waits for, the largest family first. */
	heldFamilies: HeldFamily[];
	/** By hour, oldest first; hours without any work are left out. */
	work: HourOfWork[];
}

export interface ReportOptions {
	/** What counts as new: this long ago. Default: a day. */
	sinceMs?: number;
	/** How far back the charts go. Default: a day. */
	chartMs?: number;
	/** Most points of a chart. Default 288: one for five minutes of a day. */
	points?: number;
	/** Most items of one owner's list, of what is new and of what is over. Default 500. */
	limit?: number;
	/** The address of a product in Pimberly, with {primaryId} or {internalId} in it. Default: no links. */
	productUrl?: string;
	/** Most families of held changes. Default 50. */
	families?: number;
	thresholds?: Partial<HealthThresholds>;
}

const dayMs = 24 * 60 * 60_000;

/**
 * What the exception report and the dashboard show, read from the ledger at one time. The look at the sync's health is a full
 * one: it opens and resolves exceptions and leaves a sample.
 */
export async function buildReportData(port: MonitorPort, options: ReportOptions = {}): Promise<ReportData> {
	const health = await port.viewHealth(options.thresholds);
	const now = Date.parse(health.at);
	const since = new Date(now - (options.sinceMs ?? dayMs)).toISOString();
	const open = await port.exceptions({});
	const touched = await port.exceptions({ states: ['resolved'], since });
	const resolved = touched.filter((one) => one.resolvedAt! >= since);
	const opened = open.filter(({ openedAt, foundAgainAt }) => (foundAgainAt ?? openedAt) >= since);
	const internalIds = await port.internalIdsOf(
		[...new Set([...open, ...resolved].map((one) => one.primaryId))].filter((id) => id !== ''),
	);
	const limit = options.limit ?? 500;
	const item = (one: ListedException): ReportItem => {
		const internalId = internalIds.get(one.primaryId) ?? '';
		const { title, meaning } = exceptionTypes[one.type];
		return {
			...one,
			title,
			meaning,
			internalId,
			productUrl: productUrlOf(options.productUrl ?? '', one.primaryId, internalId),
			ageHours: Math.floor((now - Date.parse(one.openedAt)) / (60 * 60_000)),
		};
	};
	const chartFrom = now - (options.chartMs ?? dayMs);
	return {
		environment: port.environment,
		builtAt: health.at,
		since,
		toDo: owners.map((owner) => {
			const theirs = open.filter((one) => one.owner === owner);
			return { owner, items: theirs.slice(0, limit).map(item), count: theirs.length, bySeverity: bySeverity(theirs) };
		}),
		open: open.length,
		bySeverity: bySeverity(open),
		changes: { opened: opened.slice(0, limit).map(item), resolved: resolved.slice(0, limit).map(item) },
		health,
		series: seriesOf(await port.healthSamples(chartFrom), chartFrom, now, options.points ?? 288),
		heldFamilies: await port.heldFamilies(options.families ?? 50),
		work: await port.workByHour(chartFrom),
	};
}

const bySeverity = (list: ListedException[]): Record<Severity, number> =>
	Object.fromEntries(
		severities.map((severity) => [severity, list.filter((one) => one.severity === severity).length]),
	) as Record<Severity, number>;

/** The address of a product in Pimberly; null where the pattern asks for what isn't known, or is no web address. */
function productUrlOf(pattern: string, primaryId: string, internalId: string): string | null {
	if (pattern.trim() === '' || primaryId === '') return null;
	if (pattern.includes('{internalId}') && internalId === '') return null;
	const url = pattern
		.trim()
		.replaceAll('{primaryId}', encodeURIComponent(primaryId))
		.replaceAll('{internalId}', encodeURIComponent(internalId));
	return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null;
}

/** At most `points` samples, evenly spaced: of each stretch of time the last one, with the worst of its lags. */
function seriesOf(samples: HealthSample[], from: number, to: number, points: number): ReportPoint[] {
	const width = Math.max(1, (to - from) / points);
	const stretches = new Map<number, HealthSample[]>();
	for (const sample of samples) {
		const at = Math.floor((Date.parse(sample.at) - from) / width);
		stretches.set(at, [...(stretches.get(at) ?? []), sample]);
	}
	const most = (values: Array<number | null>): number | null =>
		values.reduce((known, value) => (value !== null && (known === null || value > known) ? value : known), null);
	return [...stretches]
		.sort(([one], [other]) => one - other)
		.map(([, group]) => {
			const last = group.at(-1)!;
			return {
				at: last.at,
				waiting: last.waiting,
				held: last.held,
				failed: last.failed,
				exceptions: last.exceptions,
				oldestMinutes: most(group.map((sample) => sample.oldestMinutes)),
				lagP50Minutes: last.lagP50Minutes,
				lagP95Minutes: most(group.map((sample) => sample.lagP95Minutes)),
			};
		});
}
