import { needInWords } from '../../catalogue/needs';
import type { Change, Need, Rejection } from '../../shapes';
import { jsonParameter, type Transaction } from '../store/database';
import { openExceptions, resolveExceptions, type ExceptionType, type NewException } from '../exceptions/exceptions';
import type { KnownProduct } from './products';
import type { LedgerSettings } from '../settings';
import type { StatusNews } from '../status/status';
import { subjectOf } from '../changes/subject';

/** By product, each rejection of it: as a whole, or only for a kit or a price of it. */
export type Rejected = Map<string, Array<{ rejection: Rejection; type: ExceptionType; wholly: boolean }>>;

/** A change that waits, brought by the item at `at`. */
export interface HeldChange {
	at: number;
	change: Change;
	recordId: number;
	waitsFor: Need[];
}

const identityTypes: ExceptionType[] = [
	'invalidProduct',
	'unmappedPrice',
	'duplicateStockCode',
	'stockCodeChanged',
	'circularNeed',
];

/** Of these products, those that were found at fault before. */
export async function troubledProducts(
	tx: Transaction,
	environmentId: number,
	primaryIds: string[],
): Promise<Set<string>> {
	const rows = await tx.all<{ primary_id: string }>(
		`SELECT DISTINCT primary_id FROM exceptions WHERE environment_id = ? AND resolved_at IS NULL
			AND ${tx.dialect.among('primary_id')} AND ${tx.dialect.among('type')}`,
		environmentId,
		jsonParameter(primaryIds),
		jsonParameter(identityTypes),
	);
	return new Set(rows.map((row) => row.primary_id));
}

/** What is at fault in these products is an exception, and what is no longer so is resolved. */
export async function keepExceptions(
	tx: Transaction,
	environmentId: number,
	touched: Map<string, KnownProduct>,
	rejected: Rejected,
): Promise<void> {
	const news: NewException[] = [...rejected.values()].flat().flatMap(({ rejection, type, wholly }) =>
		rejection.reasons.map((reason) => ({
			...reason,
			type: reason.type ?? type,
			primaryId: rejection.primaryId,
			key: rejection.key,
			// An item that Khaos has keeps its former values, and one that only has a price at fault is sold all the same.
			...(type === 'invalidProduct' && reason.type === undefined && (!wholly || rejection.withoutInvalid !== undefined)
				? { severity: 'medium' as const }
				: {}),
		})),
	);
	await resolveExceptions(
		tx,
		environmentId,
		identityTypes,
		[...touched.values()]
			.filter((product) => product.rejected === null || rejected.has(product.primaryId))
			.map((product) => product.primaryId),
		news.map(({ primaryId, field }) => ({ primaryId, field })),
	);
	await openExceptions(tx, environmentId, news);
}

/** What Pimberly is told of products that are held or rejected. */
export function statusNews(
	settings: LedgerSettings,
	touched: Map<string, KnownProduct>,
	rejected: Rejected,
	held: HeldChange[],
): StatusNews[] {
	const news: StatusNews[] = [];
	for (const { change, waitsFor } of held) {
		const { primaryId, internalId } = change.source;
		if (rejected.get(primaryId)?.some(({ wholly }) => wholly)) continue;
		// What waits for its own stock item, as each price does, is no news of the product.
		if (change.kind !== 'stockItem' && touched.get(primaryId)?.live !== true) continue;
		news.push({
			primaryId,
			internalId,
			status: 'Held',
			message: `${change.kind === 'stockItem' ? 'Waits' : `${subjectOf(change.kind, change.key)} waits`} for ${waitsFor.map((need) => needInWords(need.key)).join(', ')} to be confirmed in Khaos`,
			stockId: '',
			delayMs: settings.heldStatusAfterMs,
		});
	}
	for (const [primaryId, list] of rejected) {
		const reasons = list.filter(({ wholly }) => wholly).flatMap(({ rejection }) => rejection.reasons);
		if (reasons.length === 0) continue;
		news.push({
			primaryId,
			internalId: touched.get(primaryId)?.internalId ?? '',
			status: 'Failed',
			message: [...new Set(reasons.map((reason) => `${reason.field}: ${reason.reason} ${reason.remedy}`))].join(' '),
			stockId: '',
			delayMs: 0,
		});
	}
	return news;
}
