import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData, INodeParameters, INodeType } from 'n8n-workflow';

import { importStock } from '../../lib/khaos/stockImport/stockImport';
import type { Change, Kind } from '../../lib/shapes';
import { KhaosControlKit } from '../../nodes/KhaosControl/KhaosControlKit.node';
import { KhaosControlPriceList } from '../../nodes/KhaosControl/KhaosControlPriceList.node';
import { KhaosControlStockItem } from '../../nodes/KhaosControl/KhaosControlStockItem.node';
import { openFromCredential } from '../../nodes/ledgerFromCredentials';
import { Sequencer } from '../../nodes/Sequencer/Sequencer.node';
import { importPrices } from '../../simulators/khaos/priceLists';
import { importRelationships } from '../../simulators/khaos/relationships';
import { startSimulators, type Simulators } from '../../simulators/start';
import { clientOf, lamp } from '../contract/khaos/kit';
import { kit, price, stockItem } from '../ledger/story';
import { itemsOf, run } from './harness';

/** Items, kits and prices on their way: added, compared, written as files, sent, imported by a person, read back. */
describe('the loop of an import file is closed by a read-back', () => {
	let simulators: Simulators;
	let folder: string;
	let credentials: Record<string, IDataObject>;
	beforeEach(async () => {
		simulators = await startSimulators();
		folder = mkdtempSync(join(tmpdir(), 'import-files-'));
		credentials = {
			khaosControlWebServicesApi: { url: simulators.khaosUrl, authentication: 'none', timeoutSeconds: 5 },
			syncLedgerApi: { environment: 'Test', backend: 'sqlite', file: join(folder, 'ledger.sqlite') },
		};
	});
	afterEach(async () => {
		await simulators.stop();
		await (await openFromCredential(credentials['syncLedgerApi'])).close();
		rmSync(folder, { recursive: true });
	});

	const node = async (type: INodeType, parameters: INodeParameters, items?: INodeExecutionData[]) =>
		await run({ node: type, parameters, credentials }, items);
	const sequencer = async (operation: string, parameters: INodeParameters = {}, items?: INodeExecutionData[]) =>
		(await node(new Sequencer(), { operation, ...parameters }, items))[0]!;
	const add = async (...changes: unknown[]) => await sequencer('add', {}, itemsOf(...(changes as IDataObject[])));
	const take = async (kinds: Kind[]) => await sequencer('take', { target: 'khaos', kinds });
	const settle = async (results: INodeExecutionData[]) =>
		(await sequencer('settle', { settleOptions: { firstLookSeconds: 1 } }, results)).map(({ json }) => json['outcome']);
	/** What was sent is handed out again to be read back, when its time has come. */
	const checks = async (kinds: Kind[]): Promise<INodeExecutionData[]> => {
		for (;;) {
			const due = await take(kinds);
			if (due.length > 0) return due;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	};
	const contentOf = (file: INodeExecutionData) => Buffer.from(file.binary!['data']!.data, 'base64').toString('utf8');
	const changeOf = (part: unknown) => (part as { change: Change }).change;

	test('stock items', async () => {
		await add(stockItem('LAMP', { columns: lamp('LAMP') as never }));
		const write = await take(['stockItem']);
		const [files, results] = await node(new KhaosControlStockItem(), { operation: 'createImportFile' }, write);
		expect(await settle(results!)).toEqual(['sent']);

		const confirm = async (items: INodeExecutionData[]) =>
			await settle((await node(new KhaosControlStockItem(), { operation: 'confirm' }, items))[0]!);
		expect(await confirm(await checks(['stockItem']))).toEqual(['sent']);
		const [header, row] = contentOf(files![0]!)
			.split('\r\n')
			.map((line) => line.split('\t'));
		await importStock(clientOf(simulators.khaosUrl), [
			Object.fromEntries(header!.map((name, at) => [name, row![at]!])),
		]);
		expect(await confirm(await checks(['stockItem']))).toEqual(['confirmed']);
	}, 30_000);

	test('kits and prices', async () => {
		for (const code of ['SET', 'LAMP', 'BULB'])
			simulators.khaos.edit({ code, set: lamp(code) as Record<string, string> });
		await add(...['SET', 'LAMP', 'BULB'].map((code) => stockItem(code, { columns: lamp(code) as never })));
		const items = await take(['stockItem']);
		await settle((await node(new KhaosControlStockItem(), { operation: 'createOrUpdate' }, items))[0]!);
		await add(changeOf(kit('SET', ['LAMP*1', 'BULB*2'])), changeOf(price('LAMP', 'Trade', '21.00')));

		const [, kits] = await node(new KhaosControlKit(), { operation: 'compare' }, await take(['kit']));
		const [kitFile, kitResults] = await node(new KhaosControlKit(), { operation: 'createImportFile' }, kits);
		const [, prices] = await node(new KhaosControlPriceList(), { operation: 'compare' }, await take(['price']));
		const [priceFile, priceResults] = await node(
			new KhaosControlPriceList(),
			{ operation: 'createImportFile' },
			prices,
		);
		expect(await settle([...kitResults!, ...priceResults!])).toEqual(['sent', 'sent']);

		const compared = async (type: INodeType, kind: Kind) => {
			const [settled, toWrite] = await node(type, { operation: 'compare' }, await checks([kind]));
			expect(toWrite).toEqual([]);
			return await settle(settled!);
		};
		expect(await compared(new KhaosControlKit(), 'kit')).toEqual(['sent']);
		expect(await compared(new KhaosControlPriceList(), 'price')).toEqual(['sent']);
		importRelationships(simulators.khaos, contentOf(kitFile![0]!), 'pack');
		importPrices(simulators.khaos, contentOf(priceFile![0]!));
		expect(await compared(new KhaosControlKit(), 'kit')).toEqual(['confirmed']);
		expect(await compared(new KhaosControlPriceList(), 'price')).toEqual(['confirmed']);
		expect(await sequencer('getAll', { filters: { kinds: ['kit', 'price'] } })).toEqual([]);
	}, 30_000);
});
