import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element of a parsed document. Names are local: whatever prefix a server chose is gone (contract 2.1). */
export interface XmlElement {
	name: string;
	/** By local name: `type`, `href`, `id`, `nil`, ... */
	attributes: Record<string, string>;
	children: XmlElement[];
	/** The element's own text, children's left out; not trimmed. */
	text: string;
	/** Where there are children: them and the texts between, in order. */
	content?: Array<string | XmlElement>;
}

/** The text is no document that can be read: cut off, not well formed, too deep, or it declares a document type. */
export class XmlError extends Error {
	override readonly name = 'XmlError';
}

/** Deeper nesting than any document of Khaos has; an answer beyond it is refused. */
export const MAX_DEPTH = 90;

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';

const parser = new XMLParser({
	preserveOrder: true,
	ignoreAttributes: false,
	attributeNamePrefix: '',
	trimValues: false,
	parseTagValue: false,
	parseAttributeValue: false,
	ignoreDeclaration: true,
	ignorePiTags: true,
	textNodeName: TEXT,
	cdataPropName: CDATA,
	// Entities are decoded here, below: the five of XML and numeric ones, nothing that a document declares.
	processEntities: false,
	maxNestedTags: MAX_DEPTH,
});

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Decode the five entities of XML and numeric ones; any other text stays as it stands. */
export function decodeXmlText(text: string): string {
	if (!text.includes('&')) return text;
	return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi, (whole, named, decimal, hex) => {
		if (named !== undefined) return NAMED[String(named).toLowerCase()] ?? whole;
		const point = decimal !== undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
		const allowed =
			point === 9 ||
			point === 10 ||
			point === 13 ||
			(point >= 32 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff));
		return allowed ? String.fromCodePoint(point) : '';
	});
}

/** Text as it may stand between two tags. What XML 1.0 can't carry is left out; tabs and returns survive as references. */
export function encodeXmlText(text: string): string {
	return (
		text
			.replace(/\p{Surrogate}/gu, '\ufffd')
			// eslint-disable-next-line no-control-regex -- these are the characters XML 1.0 can't carry
			.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
			.replaceAll('&', '&amp;')
			.replaceAll('<', '&lt;')
			.replaceAll('>', '&gt;')
			.replaceAll('\t', '&#9;')
			.replaceAll('\r', '&#13;')
	);
}

/** Text as it may stand in an attribute between double quotes. */
export const encodeXmlAttribute = (text: string): string =>
	encodeXmlText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;');

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** No document type and nothing left open: comments and CDATA are stepped over, any other `<!` is refused. */
function refusedDeclaration(text: string): XmlError | null {
	let at = text.indexOf('<!');
	while (at >= 0) {
		const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : null;
		if (end === null) return new XmlError('the document declares a document type, which is not read');
		const closed = text.indexOf(end, at + 4);
		if (closed < 0) return new XmlError('the document is cut off');
		at = text.indexOf('<!', closed + end.length);
	}
	return null;
}

type Ordered = Record<string, unknown>;

function elementOf(node: Ordered): XmlElement | null {
	const tag = Object.keys(node).find((key) => key !== ATTRIBUTES);
	if (tag === undefined || tag === TEXT || tag === CDATA || tag.startsWith('?')) return null;
	const attributes: Array<[string, string]> = [];
	for (const [name, value] of Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>)) {
		if (name !== 'xmlns' && !name.startsWith('xmlns:'))
			attributes.push([localName(name), decodeXmlText(String(value))]);
	}
	const element: XmlElement = {
		name: localName(tag),
		attributes: Object.fromEntries(attributes),
		children: [],
		text: '',
	};
	const content: Array<string | XmlElement> = [];
	for (const child of node[tag] as Ordered[]) {
		if (TEXT in child) content.push(decodeXmlText(String(child[TEXT])));
		else if (CDATA in child) {
			for (const part of child[CDATA] as Ordered[]) content.push(String(part[TEXT] ?? ''));
		} else {
			const inner = elementOf(child);
			if (inner) content.push(inner);
		}
	}
	element.children = content.filter((part) => typeof part !== 'string');
	element.text = content.filter((part) => typeof part === 'string').join('');
	if (element.children.length > 0) element.content = content;
	return element;
}

const errorOf = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

function orderedNodes(text: string): Ordered[] | Error {
	try {
		return parser.parse(text) as Ordered[];
	} catch (error) {
		return errorOf(error);
	}
}

/** As parseXml, but an unreadable document comes back as the XmlError instead of being thrown. */
export function readXml(source: string): XmlElement | XmlError {
	const text = source.replace(/^[\ufeff\s]+/, '').trimEnd();
	if (!text.startsWith('<')) return new XmlError('the text is no XML document');
	const refusal = refusedDeclaration(text);
	if (refusal) return refusal;
	// Lone ampersands are common in hand-made XML and harm nothing: the structure is checked without them.
	const checked = XMLValidator.validate(text.replaceAll('&', ''), { allowBooleanAttributes: true });
	if (checked !== true) {
		// The validator lists the tags that are still open in this form.
		if (checked.err.msg.startsWith("Invalid '[")) return new XmlError('the document is cut off');
		return new XmlError(`the document is not well formed (line ${checked.err.line}: ${checked.err.msg})`);
	}
	const nodes = orderedNodes(text);
	if (nodes instanceof Error) return new XmlError(`the document can't be read (${nodes.message})`);
	const roots = nodes.map(elementOf).filter((element) => element !== null);
	if (roots.length > 1) return new XmlError('the document has multiple roots');
	return roots[0] ?? new XmlError('the document has no root element');
}

/**
 * Read a document into its root element. A byte order mark and white space before it are tolerated, and so is any encoding
 * in its declaration (the text has been decoded by now). Throws XmlError.
 */
export function parseXml(source: string): XmlElement {
	const document = readXml(source);
	if (document instanceof XmlError) throw document;
	return document;
}

/** A name as Khaos's methods and documents spell it in several ways: `StockCode`, `STOCK_CODE`, `stockcode`. */
export const sameName = (name: string): string => name.replaceAll(/[_\-.]/g, '').toLowerCase();

/** The first child of one of these names, in any spelling. */
export function childOf(element: XmlElement, ...names: string[]): XmlElement | undefined {
	const wanted = names.map(sameName);
	return element.children.find((child) => wanted.includes(sameName(child.name)));
}

/** Trimmed text of the first child or attribute of one of these names; undefined where there is none. */
export function valueOf(element: XmlElement, ...names: string[]): string | undefined {
	const child = childOf(element, ...names);
	if (child) return child.text.trim();
	const wanted = names.map(sameName);
	const attribute = Object.entries(element.attributes).find(([name]) => wanted.includes(sameName(name)));
	return attribute?.[1].trim();
}

/** The element and everything in it, outer before inner. */
export function* walk(element: XmlElement): Generator<XmlElement> {
	yield element;
	for (const child of element.children) yield* walk(child);
}

const ATTRIBUTE_BREAKERS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };

/** What stands inside an element, as markup where it holds elements: a server may put rich text there unescaped. */
export function innerMarkup(element: XmlElement): string {
	if (!element.content) return element.text;
	return element.content
		.map((part) => {
			if (typeof part === 'string') return part;
			const attributes = Object.entries(part.attributes)
				.map(([name, value]) => ` ${name}="${value.replace(/[&<"]/g, (character) => ATTRIBUTE_BREAKERS[character]!)}"`)
				.join('');
			const inner = innerMarkup(part);
			return inner === '' ? `<${part.name}${attributes}/>` : `<${part.name}${attributes}>${inner}</${part.name}>`;
		})
		.join('');
}
