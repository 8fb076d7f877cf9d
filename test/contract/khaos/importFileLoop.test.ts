import { compareKits } from '../../../lib/khaos/kits/kitComparison';
import { kitFiles } from '../../../lib/khaos/kits/kitFile';
import { comparePrices } from '../../../lib/khaos/prices/priceComparison';
import { cloudPriceFiles, desktopPriceFiles } from '../../../lib/khaos/prices/priceFile';
import { desiredKitSchema, desiredPriceSchema, type BatchItem } from '../../../lib/shapes';
import { importPrices } from '../../../simulators/khaos/priceLists';
import { importRelationships } from '../../../simulators/khaos/relationships';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { clientOf, Memory } from './kit';
import { kitItem, pack, price, priceItem } from './records';

const CODES = ['00012', 'SAY "HI"', "O'NEIL", 'R&D', '<b>', 'ÄÖÜ-ß', '漢字', '=1+1', '1E5', 'a b', 'X'.repeat(50)];

describe('what a file brought into Khaos reads back equal, whatever the codes', () => {
	let simulators: Simulators;
	beforeEach(async () => {
		simulators = await startSimulators({
			settings: {
				khaos: { priceLists: ['Trade', 'Prix & "été"', 'Outlet, 2nd'].map((name) => ({ name, net: true })) },
			},
		});
		for (const code of [...CODES, ...CODES.map((code) => `${code.slice(0, 48)}-K`), 'A,B'])
			simulators.khaos.edit({ code });
	});
	afterEach(async () => await simulators.stop());

	const tools = () => ({
		client: clientOf(simulators.khaosUrl),
		port: new Memory(),
		sleep: async () => await Promise.resolve(),
	});
	const checked = (items: BatchItem[]) => items.map((item) => ({ ...item, purpose: 'check' as const }));

	test.each(['desktop', 'cloud'] as const)('kits (%s)', async (format) => {
		const items = CODES.map((code, at) =>
			kitItem(pack(`${code.slice(0, 48)}-K`, [code, `${at + 1}.25`], [at === 0 ? 'A,B' : CODES[at - 1]!, '0.1'])),
		);
		const compare = async (given: BatchItem[]) => await compareKits({ ...tools(), buildsShown: 'never' }, given);
		expect(await compare(items)).toMatchObject(items.map(() => ({ toWrite: {} })));
		const { files, refused } = kitFiles(
			items.map((item) => ({ kit: desiredKitSchema.parse(item.desired) })),
			format,
		);
		expect(refused).toEqual([]);
		for (const { content } of files) {
			expect(importRelationships(simulators.khaos, content, format === 'cloud' ? null : 'pack').refused).toEqual([]);
		}
		expect(await compare(checked(items))).toMatchObject(items.map(() => ({ settled: { status: 'confirmed' } })));
	});

	test.each(['cloud', 'xml'] as const)('prices (%s)', async (format) => {
		const items = CODES.flatMap((code, at) =>
			['Trade', 'Prix & "été"', 'Outlet, 2nd']
				.slice(at % 3)
				.flatMap((list) => [
					priceItem(price(code, list, `${at}.10`, { bandHigh: 9 })),
					priceItem(price(code, list, `${at}.05`, { bandLow: 10 })),
				]),
		);
		const compare = async (given: BatchItem[]) =>
			await comparePrices({ ...tools(), currencies: { base: 'GBP', byList: {} } }, given);
		expect(await compare(items)).toMatchObject(items.map(() => ({ toWrite: {} })));
		const entries = items.map((item) => ({ price: desiredPriceSchema.parse(item.desired) }));
		const { files, refused } = format === 'cloud' ? cloudPriceFiles(entries) : desktopPriceFiles(entries);
		expect(refused).toEqual([]);
		for (const { content } of files) expect(importPrices(simulators.khaos, content, 'clear').refused).toEqual([]);
		expect(await compare(checked(items))).toMatchObject(items.map(() => ({ settled: { status: 'confirmed' } })));
	});
});
