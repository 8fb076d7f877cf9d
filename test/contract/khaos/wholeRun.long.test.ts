import type { BatchItem, Result } from '../../../lib/shapes';
import type { SettingsInput } from '../../../simulators/settings';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { Delivery, itemOf, lamp } from './kit';

/** A catalogue with what makes values hard to carry: entities, lists, markup, quotes, accents, zero rates. */
const catalogue = (count: number): BatchItem[] =>
	Array.from({ length: count }, (_, index) =>
		itemOf(
			lamp(`SKU-${index}`, {
				SHORT_DESC: `Lamp no. ${index} "Été" & <co> 5' – ½ 灯`,
				LONG_DESC: `<p>Bright &amp; warm.&nbsp;Up to ${index} hours &lt; a day.</p> <ul><li>Oak</li><li>Brass</li></ul>`,
				BUY_PRICE: `${index}.50`,
				TAX_CODE: String((index % 6) + 1),
				WEIGHT: index % 5 === 0 ? null : `0.${index + 1}0`,
				BARCODE: index % 7 === 0 ? null : `50123456${String(index).padStart(5, '0')}`,
				MANUFACTURER: 'Luma',
				OTHER_REF: `REF-${index}`,
				DISCONTINUED: index % 11 === 0 ? '-1' : '0',
				'UDA:Colour': index % 3 === 0 ? 'Black' : null,
				'UDA:Material': 'CoolTech™, Mesh, Wool',
				'Harmonisation:Code': '94052190',
				'Harmonisation:Country': 'GB',
			}),
		),
	);

/** Send in batches of 100 until nothing is left, as the ledger would: what isn't confirmed comes again. */
async function untilDone(delivery: Delivery, items: BatchItem[], rounds = 8): Promise<Result[]> {
	let open = items;
	const done: Result[] = [];
	for (let round = 1; open.length > 0 && round <= rounds; round++) {
		const left: BatchItem[] = [];
		for (let at = 0; at < open.length; at += 100) {
			const batch = open.slice(at, at + 100).map((item) => ({ ...delivery.again(item), attempt: round }));
			for (const [index, result] of (await delivery.send(...batch)).entries()) {
				if (result.status === 'confirmed') done.push(result);
				else left.push(open[at + index]!);
			}
		}
		open = left;
	}
	return done;
}

const stateOf = (simulators: Simulators): unknown => {
	const { stockItems } = simulators.control.state().khaos as { stockItems: Record<string, unknown> };
	return Object.fromEntries(
		Object.keys(stockItems).map((code) => {
			const { fields, udas, harmonisation } = simulators.khaos.get(code)!;
			return [code, structuredClone({ fields, udas, harmonisation })];
		}),
	);
};

describe('a whole run ends in the same state', () => {
	let simulators: Simulators | null = null;
	let expected: unknown;

	beforeAll(async () => {
		const calm = await startSimulators();
		await untilDone(new Delivery(calm), catalogue(120));
		expected = stateOf(calm);
		await calm.stop();
	});
	afterEach(async () => await simulators?.stop());

	test.each([
		'fault',
		'http500',
		'html500',
		'timeout',
		'drop',
		'applyThenDrop',
		'rejectRow',
		'truncate',
		'401',
		'429',
		'503',
	])('with one call in seven failing (%s)', async (kind) => {
		simulators = await startSimulators({ hangMs: 200, faults: [{ side: 'khaos', kind, every: 7 }] });
		const done = await untilDone(new Delivery(simulators, 100), catalogue(120));
		expect(done).toHaveLength(120);
		expect(stateOf(simulators)).toEqual(expected);
	});

	test.each<[string, NonNullable<SettingsInput['dialect']>]>([
		[
			'other prefixes, untyped',
			{ envelopePrefix: 'soap', methodPrefix: 'm', xsiPrefix: 'i', xsdPrefix: 'd', typed: false },
		],
		['no prefixes at all', { envelopePrefix: '', methodPrefix: '', typePrefix: '' }],
		['another name for the result', { resultName: 'Result', exportRoot: 'EXPORT' }],
		['multiref objects', { multiRef: 'objects' }],
		['multiref everything', { multiRef: 'all', emptyElements: 'selfClosing' }],
		['CDATA', { documentResult: 'cdata', importSummary: 'attributes', emptyElements: 'omitted' }],
		['inline XML', { documentResult: 'inline', documentDeclaration: false, byteOrderMark: true }],
		['a complex type', { documentResult: 'complex', importSummary: 'structure' }],
		['a sentence as summary, faults with HTTP 200', { importSummary: 'sentence', faultStatus: 200, faultDetail: true }],
		['a bare count', { importSummary: 'count' }],
		['an empty summary', { importSummary: 'empty' }],
	])('with a server that speaks %s', async (_, dialect) => {
		simulators = await startSimulators({
			settings: { dialect },
			faults: [{ side: 'khaos', kind: 'fault', method: 'ImportStockTSV', every: 7 }],
		});
		const done = await untilDone(new Delivery(simulators), catalogue(120));
		expect(done).toHaveLength(120);
		expect(stateOf(simulators)).toEqual(expected);
	});

	test.each<[string, NonNullable<SettingsInput['khaos']>]>([
		['decodes long descriptions', { longDescription: 'decoded' }],
		['respaces long descriptions', { longDescription: 'respaced' }],
		['shortens numbers', { numbers: 'short' }],
		['shows four decimals', { numbers: 'fourDecimals' }],
		['keeps what a blank cell would clear, and adds barcodes', { blankCells: 'keep', barcodes: 'add' }],
		['shows materials as a list', { udaTypes: { Material: 'LIST', Colour: 'CHOICE' } }],
		['says more in its stock list', { stockListExtras: true, executable: 'LiveSoap/KhaosKSD.exe' }],
	])('with a Khaos that %s', async (_, khaos) => {
		simulators = await startSimulators({ settings: { khaos } });
		const delivery = new Delivery(simulators);
		expect(await untilDone(delivery, catalogue(120))).toHaveLength(120);
		expect(stateOf(simulators)).toEqual(expected);

		// Nothing changed: nothing is written, whether the records are remembered or have to be read.
		simulators.control.resetLog();
		delivery.memory.records.clear();
		delivery.memory.list = null;
		const again = await untilDone(delivery, catalogue(120));
		expect(again.every((result) => result.adopted)).toBe(true);
		expect(delivery.count('ImportStockTSV')).toBe(0);
	});

	test('1,027 new items take 42 imports, 21 read-backs and at most five other calls', async () => {
		simulators = await startSimulators();
		const delivery = new Delivery(simulators);
		const items = catalogue(1_027);
		for (let at = 0; at < items.length; at += 100) {
			delivery.memory.more = at + 100 < items.length;
			await delivery.send(...items.slice(at, at + 100));
		}
		expect(delivery.count('ImportStockTSV')).toBeLessThanOrEqual(42);
		expect(delivery.count('ExportStock')).toBeLessThanOrEqual(21);
		expect(delivery.calls.length).toBeLessThanOrEqual(68);
		expect(simulators.khaos.count).toBe(1_027);
	}, 60_000);
});
