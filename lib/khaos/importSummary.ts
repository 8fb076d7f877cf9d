import { keyOf } from '../shapes';
import { oneLine } from './fault';
import { resultDocument } from './soap';
import { sameName, walk, type XmlElement } from './xml';

/**
 * What an import says of itself. The shape isn't public (contract 2.8, 3), so this is read by what its texts mention, and
 * only to explain what a read-back shows: never as proof that something was imported.
 */
export interface ImportSummary {
	/** Lines imported or updated; null where no such number was found. */
	imported: number | null;
	/** Lines skipped or refused; null where no such number was found. */
	skipped: number | null;
	/** What is said of single items, by key. */
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
	path: string;
	element: XmlElement;
}

/** Every element with all the codes and texts inside it; a record of one item is the largest that names only that item. */
function recordsOf(root: XmlElement, keys: string[]): Map<string, Mention> {
	const found = new Map<string, Mention>();
	const visit = (element: XmlElement, path: string): Mention => {
		const own = textsOf(element);
		const record: Mention = { keys: new Set(), texts: [...own], path: `${path}/${element.name}`, element };
		for (const key of keys) if (own.some((text) => mentions(text, key))) record.keys.add(key);
		for (const child of element.children) {
			const inner = visit(child, record.path);
			inner.keys.forEach((key) => record.keys.add(key));
			record.texts.push(...inner.texts);
		}
		// The root always holds everything; it is a record only where there is nothing else.
		if (record.keys.size === 1 && (path !== '' || element.children.length === 0)) {
			const [key] = record.keys;
			found.set(key!, record);
		}
		return record;
	};
	visit(root, '');
	return found;
}

function saidOfItem(record: Mention, key: string): string {
	const texts = record.texts.filter((text) => keyOf(text) !== key && !/^-?\d+$/.test(text));
	const troubled = texts.filter((text) => TROUBLE.test(text));
	return oneLine([...new Set(troubled.length > 0 ? troubled : texts)].join('; '));
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
	for (const [key, record] of recordsOf(root, keys)) {
		const said = saidOfItem(record, key);
		// A plain list of what was imported says nothing against an item.
		if (said !== '' || SKIPPED.test(sameName(record.path))) {
			summary.byKey.set(
				key,
				said === '' ? `listed under ${record.path.split('/').at(-2) || record.element.name}` : said,
			);
		}
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

/** Whether a text speaks of an error rather than of a success. */
export const saysTrouble = (text: string): boolean => TROUBLE.test(text);
