import {
	approvedPart,
	awaitingApproval,
	differencesThatStay,
	everything,
	isApproved,
	notCompared,
	strictest,
	waitsInWords,
} from '../../../lib/khaos/delivery/firstSync';
import type { Approval, BatchItem, DesiredStockItem, ReadBack } from '../../../lib/shapes';

const only = (...columns: string[]): Approval => ({ columns, newItems: false });
const lamp: DesiredStockItem = {
	stockCode: 'Lamp',
	columns: {
		STOCK_CODE: 'Lamp',
		SHORT_DESC: 'Lamp',
		SELL_PRICE: '2.00',
		BUY_PRICE: '1.00',
		MANUFACTURER: null,
		WEIGHT: null,
	},
	settings: { BUY_PRICE: { owner: 'khaos' } },
};
const held = (columns: Record<string, string>): ReadBack => ({
	exists: true,
	stockCode: 'LAMP',
	stockId: '7',
	parentCode: '',
	columns,
});

describe('what may be written in a first sync', () => {
	test('the strictest of several settings counts', () => {
		expect(strictest(everything, only('SELL_PRICE'))).toEqual(only('SELL_PRICE'));
		expect(strictest({ columns: ['WEIGHT', 'SELL_PRICE'], newItems: true }, only('SELL_PRICE', 'SHORT_DESC'))).toEqual(
			only('SELL_PRICE'),
		);
		expect(strictest(only(), everything)).toEqual(only());
	});

	test('a commodity code goes with its country', () => {
		expect(isApproved(only('Harmonisation:Code'), 'Harmonisation:Country')).toBe(true);
		expect(isApproved(only('SELL_PRICE'), 'Harmonisation:Country')).toBe(false);
	});

	test('what is left alone is no part of what is written', () => {
		expect(approvedPart(lamp, only('SELL_PRICE')).columns).toEqual({ STOCK_CODE: 'Lamp', SELL_PRICE: '2.00' });
	});

	test('what differs waits, but for what Khaos owns; a blank waits only where Khaos holds a value', () => {
		const known = held({
			SHORT_DESC: 'Old lamp',
			SELL_PRICE: '9.00',
			BUY_PRICE: '5.00',
			MANUFACTURER: 'Nobody',
			WEIGHT: '0',
		});
		const differences = differencesThatStay(lamp, known, only('SELL_PRICE'));
		expect(differences).toEqual([
			{ field: 'SHORT_DESC', owner: 'pimberly', expected: 'Lamp', actual: 'Old lamp' },
			{ field: 'MANUFACTURER', owner: 'pimberly', expected: null, actual: 'Nobody' },
			{ field: 'BUY_PRICE', owner: 'khaos', expected: '1.00', actual: '5.00' },
		]);
		expect(waitsInWords('Lamp', awaitingApproval(differences)).reason).toBe(
			'Lamp differs in Khaos in SHORT_DESC, MANUFACTURER, which is not written before it is allowed.',
		);
	});

	test('an item that Khaos does not hold waits until new items are allowed', () => {
		const absent: ReadBack = { ...held({}), exists: false };
		expect(differencesThatStay(lamp, absent, only())).toEqual([
			{ field: 'STOCK_CODE', owner: 'pimberly', expected: 'Lamp', actual: null },
		]);
		expect(differencesThatStay(lamp, absent, { columns: [], newItems: true })).toEqual([]);
	});

	test('nothing is handed over unread by the channel or by a file', () => {
		const item = { key: 'LAMP', purpose: 'write' } as BatchItem;
		expect(notCompared(item)).toBeNull();
		expect(notCompared({ ...item, approval: only() })).toMatchObject({
			status: 'retry',
			reason: expect.stringContaining('never compared with Khaos'),
		});
		expect(notCompared({ ...item, approval: only(), purpose: 'check' })).toBeNull();
	});
});
