import type { Database } from '../../lib/ledger/store/database';
import { hintPort } from '../../lib/ledger/intake/hints';
import { openLedger } from '../../lib/ledger/ledger';
import { openPostgres } from '../../lib/ledger/store/postgres';
import { scanPort } from '../../lib/ledger/intake/scan';
import { defaultSettings } from '../../lib/ledger/settings';
import { openSqlite } from '../../lib/ledger/store/sqlite';
import type { ScanCursor } from '../../lib/pimberly/scanPort';
import { backends, freshStore } from './story';

/** A connection that is lost while the database commits: nobody knows whether it did, so the operation is done again. */
describe.each(backends)('an operation whose commit is of unknown outcome, %s', (backend) => {
	const { store, remove } = freshStore(backend);
	let twice: Database;
	let tokens = 0;
	const newToken = (): string => `token-${++tokens}`;

	beforeAll(async () => {
		await (await openLedger({ store, environment: 'Live' })).close();
		const real = store.backend === 'postgres' ? openPostgres(store) : openSqlite({ file: store.file });
		twice = {
			...real,
			write: async (work) => {
				await real.write(work);
				return await real.write(work);
			},
		};
	});
	afterAll(async () => {
		await twice.close();
		remove();
	});

	const cursor: ScanCursor = { watermark: '2026-11-02T09:00:00.000Z', scan: null, boundary: {}, lastCompleteAt: null };
	const product = { primaryId: 'A', internalId: 'id-A', dateUpdated: '2026-11-02T08:59:00.000Z' };

	test('a step of a scan keeps its lease, and its products go out', async () => {
		const scan = scanPort(
			twice,
			1,
			defaultSettings,
			'this process',
			{ newToken, every: () => () => undefined },
			'trigger',
		);
		const step = (await scan.begin(60_000))!;
		expect(step).not.toBeNull();
		expect(await scan.begin(60_000)).toBeNull();
		expect(await scan.emit(step.token, step.token, [product], cursor)).toBe(true);
		expect(await scan.emit('1.another', '1.another', [product], cursor)).toBe(false);
	});

	test('notifications are in the hands of who took them', async () => {
		const hints = hintPort(twice, 1, defaultSettings, newToken);
		await hints.add([{ idKind: 'primaryId', id: 'A', deleted: false }]);
		const taken = await hints.take(10, 60_000);
		expect(taken.hints).toMatchObject([{ id: 'A' }]);
		expect((await hints.take(10, 60_000)).hints).toEqual([]);
		const [hint] = taken.hints;
		expect(await hints.emit(taken.token, [{ hintId: hint!.hintId, ...product }])).toEqual([hint!.hintId]);
	});
});
