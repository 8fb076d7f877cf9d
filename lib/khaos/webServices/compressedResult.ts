import { textOf } from '../../httpFailure';
import { readXml, sameName, walk, XmlError, type XmlElement } from './xml';
import { firstEntry, ZipError } from './zip';

const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/** The element that holds the zip: `Data` of the result (contract 2.1), or the result itself. */
function packedText(result: XmlElement): string | null {
	const leaves = [...walk(result)].filter((element) => element.children.length === 0 && element.text.trim() !== '');
	const data =
		leaves.find((element) => sameName(element.name) === 'data') ?? (leaves.length === 1 ? leaves[0] : undefined);
	return data?.text.trim() ?? null;
}

/**
 * The document in the zip that an `Export…Compressed` method returns: its first entry. Null: the result is empty.
 *
 * Throws XmlError where it can't be unpacked, is larger than is accepted, or holds no document.
 */
export function compressedDocument(result: XmlElement, mostBytes?: number): XmlElement | null {
	const text = packedText(result);
	if (text === null) return null;
	if (!BASE64.test(text)) throw new XmlError('it holds no zip in base 64');
	const document = unpacked(Buffer.from(text, 'base64'), mostBytes);
	if (document instanceof Error) throw new XmlError(`its zip can't be used: ${document.message}`);
	const xml = textOf(document, '').trim();
	if (xml === '') return null;
	const parsed = readXml(xml);
	if (parsed instanceof XmlError) throw parsed;
	return parsed;
}

function unpacked(zip: Buffer, mostBytes?: number): Buffer | Error {
	try {
		return Buffer.from(firstEntry(zip, mostBytes));
	} catch (error) {
		return error instanceof ZipError ? error : new ZipError(String(error));
	}
}
