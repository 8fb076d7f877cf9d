import { Unzip, UnzipInflate, type UnzipFile } from 'fflate';

/** The largest document that is unpacked: some 20,000 stock items with their long descriptions. */
export const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;

/** Unpacked a piece at a time, so that a bomb is stopped before it has grown. */
const PIECE_BYTES = 16 * 1024;

/** The bytes are no zip that can be read, or hold more than is accepted. */
export class ZipError extends Error {
	override readonly name = 'ZipError';
}

/**
 * The first entry of a zip (contract 2.1: the export's document). The size that the entry declares is checked before it is
 * unpacked, and what comes out is counted while it is.
 *
 * @param mostBytes the largest entry that is accepted
 * @throws ZipError
 */
export function firstEntry(zip: Uint8Array, mostBytes = MOST_UNPACKED_BYTES): Uint8Array {
	const parts: Uint8Array[] = [];
	let size = 0;
	let seen = false;
	let finished = false;
	let problem: ZipError | null = null;
	const tooLarge = new ZipError(`it unpacks to more than ${mostBytes} bytes`);

	const take = (entry: UnzipFile): void => {
		// Only the first; fflate keeps the packed bytes of the others until they are started, which nobody does.
		if (seen) return;
		seen = true;
		if (entry.originalSize !== undefined && entry.originalSize > mostBytes) {
			problem = tooLarge;
			return;
		}
		entry.ondata = (error, part, final) => {
			if (error) problem ??= new ZipError(`its entry can't be unpacked: ${error.message}`);
			if (problem) return;
			size += part.length;
			if (size > mostBytes) problem = tooLarge;
			else parts.push(part);
			if (final) finished = true;
		};
		entry.start();
	};

	const unzip = new Unzip(take);
	unzip.register(UnzipInflate);
	for (let at = 0; at < zip.length && problem === null && !finished; at += PIECE_BYTES) {
		const piece = zip.subarray(at, at + PIECE_BYTES);
		const failure = pushed(unzip, piece, at + PIECE_BYTES >= zip.length);
		problem ??= failure;
	}
	if (problem !== null) throw problem as ZipError;
	if (!seen) throw new ZipError('it holds no entry');
	if (!finished) throw new ZipError('it is cut off');
	return Buffer.concat(parts);
}

function pushed(unzip: Unzip, piece: Uint8Array, last: boolean): ZipError | null {
	try {
		unzip.push(piece, last);
		return null;
	} catch (error) {
		return new ZipError(`it can't be unpacked: ${error instanceof Error ? error.message : String(error)}`);
	}
}
