import { HttpFailure, type HttpResponse, type Request } from '../../../lib/http';
import { answer, noRows } from './world';

export interface Held {
	internalId: string;
	primaryId: string;
	dateUpdated: number;
	parents?: string[];
	attributes?: Record<string, unknown>;
}

/** A Pimberly account in memory, as strict as the contract: ids only order pages, relations are asked for, the end is a 404. */
export class Account {
	readonly products = new Map<string, Held>();
	readonly calls: string[] = [];
	/** Answers in place of the account's, or null; asked before each call. */
	fault: (call: string, number: number) => HttpResponse | Error | null = () => null;
	/** Runs after each call: the account does not stand still while it is read. */
	afterCall: (number: number) => void = () => undefined;
	/** How many rows a page has, by how many are asked for. */
	pageSize = (limit: number): number => limit;

	put(held: Held): void {
		this.products.set(held.internalId, { ...this.products.get(held.internalId), ...held });
	}

	readonly request: Request = async ({ method, url }) => {
		const { pathname, searchParams } = new URL(url);
		const path = pathname
			.replace(/^\/core\/products\/?/, '')
			.split('/')
			.map(decodeURIComponent);
		const call = `${method} ${path.join(' ')}`.trim();
		this.calls.push(call);
		const number = this.calls.length;
		const outcome = this.fault(call, number) ?? this.answerTo(path, searchParams);
		this.afterCall(number);
		return outcome instanceof Error ? await Promise.reject(outcome) : outcome;
	};

	private answerTo([primaryId, relation]: string[], query: URLSearchParams): HttpResponse {
		if (!primaryId) return this.list(query);
		if (relation === undefined) {
			const held = this.byPrimaryId(primaryId);
			return held === undefined ? answer(404, { error: { status: 404 } }) : answer(200, this.rowOf(held));
		}
		const related = [...this.products.values()].filter((held) =>
			relation === 'items'
				? held.parents?.includes(primaryId)
				: this.byPrimaryId(primaryId)?.parents?.includes(held.primaryId),
		);
		if (related.length === 0) return noRows();
		return answer(200, {
			data: related.map((held) => ({ primaryId: held.primaryId })),
			maxId: related.at(-1)!.internalId,
		});
	}

	private byPrimaryId(primaryId: string): Held | undefined {
		return [...this.products.values()].find((held) => held.primaryId === primaryId);
	}

	private list(query: URLSearchParams): HttpResponse {
		const filters = JSON.parse(query.get('filters') ?? '{}') as { dateUpdated?: { $gte: string } };
		const from = filters.dateUpdated === undefined ? -Infinity : Date.parse(filters.dateUpdated.$gte);
		const page = [...this.products.values()]
			.filter((held) => held.internalId > (query.get('sinceId') ?? '') && held.dateUpdated >= from)
			.sort((one, other) => (one.internalId < other.internalId ? -1 : 1))
			.slice(0, this.pageSize(Number(query.get('limit'))));
		if (page.length === 0) return noRows();
		return answer(200, { data: page.map((held) => this.rowOf(held)), maxId: page.at(-1)!.internalId });
	}

	private rowOf(held: Held): Record<string, unknown> {
		return {
			_id: held.internalId,
			primaryId: held.primaryId,
			dateUpdated: new Date(held.dateUpdated).toISOString(),
			name: held.primaryId,
			...held.attributes,
		};
	}
}

export const dropped = (): HttpFailure => new HttpFailure('dropped', 'the connection was dropped');
