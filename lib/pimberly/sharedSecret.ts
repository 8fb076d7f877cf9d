import { createHash, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

/** What a notification has to carry: Pimberly signs nothing, a header of one's own choice is all there is (pimberly-api 4.3). */
export const sharedSecretSchema = z.object({
	headerName: z.string().trim().min(1),
	secret: z.string().trim().min(1),
});
export type SharedSecret = z.infer<typeof sharedSecretSchema>;

const SHORTEST = 20;

/** What is wrong with a shared secret, in a sentence; null: it will do. */
export function weaknessOf(given: unknown): string | null {
	const parsed = sharedSecretSchema.safeParse(given);
	if (!parsed.success) return 'Fill in Header Name and Secret: without them every notification is refused.';
	const { headerName, secret } = parsed.data;
	if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(headerName)) {
		return `“${headerName}” can’t be the name of a header: use letters, digits and hyphens, such as X-Pimberly-Secret.`;
	}
	if (/[^\x21-\x7e]/.test(secret))
		return 'The Secret has characters that a header can’t hold: use letters, digits and punctuation.';
	if (secret.length < SHORTEST || new Set(secret).size < 8) {
		return `The Secret is easy to guess: make it ${SHORTEST} random characters or more.`;
	}
	return null;
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Whether the headers hold the shared secret. It takes the same time whatever was sent: hashes of one length are compared,
 * also where nothing was sent. A header that was sent twice counts as wrong.
 * @param headers as Node hands them over, names in lower case
 */
export function holdsSecret(
	headers: Record<string, string | string[] | undefined>,
	{ headerName, secret }: SharedSecret,
): boolean {
	const given = headers[headerName.toLowerCase()];
	const equal = timingSafeEqual(digest(typeof given === 'string' ? given : ''), digest(secret));
	return equal && secret !== '';
}
