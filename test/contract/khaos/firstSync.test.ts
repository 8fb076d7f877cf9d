import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KhaosDelivery } from '../../../lib/khaos/delivery/delivery';
import { processPort } from '../../../lib/khaos/delivery/processPort';
import type { AddItem } from '../../../lib/ledger/intake/add';
import { openLedger, type Ledger } from '../../../lib/ledger/ledger';
import { changeSchema, type Approval, type BatchItem, type Change } from '../../../lib/shapes';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { clientOf, itemOf, lamp } from './kit';

const columnsOf = (index: number): Record<string, string | null> =>
	lamp(`Lamp-${index}`, {
		LONG_DESC: `<p>Bright &amp; warm. Up to ${index} hours a day.</p>`,
		SELL_PRICE: `${index}.99`,
		WEIGHT: `0.${index + 1}`,
		BARCODE: `50123456${String(index).padStart(5, '0')}`,
		MANUFACTURER: index % 4 === 0 ? null : 'Luma',
		TAX_CODE: String((index % 3) + 1),
		'UDA:Colour': 'Black',
		'Harmonisation:Code': '94052190',
		'Harmonisation:Country': 'GB',
	});
const changeOf = (index: number, needs: Change['needs'] = []): AddItem => {
	return { type: 'change', change: { ...changeSchema.parse(itemOf(columnsOf(index))), needs } };
};
const indexes = Array.from({ length: 90 }, (_, index) => index);
/** Khaos holds every second one; nobody ever brought FAMILY to it, which the last ones wait for. */
const inKhaos = indexes.filter((index) => index % 2 === 0);
const ofFamily = indexes.filter((index) => index >= 80);

/** What people changed in Khaos since: by stock code and column. */
const seeded = new Map(
	inKhaos.flatMap((index): Array<[string, Record<string, string>]> => {
		const edits: Record<string, string> = {
			...(index % 3 === 0 ? { SELL_PRICE: '777.00' } : {}),
			...(index % 5 === 0 ? { WEIGHT: '9.9' } : {}),
			...(index % 7 === 0 ? { SHORT_DESC: `Old lamp ${index}` } : {}),
			...(index % 8 === 0 ? { MANUFACTURER: 'Nobody' } : {}),
			...(index % 11 === 0 ? { 'UDA:Colour': 'White' } : {}),
			...(index % 13 === 0 ? { 'Harmonisation:Code': '94051098' } : {}),
		};
		return Object.keys(edits).length === 0 ? [] : [[`Lamp-${index}`, edits]];
	}),
);
const seededIn = (column: string): string[] =>
	[...seeded].filter(([, edits]) => edits[column] !== undefined).map(([code]) => code);

const stateOf = (
	simulators: Simulators,
): Record<string, { fields: Record<string, string>; udas: unknown; harmonisation: unknown }> => {
	const { stockItems } = simulators.control.state().khaos as { stockItems: Record<string, unknown> };
	return Object.fromEntries(
		Object.keys(stockItems).map((code) => {
			const { fields, udas, harmonisation } = simulators.khaos.get(code)!;
			return [code, structuredClone({ fields, udas, harmonisation })];
		}),
	);
};

describe('the first sync into a Khaos that is already full', () => {
	let simulators: Simulators;
	let ledger: Ledger;
	let folder: string;
	let now = Date.parse('2026-11-24T10:00:00.000Z');

	const deliver = async (items: BatchItem[], port = ledger.deliveryPort(simulators.khaosUrl)) =>
		await new KhaosDelivery({
			client: clientOf(simulators.khaosUrl),
			port,
			sleep: async () => undefined,
		}).createOrUpdate(items);
	/** Until nothing is left that could be done, as the Sequencer Trigger does it. */
	const drain = async (): Promise<void> => {
		for (let idle = 0; idle < 3; now += 60_000) {
			const batch = await ledger.take({ target: 'khaos', limit: 25 });
			idle = batch.length === 0 ? idle + 1 : 0;
			if (batch.length > 0) await ledger.settle(await deliver(batch));
		}
	};
	const allow = async (approval: Approval): Promise<number> =>
		await ledger.setFirstSync({ id: 'node-1', label: 'Next Batch for Khaos' }, approval);
	const writes = () => simulators.control.log().filter((call) => call.side === 'khaos' && /^Import/.test(call.method));
	const rowsWritten = (): string[] =>
		writes()
			.flatMap((call) => call.codes ?? [])
			.sort();
	const counted = async (): Promise<Record<string, number>> =>
		Object.fromEntries((await ledger.firstSync()).fields.map(({ field, items }) => [field, items]));

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'first-sync-'));
		simulators = await startSimulators();
		ledger = await openLedger({
			environment: 'Live',
			store: { backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
			clock: () => now,
		});
		const before = await deliver(
			inKhaos.map((index) => itemOf(columnsOf(index))),
			processPort('before', () => now),
		);
		expect(before.every(({ status }) => status === 'confirmed')).toBe(true);
		for (const [code, set] of seeded) {
			const answer = await fetch(`${simulators.controlUrl}/khaos/stock`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ code, set }),
			});
			expect(answer.status).toBe(200);
		}
		simulators.control.resetLog();
	}, 60_000);
	afterAll(async () => {
		await ledger.close();
		await simulators.stop();
		rmSync(folder, { recursive: true });
	});

	test('report only: nothing is written, and the list is what people changed, and what is new', async () => {
		await allow({ columns: [], newItems: false });
		await ledger.add(
			indexes.map((index) => changeOf(index, ofFamily.includes(index) ? [{ kind: 'stockItem', key: 'FAMILY' }] : [])),
		);
		const before = stateOf(simulators);
		await drain();
		expect(writes()).toEqual([]);
		expect(stateOf(simulators)).toEqual(before);

		const columns = ['SELL_PRICE', 'WEIGHT', 'SHORT_DESC', 'MANUFACTURER', 'UDA:Colour', 'Harmonisation:Code'];
		expect(await counted()).toEqual({
			STOCK_CODE: 45,
			...Object.fromEntries(columns.map((column) => [column, seededIn(column).length])),
		});
		const { rows } = await ledger.firstSyncDifferences({ after: 0, limit: 1_000 });
		const listed = rows
			.filter((row) => !row.isNewItem)
			.map(({ stockCode, field, inKhaos: held, desired }) => ({ stockCode, field, held, desired }));
		const expected = [...seeded].flatMap(([stockCode, edits]) =>
			Object.entries(edits).map(([field, held]) => ({
				stockCode,
				field,
				held,
				desired: columnsOf(Number(stockCode.split('-')[1]))[field] ?? null,
			})),
		);
		const order = (one: { stockCode: string; field: string }): string => `${one.stockCode} ${one.field}`;
		expect(listed.sort((a, b) => order(a).localeCompare(order(b)))).toEqual(
			expected.sort((a, b) => order(a).localeCompare(order(b))),
		);
		// What is equal is adopted.
		expect(await ledger.firstSync()).toMatchObject({
			confirmed: inKhaos.length - seeded.size,
			waiting: 45 + seeded.size,
			underWay: 0,
		});
	});

	test('the list outlives a restart, and says whose a field is and who decides', async () => {
		await ledger.close();
		ledger = await openLedger({
			environment: 'Live',
			store: { backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
			clock: () => now,
		});
		const { fields, takers } = await ledger.firstSync();
		expect(takers).toMatchObject([{ taker: 'Next Batch for Khaos', approval: { columns: [], newItems: false } }]);
		expect(fields.find(({ field }) => field === 'SELL_PRICE')).toMatchObject({
			owner: 'pimberly',
			team: 'finance',
			allowed: false,
			samples: [{ stockCode: 'Lamp-0', inKhaos: '777.00', desired: '0.99' }, {}, {}, {}, {}],
		});
		expect(fields.find(({ field }) => field === 'SHORT_DESC')).toMatchObject({ team: 'ecommerce' });
		expect(fields.find(({ field }) => field === 'STOCK_CODE')).toMatchObject({ isNewItem: true, team: 'operations' });
	});

	test('an allowed field is written, in just the items where it differs, and nothing else of them', async () => {
		const before = stateOf(simulators);
		expect(await allow({ columns: ['SELL_PRICE'], newItems: false })).toBe(seededIn('SELL_PRICE').length);
		await drain();
		expect(rowsWritten()).toEqual(
			seededIn('SELL_PRICE')
				.filter((code) => !ofFamily.includes(Number(code.split('-')[1])))
				.sort(),
		);
		const after = stateOf(simulators);
		for (const [code, item] of Object.entries(before)) {
			const changed = Object.keys(item.fields).filter((column) => after[code]!.fields[column] !== item.fields[column]);
			expect([code, changed]).toEqual([
				code,
				rowsWritten()
					.map((each) => each.toUpperCase())
					.includes(code.toUpperCase())
					? ['SELL_PRICE']
					: [],
			]);
			expect({ udas: after[code]!.udas, harmonisation: after[code]!.harmonisation }).toEqual({
				udas: item.udas,
				harmonisation: item.harmonisation,
			});
		}
	});

	test('a product that is edited meanwhile is written in the allowed field only', async () => {
		simulators.control.resetLog();
		const edited = changeSchema.parse(itemOf({ ...columnsOf(14), SELL_PRICE: '15.49', SHORT_DESC: 'A lamp of today' }));
		await ledger.add([{ type: 'change', change: { ...edited, version: '2026-11-24T11:00:00.000Z' } }]);
		await drain();
		expect(rowsWritten()).toEqual(['Lamp-14']);
		expect(simulators.khaos.get('LAMP-14')!.fields).toMatchObject({ SELL_PRICE: '15.49', SHORT_DESC: 'Old lamp 14' });
		const asBefore = changeSchema.parse(itemOf(columnsOf(14)));
		await ledger.add([{ type: 'change', change: { ...asBefore, version: '2026-11-24T12:00:00.000Z' } }]);
		await drain();
		expect(await ledger.getMany({ limit: 10, search: 'Lamp-14', kinds: ['stockItem'] })).toMatchObject([
			{
				state: 'held',
				awaiting: 'approval',
				reason: 'Lamp-14 differs in Khaos in SHORT_DESC, which is not written before it is allowed.',
			},
		]);
	});

	test('with everything allowed everything is equal in the end, and the list is empty', async () => {
		simulators.control.resetLog();
		await allow({ columns: 'all', newItems: true });
		await drain();
		await ledger.endHold(
			ofFamily.map((index) => `LAMP-${index}`),
			'There is no such family',
		);
		await drain();
		expect(await ledger.firstSync()).toMatchObject({ confirmed: indexes.length, waiting: 0, underWay: 0, fields: [] });
		const other = await startSimulators();
		const port = processPort('other', () => now);
		await new KhaosDelivery({ client: clientOf(other.khaosUrl), port, sleep: async () => undefined }).createOrUpdate(
			indexes.map((index) => itemOf(columnsOf(index))),
		);
		expect(stateOf(simulators)).toEqual(stateOf(other));
		await other.stop();
	});

	test('what was confirmed once flows as ever, whatever is allowed', async () => {
		await allow({ columns: [], newItems: false });
		const change = changeSchema.parse(itemOf({ ...columnsOf(4), SHORT_DESC: 'Lamp of tomorrow' }));
		await ledger.add([{ type: 'change', change: { ...change, version: '2026-11-25T09:00:00.000Z' } }]);
		await drain();
		expect(simulators.khaos.get('LAMP-4')!.fields['SHORT_DESC']).toBe('Lamp of tomorrow');
	});
});
