import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { batchItemSchema, keyOf, resultSchema, type BatchItem, type DesiredKit } from '../../lib/shapes';
import { KhaosControlKit } from '../../nodes/KhaosControl/KhaosControlKit.node';
import { startSimulators, type Simulators } from '../../simulators/start';
import { itemsOf, run } from './harness';

const when = '2026-11-24T09:00:00.000Z';

/** A kit as the Sequencer Trigger hands it out. */
const kitItem = (kit: DesiredKit, more: Partial<BatchItem> = {}): BatchItem => ({
	kind: 'kit',
	key: keyOf(kit.stockCode),
	version: when,
	lane: 2,
	changedFields: [],
	needs: [],
	desired: kit,
	source: { primaryId: kit.stockCode, internalId: '', dateUpdated: when },
	warnings: [],
	changeId: `change-${kit.stockCode}`,
	lease: { token: 'lease-1', until: when },
	attempt: 1,
	confirmed: null,
	...more,
});

const pack = (stockCode: string, ...components: Array<[code: string, quantity: string]>): DesiredKit => ({
	stockCode,
	relation: 'pack',
	components: components.map(([code, quantity]) => ({ stockCode: code, quantity })),
});

describe('Khaos Control Kit', () => {
	let simulators: Simulators;
	let credentials: Record<string, IDataObject>;

	beforeEach(async () => {
		simulators = await startSimulators();
		credentials = { khaosControlWebServicesApi: { url: simulators.khaosUrl, authentication: 'none', timeoutSeconds: 5 } };
		for (const code of ['SET', 'LAMP', 'BULB', 'SHADE']) simulators.khaos.edit({ code, set: { SHORT_DESC: code } });
	});
	afterEach(async () => await simulators.stop());

	const node = new KhaosControlKit();
	const execute = async (parameters: INodeParameters, items?: INodeExecutionData[], continueOnFail = false) =>
		await run({ node, parameters, credentials, continueOnFail }, items);
	const batch = (...items: BatchItem[]) => itemsOf(...(items as unknown as IDataObject[]));
	const holds = (parent: string, type: 'pack' | 'build', ...items: Array<[code: string, qty: number]>) =>
		simulators.khaos.kits.set(keyOf(parent), { parent, type, items: items.map(([code, qty]) => ({ code, qty })) });
	const methods = () => simulators.control.log().map((call) => call.method);
	const contentOf = (item: INodeExecutionData) => Buffer.from(item.binary!['data']!.data, 'base64').toString('utf8');

	describe('Compare', () => {
		test('a pack that Khaos holds as it should is adopted', async () => {
			holds('SET', 'pack', ['LAMP', 1], ['BULB', 2.5]);
			const [settled, toWrite] = await execute(
				{ operation: 'compare' },
				batch(kitItem(pack('SET', ['BULB', '2.50'], ['lamp', '1']))),
			);
			expect(toWrite).toEqual([]);
			expect(resultSchema.parse(settled![0]!.json)).toMatchObject({
				status: 'confirmed',
				adopted: true,
				changeId: 'change-SET',
				kitReadBack: { exists: true, relation: 'pack', components: [{ stockCode: 'LAMP', quantity: '1' }, {}] },
			});
			expect(methods()).toEqual(['ExportStock']);
		});

		test('a pack that differs goes on as it came, with what Khaos holds', async () => {
			holds('SET', 'pack', ['LAMP', 1]);
			const item = kitItem(pack('SET', ['LAMP', '2'], ['BULB', '1']));
			const [settled, toWrite] = await execute({ operation: 'compare' }, batch(item));
			expect(settled).toEqual([]);
			expect(batchItemSchema.parse(toWrite![0]!.json)).toMatchObject({
				desired: item.desired,
				lease: item.lease,
				confirmed: { components: [{ stockCode: 'LAMP', quantity: '1' }] },
			});
		});
	});

	test('Create Import File writes a file for each kind, and says that its kits are sent', async () => {
		const [files, results] = await execute(
			{ operation: 'createImportFile' },
			batch(kitItem(pack('SET', ['LAMP', '1'], ['BULB', '2.5']))),
		);
		expect(files).toHaveLength(1);
		expect(contentOf(files![0]!)).toBe('PARENT_CODE\tCHILD_CODE\tQTY\tVALUE_PROP\r\nSET\tLAMP\t1.00\t\r\nSET\tBULB\t2.50\t');
		expect(files![0]!.binary!['data']).toMatchObject({
			mimeType: 'text/tab-separated-values',
			fileName: expect.stringMatching(/^kit-relations-\d{4}-\d\d-\d\d-\d{6}-\d{3}-move-with\.tsv$/) as unknown,
		});
		expect(resultSchema.parse(results![0]!.json)).toMatchObject({ status: 'sent', awaiting: 'import', kind: 'kit' });
	});
});
