import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import type { INodeType } from 'n8n-workflow';

import { fetchRequest } from '../../lib/fetchRequest';
import { HttpFailure, type HttpRequest, type Request } from '../../lib/http';
import { requestOf } from '../../nodes/httpBinding';
import { executeContext } from './harness';

const SOME_NODE = {
	description: {
		displayName: 'Some Node',
		name: 'someNode',
		version: 1,
		properties: [],
		inputs: ['main'],
		outputs: ['main'],
	},
} as unknown as INodeType;

type Answer = (socket: Socket, head: string) => void;

let server: Server;
let answer: Answer;
let url: string;
const sockets = new Set<Socket>();

beforeAll(async () => {
	server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.once('data', (head) => answer(socket, head.toString()));
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
	for (const socket of sockets) socket.destroy();
	sockets.clear();
	// A client that keeps connections for later has to notice that they are closed.
	await sleep(20);
});
afterAll(async () => await new Promise((closed) => server.close(closed)));

const get = (more: Partial<HttpRequest> = {}): HttpRequest => ({
	method: 'GET',
	url: `${url}/core/products?access_token=SECRET`,
	timeoutMs: 5_000,
	...more,
});

const failureOf = async (request: Request, sent: HttpRequest): Promise<HttpFailure> => {
	const outcome = await request(sent).then(
		() => new Error('it was answered'),
		(error: unknown) => error,
	);
	expect(outcome).toBeInstanceOf(HttpFailure);
	expect((outcome as HttpFailure).message).not.toContain('SECRET');
	return outcome as HttpFailure;
};

describe.each<[string, () => Request]>([
	['through n8n’s helpers', () => requestOf(executeContext({ node: SOME_NODE }))],
	['through fetch', () => fetchRequest],
])('a request %s', (_name, bind) => {
	test('hands over status, headers and body of every answer, errors included', async () => {
		answer = (socket) =>
			socket.end(
				'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"error": "x"}',
			);
		const response = await bind()(get());
		expect(response).toMatchObject({
			status: 404,
			body: '{"error": "x"}',
			headers: { 'content-type': 'application/json' },
		});
	});

	test('sends body and headers as they were given', async () => {
		let received = '';
		answer = (socket, head) => {
			received = head;
			socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
		};
		await bind()(
			get({
				method: 'PUT',
				body: '"Heavy"',
				headers: { 'Content-Type': 'application/json', Authorization: 'raw-token' },
			}),
		);
		expect(received).toContain('PUT /core/products');
		expect(received.toLowerCase()).toContain('authorization: raw-token');
		expect(received.endsWith('\r\n\r\n"Heavy"')).toBe(true);
	});

	test('does not follow a redirect', async () => {
		answer = (socket) =>
			socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\r\n');
		expect(await bind()(get())).toMatchObject({ status: 302, headers: { location: 'http://127.0.0.1:1/login' } });
	});

	test('unpacks a compressed answer', async () => {
		const packed = gzipSync('{"data":[]}');
		answer = (socket) => {
			socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
			socket.end(packed);
		};
		expect((await bind()(get())).body).toBe('{"data":[]}');
	});

	test('reads text in the charset that the server names', async () => {
		answer = (socket) => {
			socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=iso-8859-1\r\nContent-Length: 3\r\n\r\n');
			socket.end(Buffer.from([0xa3, 0x31, 0x32]));
		};
		expect((await bind()(get())).body).toBe('£12');
	});

	test.each([
		['a length that is not reached', 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"data":[{"id":"1"}'],
		['a chunk that never ends', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n{"data":[{"id":"1"}\r\n'],
	])('takes half an answer for what it is: %s', async (_what, half) => {
		answer = (socket) => {
			socket.write(half);
			setTimeout(() => socket.destroy(), 50);
		};
		const failure = await failureOf(bind(), get());
		expect(failure.kind).toBe('truncated');
		expect(failure.outcomeUnknown).toBe(true);
	});

	test('tells a dropped connection', async () => {
		answer = (socket) => socket.resetAndDestroy();
		expect((await failureOf(bind(), get())).kind).toBe('dropped');
	});

	test('gives up on a server that does not answer in time', async () => {
		answer = () => undefined;
		expect((await failureOf(bind(), get({ timeoutMs: 300 }))).kind).toBe('timeout');
	});

	test('gives up on an answer that trickles in too slowly', async () => {
		answer = (socket) => {
			socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n');
			const drip = setInterval(() => socket.write('x'), 50);
			socket.on('close', () => clearInterval(drip));
		};
		expect((await failureOf(bind(), get({ timeoutMs: 400 }))).kind).toBe('timeout');
	});

	test('stops reading an answer that is too large', async () => {
		answer = (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(5000)}`);
		expect((await failureOf(bind(), get({ maxBytes: 1000 }))).kind).toBe('tooLarge');
	});

	test('knows that a refused connection did nothing', async () => {
		const closed = createServer().listen(0, '127.0.0.1');
		await once(closed, 'listening');
		const { port } = closed.address() as AddressInfo;
		await new Promise((done) => closed.close(done));
		const failure = await failureOf(bind(), get({ url: `http://127.0.0.1:${port}/core` }));
		expect(failure.kind).toBe('refused');
		expect(failure.outcomeUnknown).toBe(false);
	});

	test('knows that a plain server behind https:// did nothing', async () => {
		answer = (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
		expect((await failureOf(bind(), get({ url: url.replace('http:', 'https:') }))).kind).toBe('tls');
	});

	test('knows a host name that does not exist', async () => {
		expect((await failureOf(bind(), get({ url: 'http://no-such-host.invalid/core' }))).kind).toBe('notFound');
	});
});
