/**
 * What the items of some parents say of the parents of products. Pure.
 * @param items what each of these parents lists now
 * @param remembered the parents of products, as they were last known
 * @returns the parents as they are known now, of every product that is listed or no longer is, and which of them had others
 *   when they were last read. A product that was never looked at had none to differ from.
 */
export function parentsFromItems(
	items: ReadonlyMap<string, string[]>,
	remembered: ReadonlyMap<string, string[]>,
): { parents: Map<string, string[]>; changed: string[] } {
	const parents = new Map<string, Set<string>>();
	// A parent that was asked for its items just now and does not list a product is not its parent (any more).
	for (const [id, known] of remembered) parents.set(id, new Set(known.filter((parent) => !items.has(parent))));
	for (const [parent, children] of items) {
		for (const child of children) parents.set(child, (parents.get(child) ?? new Set()).add(parent));
	}
	const changed = [...parents].filter(([id, now]) => {
		const before = remembered.get(id);
		return before !== undefined && !(before.length === now.size && before.every((parent) => now.has(parent)));
	});
	return { parents: new Map([...parents].map(([id, set]) => [id, [...set]])), changed: changed.map(([id]) => id) };
}
