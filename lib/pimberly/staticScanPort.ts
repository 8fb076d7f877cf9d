import { parentsFromItems } from './listedItems';
import type { ScanCursor, ScanPort } from './scanPort';

/** What n8n keeps for a node between polls. Saved only after a poll that emitted something. */
export interface StaticMemory {
	cursor?: ScanCursor;
}

/** What this process remembers for a node: it is gone after a restart, which costs some look-ups. */
export interface ProcessMemory {
	lease: { token: string; until: number } | null;
	parents: Map<string, { parents: string[]; seenAt: number }>;
	/** What parents were last seen to list. */
	items: Map<string, string[]>;
	/** Products whose parents have changed since they were emitted. */
	toReadAgain: Set<string>;
}
/** What a process remembers of scans, empty. */
export const newProcessMemory = (): ProcessMemory => ({
	lease: null,
	parents: new Map(),
	items: new Map(),
	toReadAgain: new Set(),
});

/** Enough for a large catalogue; beyond it the oldest are looked up again. */
const REMEMBERED_PRODUCTS = 200_000;

/**
 * The memory of a scan without a ledger: the cursor in static data, as any poll trigger has it. Nobody receipts what is
 * emitted, so the cursor moves at once, and what n8n loses in a crash right then is lost; the ledger is there for that.
 */
export function staticScanPort(
	kept: StaticMemory,
	memory: ProcessMemory,
	now: () => number,
	newToken: () => string,
): ScanPort {
	const remember = (primaryId: string, parents: string[]): void => {
		memory.parents.delete(primaryId);
		memory.parents.set(primaryId, { parents, seenAt: now() });
		const oldest = memory.parents.keys().next().value;
		if (memory.parents.size > REMEMBERED_PRODUCTS && oldest !== undefined) memory.parents.delete(oldest);
	};
	const holds = (token: string): boolean => memory.lease?.token === token;
	return {
		receipts: false,

		begin: async (leaseMs) => {
			if (memory.lease !== null && memory.lease.until > now()) return null;
			const token = newToken();
			memory.lease = { token, until: now() + leaseMs };
			return { token, cursor: kept.cursor ?? null, recorded: {} };
		},

		emit: async (token, _emission, _products, next) => {
			if (!holds(token) || (memory.lease?.until ?? 0) <= now()) return false;
			memory.lease = null;
			kept.cursor = next;
			return true;
		},

		fail: async (token) => {
			if (!holds(token)) return;
			memory.lease = null;
			const scan = kept.cursor?.scan;
			if (kept.cursor !== undefined && scan)
				kept.cursor = { ...kept.cursor, scan: { ...scan, failures: scan.failures + 1 } };
		},

		parentsOf: async (primaryIds, maxAgeMs) => {
			const found = new Map<string, string[]>();
			for (const id of primaryIds) {
				const known = memory.parents.get(id);
				if (known !== undefined && known.seenAt > now() - maxAgeMs) found.set(id, known.parents);
			}
			return found;
		},

		rememberParents: async (parents) => {
			for (const [id, list] of parents) remember(id, list);
		},

		rememberItems: async (items, alreadyRead) => {
			const listed = [...items].flatMap(([parent, children]) => [...children, ...(memory.items.get(parent) ?? [])]);
			const known = new Map(
				listed.flatMap((id) => {
					const parents = memory.parents.get(id)?.parents;
					return parents === undefined ? [] : [[id, parents] as const];
				}),
			);
			const { parents, changed } = parentsFromItems(items, known);
			for (const [id, list] of parents) remember(id, list);
			for (const [parent, children] of items) memory.items.set(parent, children);
			for (const id of changed) if (alreadyRead?.has(id) === false) memory.toReadAgain.add(id);
		},

		toReadAgain: {
			ids: () => [...memory.toReadAgain],
			done: (ids) => {
				for (const id of ids) memory.toReadAgain.delete(id);
			},
		},
	};
}
