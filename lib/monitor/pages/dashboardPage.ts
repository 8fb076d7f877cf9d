import type { SkuHistory } from '../history';
import type { ReportData } from '../reportData';
import { html, raw, type Markup } from './markup';
import {
	charts,
	contactList,
	counted,
	headline,
	heldTable,
	laneTable,
	measuresTable,
	ownerNames,
	page,
	sectionOf,
	timeOf,
	type PageOptions,
} from './parts';
import { shown } from './charts';

export interface DashboardOptions extends PageOptions {
	/** Null: nothing was searched for. */
	history: SkuHistory | null;
	/** How often the page is loaded again; 0: never. */
	refreshSeconds: number;
}

/**
 * Loads the page again while nobody types, reads a history or has opened a long list, until the reader switches that off. It needs nothing of the
 * page's own origin: n8n serves webhook pages in a sandbox without one.
 */
const refreshing = (seconds: number): Markup =>
	raw(`<script>
(function () {
  var box = document.getElementById('refresh'), field = document.getElementById('sku');
  setInterval(function () {
    if (box.checked && document.activeElement !== field && !document.hidden && !document.querySelector('details[open]')) location.reload();
  }, ${Math.max(5, Math.round(seconds))} * 1000);
})();
</script>`);

/**
 * The live dashboard as one HTML page. Works without its script too (then it is not refreshed by itself). Every value is
 * escaped.
 */
export function dashboardPage(data: ReportData, options: DashboardOptions): string {
	const { environment, builtAt, health, toDo, series, heldFamilies } = data;
	const { history, refreshSeconds } = options;
	const refreshed = refreshSeconds > 0 && history === null;
	const waiting = Object.values(health.byLane).reduce((sum, lane) => sum + lane.waiting, 0);
	const held = Object.values(health.byLane).reduce((sum, lane) => sum + lane.held, 0);
	const minutes = (ms: number | null): string => (ms === null ? 'none' : `${shown(ms / 60_000)} min`);
	const body = html`<a class="skip" href="#main">To the figures</a>
		<header>
			<h1>Product sync: ${environment}</h1>
			<p class="lead">${headline(data)}</p>
			<p class="quiet">
				As of
				${timeOf(builtAt, options)}.${refreshed
					? html` <label
							><input type="checkbox" id="refresh" checked /> Refresh every ${Math.max(5, Math.round(refreshSeconds))}
							seconds</label
						>`
					: null}
			</p>
			<form method="get" role="search">
				<label for="sku"
					>Find a SKU<br /><input
						type="search"
						id="sku"
						name="sku"
						value="${history?.sku ?? ''}"
						autocomplete="off"
						maxlength="200"
				/></label>
				<button type="submit">Show its history</button>
			</form>
		</header>
		<main id="main">
			${history === null ? null : historyOf(history, options)}
			<h2>Now</h2>
			<ul class="tiles">
				<li><strong>${waiting}</strong><span>waiting for Khaos</span></li>
				<li><strong>${held}</strong><span>held</span></li>
				<li><strong>${minutes(health.lag.p95Ms)}</strong><span>lag, 95 of 100</span></li>
				<li><strong>${minutes(health.priceLag.p95Ms)}</strong><span>lag of prices</span></li>
				<li><strong>${health.confirmed.lastHour}</strong><span>confirmed in the last hour</span></li>
				${toDo.map(
					({ owner, count }) =>
						html`<li>
							<strong><a href="#${owner}">${count}</a></strong
							><span>${ownerNames[owner]}: to do</span>
						</li>`,
				)}
			</ul>
			<h3>By lane</h3>
			${laneTable(health)} ${charts(series, options)}

			<h2>What needs doing</h2>
			${toDo.map((section) => sectionOf(section, options))}

			<h2>What is held</h2>
			${heldTable(heldFamilies, options)}

			<h2>Limits</h2>
			${measuresTable(health)}
			<h3>The other systems</h3>
			${contactList(health, options)}
		</main>
		<footer><p>Live means: read back from Khaos Control. Stock levels are never written by the sync.</p></footer>`;
	return page(`Product sync: ${environment}`, body, refreshed ? refreshing(refreshSeconds) : null);
}

function historyOf({ sku, now, lines }: SkuHistory, options: PageOptions): Markup {
	return html`<h2 id="history">History of ${sku}</h2>
		${now.length === 0
			? html`<p>Nothing is known of it. Look for a stock code or a product's primary id.</p>`
			: now.map((sentence) => html`<p>${sentence}</p>`)}
		${lines.length === 0
			? null
			: html`<div class="wide" role="region" aria-label="History" tabindex="0">
					<table>
						<thead>
							<tr>
								<th scope="col">When</th>
								<th scope="col">What happened (${counted(lines.length, 'entry', 'entries')}, oldest first)</th>
							</tr>
						</thead>
						<tbody>
							${lines.map(
								({ at, text }) =>
									html`<tr>
										<td>${timeOf(at, options)}</td>
										<td>${text}</td>
									</tr>`,
							)}
						</tbody>
					</table>
				</div>`}`;
}
