import { z } from 'zod';

import type { Hint } from './hintPort';

/**
 * Pimberly's notifications (pimberly-api 4.2): `{action, primaryId}`, or `{action, products: [{productId | primaryId}]}`
 * with Pimberly's internal id as productId. Both shapes are taken for every action; nothing else in them is looked at.
 */

/** Far more than a notification of some thousand products needs, in bytes. */
export const LARGEST_NOTIFICATION = 256 * 1024;

const id = z
	.union([z.string(), z.number().int().transform(String)])
	.pipe(z.string().trim().min(1).max(255))
	.optional();
const named = z.object({ primaryId: id, productId: id });
const notificationSchema = named.extend({
	action: z.string().trim().min(1).max(50),
	products: z.array(named).optional(),
});

/** What a notification of Pimberly says, or why it is none. */
export type Notification = { ok: true; hints: Hint[] } | { ok: false; reason: string };

/**
 * The hints of one notification, each product once. Any action but `delete` says that a product has something new.
 * @returns not ok, with a reason that repeats nothing of what was sent, when it is no notification or names no product
 */
export function readNotification(body: unknown): Notification {
	const parsed = notificationSchema.safeParse(body);
	if (!parsed.success) return { ok: false, reason: 'A notification has an action, and a primaryId or products.' };
	const { action, products = [], primaryId, productId } = parsed.data;
	const deleted = action.toLowerCase() === 'delete';
	const all = [{ primaryId, productId }, ...products].flatMap((product) => hintOf(product, deleted) ?? []);
	const hints = [...new Map(all.map((hint) => [`${hint.idKind} ${hint.id}`, hint])).values()];
	if (hints.length === 0 || products.some((product) => hintOf(product, deleted) === null)) {
		return { ok: false, reason: 'A notification names its products by primaryId or productId.' };
	}
	return { ok: true, hints };
}

function hintOf({ primaryId, productId }: z.infer<typeof named>, deleted: boolean): Hint | null {
	if (primaryId !== undefined) return { idKind: 'primaryId', id: primaryId, deleted };
	return productId === undefined ? null : { idKind: 'internalId', id: productId, deleted };
}
