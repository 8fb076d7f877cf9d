import Big from 'big.js';

import { isStandIn, needInWords, standInsOf } from '../../catalogue/needs';
import {
	desiredKitSchema,
	desiredPriceSchema,
	keyOf,
	type Change,
	type DesiredKit,
	type Need,
	type Reason,
} from '../../shapes';
import { stockKeyOf } from '../intake/addParts';
import { jsonParameter, type Transaction } from '../store/database';
import { KIT_FIELD } from '../exceptions/exceptions';
import type { KnownRecord } from '../changes/placement';
import { nameOf } from '../changes/records';

const inDetail = (kit: DesiredKit): string =>
	kit.components.map(({ stockCode, quantity }) => `${needInWords(stockCode)} x ${quantity}`).join(', ');

/**
 * The kits of the ledger, from both sides, as far as some changes touch them. A component that stands there by its product
 * goes by the stock code which that product brings with these changes.
 */
class KnownKits {
	private readonly componentsOf = new Map<string, Set<string>>();
	private readonly parentsOf = new Map<string, Set<string>>();

	constructor(
		rows: KitRow[],
		private readonly brought: Map<string, string>,
	) {
		for (const { parent_key: parent, component_key: component } of rows) this.join(parent, component);
	}

	private join(parent: string, named: string): void {
		const component = this.brought.get(named) ?? named;
		this.componentsOf.set(parent, (this.componentsOf.get(parent) ?? new Set()).add(component));
		this.parentsOf.set(component, (this.parentsOf.get(component) ?? new Set()).add(parent));
	}

	replace(parent: string, components: string[]): void {
		for (const component of this.componentsOf.get(parent) ?? []) this.parentsOf.get(component)?.delete(parent);
		this.componentsOf.set(parent, new Set());
		for (const component of components) this.join(parent, component);
	}

	isKit(component: string): boolean {
		const key = this.brought.get(component) ?? component;
		return (this.componentsOf.get(key)?.size ?? 0) > 0;
	}

	kitsWith(component: string): string[] {
		return [...(this.parentsOf.get(component) ?? [])];
	}
}

interface KitRow {
	parent_key: string;
	component_key: string;
}

/** What the kits among some changes mean for each other and for those that the ledger knows. */
export interface KitPlan {
	/** Why a kit or price change can't be taken; nothing of it is written. */
	refused: Map<Change, Reason>;
	/** The accepted kits that this stock item is a component of, by key. */
	kitsWith(component: string): string[];
	/** Keep what these kit changes name, of those that were accepted here. */
	remember(tx: Transaction, environmentId: number, kits: Iterable<Change>): Promise<void>;
}

/**
 * Look at the kits among these changes for what Khaos would refuse and the mapper can't see (khaos-control-api 7): a
 * component that is a kit itself, a kit that is a component of another, a pack on what is a build. The first that came stays.
 * @param records every record that a change is for, and its stock item's.
 */
export async function planKits(
	tx: Transaction,
	environmentId: number,
	changes: Change[],
	records: Map<string, KnownRecord>,
): Promise<KitPlan> {
	const refused = new Map<Change, Reason>();
	const kits: Array<{ change: Change; desired: DesiredKit; record: KnownRecord | null }> = [];
	for (const change of changes) {
		if (change.kind === 'price' && !desiredPriceSchema.safeParse(change.desired).success)
			refused.set(change, unreadable(change, 'price'));
		if (change.kind !== 'kit') continue;
		// Without a record: it takes a relation away that never was.
		const record = records.get(nameOf(change)) ?? null;
		if (record?.version && change.version < record.version) continue;
		const parsed = desiredKitSchema.safeParse(change.desired);
		if (!parsed.success) refused.set(change, unreadable(change, KIT_FIELD));
		else kits.push({ change, desired: parsed.data, record });
	}
	const stockItems = changes.filter(({ kind }) => kind === 'stockItem').map(({ key }) => key);
	const keys = kits.flatMap(({ desired }) => [keyOf(desired.stockCode), ...componentKeys(desired)]);
	const brought = codesBrought(changes, records);
	const asked = new Set([...keys, ...stockItems, ...brought.keys(), ...brought.values()]);
	const known = new KnownKits(await rowsAbout(tx, environmentId, [...asked]), brought);
	const accepted = new Map<Change, string[]>();
	for (const { change, desired, record } of kits) {
		const parent = keyOf(desired.stockCode);
		const reason = contradiction(desired, record, known);
		if (reason !== null) {
			refused.set(change, reason);
			continue;
		}
		known.replace(parent, componentKeys(desired));
		accepted.set(change, componentKeys(desired));
	}
	return {
		refused,
		kitsWith: (component) => known.kitsWith(component),
		remember: async (within, environment, wanted) => {
			const latest = new Map<string, string[]>();
			for (const change of wanted) {
				const components = accepted.get(change);
				if (components !== undefined) latest.set(stockKeyOf(change), components);
			}
			await remember(within, environment, latest);
		},
	};
}

/** The stock keys that the products of these changes bring, by what stands in for them; not a key that is another's. */
function codesBrought(changes: Change[], records: Map<string, KnownRecord>): Map<string, string> {
	const brought = new Map<string, string>();
	for (const change of changes) {
		const key = stockKeyOf(change);
		const { primaryId, internalId } = change.source;
		const owner = records.get(nameOf({ kind: 'stockItem', key }))?.primaryId ?? primaryId;
		if (owner === primaryId) for (const name of standInsOf(primaryId, internalId)) brought.set(name, key);
	}
	return brought;
}

const componentKey = (stockCode: string): string => (isStandIn(stockCode) ? stockCode : keyOf(stockCode));
const componentKeys = (kit: DesiredKit): string[] => kit.components.map(({ stockCode }) => componentKey(stockCode));

async function rowsAbout(tx: Transaction, environmentId: number, keys: string[]): Promise<KitRow[]> {
	if (keys.length === 0) return [];
	const rows = await Promise.all(
		['parent_key', 'component_key'].map(
			async (side) =>
				await tx.all<KitRow>(
					`SELECT parent_key, component_key FROM kit_components WHERE environment_id = ? AND ${tx.dialect.among(side)}`,
					environmentId,
					jsonParameter(keys),
				),
		),
	);
	return rows.flat();
}

async function remember(tx: Transaction, environmentId: number, latest: Map<string, string[]>): Promise<void> {
	if (latest.size === 0) return;
	await tx.run(
		`DELETE FROM kit_components WHERE environment_id = ? AND ${tx.dialect.among('parent_key')}`,
		environmentId,
		jsonParameter([...latest.keys()]),
	);
	await tx.run(
		`INSERT INTO kit_components (environment_id, parent_key, component_key)
		 SELECT ?, r.parent_key, r.component_key FROM ${tx.dialect.rows('r', { parent_key: 'text', component_key: 'text' })} WHERE true ON CONFLICT DO NOTHING`,
		environmentId,
		jsonParameter(
			[...latest].flatMap(([parent_key, components]) =>
				components.map((component_key) => ({ parent_key, component_key })),
			),
		),
	);
}

function contradiction(kit: DesiredKit, record: KnownRecord | null, known: KnownKits): Reason | null {
	const parent = keyOf(kit.stockCode);
	const components = componentKeys(kit);
	const wrong = (reason: string, remedy: string): Reason => ({
		field: KIT_FIELD,
		value: inDetail(kit),
		reason,
		remedy,
	});
	if (components.length === 0) return null;

	if (components.includes(parent))
		return wrong(
			`${kit.stockCode} is named as a component of itself.`,
			`Take ${kit.stockCode} out of its own components in Pimberly.`,
		);
	const twice = components.find((key, at) => components.indexOf(key) < at);
	if (twice !== undefined)
		return wrong(
			`${kit.stockCode} names the component ${needInWords(twice)} more than once.`,
			'Name each component once in Pimberly, with its whole quantity.',
		);
	const zero = kit.components.find(
		({ quantity }) => new Big(quantity).lte(0) || !new Big(quantity).eq(new Big(quantity).round(2)),
	);
	if (zero) {
		return wrong(
			`${kit.stockCode} has the quantity ${zero.quantity} of ${needInWords(zero.stockCode)}, and Khaos Control takes quantities above nought with two decimal places.`,
			'Correct the quantity in Pimberly.',
		);
	}
	const nested = kit.components.find(({ stockCode }) => known.isKit(componentKey(stockCode)));
	if (nested) {
		const component = needInWords(nested.stockCode);
		return wrong(
			`The component ${component} of ${kit.stockCode} is itself a kit, and Khaos Control can't nest kits. Nothing of the relation was written.`,
			`Name the components of ${component} in its place in Pimberly, or take the components of ${component} away; then save ${kit.stockCode} again.`,
		);
	}
	const [holder] = known.kitsWith(parent);
	if (holder !== undefined) {
		return wrong(
			`${kit.stockCode} is a kit and also a component of ${holder}, and Khaos Control can't nest kits. Nothing of the relation was written.`,
			`Take ${kit.stockCode} out of the components of ${holder} in Pimberly, or its own components away; then save ${kit.stockCode} again.`,
		);
	}
	const other = record && relationIn(record);
	if (other !== null && other !== kit.relation) {
		return wrong(
			`${kit.stockCode} is a ${other} in Khaos Control and can't be made a ${kit.relation} while it is one. Nothing of the relation was written.`,
			`Make it a ${other} again in Pimberly; or remove the relation in Khaos Control and empty the components in Pimberly, and give it as a ${kit.relation} once that is confirmed.`,
		);
	}
	return null;
}

/** How the parent and its components belong together in Khaos, as far as the ledger knows; null: not at all, or unknown. */
function relationIn({ confirmed, kitReadBack, waiting, leased }: KnownRecord): DesiredKit['relation'] | null {
	const sent = waiting?.state === 'sent' ? waiting : leased?.purpose === 'check' ? leased : null;
	for (const desired of [sent?.desired, confirmed]) {
		const kit = desired as unknown as DesiredKit | null | undefined;
		if (kit && kit.components.length > 0) return kit.relation;
	}
	if (kitReadBack === null || kitReadBack.components.length === 0) return null;
	const { relation } = kitReadBack;
	return relation === 'pack' || relation === 'build' ? relation : null;
}

const unreadable = (change: Change, field: string): Reason => ({
	field,
	value: JSON.stringify(change.desired).slice(0, 200),
	reason: `What ${change.key} is to be can't be read: it is not in the shape that the Pimberly to Khaos Mapper gives.`,
	remedy: 'Pass the items of the Pimberly to Khaos Mapper on as they are.',
});

/** The kit parents' items, for a component that is new to Khaos. */
export const kitParentNeeds = (plan: KitPlan, component: string): Need[] =>
	plan.kitsWith(component).map((key) => ({ kind: 'stockItem' as const, key }));
