import { DatabaseSync } from 'node:sqlite';

import type { AddItem } from '../../lib/ledger/intake/add';
import { priceKeyOf } from '../../lib/shapes';
import { beginStory, change, confirmed, type Story } from './story';

describe('the audit trail', () => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory('sqlite');
	});
	afterEach(async () => await story.end());

	const events = (): string[] => {
		const { file } = story.store as { file: string };
		const database = new DatabaseSync(file, { readOnly: true });
		const rows = database
			.prepare(`SELECT event || ' ' || version AS line FROM trail WHERE kind = 'stockItem' ORDER BY event_id`)
			.all();
		database.close();
		return rows.map((row) => String(row['line']));
	};

	test('tells when a change was taken once its lease has ended, with the time at which it was', async () => {
		await story.ledger.add([change('A')]);
		const [item] = await story.ledger.take({ target: 'khaos' });
		const taken = story.now;
		story.later(5_000);
		await story.ledger.release(item!.lease.token, 'The execution failed');
		const { file } = story.store as { file: string };
		const database = new DatabaseSync(file, { readOnly: true });
		const rows = database.prepare(`SELECT event, at FROM trail WHERE event IN ('taken', 'released') ORDER BY at`).all();
		database.close();
		expect(rows.map((row) => ({ ...row }))).toEqual([
			{ event: 'taken', at: taken },
			{ event: 'released', at: story.now },
		]);
	});

	test('says what became of content that was changed back while its record was in flight', async () => {
		const [first, second, third] = ['2026-11-02T09:00:01.000Z', '2026-11-02T09:00:02.000Z', '2026-11-02T09:00:03.000Z'];
		await story.ledger.add([change('A', { version: first })]);
		const batch = await story.ledger.take({ target: 'khaos' });
		await story.ledger.add([change('A', { version: second, columns: { SELL_PRICE: '3.00' } })]);
		await story.ledger.add([change('A', { version: third })]);
		await story.ledger.settle(batch.map(confirmed));
		expect(await story.ledger.take({ target: 'khaos' })).toEqual([]);
		expect(events()).toEqual([
			`added ${first}`,
			`added ${second}`,
			`replaced ${third}`,
			`dropped ${third}`,
			`taken ${first}`,
			`confirmed ${first}`,
		]);
	});

	test('names a price by one key from the beginning to the end', async () => {
		await story.ledger.add([change('LAMP')]);
		await story.ledger.settle((await story.ledger.take({ target: 'khaos' })).map(confirmed));
		const desired = {
			stockCode: 'Lamp',
			priceList: 'Trade',
			bandLow: 1,
			bandHigh: 99999,
			amount: '21.50',
			currency: '',
			net: true,
		};
		const { change: lamp } = change('LAMP') as Extract<AddItem, { type: 'change' }>;
		await story.ledger.add([
			{ type: 'change', change: { ...lamp, kind: 'price', key: priceKeyOf(desired), lane: 1, needs: [], desired } },
		]);
		const batch = await story.ledger.take({ target: 'khaos', kinds: ['price'] });
		await story.ledger.settle(
			batch.map((item) => ({
				...confirmed(item),
				readBack: null,
				priceReadBack: { ...desired, exists: true },
			})),
		);

		const { file } = story.store as { file: string };
		const database = new DatabaseSync(file, { readOnly: true });
		const rows = database.prepare(`SELECT event, key FROM trail WHERE kind = 'price' ORDER BY event_id`).all();
		database.close();
		expect(rows.map(({ event, key }) => `${String(event)} ${String(key)}`)).toEqual([
			'added LAMP | Trade | 1-99999',
			'taken LAMP | Trade | 1-99999',
			'confirmed LAMP | Trade | 1-99999',
		]);
	});
});
