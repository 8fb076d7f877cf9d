import fc from 'fast-check';

import { importCalls, tableRows } from '../../../lib/khaos/stockImport/importCalls';
import { needsFreshRead, planRow, type PlannedRow } from '../../../lib/khaos/stockImport/importRow';
import { absent } from '../../../lib/khaos/stockReading/readBack';
import type { ColumnSettings, DesiredStockItem, ReadBack } from '../../../lib/shapes';

const MANDATORY = {
	CONTROLLED: '-1',
	SHORT_DESC: 'Lamp',
	STOCK_TYPE1: 'Lighting',
	STOCK_TYPE2: 'Desk',
	BUY_PRICE: '1',
	SELL_PRICE: '2',
	TAX_CODE: '1',
};

const itemOf = (
	code: string,
	columns: Record<string, string | null>,
	settings?: Record<string, ColumnSettings>,
): DesiredStockItem => ({
	stockCode: code,
	columns: { STOCK_CODE: code, ...MANDATORY, ...columns },
	...(settings ? { settings } : {}),
});
const existing = (code: string, columns: Record<string, string> = {}): ReadBack => ({
	exists: true,
	stockCode: code,
	stockId: '1',
	parentCode: '',
	columns: { ...MANDATORY, ...columns },
});
const plan = (item: DesiredStockItem, known: ReadBack = absent(item.stockCode), fresh = false): PlannedRow => {
	const row = planRow(item, known, fresh);
	if (Array.isArray(row)) throw new Error(row.map((reason) => reason.reason).join());
	return row;
};

describe('planning a row', () => {
	test('a new item gets every column that has a value', () => {
		expect(plan(itemOf('A', { WEIGHT: '0.5', LONG_DESC: null })).cells).toEqual({
			STOCK_CODE: 'A',
			...MANDATORY,
			WEIGHT: '0.5',
		});
	});

	test('an item that exists gets the mandatory columns and what changed', () => {
		const row = plan(
			itemOf('A', { WEIGHT: '0.5', LONG_DESC: '<p>x</p>' }),
			existing('A', { WEIGHT: '0.4', LONG_DESC: '<p>x</p>' }),
		);
		expect(row.cells).toEqual({ STOCK_CODE: 'A', ...MANDATORY, WEIGHT: '0.5' });
		expect(row.changed).toEqual(['WEIGHT']);
	});

	test('a mandatory column that Khaos owns is sent as last read, and has to be read first', () => {
		const item = itemOf('A', {}, { BUY_PRICE: { owner: 'khaos' }, TAX_CODE: { owner: 'khaos' } });
		expect(needsFreshRead(item)).toBe(true);
		expect(needsFreshRead(itemOf('A', {}))).toBe(false);
		const row = plan(item, existing('A', { BUY_PRICE: '7.7500', TAX_CODE: '4' }), true);
		expect(row.cells).toMatchObject({ BUY_PRICE: '7.7500', TAX_CODE: '4' });
	});

	test('zero-rated and exempt read the same: what was written last is kept while Khaos owns the tax', () => {
		const item = itemOf('A', { TAX_CODE: '2' }, { TAX_CODE: { owner: 'khaos' } });
		const shown = existing('A', { TAX_CODE: '2' });
		expect(plan(item, { ...shown, unproven: { TAX_CODE: '3' } }, true).cells).toMatchObject({ TAX_CODE: '3' });
		expect(plan(itemOf('A', { TAX_CODE: '3' }, item.settings), shown, true).cells).toMatchObject({ TAX_CODE: '3' });
	});

	test('of a new item Khaos owns the vendor’s defaults, unless Pimberly has a value to start with', () => {
		const settings = { STOCK_TYPE1: { owner: 'khaos' as const }, TAX_CODE: { owner: 'khaos' as const } };
		expect(plan(itemOf('A', { STOCK_TYPE1: null, TAX_CODE: '2' }, settings)).cells).toMatchObject({
			STOCK_TYPE1: 'System & Misc Types',
			TAX_CODE: '2',
		});
	});

	test('all reasons come at once', () => {
		const reasons = planRow(itemOf('A#', { SHORT_DESC: null, SELL_PRICE: '1,5' }), absent('A#'), false);
		expect(Array.isArray(reasons) && reasons.map((reason) => reason.field)).toEqual([
			'SHORT_DESC',
			'STOCK_CODE',
			'SELL_PRICE',
		]);
	});

	test('a commodity code goes with its country, or neither is in the row', () => {
		const item = itemOf('A', { 'Harmonisation:Code': '9405', 'Harmonisation:Country': 'GB' });
		const known = existing('A', { 'Harmonisation:Code': '9405' });
		expect(plan({ ...item, columns: { ...item.columns, WEIGHT: '1' } }, known).cells).not.toHaveProperty(
			'Harmonisation:Code',
		);
		const changed = plan(item, { ...known, columns: { ...known.columns, 'Harmonisation:Code': '1' } });
		expect(changed.cells).toMatchObject({ 'Harmonisation:Code': '9405', 'Harmonisation:Country': 'GB' });
	});
});

describe('rows in calls', () => {
	test('new items share calls of 25, whatever their columns', () => {
		const rows = Array.from({ length: 60 }, (_, at) =>
			plan(itemOf(`N${at}`, at % 2 ? { WEIGHT: '1' } : { 'Harmonisation:Code': '1', 'Harmonisation:Country': 'GB' })),
		);
		expect(importCalls(rows).map((call) => call.length)).toEqual([25, 25, 10]);
	});

	test('an item whose commodity code nobody knows is not in a call that has one', () => {
		const coded = plan(itemOf('A', { 'Harmonisation:Code': '1', 'Harmonisation:Country': 'GB' }), existing('A'));
		const plain = plan(itemOf('B', { WEIGHT: '1' }), existing('B'));
		expect(importCalls([coded, plain]).map((call) => call.map((row) => row.stockCode))).toEqual([['A'], ['B']]);
	});

	test('a column of one row is filled in the others: as desired, as read just now, or not shared', () => {
		const weighed = plan(
			itemOf('A', { WEIGHT: '1', MANUFACTURER: 'New' }),
			existing('A', { WEIGHT: '0', MANUFACTURER: 'Old' }),
		);
		const mapped = plan(
			itemOf('B', { WEIGHT: '3', LONG_DESC: 'x', MANUFACTURER: 'M' }),
			existing('B', { WEIGHT: '3', MANUFACTURER: 'M' }),
		);
		const read = plan(
			itemOf('C', { EPOS_DESC: 'x' }),
			existing('C', { WEIGHT: '5', MANUFACTURER: 'Luma', LONG_DESC: '' }),
			true,
		);
		const stale = plan(itemOf('D', { EPOS_DESC: 'x' }), existing('D', { WEIGHT: '5', MANUFACTURER: 'Luma' }), false);
		expect(importCalls([weighed, read]).length).toBe(1);
		expect(tableRows([weighed, read])[1]).toMatchObject({ WEIGHT: '5', MANUFACTURER: 'Luma', EPOS_DESC: 'x' });
		expect(tableRows([weighed, mapped])[1]).toMatchObject({ WEIGHT: '3', MANUFACTURER: 'M' });
		expect(importCalls([weighed, stale]).length).toBe(2);
	});

	test('variants by SCS columns are apart from other items', () => {
		const scs = plan(itemOf('TEE', { SCS_SK1: 'R', SCS_DESC1: 'Red' }));
		expect(importCalls([scs, plan(itemOf('A', {}))]).length).toBe(2);
	});

	test('no row is lost, none is twice, no call is over 25, and no blank cell stands where Khaos may hold something', () => {
		const names = ['WEIGHT', 'MANUFACTURER', 'UDA:Colour', 'PUBLISH', 'Harmonisation:Code'];
		const value = fc.option(fc.constantFrom('1', '2'), { nil: null });
		const row = fc.record({
			desired: fc.dictionary(fc.constantFrom(...names), value),
			held: fc.option(fc.dictionary(fc.constantFrom(...names), fc.constantFrom('', '1', '2')), { nil: null }),
			fresh: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(row, { maxLength: 70 }), (given) => {
				const rows = given.map(({ desired, held, fresh }, at) => {
					const columns = { ...desired, ...(desired['Harmonisation:Code'] ? { 'Harmonisation:Country': 'GB' } : {}) };
					return plan(itemOf(`X${at}`, columns), held === null ? undefined : existing(`X${at}`, held), fresh);
				});
				const calls = importCalls(rows);
				expect(
					calls
						.flat()
						.map((each) => each.stockCode)
						.sort(),
				).toEqual(rows.map((each) => each.stockCode).sort());
				for (const call of calls) {
					expect(call.length).toBeLessThanOrEqual(25);
					for (const [at, cells] of tableRows(call).entries()) {
						const { desired, held } = given[Number(call[at]!.stockCode.slice(1))]!;
						if (held === null) continue;
						for (const [name, cell] of Object.entries(cells)) {
							const cleared = desired[name] === null && name in desired;
							if (cell === '' && names.includes(name) && !cleared) expect(held[name] ?? '').toBe('');
						}
					}
				}
			}),
		);
	});
});
