import type { RequestHead } from '../serving';
import { failure, Refused } from './answers';
import type { Surface } from './rows';

/** A request's path and query, taken apart. */
export interface Parts {
	surface: Surface;
	segments: string[];
	query: URLSearchParams;
	origin: string;
	base: string;
}

/** What a path and a verb mean. */
export interface Route {
	method: string;
	kind: 'list' | 'product' | 'attributes' | 'attribute' | 'parents' | 'items' | 'classes' | 'assets' | 'webhooks';
	label: string;
	names: string[];
	primaryId: string | null;
	attribute?: string;
}

export function routeOf(method: string, segments: string[]): Route | null {
	const [first, primaryId, member, name, ...rest] = segments;
	const route = (kind: Route['kind'], path: string, names: string[], more: Partial<Route> = {}): Route => ({
		method,
		kind,
		label: `${method} ${path}`,
		names,
		primaryId: null,
		...more,
	});
	if (first === 'assets' && segments.length === 1 && method === 'POST') return route('assets', '/assets', ['assets']);
	if (first === 'webhooks' && segments.length === 1) return route('webhooks', '/webhooks', ['webhooks']);
	if (first !== 'products' || rest.length) return null;
	if (primaryId === undefined) return method === 'GET' ? route('list', '/products', ['list']) : null;
	if (primaryId === '') return null;
	if (member === undefined) {
		if (method === 'GET') return route('product', '/products/{id}', ['get'], { primaryId });
		return method === 'PUT' ? route('product', '/products/{id}', ['update'], { primaryId }) : null;
	}
	if (name !== undefined) {
		return method === 'PUT' && member === 'attributes' && name !== ''
			? route('attribute', '/products/{id}/attributes/{name}', ['update'], { primaryId, attribute: name })
			: null;
	}
	if (method !== 'GET') return null;
	for (const kind of ['attributes', 'parents', 'items', 'classes'] as const) {
		if (member === kind) return route(kind, `/products/{id}/${kind}`, [kind], { primaryId });
	}
	return null;
}

export const splitOnce = (text: string, separator: string): [string, string] => {
	const at = text.indexOf(separator);
	return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

/** The path in its percent-decoded segments: a `/` in a primary id arrives as %2F. Null: not a path of the API. */
export function partsOf(rawPath: string, query: URLSearchParams, origin: string): Parts | null {
	const found = /^\/(core|api\/v2\.2)\/(.+?)\/?$/.exec(rawPath);
	if (!found) return null;
	const surface: Surface = found[1] === 'core' ? 'core' : 'v2.2';
	try {
		return {
			surface,
			segments: (found[2] as string).split('/').map(decodeURIComponent),
			query,
			origin,
			base: `${origin}/${found[1]}`,
		};
	} catch {
		return null;
	}
}

export function tokenOf(request: RequestHead, query: URLSearchParams): string | null {
	const header = request.headers.authorization;
	if (header !== undefined) return header;
	return query.get('access_token');
}

function readJson(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		throw new Refused(failure(400, 'The body is not JSON'));
	}
}

export function readObject(body: Buffer): Record<string, unknown> {
	const value = readJson(body);
	if (value === null || typeof value !== 'object' || Array.isArray(value))
		throw new Refused(failure(400, 'An object of attributes is expected'));
	return value as Record<string, unknown>;
}

/** What a write says, for the log; an unreadable body says nothing. */
export function writtenValues(route: Route, body: Buffer): Record<string, unknown> {
	try {
		return route.kind === 'attribute' ? { [route.attribute as string]: readScalar(body) } : readObject(body);
	} catch {
		return {};
	}
}

/** The body of an attribute PUT is a bare JSON scalar (or, for a list, an array). */
export function readScalar(body: Buffer): unknown {
	const value = readJson(body);
	if (value !== null && typeof value === 'object' && !Array.isArray(value))
		throw new Refused(failure(400, 'A bare value is expected'));
	return value;
}
