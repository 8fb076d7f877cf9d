import type { DriftOutcome } from '../../monitor/driftPort';
import type { Change, DesiredKit, DesiredPrice, DesiredStatus, DesiredStockItem, Kind, Need } from '../../shapes';
import { keyOf, LANES } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { openExceptions, resolveExceptionsOfRecords, resolveWhere, type ExceptionType } from '../exceptions/exceptions';
import { observe } from '../delivery/observe';
import { placeDrafts, type DraftFor } from '../changes/placeDrafts';
import { loadRecords, nameOf, type RecordName } from '../changes/records';
import { newsOfConfirmed, putStatuses, setLive, type StatusNews } from '../status/status';

/** Something of a record may be on its way: what Khaos shows proves nothing. */
export const busy = `(records.taken_since = 1 OR records.uncertain = 1
	OR EXISTS (SELECT 1 FROM changes WHERE changes.record_id = records.record_id AND changes.state = 'leased'))`;

/** What a status begins with whose product left Live because its item is missing in Khaos. */
const missingInKhaos = 'Missing in Khaos';

/** What a drift check can say of a record of each kind. */
const driftTypes: Record<'stockItem' | 'kit' | 'price', ExceptionType[]> = {
	stockItem: ['missingInKhaos', 'attributeDrift', 'priceMismatch'],
	kit: ['kitMismatch'],
	price: ['priceMismatch'],
};

/**
 * What a drift check found: what was read is remembered, differences are exceptions, what is equal again resolves its own.
 * A record that was confirmed or taken to be written since the check read it is left out: the finding proves nothing.
 */
export async function recordDrift(tx: Transaction, environmentId: number, outcome: DriftOutcome): Promise<void> {
	const overtaken = await overtakenSince(tx, environmentId, outcome);
	const stands = (kind: Kind, key: string): boolean => !overtaken.has(nameOf({ kind, key }));
	const observations = new Map([...outcome.observations].filter(([key]) => stands('stockItem', key)));
	const checked = outcome.checked.filter(({ kind, key }) => stands(kind, key));
	const findings = outcome.findings
		.filter(({ kind, exception }) => stands(kind, exception.key))
		.map(({ exception }) => exception);

	await observe(tx, environmentId, observations, outcome.readAt);
	for (const kind of ['stockItem', 'kit', 'price'] as const) {
		const keys = checked.filter((one) => one.kind === kind).map((one) => one.key);
		await resolveExceptionsOfRecords(tx, environmentId, driftTypes[kind], keys, findings);
	}
	await openExceptions(tx, environmentId, findings);
	// The drift says all that the search for missing SKUs had said of it.
	const discontinued = findings
		.filter(({ type, field }) => type === 'attributeDrift' && field === 'DISCONTINUED')
		.map(({ key }) => key);
	await resolveExceptionsOfRecords(tx, environmentId, ['discontinuedButLive'], discontinued);
	await resolvePrices(tx, environmentId, outcome);
	await resolveExceptionsOfRecords(tx, environmentId, ['orphan'], outcome.orphansGone);

	const different = new Set(findings.map((finding) => finding.key));
	await leaveLive(
		tx,
		environmentId,
		findings.filter((finding) => finding.type === 'missingInKhaos').map((finding) => finding.key),
	);
	await backToLive(
		tx,
		environmentId,
		[...observations].filter(([key, readBack]) => readBack.exists && !different.has(key)).map(([key]) => key),
	);
	const repair = outcome.repair.filter(({ kind, key }) => stands(kind, key));
	const gone = repair.filter(({ kind, key }) => kind === 'stockItem' && observations.get(key)?.exists === false);
	await requeue(tx, environmentId, [
		...repair,
		...(await partsOf(
			tx,
			environmentId,
			gone.map(({ key }) => key),
		)),
	]);
}

/** The relations and prices that were lost with these items. */
async function partsOf(tx: Transaction, environmentId: number, keys: string[]): Promise<RecordName[]> {
	if (keys.length === 0) return [];
	return await tx.all<{ kind: Kind; key: string }>(
		`SELECT part.kind, part.key FROM records JOIN records AS part ON part.environment_id = records.environment_id AND part.primary_id = records.primary_id
		 WHERE records.environment_id = ? AND records.kind = 'stockItem' AND ${tx.dialect.among('records.key')} AND part.kind IN ('kit', 'price')`,
		environmentId,
		jsonParameter(keys),
	);
}

async function overtakenSince(tx: Transaction, environmentId: number, outcome: DriftOutcome): Promise<Set<string>> {
	const overtaken = new Set<string>();
	for (const kind of ['stockItem', 'kit', 'price'] as const) {
		const keys = outcome.checked.filter((one) => one.kind === kind).map((one) => one.key);
		if (keys.length === 0) continue;
		const rows = await tx.all<{ key: string }>(
			`SELECT key FROM records WHERE environment_id = ? AND kind = ? AND ${tx.dialect.among('key')} AND (confirmed_at > ? OR ${busy})`,
			environmentId,
			kind,
			jsonParameter(keys),
			outcome.readAt,
		);
		for (const { key } of rows) overtaken.add(nameOf({ kind, key }));
	}
	return overtaken;
}

/** Prices without a counterpart: of the lists that were looked through, what was not found again is over. */
async function resolvePrices(tx: Transaction, environmentId: number, outcome: DriftOutcome): Promise<void> {
	if (outcome.listsDone.length === 0) return;
	await resolveWhere(
		tx,
		environmentId,
		`((type = 'unmappedPrice' AND primary_id = '' AND ${tx.dialect.among('key')}) OR (type = 'priceMismatch' AND ${tx.dialect.among('field')}))
			AND NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { type: 'text', key: 'text', field: 'text' })}
				WHERE r.type = exceptions.type AND r.key = exceptions.key AND r.field = exceptions.field)`,
		jsonParameter(outcome.listsDone),
		jsonParameter(outcome.listsDone),
		jsonParameter(outcome.findings.map(({ exception: { type, key, field } }) => ({ type, key, field }))),
	);
}

interface ItemOfProduct {
	key: string;
	primary_id: string;
	internal_id: string;
	confirmed: string;
	read_back: string | null;
}

/** What can't be sold any more because Khaos lost it. */
export async function leaveLive(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	const items = await itemsOfProducts(tx, environmentId, keys, 'products.live = 1');
	if (items.length === 0) return;
	await setLive(
		tx,
		environmentId,
		items.map((item) => item.primary_id),
		false,
	);
	await putStatuses(
		tx,
		environmentId,
		items.map((item) => ({
			primaryId: item.primary_id,
			internalId: item.internal_id,
			status: 'Failed',
			message: `${missingInKhaos}: ${item.key} was confirmed and is not there any more. The drift check with repair makes it again.`,
			stockId: '',
			delayMs: 0,
		})),
	);
}

/** What left Live because it was missing, and was read back as desired now, although nothing was sent. */
export async function backToLive(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	const items = await itemsOfProducts(
		tx,
		environmentId,
		keys,
		`products.live = 0 AND EXISTS (SELECT 1 FROM exceptions WHERE exceptions.environment_id = records.environment_id
			AND exceptions.type = 'missingInKhaos' AND exceptions.primary_id = records.primary_id)
			AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.record_id = records.record_id)`,
	);
	if (items.length === 0) return;
	const names = items.map((item): RecordName => ({ kind: 'status', key: item.primary_id }));
	const told = await loadRecords(tx, environmentId, names);
	const news = items.flatMap((item): StatusNews[] => {
		const record = told.get(nameOf({ kind: 'status', key: item.primary_id }))!;
		const last = (record.waiting?.desired ??
			record.leased?.desired ??
			record.confirmed) as Partial<DesiredStatus> | null;
		if (last?.message?.startsWith(missingInKhaos) !== true) return [];
		const stockId = item.read_back === null ? '' : (JSON.parse(item.read_back) as { stockId: string }).stockId;
		return [
			newsOfConfirmed(
				{ primaryId: item.primary_id, internalId: item.internal_id },
				JSON.parse(item.confirmed) as Record<string, unknown>,
				stockId,
			),
		];
	});
	await setLive(
		tx,
		environmentId,
		news.filter(({ status }) => status === 'Live').map(({ primaryId }) => primaryId),
		true,
	);
	await putStatuses(tx, environmentId, news);
}

async function itemsOfProducts(
	tx: Transaction,
	environmentId: number,
	keys: string[],
	condition: string,
): Promise<ItemOfProduct[]> {
	if (keys.length === 0) return [];
	return await tx.all<ItemOfProduct>(
		`SELECT records.key, records.primary_id, products.internal_id, records.confirmed, records.read_back FROM records
		 JOIN products ON products.environment_id = records.environment_id AND products.primary_id = records.primary_id
		 WHERE records.environment_id = ? AND records.kind = 'stockItem' AND ${tx.dialect.among('records.key')} AND ${condition}`,
		environmentId,
		jsonParameter(keys),
	);
}

/**
 * Put confirmed records back into the queue, because Khaos no longer holds what was confirmed. What has a change already is
 * left to it. Delivery knows from the read-back what differs.
 * @returns how many were put there.
 */
async function requeue(tx: Transaction, environmentId: number, names: RecordName[]): Promise<number> {
	if (names.length === 0) return 0;
	const own = await loadRecords(tx, environmentId, names);
	const lost = [...own.values()].filter(
		(record) =>
			record.confirmed !== null &&
			record.leased === null &&
			record.waiting === null &&
			names.some((name) => nameOf(name) === nameOf(record)),
	);
	if (lost.length === 0) return 0;
	const needs = new Map(lost.map((record) => [record, needsOf(record.kind, record.confirmed!)]));
	const records = await loadRecords(tx, environmentId, [...lost, ...[...needs.values()].flat()]);
	await tx.run(
		`UPDATE records SET taken_since = 1 WHERE ${tx.dialect.among('record_id', 'integer')}`,
		jsonParameter(lost.map((record) => record.recordId)),
	);
	const drafts = lost.map((before): DraftFor => {
		const record = records.get(nameOf(before))!;
		const desired = record.confirmed!;
		const version = record.version ?? new Date(tx.now).toISOString();
		record.takenSince = true;
		// Weighed against what Khaos was read to hold, not against what was confirmed.
		record.confirmed = null;
		const source: Change['source'] = {
			primaryId: record.primaryId ?? '',
			internalId: record.internalId ?? '',
			dateUpdated: version,
			repair: true,
		};
		return {
			record,
			needs: needs.get(before)!,
			draft: {
				kind: record.kind,
				version,
				lane: record.kind === 'price' ? LANES.price : LANES.launch,
				desired,
				source,
				warnings: [],
				purpose: 'write',
				delayMs: 0,
			},
		};
	});
	await placeDrafts(tx, environmentId, records, drafts);
	return lost.length;
}

function needsOf(kind: Kind, desired: Record<string, unknown>): Need[] {
	const item = (stockCode: string): Need => ({ kind: 'stockItem', key: keyOf(stockCode) });
	if (kind === 'stockItem') {
		const { parentKey } = desired as unknown as DesiredStockItem;
		return parentKey ? [{ kind: 'stockItem', key: parentKey }] : [];
	}
	if (kind === 'price') return [item((desired as unknown as DesiredPrice).stockCode)];
	const kit = desired as unknown as DesiredKit;
	return kind === 'kit' ? [item(kit.stockCode), ...kit.components.map(({ stockCode }) => item(stockCode))] : [];
}
