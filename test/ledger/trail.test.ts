import { DatabaseSync } from 'node:sqlite';

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
		const rows = database.prepare(`SELECT event || ' ' || version AS line FROM trail WHERE kind = 'stockItem' ORDER BY event_id`).all();
		database.close();
		return rows.map((row) => String(row['line']));
	};

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
			`taken ${first}`,
			`added ${second}`,
			`replaced ${third}`,
			`dropped ${third}`,
			`confirmed ${first}`,
		]);
	});
});
