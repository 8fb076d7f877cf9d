import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IRun } from 'n8n-workflow';

import { openLedger, type Ledger } from '../../lib/ledger/ledger';
import { endOfBatch } from '../../nodes/Sequencer/endOfBatch';
import { change } from '../ledger/story';

let folder: string;
let ledger: Ledger;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'end-of-batch-'));
	ledger = await openLedger({ environment: 'Test', store: { backend: 'sqlite', file: join(folder, 'ledger.sqlite') } });
	await ledger.add([change('LAMP'), change('VASE')]);
});
afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true });
});

const failed = { data: { resultData: { error: { message: 'Khaos is away' } } } } as IRun;

test('a batch whose execution fails is free as soon as the ledger answers again', async () => {
	const [item] = await ledger.take({ target: 'khaos' });
	const troubles: string[] = [];
	let away = 3;
	const restarting: Pick<Ledger, 'batch' | 'release'> = {
		batch: ledger.batch,
		release: async (...parameters) => {
			if (away-- > 0) throw new Error('the database is restarting');
			return await ledger.release(...parameters);
		},
	};
	const end = await endOfBatch(
		restarting,
		item!.lease.token,
		Promise.resolve(failed),
		new AbortController().signal,
		async (error) => {
			troubles.push(error.message);
		},
	);
	expect(end).toEqual({ released: 2, reason: 'Khaos is away' });
	expect(troubles).toEqual(Array.from({ length: 3 }, () => 'the database is restarting'));
	expect(await ledger.take({ target: 'khaos' })).toHaveLength(2);
});

test('nothing is given back while the execution goes on, although the ledger was away', async () => {
	const [item] = await ledger.take({ target: 'khaos' });
	let away = true;
	let finish: (run: IRun) => void = () => undefined;
	const done = new Promise<IRun>((resolve) => (finish = resolve));
	const restarting: Pick<Ledger, 'batch' | 'release'> = {
		batch: async (token) => {
			if (away) throw new Error('the database is restarting');
			return await ledger.batch(token);
		},
		release: ledger.release,
	};
	const end = endOfBatch(restarting, item!.lease.token, done, new AbortController().signal, async () => {
		away = false;
		expect((await ledger.batch(item!.lease.token)).open).toBe(2);
		setTimeout(() => finish(failed), 50);
	});
	expect(await end).toMatchObject({ released: 2 });
});

test('a trigger that is switched off waits for no ledger', async () => {
	const stop = new AbortController();
	const broken: Pick<Ledger, 'batch' | 'release'> = {
		batch: async () => await Promise.reject(new Error('gone')),
		release: async () => await Promise.reject(new Error('gone')),
	};
	const end = await endOfBatch(broken, 'token', new Promise(() => undefined), stop.signal, async () => stop.abort());
	expect(end).toEqual({ released: 0, reason: '' });
});
