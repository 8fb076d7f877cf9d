import type { Change, Need, Reason, Rejection } from '../../shapes';
import { primaryIdOf, reject, rejectionOf, sourceOf, stockItemOf, type AddOutcome, type Addition } from './addition';
import { isWhollyRejected, type AddItem, type Part } from './addParts';
import type { DraftFor } from '../changes/placeDrafts';
import { loadRecords, nameOf } from '../changes/records';
import { belowVariant } from './deepFamilies';
import type { ExceptionType } from '../exceptions/exceptions';
import { identityConflict } from './identity';
import { kitParentNeeds } from '../kits/kits';
import type { KnownProduct } from './products';
import type { Transaction } from '../store/database';

export interface AddOptions {
	/** Components that are new to Khaos wait until the item of their kit parent is confirmed. */
	holdComponents?: boolean;
}

/** Judge what the item at `at` brings: what is good goes to `taken`, in order; of the rest the outcome says why not. */
export async function takeItem(
	tx: Transaction,
	environmentId: number,
	addition: Addition,
	item: AddItem,
	at: number,
	options: AddOptions,
): Promise<void> {
	const { product, overtaken } = touch(addition, item, tx.now);
	if (item.type === 'rejection') {
		if (overtaken) {
			addition.outcomes[at] = { outcome: 'rejected', rejection: item.rejection };
			return;
		}
		reject(addition, at, item.rejection, 'invalidProduct', isWhollyRejected(item.rejection));
	}

	let itemGoes = false;
	for (const part of addition.parts[at]!) {
		if (!isToGo(addition, part, itemGoes)) continue;
		const { change } = part;
		const judged = judge(addition, item, change, product);
		if (judged.verdict === 'leftOut') {
			if (item.type === 'change') addition.outcomes[at] = judged.outcome;
			continue;
		}
		if (judged.verdict === 'refused') {
			reject(addition, at, rejectionOf(change, judged.reason), judged.type, judged.wholly);
			if (judged.wholly) break;
			continue;
		}
		if (change.kind === 'stockItem') {
			itemGoes = true;
			claim(addition, part, product, overtaken);
		}
		addition.taken.push({
			at,
			change,
			draft: {
				record: addition.records.get(nameOf(change))!,
				needs: await needsOf(tx, environmentId, addition, change, options),
				draft: draftOf(change),
			},
		});
	}
}

/** The product of an item, as this item knows it. `overtaken`: a newer version of it came before. */
function touch(addition: Addition, item: AddItem, now: number): { product: KnownProduct; overtaken: boolean } {
	const { products, touched } = addition;
	const primaryId = primaryIdOf(item);
	const source = sourceOf(item);
	const version = source?.dateUpdated ?? new Date(now).toISOString();
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
	return { product, overtaken };
}

const isInKhaos = ({ records }: Addition, change: Change): boolean =>
	records.get(nameOf(stockItemOf(change)))?.present === true;

const isToGo = (addition: Addition, { change, goes }: Part, itemGoes: boolean): boolean =>
	goes === 'always' || isInKhaos(addition, change) || (goes === 'withItem' && itemGoes);

type Judgement =
	| { verdict: 'taken' }
	/** Nothing is kept of it. */
	| { verdict: 'leftOut'; outcome: AddOutcome }
	/** `wholly`: and with it whatever else the item brings. */
	| { verdict: 'refused'; reason: Reason; type: ExceptionType; wholly: boolean };

function judge(addition: Addition, item: AddItem, change: Change, product: KnownProduct): Judgement {
	const { kits, pointless, records, variants } = addition;
	const itemRejection = item.type === 'change' ? rejectionOfItem(addition, change, product) : undefined;
	if (itemRejection !== undefined)
		return { verdict: 'leftOut', outcome: { outcome: 'rejected', rejection: itemRejection } };
	if (pointless.has(change)) {
		const reason = 'There is no relation to take away';
		return { verdict: 'leftOut', outcome: { outcome: 'unchanged', change, reason } };
	}
	const conflict = identityConflict(change, records.get(nameOf(stockItemOf(change)))!.primaryId, product);
	if (conflict !== null) return { verdict: 'refused', ...conflict, wholly: true };
	const refusal = kits.refused.get(change);
	if (refusal !== undefined) return { verdict: 'refused', reason: refusal, type: 'invalidProduct', wholly: false };
	const tooDeep = belowVariant(change, variants, records);
	if (tooDeep !== null) return { verdict: 'refused', reason: tooDeep, type: 'invalidProduct', wholly: true };
	return { verdict: 'taken' };
}

/** Why the stock item of a kit or a price was rejected just now, where Khaos has none: the change would wait for it in vain. */
function rejectionOfItem(addition: Addition, change: Change, product: KnownProduct): Rejection | undefined {
	if (change.kind === 'stockItem' || isInKhaos(addition, change)) return undefined;
	return addition.rejected.get(product.primaryId)?.find(({ wholly }) => wholly)?.rejection;
}

/** A stock item that goes belongs to its product from here on, and what was at fault with that is mended. */
function claim(addition: Addition, { change, goes }: Part, product: KnownProduct, overtaken: boolean): void {
	addition.records.get(nameOf(change))!.primaryId ??= product.primaryId;
	product.stockKey ??= change.key;
	if (goes !== 'always' || overtaken) return;
	if (product.rejected !== null || addition.troubled.has(product.primaryId)) addition.mended.add(product.primaryId);
	product.rejected = null;
}

/** What a change needs, and the kits of a component that is new to Khaos, where those are to be first. */
async function needsOf(
	tx: Transaction,
	environmentId: number,
	{ kits, records }: Addition,
	change: Change,
	{ holdComponents }: AddOptions,
): Promise<Need[]> {
	if (!holdComponents || change.kind !== 'stockItem' || records.get(nameOf(change))!.present === true)
		return change.needs;
	const more = kitParentNeeds(kits, change.key).filter(({ key }) => change.needs.every((need) => need.key !== key));
	const unseen = more.filter((need) => !records.has(nameOf(need)));
	for (const [name, record] of await loadRecords(tx, environmentId, unseen)) records.set(name, record);
	return [...change.needs, ...more];
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
