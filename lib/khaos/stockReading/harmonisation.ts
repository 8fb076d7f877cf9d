import { keyOf } from '../../shapes';
import type { KhaosClient } from '../webServices/client';
import { resultDocument } from '../webServices/soap';
import { readingOf } from './stockExport';
import { sameName, valueOf, walk, XmlError, type XmlElement } from '../webServices/xml';

const CODE_NAMES = ['Code', 'HarmonisationCode', 'CommodityCode'];

function codesIn(result: XmlElement): Map<string, string[]> {
	const codes = new Map<string, string[]>();
	const document = resultDocument(result);
	if (document === null) return codes;
	let entries = 0;
	for (const entry of walk(document)) {
		const code = valueOf(entry, ...CODE_NAMES);
		if (!code) continue;
		entries++;
		for (const inner of walk(entry)) {
			const stockCode = valueOf(inner, 'StockCode');
			if (!stockCode) continue;
			const key = keyOf(stockCode);
			const known = codes.get(key) ?? [];
			if (!known.includes(code)) codes.set(key, [...known, code]);
		}
	}
	if (entries === 0 && [...walk(document)].some((element) => sameName(element.name) === 'stockcode')) {
		throw new XmlError(`it holds no commodity codes in a shape that is known (its root is ${document.name})`);
	}
	return codes;
}

/**
 * GetHarmonisationCodes: the commodity codes of every item that has one, by key (contract 2.4). It is the only method that
 * shows them, takes no parameter and returns no country (contract 16).
 *
 * Throws KhaosFault (`methodNotFound` where the server doesn't have it) and KhaosUnknownOutcome.
 */
export async function getHarmonisationCodes(client: KhaosClient): Promise<Map<string, string[]>> {
	const result = await client.call('GetHarmonisationCodes', []);
	return readingOf('GetHarmonisationCodes', () => codesIn(result));
}
