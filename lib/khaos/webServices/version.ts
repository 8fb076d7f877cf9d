import type { KhaosClient } from './client';
import { oneLine } from './fault';

/** GetVersion: what Khaos calls its version, such as `8.236.1` (contract 2.4). Throws KhaosFault and KhaosUnknownOutcome. */
export async function getVersion(client: KhaosClient): Promise<string> {
	const result = await client.call('GetVersion', []);
	const text = result.text.trim() === '' ? result.children.map((child) => child.text.trim()).join(' ') : result.text;
	return oneLine(text);
}
