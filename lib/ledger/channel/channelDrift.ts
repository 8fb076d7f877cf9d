import { channelDifferences } from '../../khaos/channel/stockItem';
import type { UploadOutcome } from '../../khaos/channel/channelPort';
import { SHOWN_COLUMNS } from '../../khaos/channel/uploads';
import { priceDifferences } from '../../khaos/prices/prices';
import { drifted, missing, priceDrift } from '../../monitor/driftFindings';
import type { DesiredPrice, DesiredStockItem, PriceReadBack, ReadBack } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { backToLive, busy, leaveLive } from '../watch/driftOutcome';
import { orphaned } from '../watch/driftRuns';
import { openExceptions, resolveExceptionsOfRecords, resolveWhere, type NewException } from '../exceptions/exceptions';

interface ConfirmedRow {
	key: string;
	primary_id: string;
	confirmed: string;
	live: number;
}

/**
 * Confirmed stock items that an upload shows otherwise, or as deleted: an exception each difference, as a drift check has
 * it. What is shown as it was confirmed resolves its own; columns that no upload shows stay the drift check's. An item with a
 * change of its own is left to that.
 */
export async function noteDrift(
	tx: Transaction,
	environmentId: number,
	readBacks: Map<string, ReadBack>,
): Promise<UploadOutcome['drifted']> {
	const rows = await tx.all<ConfirmedRow>(
		`SELECT records.key, records.primary_id, records.confirmed, products.live FROM records
		 JOIN products ON products.environment_id = records.environment_id AND products.primary_id = records.primary_id
		 WHERE records.environment_id = ? AND records.kind = 'stockItem' AND records.confirmed IS NOT NULL AND ${tx.dialect.among('records.key')}
			AND NOT ${busy} AND NOT ${orphaned}
			AND NOT EXISTS (SELECT 1 FROM changes AS own WHERE own.record_id = records.record_id)`,
		environmentId,
		jsonParameter([...readBacks.keys()]),
	);
	const different: UploadOutcome['drifted'] = [];
	const findings = rows.flatMap((row): NewException[] => {
		const desired = JSON.parse(row.confirmed) as DesiredStockItem;
		const item = { key: row.key, primaryId: row.primary_id, desired, live: row.live === 1 };
		const readBack = readBacks.get(row.key)!;
		const differences = channelDifferences(desired, readBack);
		if (differences.length > 0) different.push({ key: row.key, differences });
		return readBack.exists ? differences.map((difference) => drifted(item, difference)) : [missing(item)];
	});
	const keys = rows.map((row) => row.key);
	await resolveWhere(
		tx,
		environmentId,
		`${tx.dialect.among('key')} AND (type = 'missingInKhaos' OR (type IN ('attributeDrift', 'priceMismatch') AND ${tx.dialect.among('field')}))
			AND NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { type: 'text', key: 'text', field: 'text' })}
				WHERE r.type = exceptions.type AND r.key = exceptions.key AND r.field = exceptions.field)`,
		jsonParameter(keys),
		jsonParameter([...SHOWN_COLUMNS]),
		jsonParameter(findings.map(({ type, key, field }) => ({ type, key, field }))),
	);
	await openExceptions(tx, environmentId, findings);
	await leaveLive(
		tx,
		environmentId,
		findings.filter(({ type }) => type === 'missingInKhaos').map(({ key }) => key),
	);
	const changed = new Set(different.map(({ key }) => key));
	await backToLive(
		tx,
		environmentId,
		keys.filter((key) => !changed.has(key)),
	);
	return different;
}

/**
 * Confirmed prices that an upload of price lists shows otherwise, as a drift check has them. A price with a change of its
 * own is left to that; one that isn't shown is the drift check's: nothing says that an upload holds every row of a list.
 */
export async function notePriceDrift(
	tx: Transaction,
	environmentId: number,
	shown: Map<string, PriceReadBack>,
): Promise<UploadOutcome['drifted']> {
	const rows = await tx.all<{ key: string; primary_id: string | null; confirmed: string }>(
		`SELECT key, primary_id, confirmed FROM records
		 WHERE environment_id = ? AND kind = 'price' AND confirmed IS NOT NULL AND ${tx.dialect.among('key')} AND NOT ${busy}
			AND NOT EXISTS (SELECT 1 FROM changes AS own WHERE own.record_id = records.record_id)`,
		environmentId,
		jsonParameter([...shown.keys()]),
	);
	const different: UploadOutcome['drifted'] = [];
	const findings = rows.flatMap(({ key, primary_id, confirmed }): NewException[] => {
		const desired = JSON.parse(confirmed) as DesiredPrice;
		const differences = priceDifferences(desired, shown.get(key)!);
		if (differences.length > 0) different.push({ key, differences });
		return differences.map((difference) => priceDrift({ key, primaryId: primary_id ?? '', desired }, difference));
	});
	const keys = rows.map(({ key }) => key);
	await resolveExceptionsOfRecords(tx, environmentId, ['priceMismatch'], keys, findings);
	await openExceptions(tx, environmentId, findings);
	return different;
}
