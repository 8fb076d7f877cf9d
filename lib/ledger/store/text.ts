/**
 * What a database can't hold as text: NUL, and half of a character (an emoji that was cut in two). PostgreSQL refuses the
 * whole statement for it, and so a batch of changes for one reason's sake; SQLite makes something else of it.
 */
const unkept = /\0|\p{Surrogate}/gu;
const mark = '\ufffd';

/** The same text, with a mark in the place of what can't be kept. */
const keptText = (text: string): string => text.replace(unkept, mark);

/** How JSON writes it. An escaped backslash before it looks the same; then nothing is replaced, and nothing is lost but time. */
const mayBeUnkept = /\\u(?:0000|d[89a-f])/;

/** JSON of these values, as the ledger can keep their text. */
export function keptJson(values: unknown): string {
	const json = JSON.stringify(values);
	return mayBeUnkept.test(json)
		? JSON.stringify(values, (_name, value: unknown) => (typeof value === 'string' ? keptText(value) : value))
		: json;
}

/** The same value with its text as the ledger can keep it, so that a key that comes in is the key that is found. */
export function kept<T>(value: T): T {
	return mayBeUnkept.test(JSON.stringify(value)) ? (JSON.parse(keptJson(value)) as T) : value;
}

/** Parameters of a statement; those that are JSON have their own escapes, and are left alone. */
export const keptParameters = <T>(parameters: T[]): T[] =>
	parameters.map((value) => (typeof value === 'string' ? (keptText(value) as T) : value));
