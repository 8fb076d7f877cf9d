import { retryAfter, type FaultKind, type FaultRule } from '../faults';
import type { Answer } from '../serving';

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
	status,
	headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
	body: JSON.stringify(value),
});

/** The error body of pimberly-api 5. */
export const failure = (status: number, message: string, headers?: Record<string, string>): Answer =>
	json(status, { error: { status, message } }, headers);

/** A path outside the API: the web server in front answers, not the API. */
export const noSuchPage = (): Answer => ({
	status: 404,
	headers: { 'Content-Type': 'text/html; charset=utf-8' },
	body: '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>\n',
});

/** A refusal that ends a call. */
export class Refused extends Error {
	constructor(readonly answer: Answer) {
		super(answer.body);
	}
}

const REASONS: Partial<Record<FaultKind, [number, string]>> = {
	fault: [500, 'Internal server error'],
	'401': [401, 'Unauthorized'],
	'429': [429, 'Too many requests'],
	'503': [503, 'Service unavailable'],
};

/** How Pimberly answers an injected fault. */
export function faultAnswer(kind: FaultKind, rule: FaultRule): Answer {
	const headers = retryAfter(kind, rule);
	if (kind === 'http500')
		return {
			status: 500,
			headers: { ...headers, 'Content-Type': 'text/plain' },
			body: rule.message ?? 'Internal Server Error',
		};
	if (kind === 'html500') {
		const title = rule.message ?? '500 Internal Server Error';
		return {
			status: 500,
			headers: { ...headers, 'Content-Type': 'text/html' },
			body: `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center></body>\r\n</html>\r\n`,
		};
	}
	const [status, text] = REASONS[kind] ?? [500, 'Internal server error'];
	return failure(status, rule.message ?? text, headers);
}
