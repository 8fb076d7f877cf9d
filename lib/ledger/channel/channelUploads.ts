import Big from 'big.js';

import type { UploadOutcome } from '../../khaos/channel/channelPort';
import { carriedPart, channelDifferences } from '../../khaos/channel/stockItem';
import { SHOWN_COLUMNS, type StockUpload } from '../../khaos/channel/uploads';
import { withUnproven } from '../../khaos/columns';
import { absent } from '../../khaos/stockReading/readBack';
import {
	keyOf,
	priceKeyOf,
	type DesiredPrice,
	type DesiredStockItem,
	type Difference,
	type PriceReadBack,
	type ReadBack,
} from '../../shapes';
import { noteDrift, notePriceDrift } from './channelDrift';
import { jsonParameter, type Transaction } from '../store/database';
import { observe } from '../delivery/observe';
import { retryDelay, type LedgerSettings } from '../settings';
import { apply, openColumns, type OpenRow, type Settled } from '../delivery/settle';

interface RecordRow {
	record_id: number;
	key: string;
	read_back: string | null;
}

/** An open change that Khaos was told over the channel, with the content that it has now. */
type ToldRow = OpenRow & { state: string; served_at: number | null; confirmed_by: string };

const nothing = (): UploadOutcome => ({ confirmed: [], different: [], drifted: [], deleted: [] });

/**
 * What Khaos says it holds. Every stock item in it is observed, ours or not; a change that was told and is shown as it
 * should be is confirmed. One that is shown differently after Khaos had fetched it is told again, and fails after too many
 * times; before that, the upload is older than what was told and proves nothing.
 */
export async function stockUpload(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	upload: Pick<StockUpload, 'items' | 'deleted'>,
): Promise<UploadOutcome> {
	const shown = new Map(upload.items.map((item) => [keyOf(item.stockCode), item]));
	const deleted = (await keysOfDeleted(tx, environmentId, upload.deleted)).filter((key) => !shown.has(key));
	await noteStockIds(tx, environmentId, shown);
	await makeRecords(tx, environmentId, [...shown.keys()]);
	const records = await recordsOf(tx, environmentId, [...shown.keys(), ...deleted]);
	const told = await toldRows(tx, environmentId, [...records.keys()]);

	const readBacks = new Map<string, ReadBack>();
	for (const [key, item] of shown) readBacks.set(key, mergedReadBack(item, records.get(key)?.read_back ?? null));
	for (const key of deleted) if (records.has(key)) readBacks.set(key, absent(key));
	await observe(tx, environmentId, readBacks, tx.now);

	const outcome: UploadOutcome = { ...nothing(), deleted: deleted.filter((key) => records.has(key)) };
	const settled: Settled[] = [];
	for (const row of told) {
		const readBack = readBacks.get(row.key)!;
		if (row.kind === 'kit') {
			if (row.confirmed_by === 'upload' && row.served_at !== null && readBack.exists) settled.push(confirmedKit(row));
			continue;
		}
		const desired = JSON.parse(row.desired) as DesiredStockItem;
		const differences = channelDifferences(desired, readBack);
		// In the hands of an execution that has just told it: what Khaos shows counts if it has fetched that.
		if (row.state === 'leased' && row.served_at === null) continue;
		if (differences.length === 0) settled.push(confirmedItem(row, desired, readBack));
		else if (row.served_at !== null && (row.state === 'sent' || row.state === 'leased'))
			settled.push(differentItem(settings, row, readBack, differences));
	}
	await apply(tx, environmentId, settings, settled);
	for (const { row, result, outcome: end } of settled) {
		if (end.state === 'confirmed') outcome.confirmed.push(row.key);
		else outcome.different.push({ key: row.key, differences: result.differences, failed: end.state === 'failed' });
	}
	outcome.drifted = await noteDrift(tx, environmentId, readBacks);
	return outcome;
}

const confirmedItem = (row: OpenRow, desired: DesiredStockItem, readBack: ReadBack): Settled => ({
	row,
	result: {
		status: 'confirmed',
		reason: '',
		remedy: '',
		differences: [],
		readBack: withUnproven(readBack, carriedPart(desired), readBack),
	},
	outcome: { state: 'confirmed' },
});

const confirmedKit = (row: OpenRow): Settled => ({
	row,
	result: {
		status: 'confirmed',
		reason: 'Khaos uploaded the kit’s stock item after it had fetched the relation',
		remedy: '',
		differences: [],
		readBack: null,
	},
	outcome: { state: 'confirmed' },
});

function differentItem(settings: LedgerSettings, row: OpenRow, readBack: ReadBack, differences: Difference[]): Settled {
	const failures = row.failures + 1;
	const fields = differences.map(({ field }) => field).join(', ');
	return {
		row,
		result: {
			status: 'retry',
			reason: readBack.exists
				? `Khaos fetched ${row.key} and shows another ${fields} than it was told.`
				: `Khaos fetched ${row.key} and says that it has deleted it.`,
			remedy: 'Look at the stock item in Khaos and at the log of its channel import. It is told again by itself.',
			differences,
			readBack,
		},
		outcome:
			failures >= settings.refusedAttempts
				? { state: 'failed' }
				: { state: 'retrying', failures, delayMs: retryDelay(settings, row.attempt, null) },
	};
}

/** What an upload shows takes the place of what was known; columns that it never shows stay as they were read otherwise. */
function mergedReadBack(shown: ReadBack, stored: string | null): ReadBack {
	const earlier = stored === null ? null : (JSON.parse(stored) as ReadBack);
	if (earlier?.exists !== true) return shown;
	const others = Object.entries(earlier.columns).filter(([column]) => !SHOWN_COLUMNS.includes(column));
	return {
		...shown,
		parentCode: earlier.parentCode,
		columns: { ...Object.fromEntries(others), ...shown.columns },
		...(earlier.unproven === undefined ? {} : { unproven: earlier.unproven }),
	};
}

/** Khaos holds stock that nobody has sent: it is remembered, so that a product that comes later is compared with it. */
async function makeRecords(tx: Transaction, environmentId: number, keys: string[]): Promise<void> {
	await tx.run(
		`INSERT INTO records (environment_id, kind, key) SELECT ?, 'stockItem', r.key FROM ${tx.dialect.rows('r', { key: 'text' })} WHERE true
		 ORDER BY r.key ON CONFLICT DO NOTHING`,
		environmentId,
		jsonParameter(keys.map((key) => ({ key }))),
	);
}

async function recordsOf(tx: Transaction, environmentId: number, keys: string[]): Promise<Map<string, RecordRow>> {
	const rows = await tx.all<RecordRow>(
		`SELECT record_id, key, read_back FROM records WHERE environment_id = ? AND kind = 'stockItem' AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	return new Map(rows.map((row) => [row.key, row]));
}

/** Open changes of these stock items and kits whose content is what their record was last told. */
async function toldRows(tx: Transaction, environmentId: number, keys: string[]): Promise<ToldRow[]> {
	const outbox = await tx.all<{ change_id: number; desired: string; served_at: number | null; confirmed_by: string }>(
		`SELECT change_id, desired, served_at, confirmed_by FROM channel_outbox
		 WHERE environment_id = ? AND kind IN ('stockItem', 'kit') AND change_id IS NOT NULL AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	const tellings = new Map(outbox.map((row) => [row.change_id, row]));
	const rows = await tx.all<OpenRow & { state: string }>(
		`SELECT ${openColumns}, changes.state FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.environment_id = ? AND changes.state IN ('sent', 'leased', 'retrying', 'failed') AND ${tx.dialect.among('change_id', 'integer')}
		 ORDER BY change_id`,
		environmentId,
		jsonParameter([...tellings.keys()]),
	);
	return rows.flatMap((row): ToldRow[] => {
		const telling = tellings.get(row.change_id)!;
		// A change that got newer content since keeps its number.
		if (telling.desired !== row.desired) return [];
		return [{ ...row, served_at: telling.served_at, confirmed_by: telling.confirmed_by }];
	});
}

async function noteStockIds(tx: Transaction, environmentId: number, shown: Map<string, ReadBack>): Promise<void> {
	const rows = [
		...new Map(
			[...shown]
				.filter(([, item]) => item.stockId !== '')
				.map(([key, item]) => [item.stockId, { stock_id: item.stockId, key }]),
		).values(),
	];
	await tx.run(
		`INSERT INTO channel_stock (environment_id, stock_id, key)
		 SELECT ?, r.stock_id, r.key FROM ${tx.dialect.rows('r', { stock_id: 'text', key: 'text' })} WHERE true
		 ON CONFLICT (environment_id, stock_id) DO UPDATE SET key = excluded.key`,
		environmentId,
		jsonParameter(rows),
	);
}

/** Khaos's own ids. */
const NUMBER = /^\d+$/;

/**
 * Which stock items were deleted: by Khaos's own ids or, where they are none of those, by their codes. A number that no
 * upload has named is the id of something else where the item of that code is known under an id of its own.
 */
async function keysOfDeleted(tx: Transaction, environmentId: number, ids: string[]): Promise<string[]> {
	if (ids.length === 0) return [];
	const rows = await tx.all<{ stock_id: string; key: string }>(
		`SELECT stock_id, key FROM channel_stock WHERE environment_id = ? AND ${tx.dialect.among('stock_id')}`,
		environmentId,
		jsonParameter(ids),
	);
	const keys = new Map(rows.map((row) => [row.stock_id, row.key]));
	const byCode = ids.filter((id) => !keys.has(id));
	const records = await recordsOf(tx, environmentId, byCode.map(keyOf));
	for (const id of byCode) {
		const readBack = records.get(keyOf(id))?.read_back ?? null;
		const hasAnother = NUMBER.test(id) && readBack !== null && (JSON.parse(readBack) as ReadBack).stockId !== '';
		if (!hasAnother) keys.set(id, keyOf(id));
	}
	return [...new Set(keys.values())];
}

/**
 * What Khaos says its price lists hold. A price that was sent (in a file, say) and is shown as it should be is confirmed.
 * One that is shown otherwise stays sent: nobody has to have imported the file yet. One that was confirmed earlier has
 * drifted.
 */
export async function priceListUpload(
	tx: Transaction,
	environmentId: number,
	settings: LedgerSettings,
	rows: PriceReadBack[],
): Promise<UploadOutcome> {
	const shown = new Map(rows.map((row) => [priceKeyOf(row), row]));
	const keys = jsonParameter([...shown.keys()]);
	const open = await tx.all<OpenRow & { state: string }>(
		`SELECT ${openColumns}, changes.state FROM changes JOIN records ON records.record_id = changes.record_id
		 WHERE changes.environment_id = ? AND changes.kind = 'price' AND changes.state IN ('sent', 'failed') AND ${tx.dialect.among('changes.key')}
		 ORDER BY change_id`,
		environmentId,
		keys,
	);
	const known = await tx.all<{ record_id: number; key: string }>(
		`SELECT record_id, key FROM records WHERE environment_id = ? AND kind = 'price' AND ${tx.dialect.among('key')}`,
		environmentId,
		keys,
	);
	// By record and not by key: SQLite would look through all prices for each of these.
	await tx.run(
		`UPDATE records SET read_back = r.read_back, read_back_at = ?, present = 1
		 FROM ${tx.dialect.rows('r', { record_id: 'integer', read_back: 'text' })} WHERE records.record_id = r.record_id`,
		tx.now,
		jsonParameter(known.map(({ record_id, key }) => ({ record_id, read_back: JSON.stringify(shown.get(key)) }))),
	);
	const outcome = nothing();
	const settled: Settled[] = [];
	for (const row of open) {
		const readBack = shown.get(row.key)!;
		const differences = differencesOfSent(JSON.parse(row.desired) as DesiredPrice, readBack);
		if (differences.length > 0) {
			outcome.different.push({ key: row.key, differences, failed: row.state === 'failed' });
			await tx.run(
				'UPDATE changes SET differences = ? WHERE change_id = ?',
				JSON.stringify(differences),
				row.change_id,
			);
			continue;
		}
		settled.push({
			row,
			result: { status: 'confirmed', reason: '', remedy: '', differences: [], readBack: null, priceReadBack: readBack },
			outcome: { state: 'confirmed' },
		});
		outcome.confirmed.push(row.key);
	}
	await apply(tx, environmentId, settings, settled);
	outcome.drifted = await notePriceDrift(tx, environmentId, shown);
	return outcome;
}

function differencesOfSent(desired: DesiredPrice, shown: PriceReadBack): Difference[] {
	const differences: Difference[] = [];
	if (!new Big(desired.amount).eq(shown.amount))
		differences.push({ field: 'amount', expected: desired.amount, actual: shown.amount });
	if (desired.net !== shown.net)
		differences.push({ field: 'net', expected: String(desired.net), actual: String(shown.net) });
	return differences;
}
