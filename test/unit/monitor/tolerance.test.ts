import { driftOfItem, defaultTolerance, type Tolerance } from '../../../lib/monitor/tolerance';
import type { DesiredStockItem, ReadBack } from '../../../lib/shapes';

const desired: DesiredStockItem = {
	stockCode: 'TEE',
	columns: {
		STOCK_CODE: 'TEE',
		SHORT_DESC: 'Red tee',
		LONG_DESC: '<p>Soft &amp; warm</p>',
		WEIGHT: '0.255',
		BUY_PRICE: '4.50',
		OTHER_REF: 'AB 12',
		TAX_CODE: '2',
		LEAD_TIME: '3',
	},
	settings: { LEAD_TIME: { owner: 'khaos' } },
};

const shown = (more: Record<string, string>): ReadBack => ({
	exists: true,
	stockCode: 'TEE',
	stockId: '1',
	parentCode: '',
	columns: {
		SHORT_DESC: 'Red tee',
		LONG_DESC: '<p>Soft & warm</p>',
		WEIGHT: '0.2550',
		BUY_PRICE: '4.5',
		OTHER_REF: 'AB 12',
		TAX_CODE: '3',
		LEAD_TIME: '9',
		...more,
	},
});

const fieldsOf = (more: Record<string, string>, tolerance: Partial<Tolerance> = {}): string[] =>
	driftOfItem(desired, shown(more), { ...defaultTolerance, ...tolerance }).map(({ field }) => field);

test('what Khaos does to values by itself, and what it owns, is no drift', () => {
	expect(fieldsOf({})).toEqual([]);
	expect(fieldsOf({ SHORT_DESC: 'RED TEE ', OTHER_REF: ' AB 12 ' })).toEqual([]);
});

test('another value is drift, named with both', () => {
	expect(driftOfItem(desired, shown({ WEIGHT: '0.3', OTHER_REF: '' }), defaultTolerance)).toEqual([
		{ field: 'WEIGHT', expected: '0.255', actual: '0.3' },
		{ field: 'OTHER_REF', expected: 'AB 12', actual: '' },
	]);
});

test('spaces within a text are passed over, unless they have to be exact', () => {
	expect(fieldsOf({ OTHER_REF: 'AB12' })).toEqual([]);
	expect(fieldsOf({ OTHER_REF: 'AB12' }, { spaces: 'exact' })).toEqual(['OTHER_REF']);
});

test('letter case: descriptions in any case, all texts, or only as Khaos itself re-cases', () => {
	expect(fieldsOf({ OTHER_REF: 'ab 12' })).toEqual(['OTHER_REF']);
	expect(fieldsOf({ OTHER_REF: 'ab 12' }, { letterCase: 'ignore' })).toEqual([]);
	expect(fieldsOf({ SHORT_DESC: 'RED TEE' }, { letterCase: 'strict' })).toEqual([]);
	expect(fieldsOf({ SHORT_DESC: 'rED tEE' }, { letterCase: 'strict' })).toEqual(['SHORT_DESC']);
	expect(fieldsOf({ SHORT_DESC: 'rED tEE' })).toEqual([]);
});

test('numbers count to as many places as asked for', () => {
	expect(fieldsOf({ WEIGHT: '0.26', BUY_PRICE: '4.504' })).toEqual(['WEIGHT', 'BUY_PRICE']);
	expect(fieldsOf({ WEIGHT: '0.26', BUY_PRICE: '4.504' }, { decimalPlaces: 2 })).toEqual([]);
	expect(fieldsOf({ BUY_PRICE: '4.51' }, { decimalPlaces: 2 })).toEqual(['BUY_PRICE']);
});

test('a column that is ignored is not compared', () => {
	expect(fieldsOf({ WEIGHT: '9', BUY_PRICE: '9' }, { ignoredColumns: ['BUY_PRICE'] })).toEqual(['WEIGHT']);
});
