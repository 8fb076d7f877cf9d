import type { TrailedEvent, TrailOfSku } from '../../monitor/monitorPort';
import { keyOf, type Kind, type ReadBack } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { exceptionHistory } from '../exceptions/exceptionWork';
import { listExceptions } from '../exceptions/exceptions';
import { listChanges } from './stats';
import type { TrailEvent } from '../changes/trail';

interface TrailRow {
	at: number;
	kind: Kind;
	key: string;
	primary_id: string;
	event: TrailEvent;
	version: string;
	lag: number | null;
	details: string;
}

/** Everything that is known of a stock code or primary id: its own records, and the status of its product. */
export async function trailOf(
	tx: Transaction,
	environmentId: number,
	search: string,
	limit: number,
): Promise<TrailOfSku> {
	const { primaryIds, keys } = await namesOf(tx, environmentId, search);
	// A price's key begins with its stock item's.
	const priceKeys = await tx.all<{ key: string }>(
		`SELECT key FROM records WHERE environment_id = ? AND kind = 'price' AND ${tx.dialect.among('primary_id')}`,
		environmentId,
		jsonParameter(primaryIds),
	);
	const all = [...new Set([...keys, ...primaryIds, ...priceKeys.map((row) => row.key)])];
	const events = await tx.all<TrailRow>(
		`SELECT at, kind, key, primary_id, event, version, lag, details FROM trail
		 WHERE environment_id = ? AND ${tx.dialect.among('key')} ORDER BY event_id DESC LIMIT ?`,
		environmentId,
		jsonParameter(all),
		limit,
	);
	const exceptions = [];
	const seen = new Set<string>();
	for (const name of [...keys, ...primaryIds]) {
		for (const one of await listExceptions(tx, environmentId, {
			search: name,
			states: ['open', 'acknowledged', 'resolved'],
			limit,
		})) {
			if (!seen.has(one.exceptionId)) exceptions.push(one);
			seen.add(one.exceptionId);
		}
	}
	const histories = await exceptionHistory(tx, environmentId, [...seen]);
	const open = [];
	for (const primaryId of primaryIds)
		open.push(...(await listChanges(tx, environmentId, { search: primaryId, limit })));
	const record = await tx.get<{ read_back: string | null; read_back_at: number | null }>(
		`SELECT read_back, read_back_at FROM records WHERE environment_id = ? AND kind = 'stockItem' AND read_back IS NOT NULL AND ${tx.dialect.among('key')}`,
		environmentId,
		jsonParameter(keys),
	);
	const readBack = record === undefined ? null : (JSON.parse(record.read_back!) as ReadBack);
	return {
		keys,
		primaryIds,
		events: events.reverse().map(eventOf),
		exceptions: exceptions.map((one) => ({ ...one, history: histories.get(one.exceptionId) ?? [] })),
		open: open.map(({ kind, key, state, reason, waitsFor, waitingReason, dueAt }) => ({
			kind,
			key,
			state,
			reason,
			waitsFor,
			waitingReason,
			dueAt,
		})),
		readBack: readBack && {
			exists: readBack.exists,
			stockId: readBack.stockId,
			readAt: new Date(record!.read_back_at ?? 0).toISOString(),
		},
	};
}

const eventOf = (row: TrailRow): TrailedEvent => ({
	at: new Date(row.at).toISOString(),
	kind: row.kind,
	key: row.key,
	primaryId: row.primary_id,
	event: row.event,
	version: row.version,
	lagMs: row.lag,
	details: JSON.parse(row.details) as Record<string, unknown>,
});

async function namesOf(
	tx: Transaction,
	environmentId: number,
	search: string,
): Promise<{ primaryIds: string[]; keys: string[] }> {
	const key = keyOf(search);
	const products = await tx.all<{ primary_id: string; stock_key: string | null }>(
		'SELECT primary_id, stock_key FROM products WHERE environment_id = ? AND (primary_id = ? OR stock_key = ?)',
		environmentId,
		search.trim(),
		key,
	);
	return {
		primaryIds: products.map((product) => product.primary_id),
		keys: [...new Set([key, ...products.flatMap(({ stock_key: own }) => (own === null ? [] : [own]))])],
	};
}
