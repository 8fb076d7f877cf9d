import { randomBytes } from 'node:crypto';
import type { ChannelSettings } from '../settings';
import { filterOf, type Filter } from './filters';
import type { PimberlyStore } from './store';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 64 characters of A-Z, a-z, 0-9, as Pimberly's tokens look. */
export const newToken = (): string => Array.from(randomBytes(64), (byte) => ALPHABET[byte % ALPHABET.length]).join('');

export interface Channel {
	settings: ChannelSettings;
	token: string;
	filter: Filter;
}

/** Who a token belongs to. */
export type Caller = { kind: 'feed' } | { kind: 'channel'; channel: Channel };

/** The tokens of the account: one feed, and one for each channel. */
export class Tokens {
	private readonly callers = new Map<string, Caller>();

	readonly channels: Channel[];

	constructor(
		readonly feedToken: string,
		channels: ChannelSettings[],
		kept: Record<string, string>,
		store: PimberlyStore,
	) {
		this.callers.set(feedToken, { kind: 'feed' });
		this.channels = channels.map((settings) => {
			const channel = {
				settings,
				token: settings.token ?? kept[settings.id] ?? newToken(),
				filter: filterOf(settings.rule, store.attributeTypes),
			};
			this.callers.set(channel.token, { kind: 'channel', channel });
			return channel;
		});
	}

	callerOf(token: string): Caller | undefined {
		return this.callers.get(token);
	}
}
