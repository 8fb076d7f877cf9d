import { backends, beginStory, change, confirmed, rejection, result, type Story } from './story';

/** What no database keeps as it is: NUL, and half of a character (an emoji that was cut in two). */
const broken = `Lamp \0 with half a smile \ud83d.`;
const kept = 'Lamp \ufffd with half a smile \ufffd.';

describe.each(backends)('text that a database can’t hold, %s', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => await story.end());

	test('stops nobody: it is kept with a mark in the place of what is not a character', async () => {
		const { ledger } = story;
		await ledger.add([
			change('LAMP', { columns: { SHORT_DESC: broken } }),
			rejection('BAD', 'itemName', { reasons: [{ field: 'itemName', value: broken, reason: broken, remedy: broken }] }),
		]);
		expect(await ledger.exceptions()).toMatchObject([{ key: 'BAD', value: kept, reason: kept, remedy: kept }]);
		const [lamp] = await ledger.take({ target: 'khaos' });
		await ledger.settle([result(lamp!, 'failed', { cause: 'refused', reason: broken, remedy: broken })]);
		expect(await ledger.exceptions({ types: ['failedTransfer'] })).toMatchObject([{ key: 'LAMP', reason: kept }]);
		await ledger.executionFailed({
			workflowId: '1',
			workflowName: broken,
			executionId: '',
			url: '',
			node: broken,
			message: broken,
		});
		await ledger.hints.add([{ idKind: 'primaryId', id: broken, deleted: false }]);
	});

	test('in a key names the same record each time', async () => {
		const { ledger } = story;
		await ledger.add([change(`LAMP\0`), change(`LAMP\0 RED`, { parent: `LAMP\0` })]);
		await ledger.settle((await ledger.take({ target: 'khaos' })).map(confirmed));
		expect(await ledger.take({ target: 'khaos' })).toMatchObject([{ key: 'LAMP\ufffd RED' }]);
	});
});
