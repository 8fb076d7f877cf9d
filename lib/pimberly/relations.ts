import { concurrently } from '../concurrently';
import type { Product } from '../shapes';
import type { PimberlyClient } from './client';
import { isWanted } from './onlyWhen';
import { PimberlyError } from './pimberlyError';
import { primaryIdOf, type ReadRow } from './product';
import type { ScanPort } from './scanPort';

/**
 * Parents and items of the products of a scan step (pimberly-api 2.5, 7, 12). Feed rows carry none, so they are looked
 * up; `/items` of a variant parent says the parent of all its variants with one call. Products are never passed on as if
 * they had no parents because a look-up failed.
 */
export interface RelationSettings {
	/** The attribute that tells variant parents and variants apart; null: each product is looked up both ways. */
	typeAttribute: string | null;
	variantParentValues: string[];
	variantValues: string[];
	/** What to look up for any other type. A product without a type is always looked up both ways. */
	otherwise: 'none' | 'both';
	/** `columns`: rows say all there is. `lookUps`: only Pimberly's look-ups count. `automatic`: columns where a row has them. */
	from: 'automatic' | 'columns' | 'lookUps';
	/** Look-ups at a time. */
	concurrency: number;
}

export const DEFAULT_RELATIONS: RelationSettings = {
	typeAttribute: null,
	variantParentValues: [],
	variantValues: [],
	otherwise: 'both',
	from: 'automatic',
	concurrency: 4,
};

/** Which relation columns the channel was seen to map. An empty column is left out of a row, so one row can't tell. */
export interface MappedColumns {
	parents: boolean;
	items: boolean;
}

/** Which relations of a product are still to be looked up. */
export interface Needs {
	parents: boolean;
	items: boolean;
}

/** How old a remembered parent may be. */
const REMEMBERED_MS = 24 * 60 * 60_000;
/** Rounds for look-ups that failed while others succeeded: then it was the call, not the token or the server. */
const ROUNDS = 3;

/** What has to be looked up for one product. Pure. */
function needsOf({ product, columns }: ReadRow, settings: RelationSettings, mapped: MappedColumns): Needs {
	if (settings.from === 'columns') return { parents: false, items: false };
	if (settings.from === 'automatic' && (columns.parents || columns.items)) return { parents: false, items: false };
	const wanted = byType(product, settings);
	if (settings.from === 'lookUps') return wanted;
	// Who maps Parents maps what matters: without its items a parent is merely shown with none.
	return { parents: wanted.parents && !mapped.parents, items: wanted.items && !mapped.items && !mapped.parents };
}

function byType(product: Product, settings: RelationSettings): Needs {
	if (settings.typeAttribute === null) return { parents: true, items: true };
	const type = product.attributes[settings.typeAttribute];
	if (isWanted(type, settings.variantParentValues)) return { parents: false, items: true };
	if (isWanted(type, settings.variantValues)) return { parents: true, items: false };
	const known = !isWanted(type, ['']);
	return known && settings.otherwise === 'none' ? { parents: false, items: false } : { parents: true, items: true };
}

/** Parents of each product by what the items of others say. Pure. */
function parentsByItems(items: Iterable<[string, string[]]>): Map<string, string[]> {
	const parents = new Map<string, string[]>();
	for (const [parent, children] of items) {
		for (const child of children) parents.set(child, [...new Set([...(parents.get(child) ?? []), parent])]);
	}
	return parents;
}

/**
 * The parents of a product without a look-up: from the items of this scan, else as remembered. Null: look it up; also
 * where both know some and they don't agree, and where it is remembered to have none, which may just have changed. Pure.
 */
function knownParents(fromScan: string[] | undefined, remembered: string[] | undefined): string[] | null {
	const [scan, memory] = [fromScan ?? [], remembered ?? []];
	if (scan.length > 0) return memory.every((parent) => scan.includes(parent)) ? scan : null;
	return memory.length > 0 ? memory : null;
}

export interface RelationDeps {
	client: PimberlyClient;
	port: Pick<ScanPort, 'parentsOf' | 'rememberParents' | 'rememberItems'>;
	settings: RelationSettings;
	mapped: MappedColumns;
}

/** Either the relations of a product, or why they are not known. */
export type Related = { ok: true; parents: string[]; items: string[] } | { ok: false; error: PimberlyError };

/** The relations of each row, in order. What was looked up is remembered, whether all of it succeeded or not. */
export async function relationsOf(rows: ReadRow[], deps: RelationDeps): Promise<Related[]> {
	const { client, port, settings, mapped } = deps;
	const needs = rows.map((row) => needsOf(row, settings, mapped));
	const idsNeeding = (relation: keyof Needs) => [
		...new Set(rows.filter((_, at) => needs[at]?.[relation] === true).map(({ product }) => product.primaryId)),
	];
	const lookUp = async (relation: keyof Needs, ids: string[]): Promise<LookedUp> =>
		client.hasFeedToken
			? await lookUpAll(ids, settings.concurrency, async (id) => await idsRelated(client, id, relation))
			: { found: new Map(), failed: new Map(ids.map((id) => [id, needsFeedToken(id, relation)])) };

	const items = await lookUp('items', idsNeeding('items'));
	if (items.found.size > 0) {
		// A channel's token shows products by other names than a single look-up does: they come by the channel alone.
		const mayReadAgain = client.connection.tokenKind === 'feed';
		await port.rememberItems(items.found, mayReadAgain ? new Set(rows.map(({ product }) => product.primaryId)) : null);
	}

	const itemsKnown = [
		...items.found,
		...rows.map(({ product }): [string, string[]] => [product.primaryId, product.items]),
	];
	const byItems = parentsByItems(settings.from === 'lookUps' ? items.found : itemsKnown);
	const inNeed = idsNeeding('parents');
	const remembered = inNeed.length > 0 ? await port.parentsOf(inNeed, REMEMBERED_MS) : new Map<string, string[]>();
	const known = new Map(inNeed.map((id) => [id, knownParents(byItems.get(id), remembered.get(id))]));
	const parents = await lookUp(
		'parents',
		inNeed.filter((id) => known.get(id) === null),
	);
	if (parents.found.size > 0) await port.rememberParents(parents.found);

	return rows.map(({ product }, at): Related => {
		const id = product.primaryId;
		const error =
			(needs[at]?.items === true && items.failed.get(id)) || (needs[at]?.parents === true && parents.failed.get(id));
		if (error) return { ok: false, error };
		const own = settings.from === 'lookUps' ? { parents: [], items: [] } : product;
		const others = parents.found.get(id) ?? known.get(id) ?? byItems.get(id) ?? [];
		return {
			ok: true,
			parents: [...new Set([...own.parents, ...others])],
			items: [...new Set([...own.items, ...(items.found.get(id) ?? [])])],
		};
	});
}

interface LookedUp {
	found: Map<string, string[]>;
	failed: Map<string, PimberlyError>;
}

async function lookUpAll(ids: string[], limit: number, one: (id: string) => Promise<string[]>): Promise<LookedUp> {
	const found = new Map<string, string[]>();
	let failed = new Map<string, PimberlyError>();
	let left = ids;
	for (let round = 1; round <= ROUNDS && left.length > 0; round++) {
		const before = found.size;
		failed = await lookUpOnce(left, limit, one, found);
		left = [...failed.keys()];
		if (found.size === before) break;
	}
	return { found, failed };
}

async function lookUpOnce(
	ids: string[],
	limit: number,
	one: (id: string) => Promise<string[]>,
	found: Map<string, string[]>,
): Promise<Map<string, PimberlyError>> {
	const failed = new Map<string, PimberlyError>();
	let succeeded = false;
	await concurrently(ids, limit, async (id) => {
		// One refusal says it for all: a wrong token or a server that is down is not asked a thousand times more.
		const hopeless = !succeeded && failed.size >= limit;
		const first = failed.values().next().value;
		if (hopeless && first !== undefined) {
			failed.set(id, first);
			return;
		}
		await one(id).then(
			(related) => {
				succeeded = true;
				found.set(id, related);
			},
			(error: unknown) => (error instanceof PimberlyError ? void failed.set(id, error) : Promise.reject(error)),
		);
	});
	return failed;
}

async function idsRelated(client: PimberlyClient, primaryId: string, relation: keyof Needs): Promise<string[]> {
	const rows = relation === 'items' ? await client.items(primaryId) : await client.parents(primaryId);
	const ids = rows.map((row) => primaryIdOf(row));
	if (ids.includes('')) {
		throw new PimberlyError(
			'incomplete',
			`Product ${primaryId}: reading its ${relation} failed: one of them came without a primary id.`,
			'It is tried again later. If it goes on, ask Pimberly’s support.',
		);
	}
	return ids;
}

const needsFeedToken = (primaryId: string, relation: keyof Needs): PimberlyError =>
	new PimberlyError(
		'settings',
		`Product ${primaryId}: its ${relation} are not in the channel’s row, and a channel token can't look them up.`,
		`Map ${relation === 'parents' ? 'Parents' : 'Items'} as a column of the channel, or put the API token of a feed into the Write Token of the Pimberly API credential. If the channel maps them already and they are just empty, set Relations Come From to Columns Only.`,
	);
