import { historyOf } from '../../lib/monitor/history';
import { buildReportData } from '../../lib/monitor/reportData';
import { KhaosFault } from '../../lib/khaos/webServices/fault';
import type { ListedException } from '../../lib/ledger/exceptions/exceptions';
import { LANES } from '../../lib/shapes';
import { backends, beginStory, change, confirmed, defaultVersion, rejection, result, type Story } from './story';

const minute = 60_000;

describe.each(backends)('what the monitor sees in %s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => {
		await story.end();
	});
	const types = async (): Promise<string[]> =>
		(await story.ledger.exceptions()).map(({ type, key, severity }) => `${severity} ${type} ${key}`);
	const takeItems = async () => await story.ledger.take({ target: 'khaos', kinds: ['stockItem'] });

	test('depth by lane and state, lag, and how long the oldest waits', async () => {
		await story.ledger.add([change('TEE'), change('TEE-RED', { parent: 'TEE' }), change('LAMP')]);
		story.later(10 * minute);
		const health = await story.ledger.monitor.checkHealth();
		expect(health.byLane[2]).toEqual({ waiting: 2, held: 1, sent: 0, failed: 0 });
		expect(health.oldestMs).toBe(10 * minute);
		expect(health.oldestPriceMs).toBeNull();
		expect(health.level).toBe('ok');
		await story.ledger.settle((await takeItems()).map(confirmed));
		const after = await story.ledger.monitor.checkHealth();
		expect(after.lag).toEqual({ count: 2, p50Ms: 11 * minute, p95Ms: 11 * minute, maxMs: 11 * minute });
		expect(after.confirmed).toEqual({ lastHour: 2, lastDay: 2 });
	});

	test('a queue that waits too long is an exception until it moves; a lag of prices is worse than another', async () => {
		await story.ledger.add([change('TEE')]);
		story.later(61 * minute);
		expect(
			(await story.ledger.monitor.checkHealth()).measures.find(({ name }) => name === 'oldestMinutes'),
		).toMatchObject({ value: 61, level: 'breach' });
		expect(await types()).toEqual(['medium queueDepthBreach Khaos Control']);
		await story.ledger.settle((await takeItems()).map(confirmed));
		await story.ledger.monitor.checkHealth();
		expect(await types()).toEqual(['medium lagBreach Khaos Control']);
		const version = new Date(story.now).toISOString();
		await story.ledger.add([change('TEE', { version, columns: { SELL_PRICE: '3.00' } })]);
		story.later(16 * minute);
		await story.ledger.settle((await takeItems()).map(confirmed));
		await story.ledger.monitor.checkHealth();
		expect(await types()).toEqual(['high lagBreach Khaos Control']);
		// What was slow was slow an hour ago.
		story.later(61 * minute);
		await story.ledger.monitor.checkHealth();
		expect(await types()).toEqual([]);
	});

	test('a Pimberly that is not read with success is silent, with its last error, until it is read again', async () => {
		const port = story.ledger.scanPort('delta');
		const cursor = { watermark: null, scan: null, boundary: {}, lastCompleteAt: null };
		const step = (await port.begin(minute))!;
		await port.emit(step.token, step.token, [], cursor);
		story.later(20 * minute);
		await port.fail((await port.begin(minute))!.token, 'Pimberly refused the token.');
		expect((await story.ledger.monitor.checkHealth()).level).toBe('warn');
		expect(await types()).toEqual([]);
		story.later(11 * minute);
		await story.ledger.monitor.checkHealth();
		expect(await story.ledger.exceptions()).toMatchObject([
			{
				type: 'sourceSilent',
				severity: 'critical',
				owner: 'operations',
				key: 'Pimberly',
				reason: 'Pimberly has not been read with success for 31 minutes. Pimberly refused the token.',
			},
		]);
		const again = (await port.begin(minute))!;
		await port.emit(again.token, again.token, [], cursor);
		await story.ledger.monitor.checkHealth();
		expect(await types()).toEqual([]);
	});

	test('a Khaos that does not answer is silent, and the queue that grows behind it is no exception of its own', async () => {
		await story.ledger.add([change('TEE')]);
		const call = async (outcome: 'down' | 'up' | 'displeased'): Promise<void> => {
			const port = story.ledger.deliveryPort('https://erp.example');
			await port
				.throughGate(LANES.launch, async () => {
					if (outcome === 'down')
						throw new KhaosFault('refused', 'ExportStock', 'Khaos Control refused the connection.', 'Start it.');
					if (outcome === 'displeased') throw new KhaosFault('fault', 'ExportStock', 'Unknown code.', 'Mend it.');
					return await Promise.resolve(outcome);
				})
				.catch(() => undefined);
		};
		await call('up');
		await call('down');
		story.later(5 * minute);
		await call('down');
		expect((await story.ledger.monitor.checkHealth()).level).toBe('ok');
		story.later(60 * minute);
		await call('down');
		await story.ledger.monitor.checkHealth();
		expect(await types()).toEqual(['critical sourceSilent Khaos Control']);
		// An answer that says no is an answer.
		await call('displeased');
		await story.ledger.settle((await takeItems()).map(confirmed));
		await story.ledger.monitor.checkHealth({ lagMinutes: { warn: 100, breach: 200 } });
		expect(await types()).toEqual([]);
	});

	test('what comes back after somebody resolved it is new in the report, and says since when', async () => {
		await story.ledger.add([change('TEE')]);
		story.later(61 * minute);
		await story.ledger.monitor.checkHealth();
		const [{ exceptionId, openedAt }] = (await story.ledger.exceptions()) as [ListedException];
		await story.ledger.updateExceptions([{ exceptionId, state: 'resolved', by: 'Ada' }]);
		await story.ledger.settle((await takeItems()).map(confirmed));
		story.later(3 * 24 * 60 * minute);
		await story.ledger.add([change('LAMP')]);
		story.later(61 * minute);
		const { changes } = await buildReportData(story.ledger.monitor);
		expect(changes.opened).toMatchObject([
			{ exceptionId, openedAt, foundAgainAt: new Date(story.now).toISOString(), state: 'open' },
		]);
	});

	test('the limits of the health check count for what is an exception, whatever limits a page is drawn with', async () => {
		await story.ledger.add([change('TEE'), change('LAMP')]);
		await story.ledger.monitor.checkHealth({ waiting: { warn: 1, breach: 2 } });
		const [breach] = await story.ledger.exceptions();
		expect(breach).toMatchObject({ type: 'queueDepthBreach' });
		const levelOf = async (thresholds?: { waiting: { warn: number; breach: number } }) =>
			(await buildReportData(story.ledger.monitor, { thresholds })).health.measures.find(
				({ name }) => name === 'waiting',
			);
		expect(await levelOf()).toMatchObject({ value: 2, breach: 2, level: 'breach' });
		expect(await levelOf({ waiting: { warn: 100, breach: 200 } })).toMatchObject({ breach: 200, level: 'ok' });
		expect(await story.ledger.exceptions()).toMatchObject([{ exceptionId: breach!.exceptionId, state: 'open' }]);
		await story.ledger.monitor.checkHealth({ waiting: { warn: 5, breach: 9 } });
		expect(await levelOf({ waiting: { warn: 1, breach: 1 } })).toMatchObject({ level: 'breach' });
		expect(await types()).toEqual([]);
	});

	test('without a health check the report looks by the limits of the package, and says what is over them', async () => {
		await story.ledger.add([change('TEE')]);
		story.later(61 * minute);
		await buildReportData(story.ledger.monitor);
		expect(await types()).toEqual(['medium queueDepthBreach Khaos Control']);
	});

	test('the report says what to do by owner, what is new and what is over, and what waits for what', async () => {
		await story.ledger.add([
			rejection('OLD', 'itemName'),
			change('TEE'),
			change('TEE-RED', { parent: 'TEE' }),
			change('TEE-BLUE', { parent: 'TEE' }),
		]);
		await story.ledger.housekeeping();
		story.later(25 * 60 * minute);
		await story.ledger.add([change('OLD', { version: '2026-11-03T10:00:00.000Z' }), rejection('NEW', 'weightKg')]);
		const [tee] = (await takeItems()).filter(({ key }) => key === 'TEE');
		await story.ledger.settle([result(tee!, 'failed', { reason: 'Stock type unknown.', remedy: 'Make it.' })]);
		const data = await buildReportData(story.ledger.monitor, {
			productUrl: 'https://pim.example/products/{internalId}?q={primaryId}',
		});
		expect(
			data.toDo.map(({ owner, items }) => [
				owner,
				items.map(({ severity, title, key }) => `${severity} ${title} ${key}`),
			]),
		).toEqual([
			['ecommerce', ['high Invalid product NEW']],
			['operations', ['critical Failed transfer TEE']],
			['finance', []],
		]);
		expect(data.bySeverity).toEqual({ critical: 1, high: 1, medium: 0, low: 0 });
		expect(data.changes.opened).toHaveLength(2);
		expect(data.changes.resolved.map(({ key, resolvedBy }) => [key, resolvedBy])).toEqual([['OLD', null]]);
		expect(data.toDo[1]!.items[0]!.productUrl).toBe('https://pim.example/products/id-TEE?q=TEE');
		expect(data.toDo[0]!.items[0]!.productUrl).toBe('https://pim.example/products/id-NEW?q=NEW');
		expect(data.heldFamilies).toMatchObject([
			{
				waitsFor: { kind: 'stockItem', key: 'TEE' },
				count: 2,
				keys: ['TEE-RED', 'TEE-BLUE'],
				reason: 'TEE failed: Stock type unknown.',
			},
		]);
		expect(data.work).toMatchObject([{ confirmed: 0, failed: 1 }]);
		expect(data.series).toMatchObject([{ held: 2, failed: 1 }]);
	});

	test('a sample is kept once a minute, however often somebody looks', async () => {
		for (let look = 0; look < 5; look++) await story.ledger.monitor.checkHealth();
		story.later(2 * minute);
		await story.ledger.housekeeping();
		await story.ledger.monitor.checkHealth();
		expect(await story.ledger.monitor.healthSamples(0)).toHaveLength(2);
		story.later(15 * 24 * 60 * minute);
		await story.ledger.monitor.checkHealth();
		expect(await story.ledger.monitor.healthSamples(0)).toHaveLength(1);
	});

	test('the history of a SKU in words', async () => {
		await story.ledger.add([change('TEE-RED', { parent: 'TEE' })]);
		story.later(5 * minute);
		await story.ledger.add([change('TEE')]);
		await story.ledger.settle((await takeItems()).map(confirmed));
		const [red] = await takeItems();
		await story.ledger.settle([
			result(red!, 'retry', {
				cause: 'different',
				reason: 'Khaos does not hold TEE-RED as it should',
				differences: [{ field: 'WEIGHT', expected: '0.5', actual: '' }],
			}),
		]);
		story.later(minute);
		await story.ledger.settle((await takeItems()).map(confirmed));
		const statuses = await story.ledger.take({ target: 'pimberly' });
		await story.ledger.settle(statuses.map(confirmed));
		const history = historyOf('tee-red', await story.ledger.monitor.trailOf('tee-red', 100));
		expect(history.lines.map((line) => line.text)).toEqual([
			`Pimberly brought a change of the stock item (SHORT_DESC, BUY_PRICE, SELL_PRICE), updated there at ${defaultVersion}, urgency launch. It is held: something it needs is not confirmed in Khaos Control yet.`,
			'Pimberly is to be told the product’s status.',
			'The stock item was handed out to be written to Khaos Control.',
			'The stock item is tried again later: Khaos does not hold TEE-RED as it should. WEIGHT should be “0.5” and is empty.',
			'The stock item was handed out to be written to Khaos Control, attempt 2.',
			`The stock item is confirmed: Khaos Control was read back and holds what Pimberly says, 6 min after it came and 7 min after it was saved in Pimberly.`,
			'A newer status for Pimberly took the place of the one that waited.',
			'The status was handed out to be written to Pimberly.',
			'The status was written to Pimberly.',
		]);
		expect(history.now).toEqual([
			`Khaos Control holds the stock item (stock id khaos-TEE-RED), last read at ${new Date(story.now).toISOString()}.`,
		]);
		expect(historyOf('NOBODY', await story.ledger.monitor.trailOf('NOBODY', 100))).toEqual({
			sku: 'NOBODY',
			now: [],
			lines: [],
		});
	});
});
