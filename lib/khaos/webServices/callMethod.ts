import type { KhaosClient } from './client';
import { isSoapName, resultDocument, type SoapParameter } from './soap';
import { readingOf } from '../stockReading/stockExport';
import { innerMarkup, type XmlElement } from './xml';

/** A value of a result: text, or members by name. Members are always lists, however many there are. */
export type ResultValue = string | { [member: string]: ResultValue[] };

/** A method that isn't called, with the reason. */
export class MethodRefused extends Error {
	override readonly name = 'MethodRefused';
}

/** Stock levels belong to Khaos Control; nothing in this package writes them. */
const WRITES_LEVELS = /^ImportStockStatus/i;

function valueIn(element: XmlElement): ResultValue {
	const attributes = Object.entries(element.attributes).filter(
		([name]) => !['type', 'nil', 'id', 'arrayType', 'encodingStyle'].includes(name),
	);
	if (element.children.length === 0 && attributes.length === 0) return element.text;
	const members = new Map<string, ResultValue[]>();
	const add = (name: string, value: ResultValue): void => {
		members.set(name, [...(members.get(name) ?? []), value]);
	};
	for (const [name, value] of attributes) add(`@${name}`, value);
	for (const child of element.children) add(child.name, valueIn(child));
	if (element.children.length === 0 && element.text.trim() !== '') add('#text', element.text);
	return Object.fromEntries(members);
}

/** Throws MethodRefused for a method that writes stock levels, and for a name that no SOAP method or parameter can have. */
export function checkCall(method: string, parameters: SoapParameter[]): void {
	if (WRITES_LEVELS.test(method)) {
		throw new MethodRefused(`${method} writes stock levels, which belong to Khaos Control: this node never calls it.`);
	}
	const bad = [method, ...parameters.map((parameter) => parameter.name)].find((name) => !isSoapName(name));
	if (bad !== undefined) {
		throw new MethodRefused(`'${bad}' can't be the name of a SOAP method or parameter. Spell it as the WSDL does.`);
	}
}

/**
 * Call any SOAP method, such as one of a bespoke development. `text` is the result as it came, `data` its members with every
 * list a list (null where the result is a plain text or empty).
 *
 * Throws KhaosFault and KhaosUnknownOutcome; MethodRefused as checkCall does.
 */
export async function callMethod(
	client: KhaosClient,
	method: string,
	parameters: SoapParameter[],
): Promise<{ text: string; data: ResultValue | null }> {
	checkCall(method, parameters);
	const result = await client.call(method, parameters);
	const document = readingOf(method, () => resultDocument(result));
	const isPlain = document === null || (document === result && document.children.length === 0);
	return { text: innerMarkup(result).trim(), data: isPlain ? null : valueIn(document) };
}
