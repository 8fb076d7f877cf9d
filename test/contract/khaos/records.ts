import { keyOf, priceKeyOf, type BatchItem, type DesiredKit, type DesiredPrice } from '../../../lib/shapes';

const when = '2026-11-24T09:00:00.000Z';

/** A change as the Sequencer Trigger hands it out. */
const itemOf = (kind: BatchItem['kind'], key: string, desired: DesiredKit | DesiredPrice): BatchItem => ({
	kind,
	key,
	version: when,
	lane: kind === 'price' ? 1 : 2,
	changedFields: [],
	needs: [],
	desired,
	source: { primaryId: desired.stockCode, internalId: '', dateUpdated: when },
	warnings: [],
	changeId: `change-${key}`,
	lease: { token: 'lease-1', until: when },
	attempt: 1,
	confirmed: null,
	purpose: 'write',
});

export const kitItem = (kit: DesiredKit, more: Partial<BatchItem> = {}): BatchItem => ({
	...itemOf('kit', keyOf(kit.stockCode), kit),
	...more,
});

export const pack = (stockCode: string, ...components: Array<[code: string, quantity: string]>): DesiredKit => ({
	stockCode,
	relation: 'pack',
	components: components.map(([code, quantity]) => ({ stockCode: code, quantity })),
});

export const build = (...given: Parameters<typeof pack>): DesiredKit => ({ ...pack(...given), relation: 'build' });

export const price = (
	stockCode: string,
	priceList: string,
	amount: string,
	more: Partial<DesiredPrice> = {},
): DesiredPrice => ({ stockCode, priceList, amount, bandLow: 1, bandHigh: 99_999, currency: '', net: true, ...more });

export const priceItem = (desired: DesiredPrice, more: Partial<BatchItem> = {}): BatchItem => ({
	...itemOf('price', priceKeyOf(desired), desired),
	...more,
});
