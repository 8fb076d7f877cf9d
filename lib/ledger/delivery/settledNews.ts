import type { DesiredPrice, DesiredStatus, Kind, ReadBack } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import {
	isAboutRecord,
	KIT_FIELD,
	openExceptions,
	resolveExceptions,
	resolveExceptionsOfRecords,
	resolveWhere,
	type ExceptionType,
	type NewException,
} from '../exceptions/exceptions';
import { loadRecords, nameOf } from '../changes/records';
import type { OpenRow, Settled } from './settle';
import { newsOfConfirmed, putStatuses, setLive, type StatusNews } from '../status/status';
import { subjectOf } from '../changes/subject';

/** One after the other, each with its full stop. */
const sentences = (...texts: string[]): string =>
	texts
		.filter((text) => text !== '')
		.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`))
		.join(' ');

/** The product that a change came of. */
export const sourceOf = (row: Pick<OpenRow, 'source'>): { primaryId: string; internalId: string } =>
	JSON.parse(row.source) as { primaryId: string; internalId: string };

const isTrouble = ({ outcome }: Settled): boolean =>
	outcome.state === 'failed' || (outcome.state === 'sent' && outcome.overdue);

const hours = (ms: number): string =>
	ms < 3_600_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 3_600_000)} hours`;

/** Trouble that is told of a product for the first time. */
const isNewTrouble = (one: Settled): boolean =>
	isTrouble(one) && !(one.outcome.state === 'sent' && one.row.overdue === 1);

/** What went wrong with a record, naming it and its kind, and what to do. */
function troubleOf({ row, result, outcome }: Settled, now: number): { reason: string; remedy: string } {
	if (outcome.state !== 'sent') {
		const named =
			row.kind === 'stockItem' || row.kind === 'status'
				? result.reason
				: `${subjectOf(row.kind, row.key)}: ${result.reason}`;
		return { reason: named, remedy: result.remedy };
	}
	const by = (result.awaiting ?? row.awaiting) === 'channel' ? 'by the channel' : 'with an import file';
	const likely =
		by === 'by the channel'
			? 'Look whether Khaos Control fetches the channel, and what it said of this item.'
			: 'Most likely its file was not imported, or Khaos Control skipped the row. Import the file, or save the product again in Pimberly to have it written anew.';
	return {
		reason: sentences(
			`${subjectOf(row.kind, row.key)} was handed over ${by} ${hours(now - outcome.sentAt)} ago, and Khaos Control does not show it`,
			result.reason,
		),
		remedy: likely,
	};
}

/**
 * What Pimberly is to show of the products whose records were settled. Live follows from the stock item; a kit relation or
 * a price that fails is told in the message, and so is its end.
 */
export async function tellPimberly(tx: Transaction, environmentId: number, settled: Settled[]): Promise<void> {
	const news: StatusNews[] = [];
	const live: string[] = [];
	const notLive: string[] = [];
	const items = settled.filter(({ row }) => row.kind === 'stockItem');
	const parts = settled.filter(({ row }) => row.kind === 'kit' || row.kind === 'price');
	const failing = await failingParts(
		tx,
		environmentId,
		items.filter(({ outcome }) => outcome.state === 'confirmed').map(({ row }) => sourceOf(row).primaryId),
	);
	for (const one of items) {
		const { row, result, outcome } = one;
		const base = { ...sourceOf(row), delayMs: 0 };
		if (outcome.state === 'confirmed') {
			const stockId =
				result.readBack?.stockId ?? (row.read_back === null ? '' : (JSON.parse(row.read_back) as ReadBack).stockId);
			const told = newsOfConfirmed(base, JSON.parse(row.desired) as Record<string, unknown>, stockId);
			(told.status === 'Live' ? live : notLive).push(base.primaryId);
			news.push({ ...told, message: failing.get(base.primaryId) ?? told.message });
		} else if (isNewTrouble(one)) {
			const { reason, remedy } = troubleOf(one, tx.now);
			news.push({ ...base, stockId: '', status: 'Failed', message: sentences(reason, remedy) });
		}
	}
	for (const one of parts.filter(isNewTrouble)) {
		const { reason, remedy } = troubleOf(one, tx.now);
		news.push({ ...sourceOf(one.row), delayMs: 0, stockId: '', status: 'Failed', message: sentences(reason, remedy) });
	}
	await setLive(tx, environmentId, live, true);
	await setLive(tx, environmentId, notLive, false);
	await putStatuses(tx, environmentId, news);
	const mended = parts.filter(({ outcome }) => outcome.state === 'confirmed').map(({ row }) => sourceOf(row).primaryId);
	await putStatuses(tx, environmentId, await newsOfMended(tx, environmentId, [...new Set(mended)]));
}

/** Of these products, those with a kit relation or a price that failed; with what is to be said of it. */
async function failingParts(
	tx: Transaction,
	environmentId: number,
	primaryIds: string[],
): Promise<Map<string, string>> {
	if (primaryIds.length === 0) return new Map();
	const rows = await tx.all<{ primary_id: string; kind: Kind; key: string; reason: string; remedy: string }>(
		`SELECT records.primary_id, changes.kind, changes.key, changes.reason, changes.remedy FROM records
		 JOIN changes ON changes.record_id = records.record_id AND (changes.state = 'failed' OR changes.overdue = 1)
		 WHERE records.environment_id = ? AND records.kind IN ('kit', 'price') AND ${tx.dialect.among('records.primary_id')}`,
		environmentId,
		jsonParameter(primaryIds),
	);
	return new Map(
		rows.map((row) => [row.primary_id, sentences(`${subjectOf(row.kind, row.key)}: ${row.reason}`, row.remedy)]),
	);
}

/**
 * A kit relation or a price was confirmed: where Pimberly shows trouble, and there is none any more, it shows again what the
 * stock item says.
 */
async function newsOfMended(tx: Transaction, environmentId: number, primaryIds: string[]): Promise<StatusNews[]> {
	if (primaryIds.length === 0) return [];
	const items = await tx.all<{ primary_id: string; internal_id: string; desired: string; read_back: string | null }>(
		`SELECT records.primary_id, products.internal_id, records.confirmed AS desired, records.read_back FROM products
		 JOIN records ON records.environment_id = products.environment_id AND records.kind = 'stockItem' AND records.key = products.stock_key
		 WHERE products.environment_id = ? AND ${tx.dialect.among('products.primary_id')}
			AND products.rejected IS NULL AND records.primary_id = products.primary_id AND records.confirmed IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.record_id = records.record_id AND changes.state = 'failed')`,
		environmentId,
		jsonParameter(primaryIds),
	);
	const failing = await failingParts(
		tx,
		environmentId,
		items.map((item) => item.primary_id),
	);
	const statuses = await loadRecords(
		tx,
		environmentId,
		items.map((item) => ({ kind: 'status' as const, key: item.primary_id })),
	);
	return items.flatMap((item): StatusNews[] => {
		const record = statuses.get(nameOf({ kind: 'status', key: item.primary_id }))!;
		const told = (record.waiting?.desired ??
			record.leased?.desired ??
			record.confirmed) as Partial<DesiredStatus> | null;
		const stockId = item.read_back === null ? '' : (JSON.parse(item.read_back) as ReadBack).stockId;
		const news = newsOfConfirmed(
			{ primaryId: item.primary_id, internalId: item.internal_id },
			JSON.parse(item.desired) as unknown as Record<string, unknown>,
			stockId,
		);
		const message = failing.get(item.primary_id) ?? news.message;
		// A launch that waits is left to wait: its need is met, or another one is not.
		if (told?.message === message && told.status === news.status) return [];
		return [{ ...news, message, ...(failing.has(item.primary_id) ? { status: 'Failed' as const } : {}) }];
	});
}

/** Open what failed, close what came to its end. */
export async function keepSettledExceptions(tx: Transaction, environmentId: number, settled: Settled[]): Promise<void> {
	await openExceptions(
		tx,
		environmentId,
		settled.filter(isTrouble).map((one) => {
			const { row, result } = one;
			const [difference] = result.differences;
			return {
				...(row.kind === 'status' ? { type: 'statusNotWritten' as const } : failedTransferOf(row, result)),
				primaryId: sourceOf(row).primaryId,
				key: row.key,
				field: fieldOf(row, difference?.field ?? ''),
				value: difference?.expected ?? null,
				...troubleOf(one, tx.now),
			};
		}),
	);
	const confirmed = settled.filter(({ outcome }) => outcome.state === 'confirmed');
	const of = (kind: Kind): OpenRow[] => confirmed.filter(({ row }) => row.kind === kind).map(({ row }) => row);
	const keys = (kind: Kind): string[] => of(kind).map((row) => row.key);
	const resolveOf = async (types: ExceptionType[], ofKeys: string[]): Promise<unknown> =>
		await resolveExceptionsOfRecords(tx, environmentId, types, ofKeys);
	await Promise.all([
		resolveExceptions(
			tx,
			environmentId,
			['statusNotWritten'],
			of('status').map((row) => sourceOf(row).primaryId),
		),
		resolveEnded(
			tx,
			environmentId,
			confirmed.filter(({ row }) => row.kind !== 'status').map(({ row }) => row.key),
		),
		// What was read back as desired has not drifted any more.
		resolveOf(['attributeDrift', 'missingInKhaos'], keys('stockItem')),
		resolveOf(['priceMismatch'], [...keys('stockItem'), ...keys('price')]),
		resolveOf(['unmappedPrice'], keys('price')),
		resolveOf(['kitMismatch'], keys('kit')),
	]);
}

const fieldOf = (row: OpenRow, field: string): string => {
	if (row.kind === 'kit') return KIT_FIELD;
	return row.kind === 'price' ? (JSON.parse(row.desired) as DesiredPrice).priceList : field;
};

/** Worse where Khaos does not have the item at all: nothing of it can be sold. */
function failedTransferOf(row: OpenRow, result: Settled['result']): Pick<NewException, 'type' | 'severity'> {
	const inKhaos = result.readBack?.exists ?? (row.read_back !== null && (JSON.parse(row.read_back) as ReadBack).exists);
	return { type: 'failedTransfer', ...(row.kind === 'stockItem' && !inKhaos ? { severity: 'critical' as const } : {}) };
}

/** These records came to their end: nothing of theirs is failed or held any more. */
export async function resolveEnded(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	if (keys.length === 0) return;
	const resolve = async (type: ExceptionType, state: string): Promise<unknown> =>
		await resolveWhere(
			tx,
			environmentId,
			`type = ? AND ${tx.dialect.among('key')} AND NOT EXISTS (SELECT 1 FROM records JOIN changes ON changes.record_id = records.record_id AND ${state}
				WHERE ${isAboutRecord})`,
			type,
			jsonParameter(keys),
		);
	await Promise.all([
		resolve('failedTransfer', `(changes.state = 'failed' OR changes.overdue = 1)`),
		resolve('heldTooLong', `changes.state = 'held'`),
	]);
}
