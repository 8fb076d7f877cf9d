import type { Change, Need, Reason } from '../../shapes';
import { isStandIn } from '../../catalogue/needs';
import { keepExceptions, statusNews, type HeldChange } from './addedNews';
import {
	beginAddition,
	noteRejection,
	primaryIdOf,
	reject,
	rejectionOf,
	sourceOf,
	type AddOutcome,
	type Addition,
} from './addition';
import type { AddItem } from './addParts';
import type { Transaction } from '../store/database';
import { findCycles } from './cycles';
import { dropBelowVariants } from './deepFamilies';
import { tellDependants } from '../onRequest/dropped';
import { dropFormerKits } from '../kits/formerKits';
import { holdComponents } from '../kits/kitHolds';
import { dropWaiting, placeDrafts, type DraftFor } from '../changes/placeDrafts';
import type { Placed } from '../changes/placement';
import { recordHintReceipts } from './hints';
import { loadProducts, saveProducts } from './products';
import { loadRecords, nameOf } from '../changes/records';
import { recordReceipts } from './scan';
import type { LedgerSettings } from '../settings';
import { claimStandIns } from './standIns';
import { newsOfConfirmed, putStatuses, type StatusNews } from '../status/status';
import { takeItem, type AddOptions } from './takeItem';
import { writeTrail } from '../changes/trail';

export type { AddOutcome } from './addition';
export type { AddItem } from './addParts';
export type { AddOptions } from './takeItem';

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
	const addition = await beginAddition(tx, environmentId, items);
	for (const [at, item] of items.entries()) await takeItem(tx, environmentId, addition, item, at, options);
	const { placed, held } = await placeTaken(tx, environmentId, items, addition);
	const news = newsOfRestored(addition, placed);
	await keepRelations(tx, environmentId, addition, options);
	await refuseCycles(tx, addition, held);
	await dropSuperseded(tx, environmentId, addition, placed);
	await saveProducts(tx, environmentId, addition.touched.values());
	await pursueNeeds(tx, environmentId, settings, addition);
	await keepExceptions(tx, environmentId, addition.touched, addition.rejected);
	await putStatuses(tx, environmentId, [...news, ...statusNews(settings, addition.touched, addition.rejected, held)]);
	await writeTrail(tx, environmentId, addition.trail);
	await receive(tx, environmentId, items);
	return addition.outcomes;
}

/** Into the ledger with what was taken; which of it is held comes back, and where each went. */
async function placeTaken(
	tx: Transaction,
	environmentId: number,
	items: AddItem[],
	{ outcomes, records, taken }: Addition,
): Promise<{ placed: Placed[]; held: HeldChange[] }> {
	const placed = await placeDrafts(
		tx,
		environmentId,
		records,
		taken.map(({ draft }) => draft),
	);
	const held: HeldChange[] = [];
	for (const [index, { at, change, draft }] of taken.entries()) {
		const waitsFor = draft.needs.filter((need) => records.get(nameOf(need))?.present !== true);
		const outcome = outcomeOf(placed[index]!, change, waitsFor);
		if (items[at]!.type === 'change') outcomes[at] = outcome;
		if (outcome.outcome === 'held') held.push({ at, change, recordId: draft.record.recordId, waitsFor });
	}
	return { placed, held };
}

/** Put right as it was confirmed before: nothing is sent to Khaos, so nothing else would take the trouble back. */
const newsOfRestored = ({ mended, rejected, taken }: Addition, placed: Placed[]): StatusNews[] =>
	taken
		.filter(({ change, draft: { record } }, index) => {
			const was = placed[index]!;
			if (change.kind !== 'stockItem' || was.outcome !== 'unchanged' || rejected.has(change.source.primaryId))
				return false;
			const asConfirmed = was.dropped === undefined && record.leased === null && record.waiting === null;
			// That it is held, which may be on its way to Pimberly, is no longer so.
			const withdrawn = was.dropWaiting;
			return asConfirmed && (mended.has(change.source.primaryId) || withdrawn);
		})
		.map(({ change, draft: { record } }) =>
			newsOfConfirmed(change.source, change.desired, record.readBack?.stockId ?? ''),
		);

/** Which kits there are, which product stands for which stock code, and which components wait for their kit. */
async function keepRelations(
	tx: Transaction,
	environmentId: number,
	{ kits, pointless, taken, touched }: Addition,
	options: AddOptions,
): Promise<void> {
	// What a rejected product names says nothing of the item whose code it claims.
	await kits.remember(tx, environmentId, [...pointless, ...taken.map(({ change }) => change)]);
	await claimStandIns(tx, environmentId, touched.values());
	if (options.holdComponents)
		await holdComponents(
			tx,
			environmentId,
			taken.flatMap(({ change }) => (change.kind === 'kit' ? [change.key] : [])),
		);
}

/** What would wait for itself is rejected, and taken out again. */
async function refuseCycles(tx: Transaction, addition: Addition, held: HeldChange[]): Promise<void> {
	const cycles = await findCycles(
		tx,
		held.map(({ recordId }) => recordId),
	);
	for (const { at, change, recordId } of held) {
		const way = cycles.get(recordId);
		if (way !== undefined) reject(addition, at, rejectionOf(change, circular(change, way)), 'circularNeed', true);
	}
	await dropWaiting(tx, [...cycles.keys()]);
}

/** What the newest of these stock items leave no room for: relations of what is no kit now, variants below a variant. */
async function dropSuperseded(
	tx: Transaction,
	environmentId: number,
	addition: Addition,
	placed: Placed[],
): Promise<void> {
	const { taken, touched } = addition;
	const newest = taken
		.filter(({ change }, index) => change.kind === 'stockItem' && placed[index]!.outcome !== 'stale')
		.map(({ change }) => change);
	await dropFormerKits(tx, environmentId, newest);
	const below = await dropBelowVariants(tx, environmentId, newest);
	const known = await loadProducts(
		tx,
		environmentId,
		below.map(({ primaryId }) => primaryId).filter((id) => !touched.has(id)),
	);
	for (const [primaryId, product] of known) touched.set(primaryId, product);
	for (const rejection of below) noteRejection(addition, rejection, 'invalidProduct', true);
}

/** What waits for something that a person dropped is told so, and Khaos is asked for what nobody has sent. */
async function pursueNeeds(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	{ records, taken }: Addition,
): Promise<void> {
	await tellDependants(
		tx,
		environmentId,
		taken
			.flatMap(({ draft }) => draft.needs.map((need) => records.get(nameOf(need))!))
			.filter((need) => need.dropped !== null)
			.map((need) => need.recordId),
	);
	await askForUnseenNeeds(
		tx,
		environmentId,
		settings,
		taken.map(({ draft }) => draft),
	);
}

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

/** Receipts for what was emitted: it need not be emitted again. */
async function receive(tx: Transaction, environmentId: number, items: AddItem[]): Promise<void> {
	const receipts = items.map((item) => ({
		emission: emissionOf(item),
		primaryId: primaryIdOf(item),
		version: sourceOf(item)?.dateUpdated ?? '',
	}));
	await recordReceipts(tx, environmentId, receipts);
	await recordHintReceipts(tx, environmentId, receipts);
}

const emissionOf = (item: AddItem): string | null =>
	(item.type === 'change' ? item.change.emission : item.rejection.emission) ?? null;

const circular = (change: Change, way: string[]): Reason => ({
	field: 'Parents',
	value: change.key,
	reason: `${change.key} waits for itself (${way.join(' -> ')}), so it could never be sent.`,
	remedy: 'Remove one of these relations in Pimberly.',
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
