import { encodeXmlText } from '../webServices/xml';
import type { ChannelFormat } from './settings';

/** A number as the decimal text that it is, never a float. */
export class Decimal {
	constructor(readonly text: string) {}
}

/** One entry of Khaos's own lists, named by its ID, Code or Name (khaos-control-api 4.4). Its values are texts. */
export class DataItem {
	constructor(
		readonly by: 'ID' | 'Code' | 'Name',
		readonly value: string,
	) {}
}

/** Several of one thing; `of` is what XML calls each. */
export class Several {
	constructor(
		readonly of: string,
		readonly values: Value[],
	) {}
}

/** What a member of a channel document can hold, before it is written as JSON or XML. */
export type Value = string | boolean | Decimal | DataItem | Several | Members;
/** Members in the order in which they are written. A member that has nothing to say is left out: null is an error. */
export interface Members {
	[name: string]: Value | undefined;
}

/** A document of the channel, under one name: the root element in XML; in JSON its members alone. */
export function documentText(root: string, members: Members, format: ChannelFormat): string {
	if (format === 'JSON') return json(members);
	return `<?xml version="1.0" encoding="utf-8"?>\n${element(root, members)}\n`;
}

/** The Content-Type header of a document in this format. */
export const contentTypeOf = (format: ChannelFormat): string =>
	format === 'JSON' ? 'application/json; charset=utf-8' : 'application/xml; charset=utf-8';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** JSON's own spelling of a decimal: no leading noughts, no bare point. */
function jsonNumber(text: string): string {
	if (NUMBER.test(text)) return text;
	const parts = /^([+-]?)0*(\d*?)(?:\.(\d*))?$/.exec(text);
	if (parts === null) throw new RangeError(`${text} is no decimal`);
	return `${parts[1] === '-' ? '-' : ''}${parts[2] || '0'}${parts[3] ? `.${parts[3]}` : ''}`;
}

function json(value: Value): string {
	if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
	if (value instanceof Decimal) return jsonNumber(value.text);
	if (value instanceof DataItem) return JSON.stringify({ [value.by]: value.value });
	if (value instanceof Several) return `[${value.values.map(json).join(',')}]`;
	const members = Object.entries(value).flatMap(([name, member]) =>
		member === undefined ? [] : [`${JSON.stringify(name)}:${json(member)}`],
	);
	return `{${members.join(',')}}`;
}

const attribute = (value: string): string => encodeXmlText(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;');

function element(name: string, value: Value): string {
	if (typeof value === 'string') return value === '' ? `<${name}/>` : `<${name}>${encodeXmlText(value)}</${name}>`;
	if (typeof value === 'boolean') return `<${name}>${value ? 'True' : 'False'}</${name}>`;
	if (value instanceof Decimal) return `<${name}>${jsonNumber(value.text)}</${name}>`;
	if (value instanceof DataItem) {
		// A name is the element's text, as in the vendor's samples; ID and Code are attributes.
		return value.by === 'Name' ? element(name, value.value) : `<${name} ${value.by}="${attribute(value.value)}"/>`;
	}
	const inner =
		value instanceof Several
			? value.values.map((one) => element(value.of, one))
			: Object.entries(value).flatMap(([member, content]) => (content === undefined ? [] : [element(member, content)]));
	return inner.length === 0 ? `<${name}/>` : `<${name}>${inner.join('')}</${name}>`;
}
