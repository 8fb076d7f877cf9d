import { exceptionTypes, type ExceptionType } from '../../../lib/ledger/exceptions/exceptions';
import { defaultThresholds, judge, type Health, type HealthFigures } from '../../../lib/monitor/health';
import type { ReportData, ReportItem } from '../../../lib/monitor/reportData';

/** What the monitor found, made up for the pages that show it. */
export function found(type: ExceptionType, about: Partial<ReportItem> = {}): ReportItem {
	const { title, meaning, severity, owner, remedy } = exceptionTypes[type];
	return {
		exceptionId: '1',
		type,
		title,
		meaning,
		severity,
		owner,
		primaryId: 'LAMP-001',
		key: 'LAMP-001',
		field: '',
		value: null,
		reason: 'Something is wrong.',
		remedy,
		state: 'open',
		assignedTo: '',
		openedAt: '2026-11-24T06:00:00.000Z',
		lastSeenAt: '2026-11-24T07:00:00.000Z',
		resolvedAt: null,
		resolvedBy: null,
		snoozedUntil: null,
		foundAgainAt: null,
		internalId: '',
		productUrl: null,
		ageHours: 1,
		...about,
	};
}

export function healthOf(about: Partial<HealthFigures> = {}): Health {
	const none = { waiting: 0, held: 0, sent: 0, failed: 0 };
	const figures = judge(
		{
			at: '2026-11-24T07:00:00.000Z',
			byLane: { 1: { ...none }, 2: { ...none }, 3: { ...none }, 4: { ...none } },
			statuses: { waiting: 0, failed: 0 },
			oldestMs: null,
			oldestPriceMs: null,
			oldestHeldMs: null,
			lag: { count: 0, p50Ms: null, p95Ms: null, maxMs: null },
			priceLag: { count: 0, p50Ms: null, p95Ms: null, maxMs: null },
			confirmed: { lastHour: 0, lastDay: 0 },
			rejected: 0,
			notifications: 0,
			contacts: [],
			exceptions: { critical: 0, high: 0, medium: 0, low: 0 },
			...about,
		},
		defaultThresholds,
	);
	return { ...figures, opened: [], resolved: [] };
}

export function reportOf(items: ReportItem[], about: Partial<ReportData> = {}): ReportData {
	const bySeverity = (list: ReportItem[]) => ({
		critical: list.filter((one) => one.severity === 'critical').length,
		high: list.filter((one) => one.severity === 'high').length,
		medium: list.filter((one) => one.severity === 'medium').length,
		low: list.filter((one) => one.severity === 'low').length,
	});
	return {
		environment: 'Live',
		builtAt: '2026-11-24T07:00:00.000Z',
		since: '2026-11-23T07:00:00.000Z',
		toDo: (['ecommerce', 'operations', 'finance'] as const).map((owner) => {
			const theirs = items.filter((one) => one.owner === owner);
			return { owner, items: theirs, count: theirs.length, bySeverity: bySeverity(theirs) };
		}),
		open: items.length,
		bySeverity: bySeverity(items),
		changes: { opened: [], resolved: [] },
		health: healthOf(),
		series: [],
		heldFamilies: [],
		work: [],
		...about,
	};
}
