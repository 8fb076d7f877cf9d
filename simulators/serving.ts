import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { CallLog, LoggedCall, Side } from './callLog';
import type { FaultKind, FaultRule, Faults } from './faults';

export interface Answer {
	status: number;
	headers?: Record<string, string>;
	body: string;
}

/** Which rows are to be refused although nothing is wrong with them. */
export interface RowRefusal {
	/** In upper case; null: the first row of the call. */
	codes: Set<string> | null;
	message: string;
}

/** What a call asks for, read but not yet done. */
export interface PlannedCall {
	/** As the log shows it. */
	method: string;
	/** Other names by which a fault rule may mean it. */
	names: string[];
	/** Codes or primary ids that the call names or answers; for fault rules. */
	codes: () => string[];
	/** Whether single rows can be refused. */
	rejectsRows?: boolean;
	/** Put what the call names into the log entry; also done where a fault keeps it from running. */
	describe?(entry: LoggedCall): void;
	/** Do it, and complete the log entry (rows, refused, applied, outcome). */
	run(entry: LoggedCall, refusal: RowRefusal | null): Answer;
	/** How this side answers an injected fault that comes as an answer. */
	faultAnswer(kind: FaultKind, rule: FaultRule): Answer;
}

/** A request without its body, as far as the simulated servers look at it; Node's IncomingMessage is one. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** How a call ends for its client. */
export type Ending =
	| { how: 'answered'; answer: Answer }
	/** Half of the answer, then the connection is cut. */
	| { how: 'truncated'; answer: Answer }
	| { how: 'dropped' }
	/** Nothing comes, and after `ms` the connection is cut. */
	| { how: 'hanging'; ms: number };

export interface Responding {
	ending: Ending;
	/** To be called when the client has what it gets, or is gone: completes the log entry. */
	ended(): void;
}

/** Does what a call asks for, faults included, and says how it ends. */
export type Respond = (request: RequestHead, body: Buffer, origin: string) => Promise<Responding>;

export interface RespondingOptions {
	side: Side;
	log: CallLog;
	faults: Faults;
	/** One call at a time, in order of arrival. */
	oneAtATime: boolean;
	latencyMs: () => number;
	/** How long a `timeout` hangs when its rule doesn't say. */
	hangMs: number;
	/** Milliseconds since 1970. */
	now: () => number;
	/** How latency passes. */
	wait: (ms: number) => Promise<void>;
	plan(request: RequestHead, body: Buffer, origin: string): PlannedCall;
}

export interface Served {
	origin: string;
	port: number;
	stop(): Promise<void>;
}

export class BodyTooLarge extends Error {}

/** Read a request's body whole. @throws BodyTooLarge; Error when the client went away in the middle */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request) {
		size += (chunk as Buffer).length;
		if (size > maxBytes) throw new BodyTooLarge();
		chunks.push(chunk as Buffer);
	}
	return Buffer.concat(chunks);
}

/** Listen on 127.0.0.1; `port` 0 takes a free one. */
export async function listen(server: Server, port: number): Promise<Served> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	const bound = (server.address() as AddressInfo).port;
	return {
		origin: `http://127.0.0.1:${bound}`,
		port: bound,
		stop: async () =>
			await new Promise<void>((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

/** Send a whole answer. Resolves when it has left, or when the client is gone. */
export async function send(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
	if (response.destroyed || response.headersSent) return;
	const bytes = Buffer.from(body, 'utf8');
	response.writeHead(status, { ...headers, 'Content-Length': String(bytes.length) });
	await new Promise<void>((resolve) => {
		response.once('close', resolve);
		response.end(bytes, () => resolve());
	});
}

/** Send the head and half of the body that it announces, then cut the connection. */
async function sendTruncated(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
	if (response.destroyed) return;
	const bytes = Buffer.from(body, 'utf8');
	response.writeHead(status, { ...headers, 'Content-Length': String(Math.max(bytes.length, 2)) });
	await new Promise<void>((resolve) => {
		response.once('close', resolve);
		response.write(bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2))), () => resolve());
	});
	// Half an answer has to be on its way before the cut, or the client would see a plain drop.
	await new Promise((resolve) => setImmediate(resolve));
	response.destroy();
}

/** A pause that ends early when the servers stop. */
export class Pauses {
	private readonly pending = new Map<NodeJS.Timeout, () => void>();

	async wait(ms: number): Promise<void> {
		if (ms <= 0) return;
		await new Promise<void>((resolve) => {
			const timer = setTimeout(() => {
				this.pending.delete(timer);
				resolve();
			}, ms);
			this.pending.set(timer, resolve);
		});
	}

	endAll(): void {
		for (const [timer, resolve] of this.pending) {
			clearTimeout(timer);
			resolve();
		}
		this.pending.clear();
	}
}

const APPLIED_ALL_THE_SAME: FaultKind[] = ['applyThenDrop', 'truncate'];

/** One side: logs every call, queues where only one may run, is late, injects faults. Knows nothing of sockets. */
export function responder(options: RespondingOptions): Respond {
	const { side, log, faults, wait } = options;
	let last: Promise<unknown> = Promise.resolve();

	const work = async (planned: PlannedCall, entry: LoggedCall): Promise<Responding> => {
		const latency = options.latencyMs();
		await wait(latency / 2);
		const rule = faults.strike(side, [planned.method, ...planned.names], planned.codes, planned.rejectsRows ?? false);
		const end = (status: number, outcome: string) => () => log.close(entry, status, outcome);
		if (!rule || rule.kind === 'rejectRow') {
			const refusal = rule && {
				codes: rule.codes ? new Set(rule.codes.map((code) => code.trim().toUpperCase())) : null,
				message: rule.message ?? 'The record could not be saved.',
			};
			const answer = planned.run(entry, refusal);
			await wait(latency / 2);
			const outcome = entry.outcome === 'open' ? 'ok' : entry.outcome;
			return { ending: { how: 'answered', answer }, ended: end(answer.status, outcome) };
		}
		const apply = rule.apply ?? APPLIED_ALL_THE_SAME.includes(rule.kind);
		const real = apply ? planned.run(entry, null) : null;
		await wait(latency / 2);
		switch (rule.kind) {
			case 'timeout':
				return { ending: { how: 'hanging', ms: rule.hangMs ?? options.hangMs }, ended: end(0, rule.kind) };
			case 'drop':
			case 'applyThenDrop':
				return { ending: { how: 'dropped' }, ended: end(0, rule.kind) };
			case 'truncate': {
				const answer = real ?? planned.faultAnswer('http500', rule);
				return { ending: { how: 'truncated', answer }, ended: end(answer.status, rule.kind) };
			}
			default: {
				const answer = planned.faultAnswer(rule.kind, rule);
				return { ending: { how: 'answered', answer }, ended: end(answer.status, rule.kind) };
			}
		}
	};

	return async (request, body, origin) => {
		const planned = options.plan(request, body, origin);
		const entry = log.open(side, planned.method);
		planned.describe?.(entry);
		const arrived = options.now();
		if (!options.oneAtATime) return await work(planned, entry);
		const turn = last.then(async () => {
			const waited = options.now() - arrived;
			if (waited > 0) entry.waitedMs = waited;
			return await work(planned, entry);
		});
		last = turn.catch(() => undefined);
		return await turn;
	};
}

/** Let a call end on its connection. */
async function putOnTheWire(ending: Ending, response: ServerResponse, pauses: Pauses): Promise<void> {
	switch (ending.how) {
		case 'answered':
			await send(response, ending.answer);
			return;
		case 'truncated':
			await sendTruncated(response, ending.answer);
			return;
		case 'dropped':
			response.destroy();
			return;
		case 'hanging':
			// Not a part of the queue: the process that hangs is not the one that serves the next call.
			void pauses.wait(ending.ms).then(() => response.destroy());
			await new Promise<void>((resolve) => {
				if (response.destroyed) resolve();
				else response.once('close', resolve);
			});
	}
}

/** Serve one side on 127.0.0.1. */
export async function serve(respond: Respond, maxBodyBytes: number, port: number): Promise<Served> {
	const pauses = new Pauses();
	const server = createServer((request, response) => {
		const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
		void (async () => {
			const body = await readBody(request, maxBodyBytes);
			const { ending, ended } = await respond(request, body, origin);
			await putOnTheWire(ending, response, pauses);
			ended();
		})().catch((error: unknown) => {
			if (error instanceof BodyTooLarge)
				void send(response, { status: 413, body: 'Request Entity Too Large' }).then(() => request.destroy());
			else if (response.destroyed || request.destroyed) response.destroy();
			else {
				console.error(error);
				void send(response, { status: 500, body: 'The simulator failed; see its output.' });
			}
		});
	});
	// A client may take its time between calls; a keep-alive connection that is closed under it would look like a fault.
	server.keepAliveTimeout = 120_000;
	server.requestTimeout = 0;
	const served = await listen(server, port);
	return {
		...served,
		stop: async () => {
			pauses.endAll();
			await served.stop();
		},
	};
}
