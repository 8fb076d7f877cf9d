import type { ListedException } from '../../lib/ledger/exceptions/exceptions';
import { backends, beginStory, change, confirmed, rejection, result, type Story } from './story';

const hour = 60 * 60_000;
const laterVersion = '2026-11-02T10:00:00.000Z';
const named = (list: ListedException[]): string[] =>
	list.map((one) => `${one.severity} ${one.owner} ${one.type} ${one.key} ${one.field}`.trim());

describe.each(backends)('exceptions in %s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => {
		await story.end();
	});

	const fail = async (key: string, extra = {}): Promise<void> => {
		const [item] = await story.ledger.take({ target: 'khaos', kinds: ['stockItem'] });
		expect(item!.key).toBe(key);
		await story.ledger.settle([
			result(item!, 'failed', { reason: 'Stock type unknown.', remedy: 'Make the type.', ...extra }),
		]);
	};

	test('lists the worst first, and of equals the oldest', async () => {
		await story.ledger.add([rejection('P1', 'itemName')]);
		story.later(1_000);
		await story.ledger.add([rejection('P2', 'itemName'), change('TEE')]);
		await fail('TEE');
		expect(named(await story.ledger.exceptions())).toEqual([
			'critical operations failedTransfer TEE',
			'high ecommerce invalidProduct P1 itemName',
			'high ecommerce invalidProduct P2 itemName',
		]);
		expect(named(await story.ledger.exceptions({ owners: ['operations'] }))).toEqual([
			'critical operations failedTransfer TEE',
		]);
		expect(named(await story.ledger.exceptions({ severities: ['high'], search: 'p2' }))).toEqual([
			'high ecommerce invalidProduct P2 itemName',
		]);
	});

	test('a child is told apart whose parent came and is at fault from one whose parent did not come', async () => {
		await story.ledger.add([
			rejection('TEE', 'costPrice'),
			change('TEE-RED', { parent: 'TEE' }),
			change('CAP-RED', { parent: 'CAP' }),
		]);
		story.later(2 * hour);
		await story.ledger.housekeeping();
		const held = await story.ledger.exceptions({ types: ['heldTooLong'] });
		const reasonOf = (key: string): string | undefined => held.find((one) => one.key === key)?.reason;
		expect(reasonOf('TEE-RED')).toContain('TEE cannot be sent as it is: another exception says why.');
		expect(reasonOf('CAP-RED')).toContain('CAP has not come through the sync yet, nor been seen in Khaos: in Pimberly');
		expect(reasonOf('CAP-RED')).toContain('not ready');
		expect((await story.ledger.monitor.heldFamilies(10)).map(({ reason }) => reason)).toEqual(
			expect.arrayContaining(['TEE cannot be sent as it is: another exception says why.']),
		);
	});

	test('is acknowledged, assigned and given to another owner, and remembers who did that', async () => {
		await story.ledger.add([rejection('P1', 'itemName')]);
		const [{ exceptionId }] = (await story.ledger.exceptions()) as [ListedException];
		const [updated] = await story.ledger.updateExceptions([
			{
				exceptionId,
				state: 'acknowledged',
				owner: 'finance',
				assignedTo: 'Ada',
				by: 'Grace',
				note: 'Asked the supplier.',
			},
		]);
		expect(updated).toMatchObject({
			outcome: 'updated',
			exception: { state: 'acknowledged', owner: 'finance', assignedTo: 'Ada' },
		});
		// The same from a worklist that is mirrored again says nothing new.
		expect(
			await story.ledger.updateExceptions([
				{ exceptionId, state: 'acknowledged', owner: 'finance', assignedTo: 'Ada', by: 'Grace' },
			]),
		).toMatchObject([{ outcome: 'unchanged' }]);
		expect(await story.ledger.exceptions({ states: ['open'] })).toEqual([]);
		const history = (await story.ledger.exceptionHistory([exceptionId])).get(exceptionId)!;
		expect(history.map(({ event, by, note }) => [event, by, note])).toEqual([
			['opened', '', 'itemName is empty.'],
			['acknowledged', 'Grace', 'Asked the supplier.'],
			['owner', 'Grace', 'From ecommerce to finance. Asked the supplier.'],
			['assigned', 'Grace', 'To Ada. Asked the supplier.'],
		]);
		// Seen again, it stays the finance team's and Ada's.
		await story.ledger.add([
			rejection('P1', 'itemName', { source: { primaryId: 'P1', internalId: '', dateUpdated: laterVersion } }),
		]);
		expect(await story.ledger.exceptions()).toMatchObject([
			{ exceptionId, owner: 'finance', assignedTo: 'Ada', state: 'acknowledged' },
		]);
	});

	test('comes back when a person has resolved it and its cause is found again, unless it may rest', async () => {
		await story.ledger.add([rejection('P1', 'itemName')]);
		const [{ exceptionId }] = (await story.ledger.exceptions()) as [ListedException];
		const again = async (): Promise<void> => {
			await story.ledger.add([
				rejection('P1', 'itemName', { source: { primaryId: 'P1', internalId: '', dateUpdated: laterVersion } }),
			]);
		};
		await story.ledger.updateExceptions([{ exceptionId, state: 'resolved', by: 'Ada', note: 'Not needed.' }]);
		expect(await story.ledger.exceptions()).toEqual([]);
		expect(await story.ledger.exceptions({ states: ['resolved'] })).toMatchObject([{ exceptionId, resolvedBy: 'Ada' }]);
		await again();
		expect(await story.ledger.exceptions()).toMatchObject([{ exceptionId, state: 'open', resolvedBy: null }]);

		const snoozeUntil = new Date(story.now + hour).toISOString();
		await story.ledger.updateExceptions([{ exceptionId, state: 'resolved', by: 'Ada', snoozeUntil }]);
		await again();
		expect(await story.ledger.exceptions()).toEqual([]);
		story.later(hour);
		await again();
		expect(await story.ledger.exceptions()).toMatchObject([{ exceptionId, state: 'open', snoozedUntil: null }]);
		const history = (await story.ledger.exceptionHistory([exceptionId])).get(exceptionId)!;
		expect(history.map(({ event, by }) => [event, by])).toEqual([
			['opened', ''],
			['resolved', 'Ada'],
			['foundAgain', ''],
			['resolved', 'Ada'],
			['foundAgain', ''],
		]);
	});

	test('that the ledger itself sees comes back after a day, or when the rest that a person gave it is over', async () => {
		await story.ledger.add([change('TEE')]);
		await fail('TEE');
		const [{ exceptionId }] = (await story.ledger.exceptions()) as [ListedException];
		const open = async (): Promise<string[]> => {
			await story.ledger.housekeeping();
			return (await story.ledger.exceptions()).map((one) => one.exceptionId);
		};
		await story.ledger.updateExceptions([{ exceptionId, state: 'resolved', by: 'Ada' }]);
		story.later(23 * hour);
		expect(await open()).toEqual([]);
		story.later(hour);
		expect(await open()).toEqual([exceptionId]);
		const snoozeUntil = new Date(story.now + 48 * hour).toISOString();
		await story.ledger.updateExceptions([{ exceptionId, state: 'resolved', by: 'Ada', snoozeUntil }]);
		story.later(47 * hour);
		expect(await open()).toEqual([]);
		story.later(hour);
		expect(await open()).toEqual([exceptionId]);
	});

	test('resolves itself when the cause is gone, and is a new exception when it happens again', async () => {
		await story.ledger.add([change('TEE')]);
		await fail('TEE');
		const [first] = await story.ledger.exceptions();
		await story.ledger.add([change('TEE', { version: laterVersion, columns: { SHORT_DESC: 'Mended' } })]);
		const [item] = await story.ledger.take({ target: 'khaos', kinds: ['stockItem'] });
		await story.ledger.settle([confirmed(item!)]);
		expect(await story.ledger.exceptions()).toEqual([]);
		expect(
			await story.ledger.updateExceptions([{ exceptionId: first!.exceptionId, state: 'resolved', by: 'Ada' }]),
		).toMatchObject([{ outcome: 'unchanged', exception: { resolvedBy: null } }]);
		await story.ledger.add([change('TEE', { version: '2026-11-02T11:00:00.000Z', columns: { SHORT_DESC: 'Broken' } })]);
		await fail('TEE');
		const [second] = await story.ledger.exceptions();
		expect(second!.exceptionId).not.toBe(first!.exceptionId);
		// Now that Khaos has the item, it is less bad.
		expect(second!.severity).toBe('high');
		expect(
			await story.ledger.updateExceptions([{ exceptionId: first!.exceptionId, state: 'open', by: 'Ada' }]),
		).toMatchObject([{ outcome: 'alreadyOpen' }]);
		expect(await story.ledger.updateExceptions([{ exceptionId: '999999', state: 'open', by: 'Ada' }])).toMatchObject([
			{ outcome: 'notFound', exception: null },
		]);
	});

	test('gives a type to another owner, with what is open of it', async () => {
		await story.ledger.add([rejection('P1', 'itemName')]);
		await story.ledger.setDefaultOwner('invalidProduct', 'operations', 'Grace');
		await story.ledger.add([rejection('P2', 'itemName')]);
		expect((await story.ledger.exceptions()).map((one) => one.owner)).toEqual(['operations', 'operations']);
		await story.ledger.setDefaultOwner('invalidProduct', null, 'Grace');
		expect((await story.ledger.exceptions()).map((one) => one.owner)).toEqual(['ecommerce', 'ecommerce']);
	});

	test('lists what happened since a time', async () => {
		await story.ledger.add([rejection('P1', 'itemName')]);
		story.later(hour);
		const since = new Date(story.now).toISOString();
		await story.ledger.add([rejection('P2', 'itemName')]);
		expect((await story.ledger.exceptions({ since })).map((one) => one.primaryId)).toEqual(['P2']);
		const [{ exceptionId }] = (await story.ledger.exceptions({ search: 'P1' })) as [ListedException];
		await story.ledger.updateExceptions([{ exceptionId, note: 'Asked.', by: 'Ada' }]);
		expect(await story.ledger.exceptions({ since })).toHaveLength(2);
		await expect(story.ledger.exceptions({ since: 'yesterday' })).rejects.toThrow('"yesterday" is no date');
	});
});
