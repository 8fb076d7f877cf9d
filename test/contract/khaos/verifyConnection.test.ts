import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ICredentialTestFunctions } from 'n8n-workflow';

import { fetchRequest } from '../../../lib/fetchRequest';
import { HttpFailure, type Request } from '../../../lib/http';
import { toKhaosConnection } from '../../../lib/khaos/webServices/connection';
import { KhaosError } from '../../../lib/khaos/webServices/fault';
import { verifyKhaosConnection } from '../../../lib/khaos/webServices/verifyConnection';
import { khaosControlConnectionTest } from '../../../nodes/credentialTests';
import { startSimulators, type Simulators } from '../../../simulators/start';

const verify = async (credential: Record<string, unknown>, request: Request = fetchRequest): Promise<string> =>
	await verifyKhaosConnection(toKhaosConnection(credential), request, () => 0).catch((error: unknown) =>
		error instanceof KhaosError
			? `${error.name}/${'kind' in error ? String(error.kind) : ''}: ${error.message}`
			: String(error),
	);

describe('testing the credential of a Khaos Control', () => {
	let simulators: Simulators;
	beforeEach(async () => {
		simulators = await startSimulators();
	});
	afterEach(async () => await simulators.stop());

	test.each(['', '/', '/wsdl/IKosWeb?wsdl', '/soap/IKosWeb/'])(
		'the version is told, with the URL ending in %p',
		async (end) => {
			expect(await verify({ url: simulators.khaosUrl + end })).toBe('Khaos Control 8.240.1.0 answers.');
		},
	);

	test('a server without the import tool is told apart from one that has it', async () => {
		simulators.control.changeSettings({ khaos: { missingMethods: ['ImportStockTSV'] } });
		expect(await verify({ url: simulators.khaosUrl })).toContain('Stock Import Tool');
	});

	test('zipped exports that are chosen, and that the server has not, are told', async () => {
		const credential = { url: simulators.khaosUrl, compressedExports: true };
		expect(await verify(credential)).toBe('Khaos Control 8.240.1.0 answers.');
		simulators.control.changeSettings({ khaos: { missingMethods: ['ExportStockCompressed'] } });
		expect(await verify(credential)).toContain("turn off 'Compressed Exports'");
		expect(await verify({ url: simulators.khaosUrl })).toBe('Khaos Control 8.240.1.0 answers.');
	});

	test('a server without GetVersion is a Khaos Control all the same', async () => {
		simulators.control.changeSettings({ khaos: { missingMethods: ['GetVersion'] } });
		expect(await verify({ url: simulators.khaosUrl })).toContain('Khaos Control answers, but has no GetVersion');
	});

	test('a wrong executable is a wrong URL', async () => {
		const url = simulators.khaosUrl.replace('KhaosKSD', 'KhaosXYZ');
		expect(await verify({ url })).toContain('KhaosFault/wrongUrl');
	});

	test('a wrong password is an authentication failure, the right one is not', async () => {
		simulators.control.changeSettings({ khaos: { basic: { user: 'pim', password: 'pässword:1' } } });
		const { khaosUrl: url } = simulators;
		expect(await verify({ url })).toContain('KhaosFault/authentication');
		expect(await verify({ url, authentication: 'basic', user: 'pim', password: 'wrong' })).toContain(
			'KhaosFault/authentication',
		);
		expect(await verify({ url, authentication: 'basic', user: 'pim', password: 'pässword:1' })).toContain('answers');
	});

	test('nobody listening, an unknown host and an untrusted certificate are told apart', async () => {
		await simulators.stop();
		expect(await verify({ url: simulators.khaosUrl })).toContain('KhaosFault/refused');
		const failing =
			(kind: 'notFound' | 'tls' | 'timeout'): Request =>
			async (request) =>
				await Promise.reject(new HttpFailure(kind, `${request.method} host: failed`));
		expect(await verify({ url: 'https://host/K.exe' }, failing('notFound'))).toContain('KhaosFault/notFound');
		expect(await verify({ url: 'https://host/K.exe' }, failing('tls'))).toContain('KhaosFault/tls');
		expect(await verify({ url: 'https://host/K.exe' }, failing('timeout'))).toContain('KhaosUnknownOutcome/timeout');
		simulators = await startSimulators();
	});

	describe('at another kind of server', () => {
		let server: Server;
		let url: string;
		let answer: { status: number; body: string };
		beforeEach(async () => {
			server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
			url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/KhaosIDS.exe`;
		});
		afterEach(async () => await new Promise((resolve) => server.close(resolve)));

		test('a web site', async () => {
			answer = { status: 200, body: '<html><title>Our shop</title></html>' };
			expect(await verify({ url })).toMatch(/isn't Khaos Control's web service.*Our shop/);
		});

		test('another SOAP server', async () => {
			answer = {
				status: 500,
				body: '<e:Envelope><e:Body><e:Fault><faultstring>Unknown method GetVersion</faultstring></e:Fault></e:Body></e:Envelope>',
			};
			expect(await verify({ url })).toContain("isn't Khaos Control's (interface IKosWeb)");
		});
	});

	test.each([
		[{ url: '' }, 'empty'],
		[{ url: 'https://host/K.exe', authentication: 'basic' }, 'no user'],
		[{ url: 'https://host/K.exe', headerName: 'X Key', headerValue: 'x' }, 'not one that HTTP allows'],
		[{ url: 'https://host/K.exe', headerName: 'X-Key', headerValue: 'a\r\nb' }, 'line break'],
		[{ url: 'https://host/K.exe', timeoutSeconds: -1 }, 'timeoutSeconds'],
	])('what was typed wrong is named: %p', (credential, why) => {
		expect(() => toKhaosConnection(credential)).toThrow(why);
	});

	test('the extra header and the password travel, and stand in no message', async () => {
		const seen: Array<Record<string, string>> = [];
		const request: Request = async (sent) => {
			seen.push(sent.headers ?? {});
			return await Promise.resolve({ status: 403, headers: {}, body: '' });
		};
		const message = await verify(
			{
				url: 'https://host/K.exe',
				authentication: 'basic',
				user: 'pim',
				password: 'hush',
				headerName: 'X-Key',
				headerValue: 'quiet',
			},
			request,
		);
		expect(seen[0]).toMatchObject({
			authorization: `Basic ${Buffer.from('pim:hush').toString('base64')}`,
			'x-key': 'quiet',
		});
		expect(message).not.toMatch(/hush|quiet/);
	});

	test('n8n shows the outcome as a sentence and what to do', async () => {
		const helpers = {
			request: async ({ uri, method, headers, body }: Record<string, unknown>) => {
				const response = await fetch(uri as string, {
					method: method as string,
					headers: headers as Record<string, string>,
					...(body === undefined ? {} : { body: body as string }),
				});
				return { statusCode: response.status, headers: {}, body: Buffer.from(await response.arrayBuffer()) };
			},
		};
		const test = async (url: string) =>
			await khaosControlConnectionTest.call({ helpers } as unknown as ICredentialTestFunctions, {
				id: '1',
				name: 'Khaos',
				type: 'khaosControlWebServicesApi',
				data: { url },
			});
		expect(await test(simulators.khaosUrl)).toEqual({ status: 'OK', message: 'Khaos Control 8.240.1.0 answers.' });
		expect(await test(`${simulators.khaosUrl}x`)).toMatchObject({
			status: 'Error',
			message: expect.stringContaining('Check the URL in the credential') as unknown,
		});
	});
});
