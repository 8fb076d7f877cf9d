import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Dialect } from '../settings';
import type { Xml } from './stockExport';

export const METHOD_NAMESPACE = 'urn:IKosWebIntf-IKosWeb';
export const TYPE_NAMESPACE = 'urn:IKosWebIntf';
export const SOAP_NAMESPACE = 'http://schemas.xmlsoap.org/soap/envelope/';
export const SOAP_ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';
export const XSD = 'http://www.w3.org/2001/XMLSchema';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** What a method answers, before a dialect gives it a shape. */
export type SoapValue =
	| { is: 'text'; text: string }
	| { is: 'int'; value: number }
	| { is: 'document'; xml: Xml }
	| { is: 'bytes'; bytes: Uint8Array }
	| { is: 'struct'; type: string; members: Array<[string, SoapValue]> }
	| { is: 'array'; itemType: string; items: SoapValue[] };

export const text = (value: string): SoapValue => ({ is: 'text', text: value });
export const bytes = (value: Uint8Array): SoapValue => ({ is: 'bytes', bytes: value });
export const int = (value: number): SoapValue => ({ is: 'int', value });
export const struct = (type: string, members: Record<string, SoapValue>): SoapValue => ({
	is: 'struct',
	type,
	members: Object.entries(members),
});
export const array = (itemType: string, items: SoapValue[]): SoapValue => ({ is: 'array', itemType, items });

/** The request can't be read as SOAP. */
export class NotSoap extends Error {}

export interface SoapCall {
	method: string;
	parameters: Record<string, string>;
}

const parser = new XMLParser({
	ignoreAttributes: false,
	removeNSPrefix: true,
	parseTagValue: false,
	parseAttributeValue: false,
	trimValues: false,
	htmlEntities: true,
});

const textOf = (node: unknown): string => {
	if (typeof node === 'string') return node;
	if (node === null || typeof node !== 'object') return '';
	const inner = (node as Record<string, unknown>)['#text'];
	return typeof inner === 'string' ? inner : '';
};

const elements = (node: unknown): Array<[string, unknown]> =>
	node !== null && typeof node === 'object'
		? Object.entries(node).filter(([name]) => !name.startsWith('@_') && name !== '#text' && !name.startsWith('?'))
		: [];

/** Read a SOAP 1.1 (or 1.2) request by local names. @throws NotSoap */
export function readCall(body: string): SoapCall {
	const xml = body.replace(/^\uFEFF/, '');
	if (/<!DOCTYPE/i.test(xml)) throw new NotSoap('A document type is not allowed');
	const outsideCdata = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
	const entity = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);).{0,12}/.exec(outsideCdata);
	if (entity) throw new NotSoap(`Reference to an undefined entity at "${entity[0]}"`);
	const valid = XMLValidator.validate(xml);
	if (valid !== true) throw new NotSoap(`The request is not well-formed XML: ${valid.err.msg}`);
	const document = parser.parse(xml) as Record<string, unknown>;
	const envelope = elements(document).find(([name]) => name === 'Envelope')?.[1];
	const call = elements(elements(envelope).find(([name]) => name === 'Body')?.[1])[0];
	if (!call) throw new NotSoap('The request has no SOAP body');
	const parameters: Record<string, string> = {};
	for (const [name, value] of elements(call[1])) parameters[name] = textOf(Array.isArray(value) ? value[0] : value);
	return { method: call[0], parameters };
}

const builders = {
	written: new XMLBuilder({
		ignoreAttributes: false,
		suppressBooleanAttributes: false,
		cdataPropName: '#cdata',
		suppressEmptyNode: false,
	}),
	selfClosing: new XMLBuilder({
		ignoreAttributes: false,
		suppressBooleanAttributes: false,
		cdataPropName: '#cdata',
		suppressEmptyNode: true,
	}),
};

function withoutEmpty(xml: Xml): Xml {
	const kept: Xml = {};
	for (const [name, value] of Object.entries(xml)) {
		if (value === '') continue;
		if (Array.isArray(value))
			kept[name] = (value as Array<Xml | string>).map((entry) =>
				typeof entry === 'string' ? entry : withoutEmpty(entry),
			) as Xml[];
		else kept[name] = typeof value === 'string' ? value : withoutEmpty(value);
	}
	return kept;
}

const shaped = (xml: Xml, dialect: Dialect): Xml => (dialect.emptyElements === 'omitted' ? withoutEmpty(xml) : xml);

const build = (xml: Xml, dialect: Dialect): string =>
	(dialect.emptyElements === 'selfClosing' ? builders.selfClosing : builders.written).build(xml) as string;

/** A document as the text that travels. */
export function documentText(xml: Xml, dialect: Dialect): string {
	const declaration = dialect.documentDeclaration ? '<?xml version="1.0" encoding="UTF-8"?>\n' : '';
	return declaration + build(shaped(xml, dialect), dialect);
}

const prefixed = (prefix: string, name: string): string => (prefix ? `${prefix}:${name}` : name);

/** Renders values, and collects those that stand apart. */
class Rendering {
	readonly apart: Array<[string, Xml]> = [];

	private lastId = 0;

	constructor(private readonly dialect: Dialect) {}

	private typed(type: string): Xml {
		return this.dialect.typed ? { [`@_${this.dialect.xsiPrefix}:type`]: type } : {};
	}

	private xsd(type: string): string {
		return `${this.dialect.xsdPrefix}:${type}`;
	}

	private setApart(name: string, xml: Xml): Xml {
		this.lastId += 1;
		const id = String(this.lastId);
		this.apart.push([name, { '@_id': id, ...xml }]);
		return { '@_href': `#${id}` };
	}

	private string(value: string): Xml {
		const xml: Xml = { ...this.typed(this.xsd('string')), '#text': value };
		return this.dialect.multiRef === 'all' ? this.setApart('multiRef', xml) : xml;
	}

	render(value: SoapValue): Xml {
		const { dialect } = this;
		switch (value.is) {
			case 'text':
				return this.string(value.text);
			case 'int':
				return { ...this.typed(this.xsd('int')), '#text': String(value.value) };
			case 'document':
				return this.document(value.xml);
			case 'bytes':
				return {
					...this.typed(this.xsd('base64Binary')),
					// In lines, as Delphi writes it.
					'#text': Buffer.from(value.bytes)
						.toString('base64')
						.replace(/(.{76})(?=.)/g, '$1\r\n'),
				};
			case 'struct': {
				const members: Xml = {};
				for (const [name, member] of value.members) {
					if (dialect.emptyElements === 'omitted' && member.is === 'text' && member.text === '') continue;
					members[name] = this.render(member);
				}
				const xml = { ...this.typed(prefixed(dialect.typePrefix, value.type)), ...members };
				return dialect.multiRef === 'none' ? xml : this.setApart(prefixed(dialect.typePrefix, value.type), xml);
			}
			default: {
				const itemType =
					value.itemType === 'string' ? this.xsd('string') : prefixed(dialect.typePrefix, value.itemType);
				const items = value.items.map((item) => this.render(item));
				const xml: Xml = {
					...this.typed(prefixed(dialect.encodingPrefix, 'Array')),
					[`@_${prefixed(dialect.encodingPrefix, 'arrayType')}`]: `${itemType}[${items.length}]`,
					...(items.length && { item: items }),
				};
				return dialect.multiRef === 'none' ? xml : this.setApart(prefixed(dialect.encodingPrefix, 'Array'), xml);
			}
		}
	}

	private document(xml: Xml): Xml {
		const { dialect } = this;
		switch (dialect.documentResult) {
			case 'inline':
				return { ...this.typed(this.xsd('anyType')), ...shaped(xml, dialect) };
			case 'cdata':
				return { ...this.typed(this.xsd('string')), '#cdata': documentText(xml, dialect) };
			case 'complex':
				return this.render(struct('TXMLResult', { Size: int(1), Data: text(documentText(xml, dialect)) }));
			default:
				return this.string(documentText(xml, dialect));
		}
	}
}

function envelope(body: Xml, dialect: Dialect): string {
	const { envelopePrefix } = dialect;
	const declared = (prefix: string, namespace: string): Xml => ({
		[prefix ? `@_xmlns:${prefix}` : '@_xmlns']: namespace,
	});
	const xml: Xml = {
		[prefixed(envelopePrefix, 'Envelope')]: {
			...declared(envelopePrefix, SOAP_NAMESPACE),
			...declared(dialect.xsdPrefix, XSD),
			...declared(dialect.xsiPrefix, XSI),
			...declared(dialect.encodingPrefix, SOAP_ENCODING),
			[prefixed(envelopePrefix, 'Body')]: body,
		},
	};
	return `${dialect.byteOrderMark ? '\uFEFF' : ''}<?xml version="1.0"?>\n${build(xml, dialect)}`;
}

/** The answer to a call, in the shape of the dialect. */
export function responseOf(method: string, value: SoapValue, dialect: Dialect): string {
	const rendering = new Rendering(dialect);
	const result = rendering.render(value);
	const wrapper: Xml = {
		[dialect.methodPrefix ? `@_xmlns:${dialect.methodPrefix}` : '@_xmlns']: METHOD_NAMESPACE,
		// Without a prefix on the wrapper its default namespace has to be undone for the unqualified part.
		[dialect.resultName]: dialect.methodPrefix ? result : { '@_xmlns': '', ...result },
	};
	const body: Xml = {
		[`@_${prefixed(dialect.envelopePrefix || 'SOAP-ENV', 'encodingStyle')}`]: SOAP_ENCODING,
		...(dialect.envelopePrefix ? {} : { '@_xmlns:SOAP-ENV': SOAP_NAMESPACE }),
		[`@_xmlns:${dialect.typePrefix || 'NS2'}`]: TYPE_NAMESPACE,
		[prefixed(dialect.methodPrefix, `${method}Response`)]: wrapper,
	};
	for (const [name, xml] of rendering.apart) {
		const same = body[name];
		if (Array.isArray(same)) (same as Xml[]).push(xml);
		else body[name] = [xml];
	}
	return envelope(body, dialect);
}

/** A SOAP fault. */
export function faultOf(code: 'Client' | 'Server', message: string, dialect: Dialect): string {
	const fault: Xml = {
		faultcode: prefixed(dialect.envelopePrefix, code),
		faultstring: message,
		...(dialect.faultDetail && { detail: { message: { '#text': message } } }),
	};
	return envelope({ [prefixed(dialect.envelopePrefix, 'Fault')]: fault }, dialect);
}
