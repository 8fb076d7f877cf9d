/** Shorter than this it is no secret, and would be found in words that have nothing to do with it. */
const SHORTEST = 4;

/**
 * The error text of a server without what must not be seen: texts of servers, and of what stands before them, have been seen
 * to repeat what was sent.
 * @param secrets tokens, passwords and header values, as they are sent; empty ones count for nothing
 */
export const withoutSecrets = (text: string, secrets: string[]): string =>
	secrets
		.filter((secret) => secret.length >= SHORTEST)
		.reduce((shown, secret) => shown.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***'), text);
