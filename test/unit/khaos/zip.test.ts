import fc from 'fast-check';
import { strToU8, Zip, ZipDeflate, zipSync } from 'fflate';

import { firstEntry, ZipError } from '../../../lib/khaos/webServices/zip';

describe('the zip of a compressed export', () => {
	const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

	test('whatever was zipped comes out again', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), fc.constantFrom(0, 6, 9), (content, level) => {
				const bytes = strToU8(content);
				expect(firstEntry(zipSync({ 'Export.xml': bytes }, { level: level as 0 | 6 | 9 }))).toEqual(Buffer.from(bytes));
			}),
		);
	});

	test('the first entry counts, however many there are', () => {
		const zip = zipSync({ 'a.xml': strToU8('<first/>'), 'b.xml': strToU8('x'.repeat(100_000)) });
		expect(text(firstEntry(zip))).toBe('<first/>');
	});

	test('an entry that says its size after its content, as a streaming writer does', () => {
		const parts: Uint8Array[] = [];
		const zip = new Zip((error, part) => {
			expect(error).toBeNull();
			parts.push(part);
		});
		const entry = new ZipDeflate('Export.xml');
		zip.add(entry);
		entry.push(strToU8('<first/>'), true);
		zip.end();
		expect(text(firstEntry(Buffer.concat(parts)))).toBe('<first/>');
	});

	test('a bomb is refused by what it says of itself', () => {
		const zip = zipSync({ 'bomb.xml': new Uint8Array(8_000_000) });
		expect(zip.length).toBeLessThan(20_000);
		expect(() => firstEntry(zip, 1_000_000)).toThrow('unpacks to more than 1000000 bytes');
	});

	test('a bomb that says it is small is stopped while it grows', () => {
		const zip = Buffer.from(zipSync({ 'bomb.xml': new Uint8Array(8_000_000) }));
		// The local header's uncompressed size, at offset 22, and the directory's.
		zip.writeUInt32LE(10, 22);
		zip.writeUInt32LE(10, zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
		expect(() => firstEntry(zip, 1_000_000)).toThrow('unpacks to more than 1000000 bytes');
	});

	test.each([
		['no zip', Buffer.from('<STOCK_ITEMS/>')],
		['nothing', Buffer.alloc(0)],
		['a zip without entries', Buffer.from(zipSync({}))],
		[
			'half a zip',
			Buffer.from(zipSync({ 'a.xml': strToU8(Array.from({ length: 9_000 }, (_, at) => at).join()) })).subarray(
				0,
				9_000,
			),
		],
	])('%s is no document', (_what, bytes) => {
		expect(() => firstEntry(bytes)).toThrow(ZipError);
	});
});
