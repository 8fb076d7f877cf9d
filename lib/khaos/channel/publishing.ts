import { isDeepStrictEqual } from 'node:util';

import {
	desiredKitSchema,
	desiredStockItemSchema,
	keyOf,
	readBackSchema,
	type BatchItem,
	type DesiredStockItem,
	type ReadBack,
	type Reason,
	type Result,
	type Warning,
} from '../../shapes';
import { withUnproven } from '../columns';
import { notCompared } from '../delivery/firstSync';
import { resultOf, type Outcome } from '../recordComparison';
import type { ChannelPort, Publication, Published } from './channelPort';
import { carriedPart, changedOverChannel, channelProblems, notCarried } from './stockItem';

/** What is to become of one item: settled as it is, or told. */
type Plan = { settled: Outcome } | { tell: Publication; warnings: Warning[] };

/**
 * Put a batch of stock items where Khaos fetches them. Each item gets one result, in their order: `sent` until a StockUpload
 * shows it; `confirmed` where Khaos is known to hold it so already; `failed` with every reason where it can't be told.
 */
export async function publishStockItems(port: ChannelPort, items: BatchItem[]): Promise<Result[]> {
	const families = items.filter(({ desired }) => (desired as Partial<DesiredStockItem>).scs?.by === 'channel');
	const told = families.length === 0 ? new Map<string, never>() : await port.lastTold(families.map(({ key }) => key));
	return await publishAll(port, items, (item) => planStockItem(item, told.get(item.key) ?? null));
}

/**
 * The same with the relations of kits. No upload shows them: they are confirmed by a read-back over the web services, or,
 * where a site has none, by the StockUpload of the kit's own stock item after Khaos fetched the relation (unproven).
 */
export async function publishKits(
	port: ChannelPort,
	items: BatchItem[],
	confirmedBy: Publication['confirmedBy'],
): Promise<Result[]> {
	return await publishAll(port, items, (item) => planKit(item, confirmedBy));
}

async function publishAll(port: ChannelPort, items: BatchItem[], planOf: (item: BatchItem) => Plan): Promise<Result[]> {
	const plans = items.map((item) => (item.purpose === 'lookUp' ? { settled: cannotAsk(item) } : planOf(item)));
	const checks = plans.flatMap((plan, at) =>
		'tell' in plan && items[at]!.purpose === 'check' ? [plan.tell.changeId] : [],
	);
	const told = checks.length === 0 ? new Set<string>() : await port.told(checks);
	const toTell = plans.flatMap((plan, at) => ('tell' in plan && items[at]!.purpose !== 'check' ? [plan.tell] : []));
	const published = toTell.length === 0 ? [] : await port.publish(toTell);
	const outcomes = new Map(toTell.map(({ changeId }, at) => [changeId, published[at]!]));
	return plans.map((plan, at) => {
		const item = items[at]!;
		if ('settled' in plan) return resultOf(item, plan.settled);
		const outcome: Published = outcomes.get(item.changeId) ?? {
			outcome: told.has(item.changeId) ? 'told' : 'notOurs',
			unknown: [],
		};
		if (outcome.outcome === 'notOurs') return resultOf(item, item.purpose === 'check' ? neverTold(item) : overtaken);
		const warnings = [...plan.warnings, ...outcome.unknown.map((key) => neverNamed(item, key))];
		return resultOf(item, {
			status: 'sent',
			awaiting: 'channel',
			reason:
				plan.tell.confirmedBy === 'upload'
					? 'Khaos fetches it with its next call, and uploads what it holds'
					: 'Khaos fetches it with its next call',
			...(warnings.length > 0 ? { warnings } : {}),
		});
	});
}

const failed = (reasons: Reason[]): Outcome => ({
	status: 'failed',
	reason: reasons.map(({ reason }) => reason).join('; '),
	remedy: [...new Set(reasons.map(({ remedy }) => remedy))].join(' '),
	differences: reasons.map(({ field, value }) => ({ field, expected: value, actual: null })),
});

const wrongNode = (item: BatchItem): Outcome => ({
	status: 'failed',
	reason: `A change of kind '${item.kind}' can't be told here`,
	remedy: 'Choose the kinds of the Sequencer Trigger, or the node, that fit each other.',
});

const unreadable = (message: string): Outcome => ({
	status: 'failed',
	reason: `The desired record can't be read: ${message}`,
	remedy: 'Pass the items of the Sequencer Trigger on as they are.',
});

const overtaken: Outcome = {
	status: 'retry',
	cause: 'notOurs',
	reason: 'The lease of the batch is over, or newer content waits',
	remedy: 'Nothing: the newer state is told next.',
};

/** Khaos can't be asked over the channel; it says by itself what it holds. */
function cannotAsk(item: BatchItem): Outcome {
	const known = readBackSchema.safeParse(item.confirmed);
	if (known.success) return { status: 'confirmed', readBack: known.data };
	return {
		status: 'failed',
		reason: `Khaos has not uploaded ${item.key}, and can't be asked over the channel`,
		remedy: 'Create it in Pimberly, or in Khaos, which then uploads it.',
	};
}

/** Written by other means: it is read back there, or told with its next turn. */
const neverTold = (item: BatchItem): Outcome => ({
	status: 'retry',
	cause: 'unavailable',
	reason: `${item.key} was never told over the channel as it is now`,
	remedy: 'It is told by itself with its next turn.',
	retryAfter: 300,
});

const neverNamed = (item: BatchItem, key: string): Warning => ({
	field: 'Relationships',
	message: `${item.key} refers to ${key}, which was never sent over the channel: Khaos may not know which item is meant.`,
});

function planStockItem(item: BatchItem, told: Partial<DesiredStockItem> | null): Plan {
	if (item.kind !== 'stockItem') return { settled: wrongNode(item) };
	const parsed = desiredStockItemSchema.safeParse(item.desired);
	if (!parsed.success) return { settled: unreadable(parsed.error.issues[0]?.message ?? '') };
	const desired = parsed.data;
	const read = readBackSchema.safeParse(item.confirmed);
	const known = read.success ? read.data : null;
	const warnings = notCarried(desired);
	if (holdsItAlready(desired, known) && isSameFamily(desired, told)) {
		return {
			settled: {
				status: 'confirmed',
				adopted: true,
				readBack: withUnproven(known!, carriedPart(desired), known),
				...(warnings.length > 0 ? { warnings } : {}),
			},
		};
	}
	const unread = notCompared(item);
	if (unread !== null) return { settled: unread };
	const problems = channelProblems(desired, known);
	if (problems.length > 0) return { settled: failed(problems) };
	return {
		tell: {
			changeId: item.changeId,
			token: item.lease.token,
			refersTo: parentsOf(item, desired),
			confirmedBy: 'upload',
		},
		warnings,
	};
}

const holdsItAlready = (desired: DesiredStockItem, known: ReadBack | null): boolean =>
	known?.exists === true && changedOverChannel(desired, known).length === 0;

/** No upload shows a family, so an item's place in one counts as known only where Khaos was told the same before. */
const isSameFamily = ({ scs }: DesiredStockItem, told: Partial<DesiredStockItem> | null): boolean =>
	scs?.by !== 'channel' || isDeepStrictEqual(scs, told?.scs);

/** The SCS parent of a child that is told as one. */
function parentsOf(item: BatchItem, desired: DesiredStockItem): string[] {
	if (desired.scs?.by !== 'channel' || desired.scs.values.length === 0) return [];
	const named = keyOf(desired.scs.parentCode);
	if (named !== '') return [named];
	// Its parent is known by its product's id only: the ledger has found which stock item that is.
	return item.needs
		.filter(({ kind, key }) => kind === 'stockItem' && !key.startsWith('primaryId:'))
		.map(({ key }) => key)
		.slice(0, 1);
}

function planKit(item: BatchItem, confirmedBy: Publication['confirmedBy']): Plan {
	if (item.kind !== 'kit') return { settled: wrongNode(item) };
	const parsed = desiredKitSchema.safeParse(item.desired);
	if (!parsed.success) return { settled: unreadable(parsed.error.issues[0]?.message ?? '') };
	const { stockCode, components } = parsed.data;
	const refersTo = [...new Set([stockCode, ...components.map((component) => component.stockCode)].map(keyOf))];
	return { tell: { changeId: item.changeId, token: item.lease.token, refersTo, confirmedBy }, warnings: [] };
}
