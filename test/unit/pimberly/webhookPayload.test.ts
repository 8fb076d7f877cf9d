import fc from 'fast-check';

import { previousId } from '../../../lib/pimberly/hintStep';
import { holdsSecret } from '../../../lib/pimberly/sharedSecret';
import { readNotification } from '../../../lib/pimberly/webhookPayload';

describe('a notification', () => {
	const hints = (body: unknown) => {
		const notification = readNotification(body);
		return notification.ok ? notification.hints : null;
	};

	test('names one product, or several in either way, each once', () => {
		expect(hints({ action: 'update', primaryId: ' A/1 ' })).toEqual([
			{ idKind: 'primaryId', id: 'A/1', deleted: false },
		]);
		expect(
			hints({
				action: 'Delete',
				primaryId: 4711,
				products: [{ productId: 'x' }, { primaryId: '4711' }, { productId: 'x', primaryId: 'B' }],
			}),
		).toEqual([
			{ idKind: 'primaryId', id: '4711', deleted: true },
			{ idKind: 'internalId', id: 'x', deleted: true },
			{ idKind: 'primaryId', id: 'B', deleted: true },
		]);
	});

	test('may hold more than is known of it', () => {
		expect(
			hints({ action: 'update', primaryId: 'A', accountId: 7, products: [{ primaryId: 'B', schema: {} }] }),
		).toHaveLength(2);
	});

	test('is read without an error, whatever it is, and never repeated in the answer', () => {
		fc.assert(
			fc.property(fc.jsonValue(), (body) => {
				const notification = readNotification(body);
				return notification.ok ? notification.hints.length > 0 : notification.reason.startsWith('A notification ');
			}),
		);
	});
});

test('the id before an internal id is just below it, in the order of texts', () => {
	expect(previousId('65f1c0ffee00000000000000')).toBe('65f1c0ffedffffffffffffff');
	expect(previousId('000000000000000000000001')).toBe('000000000000000000000000');
	expect([previousId('0'.repeat(24)), previousId('ABC-1'), previousId('')]).toEqual([null, null, null]);
});

test('only the secret itself, once, in its own header, is the secret', () => {
	const shared = { headerName: 'X-Secret', secret: 'opens the door' };
	expect(holdsSecret({ 'x-secret': 'opens the door' }, shared)).toBe(true);
	for (const given of [undefined, '', 'opens the doo', 'opens the door ', ['opens the door', 'opens the door']]) {
		expect(holdsSecret({ 'x-secret': given, other: 'opens the door' }, shared)).toBe(false);
	}
	expect(holdsSecret({ 'x-secret': '' }, { headerName: 'X-Secret', secret: '' })).toBe(false);
});
