import { writeFile } from 'node:fs/promises';

/** Something that a person has to look at. */
export interface ReportedException {
	type: string;
	severity: string;
	/** Who looks after it: ecommerce, operations or finance. */
	owner: string;
	product: string;
	stockCode: string;
	field: string;
	value: string | null;
	reason: string;
	remedy: string;
}

/** What `--report FILE` holds. */
export interface Report {
	/** Products of the account. */
	products: number;
	/**
	 * By what became of them: confirmed stock items; and changes of every kind that were sent (a person or the channel is to
	 * bring them to Khaos), are held or failed; and rejected products.
	 */
	changes: { confirmed: number; sent: number; held: number; failed: number; rejected: number };
	/** Kit relations and rows of price lists. */
	kits: { confirmed: number; sent: number };
	prices: { confirmed: number; sent: number };
	/** Stock items that Khaos holds, and calls that the sync made to it; null where that could not be found out. */
	khaos: { stockItems: number | null; calls: number | null };
	/** By channel: how many ready products have a value that it has no place for, by attribute. */
	notCarried?: Record<string, number>;
	/** Stock items that were imported before their parent was; null where only the server could tell. */
	orderViolations: number | null;
	exceptions: ReportedException[];
	/** From the activation of the workflow to the end of the sync. */
	seconds: number;
	/** Seconds from Pimberly's dateUpdated to the confirmation, of what was confirmed in this run. */
	lag: { p50: number; p95: number; max: number };
	/** Confirmed in this run, a second. */
	itemsPerSecond: number;
}

export const emptyReport = (): Report => ({
	products: 0,
	changes: { confirmed: 0, sent: 0, held: 0, failed: 0, rejected: 0 },
	kits: { confirmed: 0, sent: 0 },
	prices: { confirmed: 0, sent: 0 },
	khaos: { stockItems: null, calls: null },
	orderViolations: null,
	exceptions: [],
	seconds: 0,
	lag: { p50: 0, p95: 0, max: 0 },
	itemsPerSecond: 0,
});

/** The report of a run that could not even start. */
export function failedReport(reason: string): Report {
	return {
		...emptyReport(),
		exceptions: [
			{
				type: 'couldNotRun',
				severity: 'high',
				owner: 'operations',
				product: '',
				stockCode: '',
				field: '',
				value: null,
				reason,
				remedy: '',
			},
		],
	};
}

export async function writeReport(file: string, report: Report): Promise<void> {
	await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

const EXCEPTIONS_SHOWN = 20;

/** The outcome as a person wants to read it. */
export function summary(report: Report, verdict: string): string {
	const { changes, khaos, lag } = report;
	const lines = [
		'',
		verdict,
		'',
		`  Products in Pimberly        ${report.products}`,
		`  Confirmed in Khaos          ${changes.confirmed}`,
		`  Kits confirmed              ${report.kits.confirmed}`,
		`  List prices confirmed       ${report.prices.confirmed}`,
		...(changes.sent > 0 ? [`  Sent, not seen in Khaos     ${changes.sent} (an import file waits for a person)`] : []),
		`  Held                        ${changes.held}`,
		`  Failed                      ${changes.failed}`,
		`  Rejected as invalid         ${changes.rejected}`,
		...(khaos.stockItems === null ? [] : [`  Stock items in Khaos        ${khaos.stockItems}`]),
		...(khaos.calls === null ? [] : [`  Calls to Khaos              ${khaos.calls}`]),
		...(report.orderViolations === null ? [] : [`  Sent before their parent    ${report.orderViolations}`]),
		...Object.entries(report.notCarried ?? {}).map(
			([attribute, count]) => `  ${`Not carried: ${attribute}`.padEnd(27)} ${count}`,
		),
		`  Time                        ${report.seconds} s, ${report.itemsPerSecond} items a second`,
		`  From Pimberly to confirmed  half within ${lag.p50} s, 95 % within ${lag.p95} s, all within ${lag.max} s`,
	];
	if (report.exceptions.length > 0) {
		lines.push('', `  ${report.exceptions.length} to look at:`);
		for (const one of report.exceptions.slice(0, EXCEPTIONS_SHOWN)) {
			const what = [one.product, one.field].filter((text) => text !== '').join(', ');
			lines.push(`  - ${[what, sentences(one.reason, one.remedy)].filter((text) => text !== '').join(': ')}`);
		}
		const more = report.exceptions.length - EXCEPTIONS_SHOWN;
		if (more > 0) lines.push(`  ... and ${more} more; --report FILE writes them all.`);
	}
	return lines.join('\n');
}

/** What Khaos or Pimberly said ends where it ends. */
function sentences(...texts: string[]): string {
	return texts
		.filter((text) => text !== '')
		.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`))
		.join(' ');
}
