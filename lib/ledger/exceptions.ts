import { jsonParameter, type Transaction } from './database';

/** What a person has to look at. The owner and the severity follow from the type. */
export const exceptionTypes = {
	invalidProduct: { severity: 'high', owner: 'ecommerce' },
	duplicateStockCode: { severity: 'high', owner: 'ecommerce' },
	stockCodeChanged: { severity: 'high', owner: 'operations' },
	failedTransfer: { severity: 'high', owner: 'operations' },
	heldTooLong: { severity: 'high', owner: 'ecommerce' },
	circularNeed: { severity: 'high', owner: 'ecommerce' },
	orphan: { severity: 'medium', owner: 'operations' },
	statusNotWritten: { severity: 'medium', owner: 'ecommerce' },
} as const satisfies Record<string, { severity: 'high' | 'medium' | 'low'; owner: 'ecommerce' | 'operations' | 'finance' }>;

export type ExceptionType = keyof typeof exceptionTypes;

export interface NewException {
	type: ExceptionType;
	primaryId: string;
	key: string;
	field: string;
	value: string | null;
	reason: string;
	remedy: string;
}

export interface OpenException extends NewException {
	exceptionId: string;
	severity: string;
	owner: string;
	/** ISO 8601 UTC. */
	openedAt: string;
	lastSeenAt: string;
}

/** Open these, or note that they are seen again: one exception a type, product, record and field. */
export async function openExceptions(tx: Transaction, environmentId: number, news: NewException[]): Promise<void> {
	if (news.length === 0) return;
	const unique = [...new Map(news.map((one) => [[one.type, one.primaryId, one.key, one.field].join('\u0000'), one])).values()];
	await tx.run(
		`INSERT INTO exceptions (environment_id, type, severity, owner, primary_id, key, field, value, reason, remedy, opened_at, last_seen_at)
		 SELECT ?, r.type, r.severity, r.owner, r.primary_id, r.key, r.field, r.value, r.reason, r.remedy, ?, ?
		 FROM ${tx.dialect.rows('r', { type: 'text', severity: 'text', owner: 'text', primary_id: 'text', key: 'text', field: 'text', value: 'text', reason: 'text', remedy: 'text' })} WHERE true
		 ON CONFLICT (environment_id, type, primary_id, key, field) WHERE resolved_at IS NULL
		 DO UPDATE SET value = excluded.value, reason = excluded.reason, remedy = excluded.remedy, last_seen_at = excluded.last_seen_at`,
		environmentId,
		tx.now,
		tx.now,
		jsonParameter(
			unique.map((one) => ({
				...exceptionTypes[one.type],
				type: one.type,
				primary_id: one.primaryId,
				key: one.key,
				field: one.field,
				value: one.value,
				reason: one.reason,
				remedy: one.remedy,
			})),
		),
	);
}

/** The cause is gone: close what is open of these types for these products, but for the fields that still hold. */
export async function resolveExceptions(
	tx: Transaction,
	environmentId: number,
	types: ExceptionType[],
	primaryIds: string[],
	stillOpen: Array<{ primaryId: string; field: string }> = [],
): Promise<void> {
	if (primaryIds.length === 0) return;
	await tx.run(
		`UPDATE exceptions SET resolved_at = ? WHERE environment_id = ? AND resolved_at IS NULL
			AND ${tx.dialect.among('type')} AND ${tx.dialect.among('primary_id')}
			AND NOT EXISTS (SELECT 1 FROM ${tx.dialect.rows('r', { primary_id: 'text', field: 'text' })}
				WHERE r.primary_id = exceptions.primary_id AND r.field = exceptions.field)`,
		tx.now,
		environmentId,
		jsonParameter(types),
		jsonParameter(primaryIds),
		jsonParameter(stillOpen.map((one) => ({ primary_id: one.primaryId, field: one.field }))),
	);
}

interface ExceptionRow {
	exception_id: number;
	type: ExceptionType;
	severity: string;
	owner: string;
	primary_id: string;
	key: string;
	field: string;
	value: string | null;
	reason: string;
	remedy: string;
	opened_at: number;
	last_seen_at: number;
}

/** Everything open, oldest first. */
export async function listExceptions(tx: Transaction, environmentId: number, limit: number): Promise<OpenException[]> {
	const rows = await tx.all<ExceptionRow>(
		`SELECT * FROM exceptions WHERE environment_id = ? AND resolved_at IS NULL ORDER BY exception_id LIMIT ?`,
		environmentId,
		limit,
	);
	return rows.map((row) => ({
		exceptionId: String(row.exception_id),
		type: row.type,
		severity: row.severity,
		owner: row.owner,
		primaryId: row.primary_id,
		key: row.key,
		field: row.field,
		value: row.value,
		reason: row.reason,
		remedy: row.remedy,
		openedAt: new Date(row.opened_at).toISOString(),
		lastSeenAt: new Date(row.last_seen_at).toISOString(),
	}));
}
