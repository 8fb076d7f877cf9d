import { z } from 'zod';

import type { HttpResponse } from '../http';
import { failureOf, incomplete, isApiNotFound, jsonOf, type Asked } from './answer';
import { CALL_DEFAULTS, callPimberly, type Call, type CallSettings, type Pause, type Surroundings } from './call';
import { channelsUrl, feedTokenOf, productsUrl, type PimberlyConnection } from './connection';
import { PimberlyError } from './pimberlyError';
import { serverTimeOf } from './retry';

/** A product as Pimberly returns it: under API names for a feed token, under headings for a channel token. */
export type Row = Record<string, unknown>;

const rowSchema = z.record(z.unknown());
const pageSchema = z.object({
	data: z.array(rowSchema),
	// A string in every client seen; a number would do as well.
	maxId: z.union([z.string(), z.number().transform(String)]).nullish(),
});

/** Which page of the list of products is asked for. */
export interface ListQuery {
	/** Rows a page; the server may give fewer. */
	limit?: number;
	/** Where the page before ended; null: from the start. */
	sinceId?: string | null;
	/** In Mongo's style, such as {"dateUpdated":{"$gte":"2026-08-12T09:00:00.000Z"}}. */
	filters?: Record<string, unknown> | null;
	/** Ids only, without attributes. */
	idsOnly?: boolean;
}

/** A page of the list of products. */
export interface ListPage {
	rows: Row[];
	/** The cursor for the next page; null: this was the last. */
	nextSinceId: string | null;
	/** Our clock just before the page was asked for, and the server's when it answered (null: it did not say); ms. */
	askedAt: number;
	serverTime: number | null;
}

/** No relation and no list is longer than this many pages: more means that a server goes round in circles. */
const MAX_PAGES = 100_000;

/**
 * Pimberly's API over one account (pimberly-api 2), on either surface. Reads use the credential's token; relations,
 * single products and writes the feed token. Every method throws PimberlyError.
 */
export class PimberlyClient {
	private readonly settings: CallSettings;

	constructor(
		readonly connection: PimberlyConnection,
		private readonly surroundings: Surroundings,
		settings: Partial<CallSettings> = {},
		/** What calls taught about the server, for all clients of one account. */
		private readonly learned: { pause: Pause; longestRelationPage: number } = {
			pause: { until: 0 },
			longestRelationPage: 0,
		},
	) {
		this.settings = { ...CALL_DEFAULTS, ...settings };
	}

	/** The same client, that waits for nothing beyond this moment (ms). */
	until(deadline: number): PimberlyClient {
		return new PimberlyClient(this.connection, this.surroundings, { ...this.settings, deadline }, this.learned);
	}

	/** Whether relations and single products can be asked for. */
	get hasFeedToken(): boolean {
		return feedTokenOf(this.connection) !== null;
	}

	/**
	 * One page of products (pimberly-api 2.1 to 2.3), in the order of internal ids. The list ends with a 404 of the API, no
	 * rows, or a cursor that is missing or stands still; a short page alone does not end it, as servers cap the size.
	 */
	async listPage(query: ListQuery = {}): Promise<ListPage> {
		const askedAt = this.surroundings.now();
		const feed = this.connection.tokenKind === 'feed';
		const { rows, maxId, serverTime } = await this.call(
			{
				method: 'GET',
				url: productsUrl(this.connection),
				query: {
					limit: query.limit?.toString(),
					sinceId: query.sinceId,
					filters: query.filters ? JSON.stringify(query.filters) : null,
					// A channel's rows have their values anyway; extendResponse adds dateUpdated.
					extendResponse: query.idsOnly === true ? null : '1',
					attributes: feed && query.idsOnly !== true ? '*' : null,
				},
				token: this.connection.token,
				what: 'Reading the list of products',
			},
			readPage,
		);
		const advances = rows.length > 0 && maxId !== '' && maxId !== (query.sinceId ?? '');
		return { rows, nextSinceId: advances ? maxId : null, askedAt, serverTime };
	}

	/** All products, page by page. */
	async *listRows(query: Omit<ListQuery, 'sinceId'> = {}): AsyncGenerator<Row> {
		const seen = new Set<string>();
		let sinceId: string | null = null;
		do {
			const page: ListPage = await this.listPage({ ...query, sinceId });
			yield* page.rows;
			sinceId = page.nextSinceId;
			if (sinceId !== null && (seen.has(sinceId) || seen.size >= MAX_PAGES)) throw inCircles();
			if (sinceId !== null) seen.add(sinceId);
		} while (sinceId !== null);
	}

	/** One product with its attributes; null: Pimberly does not hold it. */
	async product(primaryId: string): Promise<Row | null> {
		return await this.call(
			{
				method: 'GET',
				url: productsUrl(this.connection, primaryId),
				query: { extendResponse: '1', attributes: '*' },
				token: this.readToken(),
				what: `Product ${primaryId}: reading it`,
			},
			(response, asked) => (response.status === 404 ? null : rowOf(response, asked)),
		);
	}

	/** The attributes of one product as a flat object, with `id`, `primaryId` and `classifications`; null: it does not exist. */
	async attributes(primaryId: string): Promise<Row | null> {
		return await this.call(
			{
				method: 'GET',
				url: productsUrl(this.connection, primaryId, 'attributes'),
				token: this.readToken(),
				what: `Product ${primaryId}: reading its attributes`,
			},
			(response, asked) => (response.status === 404 ? null : rowOf(response, asked)),
		);
	}

	/** Rows of the products it is an item of; without attributes only their ids. Empty when there are none. */
	async parents(primaryId: string, options: { attributes?: boolean } = {}): Promise<Row[]> {
		return await this.relation(primaryId, 'parents', options.attributes === true);
	}

	/** Rows of the products that are its items (variants), as with parents. */
	async items(primaryId: string, options: { attributes?: boolean } = {}): Promise<Row[]> {
		return await this.relation(primaryId, 'items', options.attributes === true);
	}

	/** The classes that it is in; each has at least a `path`. */
	async classes(primaryId: string): Promise<Row[]> {
		return await this.relation(primaryId, 'classes', false);
	}

	/** The channels of the account: id, name and other plain facts. Keys and tokens that Pimberly lists there are left out. */
	async channels(url: string = channelsUrl(this.connection)): Promise<Row[]> {
		return await this.call(
			{ method: 'GET', url, token: this.readToken(), what: 'Reading the list of channels' },
			(response, asked) =>
				response.status === 404 ? [] : channelRowsOf(jsonOf(response, asked), asked).map(plainFactsOf),
		);
	}

	/**
	 * Puts a value below `{base}/products/{primaryId}`. What Pimberly answers to a write is not known, so any 2xx will do.
	 * @param below `attributes` and a name for one attribute, nothing for several
	 * @param before asked right before it is sent, and sent again; what it throws ends it
	 */
	async put(
		primaryId: string,
		below: string[],
		body: unknown,
		what: string,
		before?: () => Promise<void>,
	): Promise<void> {
		const token = feedTokenOf(this.connection);
		if (token === null) {
			throw new PimberlyError(
				'settings',
				`${what} failed: a channel token can't write.`,
				'Put the API token of a feed into the Write Token of the Pimberly API credential.',
			);
		}
		await this.call(
			{ method: 'PUT', url: productsUrl(this.connection, primaryId, ...below), body, token, what, before },
			(response, asked) => {
				const failure = failureOf(response, asked);
				if (failure !== null) throw failure;
			},
		);
	}

	/** The feed token, or the only one there is: Pimberly then says whether it may. */
	private readToken(): string {
		return feedTokenOf(this.connection) ?? this.connection.token;
	}

	/**
	 * A relation may come in pages (pimberly-api 2.5). A page that is shorter than the longest one seen can't be full, so
	 * most relations are known to be whole without another call.
	 */
	private async relation(
		primaryId: string,
		name: 'parents' | 'items' | 'classes',
		attributes: boolean,
	): Promise<Row[]> {
		const what = `Product ${primaryId}: reading its ${name}`;
		const all: Row[] = [];
		const seen = new Set<string>();
		let sinceId: string | null = null;
		do {
			const { rows, maxId }: PageAnswer = await this.call(
				{
					method: 'GET',
					url: productsUrl(this.connection, primaryId, name),
					query: { sinceId, ...(attributes ? { extendResponse: '1', attributes: '*' } : {}) },
					token: this.readToken(),
					what,
				},
				readPage,
			);
			all.push(...rows);
			const whole = rows.length < this.learned.longestRelationPage;
			this.learned.longestRelationPage = Math.max(this.learned.longestRelationPage, rows.length);
			// A server that does not page repeats itself: its cursor stands still.
			sinceId = rows.length > 0 && !whole && maxId !== '' && !seen.has(maxId) ? maxId : null;
			if (sinceId !== null) seen.add(sinceId);
			if (seen.size >= MAX_PAGES) throw inCircles();
		} while (sinceId !== null);
		return withoutRepeats(all);
	}

	private async call<T>(call: Call, read: (response: HttpResponse, asked: Asked) => T): Promise<T> {
		return await callPimberly(call, this.connection, this.surroundings, this.settings, this.learned.pause, read);
	}
}

interface PageAnswer {
	rows: Row[];
	/** '' where there is none. */
	maxId: string;
	serverTime: number | null;
}

function readPage(response: HttpResponse, asked: Asked): PageAnswer {
	const serverTime = serverTimeOf(response.headers);
	if (isApiNotFound(response)) return { rows: [], maxId: '', serverTime };
	const page = pageSchema.safeParse(jsonOf(response, asked));
	if (!page.success) throw incomplete(asked, 'the answer has no list of data in it', response.status);
	return { rows: page.data.data, maxId: page.data.maxId?.trim() ?? '', serverTime };
}

/** A bare product (pimberly-api 2.4); some servers may wrap it like a list. */
function rowOf(response: HttpResponse, asked: Asked): Row {
	const row = rowSchema.safeParse(jsonOf(response, asked));
	if (!row.success) throw incomplete(asked, 'the answer is not a product', response.status);
	const { data } = row.data;
	const wrapped = rowSchema.safeParse(Array.isArray(data) ? data[0] : data);
	return wrapped.success && !['primaryId', '_id', 'id'].some((name) => name in row.data) ? wrapped.data : row.data;
}

/** A list, bare or under one of the names that were seen (pimberly-api 1.3). */
function channelRowsOf(json: unknown, asked: Asked): Row[] {
	const list = z.array(rowSchema);
	const wrapped = z.object({ data: list.optional(), channels: list.optional(), results: list.optional() });
	const bare = list.safeParse(json);
	if (bare.success) return bare.data;
	const found = wrapped.safeParse(json);
	const rows = found.success ? (found.data.data ?? found.data.channels ?? found.data.results) : undefined;
	if (rows === undefined) throw incomplete(asked, 'the answer has no list of channels in it');
	return rows;
}

const plainFactsOf = (row: Row): Row =>
	Object.fromEntries(
		Object.entries(row).filter(
			([name, value]) =>
				['string', 'number', 'boolean'].includes(typeof value) &&
				!/key|token|secret|password/i.test(name) &&
				!/[A-Za-z0-9]{40,}/.test(String(value)),
		),
	);

function withoutRepeats(rows: Row[]): Row[] {
	const byContent = new Map(
		rows.map((row) => [String(row['_id'] ?? row['id'] ?? row['primaryId'] ?? JSON.stringify(row)), row]),
	);
	return [...byContent.values()];
}

const inCircles = (): PimberlyError =>
	new PimberlyError(
		'incomplete',
		'Reading the list of products failed: its pages repeat themselves.',
		'Ask Pimberly’s support why the list does not end (maxId comes back).',
	);
