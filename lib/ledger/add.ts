import type { Change, Need, Reason, Rejection } from '../shapes';
import { jsonParameter, type Transaction } from './database';
import { findCycles } from './cycles';
import { openExceptions, resolveExceptions, type ExceptionType, type NewException } from './exceptions';
import { meetNeeds, recount } from './observe';
import { dropWaiting, placeDrafts, type DraftFor } from './placeDrafts';
import type { Placed } from './placement';
import { recordHintReceipts } from './hints';
import { loadProducts, saveProducts, type KnownProduct } from './products';
import { loadRecords, nameOf, type RecordName } from './records';
import { recordReceipts } from './scan';
import type { LedgerSettings } from './settings';
import { newsOfConfirmed, putStatuses, type StatusNews } from './status';
import { writeTrail, type TrailEntry } from './trail';

export type AddItem = { type: 'change'; change: Change } | { type: 'rejection'; rejection: Rejection };

export type AddOutcome =
	| { outcome: 'accepted' | 'held'; change: Change; waitsFor: Need[] }
	| { outcome: 'unchanged'; change: Change; reason: string }
	| { outcome: 'rejected'; rejection: Rejection };

const byProduct = 'primaryId:';

/**
 * Sequencer: Add. Changes, rejections and the receipts for their emissions in one transaction: after it, whatever
 * happens to this process, each product is either in the ledger or will be emitted again.
 * @returns one outcome for each item, in order.
 */
export async function add(tx: Transaction, environmentId: number, settings: LedgerSettings, items: AddItem[]): Promise<AddOutcome[]> {
	const products = await loadProducts(tx, environmentId, [...new Set(items.map(primaryIdOf))]);
	const changes = items.flatMap((item) => changeOf(item) ?? []);
	const needs = new Map<Change, Need[]>();
	const needed = await resolveNeeds(tx, environmentId, changes);
	for (const change of changes) needs.set(change, change.needs.map((need) => needed.get(nameOf(need)) ?? need));
	const names: RecordName[] = changes.flatMap((change) => [{ kind: change.kind, key: change.key }, ...needs.get(change)!]);
	const records = await loadRecords(tx, environmentId, names);

	const outcomes: AddOutcome[] = [];
	const drafts: Array<{ at: number; change: Change; draft: DraftFor }> = [];
	const touched = new Map<string, KnownProduct>();
	/** Products that were rejected, and are not with this version. */
	const mended = new Set<string>();
	const rejected = new Map<string, { rejection: Rejection; type: ExceptionType }>();
	const trail: TrailEntry[] = [];

	const reject = (at: number, rejection: Rejection, type: ExceptionType): void => {
		outcomes[at] = { outcome: 'rejected', rejection };
		rejected.set(rejection.primaryId, { rejection, type });
		const product = touched.get(rejection.primaryId);
		if (product) product.rejected = rejection.source?.dateUpdated ?? product.version;
		trail.push({
			kind: 'stockItem',
			key: rejection.key,
			primaryId: rejection.primaryId,
			event: 'rejected',
			version: rejection.source?.dateUpdated ?? '',
			details: { reasons: rejection.reasons },
		});
	};

	for (const [at, item] of items.entries()) {
		const primaryId = primaryIdOf(item);
		const source = sourceOf(item);
		const version = source?.dateUpdated ?? new Date(tx.now).toISOString();
		const before = touched.get(primaryId) ?? products.get(primaryId);
		const product: KnownProduct = before ?? {
			primaryId,
			internalId: source?.internalId ?? '',
			version,
			stockKey: null,
			live: false,
			rejected: null,
		};
		const overtaken = before !== undefined && version < before.version;
		touched.set(primaryId, product);
		if (!overtaken) {
			product.version = version;
			product.internalId = source?.internalId || product.internalId;
		}

		const change = changeOf(item);
		if (item.type === 'rejection') {
			if (overtaken) {
				outcomes[at] = { outcome: 'rejected', rejection: item.rejection };
				continue;
			}
			reject(at, item.rejection, 'invalidProduct');
			if (change === null || records.get(nameOf(change))?.present !== true) continue;
		}
		if (change === null) continue;

		const record = records.get(nameOf(change))!;
		const conflict = change.kind === 'stockItem' ? identityConflict(change, record.primaryId, product) : null;
		if (conflict !== null) {
			reject(at, rejectionOf(change, conflict.reason), conflict.type);
			continue;
		}
		if (change.kind === 'stockItem') {
			record.primaryId ??= primaryId;
			product.stockKey ??= change.key;
		}
		if (item.type === 'change' && !overtaken) {
			if (product.rejected !== null) mended.add(primaryId);
			product.rejected = null;
		}
		drafts.push({
			at,
			change,
			draft: {
				record,
				needs: needs.get(change)!,
				draft: {
					kind: change.kind,
					version: change.version,
					lane: change.lane,
					desired: change.desired,
					source: change.source,
					warnings: change.warnings,
					purpose: 'write',
					delayMs: 0,
				},
			},
		});
	}

	const news: StatusNews[] = [];
	const placed = await placeDrafts(
		tx,
		environmentId,
		records,
		drafts.map(({ draft }) => draft),
	);
	for (const [index, { at, change, draft }] of drafts.entries()) {
		const waitsFor = draft.needs.filter((need) => records.get(nameOf(need))?.present !== true);
		if (items[at]!.type === 'change') outcomes[at] = outcomeOf(placed[index]!, change, waitsFor);
		// Put right as it was confirmed before: nothing is sent to Khaos, so nothing else would take the trouble back.
		const { record } = draft;
		const asConfirmed = placed[index]!.outcome === 'unchanged' && record.leased === null && record.waiting === null;
		if (mended.has(change.source.primaryId) && change.kind === 'stockItem' && asConfirmed) {
			news.push(newsOfConfirmed(change.source, change.desired, record.readBack?.stockId ?? ''));
		}
	}

	await claimProductNeeds(tx, environmentId, touched.values());
	const cycles = await findCycles(
		tx,
		drafts.filter(({ at }) => outcomes[at]?.outcome === 'held').map(({ draft }) => draft.record.recordId),
	);
	for (const { at, change, draft } of drafts) {
		const way = cycles.get(draft.record.recordId);
		if (way !== undefined) reject(at, rejectionOf(change, circular(change, way)), 'circularNeed');
	}
	await dropWaiting(tx, [...cycles.keys()]);
	await saveProducts(tx, environmentId, touched.values());
	await askForUnseenNeeds(tx, environmentId, settings, drafts.map(({ draft }) => draft));
	await keepExceptions(tx, environmentId, touched, rejected);
	await putStatuses(tx, environmentId, [...news, ...statusNews(settings, touched, rejected, outcomes)]);
	await writeTrail(tx, environmentId, trail);
	const receipts = items.map((item) => ({ emission: emissionOf(item), primaryId: primaryIdOf(item), version: sourceOf(item)?.dateUpdated ?? '' }));
	await recordReceipts(tx, environmentId, receipts);
	await recordHintReceipts(tx, environmentId, receipts);
	return outcomes;
}

const primaryIdOf = (item: AddItem): string => (item.type === 'change' ? item.change.source.primaryId : item.rejection.primaryId);
const changeOf = (item: AddItem): Change | null => (item.type === 'change' ? item.change : (item.rejection.withoutInvalid ?? null));
const sourceOf = (item: AddItem): Change['source'] | undefined => (item.type === 'change' ? item.change.source : item.rejection.source);
const emissionOf = (item: AddItem): string | null => (item.type === 'change' ? item.change.emission : item.rejection.emission) ?? null;

/** A need given by product (`primaryId:X`) becomes one by stock code once that product has claimed a code. */
async function resolveNeeds(tx: Transaction, environmentId: number, changes: Change[]): Promise<Map<string, Need>> {
	const named = changes.flatMap((change) => change.needs).filter((need) => need.key.startsWith(byProduct));
	const resolved = new Map<string, Need>();
	if (named.length === 0) return resolved;
	const known = await loadProducts(tx, environmentId, [...new Set(named.map((need) => need.key.slice(byProduct.length)))]);
	for (const need of named) {
		const key = known.get(need.key.slice(byProduct.length))?.stockKey;
		if (key) resolved.set(nameOf(need), { kind: need.kind, key });
	}
	return resolved;
}

/** Changes that waited for a product now wait for the stock item it has claimed. */
async function claimProductNeeds(tx: Transaction, environmentId: number, products: Iterable<KnownProduct>): Promise<void> {
	const claimed = new Map([...products].flatMap(({ primaryId, stockKey }) => (stockKey === null ? [] : [[byProduct + primaryId, stockKey] as const])));
	const standIns = await tx.all<{ record_id: number; key: string }>(
		`SELECT record_id, key FROM records WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter([...claimed.keys()]),
	);
	if (standIns.length === 0) return;
	const names = standIns.map(({ key }) => ({ kind: 'stockItem' as const, key: claimed.get(key)! }));
	const records = await loadRecords(tx, environmentId, names);
	const table = tx.dialect.rows('r', { stand_in: 'integer', claimed: 'integer' });
	const rows = jsonParameter(standIns.map(({ record_id }, at) => ({ stand_in: record_id, claimed: records.get(nameOf(names[at]!))!.recordId })));
	const waiting = await tx.all<{ change_id: number }>(
		`SELECT DISTINCT change_id FROM change_needs WHERE met = 0 AND ${tx.dialect.among('need_record_id', 'integer')}`,
		jsonParameter(standIns.map(({ record_id }) => record_id)),
	);
	if (waiting.length === 0) return;
	// What waits for both is left with the one.
	await tx.run(
		`DELETE FROM change_needs WHERE met = 0 AND EXISTS (SELECT 1 FROM ${table} WHERE r.stand_in = change_needs.need_record_id
			AND EXISTS (SELECT 1 FROM change_needs AS other WHERE other.change_id = change_needs.change_id AND other.need_record_id = r.claimed))`,
		rows,
	);
	await tx.run(
		`UPDATE change_needs SET need_record_id = r.claimed FROM ${table}
		 WHERE change_needs.need_record_id = r.stand_in AND change_needs.met = 0`,
		rows,
	);
	await meetNeeds(tx, environmentId, 'stockItem', names.filter((name) => records.get(nameOf(name))!.present === true).map((name) => name.key));
	await recount(tx, jsonParameter(waiting.map((row) => row.change_id)));
}

/** A needed record that nobody has sent or looked for may be in Khaos all the same: Khaos is asked after a while. */
async function askForUnseenNeeds(tx: Transaction, environmentId: number, settings: LedgerSettings, drafts: DraftFor[]): Promise<void> {
	const wanted = new Map<string, { need: Need; source: Change['source'] }>();
	for (const { needs, draft } of drafts) {
		for (const need of needs) if (need.kind === 'stockItem' && !need.key.startsWith(byProduct)) wanted.set(nameOf(need), { need, source: draft.source });
	}
	if (wanted.size === 0) return;
	const records = await loadRecords(tx, environmentId, [...wanted.values()].map(({ need }) => need));
	const lookUps: DraftFor[] = [];
	for (const [name, { need, source }] of wanted) {
		const record = records.get(name)!;
		if (record.present !== null || record.version !== null || record.waiting !== null || record.leased !== null) continue;
		lookUps.push({
			record,
			needs: [],
			draft: {
				kind: need.kind,
				version: source.dateUpdated,
				lane: 2,
				desired: {},
				source,
				warnings: [],
				purpose: 'lookUp',
				delayMs: settings.lookUpAfterMs,
			},
		});
	}
	await placeDrafts(tx, environmentId, records, lookUps);
}

interface Conflict {
	type: ExceptionType;
	reason: Reason;
}

/** A record belongs to the primary id that claimed it first (design: "Identity"). */
function identityConflict(change: Change, owner: string | null, product: KnownProduct): Conflict | null {
	const code = String((change.desired as { stockCode?: unknown }).stockCode ?? change.key);
	if (owner !== null && owner !== change.source.primaryId) {
		return {
			type: 'duplicateStockCode',
			reason: {
				field: 'STOCK_CODE',
				value: code,
				reason: `Products ${owner} and ${change.source.primaryId} both have the stock code ${code}; it belongs to ${owner}, which came first.`,
				remedy: `Give ${change.source.primaryId} a stock code of its own in Pimberly.`,
			},
		};
	}
	if (product.stockKey !== null && product.stockKey !== change.key) {
		return {
			type: 'stockCodeChanged',
			reason: {
				field: 'STOCK_CODE',
				value: code,
				reason: `The stock code of product ${change.source.primaryId} changed from ${product.stockKey} to ${code}. Khaos would keep the old item and make a second one, so nothing was written.`,
				remedy: `Put the code ${product.stockKey} back in Pimberly, or rename the item in Khaos and release the product.`,
			},
		};
	}
	return null;
}

const circular = (change: Change, way: string[]): Reason => ({
	field: 'Parents',
	value: change.key,
	reason: `${change.key} waits for itself (${way.join(' -> ')}), so it could never be sent.`,
	remedy: 'Remove one of these relations in Pimberly.',
});

const rejectionOf = (change: Change, reason: Reason): Rejection => ({
	primaryId: change.source.primaryId,
	key: change.key,
	reasons: [reason],
	source: change.source,
	emission: change.emission ?? null,
});

function outcomeOf(placed: Placed, change: Change, waitsFor: Need[]): AddOutcome {
	if (placed.outcome === 'stale') return { outcome: 'unchanged', change, reason: 'Older than what the ledger already has' };
	if (placed.outcome === 'unchanged') return { outcome: 'unchanged', change, reason: 'Equal to what is confirmed or queued' };
	return {
		outcome: waitsFor.length > 0 ? 'held' : 'accepted',
		change: { ...change, lane: placed.lane, changedFields: placed.fields },
		waitsFor,
	};
}

const identityTypes: ExceptionType[] = ['invalidProduct', 'duplicateStockCode', 'stockCodeChanged', 'circularNeed'];

async function keepExceptions(
	tx: Transaction,
	environmentId: number,
	touched: Map<string, KnownProduct>,
	rejected: Map<string, { rejection: Rejection; type: ExceptionType }>,
): Promise<void> {
	const news: NewException[] = [...rejected.values()].flatMap(({ rejection, type }) =>
		rejection.reasons.map((reason) => ({
			type,
			primaryId: rejection.primaryId,
			key: rejection.key,
			...reason,
			// Only words are wrong, and an item that Khaos has keeps its former ones.
			...(type === 'invalidProduct' && rejection.withoutInvalid !== undefined ? { severity: 'medium' as const } : {}),
		})),
	);
	await resolveExceptions(
		tx,
		environmentId,
		identityTypes,
		[...touched.values()].filter((product) => product.rejected === null || rejected.has(product.primaryId)).map((product) => product.primaryId),
		news.map(({ primaryId, field }) => ({ primaryId, field })),
	);
	await openExceptions(tx, environmentId, news);
}

function statusNews(
	settings: LedgerSettings,
	touched: Map<string, KnownProduct>,
	rejected: Map<string, { rejection: Rejection }>,
	outcomes: AddOutcome[],
): StatusNews[] {
	const news: StatusNews[] = [];
	for (const outcome of outcomes) {
		if (outcome?.outcome !== 'held') continue;
		const { primaryId, internalId } = outcome.change.source;
		if (rejected.has(primaryId)) continue;
		news.push({
			primaryId,
			internalId,
			status: 'Held',
			message: `Waits for ${outcome.waitsFor.map((need) => need.key.replace(byProduct, '')).join(', ')} to be confirmed in Khaos`,
			stockId: '',
			delayMs: settings.heldStatusAfterMs,
		});
	}
	for (const [primaryId, { rejection }] of rejected) {
		news.push({
			primaryId,
			internalId: touched.get(primaryId)?.internalId ?? '',
			status: 'Failed',
			message: rejection.reasons.map((reason) => `${reason.field}: ${reason.reason} ${reason.remedy}`).join(' '),
			stockId: '',
			delayMs: 0,
		});
	}
	return news;
}
