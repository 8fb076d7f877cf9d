import type { Product } from '../../../lib/shapes';
import { DEFAULT_HEADINGS } from '../../../lib/pimberly/product';
import { DEFAULT_RELATIONS } from '../../../lib/pimberly/relations';
import { scanStep, type ScanSettings, type StepOutcome } from '../../../lib/pimberly/scan';
import type { ScanPort } from '../../../lib/pimberly/scanPort';
import { newProcessMemory, staticScanPort, type StaticMemory } from '../../../lib/pimberly/staticScanPort';
import { Account } from './account';
import { feedClient, world } from './world';

export const MINUTE = 60_000;
export const everything: ScanSettings = {
	source: 'updated',
	startFrom: { from: 'all' },
	overlapMs: 5 * MINUTE,
	fullResyncAt: null,
	maxPerStep: 5_000,
	pageSize: 100,
	onlyWhen: null,
	relations: null,
	headings: DEFAULT_HEADINGS,
};
export const withRelations: ScanSettings = {
	...everything,
	relations: {
		...DEFAULT_RELATIONS,
		typeAttribute: 'type',
		variantParentValues: ['VariantParent'],
		variantValues: ['Variant'],
		otherwise: 'none',
	},
};

/** An account, a trigger's memory and a clock. */
export function stage(settings: ScanSettings = everything, budgetMs = 300_000) {
	const account = new Account();
	const given = { ...world(), request: account.request };
	const kept: StaticMemory = {};
	const memory = newProcessMemory();
	let tokens = 0;
	const port = staticScanPort(kept, memory, given.now, () => `step-${++tokens}`);
	const step = async (more: Partial<ScanSettings> = {}, through: ScanPort = port): Promise<StepOutcome> =>
		await scanStep({ client: feedClient(given), port: through, now: given.now, budgetMs }, { ...settings, ...more });
	const products = async (more: Partial<ScanSettings> = {}): Promise<Product[]> => {
		const outcome = await step(more);
		return outcome.status === 'done' ? outcome.products : [];
	};
	const hold = (...ids: string[]) => {
		for (const id of ids) account.put({ internalId: id, primaryId: `P-${id}`, dateUpdated: given.now() });
	};
	return { account, given, kept, memory, port, step, products, hold };
}
export const ids = (products: Product[]): string[] => products.map((product) => product.internalId);
