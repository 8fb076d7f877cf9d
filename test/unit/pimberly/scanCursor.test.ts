import type { Product } from '../../../lib/shapes';
import {
	afterStep,
	bySlowerClock,
	filtersOf,
	planStep,
	wasEmitted,
	withoutRepeats,
	type ScanPolicy,
} from '../../../lib/pimberly/scanCursor';
import type { ScanCursor } from '../../../lib/pimberly/scanPort';

const at = (time: string): number => Date.parse(`2026-11-24T${time}Z`);
const iso = (time: string): string => new Date(at(time)).toISOString();
const policy: ScanPolicy = { source: 'updated', startFrom: { from: 'all' }, overlapMs: 5 * 60_000, fullResyncAt: null };
const product = (internalId: string, dateUpdated: string): Product => ({
	primaryId: `P-${internalId}`,
	internalId,
	dateUpdated: iso(dateUpdated),
	parents: [],
	items: [],
	classes: [],
	attributes: {},
	emission: null,
});
const scanned = (watermark: string, boundary: Record<string, string> = {}): ScanCursor => ({
	watermark: iso(watermark),
	scan: null,
	boundary,
	lastCompleteAt: iso(watermark),
});

describe('the first scan', () => {
	test('of all products has no filter', () => {
		const plan = planStep(null, policy, at('12:00'));
		expect(filtersOf(plan.scan)).toBeNull();
		expect(plan.fresh).toBe(true);
	});
	test('from now on looks back over the overlap, for Pimberly’s clock may be slow', () => {
		const plan = planStep(null, { ...policy, startFrom: { from: 'now' } }, at('12:00'));
		expect(filtersOf(plan.scan)).toEqual({ dateUpdated: { $gte: iso('11:55') } });
	});
	test('from a date starts there', () => {
		const plan = planStep(
			null,
			{ ...policy, startFrom: { from: 'date', date: '2026-11-01T00:00:00+01:00' } },
			at('12:00'),
		);
		expect(filtersOf(plan.scan)).toEqual({ dateUpdated: { $gte: '2026-10-31T23:00:00.000Z' } });
	});
});

describe('a scan', () => {
	test('asks for what changed since the start of the last one, less the overlap', () => {
		const first = planStep(null, policy, at('12:00'));
		const cursor = afterStep(first, policy, [], null);
		expect(cursor).toMatchObject({ watermark: iso('11:55'), scan: null, lastCompleteAt: iso('12:00') });
		expect(filtersOf(planStep(cursor, policy, at('12:30')).scan)).toEqual({ dateUpdated: { $gte: iso('11:55') } });
	});

	test('goes on where it was left, with its own filter and start', () => {
		const first = planStep(scanned('11:00'), policy, at('12:00'));
		const halfway = afterStep(first, policy, [product('a', '11:30')], 'a');
		expect(halfway.watermark).toBe(iso('11:00'));
		const next = planStep(halfway, policy, at('12:10'));
		expect(next).toMatchObject({ fresh: false, scan: { startedAt: iso('12:00'), since: iso('11:00'), sinceId: 'a' } });
		expect(afterStep(next, policy, [], null).watermark).toBe(iso('11:55'));
	});

	test('starts over after it failed five times at one place', () => {
		const cursor: ScanCursor = {
			...scanned('11:00'),
			scan: { startedAt: iso('12:00'), since: iso('11:00'), sinceId: 'x', failures: 5 },
		};
		expect(planStep(cursor, policy, at('12:10')).scan).toMatchObject({
			since: iso('11:00'),
			sinceId: null,
			startedAt: iso('12:00'),
		});
	});

	test('never moves back before the date it started from', () => {
		const future: ScanPolicy = { ...policy, startFrom: { from: 'date', date: '2026-11-25T00:00:00Z' } };
		expect(afterStep(planStep(null, future, at('12:00')), future, [], null).watermark).toBe('2026-11-25T00:00:00.000Z');
	});
});

describe('clocks', () => {
	const { scan } = planStep(null, policy, at('12:00'));
	test('where Pimberly’s is slow, its time counts', () => {
		expect(bySlowerClock(scan, at('12:00'), at('12:00:02'), at('11:50')).startedAt).toBe(iso('11:49:58'));
	});
	test('where Pimberly’s is fast, ours counts: reading a little twice is cheap', () => {
		expect(bySlowerClock(scan, at('12:00'), at('12:00'), at('12:20')).startedAt).toBe(iso('12:00'));
	});
	test('where it does not say, ours counts', () =>
		expect(bySlowerClock(scan, at('12:00'), at('12:00'), null)).toBe(scan));
});

describe('the boundary', () => {
	test('keeps what the overlap shows again, and only that', () => {
		const plan = planStep(scanned('11:00'), policy, at('12:00'));
		const cursor = afterStep(
			plan,
			policy,
			[product('old', '11:30'), product('new', '11:58'), product('during', '12:01')],
			null,
		);
		expect(cursor.boundary).toEqual({ new: iso('11:58'), during: iso('12:01') });
	});
	test('lets a product pass that changed once more', () => {
		const plan = planStep(scanned('11:55', { a: iso('11:58') }), policy, at('12:30'));
		expect(wasEmitted(product('a', '11:58'), plan.cursor, plan.scan)).toBe(true);
		expect(wasEmitted(product('a', '12:10'), plan.cursor, plan.scan)).toBe(false);
		expect(wasEmitted(product('b', '11:58'), plan.cursor, plan.scan)).toBe(false);
	});
	test('is forgotten once the overlap has passed', () => {
		const plan = planStep(scanned('11:55', { a: iso('11:58') }), policy, at('12:30'));
		expect(afterStep(plan, policy, [], null).boundary).toEqual({});
	});
	test('keeps nothing of a product whose date is only the time of our read', () => {
		const readNow: Product = { ...product('a', '11:59'), dateUpdatedIsReadTime: true };
		const plan = planStep(scanned('11:00'), policy, at('12:00'));
		expect(afterStep(plan, policy, [readNow], null).boundary).toEqual({});
	});
	test('stays small', () => {
		const many = Array.from({ length: 25_000 }, (_, n) => product(String(n), '11:58'));
		const cursor = afterStep(planStep(scanned('11:00'), policy, at('12:00')), policy, many, null);
		expect(Object.keys(cursor.boundary)).toHaveLength(20_000);
	});
});

describe('a full resync', () => {
	const asked: ScanPolicy = { ...policy, fullResyncAt: iso('12:00') };
	test('waits for its time', () =>
		expect(planStep(scanned('11:00'), asked, at('11:59')).scan.since).toBe(iso('11:00')));
	test('reads everything, even what was just emitted, once', () => {
		const plan = planStep(scanned('11:55', { a: iso('11:58') }), asked, at('12:00'));
		expect(plan.scan.since).toBeNull();
		expect(wasEmitted(product('a', '11:58'), plan.cursor, plan.scan)).toBe(false);
		const halfway = afterStep(plan, asked, [], 'm');
		expect(planStep(halfway, asked, at('12:05'))).toMatchObject({ fresh: false, scan: { since: null, sinceId: 'm' } });
		const done = afterStep(planStep(halfway, asked, at('12:05')), asked, [], null);
		expect(done.watermark).toBe(iso('11:55'));
		expect(planStep(done, asked, at('12:10')).scan.since).toBe(iso('11:55'));
	});
	test('takes the place of a scan under way, and can be asked for again', () => {
		const halfway = afterStep(planStep(scanned('11:00'), policy, at('11:50')), policy, [], 'm');
		const plan = planStep(halfway, asked, at('12:00'));
		expect(plan.scan).toMatchObject({ since: null, sinceId: null });
		const done = afterStep(plan, asked, [], null);
		expect(planStep(done, { ...asked, fullResyncAt: iso('13:00') }, at('13:01')).scan.since).toBeNull();
	});
});

describe('a channel', () => {
	const channel: ScanPolicy = { ...policy, source: 'channel' };
	test('is read whole each time, and carried over where it is long', () => {
		const plan = planStep(null, channel, at('12:00'));
		expect(plan.scan.since).toBeNull();
		const halfway = afterStep(plan, channel, [product('a', '11:59')], 'a');
		expect(planStep(halfway, channel, at('12:01')).scan.sinceId).toBe('a');
		const done = afterStep(planStep(halfway, channel, at('12:01')), channel, [], null);
		expect(done).toMatchObject({ watermark: null, scan: null, boundary: {} });
		expect(planStep(done, channel, at('12:02')).scan).toMatchObject({ since: null, sinceId: null });
	});
	test('does not go on with a scan by date', () => {
		const halfway = afterStep(planStep(scanned('11:00'), policy, at('12:00')), policy, [], 'm');
		expect(planStep(halfway, channel, at('12:01')).scan).toMatchObject({ since: null, sinceId: null });
	});
});

test('a product that a shifting list shows twice counts once, in its newest state', () => {
	const rows = [product('a', '11:00'), product('b', '11:00'), product('a', '11:30')].map((each) => ({ product: each }));
	expect(withoutRepeats(rows).map((row) => [row.product.internalId, row.product.dateUpdated])).toEqual([
		['b', iso('11:00')],
		['a', iso('11:30')],
	]);
});
