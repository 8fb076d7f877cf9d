import type { Change, Need, Reason, Rejection } from '../../shapes';
import { isStandIn } from '../../catalogue/needs';
import { keepExceptions, statusNews, troubledProducts, type HeldChange, type Rejected } from './addedNews';
import { isWhollyRejected, partsOf, stockKeyOf, type AddItem, type Part } from './addParts';
import type { Transaction } from '../store/database';
import { findCycles } from './cycles';
import { belowVariant, dropBelowVariants, variantsAmong } from './deepFamilies';
import { tellDependants } from '../onRequest/dropped';
import type { ExceptionType } from '../exceptions/exceptions';
import { dropFormerKits, nothingToClear } from '../kits/formerKits';
import { identityConflict } from './identity';
import { holdComponents } from '../kits/kitHolds';
import { kitParentNeeds, planKits } from '../kits/kits';
import { dropWaiting, placeDrafts, type DraftFor } from '../changes/placeDrafts';
import type { Placed } from '../changes/placement';
import { recordHintReceipts } from './hints';
import { followRenames } from './renamedProducts';
import { loadProducts, saveProducts, type KnownProduct } from './products';
import { loadRecords, nameOf, type RecordName } from '../changes/records';
import { recordReceipts } from './scan';
import type { LedgerSettings } from '../settings';
import { claimStandIns, resolveStandIns } from './standIns';
import { newsOfConfirmed, putStatuses, type StatusNews } from '../status/status';
import { writeTrail, type TrailEntry } from '../changes/trail';

export type { AddItem } from './addParts';

export type AddOutcome =
	| { outcome: 'accepted' | 'held'; change: Change; waitsFor: Need[] }
	| { outcome: 'unchanged'; change: Change; reason: string }
	| { outcome: 'rejected'; rejection: Rejection };

export interface AddOptions {
	/** Components that are new to Khaos wait until the item of their kit parent is confirmed. */
	holdComponents?: boolean;
}

/**
 * Sequencer: Add. Changes, rejections and the receipts for their emissions in one transaction: after it, whatever
 * happens to this process, each product is either in the ledger or will be emitted again.
 * @returns one outcome for each item, in order.
 */
export async function add(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	items: AddItem[],
	options: AddOptions = {},
): Promise<AddOutcome[]> {
	const primaryIds = [...new Set(items.map(primaryIdOf))];
	const sources = items.flatMap((item) => sourceOf(item) ?? []);
	const internalIds = [...new Set(sources.map(({ internalId }) => internalId))].filter((id) => id !== '');
	const [products, troubled, parts] = await Promise.all([
		loadProducts(tx, environmentId, primaryIds, internalIds),
		troubledProducts(tx, environmentId, primaryIds),
		loadParts(tx, environmentId, items),
	]);
	const renamed = await followRenames(tx, environmentId, sources, products);
	for (const id of await troubledProducts(tx, environmentId, renamed)) troubled.add(id);
	const pointless = await nothingToClear(
		tx,
		environmentId,
		parts.flat().map(({ change }) => change),
	);
	const names: RecordName[] = parts
		.flat()
		.filter(({ change }) => !pointless.has(change))
		.flatMap(({ change }) => [{ kind: change.kind, key: change.key }, stockItemOf(change), ...change.needs]);
	const records = await loadRecords(tx, environmentId, names);
	const kits = await planKits(
		tx,
		environmentId,
		parts.flat().map(({ change }) => change),
		records,
	);
	const variants = variantsAmong(parts.flat().map(({ change }) => change));
	const needsOf = async (change: Change): Promise<Need[]> => {
		if (!options.holdComponents || change.kind !== 'stockItem' || records.get(nameOf(change))!.present === true)
			return change.needs;
		const more = kitParentNeeds(kits, change.key).filter(({ key }) => change.needs.every((need) => need.key !== key));
		const unseen = more.filter((need) => !records.has(nameOf(need)));
		for (const [name, record] of await loadRecords(tx, environmentId, unseen)) records.set(name, record);
		return [...change.needs, ...more];
	};

	const outcomes: AddOutcome[] = [];
	const drafts: Array<{ at: number; change: Change; draft: DraftFor }> = [];
	const touched = new Map<string, KnownProduct>();
	/** Products that were rejected, and are not with this version. */
	const mended = new Set<string>();
	const rejected: Rejected = new Map();
	const trail: TrailEntry[] = [];

	const reject = (at: number, rejection: Rejection, type: ExceptionType, wholly = true): void => {
		outcomes[at] = { outcome: 'rejected', rejection };
		noteRejection(rejection, type, wholly);
	};
	const noteRejection = (rejection: Rejection, type: ExceptionType, wholly: boolean): void => {
		rejected.set(rejection.primaryId, [...(rejected.get(rejection.primaryId) ?? []), { rejection, type, wholly }]);
		const product = touched.get(rejection.primaryId);
		if (product && wholly) product.rejected = rejection.source?.dateUpdated ?? product.version;
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
		if (item.type === 'rejection') {
			if (overtaken) {
				outcomes[at] = { outcome: 'rejected', rejection: item.rejection };
				continue;
			}
			reject(at, item.rejection, 'invalidProduct', isWhollyRejected(item.rejection));
		}

		let itemGoes = false;
		for (const { change, goes } of parts[at]!) {
			const inKhaos = records.get(nameOf(stockItemOf(change)))?.present === true;
			if (!(goes === 'always' || inKhaos || (goes === 'withItem' && itemGoes))) continue;
			// Its item was rejected just now: it would wait for it in vain.
			const withoutItem =
				change.kind === 'stockItem' || inKhaos ? undefined : rejected.get(primaryId)?.find(({ wholly }) => wholly);
			if (item.type === 'change' && withoutItem !== undefined) {
				outcomes[at] = { outcome: 'rejected', rejection: withoutItem.rejection };
				continue;
			}
			if (pointless.has(change)) {
				if (item.type === 'change')
					outcomes[at] = { outcome: 'unchanged', change, reason: 'There is no relation to take away' };
				continue;
			}
			const conflict = identityConflict(change, records.get(nameOf(stockItemOf(change)))!.primaryId, product);
			if (conflict !== null) {
				reject(at, rejectionOf(change, conflict.reason), conflict.type);
				break;
			}
			const refusal = kits.refused.get(change);
			if (refusal !== undefined) {
				reject(at, rejectionOf(change, refusal), 'invalidProduct', false);
				continue;
			}
			const tooDeep = belowVariant(change, variants, records);
			if (tooDeep !== null) {
				reject(at, rejectionOf(change, tooDeep), 'invalidProduct');
				break;
			}
			if (change.kind === 'stockItem') {
				itemGoes = true;
				records.get(nameOf(change))!.primaryId ??= primaryId;
				product.stockKey ??= change.key;
				if (goes === 'always' && !overtaken) {
					if (product.rejected !== null || troubled.has(primaryId)) mended.add(primaryId);
					product.rejected = null;
				}
			}
			drafts.push({
				at,
				change,
				draft: { record: records.get(nameOf(change))!, needs: await needsOf(change), draft: draftOf(change) },
			});
		}
	}

	const news: StatusNews[] = [];
	const placed = await placeDrafts(
		tx,
		environmentId,
		records,
		drafts.map(({ draft }) => draft),
	);
	const held: HeldChange[] = [];
	for (const [index, { at, change, draft }] of drafts.entries()) {
		const waitsFor = draft.needs.filter((need) => records.get(nameOf(need))?.present !== true);
		const outcome = outcomeOf(placed[index]!, change, waitsFor);
		if (items[at]!.type === 'change') outcomes[at] = outcome;
		if (outcome.outcome === 'held') held.push({ at, change, recordId: draft.record.recordId, waitsFor });
		// Put right as it was confirmed before: nothing is sent to Khaos, so nothing else would take the trouble back.
		const { record } = draft;
		const was = placed[index]!;
		const isDropped = was.outcome === 'unchanged' && was.dropped !== undefined;
		const asConfirmed = was.outcome === 'unchanged' && !isDropped && record.leased === null && record.waiting === null;
		// That it is held, which may be on its way to Pimberly, is no longer so.
		const withdrawn = was.outcome === 'unchanged' && was.dropWaiting;
		if (
			(mended.has(change.source.primaryId) || withdrawn) &&
			!rejected.has(change.source.primaryId) &&
			change.kind === 'stockItem' &&
			asConfirmed
		) {
			news.push(newsOfConfirmed(change.source, change.desired, record.readBack?.stockId ?? ''));
		}
	}

	// What a rejected product names says nothing of the item whose code it claims.
	await kits.remember(tx, environmentId, [...pointless, ...drafts.map(({ change }) => change)]);
	await claimStandIns(tx, environmentId, touched.values());
	if (options.holdComponents)
		await holdComponents(
			tx,
			environmentId,
			drafts.flatMap(({ change }) => (change.kind === 'kit' ? [change.key] : [])),
		);
	const cycles = await findCycles(
		tx,
		held.map(({ recordId }) => recordId),
	);
	for (const { at, change, recordId } of held) {
		const way = cycles.get(recordId);
		if (way !== undefined) reject(at, rejectionOf(change, circular(change, way)), 'circularNeed');
	}
	await dropWaiting(tx, [...cycles.keys()]);
	const newest = drafts.filter(
		({ change }, index) => change.kind === 'stockItem' && placed[index]!.outcome !== 'stale',
	);
	await dropFormerKits(
		tx,
		environmentId,
		newest.map(({ change }) => change),
	);
	const below = await dropBelowVariants(
		tx,
		environmentId,
		newest.map(({ change }) => change),
	);
	const known = await loadProducts(
		tx,
		environmentId,
		below.map(({ primaryId }) => primaryId).filter((id) => !touched.has(id)),
	);
	for (const [primaryId, product] of known) touched.set(primaryId, product);
	for (const rejection of below) noteRejection(rejection, 'invalidProduct', true);
	await saveProducts(tx, environmentId, touched.values());
	await tellDependants(
		tx,
		environmentId,
		drafts
			.flatMap(({ draft }) => draft.needs.map((need) => records.get(nameOf(need))!))
			.filter((need) => need.dropped !== null)
			.map((need) => need.recordId),
	);
	await askForUnseenNeeds(
		tx,
		environmentId,
		settings,
		drafts.map(({ draft }) => draft),
	);
	await keepExceptions(tx, environmentId, touched, rejected);
	await putStatuses(tx, environmentId, [...news, ...statusNews(settings, touched, rejected, held)]);
	await writeTrail(tx, environmentId, trail);
	const receipts = items.map((item) => ({
		emission: emissionOf(item),
		primaryId: primaryIdOf(item),
		version: sourceOf(item)?.dateUpdated ?? '',
	}));
	await recordReceipts(tx, environmentId, receipts);
	await recordHintReceipts(tx, environmentId, receipts);
	return outcomes;
}

const primaryIdOf = (item: AddItem): string =>
	item.type === 'change' ? item.change.source.primaryId : item.rejection.primaryId;
const stockItemOf = (change: Change): RecordName => ({ kind: 'stockItem', key: stockKeyOf(change) });
const sourceOf = (item: AddItem): Change['source'] | undefined =>
	item.type === 'change' ? item.change.source : item.rejection.source;
const emissionOf = (item: AddItem): string | null =>
	(item.type === 'change' ? item.change.emission : item.rejection.emission) ?? null;

/** What each of these items brings, with products that stand in for stock codes resolved as far as they are known. */
async function loadParts(tx: Transaction, environmentId: number, items: AddItem[]): Promise<Part[][]> {
	const parts = items.map(partsOf);
	const changes = parts.flat().map(({ change }) => change);
	const resolved = new Map(
		(await resolveStandIns(tx, environmentId, changes)).map((change, index) => [changes[index]!, change]),
	);
	return parts.map((ofItem) => ofItem.map((part) => ({ ...part, change: resolved.get(part.change)! })));
}

const draftOf = ({ kind, version, lane, desired, source, warnings }: Change): DraftFor['draft'] => ({
	kind,
	version,
	lane,
	desired,
	source,
	warnings,
	purpose: 'write',
	delayMs: 0,
});

/** A needed record that nobody has sent or looked for may be in Khaos all the same: Khaos is asked after a while. */
async function askForUnseenNeeds(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	drafts: DraftFor[],
): Promise<void> {
	const wanted = new Map<string, { need: Need; source: Change['source'] }>();
	for (const { needs, draft } of drafts) {
		for (const need of needs)
			if (need.kind === 'stockItem' && !isStandIn(need.key)) wanted.set(nameOf(need), { need, source: draft.source });
	}
	if (wanted.size === 0) return;
	const records = await loadRecords(
		tx,
		environmentId,
		[...wanted.values()].map(({ need }) => need),
	);
	const lookUps: DraftFor[] = [];
	for (const [name, { need, source }] of wanted) {
		const record = records.get(name)!;
		if (record.present !== null || record.version !== null || record.waiting !== null || record.leased !== null)
			continue;
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

const circular = (change: Change, way: string[]): Reason => ({
	field: 'Parents',
	value: change.key,
	reason: `${change.key} waits for itself (${way.join(' -> ')}), so it could never be sent.`,
	remedy: 'Remove one of these relations in Pimberly.',
});

const rejectionOf = (change: Change, reason: Reason): Rejection => ({
	primaryId: change.source.primaryId,
	key: stockKeyOf(change),
	reasons: [reason],
	source: change.source,
	emission: change.emission ?? null,
});

function outcomeOf(placed: Placed, change: Change, waitsFor: Need[]): AddOutcome {
	if (placed.outcome === 'stale')
		return { outcome: 'unchanged', change, reason: 'Older than what the ledger already has' };
	if (placed.outcome === 'unchanged' && placed.dropped !== undefined) {
		return {
			outcome: 'unchanged',
			change,
			reason: `Dropped by a person (${placed.dropped}); it comes back when its content changes, or with Replay`,
		};
	}
	if (placed.outcome === 'unchanged')
		return { outcome: 'unchanged', change, reason: 'Equal to what is confirmed or queued' };
	return {
		outcome: waitsFor.length > 0 ? 'held' : 'accepted',
		change: { ...change, lane: placed.lane, changedFields: placed.fields },
		waitsFor,
	};
}
