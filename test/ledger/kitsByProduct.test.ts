import { backends, beginStory, change, confirmed, keys, kit, type Story } from './story';

const later = '2026-11-02T08:59:30.000Z';

/** Kits whose components are known by product only, until that product has claimed its stock code. */
describe.each(backends)('%s: a component that is given by its product', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => {
		await story.end();
	});

	const add = async (...items: Parameters<Story['ledger']['add']>[0]): Promise<string[]> =>
		(await story.ledger.add(items)).map(({ outcome }) => outcome);
	const set = (version?: string) => change('SET', { primaryId: 'P-SET', version });
	const ofSet = (version?: string) => kit('SET', ['SOCKS*2'], { primaryId: 'P-SET', version });
	const faults = async (): Promise<Array<[string, string]>> =>
		(await story.ledger.exceptions()).map(({ primaryId, reason }) => [primaryId, reason]);
	const confirmAll = async (): Promise<string[]> => {
		const done: string[] = [];
		for (;;) {
			const batch = await story.ledger.take({ target: 'khaos' });
			if (batch.length === 0) return done;
			done.push(...keys(batch));
			await story.ledger.settle(batch.map(confirmed));
		}
	};

	test('is no kit, whichever of the two comes in one go', async () => {
		expect(await add(set(), ofSet(), change('GIFT'), kit('GIFT', ['primaryId:P-SET*1']))).toEqual([
			'accepted',
			'held',
			'accepted',
			'rejected',
		]);
		expect(await faults()).toEqual([['GIFT', expect.stringContaining('SET of GIFT is itself a kit') as string]]);
	});

	test('can be made no kit once it is part of one, in one go', async () => {
		expect(await add(change('GIFT'), kit('GIFT', ['internalId:id-SET*1']), set(), ofSet())).toEqual([
			'accepted',
			'held',
			'accepted',
			'rejected',
		]);
		expect(await faults()).toEqual([['P-SET', expect.stringContaining('also a component of GIFT') as string]]);
	});

	test('can be made no kit when its product comes later', async () => {
		await add(change('GIFT'), kit('GIFT', ['primaryId:P-SET*1']));
		expect(await add(set(), ofSet())).toEqual(['accepted', 'rejected']);
		expect(await faults()).toEqual([['P-SET', expect.stringContaining('also a component of GIFT') as string]]);
		expect(await confirmAll()).toEqual(['GIFT', 'SET', 'GIFT']);
	});

	test('is a kit again when the other kit lets go of it', async () => {
		await add(change('GIFT'), kit('GIFT', ['primaryId:P-SET*1']), change('SOCKS'));
		await add(set(), ofSet());
		await add(change('GIFT', { version: later }), kit('GIFT', ['SOCKS*1'], { version: later }));
		expect(await add(set(later), ofSet(later))).toContain('held');
		expect(await faults()).toEqual([]);
	});
});

describe.each(backends)('%s: a kit of a product that has no right to its stock code', (backend) => {
	let story: Story;
	beforeEach(async () => {
		story = await beginStory(backend);
	});
	afterEach(async () => {
		await story.end();
	});

	test('does not make a kit of the item whose code it is', async () => {
		await story.ledger.add([change('LAMP', { primaryId: 'P1' })]);
		const foreign = await story.ledger.add([kit('LAMP', ['SOCKS*1'], { primaryId: 'P2' })]);
		expect(foreign).toMatchObject([{ outcome: 'rejected' }]);
		const outcomes = await story.ledger.add([change('GIFT'), kit('GIFT', ['LAMP*1'])]);
		expect(outcomes).toMatchObject([{ outcome: 'accepted' }, { outcome: 'held' }]);
	});
});
