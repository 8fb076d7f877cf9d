import { fetchRequest } from '../lib/fetchRequest';
import { KhaosClient } from '../lib/khaos/webServices/client';
import { endpointOf } from '../lib/khaos/webServices/endpoint';
import { KhaosFault } from '../lib/khaos/webServices/fault';
import { PimberlyClient } from '../lib/pimberly/client';
import { toConnection } from '../lib/pimberly/connection';
import { PimberlyError } from '../lib/pimberly/pimberlyError';
import type { OtherServers } from './startOptions';

const ATTEMPTS = 5;
const CALL_TIMEOUT_MS = 30_000;

type Pause = (ms: number) => Promise<void>;

const wait: Pause = async (ms) => await new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks other servers whether they can be worked with at all, before anything takes its time: one page of Pimberly's
 * products, Khaos's version. What may well pass (a server that is busy, a method that isn't there) is left to the sync.
 *
 * @throws Error that says what is wrong and what to do: a token that isn't accepted, an address where nothing answers or
 * something else does
 */
export async function serversAnswer(servers: OtherServers, pause: Pause = wait): Promise<void> {
	await insisting(async () => await askPimberly(servers, pause), pause);
	await insisting(async () => await askKhaos(servers), pause);
}

/** A server may still be starting, or turn one call away: what is wrong is so several times. */
async function insisting(ask: () => Promise<string | null>, pause: Pause): Promise<void> {
	for (let attempt = 1; ; attempt += 1) {
		const wrong = await ask();
		if (wrong === null) return;
		if (attempt === ATTEMPTS) throw new Error(wrong);
		await pause(1_000 * attempt);
	}
}

async function askPimberly({ pimberlyUrl, pimberlyToken }: OtherServers, pause: Pause): Promise<string | null> {
	const connection = toConnection({ baseUrl: pimberlyUrl, tokenKind: 'feed', token: pimberlyToken });
	const surroundings = { request: fetchRequest, sleep: pause, random: Math.random, now: Date.now };
	const client = new PimberlyClient(connection, surroundings, { retries: 0, timeoutMs: CALL_TIMEOUT_MS });
	try {
		await client.listPage({ limit: 1 });
		return null;
	} catch (error) {
		if (!(error instanceof PimberlyError)) throw error;
		return error.needsAttention || error.kind === 'unreachable' ? inWords(error) : null;
	}
}

async function askKhaos({ khaosUrl }: OtherServers): Promise<string | null> {
	const client = new KhaosClient({
		endpoint: endpointOf(khaosUrl),
		request: fetchRequest,
		timeoutMs: CALL_TIMEOUT_MS,
		now: Date.now,
	});
	try {
		await client.call('GetVersion', []);
		return null;
	} catch (error) {
		return error instanceof KhaosFault && error.turnedAway ? inWords(error) : null;
	}
}

const inWords = ({ message, remedy }: { message: string; remedy: string }): string =>
	[message, remedy].map((text) => (/[.!?]$/.test(text) ? text : `${text}.`)).join(' ');
