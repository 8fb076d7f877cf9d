import type { LoggedCall } from '../callLog';
import type { Answer, PlannedCall, RequestHead } from '../serving';
import type { PimberlySettings } from '../settings';
import type { Webhooks } from '../webhooks';
import { failure, faultAnswer, json, noSuchPage, Refused } from './answers';
import { acceptAsset } from './assets';
import type { Caller, Tokens } from './channels';
import { filterOf, InvalidFilter } from './filters';
import {
	partsOf,
	readObject,
	readScalar,
	routeOf,
	splitOnce,
	tokenOf,
	writtenValues,
	type Parts,
	type Route,
} from './routes';
import { attributesOf, channelRow, idKey, wantedAttributes } from './rows';
import type { PimberlyStore, StoredProduct } from './store';
import { coerce, InvalidValue } from './values';

export interface PimberlyServerOptions {
	store: PimberlyStore;
	tokens: Tokens;
	webhooks: Webhooks;
	settings: () => PimberlySettings;
	/** Run something later; ends early when the servers stop. */
	later: (ms: number, run: () => void) => void;
}

/** Both surfaces of Pimberly's API over one store (pimberly-api 2). */
export class PimberlyServer {
	constructor(private readonly options: PimberlyServerOptions) {}

	plan(request: RequestHead, body: Buffer, origin: string): PlannedCall {
		const method = (request.method ?? 'GET').toUpperCase();
		const [rawPath = '', rawQuery = ''] = splitOnce(request.url ?? '/', '?');
		const parts = partsOf(rawPath, new URLSearchParams(rawQuery), origin);
		const route = parts && routeOf(method, parts.segments);
		if (!parts || !route) {
			if (method === 'GET' && rawPath.replace(/\/$/, '') === '/api/channels')
				return this.channelList(request, new URLSearchParams(rawQuery));
			return {
				method: `${method} ${rawPath}`,
				names: [method],
				codes: () => [],
				faultAnswer,
				run: (entry) => {
					entry.outcome = 'notFound';
					return noSuchPage();
				},
			};
		}
		let page: StoredProduct[] | null = null;
		const pageOnce = (caller: Caller, entry: LoggedCall | null) => (page ??= this.page(request, parts, caller, entry));
		return {
			method: route.label,
			names: [method, ...route.names],
			faultAnswer,
			codes: () => {
				if (route.primaryId !== null) return [route.primaryId];
				const caller = this.options.tokens.callerOf(tokenOf(request, parts.query) ?? '');
				try {
					return caller && route.kind === 'list' ? pageOnce(caller, null).map(({ primaryId }) => primaryId) : [];
				} catch {
					return [];
				}
			},
			describe: (entry) => {
				if (route.primaryId !== null) entry.codes = [route.primaryId];
				const [sinceId, filters] = [parts.query.get('sinceId'), parts.query.get('filters')];
				if (route.kind === 'list') entry.query = { ...(sinceId && { sinceId }), ...(filters && { filters }) };
				if (route.method === 'PUT') entry.attributes = writtenValues(route, body);
			},
			run: (entry) => {
				try {
					const caller = this.caller(request, parts.query);
					return this.perform(route, parts, caller, entry, body, () => pageOnce(caller, entry), request);
				} catch (error) {
					if (!(error instanceof Refused)) throw error;
					entry.outcome = error.answer.status === 404 ? 'notFound' : 'refused';
					return error.answer;
				}
			},
		};
	}

	private caller(request: RequestHead, query: URLSearchParams): Caller {
		const token = tokenOf(request, query);
		const caller = token === null ? undefined : this.options.tokens.callerOf(token);
		if (!caller) throw new Refused(failure(this.options.settings().wrongToken, 'The token is missing or not valid'));
		return caller;
	}

	private perform(
		route: Route,
		parts: Parts,
		caller: Caller,
		entry: LoggedCall,
		body: Buffer,
		page: () => StoredProduct[],
		request: RequestHead,
	): Answer {
		if (route.kind === 'list') return this.list(parts, caller, entry, page());
		// What a channel token may do beyond its list was never seen; it is refused (pimberly-api 1.3).
		if (caller.kind === 'channel') throw new Refused(failure(403, 'This token is for reading its channel only'));
		if (route.kind === 'assets') return acceptAsset(request, body, this.options.settings().maxAssetBytes, parts.origin);
		if (route.kind === 'webhooks') return this.options.webhooks.manage(route.method, body);
		return this.single(route, parts, entry, body);
	}

	private limitOf(query: URLSearchParams): number {
		const { defaultLimit, maxLimit } = this.options.settings();
		const text = query.get('limit');
		if (text === null || text === '') return defaultLimit;
		if (!/^[1-9]\d*$/.test(text)) throw new Refused(failure(400, 'limit must be a positive whole number'));
		return Math.min(Number(text), maxLimit);
	}

	private cursorOf(request: RequestHead | null, query: URLSearchParams): string {
		const header = request?.headers.sinceid;
		const sinceId = query.get('sinceId') ?? (typeof header === 'string' ? header : '');
		if (sinceId && !/^[0-9a-fA-F]{24}$/.test(sinceId)) throw new Refused(failure(400, 'sinceId is not an id'));
		return sinceId.toLowerCase();
	}

	private page(request: RequestHead, { query }: Parts, caller: Caller, entry: LoggedCall | null): StoredProduct[] {
		const { store } = this.options;
		const text = query.get('filters');
		const inChannel = caller.kind === 'channel' ? caller.channel.filter : null;
		const sinceId = this.cursorOf(request, query);
		try {
			const filter = text ? filterOf(JSON.parse(text), store.attributeTypes) : null;
			if (entry && filter?.unattested.length)
				entry.notes = filter.unattested.map((name) => `not attested in filters: ${name}`);
			return store.page(
				sinceId,
				this.limitOf(query),
				(product) => (inChannel?.accepts(product) ?? true) && (filter?.accepts(product) ?? true),
			);
		} catch (error) {
			if (error instanceof InvalidFilter) throw new Refused(failure(400, error.message));
			if (error instanceof SyntaxError) throw new Refused(failure(400, 'filters is not JSON'));
			throw error;
		}
	}

	private list(parts: Parts, caller: Caller, entry: LoggedCall, page: StoredProduct[]): Answer {
		const settings = this.options.settings();
		const { surface, query } = parts;
		const extended =
			query.get('extendResponse') === '1' &&
			(settings.extendWithFilters || !query.get('filters') || caller.kind === 'channel');
		entry.rows = page.length;
		if (!page.length) return this.noRows(entry);
		const rows = page.map((product) =>
			caller.kind === 'channel'
				? channelRow(product, surface, caller.channel.settings, this.options.store, extended)
				: this.feedRow(product, parts, extended),
		);
		return json(200, this.envelope(parts, rows, page, `${parts.base}/products`));
	}

	private noRows(entry: LoggedCall): Answer {
		entry.rows = 0;
		if (this.options.settings().emptyList === '200') return json(200, { data: [] });
		entry.outcome = 'notFound';
		return failure(404, 'No products found');
	}

	/** `next` exists on v2.2 and carries neither filters nor limit: a trap that the real one has. */
	private envelope({ surface }: Parts, rows: unknown[], page: StoredProduct[], path: string): Record<string, unknown> {
		const maxId = page[page.length - 1]?.internalId ?? '';
		return { data: rows, maxId, ...(surface === 'v2.2' && { next: `${path}?sinceId=${maxId}` }) };
	}

	private feedRow(product: StoredProduct, { surface, query }: Parts, extended: boolean): Record<string, unknown> {
		const row: Record<string, unknown> = { [idKey(surface)]: product.internalId, primaryId: product.primaryId };
		if (!extended) return row;
		row.dateUpdated = product.dateUpdated;
		return {
			...row,
			...attributesOf(
				product,
				wantedAttributes(query.get('attributes')),
				this.options.store,
				this.options.settings().values,
			),
		};
	}

	private single(route: Route, parts: Parts, entry: LoggedCall, body: Buffer): Answer {
		const { store } = this.options;
		const settings = this.options.settings();
		const primaryId = route.primaryId as string;
		let product = store.get(primaryId);
		if (!product && route.method === 'PUT' && settings.unknownProduct === 'create')
			[product] = store.upsert([{ primaryId }]);
		if (!product) throw new Refused(failure(404, `Product ${primaryId} was not found`));
		const key = idKey(parts.surface);
		switch (route.kind) {
			case 'product': {
				if (route.method === 'PUT') return this.write(product, parts, entry, readObject(body));
				// On v2.2 the attributes have to be asked for; on core they come by themselves (pimberly-api 2.4).
				const wanted = wantedAttributes(parts.query.get('attributes')) ?? (parts.surface === 'core' ? '*' : null);
				const dated =
					settings.singleDateUpdated === 'always' ||
					(settings.singleDateUpdated === 'extended' && parts.query.get('extendResponse') === '1');
				return json(200, {
					[key]: product.internalId,
					primaryId,
					...(dated && { dateUpdated: product.dateUpdated }),
					...attributesOf(product, wanted, store, settings.values),
				});
			}
			case 'attributes':
				return json(200, {
					[key]: product.internalId,
					primaryId,
					classifications: product.classes,
					...attributesOf(product, '*', store, settings.values),
				});
			case 'attribute':
				return this.write(product, parts, entry, { [route.attribute as string]: readScalar(body) });
			case 'classes':
				if (!product.classes.length) throw new Refused(failure(404, `Product ${primaryId} has no classes`));
				return json(200, { data: product.classes.map((path) => ({ path })) });
			default:
				return this.relation(product, route.kind === 'parents' ? 'parents' : 'items', parts, entry);
		}
	}

	private relation(product: StoredProduct, relation: 'parents' | 'items', parts: Parts, entry: LoggedCall): Answer {
		const sinceId = this.cursorOf(null, parts.query);
		const limit = this.limitOf(parts.query);
		const page = this.options.store
			.related(product, relation)
			.filter(({ internalId }) => internalId > sinceId)
			.slice(0, limit);
		entry.rows = page.length;
		if (!page.length)
			throw new Refused(failure(404, `Product ${product.primaryId} has no ${sinceId ? 'more ' : ''}${relation}`));
		const extended = parts.query.get('extendResponse') === '1';
		const rows = page.map((related) =>
			extended ? this.feedRow(related, parts, true) : { primaryId: related.primaryId },
		);
		return json(
			200,
			this.envelope(parts, rows, page, `${parts.base}/products/${encodeURIComponent(product.primaryId)}/${relation}`),
		);
	}

	private write(product: StoredProduct, parts: Parts, entry: LoggedCall, values: Record<string, unknown>): Answer {
		const { store, later } = this.options;
		const settings = this.options.settings();
		const coerced: Record<string, ReturnType<typeof coerce>> = {};
		for (const [name, value] of Object.entries(values)) {
			if (!store.hasAttribute(name)) throw new Refused(failure(400, `There is no attribute ${name}`));
			try {
				coerced[name] = coerce(name, store.typeOf(name), value);
			} catch (error) {
				if (!(error instanceof InvalidValue)) throw error;
				throw new Refused(failure(400, error.message));
			}
		}
		entry.applied = settings.writeMode !== 'approval';
		if (settings.writeMode === 'sync') store.write(product, coerced);
		if (settings.writeMode === 'delayed') later(settings.writeDelayMs, () => store.write(product, coerced));
		return json(200, {
			[idKey(parts.surface)]: product.internalId,
			primaryId: product.primaryId,
			...attributesOf(product, '*', store, settings.values),
		});
	}

	/** Which channels there are, with the token of each: its shape is uncertain (pimberly-api 1.3). */
	private channelList(request: RequestHead, query: URLSearchParams): PlannedCall {
		return {
			method: 'GET /channels',
			names: ['GET', 'channels'],
			codes: () => [],
			faultAnswer,
			run: (entry) => {
				try {
					if (this.caller(request, query).kind === 'channel')
						throw new Refused(failure(403, 'This token is for reading its channel only'));
				} catch (error) {
					if (!(error instanceof Refused)) throw error;
					entry.outcome = 'refused';
					return error.answer;
				}
				const { channels } = this.options.tokens;
				entry.rows = channels.length;
				return json(
					200,
					channels.map(({ settings, token }) => ({ id: settings.id, name: settings.name, dataAPIKeys: [{ token }] })),
				);
			},
		};
	}
}
