import { concurrently } from '../concurrently';
import type { Product } from '../shapes';
import type { PimberlyClient, Row } from './client';
import type { HintPort, TakenHint } from './hintPort';
import { passes } from './onlyWhen';
import { PimberlyError } from './pimberlyError';
import { internalIdOf, type ReadRow } from './product';
import { relationsOf } from './relations';
import { readRows } from './readRows';
import type { ScanSettings } from './scan';
import type { ScanPort } from './scanPort';
import { toInstant } from './values';

export interface HintDeps {
	/** With a feed token: only that sees every product, so only its “not there” means deleted. */
	client: PimberlyClient;
	port: HintPort;
	relations: Pick<ScanPort, 'parentsOf' | 'rememberParents' | 'rememberItems'>;
	/** Milliseconds since 1970. */
	now: () => number;
	/** How long the step may take, in milliseconds. */
	budgetMs: number;
}

export type HintSettings = Pick<ScanSettings, 'headings' | 'relations' | 'onlyWhen'>;

export interface HintOutcome {
	/** How many hints were taken; fewer than asked for: no more are due. */
	taken: number;
	products: Product[];
	/** Why some could not be read; they stay in the ledger. */
	error: PimberlyError | null;
}

type Read = { is: 'read'; row: ReadRow } | { is: 'gone' } | { is: 'failed'; error: PimberlyError };

/**
 * Reads hinted products again, with their dateUpdated and relations as a scan would, and hands them over in the port's
 * name. What Pimberly answers counts, not what the notification said: a product that was reported deleted and is there is
 * emitted.
 * @param limit hints to take at most
 */
export async function hintStep(deps: HintDeps, settings: HintSettings, limit: number): Promise<HintOutcome> {
	const { port } = deps;
	const { token, hints } = await port.take(limit, Math.ceil(deps.budgetMs * 1.2) + 10_000);
	if (hints.length === 0) return { taken: 0, products: [], error: null };
	const client = deps.client.until(deps.now() + deps.budgetMs * 0.85);

	const reads = await readAll(client, hints, settings, deps.now);
	const wanted = hints.flatMap((hint, at) => {
		const read = reads[at]!;
		return read.is === 'read' && passes(read.row.product, settings.onlyWhen) ? [{ hint, row: read.row }] : [];
	});
	const { products, errors } = await withRelations(
		client,
		deps,
		settings,
		wanted.map(({ row }) => row),
	);

	const failed = new Map<PimberlyError, number[]>();
	const failedFor = (error: PimberlyError, hint: TakenHint): void =>
		void failed.set(error, [...(failed.get(error) ?? []), hint.hintId]);
	const emitted: Array<{ hintId: number; product: Product }> = [];
	const gone: Array<{ hintId: number; primaryId: string | null }> = [];
	const idle: number[] = [];
	for (const [at, hint] of hints.entries()) {
		const read = reads[at]!;
		// Only a notification and Pimberly's own answer together mean that a product was deleted.
		if (read.is === 'gone' && hint.deleted) gone.push({ hintId: hint.hintId, primaryId: hint.primaryId });
		else if (read.is === 'gone' || (read.is === 'failed' && cannotBeAsked(read.error))) idle.push(hint.hintId);
		else if (read.is === 'failed') failedFor(read.error, hint);
		else if (!passes(read.row.product, settings.onlyWhen)) idle.push(hint.hintId);
		else {
			const { primaryId } = read.row.product;
			const product = products.get(primaryId);
			const error = errors.get(primaryId);
			if (product !== undefined) emitted.push({ hintId: hint.hintId, product });
			else if (error !== undefined) failedFor(error, hint);
		}
	}

	if (gone.length > 0) await port.gone(token, gone);
	if (idle.length > 0) await port.finish(token, idle);
	for (const [error, ids] of failed) await port.fail(token, ids, error.message, error.retryAfter);
	const ours = new Set(
		emitted.length === 0
			? []
			: await port.emit(
					token,
					emitted.map(({ hintId, product: { primaryId, dateUpdated } }) => ({ hintId, primaryId, dateUpdated })),
				),
	);
	const emittedProducts = emitted
		.filter(({ hintId }) => ours.has(hintId))
		.map(({ product }) => ({ ...product, emission: token }));
	return {
		taken: hints.length,
		products: [...new Map(emittedProducts.map((product) => [product.primaryId, product])).values()],
		error: failed.keys().next().value ?? null,
	};
}

/** Products by hints that no ledger keeps, for trying a workflow out: nothing is remembered. */
export async function sampleOfHints(
	client: PimberlyClient,
	hints: TakenHint[],
	relations: HintDeps['relations'],
	settings: HintSettings,
	now: () => number,
): Promise<Product[]> {
	const reads = await readAll(client, hints, settings, now);
	const rows = reads.flatMap((read) =>
		read.is === 'failed' ? fail(read.error) : read.is === 'read' ? [read.row] : [],
	);
	const { products, errors } = await withRelations(client, { relations }, settings, rows);
	for (const error of errors.values()) throw error;
	return [...products.values()];
}

/** An id that no path can hold: nothing will ever come of it. */
const cannotBeAsked = (error: PimberlyError): boolean => error.kind === 'refused' && error.status === null;

const fail = (error: PimberlyError): never => {
	throw error;
};

async function readAll(
	client: PimberlyClient,
	hints: TakenHint[],
	settings: HintSettings,
	now: () => number,
): Promise<Read[]> {
	const limit = settings.relations?.concurrency ?? 4;
	let answered = false;
	const errors: PimberlyError[] = [];
	return await concurrently(hints, limit, async (hint): Promise<Read> => {
		// A server that is down, or does not take the token, is not asked once more for each product.
		const [first] = errors;
		if (first !== undefined && !answered && errors.length >= limit) return { is: 'failed', error: first };
		return await readOne(client, hint, settings, now).then(
			(row): Read => {
				answered = true;
				return row === null ? { is: 'gone' } : { is: 'read', row };
			},
			(error: unknown) => {
				if (!(error instanceof PimberlyError)) return Promise.reject(error);
				if (!cannotBeAsked(error)) errors.push(error);
				return { is: 'failed' as const, error };
			},
		);
	});
}

/** The product of a hint as it is now; null: Pimberly does not hold it. */
async function readOne(
	client: PimberlyClient,
	hint: TakenHint,
	settings: HintSettings,
	now: () => number,
): Promise<ReadRow | null> {
	const internal = hint.idKind === 'internalId' && previousId(hint.id) !== null;
	// What is no internal id may be a primary id: which of them productId is, is not sure for every account (pimberly-api 2.4).
	const primaryId = hint.primaryId ?? (internal ? null : hint.id);
	const askedAt = now();
	const single = primaryId === null ? null : await client.product(primaryId);
	if (single !== null) {
		const dated = toInstant(single['dateUpdated']) === null ? await rowOf(client, internalIdOf(single)) : null;
		return (await readRows(client, [dated?.row ?? single], dated?.askedAt ?? askedAt, settings))[0] ?? null;
	}
	const listed = internal ? await rowOf(client, hint.id) : null;
	return listed === null ? null : ((await readRows(client, [listed.row], listed.askedAt, settings))[0] ?? null);
}

/** The list's row of one product by its internal id: the first after the id just before it. Lists are in the order of these ids. */
async function rowOf(client: PimberlyClient, internalId: string): Promise<{ row: Row; askedAt: number } | null> {
	const sinceId = previousId(internalId);
	if (sinceId === null) return null;
	const page = await client.listPage({ limit: 1, sinceId });
	const row = page.rows.find((candidate) => internalIdOf(candidate).toLowerCase() === internalId.toLowerCase());
	return row === undefined ? null : { row, askedAt: page.askedAt };
}

/** The internal id just below one; null for what is no internal id (24 hexadecimal digits). */
export function previousId(internalId: string): string | null {
	if (!/^[0-9a-f]{24}$/i.test(internalId)) return null;
	const value = BigInt(`0x${internalId}`);
	return value === 0n ? null : (value - 1n).toString(16).padStart(24, '0');
}

async function withRelations(
	client: PimberlyClient,
	{ relations }: Pick<HintDeps, 'relations'>,
	settings: HintSettings,
	rows: ReadRow[],
): Promise<{ products: Map<string, Product>; errors: Map<string, PimberlyError> }> {
	const products = new Map<string, Product>();
	const errors = new Map<string, PimberlyError>();
	const unique = [...new Map(rows.map((row) => [row.product.primaryId, row])).values()];
	const related =
		settings.relations === null
			? null
			: await relationsOf(unique, {
					client,
					port: relations,
					settings: settings.relations,
					mapped: { parents: false, items: false },
				});
	for (const [at, { product }] of unique.entries()) {
		const relation = related?.[at];
		if (relation?.ok === false) errors.set(product.primaryId, relation.error);
		else
			products.set(
				product.primaryId,
				relation === undefined ? product : { ...product, parents: relation.parents, items: relation.items },
			);
	}
	return { products, errors };
}
