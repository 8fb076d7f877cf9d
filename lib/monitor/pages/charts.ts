import { DateTime } from 'luxon';

import { html, type Markup } from './markup';

/** One line of a chart. `null`: nothing to measure at that time. */
export interface ChartLine {
	title: string;
	values: Array<number | null>;
}

export interface ChartOptions {
	title: string;
	unit: string;
	/** ISO 8601 UTC, one for each value; oldest first. */
	at: string[];
	/** One or two. */
	lines: [ChartLine] | [ChartLine, ChartLine];
	timeZone: string;
}

const [width, height] = [640, 170];
const edge = { left: 46, right: 8, top: 8, bottom: 22 };

/** A round number at or above the greatest value, so that the axis can be read. */
export function axisTop(greatest: number): number {
	if (greatest <= 1) return 1;
	const power = 10 ** Math.floor(Math.log10(greatest));
	return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= greatest)!;
}

/**
 * A line chart as SVG, with its figures in words for those who don't see it and in mail clients that drop drawings. A gap in
 * the values is a gap in the line.
 */
export function chart({ title, unit, at, lines, timeZone }: ChartOptions): Markup {
	const all = lines.flatMap(({ values }) => values.filter((value): value is number => value !== null));
	if (at.length === 0 || all.length === 0) {
		return html`<figure>
			<figcaption>${title}</figcaption>
			<p class="quiet">Nothing was measured yet.</p>
		</figure>`;
	}
	const times = at.map((time) => Date.parse(time));
	const words = lines.map(({ title: name, values }) => {
		const known = values.filter((value): value is number => value !== null);
		if (known.length === 0) return `${name}: nothing measured.`;
		return `${name}: ${shown(known.at(-1)!)} ${unit} at the end, ${shown(Math.max(...known))} at most.`;
	});
	// One measure is no line yet.
	if (at.length === 1)
		return html`<figure>
			<figcaption>${title}</figcaption>
			<p class="quiet">${words.join(' ')}</p>
		</figure>`;
	const [first, last] = [times[0]!, times.at(-1)!];
	const top = axisTop(Math.max(...all));
	const x = (time: number): number =>
		edge.left + ((time - first) / Math.max(1, last - first)) * (width - edge.left - edge.right);
	const y = (value: number): number => height - edge.bottom - (value / top) * (height - edge.top - edge.bottom);
	const point = (index: number, value: number): string => `${x(times[index]!).toFixed(1)},${y(value).toFixed(1)}`;
	const clock = (time: number): string =>
		DateTime.fromMillis(time, { zone: timeZone }).toFormat(last - first > 36 * 3_600_000 ? 'd LLL' : 'HH:mm');
	const grid = [0, 0.5, 1].map(
		(share) =>
			html`<line
					class="axis"
					x1="${edge.left}"
					x2="${width - edge.right}"
					y1="${y(top * share)}"
					y2="${y(top * share)}"
				/><text x="${edge.left - 6}" y="${y(top * share) + 4}" text-anchor="end">${shown(top * share)}</text>`,
	);
	return html`<figure>
		<figcaption>
			${title}${lines.length > 1
				? html` <span class="quiet">(${lines[0].title}: solid, ${lines[1]!.title}: dashed)</span>`
				: null}
		</figcaption>
		<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${words.join(' ')}">
			${grid}
			${lines.map(({ values }, index) =>
				strokes(values, point).map(
					(points) => html`<polyline class="${index === 0 ? 'one' : 'two'}" points="${points}" />`,
				),
			)}
			<text x="${edge.left}" y="${height - 6}">${clock(first)}</text>
			<text x="${width - edge.right}" y="${height - 6}" text-anchor="end">${clock(last)}</text>
		</svg>
		<p class="quiet">${words.join(' ')}</p>
	</figure>`;
}

/** The stretches of a line between its gaps; a value that stands alone is a short stroke. */
function strokes(values: Array<number | null>, point: (index: number, value: number) => string): string[] {
	const stretches: string[][] = [[]];
	for (const [index, value] of values.entries()) {
		if (value === null) stretches.push([]);
		else stretches.at(-1)!.push(point(index, value));
	}
	return stretches
		.filter((points) => points.length > 0)
		.map((points) => (points.length === 1 ? `${points[0]} ${points[0]}` : points.join(' ')));
}

/** At most one decimal. */
export const shown = (value: number): string => String(Math.round(value * 10) / 10);
