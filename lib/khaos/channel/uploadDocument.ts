import { parseXml, sameName, type XmlElement } from '../webServices/xml';

/** What Khaos sent can't be read: neither JSON nor XML, too large, or not the document that is expected here. */
export class UploadError extends Error {
	override readonly name = 'UploadError';
}

/** Larger than any upload of a hundred items with long descriptions; n8n itself takes 16 MB by default. */
export const LARGEST_UPLOAD = 16_000_000;

/**
 * A part of a document, JSON or XML alike. Names are found in any spelling; null, an empty member and none are the same,
 * since Khaos leaves out what it has no value for (khaos-control-api 4.4).
 */
export interface Part {
	/** The part's own text: of a JSON text, number or boolean, or of an element without members. */
	readonly own: string;
	/** Numbers as they stand in the document; booleans as true or false. */
	text(name: string): string | undefined;
	part(name: string): Part | undefined;
	/** What the part itself holds, as a list. */
	readonly entries: Part[];
	/**
	 * What a list holds; without the list, nothing.
	 * @param member one that its entries have: XML may write an entry as an element of the list's own name
	 */
	parts(name: string, member?: string): Part[];
	/** A DataItem; undefined where it isn't there or says nothing. */
	item(name: string): { id: string; code: string; name: string } | undefined;
	has(name: string): boolean;
	/** Whether it is a document of this name without anything in it; JSON names none. */
	isBlank(root: string): boolean;
}

/**
 * Read an upload's body, whichever of the two formats it is in: no entities, no document type, no more than
 * `LARGEST_UPLOAD` bytes.
 * @throws UploadError
 */
export function readUpload(body: string): Part {
	if (Buffer.byteLength(body) > LARGEST_UPLOAD) throw new UploadError('The upload is too large.');
	const text = body.replace(/^[\ufeff\s]+/, '');
	if (text === '') throw new UploadError('The upload is empty.');
	try {
		return text.startsWith('<') ? new XmlPart(parseXml(text)) : new JsonPart(parseJson(text));
	} catch (error) {
		throw new UploadError(`The upload is neither JSON nor XML that can be read: ${(error as Error).message}.`);
	}
}

type Json = string | { [name: string]: Json } | Json[] | null;

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;

/** Every scalar as text, a number as it is written: prices are decimals, and a float may not be the same. */
function parseJson(text: string): Json {
	const asText: Reviver = (_name, value, { source }) =>
		typeof value === 'number' ? (source ?? String(value)) : typeof value === 'boolean' ? String(value) : value;
	// Node hands a reviver the source of each value; the language's types don't say so yet.
	const value = JSON.parse(text, asText as (name: string, value: unknown) => unknown) as Json;
	if (value === null || typeof value !== 'object') throw new UploadError('it holds a single value');
	return value;
}

class JsonPart implements Part {
	constructor(private readonly value: Json) {}

	get own(): string {
		return typeof this.value === 'string' ? this.value : '';
	}

	isBlank(): boolean {
		const { value } = this;
		return typeof value === 'object' && !Array.isArray(value) && Object.keys(value ?? {}).length === 0;
	}

	private member(name: string): Json | undefined {
		const { value } = this;
		if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
		if (Object.hasOwn(value, name)) return value[name];
		const wanted = sameName(name);
		return Object.entries(value).find(([own]) => sameName(own) === wanted)?.[1];
	}

	has(name: string): boolean {
		return this.member(name) !== undefined;
	}

	text(name: string): string | undefined {
		const value = this.member(name);
		return typeof value === 'string' ? value : undefined;
	}

	part(name: string): Part | undefined {
		const value = this.member(name);
		return value === undefined || value === null ? undefined : new JsonPart(value);
	}

	get entries(): Part[] {
		return listIn(this.value).map((one) => new JsonPart(one));
	}

	parts(name: string): Part[] {
		return listIn(this.member(name)).map((one) => new JsonPart(one));
	}

	item(name: string): { id: string; code: string; name: string } | undefined {
		const value = this.member(name);
		if (typeof value === 'string') return value === '' ? undefined : { id: '', code: '', name: value };
		const part = this.part(name);
		return dataItem(part?.text('ID'), part?.text('Code'), part?.text('Name'));
	}
}

/** A list, also where it was made of XML: `{"Items": {"StockItem": [...]}}`, or a single entry without its brackets. */
function listIn(value: Json | undefined): Json[] {
	if (value === undefined || value === null || value === '') return [];
	if (Array.isArray(value)) return value;
	if (typeof value === 'string') return [value];
	const members = Object.values(value);
	if (members.length === 0) return [];
	return members.length === 1 && typeof members[0] === 'object' ? listIn(members[0]) : [value];
}

class XmlPart implements Part {
	constructor(private readonly element: XmlElement) {}

	get own(): string {
		return this.element.children.length === 0 ? this.element.text : '';
	}

	private child(name: string): XmlElement | undefined {
		const wanted = sameName(name);
		return this.element.children.find((child) => sameName(child.name) === wanted);
	}

	has(name: string): boolean {
		return sameName(this.element.name) === sameName(name) || this.child(name) !== undefined;
	}

	text(name: string): string | undefined {
		const child = this.child(name);
		return child === undefined || child.children.length > 0 ? undefined : child.text;
	}

	part(name: string): Part | undefined {
		const child = this.child(name);
		return child === undefined ? undefined : new XmlPart(child);
	}

	get entries(): Part[] {
		return this.element.children.map((child) => new XmlPart(child));
	}

	isBlank(root: string): boolean {
		const { name, children, text } = this.element;
		return sameName(name) === sameName(root) && children.length === 0 && text.trim() === '';
	}

	parts(name: string, member?: string): Part[] {
		const named = this.element.children.filter((child) => sameName(child.name) === sameName(name));
		const [only] = named;
		// One element around all of them, or one element each.
		const isAround = only !== undefined && named.length === 1 && !isEntry(only, member);
		return (isAround ? only.children : named).map((child) => new XmlPart(child));
	}

	item(name: string): { id: string; code: string; name: string } | undefined {
		const child = this.child(name);
		if (child === undefined) return undefined;
		const part = new XmlPart(child);
		const of = (member: string): string | undefined =>
			Object.entries(child.attributes).find(([own]) => sameName(own) === sameName(member))?.[1] ?? part.text(member);
		return dataItem(of('ID'), of('Code'), of('Name') ?? part.own);
	}
}

/** Whether an element is the entry itself and not a list of them: it has the entry's member, or nothing but a text. */
function isEntry({ children, text }: XmlElement, member: string | undefined): boolean {
	if (children.length === 0) return text.trim() !== '';
	if (member === undefined) return false;
	const named = children.filter((child) => sameName(child.name) === sameName(member));
	return named.length === 1 && named[0]!.children.length === 0;
}

function dataItem(id = '', code = '', name = ''): { id: string; code: string; name: string } | undefined {
	const item = { id: id.trim(), code: code.trim(), name: name.trim() };
	return item.id + item.code + item.name === '' ? undefined : item;
}
