import type { ReportData } from '../reportData';
import { html } from './markup';
import {
	briefList,
	charts,
	contactList,
	counted,
	foldedList,
	headline,
	heldTable,
	itemList,
	laneTable,
	measuresTable,
	page,
	sectionOf,
	timeOf,
	type PageOptions,
} from './parts';

/**
 * The exception report as one HTML file: no script, nothing from elsewhere, readable in a mail client that drops styles and
 * drawings. Every value is escaped.
 */
export function reportPage(data: ReportData, options: PageOptions): string {
	const { environment, builtAt, since, toDo, changes, health, series, heldFamilies } = data;
	const { opened, resolved } = changes;
	const body = html`<header>
			<h1>Sync report: ${environment}</h1>
			<p class="lead">${headline(data)}</p>
			<p class="quiet">
				As of ${timeOf(builtAt, options)} (${options.timeZone}). Product data comes from Pimberly; Khaos Control keeps
				stock levels and orders.
			</p>
		</header>
		<main>
			<h2>What needs doing today</h2>
			${toDo.map((section) => sectionOf(section, options))}

			<h2>Since ${timeOf(since, options)}</h2>
			<p>${counted(opened.length, 'exception')} new and still open, ${resolved.length} over.</p>
			${opened.length === 0
				? null
				: html`<h3>New</h3>
						${foldedList(opened, 'more that are new', briefList)}`}
			${resolved.length === 0
				? null
				: html`<h3>Over</h3>
						${foldedList(resolved, 'more that are over', (some) => itemList(some, options))}`}

			<h2>How the sync is doing</h2>
			<p>
				${counted(health.confirmed.lastDay, 'change')} confirmed in the last day, ${health.confirmed.lastHour} in the
				last hour.
			</p>
			${measuresTable(health)} ${charts(series, options)}
			<h3>By lane</h3>
			${laneTable(health)}
			<h3>The other systems</h3>
			${contactList(health, options)}

			<h2>What is held</h2>
			${heldTable(heldFamilies, options)}
		</main>
		<footer>
			<p>
				Critical: orders are lost, or nothing is synced. High: orders, shipping or margins go wrong. Medium: wrong, and
				no order suffers. Low: only words are wrong.
			</p>
			<p>What is mended in Pimberly or Khaos Control leaves this report by itself.</p>
		</footer>`;
	return page(`Sync report: ${environment}`, body);
}
