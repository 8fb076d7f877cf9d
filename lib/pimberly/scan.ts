import type { Product } from '../shapes';
import type { ListPage, PimberlyClient } from './client';
import { sampleOfHints } from './hintStep';
import { passes, type OnlyWhen } from './onlyWhen';
import { PimberlyError } from './pimberlyError';
import type { ReadRow, RowHeadings } from './product';
import { readRows } from './readRows';
import { relationsOf, type MappedColumns, type RelationSettings } from './relations';
import {
	afterStep,
	bySlowerClock,
	filtersOf,
	planStep,
	wasEmitted,
	withoutRepeats,
	type PlannedScan,
	type ScanPolicy,
} from './scanCursor';
import type { ScanPort } from './scanPort';

/** What a scan brings, and how much at a time. */
export interface ScanSettings extends ScanPolicy {
	/** Products a step emits at most; the rest is carried over to the next step. */
	maxPerStep: number;
	pageSize: number;
	onlyWhen: OnlyWhen | null;
	/** Null: relations are not looked up; what a row says is passed on. */
	relations: RelationSettings | null;
	headings: RowHeadings;
}

export interface ScanDeps {
	client: PimberlyClient;
	port: ScanPort;
	/** Milliseconds since 1970. */
	now: () => number;
	/** How long the step may take, in milliseconds. */
	budgetMs: number;
}

export type StepOutcome =
	/** Another step of this scan is under way, or its products are. */
	| { status: 'busy' }
	/** The step took longer than its lease; another one does its work. */
	| { status: 'overtaken' }
	| {
			status: 'done';
			products: Product[];
			/** Whether the end of the list was reached. */
			complete: boolean;
			/** What cut the step short; the next one goes on from there. */
			cutShortBy: PimberlyError | null;
			warnings: string[];
	  };

/** Shares of the budget: pages are read until the first, relations looked up until the second. */
const READ_UNTIL = 0.35;
const LOOK_UP_UNTIL = 0.85;

interface PageRead {
	rows: ReadRow[];
	nextSinceId: string | null;
}

/**
 * One step of a scan: reads pages, resolves relations, and hands the products over in the port's name. An error leaves
 * the cursor where it was, but pages that are whole by then are passed on, so a scan gets on even where calls often fail.
 * @throws PimberlyError after it was recorded, when nothing could be passed on
 */
export async function scanStep(deps: ScanDeps, settings: ScanSettings): Promise<StepOutcome> {
	const { port, budgetMs } = deps;
	const lease = await port.begin(Math.ceil(budgetMs * 1.2) + 10_000);
	if (lease === null) return { status: 'busy' };
	return await leasedStep(deps, settings, lease).catch(async (error: unknown) => {
		// What went wrong with the step is what matters, not that it could not be written down.
		await port.fail(lease.token, error instanceof Error ? error.message : String(error)).catch(() => undefined);
		return await Promise.reject(error);
	});
}

type Lease = NonNullable<Awaited<ReturnType<ScanPort['begin']>>>;

async function leasedStep(deps: ScanDeps, settings: ScanSettings, lease: Lease): Promise<StepOutcome> {
	const { client, port, now } = deps;
	const start = now();
	const wasPassedOn = (product: Product) => lease.recorded[product.primaryId] === product.dateUpdated;

	const read = await readPages(
		client.until(start + deps.budgetMs * LOOK_UP_UNTIL),
		planStep(lease.cursor, settings, start),
		settings,
		{ now, readUntil: start + deps.budgetMs * READ_UNTIL },
	);
	const columns = mappedColumns(read.plan, read.pages);
	const related = await resolvePages(
		client.until(start + deps.budgetMs * LOOK_UP_UNTIL),
		port,
		settings,
		columns,
		read.pages,
	);

	const pages = read.pages.slice(0, related.pages);
	const nextSinceId = pages.at(-1)?.nextSinceId ?? null;
	const plan = { ...read.plan, cursor: { ...read.plan.cursor, mappedColumns: columns } };
	const next = afterStep(plan, settings, related.products, nextSinceId);

	const emission = port.receipts === false ? null : lease.token;
	const again = await readAgain(deps, settings, related.products, start);
	const products = [...related.products, ...again.products]
		.filter((product) => !wasPassedOn(product))
		.map((product) => ({ ...product, emission }));
	if (!(await port.emit(lease.token, lease.token, products, next))) return { status: 'overtaken' };
	port.toReadAgain?.done(again.ids);
	return {
		status: 'done',
		products,
		complete: nextSinceId === null,
		cutShortBy: related.error ?? read.error ?? again.error,
		warnings: warningsOf(settings, read.readRows, read.pages),
	};
}

/** Products whose parents changed without an edit of their own, where no ledger brings them; those of this step aside. */
async function readAgain(
	{ client, port, now, budgetMs }: ScanDeps,
	settings: ScanSettings,
	emitted: Product[],
	start: number,
): Promise<{ ids: string[]; products: Product[]; error: PimberlyError | null }> {
	const ids = port.toReadAgain?.ids() ?? [];
	const inStep = new Set(emitted.map(({ primaryId }) => primaryId));
	const asked = ids.filter((id) => !inStep.has(id)).slice(0, settings.maxPerStep);
	if (asked.length === 0) return { ids, products: [], error: null };
	const hints = asked.map((id) => ({ hintId: 0, idKind: 'primaryId' as const, id, deleted: false, primaryId: id }));
	const until = start + budgetMs * LOOK_UP_UNTIL;
	return await sampleOfHints(client.until(until), hints, port, settings, now).then(
		(products) => ({
			ids: [...inStep, ...asked],
			products: products.filter((product) => passes(product, settings.onlyWhen)),
			error: null,
		}),
		(error: unknown) => {
			if (!(error instanceof PimberlyError)) return Promise.reject(error);
			// What can't be asked for now is asked for by the next step.
			return { ids: error.kind === 'refused' ? asked : [], products: [], error };
		},
	);
}

interface Reading {
	plan: PlannedScan;
	pages: PageRead[];
	/** What ended the reading early, after at least one page. */
	error: PimberlyError | null;
	/** Rows before Only When and the boundary took theirs. */
	readRows: ReadRow[];
}

async function readPages(
	client: PimberlyClient,
	planned: PlannedScan,
	settings: ScanSettings,
	time: { now: () => number; readUntil: number },
): Promise<Reading> {
	let plan = planned;
	let restarted = false;
	const pages: PageRead[] = [];
	const readRows: ReadRow[] = [];
	const seen = new Set<string>();
	let taken = 0;
	let sinceId = plan.scan.sinceId;
	for (;;) {
		const limit = Math.min(settings.pageSize, settings.maxPerStep - taken);
		const attempt = await attemptPage(client, plan, sinceId, limit, settings);
		if (!attempt.ok) {
			// A place in the list that Pimberly does not take any more: the scan starts over.
			if (attempt.error.kind === 'refused' && sinceId !== null && pages.length === 0 && !restarted) {
				restarted = true;
				plan = { ...plan, scan: { ...plan.scan, sinceId: null } };
				sinceId = null;
				continue;
			}
			if (pages.length === 0) throw attempt.error;
			return { plan, pages, error: attempt.error, readRows };
		}
		const { page, rows } = attempt;
		if (plan.fresh && pages.length === 0) {
			plan = { ...plan, scan: bySlowerClock(plan.scan, page.askedAt, time.now(), page.serverTime) };
		}
		const kept = rows.filter(
			({ product }) => passes(product, settings.onlyWhen) && !wasEmitted(product, plan.cursor, plan.scan),
		);
		// A server that takes no limit may give more than is left for this step: that page is left to the next one.
		if (pages.length > 0 && taken + kept.length > settings.maxPerStep) return { plan, pages, error: null, readRows };
		readRows.push(...rows);
		pages.push({ rows: kept, nextSinceId: page.nextSinceId });
		taken += kept.length;
		sinceId = page.nextSinceId;
		if (sinceId !== null && seen.has(sinceId)) {
			throw new PimberlyError(
				'incomplete',
				'Reading the list of products failed: its pages repeat themselves.',
				'Ask Pimberly’s support why maxId comes back.',
			);
		}
		if (sinceId !== null) seen.add(sinceId);
		if (sinceId === null || taken >= settings.maxPerStep || time.now() >= time.readUntil) {
			return { plan, pages, error: null, readRows };
		}
	}
}

type PageAttempt = { ok: true; page: ListPage; rows: ReadRow[] } | { ok: false; error: PimberlyError };

const asFailure = (error: unknown): { ok: false; error: PimberlyError } | Promise<never> =>
	error instanceof PimberlyError ? { ok: false, error } : Promise.reject(error);

async function attemptPage(
	client: PimberlyClient,
	plan: PlannedScan,
	sinceId: string | null,
	limit: number,
	settings: ScanSettings,
): Promise<PageAttempt> {
	const attempt = async (): Promise<PageAttempt> => {
		const page = await client.listPage({ limit, sinceId, filters: filtersOf(plan.scan) });
		return { ok: true, page, rows: await readRows(client, page.rows, page.askedAt, settings) };
	};
	return await attempt().catch(asFailure);
}

const mappedColumns = (plan: PlannedScan, pages: PageRead[]): MappedColumns => {
	const rows = pages.flatMap((page) => page.rows);
	return {
		parents: plan.cursor.mappedColumns?.parents === true || rows.some(({ columns }) => columns.parents),
		items: plan.cursor.mappedColumns?.items === true || rows.some(({ columns }) => columns.items),
	};
};

interface Resolution {
	products: Product[];
	/** How many pages, from the first, have all their relations. */
	pages: number;
	error: PimberlyError | null;
}

async function resolvePages(
	client: PimberlyClient,
	port: ScanPort,
	settings: ScanSettings,
	mapped: MappedColumns,
	pages: PageRead[],
): Promise<Resolution> {
	const rows = withoutRepeats(pages.flatMap((page) => page.rows));
	if (settings.relations === null)
		return { products: rows.map(({ product }) => product), pages: pages.length, error: null };

	const related = await relationsOf(rows, { client, port, settings: settings.relations, mapped });
	const byRow = new Map(rows.map((row, at) => [row, related[at]]));
	const products: Product[] = [];
	for (const [at, page] of pages.entries()) {
		const ofPage: Product[] = [];
		for (const row of page.rows) {
			const relation = byRow.get(row);
			if (relation === undefined) continue;
			if (!relation.ok) {
				if (at === 0) throw relation.error;
				return { products, pages: at, error: relation.error };
			}
			ofPage.push({ ...row.product, parents: relation.parents, items: relation.items });
		}
		products.push(...ofPage);
	}
	return { products, pages: pages.length, error: null };
}

function warningsOf(settings: ScanSettings, rows: ReadRow[], pages: PageRead[]): string[] {
	const { onlyWhen } = settings;
	if (onlyWhen === null || rows.length === 0 || pages.some((page) => page.rows.length > 0)) return [];
	if (rows.some(({ product }) => onlyWhen.attribute in product.attributes)) return [];
	return [
		`Only When: none of the ${rows.length} products that were read has an attribute “${onlyWhen.attribute}”. Check its name: the API name with a feed token, the heading with a channel token.`,
	];
}

/** Some products as a scan would emit them, for trying a workflow out: nothing is remembered, no cursor moves. */
export async function sampleProducts(
	client: PimberlyClient,
	port: ScanPort,
	settings: ScanSettings,
	count: number,
): Promise<Product[]> {
	const page = await client.listPage({ limit: Math.min(settings.pageSize, 100) });
	const rows = (await readRows(client, page.rows, page.askedAt, settings)).filter(({ product }) =>
		passes(product, settings.onlyWhen),
	);
	const some = rows.slice(0, count);
	const mapped = {
		parents: rows.some(({ columns }) => columns.parents),
		items: rows.some(({ columns }) => columns.items),
	};
	const whole: PageRead = { rows: some, nextSinceId: null };
	return (await resolvePages(client, port, settings, mapped, [whole])).products;
}
