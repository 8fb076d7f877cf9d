import { exceptionTypes, type ExceptionKind } from '../../ledger/exceptions/exceptionTypes';
import type { ReportData, ReportItem } from '../reportData';

/** Its field is the channel, which its value says too. */
const isOfChannel = ({ type }: ReportItem): boolean => (exceptionTypes[type] as ExceptionKind).fieldIs === 'channel';

/** The columns of the report as a table, in order. */
const columns: Array<[heading: string, value: (item: ReportItem) => string]> = [
	['Owner', (item) => item.owner],
	['Severity', (item) => item.severity],
	['Exception', (item) => item.title],
	['Product', (item) => item.primaryId],
	['Record', (item) => item.key],
	['Field', (item) => (isOfChannel(item) ? '' : item.field)],
	['Value', (item) => item.value ?? ''],
	['Reason', (item) => item.reason],
	['What to do', (item) => item.remedy],
	['State', (item) => item.state],
	['Assigned to', (item) => item.assignedTo],
	['Opened', (item) => item.openedAt],
	['Last seen', (item) => item.lastSeenAt],
	['Link', (item) => item.productUrl ?? ''],
	['ID', (item) => item.exceptionId],
];

/**
 * A cell as spreadsheets can't mistake it for a formula: what begins with =, +, -, @ (also in full width), a tab or a line
 * break gets an apostrophe in front. Quoted as RFC 4180 says.
 */
export function cellOf(value: string): string {
	const harmless = /^[\s\p{Cc}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(value) ? `'${value}` : value;
	return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** What needs doing as CSV (UTF-8 with a byte order mark, so that Excel reads it right), by owner, worst first. */
export function reportCsv({ toDo }: ReportData): string {
	const rows = toDo.flatMap(({ items }) =>
		items.map((item) => columns.map(([, value]) => cellOf(value(item))).join(',')),
	);
	return `\uFEFF${[columns.map(([heading]) => heading).join(','), ...rows].join('\r\n')}\r\n`;
}
