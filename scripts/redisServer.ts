import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { freePorts } from './ports';

/** A Redis as a URL names it. */
export interface RedisTarget {
	host: string;
	port: number;
	user: string;
	password: string;
	database: number;
	tls: boolean;
}

export interface RunningRedis {
	target: RedisTarget;
	stop(): Promise<void>;
}

/** There is no Redis to use; the message says what to install or to name. */
export class NoRedis extends Error {
	override readonly name = 'NoRedis';
}

const READY_WITHIN_MS = 30_000;

/** Reads `redis://user:password@host:port/number`. @throws Error that never says what the URL holds */
export function redisTargetOf(url: string): RedisTarget {
	const parsed = URL.canParse(url) ? new URL(url) : null;
	const database = parsed?.pathname.replace(/^\//, '') ?? '';
	if (parsed === null || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '' || !/^\d*$/.test(database)) {
		throw new Error(
			'a Redis URL looks like redis://HOST:PORT, with USER:PASSWORD@ before the host where one is needed.',
		);
	}
	return {
		host: parsed.hostname.replace(/^\[|\]$/g, ''),
		port: parsed.port === '' ? 6379 : Number(parsed.port),
		user: decodeURIComponent(parsed.username),
		password: decodeURIComponent(parsed.password),
		database: Number(database || 0),
		tls: parsed.protocol === 'rediss:',
	};
}

/** @throws NoRedis with the line that installs it */
export function requireRedisServer(): void {
	if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0) return;
	throw new NoRedis(
		'n8n in queue mode needs a Redis, and redis-server is not installed. Install it with\n\n  apt-get install redis-server\n\nor name one that runs: --redis redis://HOST:PORT',
	);
}

/**
 * Starts the installed redis-server on a free port of the loopback address, with a password nobody else knows and its data
 * in `folder`. It ends with this process, however that ends.
 */
export async function startRedis(folder: string): Promise<RunningRedis> {
	requireRedisServer();
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const [port] = (await freePorts(1)) as [number];
	const password = randomBytes(24).toString('hex');
	const settings = join(folder, 'redis.conf');
	// In a file that only its owner can read: a command line can be read by everybody on the machine.
	await writeFile(
		settings,
		[
			'bind 127.0.0.1',
			`port ${port}`,
			`dir "${folder}"`,
			`requirepass ${password}`,
			'appendonly yes',
			'save ""',
			'daemonize no',
			'',
		].join('\n'),
		{ mode: 0o600 },
	);
	const logFile = join(folder, 'redis.log');
	const log = openSync(logFile, 'a', 0o600);
	const child = spawn(process.execPath, [join(__dirname, 'endsWithParent.cjs'), 'redis-server', settings], {
		// In a group of its own: Ctrl-C in a terminal is for us, and n8n still needs it then.
		detached: true,
		stdio: ['ignore', log, log, 'ipc'],
	});
	closeSync(log);
	const ended = new Promise<void>((resolve) => {
		child.once('error', () => resolve());
		child.once('exit', () => resolve());
	});
	const target: RedisTarget = { host: '127.0.0.1', port, user: '', password, database: 0, tls: false };
	try {
		await untilAnswers(target, child);
	} catch (error) {
		child.kill('SIGTERM');
		throw new NoRedis(
			`redis-server did not start: ${(error as Error).message}. The end of its log (${logFile}):\n${tailOf(logFile)}`,
		);
	}
	return {
		target,
		stop: async () => {
			child.kill('SIGTERM');
			await ended;
		},
	};
}

const tailOf = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-10).join('\n');

async function untilAnswers(target: RedisTarget, child: ChildProcess): Promise<void> {
	const deadline = Date.now() + READY_WITHIN_MS;
	for (;;) {
		const problem = await ping(target).then(
			() => null,
			(error: Error) => error,
		);
		if (problem === null) return;
		if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
		if (Date.now() > deadline) throw problem;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/** Does this Redis answer and let us in? @throws Error with what is wrong, without the password */
export async function ping({ host, port, user, password, tls }: RedisTarget): Promise<void> {
	const words = [...(password === '' ? [] : [['AUTH', ...(user === '' ? [] : [user]), password]]), ['PING']];
	await new Promise<void>((resolve, reject) => {
		const socket: Socket = tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
		let answer = '';
		const fail = (reason: string): void => {
			socket.destroy();
			reject(new Error(reason));
		};
		socket.setTimeout(5_000, () => fail(`no answer from ${host}:${port} within 5 s`));
		socket.once('error', (error) => fail(`${host}:${port}: ${error.message}`));
		socket.once('close', () => fail(`${host}:${port} closed the connection`));
		socket.on('data', (chunk: Buffer) => {
			answer += chunk.toString();
			const refusal = /^-(.*)$/m.exec(answer);
			if (refusal) fail(`${host}:${port} said: ${refusal[1]!.trim()}`);
			else if (answer.includes('+PONG')) {
				resolve();
				socket.destroy();
			}
		});
		for (const command of words) socket.write(asRequest(command));
	});
}

/** A command as Redis reads it: an array of strings with their lengths, so that nothing in them has a meaning. */
const asRequest = (command: string[]): string =>
	`*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
