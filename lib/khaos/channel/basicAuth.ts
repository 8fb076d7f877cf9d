import { createHash, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

/** The user and password that a channel of Khaos sends with every call (khaos-control-api 4.1). */
export const channelLoginSchema = z.object({
	// RFC 7617: a user name holds no colon, which ends it.
	user: z
		.string()
		.trim()
		.min(1)
		.regex(/^[^:]*$/),
	password: z.string().min(1),
});
export type ChannelLogin = z.infer<typeof channelLoginSchema>;

const SHORTEST = 20;

/** What is wrong with a channel's login, in a sentence; null: it will do. */
export function loginWeakness(given: unknown): string | null {
	const { user = '', password = '' } = (given ?? {}) as { user?: string; password?: string };
	if (String(user).trim() === '' || password === '')
		return 'Fill in User and Password: without them every call of Khaos is refused.';
	const parsed = channelLoginSchema.safeParse(given);
	if (!parsed.success) return 'The User can’t hold a colon: it would end there.';
	// eslint-disable-next-line no-control-regex -- these are the characters that no header carries
	if (/[\u0000-\u001f\u007f]/.test(parsed.data.user + parsed.data.password))
		return 'User and Password can’t hold control characters.';
	if (parsed.data.password.length < SHORTEST || new Set(parsed.data.password).size < 8) {
		return `The Password is easy to guess: make it ${SHORTEST} random characters or more.`;
	}
	return null;
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Whether an Authorization header is this login's. It takes the same time whatever was sent: hashes of one length are
 * compared, also where nothing was sent.
 */
export function isLogin(authorization: string | string[] | undefined, { user, password }: ChannelLogin): boolean {
	const text = typeof authorization === 'string' ? authorization : '';
	const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(text.trim())?.[1] ?? '';
	const given = Buffer.from(encoded, 'base64');
	const expected = `${user}:${password}`;
	// Some clients write the two in Latin-1, as HTTP once had it.
	const utf8 = timingSafeEqual(digest(given.toString('utf8')), digest(expected));
	const latin1 = timingSafeEqual(digest(given.toString('latin1')), digest(expected));
	return utf8 || latin1;
}
