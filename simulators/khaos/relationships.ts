import { stockKey, type KhaosStore, type KitLink } from './store';

const QUANTITY = /^\d{1,16}(\.\d{1,2})?$/;

export interface RelationshipImport {
	/** Parents whose relation was written. */
	imported: string[];
	refused: Array<{ parent: string; reason: string }>;
}

/** One component of a relation that is to be written. */
export interface Line {
	child: string;
	qty: string;
	type: 'pack' | 'build';
}

/**
 * A person imports a relationship file (khaos-control-api 7): the desktop's (VALUE_PROP; the menu entry says which kind)
 * or the cloud's (REL_TYPE). Each parent's relation is overwritten as a whole, or refused as a whole.
 * @param kind what the menu entry says; the cloud's file says it itself
 * @throws Error when the file is not one
 */
export function importRelationships(
	store: KhaosStore,
	file: string,
	kind: 'pack' | 'build' | null,
): RelationshipImport {
	const lines = file.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
	const header = (lines[0] ?? '').split('\t').map((name) => name.trim());
	const at = (name: string) => header.indexOf(name);
	const missing = ['PARENT_CODE', 'CHILD_CODE', 'QTY'].filter((name) => at(name) < 0);
	if (missing.length) throw new Error(`The relationship file needs the columns ${missing.join(', ')}`);
	if (at('VALUE_PROP') < 0 && at('REL_TYPE') < 0)
		throw new Error('The relationship file needs the column VALUE_PROP (desktop) or REL_TYPE (cloud)');
	if (at('REL_TYPE') < 0 && !kind) throw new Error('Say ?kind=pack or ?kind=build: the file does not');

	const parents = new Map<string, { parent: string; lines: Line[] }>();
	for (const text of lines.slice(1)) {
		if (!text.trim()) continue;
		const cells = text.split('\t').map((cell) => cell.trim());
		const parent = cells[at('PARENT_CODE')] ?? '';
		const relation = (cells[at('REL_TYPE')] ?? '').toUpperCase();
		const type = at('REL_TYPE') < 0 ? (kind as 'pack' | 'build') : relation === 'BUILD' ? 'build' : 'pack';
		if (at('REL_TYPE') >= 0 && !['PACK', 'BUILD'].includes(relation))
			throw new Error(`REL_TYPE must be PACK or BUILD, not "${relation}"`);
		const group = parents.get(stockKey(parent)) ?? { parent, lines: [] };
		group.lines.push({ child: cells[at('CHILD_CODE')] ?? '', qty: cells[at('QTY')] ?? '', type });
		parents.set(stockKey(parent), group);
	}

	const outcome: RelationshipImport = { imported: [], refused: [] };
	const parentsInFile = new Set(parents.keys());
	// Child's key -> a parent it is held by.
	const heldBy = new Map<string, string>();
	for (const link of store.kits.values()) for (const { code } of link.items) heldBy.set(stockKey(code), link.parent);
	for (const group of parents.values()) {
		const reason = refusalOf(store, group.parent, group.lines, parentsInFile, heldBy);
		if (reason !== null) {
			outcome.refused.push({ parent: group.parent, reason });
			continue;
		}
		const parent = store.get(group.parent)?.code ?? group.parent;
		const link: KitLink = {
			parent,
			type: (group.lines[0] as Line).type,
			items: group.lines.map(({ child, qty }) => ({ code: store.get(child)?.code ?? child, qty: Number(qty) })),
		};
		store.kits.set(stockKey(parent), link);
		for (const { code } of link.items) heldBy.set(stockKey(code), parent);
		outcome.imported.push(parent);
	}
	return outcome;
}

/** Why Khaos refuses a relation that comes by itself, not in a file with others; null: it doesn't. */
export function relationRefusal(store: KhaosStore, parent: string, lines: Line[]): string | null {
	const heldBy = new Map<string, string>();
	for (const link of store.kits.values()) for (const { code } of link.items) heldBy.set(stockKey(code), link.parent);
	return refusalOf(store, parent, lines, new Set(), heldBy);
}

function refusalOf(
	store: KhaosStore,
	parent: string,
	lines: Line[],
	parentsInFile: Set<string>,
	heldBy: Map<string, string>,
): string | null {
	if (!store.get(parent)) return `The parent ${parent} does not exist`;
	const type = lines[0]?.type;
	if (lines.some((line) => line.type !== type)) return 'One parent is either a pack or a build';
	const existing = store.kits.get(stockKey(parent));
	if (existing && existing.type !== type) return `${parent} is a ${existing.type} already`;
	for (const { child, qty } of lines) {
		if (!store.get(child)) return `The child ${child || '(blank)'} does not exist`;
		if (!QUANTITY.test(qty) || Number(qty) <= 0) return `The quantity of ${child} is missing or not valid`;
		if (stockKey(child) === stockKey(parent)) return `${parent} can't be its own child`;
		if (store.kits.has(stockKey(child)) || parentsInFile.has(stockKey(child)))
			return `${child} is itself a parent: nesting is not supported`;
	}
	const holder = heldBy.get(stockKey(parent));
	return holder === undefined ? null : `${parent} is a child of ${holder}: nesting is not supported`;
}
