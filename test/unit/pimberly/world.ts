import type { HttpRequest, HttpResponse, Request } from '../../../lib/http';
import type { Surroundings } from '../../../lib/pimberly/call';
import { PimberlyClient } from '../../../lib/pimberly/client';
import { toConnection } from '../../../lib/pimberly/connection';

export const TOKEN = 'FeedToken'.repeat(7);

/** Time that passes only when something sleeps, and a server that answers what it is told. */
export interface World extends Surroundings {
	slept: number[];
	sent: HttpRequest[];
	/** Moves the clock on. */
	pass: (ms: number) => void;
}

export type Step = HttpResponse | Error | ((request: HttpRequest) => HttpResponse | Error);

export const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse => ({
	status,
	headers: { 'content-type': 'application/json', ...headers },
	body: typeof body === 'string' ? body : JSON.stringify(body),
});
export const noRows = (): HttpResponse => answer(404, { error: { status: 404, message: 'No products found' } });

export const NOON = Date.parse('2026-11-24T12:00:00.000Z');

/** Answers the steps in turn; the last one over and over. */
export function world(...steps: Step[]): World {
	let time = NOON;
	const slept: number[] = [];
	const sent: HttpRequest[] = [];
	const request: Request = async (asked) => {
		const step = steps[Math.min(sent.length, steps.length - 1)];
		sent.push(asked);
		const outcome = typeof step === 'function' ? step(asked) : step;
		if (outcome === undefined) throw new Error('nothing was to be asked');
		return outcome instanceof Error ? await Promise.reject(outcome) : outcome;
	};
	return {
		request,
		slept,
		sent,
		sleep: async (ms) => {
			slept.push(ms);
			time += ms;
		},
		random: () => 0,
		now: () => time,
		pass: (ms) => {
			time += ms;
		},
	};
}

export const feedClient = (given: Surroundings, more: Record<string, string> = {}): PimberlyClient =>
	new PimberlyClient(
		toConnection({ baseUrl: 'https://pim.example/core', tokenKind: 'feed', token: TOKEN, ...more }),
		given,
	);
