import { HttpFailure, type HttpRequest, type HttpResponse } from '../../../lib/http';
import { KhaosClient } from '../../../lib/khaos/webServices/client';
import { khaosClientOf, toKhaosConnection } from '../../../lib/khaos/webServices/connection';
import { endpointOf } from '../../../lib/khaos/webServices/endpoint';
import { KhaosError, KhaosFault, KhaosUnknownOutcome, saysMethodNotFound } from '../../../lib/khaos/webServices/fault';

const clientThat = (answer: (request: HttpRequest) => Partial<HttpResponse>): KhaosClient =>
	new KhaosClient({
		endpoint: endpointOf('https://khaos.test/KhaosIDS.exe'),
		request: async (request) => await Promise.resolve({ status: 200, headers: {}, body: '', ...answer(request) }),
		timeoutMs: 1_000,
		now: () => Date.parse('2026-11-24T09:00:00Z'),
	});
const failureOf = async (client: KhaosClient, method = 'ExportStock'): Promise<KhaosError> =>
	await client.call(method, []).then(
		() => Promise.reject(new Error('it succeeded')),
		(error: unknown) => error as KhaosError,
	);
const fault = (text: string) =>
	`<E:Envelope><E:Body><E:Fault><faultstring>${text}</faultstring></E:Fault></E:Body></E:Envelope>`;
const HTML_500 = '<html><head><title>500 - Internal server error</title></head><body>IIS</body></html>';

describe('a call that goes wrong is of known or of unknown outcome', () => {
	test.each<[string, Partial<HttpResponse>, string]>([
		['a fault with HTTP 500', { status: 500, body: fault('Barred') }, 'fault'],
		['a fault with HTTP 200', { status: 200, body: fault('Barred') }, 'fault'],
		['a missing method', { status: 500, body: fault('Method ImportStockTSV not found') }, 'methodNotFound'],
		['a refused credential', { status: 401, body: '' }, 'authentication'],
		['a forbidden address', { status: 403, body: HTML_500 }, 'authentication'],
		['a wrong place', { status: 404, body: '<html><title>Not found</title></html>' }, 'wrongUrl'],
		['a redirect', { status: 302, body: '' }, 'wrongUrl'],
		['a request that is too large', { status: 413, body: '' }, 'fault'],
		['too many calls', { status: 429, headers: { 'retry-after': '7' } }, 'busy'],
	])('known: %s', async (_, answer, kind) => {
		const error = await failureOf(clientThat(() => answer));
		expect(error).toBeInstanceOf(KhaosFault);
		expect(error).toMatchObject({ kind });
		expect(error.remedy).not.toBe('');
	});

	test.each<[string, Partial<HttpResponse>, string]>([
		['the error page of IIS', { status: 500, body: HTML_500 }, 'serverError'],
		['a server that is away', { status: 503, body: '' }, 'serverError'],
		['an empty answer', { status: 200, body: '' }, 'notSoap'],
		['a web page', { status: 200, body: '<html><title>Login</title></html>' }, 'notSoap'],
		['an envelope cut off', { status: 200, body: '<E:Envelope><E:Body><ExportStockResponse><ret' }, 'truncated'],
		['an envelope without a body', { status: 200, body: '<E:Envelope></E:Envelope>' }, 'truncated'],
	])('unknown: %s', async (_, answer, kind) => {
		const error = await failureOf(clientThat(() => answer));
		expect(error).toBeInstanceOf(KhaosUnknownOutcome);
		expect(error).toMatchObject({ kind });
		expect(error.remedy).not.toBe('');
	});

	test.each([
		['refused', KhaosFault],
		['notFound', KhaosFault],
		['tls', KhaosFault],
		['timeout', KhaosUnknownOutcome],
		['dropped', KhaosUnknownOutcome],
		['truncated', KhaosUnknownOutcome],
		['tooLarge', KhaosUnknownOutcome],
	] as const)('a request that failed by %s', async (kind, type) => {
		const client = clientThat(() => {
			throw new HttpFailure(kind, 'POST khaos.test/KhaosIDS.exe: it failed');
		});
		const error = await failureOf(client);
		expect(error).toBeInstanceOf(type);
		expect(error).toMatchObject({ kind });
	});

	test('a missing import says that the tool is an option to be enabled', async () => {
		const error = await failureOf(
			clientThat(() => ({ status: 500, body: fault('Method not found') })),
			'ImportStockTSV',
		);
		expect(error.remedy).toMatch(/Stock Import Tool.*8\.236/);
	});

	test('the time that a server asks for is kept, as seconds or as a date', async () => {
		expect((await failureOf(clientThat(() => ({ status: 503, headers: { 'retry-after': '30' } })))).retryAfter).toBe(
			30,
		);
		const date = { status: 503, headers: { 'retry-after': 'Tue, 24 Nov 2026 09:01:00 GMT' } };
		expect((await failureOf(clientThat(() => date))).retryAfter).toBe(60);
		expect((await failureOf(clientThat(() => ({ status: 503 })))).retryAfter).toBeNull();
	});

	test('no error is longer than a person reads', async () => {
		const error = await failureOf(clientThat(() => ({ status: 500, body: fault('x'.repeat(5_000)) })));
		expect(error.message.length).toBeLessThan(700);
	});

	test.each<[string, (sent: string) => Partial<HttpResponse>]>([
		['a fault', (sent) => ({ status: 500, body: fault(sent) })],
		['an error page', (sent) => ({ status: 500, body: `<html><title>${sent}</title></html>` })],
		['a page that refuses the credential', (sent) => ({ status: 401, body: `<html><title>${sent}</title></html>` })],
	])('%s that repeats what was sent gives away no secret', async (_, answer) => {
		const connection = toKhaosConnection({
			url: 'https://khaos.test/KhaosIDS.exe',
			authentication: 'basic',
			user: 'integration',
			password: 'pa55 word',
			headerName: 'X-Proxy-Key',
			headerValue: 'proxy-key-1',
		});
		const request = async ({ headers }: HttpRequest): Promise<HttpResponse> =>
			await Promise.resolve({
				status: 200,
				headers: {},
				body: '',
				...answer(`No rights: ${JSON.stringify(headers)}, integration:pa55 word`),
			});
		const error = await failureOf(khaosClientOf(connection, request, Date.now));
		const shown = JSON.stringify({ ...error, message: error.message });
		expect(shown).toContain('No rights');
		for (const secret of ['pa55 word', connection.headers.authorization!.split(' ')[1]!, 'proxy-key-1'])
			expect(shown).not.toContain(secret);
	});
});

describe('a method that is not there', () => {
	test.each([
		'Method not found',
		'Method ImportStockTSV not found in interface IKosWeb',
		'Unknown method "ImportStockTSV"',
		'No such operation: ImportStockTSV',
		"Operation 'ImportStockTSV' is not defined or does not exist",
		'The SOAP action is not supported',
		'Procedure ImportStockTSV is not available',
		'Unable to find method ImportStockTSV',
	])('%s', (text) => expect(saysMethodNotFound(text)).toBe(true));

	test.each([
		'Unknown column "COLOR"',
		'Stock type not found',
		'Line 3: STOCK_CODE holds the character #',
		'Database is locked by another operation',
		'Access violation at address 0040AB12 in module KhaosKSD.exe',
	])('but not: %s', (text) => expect(saysMethodNotFound(text)).toBe(false));
});
