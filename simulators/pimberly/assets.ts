import { randomBytes } from 'node:crypto';
import type { Answer, RequestHead } from '../serving';
import { failure, json } from './answers';

/**
 * POST /assets: multipart with one part named `file` (pimberly-api 2.6). The file is not kept; the members of the
 * answer are assumed.
 */
export function acceptAsset(request: RequestHead, body: Buffer, maxBytes: number, origin: string): Answer {
	const type = request.headers['content-type'] ?? '';
	const head = body.subarray(0, 4096).toString('latin1');
	const name = /name="file"; *filename="([^"]*)"/.exec(head)?.[1];
	if (!type.startsWith('multipart/form-data') || name === undefined) {
		return failure(400, 'A multipart form with a part named file is expected');
	}
	if (body.length > maxBytes) return failure(413, 'The asset is too large');
	const id = randomBytes(12).toString('hex');
	return json(201, { _id: id, url: `${origin}/public/asset/raw/${id}/${encodeURIComponent(name)}` });
}
