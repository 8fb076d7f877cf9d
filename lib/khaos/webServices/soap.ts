import { decodeXmlText, encodeXmlText, parseXml, readXml, XmlError, type XmlElement } from './xml';

/** One named part of a call, with its XML Schema type (contract 2.1: RPC/encoded). */
export interface SoapParameter {
	name: string;
	type: 'string' | 'int' | 'double' | 'boolean' | 'dateTime' | 'base64Binary';
	value: string;
}

const NAMESPACE = 'urn:IKosWebIntf-IKosWeb';

/** "No date": Delphi's zero (contract 2.3). */
export const NO_DATE = '1899-12-31T00:00:00';

const NAME = /^[A-Za-z_][\w.-]{0,99}$/;

/** Whether a text can be the name of a method or of a parameter. */
export const isSoapName = (name: string): boolean => NAME.test(name);

/** The SOAPAction header of a method, in the quotes that SOAP 1.1 wants. */
export const soapActionOf = (method: string): string => `"${NAMESPACE}#${method}"`;

/** The SOAP 1.1 envelope of a call, as in contract section 12. Throws RangeError for a name that XML can't carry. */
export function buildEnvelope(method: string, parameters: SoapParameter[]): string {
	for (const name of [method, ...parameters.map((parameter) => parameter.name)]) {
		if (!isSoapName(name)) throw new RangeError(`'${name}' can't be the name of a SOAP method or parameter`);
	}
	const parts = parameters.map(
		({ name, type, value }) => `<${name} xsi:type="xsd:${type}">${encodeXmlText(value)}</${name}>`,
	);
	return (
		'<?xml version="1.0" encoding="UTF-8"?>\n' +
		'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
		' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
		` xmlns:urn="${NAMESPACE}"><soapenv:Body>` +
		`<urn:${method} soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">${parts.join('')}</urn:${method}>` +
		'</soapenv:Body></soapenv:Envelope>'
	);
}

/** What the body of an answer holds: what the method returned, or why Khaos refused. */
export type SoapAnswer = { fault: string } | { result: XmlElement };

/** More elements than any honest answer of the accepted size can refer to; an answer that unfolds to more is refused. */
const MOST_ELEMENTS = 3_000_000;

/** Put what `href="#id"` refers to in its place, at any depth (contract 2.1: Delphi's multiref). */
function resolver(body: XmlElement): (element: XmlElement) => XmlElement {
	const targets = new Map<string, XmlElement>();
	let anyReference = false;
	const collect = (element: XmlElement): void => {
		if (element.attributes.id !== undefined && !targets.has(element.attributes.id)) {
			targets.set(element.attributes.id, element);
		}
		if (reference(element) !== null) anyReference = true;
		for (const child of element.children) collect(child);
	};
	collect(body);
	if (!anyReference) return (element) => element;

	let unfolded = 0;
	const under = new Set<XmlElement>();
	const resolve = (element: XmlElement): XmlElement => {
		if (++unfolded > MOST_ELEMENTS) throw new XmlError('its references unfold to more than is accepted');
		const id = reference(element);
		if (id !== null) {
			const target = targets.get(id);
			if (!target) throw new XmlError(`it refers to an element '${id}' that is not there`);
			if (under.has(target)) throw new XmlError('its references go in a circle');
			under.add(target);
			const resolved = { ...resolve(target), name: element.name };
			under.delete(target);
			return resolved;
		}
		if (element.children.length === 0) return element;
		const replaced = new Map(element.children.map((child) => [child, resolve(child)]));
		return {
			...element,
			children: [...replaced.values()],
			content: element.content?.map((part) => (typeof part === 'string' ? part : replaced.get(part)!)),
		};
	};
	return resolve;
}

/** The id an element refers to. Only an empty element refers: rich text may hold links of its own. */
function reference(element: XmlElement): string | null {
	const href = element.attributes.href ?? element.attributes.ref;
	if (href === undefined || element.children.length > 0 || element.text.trim() !== '') return null;
	return href.startsWith('#') && href.length > 1 ? href.slice(1) : null;
}

function faultTextOf(fault: XmlElement): string {
	const direct = fault.children.find((child) => /^faultstring$/i.test(child.name));
	if (direct && direct.text.trim() !== '') return direct.text.trim();
	// SOAP 1.2: Reason/Text. Otherwise whatever there is to read.
	const reason = fault.children.find((child) => /^reason$/i.test(child.name));
	const texts: string[] = [];
	const gather = (element: XmlElement): void => {
		if (element.text.trim() !== '') texts.push(element.text.trim());
		element.children.forEach(gather);
	};
	gather(reason ?? fault);
	return texts.join(' ');
}

/**
 * Read an answer: the fault's text, or the element that holds the result, its references resolved. Any prefixes, SOAP 1.1
 * or 1.2. Null: the text holds no SOAP envelope at all. Throws XmlError where there is one that can't be read.
 */
export function readEnvelope(text: string, method: string): SoapAnswer | null {
	if (!/<(?:[\w.-]+:)?Envelope[\s>]/.test(text)) return null;
	const envelope = parseXml(text);
	if (envelope.name !== 'Envelope') return null;
	const body = envelope.children.find((child) => child.name === 'Body');
	if (!body) throw new XmlError('the envelope has no body');

	const resolve = resolver(body);
	const fault = body.children.find((child) => child.name === 'Fault');
	if (fault) return { fault: faultTextOf(resolve(fault)) };
	const response =
		body.children.find((child) => child.name === `${method}Response`) ??
		body.children.find((child) => child.name.endsWith('Response')) ??
		body.children.find((child) => child.attributes.id === undefined) ??
		body.children[0];
	if (!response) throw new XmlError('the body is empty');
	const named =
		response.children.find((child) => child.name.toLowerCase() === 'return') ??
		response.children.find((child) => ['result', `${method}result`.toLowerCase()].includes(child.name.toLowerCase())) ??
		(response.children.length === 1 ? response.children[0]! : response);
	// An array without an element around it: its items are the results.
	const results = response.children.filter((child) => child.name === named.name);
	return { result: resolve(results.length > 1 ? { ...response, children: results } : named) };
}

/** Parse a text that holds a document, or several without a root around them. */
function parseDocument(text: string): XmlElement {
	const document = readXml(text);
	if (!(document instanceof XmlError)) return document;
	if (!/multiple|extra text/i.test(document.message)) throw document;
	const inner = text.replace(/^[\ufeff\s]*<\?xml[^>]*\?>/, '');
	return parseXml(`<documents>${inner}</documents>`);
}

/**
 * The data of a result, however the server wraps it: a document as escaped text or CDATA, escaped twice, in a member of a
 * complex type, or as inline XML or a complex type itself. Null: the result is empty. Throws XmlError for a document that
 * can't be read; a text that is no document comes back as it is, as an element without children.
 */
export function resultDocument(result: XmlElement): XmlElement | null {
	const member = result.children.find(
		(child) => child.children.length === 0 && /^[\ufeff\s]*(<|&lt;)/.test(child.text),
	);
	if (member) return resultDocument(member);
	if (result.children.length > 0) return result;
	const text = result.text.replace(/^[\ufeff\s]+/, '').trimEnd();
	if (text === '') return null;
	if (text.startsWith('<')) return parseDocument(text);
	if (text.startsWith('&lt;')) return parseDocument(decodeXmlText(text));
	return result;
}
