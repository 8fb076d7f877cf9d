import { escapeUTF8 } from 'entities';

/** Text that is HTML already. Made by `html` only, so that what is not escaped can be found by looking for it. */
export class Markup {
	constructor(readonly text: string) {}
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

const textOf = (part: Part): string => {
	if (part instanceof Markup) return part.text;
	if (Array.isArray(part)) return part.map(textOf).join('');
	if (part === null || part === undefined || part === false) return '';
	return escapeUTF8(String(part));
};

/** A piece of HTML; every value in it is escaped, but for what was made by this function. Null and false are left out. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Markup {
	return new Markup(texts.map((text, at) => text + (at < parts.length ? textOf(parts[at]) : '')).join(''));
}

/** Our own style sheet or script: no value from outside may ever come in here. */
export const raw = (text: string): Markup => new Markup(text);
