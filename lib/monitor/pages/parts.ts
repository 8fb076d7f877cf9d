import { DateTime } from 'luxon';

import { exceptionTypes, type ExceptionKind } from '../../ledger/exceptions/exceptionTypes';
import type { Owner, Severity } from '../../ledger/exceptions/exceptions';
import { LANES, type Lane } from '../../shapes';
import type { Health, Measure } from '../health';
import type { HeldFamily } from '../monitorPort';
import type { ReportData, ReportItem, ReportPoint, ReportSection } from '../reportData';
import { chart, shown } from './charts';
import { html, type Markup } from './markup';
import { style } from './style';

/** How the pages show times. */
export interface PageOptions {
	/** An IANA time zone such as Europe/London. */
	timeZone: string;
}

export const ownerNames: Record<Owner, string> = {
	ecommerce: 'Ecommerce',
	operations: 'Operations',
	finance: 'Finance',
};
const laneNames: Record<Lane, string> = {
	[LANES.price]: 'Prices',
	[LANES.launch]: 'Launches',
	[LANES.operational]: 'Operational',
	[LANES.descriptive]: 'Descriptions',
};
const severityNames: Record<Severity, string> = { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low' };
const levelNames: Record<Health['level'], string> = { ok: 'Fine', warn: 'Warning', breach: 'Over the limit' };

/** “Mon 2 Nov, 09:00” in the time zone of the page. */
export const timeOf = (iso: string, { timeZone }: PageOptions): string =>
	DateTime.fromISO(iso, { zone: timeZone }).setLocale('en-GB').toFormat('ccc d LLL, HH:mm');

/** “1 change”, “2 changes”. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A whole HTML document that needs nothing from anywhere else; the body is safe by `html`. */
export function page(title: string, body: Markup, script: Markup | null = null): string {
	const document = html`<!doctype html>
		<html lang="en-GB">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="robots" content="noindex" />
				<title>${title}</title>
				<style>
					${style}
				</style>
			</head>
			<body>
				${body} ${script}
			</body>
		</html> `;
	return document.text;
}

/** “3 critical, 1 low”; '' where there is none. */
const severitiesInWords = (bySeverity: Record<Severity, number>): string =>
	(Object.entries(bySeverity) as Array<[Severity, number]>)
		.filter(([, count]) => count > 0)
		.map(([severity, count]) => `${count} ${severity}`)
		.join(', ');

/** How many exceptions of a list, the worst, are seen without a click: a page of hundreds is no list of things to do. */
const AT_ONCE = 25;

/** A list, worst first, of which the first are seen and the others are folded away. */
export function foldedList(items: ReportItem[], rest: string, list: (some: ReportItem[]) => Markup): Markup {
	if (items.length <= AT_ONCE) return list(items);
	return html`${list(items.slice(0, AT_ONCE))}
		<details>
			<summary>Show ${items.length - AT_ONCE} ${rest}</summary>
			${list(items.slice(AT_ONCE))}
		</details>`;
}

/** What one team has to do. */
export function sectionOf(section: ReportSection, options: PageOptions): Markup {
	const { owner, items, count, bySeverity } = section;
	const name = ownerNames[owner];
	if (count === 0)
		return html`<h3 id="${owner}">${name}</h3>
			<p>Nothing to do.</p>`;
	return html`<h3 id="${owner}">
			${name}: ${counted(count, 'exception')} <span class="quiet">(${severitiesInWords(bySeverity)})</span>
		</h3>
		${foldedList(items, `more of ${name}`, (some) => itemList(some, options))}
		${count > items.length ? html`<p class="quiet">${count - items.length} more are not shown here.</p>` : null}`;
}

export const itemList = (items: ReportItem[], options: PageOptions): Markup =>
	html`<ul class="items">
		${items.map((item) => itemOf(item, options))}
	</ul>`;

/** What is told in full elsewhere on the page, a line each. */
export const briefList = (items: ReportItem[]): Markup =>
	html`<ul class="brief">
		${items.map(
			(item) =>
				html`<li>
					<span class="level ${item.severity}">${severityNames[item.severity]}</span> · ${ownerNames[item.owner]} ·
					<strong>${item.title}</strong>: ${subjectOf(item)}
				</li>`,
		)}
	</ul>`;

/** Field, or what else the field of this type names, in the words that stand before it. */
function beforeField(type: ReportItem['type']): string {
	const { fieldIs }: ExceptionKind = exceptionTypes[type];
	return fieldIs === 'channel' ? ', on sale on ' : ', field ';
}

/** What it concerns: the product (with its link), the stock code where it is another word, the field or the channel. */
function subjectOf({ type, primaryId, key, field, productUrl }: ReportItem): Markup {
	const product =
		primaryId === ''
			? null
			: productUrl === null
				? html`<code>${primaryId}</code>`
				: html`<a href="${productUrl}" rel="noreferrer"><code>${primaryId}</code></a>`;
	const record = key !== '' && key.toUpperCase() !== primaryId.toUpperCase() ? html`<code>${key}</code>` : null;
	return html`${product}${product !== null && record !== null ? ', ' : null}${record}${field === ''
		? null
		: html`${beforeField(type)}<code>${field}</code>`}`;
}

function itemOf(item: ReportItem, options: PageOptions): Markup {
	const { severity, title, reason, remedy, openedAt, foundAgainAt, state, assignedTo, resolvedAt, resolvedBy } = item;
	const people = [
		...(foundAgainAt === null || resolvedAt !== null
			? []
			: [`back since ${timeOf(foundAgainAt, options)}, after it was resolved`]),
		...(state === 'acknowledged' ? ['somebody looks at it'] : []),
		...(assignedTo === '' ? [] : [`assigned to ${assignedTo}`]),
		...(resolvedAt === null
			? []
			: [`over since ${timeOf(resolvedAt, options)}${resolvedBy === null ? ', by itself' : `, by ${resolvedBy}`}`]),
	];
	return html`<li class="${severity}">
		<p>
			<span class="level ${severity}">${severityNames[severity]}</span> · <strong>${title}</strong>: ${subjectOf(item)}
		</p>
		<p>${reason}</p>
		${resolvedAt === null ? html`<p><strong>Do:</strong> ${remedy}</p>` : null}
		<p class="quiet">Since ${timeOf(openedAt, options)}${people.map((one) => `; ${one}`)}</p>
	</li>`;
}

const valueOf = ({ value, unit }: Measure): string =>
	value === null ? 'none' : unit === 'minutes' ? `${shown(value)} min` : shown(value);

export function measuresTable({ measures }: Health): Markup {
	return html`<div class="wide" role="region" aria-label="Measures" tabindex="0">
		<table>
			<thead>
				<tr>
					<th scope="col">Measure</th>
					<th scope="col" class="number">Now</th>
					<th scope="col" class="number">Warning from</th>
					<th scope="col" class="number">Limit</th>
					<th scope="col">State</th>
				</tr>
			</thead>
			<tbody>
				${measures.map(
					(measure) =>
						html`<tr>
							<th scope="row">${measure.title}</th>
							<td class="number">${valueOf(measure)}</td>
							<td class="number">${measure.warn}</td>
							<td class="number">${measure.breach}</td>
							<td><span class="level ${measure.level}">${levelNames[measure.level]}</span></td>
						</tr>`,
				)}
			</tbody>
		</table>
	</div>`;
}

export function laneTable({ byLane }: Health): Markup {
	const lanes = Object.entries(byLane) as unknown as Array<[`${Lane}`, Health['byLane'][Lane]]>;
	return html`<div class="wide" role="region" aria-label="Changes by lane" tabindex="0">
		<table>
			<thead>
				<tr>
					<th scope="col">Lane</th>
					<th scope="col" class="number">Waiting</th>
					<th scope="col" class="number">Held</th>
					<th scope="col" class="number">Sent</th>
					<th scope="col" class="number">Failed</th>
				</tr>
			</thead>
			<tbody>
				${lanes.map(
					([lane, depth]) =>
						html`<tr>
							<th scope="row">${laneNames[Number(lane) as Lane]}</th>
							<td class="number">${depth.waiting}</td>
							<td class="number">${depth.held}</td>
							<td class="number">${depth.sent}</td>
							<td class="number">${depth.failed}</td>
						</tr>`,
				)}
			</tbody>
		</table>
	</div>`;
}

export function contactList({ contacts }: Health, options: PageOptions): Markup {
	return html`<ul>
		${contacts.map(
			({ system, name, answeredAt, silentMs, lastError }) =>
				html`<li>
					${system}${name === '' ? null : html` (${name})`}:
					${answeredAt === null
						? 'has not answered yet'
						: `answered last at ${timeOf(answeredAt, options)}`}${silentMs !== null && silentMs >= 60_000
						? html`, silent for ${counted(Math.floor(silentMs / 60_000), 'minute')}`
						: null}${lastError === null ? null : html`. Last error: ${lastError}`}
				</li>`,
		)}
	</ul>`;
}

/** What is held, by what it waits for. */
export function heldTable(families: HeldFamily[], options: PageOptions): Markup {
	if (families.length === 0) return html`<p>Nothing is held.</p>`;
	return html`<div class="wide" role="region" aria-label="What is held" tabindex="0">
		<table class="broad">
			<thead>
				<tr>
					<th scope="col">Waits for</th>
					<th scope="col" class="number">How many</th>
					<th scope="col">Since</th>
					<th scope="col">Why</th>
					<th scope="col">Which</th>
				</tr>
			</thead>
			<tbody>
				${families.map(
					({ waitsFor, reason, since, count, keys }) =>
						html`<tr>
							<th scope="row"><code>${waitsFor.key}</code></th>
							<td class="number">${count}</td>
							<td>${timeOf(since, options)}</td>
							<td>${reason}</td>
							<td>${keys.join(', ')}${count > keys.length ? ' and more' : ''}</td>
						</tr>`,
				)}
			</tbody>
		</table>
	</div>`;
}

/** Lag and depth over time. */
export function charts(series: ReportPoint[], { timeZone }: PageOptions): Markup {
	const at = series.map((point) => point.at);
	return html`${chart({
		title: 'Lag, from Pimberly to confirmed in Khaos',
		unit: 'minutes',
		at,
		timeZone,
		lines: [
			{ title: '95 of 100 changes', values: series.map((point) => point.lagP95Minutes) },
			{ title: 'half of them', values: series.map((point) => point.lagP50Minutes) },
		],
	})}
	${chart({
		title: 'Changes in the queue',
		unit: 'changes',
		at,
		timeZone,
		lines: [
			{ title: 'waiting', values: series.map((point) => point.waiting) },
			{ title: 'held', values: series.map((point) => point.held) },
		],
	})}`;
}

/** The sentence that a page begins with. */
export function headline({ open, bySeverity, health }: ReportData): string {
	const todo =
		open === 0
			? 'Nothing needs doing.'
			: `${counted(open, 'exception needs', 'exceptions need')} doing: ${severitiesInWords(bySeverity)}.`;
	const state = {
		ok: 'The sync runs as it should.',
		warn: 'The sync runs, with a warning below.',
		breach: 'The sync is over a limit, see below.',
	}[health.level];
	return `${todo} ${state}`;
}
