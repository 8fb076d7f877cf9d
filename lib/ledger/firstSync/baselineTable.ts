import type { DifferingField, FirstSyncReport } from './baseline';

/** The differences of a first sync for people to read: a sentence, and a table as Markdown and as HTML for mails and pages. */
export interface FirstSyncTable {
	summary: string;
	markdown: string;
	html: string;
}

const headings = ['Field', 'Items', 'Whose field', 'Decided by', 'Allowed', 'For example'];
const teams = { ecommerce: 'Ecommerce', operations: 'Operations', finance: 'Finance' } as const;
const mostShown = 60;

const shortened = (text: string): string => (text.length > mostShown ? `${text.slice(0, mostShown - 1)}…` : text);
const quoted = (value: string | null): string => (value === null || value === '' ? 'empty' : `"${shortened(value)}"`);

function cellsOf({ field, isNewItem, owner, team, allowed, items, samples }: DifferingField): string[] {
	const examples = samples.map(({ stockCode, inKhaos, desired }) =>
		isNewItem ? stockCode : `${stockCode}: ${quoted(inKhaos)} in Khaos, ${quoted(desired)} in Pimberly`,
	);
	const writes = owner === 'khaos' ? 'never written' : allowed ? 'yes' : 'no';
	return [
		isNewItem ? 'Not in Khaos yet' : field,
		String(items),
		owner === 'khaos' ? 'Khaos' : 'Pimberly',
		teams[team],
		writes,
		examples.join('; '),
	];
}

const inMarkdown = (text: string): string =>
	text.replace(/[\r\n\t]+/g, ' ').replace(/[\\|<>&*_`[\]]/g, (sign) => `\\${sign}`);
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const inHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign]!);

const counted = (count: number, what: string): string => `${count} ${what}`;

function summaryOf({ confirmed, waiting, underWay, fields }: FirstSyncReport): string {
	const toCome =
		underWay === 0
			? 'All are compared.'
			: `${counted(underWay, 'are still to be compared or written')}, so the list grows.`;
	const differing = fields.filter((field) => field.owner === 'pimberly').length;
	return `${counted(confirmed, 'stock items are as Pimberly says')}, ${counted(waiting, 'wait for approval')} (${differing} fields). ${toCome}`;
}

/** Everything in it is data of two systems: it is escaped for where it goes. */
export function firstSyncTable(report: FirstSyncReport): FirstSyncTable {
	const rows = report.fields.map(cellsOf);
	const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
	const summary = summaryOf(report);
	const markdown = [
		summary,
		'',
		line(headings),
		line(headings.map(() => '---')),
		...rows.map((cells) => line(cells.map(inMarkdown))),
	].join('\n');
	const row = (cells: string[], tag: 'th' | 'td'): string =>
		`<tr>${cells.map((cell) => `<${tag}>${inHtml(cell)}</${tag}>`).join('')}</tr>`;
	const html = `<p>${inHtml(summary)}</p><table border="1" cellpadding="4"><thead>${row(headings, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
	return { summary, markdown, html };
}
