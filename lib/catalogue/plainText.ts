/** What TSV and XML can't carry, or what would end a row: control characters, line and paragraph separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\ufffe\uffff]|\p{Cs}/u;
const UNPRINTABLE_RUN = new RegExp(` *(?:${UNPRINTABLE.source})(?:${UNPRINTABLE.source}| )*`, 'gu');

export const holdsUnprintable = (text: string): boolean => UNPRINTABLE.test(text);

/** Control characters and line breaks, however many in a row, become one space; the ends are trimmed. */
export const onOneLine = (text: string): string => text.replace(UNPRINTABLE_RUN, ' ').trim();

/**
 * The first `max` characters at most. Counted in UTF-16 units, and never within a surrogate pair, so the result fits
 * whichever way the other side counts.
 */
export function cutText(text: string, max: number): string {
	if (text.length <= max) return text;
	const end = /[\ud800-\udbff]/.test(text.charAt(max - 1)) ? max - 1 : max;
	return text.slice(0, end).trimEnd();
}

/** As `cutText`, and never within a tag or an entity. */
export function cutMarkup(markup: string, max: number): string {
	if (markup.length <= max) return markup;
	return cutText(markup, max)
		.replace(/<[^>]*$/, '')
		.replace(/&#?\w*$/, '')
		.trimEnd();
}
