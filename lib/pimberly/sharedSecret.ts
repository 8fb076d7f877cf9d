import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Whether a header holds the shared secret. It takes the same time whatever was sent: hashes of one length are compared,
 * also where nothing was sent. An empty secret matches nothing.
 * @param given as Node hands the header over; one that was sent twice counts as wrong
 */
export function holdsSecret(given: string | string[] | undefined, secret: string): boolean {
	const sent = typeof given === 'string' ? given : '';
	const equal = timingSafeEqual(digest(sent), digest(secret));
	return equal && secret !== '';
}
