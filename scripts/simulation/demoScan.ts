import { DEFAULT_HEADINGS } from '../../lib/pimberly/product';
import type { ScanSettings } from '../../lib/pimberly/scan';

/** How the delta-sync template reads the demo account, for those who play it without n8n. */
export const DEMO_SCAN: Omit<ScanSettings, 'maxPerStep' | 'pageSize'> = {
	source: 'updated',
	startFrom: { from: 'all' },
	overlapMs: 5 * 60_000,
	fullResyncAt: null,
	onlyWhen: { attribute: 'readyForErp', values: ['true'] },
	relations: {
		typeAttribute: 'productType',
		variantParentValues: ['VariantParent'],
		variantValues: ['Variant'],
		otherwise: 'none',
		from: 'automatic',
		concurrency: 4,
	},
	headings: DEFAULT_HEADINGS,
};
