import { retryAfter, type FaultKind, type FaultRule } from '../faults';
import type { Answer, PlannedCall, RequestHead } from '../serving';
import type { Dialect, KhaosSettings } from '../settings';
import { byName, KhaosRefusal, METHOD_BY_NAME } from './methods';
import { faultOf, NotSoap, readCall, responseOf } from './soap';
import type { KhaosStore } from './store';
import { ENCODING_SCHEMA, wsdl } from './wsdl';

const html = (status: number, title: string, headers: Record<string, string> = {}): Answer => ({
	status,
	headers: { 'Content-Type': 'text/html', Server: 'Microsoft-IIS/10.0', ...headers },
	body: `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\r\n<html xmlns="http://www.w3.org/1999/xhtml">\r\n<head>\r\n<title>${title}</title>\r\n</head>\r\n<body>\r\n<div id="header"><h1>Server Error</h1></div>\r\n<div id="content"><fieldset><h2>${title}</h2></fieldset></div>\r\n</body>\r\n</html>\r\n`,
});

const xml = (status: number, body: string): Answer => ({
	status,
	headers: { 'Content-Type': 'text/xml; charset=utf-8', Server: 'Microsoft-IIS/10.0' },
	body,
});

const unauthorised = (): Answer =>
	html(401, '401 - Unauthorized: Access is denied due to invalid credentials.', {
		'WWW-Authenticate': 'Basic realm="Khaos Control"',
	});

export interface KhaosServerOptions {
	store: KhaosStore;
	settings: () => KhaosSettings;
	dialect: () => Dialect;
	/** Something that is kept between runs changed. */
	changed: () => void;
}

/** Khaos web services: one executable with the interface IKosWeb (khaos-control-api 2). */
export class KhaosServer {
	constructor(private readonly options: KhaosServerOptions) {}

	plan(request: RequestHead, body: Buffer, origin: string): PlannedCall {
		const settings = this.options.settings();
		const url = new URL(request.url ?? '/', origin);
		const base = `/${settings.executable}`;
		const path = url.pathname.toLowerCase().replace(/\/$/, '');
		const at = (member: string): boolean => path === `${base}${member}`.toLowerCase();
		if (
			request.method === 'GET' &&
			(at('/wsdl/IKosWeb') || (url.search.toLowerCase() === '?wsdl' && (at('') || at('/soap/IKosWeb'))))
		) {
			return this.page(request, 'wsdl', () =>
				xml(
					200,
					wsdl(`${origin}${base}/soap/IKosWeb`, `${origin}${base}/wsdl/SOAPEncoding`, settings, this.options.dialect()),
				),
			);
		}
		if (request.method === 'GET' && at('/wsdl/SOAPEncoding')) {
			return this.page(request, 'wsdl', () => xml(200, ENCODING_SCHEMA));
		}
		if (request.method === 'POST' && at('/soap/IKosWeb')) return this.call(request, body);
		if (request.method === 'GET' && (at('') || at('/soap/IKosWeb'))) {
			return this.page(request, `GET ${url.pathname}`, () => html(200, 'IKosWeb - Service Info Page'));
		}
		return this.page(request, `${request.method ?? 'GET'} ${url.pathname}`, () =>
			html(404, '404 - File or directory not found.'),
		);
	}

	private allowed(request: RequestHead): boolean {
		const { basic } = this.options.settings();
		return (
			!basic ||
			request.headers.authorization === `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}`
		);
	}

	private page(request: RequestHead, method: string, answer: () => Answer): PlannedCall {
		return {
			method,
			names: [],
			codes: () => [],
			faultAnswer: (kind, rule) => this.faultAnswer(kind, rule),
			run: (entry) => {
				const answered = this.allowed(request) ? answer() : unauthorised();
				if (answered.status !== 200) entry.outcome = answered.status === 404 ? 'notFound' : 'refused';
				return answered;
			},
		};
	}

	private call(request: RequestHead, body: Buffer): PlannedCall {
		let call: ReturnType<typeof readCall>;
		try {
			call = readCall(body.toString('utf8'));
		} catch (error) {
			if (!(error instanceof NotSoap)) throw error;
			return {
				method: 'unreadable',
				names: [],
				codes: () => [],
				faultAnswer: (kind, rule) => this.faultAnswer(kind, rule),
				run: (entry) => {
					entry.outcome = 'refused';
					return this.fault('Client', error.message);
				},
			};
		}
		const settings = this.options.settings();
		const method = settings.missingMethods.includes(call.method) ? undefined : METHOD_BY_NAME.get(call.method);
		const parameters = method ? byName(method, call.parameters) : call.parameters;
		const codes = () => method?.codes?.(parameters, settings) ?? [];
		return {
			method: call.method,
			names: ['POST'],
			codes,
			rejectsRows: method?.rejectsRows ?? false,
			faultAnswer: (kind, rule) => this.faultAnswer(kind, rule),
			describe: (entry) => {
				if (method?.codes) entry.codes = codes();
				if (method?.rejectsRows) entry.rows = entry.codes?.length ?? 0;
			},
			run: (entry, refusal) => {
				if (!this.allowed(request)) {
					entry.outcome = 'refused';
					return unauthorised();
				}
				try {
					if (!method) throw new KhaosRefusal(`Method ${call.method} is not found in interface IKosWeb`);
					const dialect = this.options.dialect();
					const value = method.run(parameters, {
						store: this.options.store,
						settings: this.options.settings(),
						dialect,
						entry,
						refusal,
					});
					return xml(200, responseOf(call.method, value, dialect));
				} catch (error) {
					if (!(error instanceof KhaosRefusal)) throw error;
					entry.outcome = 'refused';
					return this.fault('Server', error.message);
				} finally {
					if (call.method.startsWith('Import')) this.options.changed();
				}
			},
		};
	}

	private fault(code: 'Client' | 'Server', message: string): Answer {
		const dialect = this.options.dialect();
		return xml(dialect.faultStatus, faultOf(code, message, dialect));
	}

	private faultAnswer(kind: FaultKind, rule: FaultRule): Answer {
		const headers = retryAfter(kind, rule);
		switch (kind) {
			case '401':
				return unauthorised();
			case '429':
				return html(429, rule.message ?? '429 - Too Many Requests', headers);
			case '503':
				return html(503, rule.message ?? 'Service Unavailable', headers);
			case 'http500':
				return {
					status: 500,
					headers: { 'Content-Type': 'text/plain' },
					body: rule.message ?? 'Internal Server Error',
				};
			case 'html500':
				return html(500, rule.message ?? '500 - Internal server error.');
			default:
				return this.fault(
					'Server',
					rule.message ?? "Access violation at address 00A3F2C1 in module 'KhaosKSD.exe'. Read of address 00000000",
				);
		}
	}
}
