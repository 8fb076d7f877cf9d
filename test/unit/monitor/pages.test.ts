import fc from 'fast-check';

import { axisTop, chart } from '../../../lib/monitor/pages/charts';
import { dashboardPage } from '../../../lib/monitor/pages/dashboardPage';
import { reportPage } from '../../../lib/monitor/pages/reportPage';
import { cellOf, reportCsv } from '../../../lib/monitor/pages/reportTable';
import { found, healthOf, reportOf } from './reportData';

const london = { timeZone: 'Europe/London' };
const evil = '=HYPERLINK("x")<script>alert(1)</script>';
const withoutOwnScript = (page: string): string => page.replace(/<script>\n\(function[\s\S]*?<\/script>/, '');

describe('The exception report', () => {
	it('shows what each team has to do, worst first, with the reason and the remedy', () => {
		const page = reportPage(
			reportOf([
				found('missingInKhaos', {
					primaryId: 'BAG-7',
					key: 'BAG-7',
					reason: 'BAG-7 is sold and not in Khaos.',
					remedy: 'Save BAG-7 in Pimberly.',
				}),
				found('invalidProduct', { field: 'costPrice', reason: '“12,50” is not a plain number.' }),
			]),
			london,
		);

		expect(page).toContain('2 exceptions need doing: 1 critical, 1 high.');
		expect(page).toContain('BAG-7 is sold and not in Khaos.');
		expect(page).toContain('Save BAG-7 in Pimberly.');
		expect(page).toMatch(/Operations: 1 exception /);
		expect(page).toMatch(/Finance<\/h3>\s*<p>Nothing to do\./);
	});

	it('says the channel a SKU is on sale on, which is no field of it', () => {
		const sold = { primaryId: '', key: 'CAP', field: 'Web shop', value: 'Web shop' };
		const data = reportOf([found('missingInPimberly', sold), found('discontinuedButLive', sold)]);
		expect(reportPage(data, london).match(/<code>CAP<\/code>, on sale on <code>Web shop<\/code>/g)).toHaveLength(2);
		expect(reportPage(data, london)).not.toContain('field <code>');
		expect(reportCsv(data)).toContain('Missing in Pimberly,,CAP,,Web shop,');
	});

	it('shows the worst of hundreds of exceptions, and the rest of them on a click', () => {
		const many = Array.from({ length: 200 }, (_, at) => found('orphan', { key: `SKU-${at}`, primaryId: '' }));
		for (const page of [
			reportPage(reportOf(many), london),
			dashboardPage(reportOf(many), { ...london, refreshSeconds: 30, history: null }),
		]) {
			const [seen, folded] = page.split('<details>');
			expect(seen!.match(/class="medium"/g)).toHaveLength(25);
			expect(folded).toMatch(/<summary>Show 175 more of Operations<\/summary>/);
			expect(folded!.split('</details>')[0]!.match(/<li class="medium"/g)).toHaveLength(175);
		}
	});

	it('tells what is new in a line each: its reason stands with what needs doing', () => {
		const one = found('orphan', { key: 'CAP', reason: 'Khaos Control holds CAP, and nobody sells it.' });
		const page = reportPage(reportOf([one], { changes: { opened: [one], resolved: [] } }), london);
		expect(page.split(one.reason)).toHaveLength(2);
		expect(page.split('<h3>New</h3>')[1]).toMatch(/Operations ·\s+<strong>Orphan<\/strong>/);
	});

	it('says times in the zone of the people who read it', () => {
		const summer = reportPage(reportOf([], { builtAt: '2026-07-01T23:30:00.000Z' }), london);
		expect(summer).toContain('Thu 2 Jul, 00:30');
	});

	it('links to the product where an address is known, and nowhere else', () => {
		const page = reportPage(
			reportOf([found('invalidProduct', { productUrl: 'https://pim.example.com/p/LAMP-001?x=1&y=2' })]),
			london,
		);
		expect(page).toContain('<a href="https://pim.example.com/p/LAMP-001?x=1&amp;y=2"');
		expect(page.match(/https?:\/\/(?!pim\.example\.com)/g)).toBeNull();
	});

	it('needs nothing from elsewhere and runs no script', () => {
		const page = reportPage(reportOf([found('orphan')]), london);
		expect(page).not.toMatch(/<script|<link|<img|@import|url\(/i);
	});

	it('shows no markup that came in with a value', () => {
		const hostile = found('invalidProduct', {
			primaryId: evil,
			key: evil,
			field: evil,
			reason: evil,
			remedy: evil,
			assignedTo: evil,
			state: 'acknowledged',
			resolvedBy: evil,
		});
		const data = reportOf([hostile], {
			environment: evil,
			changes: { opened: [hostile], resolved: [{ ...hostile, resolvedAt: '2026-11-24T06:30:00.000Z' }] },
			heldFamilies: [
				{
					waitsFor: { kind: 'stockItem', key: evil },
					reason: evil,
					since: '2026-11-24T06:00:00.000Z',
					count: 2,
					keys: [evil],
				},
			],
			health: healthOf({
				contacts: [{ system: 'Pimberly', name: evil, answeredAt: null, silentMs: 120_000, lastError: evil }],
			}),
		});
		for (const page of [
			reportPage(data, london),
			withoutOwnScript(dashboardPage(data, { ...london, refreshSeconds: 30, history: null })),
			dashboardPage(data, {
				...london,
				refreshSeconds: 30,
				history: {
					sku: evil,
					now: [evil],
					lines: [{ at: '2026-11-24T06:00:00.000Z', text: evil, kind: 'stockItem', key: evil }],
				},
			}),
		]) {
			expect(page).not.toContain('<script');
			expect(page).not.toContain('HYPERLINK("');
			expect(page).toContain('&lt;script&gt;');
		}
	});

	it('says how many entries of a long list are left out', () => {
		const data = reportOf([found('orphan')]);
		data.toDo[1]!.count = 812;
		expect(reportPage(data, london)).toContain('811 more are not shown here.');
	});
});

describe('The report as a table', () => {
	it('has a row an exception, with what is needed to act', () => {
		const csv = reportCsv(
			reportOf([found('unmappedPrice', { field: 'tradePrice', value: '12.50', reason: 'No row sends it, "yet".' })]),
		);
		const [heading, row] = csv.replace('\uFEFF', '').trimEnd().split('\r\n');
		expect(heading).toMatch(/^Owner,Severity,Exception,Product/);
		expect(row).toMatch(
			/^finance,medium,Unmapped price,LAMP-001,LAMP-001,tradePrice,12.50,"No row sends it, ""yet"".",/,
		);
	});

	it('is safe to open in a spreadsheet, whatever a value is', () => {
		fc.assert(
			fc.property(
				fc.tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', ' =', '\u0000=', '\uFF1D'), fc.string()),
				([start, rest]) => {
					expect(cellOf(start + rest)).toMatch(/^"?'/);
				},
			),
		);
	});

	it('keeps every other value as it is', () => {
		fc.assert(
			fc.property(
				fc.string().filter((text) => !/^[\s\p{Cc}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text)),
				(text) => {
					const cell = cellOf(text);
					expect(
						cell.startsWith('"') && cell.length > 1 && cell.endsWith('"')
							? cell.slice(1, -1).replaceAll('""', '"')
							: cell,
					).toBe(text);
				},
			),
		);
	});
});

describe('The dashboard', () => {
	it('shows depth by lane, lag and what each team has to do', () => {
		const health = healthOf({
			byLane: {
				1: { waiting: 3, held: 0, sent: 5, failed: 0 },
				2: { waiting: 4, held: 1, sent: 0, failed: 0 },
				3: { waiting: 0, held: 0, sent: 0, failed: 0 },
				4: { waiting: 2_200, held: 9, sent: 0, failed: 1 },
			},
			lag: { count: 10, p50Ms: 30_000, p95Ms: 90_000, maxMs: 100_000 },
		});
		const page = dashboardPage(reportOf([found('orphan')], { health }), {
			...london,
			history: null,
			refreshSeconds: 30,
		});

		expect(page).toContain('<strong>2207</strong><span>waiting for Khaos</span>');
		expect(page).toContain('<strong>10</strong><span>held</span>');
		expect(page).toContain('<strong>1.5 min</strong><span>lag, 95 of 100</span>');
		expect(page).toMatch(/Descriptions<\/th>\s*<td class="number">2200<\/td>/);
		expect(page).toMatch(/<a href="#operations">1<\/a>/);
	});

	it('shows the history of the SKU that was searched for, and stays still while it is read', () => {
		const history = {
			sku: 'lamp-001',
			now: ['LAMP-001 is confirmed.'],
			lines: [
				{ at: '2026-11-24T06:00:00.000Z', text: 'Confirmed in Khaos.', kind: 'stockItem' as const, key: 'LAMP-001' },
			],
		};
		const page = dashboardPage(reportOf([]), { ...london, history, refreshSeconds: 30 });
		expect(page).toContain('History of lamp-001');
		expect(page).toContain('Confirmed in Khaos.');
		expect(page).not.toContain('location.reload');
	});
});

describe('A chart', () => {
	const at = ['2026-11-24T05:00:00.000Z', '2026-11-24T06:00:00.000Z', '2026-11-24T07:00:00.000Z'];

	it('says its figures in words too', () => {
		const { text } = chart({
			title: 'Lag',
			unit: 'minutes',
			at,
			timeZone: 'Europe/London',
			lines: [{ title: 'all', values: [1, 4, 2.26] }],
		});
		expect(text).toContain('all: 2.3 minutes at the end, 4 at most.');
		expect(text).toMatch(/role="img" aria-label="Lag\. all: 2\.3/);
	});

	it('leaves a gap where nothing was measured', () => {
		const { text } = chart({
			title: 'Lag',
			unit: 'minutes',
			at,
			timeZone: 'Europe/London',
			lines: [{ title: 'all', values: [1, null, 2] }],
		});
		expect(text.match(/<polyline/g)).toHaveLength(2);
	});

	it('draws no line of a single measure, and says it in words', () => {
		const { text } = chart({
			title: 'Lag',
			unit: 'minutes',
			at: at.slice(0, 1),
			timeZone: 'Europe/London',
			lines: [{ title: 'all', values: [3] }],
		});
		expect(text).not.toContain('<svg');
		expect(text).toContain('all: 3 minutes at the end, 3 at most.');
	});

	it('says so when nothing was measured at all', () => {
		expect(
			chart({ title: 'Lag', unit: 'minutes', at: [], timeZone: 'Europe/London', lines: [{ title: 'all', values: [] }] })
				.text,
		).toContain('Nothing was measured yet.');
	});

	it('has an axis that ends at a round number above every value', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 10_000_000 }), (greatest) => {
				const top = axisTop(greatest);
				expect(top).toBeGreaterThanOrEqual(greatest);
				expect(top).toBeLessThanOrEqual(greatest * 2.5);
			}),
		);
	});
});
