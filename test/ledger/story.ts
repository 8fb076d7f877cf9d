import { needOf } from '../../lib/catalogue/needs';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AddItem } from '../../lib/ledger/intake/add';
import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import { openPostgres } from '../../lib/ledger/store/postgres';
import { openSqlite } from '../../lib/ledger/store/sqlite';
import {
	keyOf,
	priceKeyOf,
	type BatchItem,
	type Change,
	type Kind,
	type KitReadBack,
	type ReadBack,
	type Rejection,
	type Relation,
	type Result,
} from '../../lib/shapes';
import { documentedTransitions, seenTransitions, watchTransitions } from '../../scripts/simulation/transitions';

/** A ledger of its own, with a clock that the test moves. */
export interface Story {
	ledger: Ledger;
	store: LedgerStore;
	/** Milliseconds since 1970. */
	now: number;
	later(ms: number): void;
	/** As after a restart: a new connection to the same ledger. */
	reopen(): Promise<void>;
	/** What no operation of the ledger tells. */
	look<T extends object>(sql: string): Promise<T[]>;
	end(): Promise<void>;
}

export const backends = ['sqlite', 'postgres'] as const;
export type Backend = (typeof backends)[number];

/** A fresh, empty store of this kind, and how to remove it. */
export function freshStore(backend: Backend): { store: LedgerStore; remove: () => void } {
	if (backend === 'sqlite') {
		const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
		return {
			store: { backend, file: join(folder, 'ledger.sqlite') },
			remove: () => rmSync(folder, { recursive: true }),
		};
	}
	const url = new URL(process.env['LEDGER_TEST_POSTGRES']!);
	return {
		store: {
			backend,
			host: url.hostname,
			port: Number(url.port),
			database: url.pathname.slice(1),
			user: url.username,
			password: url.password,
			schema: `story_${randomBytes(6).toString('hex')}`,
			tls: 'disable',
		},
		remove: () => undefined,
	};
}

export async function beginStory(backend: Backend): Promise<Story> {
	const { store, remove } = freshStore(backend);
	const open = async (): Promise<Ledger> => {
		const ledger = await openLedger({ store, environment: 'Test', clock: () => story.now });
		if (store.backend === 'sqlite') watchTransitions(store.file);
		return ledger;
	};
	const story: Story = {
		ledger: undefined as never,
		store,
		now: Date.parse('2026-11-02T09:00:00.000Z'),
		later: (ms) => {
			story.now += ms;
		},
		reopen: async () => {
			await story.ledger.close();
			story.ledger = await open();
		},
		look: async <T extends object>(sql: string) => {
			const database =
				store.backend === 'sqlite' ? openSqlite({ file: store.file, readOnly: true }) : openPostgres(store);
			try {
				return await database.read(async (tx) => await tx.all<T>(sql));
			} finally {
				await database.close();
			}
		},
		end: async () => {
			await story.ledger.close();
			if (store.backend === 'sqlite') {
				// docs/ledger.md names every way between two states, and the code has no other.
				const known = documentedTransitions();
				expect(seenTransitions(store.file).filter((way) => !known.has(way))).toEqual([]);
			}
			remove();
		},
	};
	story.ledger = await open();
	return story;
}

export interface ItemOptions {
	version?: string;
	parent?: string;
	primaryId?: string;
	emission?: string;
	columns?: Record<string, string | null>;
}

export const defaultVersion = '2026-11-02T08:59:00.000Z';

/** A change of a stock item, as the mapper makes it. */
export function stockItem(stockCode: string, options: ItemOptions = {}): Change {
	const key = stockCode.trim().toUpperCase();
	const version = options.version ?? defaultVersion;
	return {
		kind: 'stockItem',
		key,
		version,
		lane: 2,
		changedFields: [],
		needs: options.parent === undefined ? [] : [{ kind: 'stockItem', key: options.parent }],
		desired: {
			stockCode,
			columns: {
				STOCK_CODE: stockCode,
				SHORT_DESC: `Item ${stockCode}`,
				BUY_PRICE: '1.00',
				SELL_PRICE: '2.00',
				...options.columns,
			},
		},
		source: { primaryId: options.primaryId ?? stockCode, internalId: `id-${stockCode}`, dateUpdated: version },
		warnings: [],
		emission: options.emission ?? null,
	};
}

export const change = (stockCode: string, options: ItemOptions = {}): AddItem => ({
	type: 'change',
	change: stockItem(stockCode, options),
});

export interface PartOptions {
	version?: string;
	primaryId?: string;
}

/** A kit relation as the mapper makes it; components as `CODE*quantity`, or `primaryId:ID*quantity` where only that is known. */
export function kit(
	stockCode: string,
	components: string[],
	options: PartOptions & { relation?: Relation } = {},
): AddItem {
	const { source, version } = stockItem(stockCode, options);
	const named = components.map((text) => ({ stockCode: text.split('*')[0]!, quantity: text.split('*')[1] ?? '1' }));
	return {
		type: 'change',
		change: {
			kind: 'kit',
			key: keyOf(stockCode),
			version,
			lane: 2,
			changedFields: [],
			needs: [stockCode, ...named.map((component) => component.stockCode)].map(needOf),
			desired: { stockCode, relation: options.relation ?? 'pack', components: named },
			source,
			warnings: [],
			emission: null,
		},
	};
}

/** A row of a price list, as the mapper makes it. */
export function price(stockCode: string, priceList: string, amount: string, options: PartOptions = {}): AddItem {
	const { source, version } = stockItem(stockCode, options);
	const band = { bandLow: 1, bandHigh: 99_999 };
	return {
		type: 'change',
		change: {
			kind: 'price',
			key: priceKeyOf({ stockCode, priceList, ...band }),
			version,
			lane: 1,
			changedFields: [],
			needs: [{ kind: 'stockItem', key: keyOf(stockCode) }],
			desired: { stockCode, priceList, ...band, amount, currency: '', net: true },
			source,
			warnings: [],
			emission: null,
		},
	};
}

export const rejection = (primaryId: string, field: string, extra: Partial<Rejection> = {}): AddItem => ({
	type: 'rejection',
	rejection: {
		primaryId,
		key: primaryId.toUpperCase(),
		reasons: [{ field, value: '', reason: `${field} is empty.`, remedy: `Fill in ${field} in Pimberly.` }],
		source: { primaryId, internalId: `id-${primaryId}`, dateUpdated: defaultVersion },
		emission: null,
		...extra,
	},
});

/** What Khaos shows of a batch item after it was written as desired. */
export function readBackOf(item: BatchItem): ReadBack {
	const columns = (item.desired as { columns: Record<string, string | null> }).columns;
	return {
		exists: true,
		stockCode: item.key,
		stockId: `khaos-${item.key}`,
		parentCode: '',
		columns: Object.fromEntries(Object.entries(columns).map(([column, value]) => [column, value ?? ''])),
	};
}

export const result = (item: BatchItem, status: Result['status'], extra: Partial<Result> = {}): Result => ({
	changeId: item.changeId,
	lease: item.lease,
	status,
	differences: [],
	reason: '',
	remedy: '',
	retryAfter: null,
	...extra,
});

/** The relation as Khaos shows it once the file was imported. */
export const kitReadBackOf = (item: BatchItem): KitReadBack => ({
	exists: true,
	...(item.desired as unknown as Omit<KitReadBack, 'exists'>),
});

export const confirmed = (item: BatchItem): Result =>
	result(
		item,
		'confirmed',
		item.kind === 'stockItem'
			? { readBack: readBackOf(item) }
			: item.kind === 'kit'
				? { kitReadBack: kitReadBackOf(item) }
				: {},
	);

export const keys = (items: Array<{ key: string }>): string[] => items.map((item) => item.key);

/** Takes what is ready for Khaos and confirms it until nothing is; what was confirmed as `kind key`, in order. */
export async function confirmAll(ledger: Ledger, kinds: Kind[] = []): Promise<string[]> {
	const done: string[] = [];
	const take = async (): Promise<BatchItem[]> => await ledger.take({ target: 'khaos', kinds });
	for (let batch = await take(); batch.length > 0; batch = await take()) {
		await ledger.settle(batch.map(confirmed));
		done.push(...batch.map((item) => `${item.kind} ${item.key}`));
	}
	return done;
}

/** SET, of two pairs of SOCKS and a pair of SHOES; all of it confirmed. */
export async function confirmedBundle(ledger: Ledger): Promise<void> {
	await ledger.add([change('SOCKS'), change('SHOES'), change('SET'), kit('SET', ['SOCKS*2', 'SHOES*1'])]);
	await confirmAll(ledger);
}
