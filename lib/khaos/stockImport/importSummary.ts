import { keyOf } from '../../shapes';
import { oneLine } from '../webServices/fault';
import { resultDocument } from '../webServices/soap';
import { sameName, walk, type XmlElement } from '../webServices/xml';

/**
 * What an import says of itself. The shape isn't public (contract 2.8, 3), so this is read by what its texts mention, and
 * only to explain what a read-back shows: never as proof that something was imported.
 */
export interface ImportSummary {
	/** Lines imported or updated; null where no such number was found. */
	imported: number | null;
	/** Lines skipped or refused; null where no such number was found. */
	skipped: number | null;
	/** What is said against single items, by key. */
	byKey: Map<string, string>;
	/** Errors that name no item. */
	general: string[];
}

const IMPORTED = /import|updat|insert|creat|added|success|applied/;
const SKIPPED = /skip|fail|reject|refus|error|invalid|notimport/;
const TROUBLE =
	/error|fail|reject|skip|invalid|refus|exception|not (be )?(import|found|allow|support|valid)|unknown|exceed|missing|mandatory|can(no|')t|could not|too (long|many)|duplicate|warning|denied/i;

/** The texts of an element, its own and its attributes, each trimmed. */
const textsOf = (element: XmlElement): string[] =>
	[
		...Object.entries(element.attributes)
			.filter(([name]) => !['type', 'nil', 'id', 'href', 'arrayType'].includes(name))
			.map(([, value]) => value),
		element.text,
	]
		.map((text) => text.trim())
		.filter((text) => text !== '');

/** Whether a text names a code, as a whole word: `TEE-R` isn't named by `TEE-R-L`. */
function mentions(text: string, key: string): boolean {
	const upper = text.toUpperCase();
	for (let at = upper.indexOf(key); at >= 0; at = upper.indexOf(key, at + 1)) {
		const before = upper[at - 1] ?? ' ';
		const after = upper[at + key.length] ?? ' ';
		const next = upper[at + key.length + 1] ?? ' ';
		// A full stop at the end of a sentence is no part of a code.
		const ends = !/[\p{L}\p{N}_\-/.]/u.test(after) || (after === '.' && /\s/.test(next));
		if (!/[\p{L}\p{N}_\-/.]/u.test(before) && ends) return true;
	}
	return false;
}

interface Mention {
	keys: Set<string>;
	texts: string[];
	/** Whether it speaks of an error: by a text, or by the name of an element or attribute that isn't empty. */
	trouble: boolean;
}

const isNothing = (value: string): boolean => /^(0|no|none|false|ok)?$/i.test(value.trim());

function namesTrouble(element: XmlElement): boolean {
	const told = element.children.length > 0 || !isNothing(element.text);
	return (
		(told && SKIPPED.test(sameName(element.name))) ||
		Object.entries(element.attributes).some(([name, value]) => SKIPPED.test(sameName(name)) && !isNothing(value))
	);
}

/** What is said of each item: the largest element that names only this item. */
function mentionsOf(root: XmlElement, keys: string[]): Map<string, Mention> {
	const found = new Map<string, Mention>();
	const visit = (element: XmlElement, within: boolean, isRoot: boolean): Mention => {
		const own = textsOf(element);
		// The root's name is of no help: even a good summary may be called an error report.
		const troubled = within || (!isRoot && namesTrouble(element));
		const mention: Mention = {
			keys: new Set(keys.filter((key) => own.some((text) => mentions(text, key)))),
			texts: [...own],
			trouble: troubled || own.some((text) => TROUBLE.test(text)),
		};
		for (const child of element.children) {
			const inner = visit(child, troubled, false);
			inner.keys.forEach((key) => mention.keys.add(key));
			mention.texts.push(...inner.texts);
			mention.trouble ||= inner.trouble;
		}
		// The root always holds everything; it says something of one item only where there is nothing else.
		if (mention.keys.size === 1 && (!isRoot || element.children.length === 0)) {
			const [key] = mention.keys;
			found.set(key!, mention);
		}
		return mention;
	};
	visit(root, false, true);
	return found;
}

/** Everything that is said of an item but its code and plain numbers, errors first. */
function saidOfItem(mention: Mention, key: string): string {
	const texts = mention.texts.filter((text) => keyOf(text) !== key && !/^-?\d+$/.test(text));
	const troubled = texts.filter((text) => TROUBLE.test(text));
	return oneLine([...new Set([...troubled, ...texts])].join('; ')) || 'listed among the errors';
}

function count(root: XmlElement, text: string, name: RegExp): number | null {
	let sum: number | null = null;
	for (const element of walk(root)) {
		const pairs: Array<[string, string]> = [[element.name, element.text], ...Object.entries(element.attributes)];
		for (const [called, value] of pairs) {
			const plain = sameName(called);
			if (!name.test(plain) || (name === IMPORTED && SKIPPED.test(plain)) || !/^\s*\d{1,9}\s*$/.test(value)) continue;
			sum = (sum ?? 0) + Number.parseInt(value, 10);
		}
	}
	if (sum !== null) return sum;
	const sentence = new RegExp(
		`(\\d{1,9})\\s+(?:\\w+\\s+){0,3}?(?:${name.source})|(?:${name.source})\\w*\\s*[:=]\\s*(\\d{1,9})`,
		'i',
	).exec(text);
	const digits = sentence?.[1] ?? sentence?.[2];
	return digits === undefined ? null : Number.parseInt(digits, 10);
}

/**
 * Read the result of ImportStockTSV for the codes that were sent. Never throws: a summary that can't be read says nothing.
 */
export function readImportSummary(result: XmlElement, stockCodes: string[]): ImportSummary {
	const summary: ImportSummary = { imported: null, skipped: null, byKey: new Map(), general: [] };
	let root: XmlElement | null;
	try {
		root = resultDocument(result) ?? null;
	} catch {
		root = { ...result, children: [], content: undefined };
	}
	if (root === null) return summary;

	const lines = [...walk(root)].flatMap(textsOf).flatMap((text) => text.split(/\r?\n/));
	const whole = lines.join('\n');
	const keys = stockCodes.map(keyOf);
	for (const [key, mention] of mentionsOf(root, keys)) {
		if (mention.trouble) summary.byKey.set(key, saidOfItem(mention, key));
	}
	for (const line of lines) {
		const named = keys.filter((key) => mentions(line, key));
		if (named.length === 0) {
			if (TROUBLE.test(line)) summary.general.push(oneLine(line));
			continue;
		}
		for (const key of named) if (!summary.byKey.has(key) && TROUBLE.test(line)) summary.byKey.set(key, oneLine(line));
	}
	summary.imported = count(root, whole, IMPORTED);
	summary.skipped = count(root, whole, SKIPPED);
	return summary;
}
